//! The shape of a season: what is usual at each moment of the week (or day, or year), around a level that
//! moves.

/// What a season counts less than the one after it: with 0.75 the last four weeks hold two thirds.
const SEASON_DISCOUNT: f64 = 0.75;
/// How fast the level forgets, in parts of a short season: after a whole one e⁻¹ of it is left.
const LEVEL_SEASONS: f64 = 1.0;
/// What remains of the level's departure from the season's own after each short season ahead.
const LEVEL_KEPT: f64 = 0.9;

/// What is usual at each moment of a season.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Departures from the mean, by phase; phase 0 is that of the value after the history.
    pub shape: Vec<f64>,
    /// The mean, of late seasons more than of early ones.
    pub mean: f64,
}

impl Profile {
    /// The profile of the longest season that fits into `history` twice; `None` without one.
    #[must_use]
    pub fn of(history: &[f64], seasons: &[usize]) -> Option<Self> {
        let n = history.len();
        let season = *(seasons.iter().rev()).find(|s| **s > 1 && n >= 2 * **s)?;
        let mut shape = vec![0.0; season];
        let (mut total, mut mean, mut weight) = (0.0, 0.0, 1.0);
        // Each round less its own mean, so that a moving level does not bend the shape.
        for round in history.rchunks_exact(season) {
            let own = round.iter().sum::<f64>() / season as f64;
            for (slot, v) in shape.iter_mut().zip(round) {
                *slot += weight * (v - own);
            }
            mean += weight * own;
            total += weight;
            weight *= SEASON_DISCOUNT;
        }
        for slot in &mut shape {
            *slot /= total;
        }
        Some(Self {
            shape,
            mean: mean / total,
        })
    }

    /// What is usual `h` steps (from 0) after the history.
    #[must_use]
    pub fn ahead(&self, h: usize) -> f64 {
        self.mean + self.shape[h % self.shape.len()]
    }

    /// How far `history` lies from the usual.
    #[must_use]
    pub fn departures(&self, history: &[f64]) -> Vec<f64> {
        let season = self.shape.len();
        let begin = season - history.len() % season;
        (history.iter().enumerate())
            .map(|(t, v)| v - self.ahead(begin + t))
            .collect()
    }

    /// The next `horizon` values after `history`, whose profile this is: what is usual, and the level's
    /// departure from it, which fades. `short` is the short season.
    #[must_use]
    pub fn predict(&self, history: &[f64], short: usize, horizon: usize) -> Vec<f64> {
        let (mut level, mut weights, mut weight) = (0.0, 0.0, 1.0);
        let fade = (-1.0 / (LEVEL_SEASONS * short as f64)).exp();
        for departure in self.departures(history).iter().rev() {
            level += weight * departure;
            weights += weight;
            weight *= fade;
        }
        let departure = level / weights;
        (0..horizon)
            .map(|h| {
                let kept = LEVEL_KEPT.powf((h + 1) as f64 / short as f64);
                departure * kept + self.ahead(h)
            })
            .collect()
    }
}

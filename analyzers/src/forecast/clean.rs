//! Incidents taken out of a history before models learn from it: what lies far from the usual shape and
//! level for less than a day or so is no new level, and must not be continued, also when it is the last
//! thing that happened. What stays becomes the new level as soon as it makes up half of a window.

use super::scale::Scale;
use crate::detectors::regression::quantile::median;

/// A value further from the usual than this many robust deviations is drawn back to it. Ordinary noise
/// with heavy tails (Student's t with 3 degrees) goes this far once in 600 values.
const FAR: f64 = 5.0;
/// Robust deviation: the median absolute one by this is the standard deviation of normal noise.
const MAD_TO_SD: f64 = 1.4826;
/// The level is the median of so many short seasons: an incident of half of it is not believed yet.
const WINDOW_SEASONS: usize = 3;
/// The level is computed this many times per window, which keeps the cost low.
const LEVELS_PER_WINDOW: usize = 12;
/// When more than this part of the values lies far out, that is how the series is.
const PART_MAX: f64 = 0.05;
/// The usual shape needs so many seasons, or a median tells nothing.
const SEASONS_MIN: usize = 3;

/// Draws incidents in `history` back; gives it back unchanged where there is no season to know them by.
#[must_use]
pub fn incidents(history: &[f64], seasons: &[usize]) -> Vec<f64> {
    let n = history.len();
    let season = (seasons.iter().rev()).find(|s| **s > 1 && n >= SEASONS_MIN * **s);
    let (Some(season), Some(scale)) = (season, Scale::of(history).first().copied()) else {
        return history.to_vec();
    };
    let values: Vec<f64> = history.iter().map(|v| scale.apply(*v)).collect();
    let window = (WINDOW_SEASONS * seasons[0]).min(n);
    // The level first, so that a shape's median is not one of levels.
    let level = levels(&values, window);
    let mut shape = vec![0.0; *season];
    let mut same = Vec::new();
    for (phase, slot) in shape.iter_mut().enumerate() {
        same.clear();
        same.extend((phase..n).step_by(*season).map(|t| values[t] - level[t]));
        *slot = median(&mut same);
    }
    let flat: Vec<f64> = (0..n).map(|t| values[t] - shape[t % season]).collect();
    let level = levels(&flat, window);
    let rest: Vec<f64> = (0..n).map(|t| flat[t] - level[t]).collect();
    let mut sizes: Vec<f64> = rest.iter().map(|r| r.abs()).collect();
    let limit = FAR * MAD_TO_SD * median(&mut sizes);
    let far = sizes.iter().filter(|s| **s > limit).count();
    if limit <= 0.0 || far as f64 > PART_MAX * n as f64 {
        return history.to_vec();
    }
    (0..n)
        .map(|t| match rest[t].abs() > limit {
            true => scale.undo(shape[t % season] + level[t] + rest[t].clamp(-limit, limit)),
            false => history[t],
        })
        .collect()
}

/// The median around each moment; near the ends of the window that lies there.
fn levels(values: &[f64], window: usize) -> Vec<f64> {
    let n = values.len();
    let step = (window / LEVELS_PER_WINDOW).max(1);
    let mut out = Vec::with_capacity(n);
    let mut sorted = Vec::with_capacity(window);
    for begin in (0..n).step_by(step) {
        let from = (begin + step / 2)
            .saturating_sub(window / 2)
            .min(n - window);
        sorted.clear();
        sorted.extend_from_slice(&values[from..from + window]);
        let level = median(&mut sorted);
        out.resize((begin + step).min(n), level);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(n: usize) -> Vec<f64> {
        let noise = |t: usize| ((t * t * 31 + t * 7_919) % 1_009) as f64 / 1_009.0;
        let shape = |t: usize| 100.0 + 40.0 * (t as f64 * std::f64::consts::TAU / 24.0).sin();
        (0..n).map(|t| shape(t) * (0.95 + 0.1 * noise(t))).collect()
    }

    /// What each hour from `begin` on became, on average, in parts of what it should be.
    fn left(factor: f64, begin: usize, hours: usize) -> f64 {
        let calm = days(480);
        let mut values = calm.clone();
        for v in &mut values[begin..begin + hours] {
            *v *= factor;
        }
        let cleaned = incidents(&values, &[24]);
        assert_eq!(
            cleaned[..begin - 48],
            calm[..begin - 48],
            "nothing else is touched"
        );
        let parts = (begin..begin + hours).map(|t| cleaned[t] / calm[t]);
        parts.sum::<f64>() / hours as f64
    }

    #[test]
    fn an_incident_is_drawn_back_and_a_shift_that_stays_is_believed() {
        for (factor, begin, hours, expected) in [
            (3.0, 300, 1, 1.3),   // a spike
            (3.0, 470, 10, 1.3),  // a last night
            (0.05, 470, 10, 0.7), // an outage
            (3.0, 420, 60, 3.0),  // two and a half days: the new level
        ] {
            let got = left(factor, begin, hours);
            assert!(
                (got - expected).abs() < 0.3,
                "{factor} for {hours} h: {got}"
            );
        }
    }

    #[test]
    fn ordinary_noise_and_series_that_are_like_that_stay_as_they_are() {
        assert_eq!(incidents(&days(480), &[24]), days(480));
        let bursts: Vec<f64> = (0..480)
            .map(|t| if t * 7_919 % 13 == 0 { 90.0 } else { 1.0 })
            .collect();
        assert_eq!(incidents(&bursts, &[24]), bursts);
        assert_eq!(incidents(&[1.0, 50.0, 1.0], &[24]), [1.0, 50.0, 1.0]);
    }
}

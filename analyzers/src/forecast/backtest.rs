//! Members on trial: each is asked at past moments what would come, weighed by how well that went, and the
//! combination's own errors are kept.

use super::Views;
use super::ar::Weights;
use super::interval::Errors;
use super::member::{self, Kind, Member, Past};

/// Past moments that members are asked at; more cost time and tell little, for neighbours agree.
const ORIGINS_MAX: usize = 40;
/// Distances between these moments: no divisors of a day or a week, so that they fall on all hours; the last
/// serves the longest history there is.
const STRIDES: [usize; 14] = [1, 5, 11, 13, 17, 19, 23, 29, 31, 37, 41, 53, 101, 503];
/// Weights are this power of the mean absolute error, inverse: the inverse square of a squared error.
/// Smaller powers leave too much to members that do badly, larger ones follow chance; 3 to 6 do as well.
const POWER: i32 = 4;
/// An error below this part of the largest counts as this, so that a perfect member weighs no more than
/// infinitely much.
const ERROR_MIN: f64 = 1e-9;
/// Members are tried over this part of the history,
const TRIED_PART: f64 = 0.4;
/// and at least this many horizons.
const TRIED_HORIZONS: f64 = 2.5;

/// What the trials showed.
pub struct Backtest {
    /// As fitted to the early part.
    pub members: Vec<Member>,
    /// Their weights, which sum up to 1.
    pub weights: Vec<f64>,
    /// What the combination missed by, under weights that were chosen on other moments.
    pub errors: Vec<Errors>,
}

struct Trial {
    origin: usize,
    said: Vec<Option<Vec<f64>>>,
}

impl Backtest {
    /// Tries members over the late part of a history: they see it `clean` (and on its scales, as `views`)
    /// and are judged by what came, `raw`. `None` where the history is too short to try anything.
    #[must_use]
    pub fn run(
        raw: &[f64],
        clean: &[f64],
        views: &Views,
        seasons: &[usize],
        horizon: usize,
        fleet: Option<&Weights>,
    ) -> Option<Self> {
        let moments = Moments::of(raw.len(), seasons, horizon)?;
        let until = |origin: usize| Past {
            raw: &clean[..origin],
            scaled: views,
            seasons,
        };
        let members = member::fit(&until(moments.first), fleet);
        let trials: Vec<Trial> = (moments.origins.iter())
            .map(|origin| Trial {
                origin: *origin,
                said: (members.iter())
                    .map(|member| member.predict(&until(*origin), moments.steps))
                    .collect(),
            })
            .collect();
        let missed: Vec<Vec<f64>> = trials.iter().map(|trial| missed(trial, raw)).collect();
        // Each half of the moments is judged under the other half's weights.
        let (late, early) = missed.split_at(missed.len() / 2);
        let others = [
            weigh(early),
            weigh(if late.is_empty() { early } else { late }),
        ];
        let errors = (trials.iter().enumerate())
            .map(|(i, trial)| {
                let weights = &others[usize::from(i >= late.len())];
                let said = mix(&trial.said, weights, moments.steps);
                let came = &raw[trial.origin..];
                Errors {
                    origin: trial.origin,
                    by_step: said.iter().zip(came).map(|(s, c)| c - s).collect(),
                }
            })
            .collect();
        Some(Self {
            weights: weigh(&missed),
            members,
            errors,
        })
    }

    /// Weights by kind of member, the heaviest first.
    #[must_use]
    pub fn by_kind(&self) -> Vec<(Kind, f64)> {
        let mut out: Vec<(Kind, f64)> = Vec::new();
        for (member, weight) in self.members.iter().zip(&self.weights) {
            match out.iter_mut().find(|(kind, _)| *kind == member.kind()) {
                Some((_, sum)) => *sum += weight,
                None => out.push((member.kind(), *weight)),
            }
        }
        out.sort_by(|a, b| b.1.total_cmp(&a.1));
        out
    }
}

/// When members are asked, and how far they look.
struct Moments {
    /// They are fitted to what was before.
    first: usize,
    /// Steps ahead.
    steps: usize,
    /// The last one first.
    origins: Vec<usize>,
}

impl Moments {
    fn of(n: usize, seasons: &[usize], horizon: usize) -> Option<Self> {
        let steps = horizon.min(n / 4).max(1);
        let longest = seasons.last().copied().unwrap_or(1);
        let last = n.checked_sub(steps)?;
        let tried = (steps as f64 * TRIED_HORIZONS).max(n as f64 * TRIED_PART) as usize;
        // What is fitted should hold two of the longest season, if that leaves anything to try.
        let least = (2 * longest + 2).min(last);
        let first = n.saturating_sub(tried).max(least);
        if first < 3 {
            return None;
        }
        let span = last - first + 1;
        let fits = |stride: &&usize| span <= **stride * ORIGINS_MAX;
        let stride = *STRIDES.iter().find(fits).unwrap_or(&STRIDES[13]);
        Some(Self {
            first,
            steps,
            origins: (first..=last).rev().step_by(stride).collect(),
        })
    }
}

/// Mean absolute error of each member; infinite where it had nothing to say.
fn missed(trial: &Trial, raw: &[f64]) -> Vec<f64> {
    let error = |said: &Option<Vec<f64>>| {
        let said = said.as_ref()?;
        let sum: f64 = (said.iter().zip(&raw[trial.origin..]))
            .map(|(s, c)| (s - c).abs())
            .sum();
        Some(sum / said.len() as f64)
    };
    let known = trial
        .said
        .iter()
        .map(|said| error(said).filter(|e| e.is_finite()));
    known.map(|e| e.unwrap_or(f64::INFINITY)).collect()
}

/// Weights of members from what they missed by at some moments.
fn weigh(missed: &[Vec<f64>]) -> Vec<f64> {
    let members = missed.first().map_or(0, Vec::len);
    let sums: Vec<f64> = (0..members)
        .map(|m| missed.iter().map(|e| e[m]).sum())
        .collect();
    let finite = || sums.iter().copied().filter(|s| s.is_finite());
    let least = finite().fold(f64::INFINITY, f64::min);
    let floor = finite().fold(0.0, f64::max) * ERROR_MIN;
    let weights: Vec<f64> = (sums.iter())
        .map(|sum| match (sum.is_finite(), sum.max(floor) > 0.0) {
            (false, _) => 0.0,
            (true, false) => 1.0, // nobody ever missed
            (true, true) => (least.max(floor) / sum.max(floor)).powi(POWER),
        })
        .collect();
    let total: f64 = weights.iter().sum();
    weights
        .iter()
        .map(|w| w / total.max(f64::MIN_POSITIVE))
        .collect()
}

/// The weighted mean of what members said.
#[must_use]
pub fn mix(said: &[Option<Vec<f64>>], weights: &[f64], steps: usize) -> Vec<f64> {
    let mut out = vec![0.0; steps];
    let mut total = 0.0;
    for (said, weight) in said.iter().zip(weights) {
        if let Some(said) = said
            && *weight > 0.0
        {
            total += weight;
            for (sum, value) in out.iter_mut().zip(said) {
                *sum += weight * value;
            }
        }
    }
    out.iter()
        .map(|sum| sum / total.max(f64::MIN_POSITIVE))
        .collect()
}

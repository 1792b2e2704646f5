//! Autoregression: the next value as a sum of weighted values at fixed distances before it, the lags.
//!
//! The weights are fitted by ridge regression, drawn not towards zero but towards a prior: what a small
//! model of the same series, or the whole fleet together, says. Where data are few the prior stands, where
//! they are many they speak.

use super::linear::{dot, solve};

/// How far weights may lie from their prior: the standard deviation of what is believed before any data.
/// A coefficient far from its prior is hardly ever more than this away, and there are 169 of them.
const PRIOR_SPREAD: f64 = 0.05;
/// A forecast may leave the range of its history by this part of it, so that no recursion explodes.
const BEYOND: f64 = 1.0;

/// Weights at lags.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Lags, ascending, from 1 on.
    pub lags: Vec<usize>,
    /// One weight each.
    pub weights: Vec<f64>,
}

/// Sums over a history of products of what stands at two lags, and of lag and next value.
#[derive(Clone, Debug)]
pub struct Moments {
    /// p × p by row.
    pub gram: Vec<f64>,
    /// p sums.
    pub cross: Vec<f64>,
}

impl Moments {
    /// Of `values` less `level`, at `lags`. All pairs of lags with the same distance share one running sum,
    /// so this costs a product for each value and distance and not for each value and pair.
    #[must_use]
    pub fn of(values: &[f64], level: f64, lags: &[usize]) -> Self {
        let (n, p) = (values.len(), lags.len());
        let longest = lags.last().copied().unwrap_or(0);
        let mut moments = Self {
            gram: vec![0.0; p * p],
            cross: vec![0.0; p],
        };
        if n <= longest {
            return moments;
        }
        let x: Vec<f64> = values.iter().map(|v| v - level).collect();
        // Pairs by distance; lag 0 is the next value itself.
        let mut pairs: Vec<(usize, usize, usize)> = Vec::with_capacity((p + 1) * (p + 2) / 2);
        for (j, lag) in lags.iter().enumerate() {
            pairs.push((*lag, usize::MAX, j));
            pairs.extend((0..=j).map(|i| (lag - lags[i], i, j)));
        }
        pairs.sort_unstable();
        let mut running = vec![0.0; n + 1];
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            let distance = same[0].0;
            let mut sum = 0.0;
            for (u, (a, b)) in x.iter().zip(&x[distance..]).enumerate() {
                sum += a * b;
                running[u + 1] = sum;
            }
            for (_, i, j) in same {
                // Older of the two stands lags[j] before t, for t from `longest` to n.
                let from = longest - lags[*j];
                let total = running[n - lags[*j]] - running[from];
                match *i {
                    usize::MAX => moments.cross[*j] = total,
                    i => moments.gram[j * p + i] = total,
                }
            }
        }
        moments
    }

    /// Weights that fit best, drawn towards `prior` by `pull` (in the units of the moments).
    #[must_use]
    pub fn ridge(&self, lags: &[usize], prior: &[f64], pull: f64) -> Option<Weights> {
        let mut gram = self.gram.clone();
        let mut weights = self.cross.clone();
        for (i, weight) in weights.iter_mut().enumerate() {
            gram[i * lags.len() + i] += pull;
            *weight += pull * prior[i];
        }
        solve(&mut gram, &mut weights)?;
        let sound = weights.iter().all(|w| w.is_finite());
        sound.then(|| Weights {
            lags: lags.to_vec(),
            weights,
        })
    }
}

impl Weights {
    /// Fits to `values` less `level`, drawn towards `prior`.
    #[must_use]
    pub fn fit(values: &[f64], level: f64, prior: &Self) -> Option<Self> {
        let rest = prior.residual(values, level)?;
        let pull = rest / (PRIOR_SPREAD * PRIOR_SPREAD);
        if pull <= 0.0 {
            return Some(prior.clone()); // which fits without rest
        }
        Moments::of(values, level, &prior.lags).ridge(&prior.lags, &prior.weights, pull)
    }

    /// Mean square of what these weights leave unexplained; `None` where no value has a whole past.
    #[must_use]
    pub fn residual(&self, values: &[f64], level: f64) -> Option<f64> {
        let longest = *self.lags.last()?;
        let active: Vec<(usize, f64)> = (self.lags.iter().copied())
            .zip(self.weights.iter().copied())
            .filter(|(_, w)| *w != 0.0)
            .collect();
        let squares: Vec<f64> = (longest..values.len())
            .map(|t| {
                let fitted: f64 = active
                    .iter()
                    .map(|(l, w)| (values[t - l] - level) * w)
                    .sum();
                (values[t] - level - fitted).powi(2)
            })
            .collect();
        (!squares.is_empty()).then(|| squares.iter().sum::<f64>() / squares.len() as f64)
    }

    /// The next `horizon` values after `history`, each fed back as the past of those after it.
    #[must_use]
    pub fn predict(&self, history: &[f64], level: f64, horizon: usize) -> Vec<f64> {
        let longest = self.lags.last().copied().unwrap_or(0).min(history.len());
        let recent = &history[history.len() - longest..];
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in history {
            (low, high) = (low.min(v - level), high.max(v - level));
        }
        let room = (high - low) * BEYOND;
        let (low, high) = (low - room, high + room);
        let mut path: Vec<f64> = recent.iter().map(|v| v - level).collect();
        path.reserve(horizon);
        // Without holes between lags the past is one slice.
        let reversed: Option<Vec<f64>> =
            (self.lags.len() == longest).then(|| self.weights.iter().rev().copied().collect());
        for _ in 0..horizon {
            let next = match &reversed {
                Some(weights) => dot(weights, &path[path.len() - longest..]),
                None => (self.lags.iter().zip(&self.weights))
                    .filter(|(lag, _)| **lag <= path.len())
                    .map(|(lag, w)| path[path.len() - lag] * w)
                    .sum(),
            };
            path.push(next.clamp(low, high));
        }
        path[longest..].iter().map(|v| v + level).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_sums_are_the_sums_of_products() {
        let values: Vec<f64> = (0..60_i32).map(|t| f64::from(t * t * 31 % 101)).collect();
        let (level, lags) = (40.0, [1, 2, 5, 9]);
        let moments = Moments::of(&values, level, &lags);
        let sum = |a: usize, b: usize| -> f64 {
            let product = |t: usize| (values[t - a] - level) * (values[t - b] - level);
            (9..values.len()).map(product).sum()
        };
        for (j, lag) in lags.iter().enumerate() {
            assert!((moments.cross[j] - sum(0, *lag)).abs() < 1e-6);
            for (i, other) in lags[..=j].iter().enumerate() {
                assert!((moments.gram[j * 4 + i] - sum(*lag, *other)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_data_say_clearly_outweighs_the_prior_and_what_they_do_not_leaves_it() {
        let wave = |t: usize| (t as f64 * 0.7).sin() + 0.02 * ((t * t * 31) % 101) as f64 / 101.0;
        let values: Vec<f64> = (0..400).map(wave).collect();
        let prior = Weights {
            lags: vec![1, 2],
            weights: vec![0.5, 0.0],
        };
        let fitted = Weights::fit(&values, 0.0, &prior).expect("fitted");
        let ahead = fitted.predict(&values, 0.0, 5);
        for (h, value) in ahead.iter().enumerate() {
            assert!((value - wave(400 + h)).abs() < 0.2, "+{h}: {value}");
        }
        let short = Weights::fit(&values[..4], 0.0, &prior).expect("fitted");
        assert!((short.weights[0] - 0.5).abs() < 0.1, "{short:?}");
    }

    #[test]
    fn a_recursion_that_would_explode_stays_near_what_was_seen() {
        let explosive = Weights {
            lags: vec![1],
            weights: vec![3.0],
        };
        let ahead = explosive.predict(&[1.0, 2.0, 1.0, 2.0], 0.0, 50);
        assert!(ahead.iter().all(|v| *v <= 3.0), "{ahead:?}");
    }
}

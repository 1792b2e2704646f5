//! What series have in common: one autoregression learnt over many of them. It forecasts functions that are
//! too new to teach anything themselves, and is what the others' own are drawn towards.

use super::ar::{Moments, Weights};
use super::scale::Scale;
use super::{clean, history, prior};

/// Series that are learnt from at most: 169 weights change no more after some hundreds.
pub const SERIES_MAX: usize = 2_000;
/// As [`super::ar`]'s, but a whole fleet is not drawn far.
const PRIOR_SPREAD: f64 = 0.2;

/// Learns series by series; its size does not depend on how many.
#[derive(Clone, Debug)]
pub struct Learner {
    seasons: Vec<usize>,
    lags: Vec<usize>,
    moments: Moments,
    prior: Vec<f64>,
    series: usize,
}

impl Learner {
    /// For series with these seasons, ascending.
    #[must_use]
    pub fn new(seasons: &[usize]) -> Self {
        let lags = prior::lags(seasons, usize::MAX);
        let p = lags.len();
        Self {
            seasons: seasons.to_vec(),
            moments: Moments {
                gram: vec![0.0; p * p],
                cross: vec![0.0; p],
            },
            prior: vec![0.0; p],
            lags,
            series: 0,
        }
    }

    /// Whether enough was learnt.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.series >= SERIES_MAX
    }

    /// Learns a series, unless it is negative somewhere, never moves, or holds less than three of the longest
    /// season. Each counts by how well it can be foreseen: its noise is the unit.
    pub fn learn(&mut self, values: &[f64]) {
        let longest = self.seasons.last().copied().unwrap_or(1);
        let Some(raw) = history::whole(values, &self.seasons).filter(|v| v.len() >= 3 * longest)
        else {
            return;
        };
        let clean = clean::incidents(&raw, &self.seasons);
        let Some(scale @ Scale::Log(_)) = Scale::of(&clean).first().copied() else {
            return;
        };
        let values: Vec<f64> = clean.iter().map(|v| scale.apply(*v)).collect();
        let level = values.iter().sum::<f64>() / values.len() as f64;
        let prior = prior::of(&values, &self.seasons, &self.lags);
        let Some(noise) = prior.residual(&values, level).filter(|n| *n > 0.0) else {
            return;
        };
        let moments = Moments::of(&values, level, &self.lags);
        let add = |into: &mut [f64], from: &[f64], by: f64| {
            for (sum, value) in into.iter_mut().zip(from) {
                *sum += value * by;
            }
        };
        add(&mut self.moments.gram, &moments.gram, 1.0 / noise);
        add(&mut self.moments.cross, &moments.cross, 1.0 / noise);
        add(&mut self.prior, &prior.weights, 1.0);
        self.series += 1;
    }

    /// The fleet's weights; `None` if there was nothing to learn.
    #[must_use]
    pub fn weights(&self) -> Option<Weights> {
        if self.series == 0 {
            return None;
        }
        let prior: Vec<f64> = self.prior.iter().map(|w| w / self.series as f64).collect();
        let pull = 1.0 / (PRIOR_SPREAD * PRIOR_SPREAD);
        self.moments.ridge(&self.lags, &prior, pull)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_series_have_in_common_is_learnt_and_serves_one_that_is_new() {
        let noise = |i: usize| ((i * 7_919 + i * i * 31) % 1_009) as f64 / 1_009.0;
        let day = |size: f64, from: usize, n: usize| -> Vec<f64> {
            let at =
                |t: usize| 2.0 + (t as f64 * std::f64::consts::TAU / 24.0).sin() + 0.2 * noise(t);
            (from..from + n).map(|t| size * at(t)).collect()
        };
        let mut learner = Learner::new(&[24]);
        assert_eq!(learner.weights(), None);
        learner.learn(&[0.0; 100]);
        assert_eq!(learner.weights(), None, "zeros teach nothing");
        for i in 0..20 {
            learner.learn(&day(10.0 + i as f64, i * 13, 200));
        }
        let weights = learner.weights().expect("learnt");
        let (new, came) = (day(500.0, 5, 40), day(500.0, 45, 24));
        let error = |fleet| {
            let forecast = crate::forecast::forecast(&new, &[24], 24, fleet).expect("a forecast");
            let missed = forecast.mean.iter().zip(&came).map(|(a, b)| (a - b).abs());
            missed.sum::<f64>()
        };
        assert!(
            error(Some(&weights)) < error(None),
            "{} {}",
            error(Some(&weights)),
            error(None)
        );
    }
}

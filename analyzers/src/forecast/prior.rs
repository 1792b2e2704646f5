//! What a series alone can teach with two parameters: the next value is like the same moment of yesterday
//! and of last week, and how far the last value lay from that fades with every step.
//!
//! Written as an autoregression, (1 − φB)(1 − aB^day − (1−a)B^week), it forecasts by itself and is what the
//! large autoregression is drawn towards.

use super::ar::Weights;

/// Parts of yesterday that are tried; the rest is last week's.
const MIXES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
/// A departure never lasts for ever: after a day of hours 0.99^24 = 79 % of it is left.
const PERSISTENCE_MAX: f64 = 0.99;

/// The lags of a large autoregression: all up to one beyond the longest season where that is no more than
/// this, otherwise the near ones and those around each season.
const DENSE_MAX: usize = 200;
/// Near lags where not all are taken.
const NEAR: usize = 30;

/// The lags for `seasons` (ascending), of which none is longer than `longest`.
#[must_use]
pub fn lags(seasons: &[usize], longest: usize) -> Vec<usize> {
    let season = seasons.last().copied().unwrap_or(1);
    let last = (season + 1).min(longest);
    if season <= 1 {
        return (1..=2.min(longest)).collect();
    }
    if season < DENSE_MAX {
        return (1..=last).collect();
    }
    let mut lags: Vec<usize> = (1..=NEAR)
        .chain(seasons.iter().flat_map(|s| s - 1..=s + 1))
        .filter(|lag| *lag <= last)
        .collect();
    lags.sort_unstable();
    lags.dedup();
    lags
}

/// The prior of a series less its level, spread over `lags`; its mix and persistence fit `values` best.
#[must_use]
pub fn of(values: &[f64], seasons: &[usize], lags: &[usize]) -> Weights {
    let fitting = |s: &usize| *s + 1 < values.len() && *s > 1;
    let (day, week) = match *seasons {
        [day, week] if fitting(&week) => (day, week),
        [day, ..] if fitting(&day) => (day, day),
        _ => (1, 1),
    };
    let mixes: &[f64] = if day == week { &[1.0] } else { &MIXES };
    let mut best = (f64::INFINITY, 1.0, 0.0);
    for mix in mixes {
        let departure: Vec<f64> = (week..values.len())
            .map(|t| values[t] - mix * values[t - day] - (1.0 - mix) * values[t - week])
            .collect();
        let (mut square, mut next) = (0.0, 0.0);
        for pair in departure.windows(2) {
            square += pair[0] * pair[0];
            next += pair[0] * pair[1];
        }
        let persistence = if square > 0.0 && week > 1 {
            (next / square).clamp(0.0, PERSISTENCE_MAX)
        } else {
            0.0
        };
        let left: f64 = (departure.windows(2))
            .map(|pair| (pair[1] - persistence * pair[0]).powi(2))
            .sum();
        if left < best.0 {
            best = (left, *mix, persistence);
        }
    }
    let (_, mix, persistence) = best;
    let mut weights = vec![0.0; lags.len()];
    let mut add = |lag: usize, weight: f64| {
        if let Ok(at) = lags.binary_search(&lag) {
            weights[at] += weight;
        }
    };
    for (season, part) in [(day, mix), (week, 1.0 - mix)] {
        add(season, part);
        add(season + 1, -part * persistence);
    }
    add(1, persistence);
    Weights {
        lags: lags.to_vec(),
        weights,
    }
}

/// The prior of departures from a profile: each is what is left of the one before. At lags up to one
/// beyond `season`.
#[must_use]
pub fn fading(departures: &[f64], season: usize) -> Weights {
    let lags = lags(&[season], departures.len() / 2);
    let (mut square, mut next) = (0.0, 0.0);
    for pair in departures.windows(2) {
        square += pair[0] * pair[0];
        next += pair[0] * pair[1];
    }
    let kept = if square > 0.0 { next / square } else { 0.0 };
    let mut weights = vec![0.0; lags.len()];
    if let Some(first) = weights.first_mut() {
        *first = kept.clamp(0.0, PERSISTENCE_MAX);
    }
    Weights { lags, weights }
}

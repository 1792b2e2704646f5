//! History without its anomalies: what an outage or a burst did is cut off, a lasting new level stays.

use super::shape::Shape;
use super::transform::count;

/// Deviations beyond this many robust standard deviations from the level around them are cut.
const CUT: f64 = 4.0;

/// Fills gaps and cuts outliers of slots on the judging scale; `NaN` is a gap.
pub fn clean(slots: &[f64], first_slot: i64, shape: &Shape) -> Vec<f64> {
    let rhythm = rhythm(slots, first_slot, shape);
    let off: Vec<f64> = slots.iter().zip(&rhythm).map(|(y, r)| y - r).collect();
    let level = levels(&off, (shape.season / 2).max(3));
    let mut spread: Vec<f64> = off
        .iter()
        .zip(&level)
        .map(|(o, l)| (o - l).abs())
        .filter(|d| d.is_finite())
        .collect();
    let cut = CUT * 1.4826 * median(&mut spread).unwrap_or(0.0).max(0.005);
    (0..slots.len())
        .map(|t| {
            let deviation = off[t] - level[t];
            let kept = match deviation.is_finite() {
                true => deviation.clamp(-cut, cut),
                false => 0.0,
            };
            rhythm[t] + level[t] + kept
        })
        .collect()
}

/// What each slot usually is: the median of its peers of the week, if two weeks are known, else of the
/// day.
fn rhythm(slots: &[f64], first_slot: i64, shape: &Shape) -> Vec<f64> {
    let period = match slots.len() >= 3 * shape.long {
        true => shape.long,
        false => shape.season,
    };
    let mut peers = vec![Vec::new(); period];
    let class = |t: usize| class_of(first_slot, t, period);
    for (t, y) in slots.iter().enumerate() {
        if y.is_finite() {
            peers[class(t)].push(*y);
        }
    }
    let all: Vec<f64> = slots.iter().copied().filter(|y| y.is_finite()).collect();
    let overall = median(&mut all.clone()).unwrap_or(0.0);
    let usual: Vec<f64> = peers
        .iter_mut()
        .map(|p| median(p).unwrap_or(overall))
        .collect();
    (0..slots.len()).map(|t| usual[class(t)]).collect()
}

/// The place of the slot `t` after the first in a rhythm of so many slots.
pub fn class_of(first_slot: i64, t: usize, period: usize) -> usize {
    let period_i = i64::try_from(period).unwrap_or(1);
    let t = i64::try_from(t).unwrap_or(0);
    usize::try_from((first_slot + t).rem_euclid(period_i)).unwrap_or(0)
}

/// Running medians over `half` slots to both sides, the last known one where there is nothing.
fn levels(off: &[f64], half: usize) -> Vec<f64> {
    let mut level = Vec::with_capacity(off.len());
    let mut window = Vec::with_capacity(2 * half + 1);
    let mut last = 0.0;
    for t in 0..off.len() {
        window.clear();
        let end = (t + half + 1).min(off.len());
        window.extend(
            off[t.saturating_sub(half)..end]
                .iter()
                .filter(|o| o.is_finite()),
        );
        last = median(&mut window).unwrap_or(last);
        level.push(last);
    }
    level
}

/// The median; reorders. `None` of nothing.
pub fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let middle = values.len() / 2;
    let (below, at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(match even {
        true => f64::midpoint(*at, largest(below)),
        false => *at,
    })
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The mean, 0 of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0);
    for value in values {
        sum += value;
        n += 1;
    }
    if n == 0 { 0.0 } else { sum / count(n) }
}

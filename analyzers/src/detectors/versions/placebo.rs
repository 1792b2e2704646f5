//! Deploys that never happened: the same test, played in the function's own past. Where that looked like a
//! regression without a deploy, a deploy has to show more.

use super::judge::{CERTAIN, WATCH_S, Watch};
use super::measure::{Measure, Point};
use super::past::Past;

/// Pretended deploys, one a day at most.
const MOST: usize = 12;
/// Days of past that one needs.
const DAYS_MIN: usize = 3;
/// A deploy has to show this much more (logarithm) than the worst of them.
const MORE: f64 = 0.7;

/// The logarithm of the e-value that a deploy has to show, given the hours before it.
#[must_use]
pub fn bar(measure: Measure, hours: &[Point], sigma: f64) -> f64 {
    let days: Vec<usize> = hours
        .chunk_by(|a, b| a.at_s.div_euclid(86_400) == b.at_s.div_euclid(86_400))
        .scan(0, |begin, day| {
            let at = *begin;
            *begin += day.len();
            Some(at)
        })
        .collect();
    let worst = days
        .iter()
        .skip(DAYS_MIN)
        .rev()
        .take(MOST)
        .filter_map(|at| played(measure, hours, *at, sigma))
        .fold(0.0, f64::max);
    match worst > CERTAIN - MORE {
        true => worst + MORE,
        false => CERTAIN,
    }
}

/// The largest evidence of a day that is taken for a deploy's.
fn played(measure: Measure, hours: &[Point], at: usize, sigma: f64) -> Option<f64> {
    let past = Past::of(measure, &hours[..at], sigma)?;
    let begin_s = hours[at].at_s;
    // Without the wait: the hour in which it settles would be half seen.
    let mut watch = Watch::new(
        measure,
        &past,
        begin_s - measure.settling_s(),
        f64::INFINITY,
    );
    for hour in hours[at..]
        .iter()
        .take_while(|h| h.at_s < begin_s + WATCH_S)
    {
        watch.see(hour, None);
    }
    Some(watch.largest())
}

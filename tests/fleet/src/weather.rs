//! What no calendar and no deploy explains: days on which the platform is slower or more is asked for.
//!
//! Sized after millions of real cold starts: within a day they spread by some 8 %, their daily median
//! moves by some 5 %, and about half of that is shared by functions of one runtime and region.

use crate::function::Function;
use crate::random::{Random, hash_text, mix};
use crate::time::{DAY, MINUTE, Ns};

/// How much the days of a runtime in a region differ (sigma of the logarithm).
const SHARED: f64 = 0.03;
/// How much the days of one function differ besides.
const OWN: f64 = 0.03;
/// How much the cold starts of one day differ.
const WITHIN: f64 = 0.085;
/// One cold start in so many meets a busy host and takes up to three quarters longer.
const STRAGGLERS: f64 = 0.04;

/// How much the traffic of one day differs from that of the same weekday before.
const TRAFFIC: f64 = 0.06;
/// Length of a step of the quicker drift of traffic.
const DRIFT: Ns = 20 * MINUTE;

/// A number that wanders from one knot to the next; remembers the two it is between.
struct Wander {
    step: Ns,
    between: Option<(u64, f64, f64)>,
}

impl Wander {
    const fn new(step: Ns) -> Self {
        Self {
            step,
            between: None,
        }
    }

    fn at(&mut self, at: Ns, knot: impl Fn(u64) -> f64) -> f64 {
        let n = at / self.step;
        let (_, from, to) = match self.between {
            Some(known) if known.0 == n => known,
            _ => (n, knot(n), knot(n + 1)),
        };
        self.between = Some((n, from, to));
        let part = (at % self.step) as f64 / self.step as f64;
        from * (1.0 - part) + to * part
    }
}

/// Days that wander by one sigma.
fn wander(seed: u64, name: u64, purpose: &str, at: Ns) -> f64 {
    Wander::new(DAY).at(at, |n| Random::named(seed, name, purpose, n).normal())
}

/// Factor on the cold starts of a function at a moment.
pub fn cold_starts(seed: u64, f: &Function, at: Ns) -> f64 {
    let platform = mix(
        hash_text(f.platform.name()),
        hash_text(f.runtime.sdk_language()),
    );
    let shared = wander(seed, mix(platform, hash_text(&f.region)), "platform", at);
    let own = wander(seed, f.hash(), "starts", at);
    (SHARED * shared + OWN * own).exp()
}

/// The length of one cold start whose median is `median_ms`, at least 1 ms.
pub fn cold_start(median_ms: f64, r: &mut Random) -> f64 {
    let slow = if r.chance(STRAGGLERS) {
        r.between(1.1, 1.75)
    } else {
        1.0
    };
    (r.lognormal(median_ms, WITHIN) * slow).max(1.0)
}

/// The traffic of one function.
pub struct Traffic {
    seed: u64,
    function: u64,
    day: Wander,
    drift: Wander,
}

impl Traffic {
    /// Of the function of this hash.
    pub const fn new(seed: u64, function: u64) -> Self {
        Self {
            seed,
            function,
            day: Wander::new(DAY),
            drift: Wander::new(DRIFT),
        }
    }

    /// Factor on it at a moment.
    pub fn at(&mut self, at: Ns) -> f64 {
        let named = |purpose, n| Random::named(self.seed, self.function, purpose, n);
        let day = self.day.at(at, |n| named("days", n).normal());
        let drift = self.drift.at(at, |n| named("drift", n).between(0.9, 1.1));
        (TRAFFIC * day).exp() * drift
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::time::HOUR;

    fn days(f: &Function) -> Vec<f64> {
        let noon = |day: u64| cold_starts(4, f, (20_486 + day) * DAY).ln();
        (0..200).map(noon).collect()
    }

    fn sigma(values: &[f64]) -> f64 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = |v: &f64| (v - mean) * (v - mean);
        (values.iter().map(square).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn days_differ_as_real_ones_do_and_siblings_share_half_of_it() {
        let mut f = catalogue::named().unwrap().remove(2);
        let one = days(&f);
        assert!((0.035..0.055).contains(&sigma(&one)), "{}", sigma(&one));
        f.name = "sibling".to_owned();
        let apart: Vec<f64> = one.iter().zip(days(&f)).map(|(a, b)| a - b).collect();
        let (_, own) = (SHARED, OWN * std::f64::consts::SQRT_2);
        assert!((sigma(&apart) / own - 1.0).abs() < 0.15);
    }

    #[test]
    fn cold_starts_of_a_day_spread_little() {
        let mut r = Random::named(1, 2, "t", 3);
        let mut all: Vec<f64> = (0..4_000).map(|_| cold_start(180.0, &mut r)).collect();
        all.sort_by(f64::total_cmp);
        assert!((177.0..185.0).contains(&all[2_000]), "{}", all[2_000]);
        let robust = (all[3_000] - all[1_000]) / all[2_000] / 1.349;
        assert!((0.07..0.11).contains(&robust), "{robust}");
    }

    #[test]
    fn traffic_drifts_without_leaving_its_level() {
        let mut traffic = Traffic::new(1, 9);
        let hours: Vec<f64> = (0..2_400).map(|h| traffic.at(h * HOUR).ln()).collect();
        assert_eq!(
            Traffic::new(1, 9).at(77 * HOUR).ln(),
            hours[77],
            "no memory"
        );
        let mean = hours.iter().sum::<f64>() / hours.len() as f64;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((0.05..0.08).contains(&sigma(&hours)), "{}", sigma(&hours));
    }
}

//! When requests arrive: the day, the week, slow drifts, Poisson arrivals and bursts.
//!
//! Arrivals are made cell by cell of ten seconds, each from its own stream, so that they do not
//! depend on where a run begins or in which steps it proceeds.

use crate::function::Function;
use crate::random::Random;
use crate::scenario::Scenario;
use crate::time::{DAY, HOUR, MILLI, MINUTE, Ns, SECOND};

/// Length of a cell.
pub const CELL: Ns = 10 * SECOND;

/// Width of a burst: its requests arrive as parallel ones do.
const BURST_WIDTH: Ns = 150 * MILLI;

/// Length of a step of the slow drift of traffic.
const DRIFT: Ns = 20 * MINUTE;

/// The part of the daily swing: 0.55 makes the peak 3.4 times the trough.
const SWING: f64 = 0.55;

/// Relative traffic at a moment: 1 on average over an ordinary day.
pub fn season(function: &Function, at: Ns) -> f64 {
    let hour = (at % DAY) as f64 / HOUR as f64;
    let angle = (hour - function.peak_hour) / 24.0 * std::f64::consts::TAU;
    // The second wave is lunch time, and makes the night broader than the evening.
    let day = 1.0 + SWING * angle.cos() + 0.15 * (2.0 * angle).cos();
    // 1970-01-01 was a Thursday.
    let weekday = (at / DAY + 4) % 7;
    if weekday == 0 || weekday == 6 {
        day * function.weekend
    } else {
        day
    }
}

/// A slow drift around 1 that no calendar explains, different for each function.
fn drift(seed: u64, function: u64, at: Ns) -> f64 {
    let step = at / DRIFT;
    let knot = |n: u64| Random::named(seed, function, "drift", n).between(0.9, 1.1);
    let part = (at % DRIFT) as f64 / DRIFT as f64;
    knot(step) * (1.0 - part) + knot(step + 1) * part
}

/// What decides the arrivals of one function.
pub struct Arrivals<'a> {
    /// Seed of the run.
    pub seed: u64,
    /// Factor on every rate.
    pub scale: f64,
    /// The function.
    pub function: &'a Function,
    /// [`Function::hash`] of it.
    pub hash: u64,
    /// Its place in the fleet.
    pub index: usize,
    /// The incidents.
    pub scenario: &'a Scenario,
}

impl Arrivals<'_> {
    /// The arrivals in the cell of this number (cell n begins at n × [`CELL`]), with a number for
    /// each that no other arrival of the function has.
    pub fn in_cell(&self, cell: u64) -> Vec<(Ns, u64)> {
        let (from, until) = (cell * CELL, (cell + 1) * CELL);
        let mut times = Vec::new();
        if let Some(every) = self.function.every {
            self.timer(every.0, from, until, &mut times);
        } else {
            self.random(cell, from, until, &mut times);
        }
        times.retain(|at| !self.scenario.conditions(self.index, *at).stopped);
        times.sort_unstable();
        let numbered = times.into_iter().enumerate();
        numbered
            .map(|(n, at)| (at, cell << 20 | n as u64))
            .collect()
    }

    fn timer(&self, every: Ns, from: Ns, until: Ns, times: &mut Vec<Ns>) {
        // Schedulers fire some hundred milliseconds late, by a phase of the function's own.
        let phase = self.hash % (every / SECOND).max(1) * SECOND;
        let first = (from.saturating_sub(phase)).div_ceil(every.max(1)) * every + phase;
        let mut at = first;
        while at < until {
            let late = Random::named(self.seed, self.hash, "timer", at).between(60.0, 900.0);
            times.push(at + (late * MILLI as f64) as Ns);
            at += every;
        }
    }

    fn random(&self, cell: u64, from: Ns, until: Ns, times: &mut Vec<Ns>) {
        let mut r = Random::named(self.seed, self.hash, "arrivals", cell);
        let usual = season(self.function, from) * drift(self.seed, self.hash, from) * self.scale;
        let most = self.scenario.traffic_max(self.index, from, until);
        let length_s = CELL as f64 / SECOND as f64;
        // Thinning: as many as the greatest factor in the cell asks for, each kept with the part
        // of it that is true at its own moment, so that incidents begin and end to the nanosecond.
        let kept = |at: Ns, r: &mut Random| {
            r.chance(self.scenario.conditions(self.index, at).traffic / most)
        };
        for _ in 0..r.poisson(self.function.rate * usual * length_s * most) {
            let at = from + r.below(CELL);
            if kept(at, &mut r) {
                times.push(at);
            }
        }
        let Some(burst) = self.function.burst else {
            return;
        };
        let per_cell = CELL as f64 / burst.every.0.max(1) as f64;
        for _ in 0..r.poisson(per_cell * usual * most) {
            let at = from + r.below(CELL - BURST_WIDTH);
            let size = 2 + r.below(burst.size.saturating_sub(1));
            if kept(at, &mut r) {
                times.extend((0..size).map(|_| at + r.below(BURST_WIDTH)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::scenario;

    /// A Monday, 00:00 UTC.
    const MONDAY: Ns = 20_486 * DAY;

    fn function(name: &str) -> (usize, Function) {
        let mut all = catalogue::named().unwrap().into_iter().enumerate();
        all.find(|(_, f)| f.name == name).unwrap()
    }

    fn count(name: &str, scenario: &Scenario, from: Ns, until: Ns) -> Vec<Ns> {
        let (index, f) = function(name);
        let hash = f.hash();
        let a = Arrivals {
            seed: 3,
            scale: 1.0,
            function: &f,
            hash,
            index,
            scenario,
        };
        (from / CELL..until / CELL)
            .flat_map(|c| a.in_cell(c))
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn a_day_has_its_rate_and_its_shape() {
        let usual = Scenario::default();
        let (_, f) = function("edge-router");
        let n = count("edge-router", &usual, MONDAY, MONDAY + DAY).len() as f64;
        let expected = f.rate * 86_400.0;
        assert!((n / expected - 1.0).abs() < 0.05, "{n} of {expected}");
        let hour = |h: u64| {
            count(
                "edge-router",
                &usual,
                MONDAY + h * HOUR,
                MONDAY + (h + 2) * HOUR,
            )
            .len()
        };
        assert!(
            hour(17) > 2 * hour(4),
            "evening {} night {}",
            hour(17),
            hour(4)
        );
        assert!((season(&f, MONDAY + 18 * HOUR) - 1.7).abs() < 0.01);
    }

    #[test]
    fn timers_fire_at_their_interval() {
        let times = count(
            "warehouse-export",
            &Scenario::default(),
            MONDAY,
            MONDAY + HOUR,
        );
        assert_eq!(times.len(), 12);
        for pair in times.windows(2) {
            let gap = pair[1] - pair[0];
            assert!(gap.abs_diff(5 * MINUTE) < SECOND, "{gap}");
        }
    }

    #[test]
    fn incidents_change_traffic_between_their_edges_only() {
        let all = catalogue::named().unwrap();
        let text = "incidents:\n\
            - { at: 1h, for: 1h, function: edge-router, kind: traffic, factor: 6 }\n\
            - { at: 3h, for: 1h, function: edge-router, kind: stop }\n";
        let s = scenario::parse(text, MONDAY, &all).unwrap();
        let hour = |s: &Scenario, h: u64| {
            count("edge-router", s, MONDAY + h * HOUR, MONDAY + (h + 1) * HOUR).len() as f64
        };
        let usual = Scenario::default();
        assert_eq!(hour(&s, 0), hour(&usual, 0), "outside nothing changes");
        let ratio = hour(&s, 1) / hour(&usual, 1);
        assert!((5.0..7.0).contains(&ratio), "{ratio}");
        assert_eq!(hour(&s, 3), 0.0);
        assert!(hour(&s, 4) > 0.0);
    }
}

//! When requests arrive: the day, the week, the weather, Poisson arrivals and bursts.
//!
//! Arrivals are made cell by cell of a minute, each from its own stream, so that they do not
//! depend on where a run begins or in which steps it proceeds.

use crate::function::Function;
use crate::random::Random;
use crate::scenario::Scenario;
use crate::time::{DAY, HOUR, MILLI, MINUTE, Ns, SECOND};

/// Length of a cell.
pub const CELL: Ns = MINUTE;

/// Width of a burst: its requests arrive as parallel ones do.
const BURST_WIDTH: Ns = 150 * MILLI;

/// The second wave of the day, lunch time, as a part of the first: it makes the night broader than the
/// evening.
const LUNCH: f64 = 0.27;

/// Hours before and after midnight in which the week's end comes and goes.
const DUSK_HOURS: f64 = 4.0;

/// Relative traffic at a moment: 1 on average over an ordinary day.
pub fn season(function: &Function, at: Ns) -> f64 {
    let hour = (at % DAY) as f64 / HOUR as f64;
    let angle = (hour - function.peak_hour) / 24.0 * std::f64::consts::TAU;
    let day = 1.0 + function.swing * (angle.cos() + LUNCH * (2.0 * angle).cos());
    day * (1.0 + weekend(at) * (function.weekend - 1.0))
}

/// How much of a weekend a moment is, 0 to 1.
fn weekend(at: Ns) -> f64 {
    // 1970-01-01 was a Thursday: three days after a Monday.
    let hours = ((at + 3 * DAY) % (7 * DAY)) as f64 / HOUR as f64;
    let after = |midnight: f64| {
        let x = ((hours - midnight + DUSK_HOURS) / (2.0 * DUSK_HOURS)).clamp(0.0, 1.0);
        x * x * (3.0 - 2.0 * x)
    };
    after(120.0) - after(168.0) + 1.0 - after(0.0)
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
    /// Factor on its traffic in the cell (weather.rs).
    pub weather: f64,
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
        let usual = season(self.function, from) * self.weather * self.scale;
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
    use crate::weather::Traffic;

    /// A Monday, 00:00 UTC.
    const MONDAY: Ns = 20_486 * DAY;

    fn function(name: &str) -> (usize, Function) {
        let mut all = catalogue::named().unwrap().into_iter().enumerate();
        all.find(|(_, f)| f.name == name).unwrap()
    }

    fn count(name: &str, scenario: &Scenario, from: Ns, until: Ns) -> Vec<Ns> {
        let (index, f) = function(name);
        let hash = f.hash();
        let mut weather = Traffic::new(3, hash);
        let mut in_cell = |cell: u64| {
            let arrivals = Arrivals {
                seed: 3,
                scale: 1.0,
                function: &f,
                hash,
                index,
                weather: weather.at(cell * CELL),
                scenario,
            };
            arrivals.in_cell(cell)
        };
        (from / CELL..until / CELL)
            .flat_map(&mut in_cell)
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
        assert!((season(&f, MONDAY + 18 * HOUR) - 1.762).abs() < 0.01);
    }

    #[test]
    fn nights_and_weekends_are_quiet_and_the_week_has_no_edges() {
        let (_, mut f) = function("image-resize");
        let mean = |from: Ns| (0..24).map(|h| season(&f, from + h * HOUR)).sum::<f64>() / 24.0;
        let (wednesday, saturday) = (mean(MONDAY + 2 * DAY), mean(MONDAY + 5 * DAY));
        assert!((wednesday - 1.0).abs() < 0.001, "{wednesday}");
        assert!(saturday < 0.6 * wednesday, "{saturday}");
        for minute in 0..7 * 24 * 60 {
            let at = MONDAY + minute * MINUTE;
            let step = season(&f, at + MINUTE) - season(&f, at);
            assert!(step.abs() < 0.01, "{step} in a minute");
        }
        f.swing = 0.8;
        let day = |hour: u64| season(&f, MONDAY + 2 * DAY + hour * HOUR);
        let peak = day(f.peak_hour as u64);
        let night = (0..24).map(day).fold(f64::MAX, f64::min);
        assert!(peak / night > 4.0, "{peak} by day, {night} at night");
    }

    #[test]
    fn a_campaign_comes_again_and_leaves_the_days_between_alone() {
        let all = catalogue::named().unwrap();
        let text = "incidents:\n\
            - { at: 4h, for: 2h, function: edge-router, kind: campaign, factor: 5 }\n";
        let s = scenario::parse(text, MONDAY, &all).unwrap();
        let hours = |s: &Scenario, from: Ns| count("edge-router", s, from, from + 2 * HOUR).len();
        let usual = Scenario::default();
        for week in 0..3 {
            let from = MONDAY + week * 7 * DAY + 4 * HOUR;
            let ratio = hours(&s, from) as f64 / hours(&usual, from) as f64;
            assert!((4.0..6.0).contains(&ratio), "{ratio}");
            for other in [from - 2 * HOUR, from + 2 * HOUR, from + DAY] {
                assert_eq!(hours(&s, other), hours(&usual, other));
            }
        }
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

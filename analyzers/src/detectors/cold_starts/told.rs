//! What was found and still holds.

use serde::{Deserialize, Serialize};

use crate::detectors::regression::Panel;
use crate::detectors::regression::change::{Change, Direction, Kind, Side};
use crate::detectors::regression::panel::Day;
use crate::detectors::regression::quantile::of_sorted;
use crate::detectors::regression::{Outcome, deploy};

/// A change that nobody announced is the new normal after so many days.
const SHIFT_DAYS: i64 = 21;
/// A deploy's regression that nobody mended, too.
const DEPLOY_DAYS: i64 = 60;
/// It is over when the last two days lie within this part of the change from the old level.
const BACK: f64 = 0.4;
/// Cold starts of a day that tell its level.
const STARTS_MIN: usize = 3;

/// A regression of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The version that brought it; empty for a change that nobody announced.
    pub version: String,
    /// The version before it; empty where there is none.
    pub previous: String,
    /// When it began and was certain, ns since the epoch.
    pub began_ns: i64,
    /// See `began_ns`.
    pub detected_ns: i64,
    /// Relative change and its 95 % interval.
    pub relative: f64,
    /// See `relative`.
    pub interval: Option<(f64, f64)>,
    /// Anytime-valid.
    pub p_value: f64,
    /// Medians and 90 % quantiles, ms.
    pub before_ms: (f64, f64),
    /// See `before_ms`.
    pub after_ms: (f64, f64),
    /// Cold starts on either side.
    pub n: (u32, u32),
    /// Why, sentences.
    pub reasons: Vec<String>,
    /// Quantiles 10, 25, 50, 75 and 90 % of either side, ms.
    pub quantiles: ([f64; 5], [f64; 5]),
}

impl Told {
    /// The deploy of the newest version of series 0, if it made cold starts slower; whether more cold
    /// starts may still change that stands beside it.
    #[must_use]
    pub fn of_deploy(panel: &Panel, name: impl Fn(u32) -> String) -> (Option<Self>, bool) {
        let days = panel.days(0);
        let begins = deploy::begins(days);
        let (Some(&begin), true) = (begins.last(), begins.len() > 1) else {
            return (None, false);
        };
        let verdict = deploy::judge_now(panel, 0, begin);
        let open = verdict.outcome == Outcome::Undecided;
        if verdict.outcome != Outcome::Regressed {
            return (None, open);
        }
        let (first, version) = (days[begin].starts[0].at, days[begin].version);
        let detected = verdict.detected_at.unwrap_or(first);
        let before = sorted(&days[..begin], verdict.n_before, true);
        let own: Vec<Day> = (days[begin..].iter())
            .filter(|d| d.version == version)
            .cloned()
            .collect();
        let after = sorted(&own, usize::MAX, false);
        let told = Self {
            version: name(version),
            previous: begin
                .checked_sub(1)
                .map_or_else(String::new, |i| name(days[i].version)),
            began_ns: first.0,
            detected_ns: detected.0,
            relative: verdict.relative.unwrap_or(0.0),
            interval: verdict.interval,
            p_value: verdict.p_value.unwrap_or(1.0),
            before_ms: medians(&before),
            after_ms: medians(&after),
            n: (count(verdict.n_before), count(verdict.n_after)),
            reasons: verdict.reasons.iter().map(ToString::to_string).collect(),
            quantiles: (quantiles(&before), quantiles(&after)),
        };
        (Some(told), open)
    }

    /// A change that nobody announced, upwards and still there.
    #[must_use]
    pub fn of_shift(change: &Change, days: &[Day]) -> Option<Self> {
        if change.direction != Direction::Up || change.kind != Kind::Step {
            return None;
        }
        let at = days.partition_point(|d| d.starts[0].at < change.at);
        let before = sorted(&days[..at], change.before.n, true);
        let after = sorted(&days[at..], usize::MAX, false);
        Some(Self {
            version: String::new(),
            previous: String::new(),
            began_ns: change.at.0,
            detected_ns: change.detected_at.0,
            relative: change.relative,
            interval: None,
            p_value: change.p_value,
            before_ms: side(change.before),
            after_ms: side(change.after),
            n: (count(change.before.n), count(change.after.n)),
            reasons: vec!["no version began within a day of it".to_owned()],
            quantiles: (quantiles(&before), quantiles(&after)),
        })
    }

    /// Whether it is over, given the series' days: the old level is back, or it is the new normal.
    #[must_use]
    pub fn is_over(&self, days: &[Day], today: i64) -> bool {
        let began = self.began_ns.div_euclid(86_400_000_000_000);
        let most = match self.version.is_empty() {
            true => SHIFT_DAYS,
            false => DEPLOY_DAYS,
        };
        if today - began > most {
            return true;
        }
        let effect = self.relative.ln_1p();
        let before = self.before_ms.0.max(1e-3).ln();
        let detected = self.detected_ns;
        let since: Vec<&Day> = days
            .iter()
            .filter(|d| d.starts[0].at.0 > detected && d.starts.len() >= STARTS_MIN)
            .collect();
        // A version that mends it is believed at once, a level that comes back by itself after two days.
        let mended = since
            .last()
            .is_some_and(|d| d.starts.len() >= 2 * STARTS_MIN);
        let other = days.last().map(|d| d.version)
            != days
                .iter()
                .find(|d| d.starts[0].at.0 >= self.began_ns)
                .map(|d| d.version);
        let needed = if mended && other { 1 } else { 2 };
        since.len() >= needed
            && since[since.len() - needed..]
                .iter()
                .all(|d| d.level - before < BACK * effect)
    }
}

fn side(side: Side) -> (f64, f64) {
    (side.p50_ms, side.p90_ms)
}

fn sorted(days: &[Day], n: usize, last: bool) -> Vec<f64> {
    let all = days.iter().flat_map(|d| &d.starts).map(|s| s.ln.exp());
    let mut all: Vec<f64> = all.collect();
    if last && all.len() > n {
        all.drain(..all.len() - n);
    }
    all.sort_unstable_by(f64::total_cmp);
    all
}

fn medians(sorted: &[f64]) -> (f64, f64) {
    (of_sorted(sorted, 0.5), of_sorted(sorted, 0.9))
}

fn quantiles(sorted: &[f64]) -> [f64; 5] {
    [0.1, 0.25, 0.5, 0.75, 0.9].map(|q| of_sorted(sorted, q))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

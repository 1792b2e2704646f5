//! What became worse with a version and still holds.

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::Outcome;
use super::look::{Look, Measured};
use super::measure::Measure;

/// A regression that nobody mended is the new normal after so many days.
const DAYS: i64 = 60;
/// Failures are explained by timeouts that make up this part of what came with the version.
const EXPLAINED: f64 = 2.0 / 3.0;
/// What a later version did in fewer invocations does not say whether it mended anything, unless its own
/// verdict is certain: that rests on what it needed, and nothing is added to it.
const LATER_MIN: u64 = 30;
/// A later version of which nothing was to be learnt for so long, its whole watch, has the benefit of doubt.
const DOUBT_NS: i64 = 48 * 3_600 * 1_000_000_000;

/// Each kind of finding with the measures that can open it. The first that became worse is told: what slows
/// down all invocations slows down the slowest twentieth, too.
pub const KINDS: [(&str, &[Measure]); 5] = [
    (
        "duration_regression",
        &[Measure::Duration, Measure::DurationP95],
    ),
    ("memory_regression", &[Measure::Memory]),
    ("error_regression", &[Measure::Errors]),
    ("timeout_regression", &[Measure::Timeouts]),
    ("cold_share_regression", &[Measure::ColdShare]),
];

/// One measure that became worse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The measure.
    pub measure: Measure,
    /// The version.
    pub version: String,
    /// When the version came into use and when this was certain, ns since the epoch.
    pub began_ns: i64,
    /// See `began_ns`.
    pub detected_ns: i64,
    /// What was to be expected and what was seen, in the measure's unit (a share is 0..=1).
    pub before: f64,
    /// See `before`.
    pub after: f64,
    /// Relative change and its 95 % interval.
    pub relative: f64,
    /// See `relative`.
    pub interval: Option<(f64, f64)>,
    /// Anytime-valid.
    pub p_value: f64,
    /// Invocations of the version that it rests on.
    pub n_after: u64,
    /// Invocations of the function a month.
    pub per_month: f64,
    /// Why, the strongest first.
    pub reasons: Vec<String>,
    /// See [`Measured::course`].
    pub course: Vec<(u32, f32)>,
    /// The newest version that is as bad, where that is not the one it began with; else empty.
    pub lasts_in: String,
}

/// What a look at a later version says of a regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// It is nearer to what was before.
    Mended,
    /// It is nearer to what the regression brought.
    Lasts,
    /// Too little is known of it.
    Unknown,
}

impl Told {
    /// The kind of finding that it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let kind = KINDS.iter().find(|(_, of)| of.contains(&self.measure));
        kind.map_or("", |(kind, _)| *kind)
    }

    /// What a look says of the first of these measures that became worse.
    #[must_use]
    pub fn of(look: &Look, version: &str, measures: &[Measure]) -> Option<Self> {
        let worse = measures.iter().find_map(|m| regressed(look, *m))?;
        let verdict = &worse.verdict;
        Some(Self {
            measure: verdict.measure,
            version: version.to_owned(),
            began_ns: look.began_at.0,
            detected_ns: verdict.detected_at?.0,
            before: verdict.before?,
            after: verdict.after?,
            relative: verdict.relative?,
            interval: verdict.interval,
            p_value: verdict.p_value.unwrap_or(1.0),
            n_after: verdict.n_after,
            per_month: look.per_month,
            reasons: verdict.reasons.iter().map(ToString::to_string).collect(),
            course: worse.course.clone(),
            lasts_in: String::new(),
        })
    }

    /// What a look at a later version says of it. That version's own verdict will not do: hours of the bad
    /// version are among those that it is compared with.
    #[must_use]
    pub fn later(&self, look: &Look, now: UnixNano) -> Later {
        let own = |m: &&Measured| m.verdict.measure == self.measure;
        let verdict = look.measured.iter().find(own).map(|m| &m.verdict);
        let decided = [Outcome::Improved, Outcome::Regressed];
        let level = verdict
            .filter(|v| v.n_after >= LATER_MIN || decided.contains(&v.outcome))
            .and_then(|v| v.after);
        match level {
            Some(after) if (after - self.before).abs() < (after - self.after).abs() => {
                Later::Mended
            }
            Some(_) => Later::Lasts,
            None if now.0 - look.began_at.0 >= DOUBT_NS => Later::Mended,
            None => Later::Unknown,
        }
    }

    /// Takes over what a later look at the same version says; it stays the same finding.
    pub fn update(&mut self, later: Self) {
        *self = Self {
            began_ns: self.began_ns,
            detected_ns: self.detected_ns.min(later.detected_ns),
            ..later
        };
    }

    /// Whether it is failures that are timeouts for the most part, of which the same look tells.
    #[must_use]
    pub fn is_explained(&self, look: &Look) -> bool {
        let timeouts = regressed(look, Measure::Timeouts).map(|m| &m.verdict);
        let more = timeouts.and_then(|v| Some(v.after? - v.before?));
        self.measure == Measure::Errors
            && more.is_some_and(|more| more >= EXPLAINED * (self.after - self.before))
    }

    /// Whether it is the new normal on a day, counted since the epoch.
    #[must_use]
    pub fn is_old(&self, today: i64) -> bool {
        today - self.began_ns.div_euclid(86_400_000_000_000) > DAYS
    }
}

fn regressed(look: &Look, measure: Measure) -> Option<&Measured> {
    look.measured
        .iter()
        .find(|m| m.verdict.measure == measure && m.verdict.outcome == Outcome::Regressed)
}

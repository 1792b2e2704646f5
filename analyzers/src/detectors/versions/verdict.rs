//! What is said of one measure of a version, and why.

use std::fmt;

use store::model::UnixNano;

use super::measure::{Form, Measure};
use crate::detectors::regression::Outcome;

/// What a version is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The version before it, in the same minutes: both ran side by side.
    Beside,
    /// The versions before it, at the same hours of earlier days.
    Past,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// There is nothing before this version.
    FirstVersion,
    /// Nobody tells this measure of the version, of those before, or of either.
    NotTold,
    /// Less before than can be compared with.
    ShortHistory {
        /// Invocations before.
        invocations: u64,
    },
    /// The version has hardly run, or only while it settled.
    FewInvocations {
        /// Invocations of it that count.
        invocations: u64,
    },
    /// Its traffic is unlike anything before.
    OtherTraffic,
    /// Neither a change nor its absence is certain yet.
    StillOpen,
    /// It has been watched long enough and nothing became evident.
    WithinNoise,
    /// The whole interval lies below what matters.
    IntervalNarrow,
    /// The evidence reached what is asked for.
    Evident {
        /// The e-value: so many times likelier than without a change.
        times: f64,
    },
    /// Pretended deploys in its own past looked nearly as bad, so more was asked for.
    RestlessPast,
    /// What it was compared with.
    Against(Control),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstVersion => write!(f, "nothing before this version to compare with"),
            Self::NotTold => write!(f, "nobody tells it of both versions"),
            Self::ShortHistory { invocations } => {
                write!(f, "too short a history: {invocations} invocations before")
            }
            Self::FewInvocations { invocations } => {
                write!(f, "only {invocations} invocations of this version so far")
            }
            Self::OtherTraffic => write!(f, "its traffic is unlike anything before"),
            Self::StillOpen => write!(f, "neither a change nor its absence is certain yet"),
            Self::WithinNoise => write!(f, "no more than it changes by itself"),
            Self::IntervalNarrow => write!(f, "whatever changed is too small to matter"),
            Self::Evident { times } if *times > 1e6 => {
                write!(f, "over a million times likelier than without a change")
            }
            Self::Evident { times } => {
                write!(f, "{times:.0} times likelier than without a change")
            }
            Self::RestlessPast => write!(f, "its own past has looked as bad without a deploy"),
            Self::Against(Control::Beside) => {
                write!(f, "compared with the version that ran beside it")
            }
            Self::Against(Control::Past) => {
                write!(f, "compared with the same hours of earlier days")
            }
        }
    }
}

/// What would decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// About so many more invocations.
    Invocations(u64),
    /// About so many more minutes, however many invocations they bring.
    Minutes(u64),
    /// About so many more cold starts.
    ColdStarts(u64),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |n: &u64| if *n == 1 { "" } else { "s" };
        match self {
            Self::Invocations(n) => write!(f, "{n} more invocation{}", one(n)),
            Self::Minutes(n) if *n >= 180 => write!(f, "{} more hours", n.div_ceil(60)),
            Self::Minutes(n) => write!(f, "{n} more minute{}", one(n)),
            Self::ColdStarts(n) => write!(f, "{n} more cold start{}", one(n)),
        }
    }
}

/// What is known of one measure of a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was measured.
    pub measure: Measure,
    /// The answer; more is worse for every measure.
    pub outcome: Outcome,
    /// What was to be expected, in the measure's unit (a share is 0..=1).
    pub before: Option<f64>,
    /// What was seen.
    pub after: Option<f64>,
    /// Relative change: 0.1 is ten per cent more.
    pub relative: Option<f64>,
    /// 95 % interval of `relative`.
    pub interval: Option<(f64, f64)>,
    /// Anytime-valid, 0..=1: one over the largest e-value of all looks.
    pub p_value: Option<f64>,
    /// Invocations before that it rests on.
    pub n_before: u64,
    /// Invocations of the version that it rests on: up to the decision.
    pub n_after: u64,
    /// When regressed or improved was certain.
    pub detected_at: Option<UnixNano>,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
    /// What would decide it, where more would.
    pub need: Option<Need>,
}

impl Verdict {
    /// Undecided for a reason that no figure goes with.
    #[must_use]
    pub fn nothing(measure: Measure, reason: Reason, n_before: f64, n_after: f64) -> Self {
        Self {
            measure,
            outcome: Outcome::Undecided,
            before: None,
            after: None,
            relative: None,
            interval: None,
            p_value: None,
            n_before: count(n_before),
            n_after: count(n_after),
            detected_at: None,
            reasons: vec![reason],
            need: None,
        }
    }

    /// The same with what would decide it.
    #[must_use]
    pub fn needing(self, need: Need) -> Self {
        Self {
            need: Some(need),
            ..self
        }
    }
}

/// A count that was summed as a float.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
pub fn count(n: f64) -> u64 {
    n.max(0.0) as u64
}

/// A mean in the measure's unit.
#[must_use]
pub fn in_unit(measure: Measure, mean: f64) -> f64 {
    match measure.form() {
        Form::Level => mean.exp(),
        Form::Share => mean,
    }
}

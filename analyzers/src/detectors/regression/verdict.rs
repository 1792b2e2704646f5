//! What is said of a version, and why.

use std::fmt;

use store::model::UnixNano;

/// What a version did to cold starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They became slower.
    Regressed,
    /// They became faster.
    Improved,
    /// Nothing beyond what they do by themselves.
    Unchanged,
    /// It cannot be said yet, or ever.
    Undecided,
}

impl Outcome {
    /// The word of the command line and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::Unchanged => "unchanged",
            Self::Undecided => "undecided",
        }
    }
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// There is nothing before this version.
    FirstVersion,
    /// Fewer days or cold starts before than can be compared with.
    ShortHistory {
        /// Days there are.
        days: usize,
        /// Cold starts there are.
        starts: usize,
    },
    /// Fewer cold starts of the version than can be judged.
    FewStarts {
        /// Cold starts there are.
        starts: usize,
    },
    /// Neither a change nor its absence is certain yet.
    StillOpen,
    /// All looks are taken and none crossed the boundary.
    WithinNoise,
    /// The whole interval lies within what does not matter.
    IntervalNarrow,
    /// The score crossed the boundary.
    Crossed {
        /// Score as a multiple of the boundary.
        multiple: f64,
    },
    /// Siblings moved too, and that part was taken off.
    SiblingsMoved {
        /// Their shift, relative.
        relative: f64,
    },
    /// No sibling could serve as a control.
    NoSiblings,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstVersion => write!(f, "nothing before this version to compare with"),
            Self::ShortHistory { days, starts } => write!(
                f,
                "too short a history: {starts} cold starts on {days} days before"
            ),
            Self::FewStarts { starts } => write!(f, "only {starts} cold starts of this version"),
            Self::StillOpen => write!(f, "neither a change nor its absence is certain yet"),
            Self::WithinNoise => write!(f, "no more than it changes by itself"),
            Self::IntervalNarrow => write!(f, "whatever changed is too small to matter"),
            Self::Crossed { multiple } => {
                write!(f, "{multiple:.1} times what a change must show")
            }
            Self::SiblingsMoved { relative } => {
                write!(
                    f,
                    "siblings moved by {:+.0} % too, taken off",
                    relative * 100.0
                )
            }
            Self::NoSiblings => write!(f, "no sibling to compare with"),
        }
    }
}

/// What is known of a version after some cold starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The answer.
    pub outcome: Outcome,
    /// Relative change of durations: 0.1 is ten per cent slower. `None` if nothing can be compared.
    pub relative: Option<f64>,
    /// 95 % interval of `relative`.
    pub interval: Option<(f64, f64)>,
    /// Anytime-valid: the share of deploys that changed nothing and would look this bad. 0..=1.
    pub p_value: Option<f64>,
    /// Cold starts before that it rests on.
    pub n_before: usize,
    /// Cold starts of the version that it rests on: up to the decision.
    pub n_after: usize,
    /// When regressed or improved was certain.
    pub detected_at: Option<UnixNano>,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
}

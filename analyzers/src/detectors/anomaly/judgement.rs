//! What is said of a row, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::signals::Signal;

/// What kind of departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Far above, and not for long yet.
    Spike,
    /// Above, and lasting.
    Step,
    /// Above, and growing.
    Leak,
    /// Below.
    Drop,
    /// Nothing where there should be something.
    Zero,
    /// Something where there never was anything.
    New,
}

/// What is said of one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// What the row should have been, in the series' unit; `None` while too little is known.
    pub expected: Option<f64>,
    /// Nineteen of twenty usual rows lie between `low` and `high`.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// 0..1, comparable across series: 1 − 2^−strength. From 0.5 on the row is an anomaly.
    pub score: f64,
    /// Whether there is something to tell: the onset of an event, or that it has doubled.
    pub anomaly: bool,
    /// Of anomalies.
    pub kind: Option<Kind>,
    /// Begin of the departure that goes on (seconds since 1970), if one does.
    pub since_s: Option<i64>,
    /// Value − expected, summed since then, in the series' unit; 0 if nothing goes on.
    pub excess: f64,
    /// Why; empty if there is nothing to say.
    pub reasons: Vec<Reason>,
}

/// Why a row is judged so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// Nothing can be said: so many slots of history, of so many that are needed.
    TooLittleHistory {
        /// Slots known.
        known: usize,
        /// Slots needed.
        needed: usize,
    },
    /// A signal is rarer than it was in the series' own past.
    Rare {
        /// Which.
        signal: Signal,
        /// Standard deviations.
        deviations: f32,
        /// −log10 of its probability.
        rarity: f32,
    },
    /// Values were never here.
    Unseen {
        /// Beyond what was seen, in usual ranges.
        ranges: f32,
    },
    /// Nothing comes.
    Silent {
        /// For so many rows.
        rows: u16,
        /// Longest silence before, in rows.
        longest: u16,
    },
    /// It is not worth enough yet.
    Cheap {
        /// Value − expected, summed since it began, in the series' unit.
        excess: f64,
    },
    /// It would be an anomaly, but it is part of an event that was told.
    Told,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLittleHistory { known, needed } => {
                write!(f, "too little history: {known} of {needed} slots")
            }
            Self::Rare {
                signal,
                deviations,
                rarity,
            } => {
                match signal {
                    Signal::Point => write!(f, "it is")?,
                    Signal::Jump => write!(f, "it jumped to")?,
                    Signal::Turn => write!(f, "against the last day it turned by")?,
                    Signal::Mean(_) => write!(f, "over some {} rows it was", signal.rows())?,
                }
                write!(
                    f,
                    " {deviations:+.1} usual departures from what was expected, as one row in {:.0}",
                    10.0_f32.powf(rarity.min(9.0))
                )
            }
            Self::Unseen { ranges } => {
                write!(f, "beyond all that was seen by {ranges:+.1} usual ranges")
            }
            Self::Silent { rows, longest } => {
                write!(
                    f,
                    "nothing for {rows} rows, never before for more than {longest}"
                )
            }
            Self::Cheap { excess } => write!(f, "worth only {excess:+.6} so far"),
            Self::Told => f.write_str("part of an event that was told"),
        }
    }
}

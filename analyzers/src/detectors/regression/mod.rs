//! Cold-start regressions: did the cold starts of a function change, by how much, and since when?
//!
//! All arithmetic is on logarithms of durations, so everything is relative and has no unit. Three facts
//! about real cold starts shape it: days differ from each other more than the cold starts of one day
//! explain, so **days are what replicates**; most drift is shared by sibling functions, so **siblings are the
//! control**; and a slower version shifts even its fastest cold starts, so **the fast end counts**.
//!
//! [`panel`] holds the history, [`baseline`] what was usual, [`cohort`] what siblings did, [`evidence`]
//! weighs new values against both, [`boundary`] says how much is enough after how many cold starts, and
//! two readers use them: [`deploy`] judges a version after each of its cold starts, [`drift`] finds
//! changes that nobody announced. [`platform`] tells what whole cohorts share, and [`changes`] puts all of
//! it together. How well they do is measured in `analyzers/EVALUATION.md`.

pub mod baseline;
pub mod boundary;
pub mod change;
pub mod changes;
pub mod cohort;
pub mod deploy;
pub mod drift;
pub mod evidence;
pub mod hodges_lehmann;
pub mod interval;
pub mod panel;
pub mod platform;
pub mod quantile;
pub mod ranks;
pub mod verdict;

#[cfg(test)]
mod tests;

pub use panel::{Panel, Row};
pub use verdict::{Outcome, Reason, Verdict};

//! Answers for people: which way an alert goes and why, and what another configuration would do.

mod compare;
mod walk;

pub use compare::{Destination, DryRun, Fate, Move, compare};
pub use walk::{Check, Step, Verdict, walk};

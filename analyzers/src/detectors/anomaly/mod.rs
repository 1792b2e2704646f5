//! Anomalies of one series of numbers: spikes, steps, leaks, drops, silence and new spenders, each told
//! once.
//!
//! It judges hourly spend and traffic in the product, and any evenly stepped numbers offline. Four ideas:
//!
//! 1. **Ratios count**: [`transform`] puts values on a scale that is logarithmic where they are large
//!    and linear around zero. A constant 5 % matters alike for a function of a cent and for one of a
//!    thousand dollars.
//! 2. **A plan that does not look at today**: [`plan`] expects each hour of the next day from the
//!    week's profile and from how the days before departed from it (a small [`ridge`] regression on
//!    [`clean`] history). What happens today cannot move what is expected of today, so a slow leak has
//!    no chance to become normal.
//! 3. **The series says itself what is rare**: departures from the plan, by hour of the day in units of
//!    their usual size, feed a handful of [`signals`] (the row, its jump, means over longer and longer
//!    times). For each [`model`] learns the [`tail`] that the same signal had in the series' own past;
//!    its rarity is a probability, and so comparable across series. Two tests stand beside it:
//!    [`novelty`] (has this state been seen before?) and [`silence`] (nothing where there should be
//!    something).
//! 4. **One event is told once**: [`event`] tells an onset, and again only when it has doubled in
//!    strength; it fades when the series is calm. While an event lasts, up to two days, history does
//!    not learn from it; then it is the new usual.
//!
//! [`series`] puts it together. [`Series::push`](series::Series::push) judges a row in about a
//! microsecond from less than a kilobyte of state; [`Series::refit`](series::Series::refit) learns once
//! a day from up to six weeks of history; [`Series::telling_from`](series::Series::telling_from) keeps
//! back what is not worth its money. How well it does is measured in `analyzers/EVALUATION.md`.

pub mod clean;
pub mod event;
pub mod judgement;
pub mod model;
pub mod novelty;
pub mod plan;
pub mod ridge;
pub mod series;
pub mod shape;
pub mod signals;
pub mod silence;
pub mod tail;
pub mod transform;

#[cfg(test)]
mod tests;

pub use judgement::{Judgement, Kind, Reason};
pub use series::Series;
pub use shape::Shape;

//! Detectors: what closed buckets say, from what is remembered of those before.
//!
//! A detector is one file (or folder) behind [`Detector`]. It is pure: [`News`] in, [`Signal`]s out, and what it
//! remembers is its state. It has no clock but [`News::now`], reads nothing and writes nothing. It says what
//! holds **now**, at every look, as long as it holds; [`crate::findings`] makes of that a finding that opens,
//! is updated and closes under one id, and keeps the budget of false alarms. [`crate::watch`] reads the
//! store, feeds detectors minute by minute and saves what they remember.
//!
//! Late facts correct: where they change hours that were seen already, the functions they belong to are
//! forgotten ([`Detector::forget`]) and their history is shown again.

pub mod keyed;
pub mod names;
pub mod news;
pub mod regression;
pub mod signal;
pub mod versions;

use std::collections::HashSet;

pub use names::{FunctionNo, Names};
pub use news::News;
pub use signal::Signal;

/// Finds one kind of trouble, or a few that are seen in the same figures.
pub trait Detector: Send {
    /// Its name: the key under which its state is saved. Never changed once released.
    fn name(&self) -> &'static str;

    /// Takes what has closed and says everything that holds now, what it said before included. Called once
    /// for each closed minute in order, or once for each closed hour where history is shown again.
    fn look(&mut self, news: &News<'_>) -> Vec<Signal>;

    /// Forgets these functions: their history is wrong, and will be shown again.
    fn forget(&mut self, functions: &HashSet<FunctionNo>);

    /// What it remembers, in pieces of at most [`store::detector_states::PIECE_BYTES_MAX`].
    fn save(&self, names: &Names) -> Vec<Vec<u8>>;

    /// Remembers what [`Detector::save`] gave.
    ///
    /// # Errors
    /// [`BadState`] when another version wrote it or it is damaged: it then starts from history, as at
    /// the first start.
    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState>;
}

/// All detectors: the register. Each starts without memory.
#[must_use]
pub fn all() -> Vec<Box<dyn Detector>> {
    Vec::new()
}

/// A snapshot that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the snapshot cannot be used: {0}")]
pub struct BadState(pub String);

//! Detectors: what closed buckets say, from what is remembered of those before.
//!
//! A detector is one file (or folder) behind [`Detector`]. It is pure: [`News`] in, [`Signal`]s out, and
//! what it remembers is its state. It has no clock but [`News::now`], reads nothing and writes nothing. It
//! says what holds **now**, at every look, as long as it holds; [`crate::findings`] makes of that a
//! finding that opens, is updated and closes under one id, and keeps the budget of false alarms.
//! [`crate::watch`] reads the store, feeds detectors minute by minute and saves what they remember.
//!
//! Late facts correct: where they change hours that were seen already, the functions they belong to are
//! forgotten ([`Detector::forget`]) and their history is shown again.

pub mod anomaly;
pub mod cold_starts;
pub mod costs;
pub mod keyed;
pub mod limits;
pub mod names;
pub mod news;
pub mod operations;
mod price;
pub mod regression;
pub mod signal;
pub mod versions;

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};

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

/// What is configured of detectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The section `analyzers`.
    pub section: Config,
    /// The section `budgets`.
    pub budgets: Vec<limits::BudgetConfig>,
}

/// The section `analyzers` of the configuration. Every key is optional.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where operational detectors begin to speak, in the place of `analyzers/data/thresholds.yaml`.
    #[serde(deserialize_with = "or_default")]
    pub thresholds: operations::thresholds::Overrides,
    /// Anomalies of cost.
    #[serde(deserialize_with = "or_default")]
    pub costs: costs::Settings,
    /// How many invocations may run at once, at most 1,000 entries; of those that match, the first holds.
    /// Default: 1,000 in each region of each AWS account.
    #[serde(deserialize_with = "or_default")]
    pub concurrency: Vec<limits::ConcurrencyConfig>,
}

// Keys that are there but empty are null in YAML.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

impl Settings {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// With the key and the reason.
    pub fn validate(&self) -> Result<(), String> {
        operations::Thresholds::with(&self.section.thresholds)?;
        self.section
            .costs
            .validate()
            .map_err(|fault| format!("analyzers.{fault}"))?;
        limits::config::validate(&self.budgets, &self.section.concurrency)
    }

    /// Allocation tags that are asked for.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.budgets.iter().filter_map(|budget| budget.scope.tag())
    }
}

/// All detectors: the register. Each starts without memory. Settings that [`Settings::validate`] refuses
/// count as none.
#[must_use]
pub fn all(settings: &Settings) -> Vec<Box<dyn Detector>> {
    let thresholds = operations::Thresholds::with(&settings.section.thresholds);
    let mut all: Vec<Box<dyn Detector>> = vec![Box::<cold_starts::ColdStarts>::default()];
    all.push(Box::<versions::Versions>::default());
    all.extend(operations::all(&thresholds.unwrap_or_default()));
    all.push(Box::new(costs::Costs::new(settings.section.costs.clone())));
    all.push(Box::new(limits::Limits::new(
        &settings.budgets,
        &settings.section.concurrency,
    )));
    all
}

/// A snapshot that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the snapshot cannot be used: {0}")]
pub struct BadState(pub String);

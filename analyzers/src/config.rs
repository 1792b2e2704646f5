//! The `analyzers:` section of the configuration.

use serde::{Deserialize, Deserializer};

use crate::detectors::operations::Thresholds;
use crate::detectors::operations::thresholds::Overrides;

/// How findings are made. Every key is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where operational detectors begin to speak, in the place of `analyzers/data/thresholds.yaml`.
    #[serde(deserialize_with = "section")]
    pub thresholds: Overrides,
}

// A section whose keys are all commented out is null in YAML.
fn section<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

impl Config {
    /// Refuses figures that make no sense.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn validate(&self) -> Result<(), String> {
        Thresholds::with(&self.thresholds).map(drop)
    }

    /// The thresholds that hold. Those of the data file if [`Config::validate`] refuses the others.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        Thresholds::with(&self.thresholds).unwrap_or_default()
    }
}

//! Where operational detectors begin to speak: figures with a unit and a source in `data/thresholds.yaml`,
//! each overridable in the configuration.

use std::sync::OnceLock;

use serde::Deserialize;

/// A figure of the data file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// The figure, in `unit`.
    pub value: f64,
    /// Its unit, for people.
    pub unit: String,
    /// Who says so.
    pub source: String,
}

macro_rules! thresholds {
    ($($(#[$doc:meta])* $name:ident: $range:expr),* $(,)?) => {
        /// Where detectors begin to speak.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Thresholds { $($(#[$doc])* pub $name: f64,)* }

        /// The section `analyzers.thresholds`: what differs from the data file.
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Overrides { $($(#[$doc])* pub $name: Option<f64>,)* }

        impl Thresholds {
            /// The names in order.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            fn from_entries(entries: &[Entry]) -> Self {
                let value = |name| entries.iter().find(|e| e.name == name).map_or(f64::INFINITY, |e| e.value);
                Self { $($name: value(stringify!($name)),)* }
            }

            /// The data file's figures with these in their place.
            ///
            /// # Errors
            /// When a figure lies outside of what makes sense, as a sentence that names the key.
            pub fn with(overrides: &Overrides) -> Result<Self, String> {
                let mut all = Self::default();
                $(if let Some(value) = overrides.$name {
                    let range: std::ops::RangeInclusive<f64> = $range;
                    if !range.contains(&value) {
                        return Err(format!("analyzers.thresholds.{} is {value}; it must be {} to {}",
                            stringify!($name), range.start(), range.end()));
                    }
                    all.$name = value;
                })*
                Ok(all)
            }
        }
    };
}

thresholds! {
    /// Share of failed invocations that is told, percent.
    errors_low_percent: 0.01..=100.0,
    /// Share of failed invocations that is told as severe, percent.
    errors_high_percent: 0.01..=100.0,
    /// Share of attempts turned away that is told as severe, percent.
    throttles_high_percent: 0.01..=100.0,
    /// Longest duration, percent of the time limit.
    duration_percent: 1.0..=100.0,
    /// Most memory used, percent of what is configured.
    memory_percent: 1.0..=100.0,
    /// Growing memory is told when it would be used up within so many days.
    memory_forecast_days: 0.1..=60.0,
    /// Share of cold starts that is told, percent.
    cold_starts_percent: 0.01..=100.0,
    /// Median duration, times the usual.
    slow_ratio: 1.05..=100.0,
    /// Invocations, times the usual, while they fail.
    retry_ratio: 1.1..=100.0,
    /// Least time without an invocation that is called silence, minutes.
    silence_minutes: 1.0..=1440.0,
    /// Age of a stream's newest record read, s.
    iterator_age_s: 1.0..=31_536_000.0,
    /// Age of the oldest message from which growth is told, s.
    queue_age_s: 1.0..=31_536_000.0,
    /// Waiting messages from which growth is told.
    backlog_messages: 1.0..=1e12,
}

impl Default for Thresholds {
    /// Those of the data file.
    fn default() -> Self {
        Self::from_entries(entries())
    }
}

/// The data file. Empty should it not parse, which a test excludes.
#[must_use]
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        serde_saphyr::from_str(include_str!("../../../data/thresholds.yaml")).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_holds_every_threshold_once_with_unit_and_source() {
        let names: Vec<&str> = entries().iter().map(|e| e.name.as_str()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let mut known = Thresholds::NAMES.to_vec();
        known.sort_unstable();
        assert_eq!(sorted, known);
        for entry in entries() {
            assert!(entry.value.is_finite() && !entry.unit.is_empty() && !entry.source.is_empty());
        }
    }

    #[test]
    fn an_override_takes_the_place_of_a_figure_and_nonsense_is_refused_by_name() {
        let mut overrides = Overrides {
            errors_low_percent: Some(2.5),
            ..Overrides::default()
        };
        let thresholds = Thresholds::with(&overrides).expect("sound");
        assert_eq!(
            thresholds,
            Thresholds {
                errors_low_percent: 2.5,
                ..Thresholds::default()
            }
        );
        overrides.memory_percent = Some(f64::NAN);
        let refused = Thresholds::with(&overrides).expect_err("no number");
        assert!(
            refused.contains("analyzers.thresholds.memory_percent"),
            "{refused}"
        );
    }
}

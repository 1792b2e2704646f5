//! The `cardinality:` part of the section.

use serde::Deserialize;

/// The most that any of these limits may be: the guard's memory is 11 to 21 bytes for each thing it
/// counts, so 84 MB at most per key and limit.
pub(crate) const LIMIT_MAX: usize = 4_000_000;

/// How many different names and series one ingest key may bring. Whatever goes on for an hour without
/// being seen makes room, so these are numbers of things in use, not of things ever seen. Beyond a
/// limit nothing is refused: new names become `(overflow)`, with the original kept as an attribute, and
/// the points of new series lose their attributes and get `otel.metric.overflow`. What was known before
/// stays as it is. 0 means no limit.
///
/// The defaults are ten times what the largest honest sender is expected to have, and a tenth of what
/// makes ClickHouse slow. At the limits, the guard takes about 10 MB for a key.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Cardinality {
    /// Metric series: combinations of service, function, metric and attributes. 200,000 are 1,000
    /// functions with 20 metrics of 10 attribute sets each. Instances do not count: a function has as
    /// many sandboxes as it needs.
    pub max_series_per_key: usize,
    /// Values of `service.name`.
    pub max_services_per_key: usize,
    /// Functions; those beyond have no `FunctionId`, so no page and no invocations.
    pub max_functions_per_key: usize,
    /// Span names of one service. A service has dozens; thousands come from an id in a name.
    pub max_span_names_per_service: usize,
    /// Span names of all services together; 0 means 4,000,000 if there is a limit per service.
    pub max_span_names_per_key: usize,
}

impl Default for Cardinality {
    fn default() -> Self {
        Self {
            max_series_per_key: 200_000,
            max_services_per_key: 5_000,
            max_functions_per_key: 20_000,
            max_span_names_per_service: 1_000,
            max_span_names_per_key: 200_000,
        }
    }
}

impl Cardinality {
    /// Nothing is limited, so nothing is counted.
    pub const UNLIMITED: Self = Self {
        max_series_per_key: 0,
        max_services_per_key: 0,
        max_functions_per_key: 0,
        max_span_names_per_service: 0,
        max_span_names_per_key: 0,
    };

    /// Says which of the limits are too high.
    pub(super) fn check(&self, say: &mut impl FnMut(&str, &str)) {
        for (key, limit) in [
            ("max_series_per_key", self.max_series_per_key),
            ("max_services_per_key", self.max_services_per_key),
            ("max_functions_per_key", self.max_functions_per_key),
            (
                "max_span_names_per_service",
                self.max_span_names_per_service,
            ),
            ("max_span_names_per_key", self.max_span_names_per_key),
        ] {
            if limit > LIMIT_MAX {
                let problem = format!(
                    "{limit} is too much to keep in memory; write at most {LIMIT_MAX}, or 0 for no \
                     limit"
                );
                say(&format!("cardinality.{key}"), &problem);
            }
        }
    }
}

//! Pieces of filter forms.

use serde::Serialize;

use crate::format::bounded;

/// An option of a select field.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) selected: bool,
}

impl Choice {
    /// A value that is its own label, as names out of telemetry are.
    pub(crate) fn named(value: String, selected: &str) -> Self {
        Self {
            label: bounded(&value, 40),
            selected: value == selected,
            value,
        }
    }
}

/// A filter that came by a link and has no field of its own, with the link that removes it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Chip {
    pub(crate) label: String,
    pub(crate) remove: String,
}

impl Chip {
    pub(crate) fn new(label: &str, remove: String) -> Self {
        Self {
            label: bounded(label, 90),
            remove,
        }
    }
}

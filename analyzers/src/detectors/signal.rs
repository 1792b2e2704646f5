//! What a detector says: something holds now.

use std::sync::Arc;

use store::model::{Evidence, Scope, Severity, UnixNano};

use super::names::FunctionNo;

/// What a signal is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A function.
    Function(FunctionNo),
    /// Anything wider, with the text that [`Scope`] describes.
    Wide(Scope, String),
}

/// What makes two signals the same finding while it is open.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The kind: a name of [`crate::findings::kinds`].
    pub kind: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// What tells it apart from another of the same kind and subject: the version, a measure, a trigger;
    /// often empty. Must not change while it holds.
    pub detail: String,
}

/// Something that holds now.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Which finding it is.
    pub key: Key,
    /// The version it is about, by name; empty if none.
    pub version: String,
    /// When it began.
    pub began_at: UnixNano,
    /// When it was certain.
    pub detected_at: UnixNano,
    /// How bad.
    pub severity: Severity,
    /// How sure, 0..=1.
    pub confidence: f64,
    /// How often chance alone looks like this, as placebo measurements say; `None` for what is plain
    /// fact (a timeout is a timeout), which no budget of false alarms holds back.
    pub p_value: Option<f64>,
    /// A few words, with the function's name.
    pub title: String,
    /// What a tired person needs to know.
    pub sentence: String,
    /// Relative change and its 95 % interval.
    pub relative: Option<f64>,
    /// See `relative`.
    pub interval: Option<(f64, f64)>,
    /// The value before and since, in `unit`.
    pub before: Option<f64>,
    /// See `before`.
    pub after: Option<f64>,
    /// See [`store::model::Finding::unit`].
    pub unit: &'static str,
    /// Time it costs those who wait, ms a month.
    pub ms_per_month: Option<f64>,
    /// Money, dollars a month.
    pub usd_per_month: Option<f64>,
    /// Why it is believed. Shared: it is said again at every look.
    pub evidence: Arc<Evidence>,
}

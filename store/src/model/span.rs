//! One span: a row of `otel_traces`.

use super::{Attributes, UnixNano};

/// A row of `otel_traces`. Ids are lower hex; the text enums are the exporter's spelling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanRow<'a> {
    /// Start of the span.
    pub timestamp: UnixNano,
    /// 32 hex characters.
    pub trace_id: &'a str,
    /// 16 hex characters.
    pub span_id: &'a str,
    /// 16 hex characters, or empty for a root.
    pub parent_span_id: &'a str,
    /// W3C trace state.
    pub trace_state: &'a str,
    /// Span name.
    pub name: &'a str,
    /// `Unspecified`, `Internal`, `Server`, `Client`, `Producer` or `Consumer`.
    pub kind: &'static str,
    /// `service.name` of the resource.
    pub service_name: &'a str,
    /// Attributes of the resource.
    pub resource: Attributes<'a>,
    /// Name of the instrumentation scope.
    pub scope_name: &'a str,
    /// Version of the instrumentation scope.
    pub scope_version: &'a str,
    /// Attributes of the span.
    pub attributes: Attributes<'a>,
    /// Duration, ns; 0 when the span ends before it starts.
    pub duration_ns: u64,
    /// `Unset`, `Ok` or `Error`.
    pub status_code: &'static str,
    /// Status message.
    pub status_message: &'a str,
    /// Events in the order sent.
    pub events: &'a [EventRow<'a>],
    /// Links in the order sent.
    pub links: &'a [LinkRow<'a>],
    /// Text form of the function id, or empty.
    pub function_id: &'a str,
}

/// One element of `Events`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow<'a> {
    /// When it happened.
    pub timestamp: UnixNano,
    /// Event name.
    pub name: &'a str,
    /// Attributes of the event.
    pub attributes: Attributes<'a>,
}

/// One element of `Links`.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkRow<'a> {
    /// 32 hex characters.
    pub trace_id: &'a str,
    /// 16 hex characters.
    pub span_id: &'a str,
    /// W3C trace state.
    pub trace_state: &'a str,
    /// Attributes of the link.
    pub attributes: Attributes<'a>,
}

//! One log record: a row of `otel_logs`.

use super::{Attributes, UnixNano};

/// A row of `otel_logs`. Ids are lower hex or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogRow<'a> {
    /// Event time, else the observed time, else the time of receipt.
    pub timestamp: UnixNano,
    /// 32 hex characters, or empty.
    pub trace_id: &'a str,
    /// 16 hex characters, or empty.
    pub span_id: &'a str,
    /// W3C trace flags (the low 8 bits).
    pub trace_flags: u8,
    /// Severity as the source spells it, else the name of the number's range.
    pub severity_text: &'a str,
    /// 0 (not told) to 24.
    pub severity_number: u8,
    /// `service.name` of the resource.
    pub service_name: &'a str,
    /// The body; a structured body as JSON text.
    pub body: &'a str,
    /// Schema URL of the resource.
    pub resource_schema_url: &'a str,
    /// Attributes of the resource.
    pub resource: Attributes<'a>,
    /// Schema URL of the scope.
    pub scope_schema_url: &'a str,
    /// Name of the instrumentation scope.
    pub scope_name: &'a str,
    /// Version of the instrumentation scope.
    pub scope_version: &'a str,
    /// Attributes of the scope.
    pub scope_attributes: Attributes<'a>,
    /// Attributes of the record.
    pub attributes: Attributes<'a>,
    /// Event name, or empty.
    pub event_name: &'a str,
    /// Text form of the function id, or empty.
    pub function_id: &'a str,
}

//! Findings of threats as log records, in `otel_logs` beside what functions log themselves: whoever queries
//! logs sees them, in Grafana too, with the trace and span that show them.

use clickhouse::Row;
use serde::Serialize;

use crate::findings::insert;
use crate::model::UnixNano;
use crate::{Store, StoreError};

/// The first half of the `InsertId` of such records. Ids are made here, never by who sends telemetry, so
/// nobody can give his records this mark and have them overlooked; one insert in 4 billion has it by chance.
pub(crate) const MARK: u64 = 0x7e1e_5ec5;
/// The name of the service that says it.
pub const SERVICE: &str = "nephoscope";

/// A record. Its texts are bounded by who makes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecurityLog {
    /// When it was found.
    pub at: UnixNano,
    /// 32 hexadecimal digits, or empty.
    pub trace_id: String,
    /// 16 hexadecimal digits, or empty.
    pub span_id: String,
    /// OpenTelemetry's severity, 1 to 24.
    pub severity_number: u8,
    /// And its name.
    pub severity_text: &'static str,
    /// A sentence.
    pub body: String,
    /// `security_rule.name`, ….
    pub attributes: Vec<(String, String)>,
    /// The function it is about, or empty.
    pub function_id: String,
}

#[derive(Row, Serialize)]
struct LogRow {
    #[serde(rename = "Timestamp")]
    timestamp: i64,
    #[serde(rename = "TraceId")]
    trace_id: String,
    #[serde(rename = "SpanId")]
    span_id: String,
    #[serde(rename = "TraceFlags")]
    trace_flags: u8,
    #[serde(rename = "SeverityText")]
    severity_text: &'static str,
    #[serde(rename = "SeverityNumber")]
    severity_number: u8,
    #[serde(rename = "ServiceName")]
    service_name: &'static str,
    #[serde(rename = "Body")]
    body: String,
    #[serde(rename = "ResourceSchemaUrl")]
    resource_schema_url: &'static str,
    #[serde(rename = "ResourceAttributes")]
    resource: Vec<(String, String)>,
    #[serde(rename = "ScopeSchemaUrl")]
    scope_schema_url: &'static str,
    #[serde(rename = "ScopeName")]
    scope_name: &'static str,
    #[serde(rename = "ScopeVersion")]
    scope_version: &'static str,
    #[serde(rename = "ScopeAttributes")]
    scope: Vec<(String, String)>,
    #[serde(rename = "LogAttributes")]
    attributes: Vec<(String, String)>,
    #[serde(rename = "EventName")]
    event_name: &'static str,
    #[serde(rename = "FunctionId")]
    function_id: String,
    #[serde(rename = "InsertId")]
    insert_id: u64,
}

/// Writes records. After an error some may be there; a repeated call writes them once more.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write(store: &Store, logs: Vec<SecurityLog>) -> Result<(), StoreError> {
    let service = ("service.name".to_owned(), SERVICE.to_owned());
    let row = |log: SecurityLog| LogRow {
        timestamp: log.at.0,
        trace_id: log.trace_id,
        span_id: log.span_id,
        trace_flags: 0,
        severity_text: log.severity_text,
        severity_number: log.severity_number,
        service_name: SERVICE,
        body: log.body,
        resource_schema_url: "",
        resource: vec![service.clone()],
        scope_schema_url: "",
        scope_name: "nephoscope.threats",
        scope_version: env!("CARGO_PKG_VERSION"),
        scope: Vec::new(),
        attributes: log.attributes,
        event_name: "security_rule.finding",
        function_id: log.function_id,
        insert_id: MARK << 32,
    };
    let rows: Vec<LogRow> = logs.into_iter().map(row).collect();
    insert(store, "otel_logs", &rows).await
}

//! Records of the Lambda telemetry API and of Lambda's JSON log format, `{"type":"platform.…"}`.

use serde::Deserialize;

/// A genuine record is shorter than 4 kB; a longer body is not parsed at all.
const BODY_BYTES: usize = 16 * 1024;

/// A record of the platform.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Event {
    /// `platform.report`, …
    #[serde(rename = "type")]
    pub(in super::super) kind: String,
    pub(in super::super) record: Record,
}

/// What the kinds of records tell; each has some of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Record {
    pub(in super::super) request_id: String,
    pub(in super::super) status: String,
    pub(in super::super) error_type: String,
    pub(in super::super) initialization_type: String,
    pub(in super::super) phase: String,
    /// `python:3.12.v38`, of a start.
    pub(in super::super) runtime_version: String,
    pub(in super::super) metrics: Metrics,
    pub(in super::super) tracing: Tracing,
}

/// The trace header of a record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Tracing {
    /// `Root=1-…;Parent=…;Sampled=…`.
    pub(in super::super) value: String,
}

/// The numbers of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Metrics {
    pub(in super::super) duration_ms: Option<f64>,
    pub(in super::super) billed_duration_ms: Option<f64>,
    #[serde(rename = "memorySizeMB")]
    pub(in super::super) memory_size_mb: Option<f64>,
    #[serde(rename = "maxMemoryUsedMB")]
    pub(in super::super) max_memory_used_mb: Option<f64>,
    pub(in super::super) init_duration_ms: Option<f64>,
    pub(in super::super) restore_duration_ms: Option<f64>,
}

impl Metrics {
    /// Negative and endless numbers are nobody's durations and sizes.
    pub(super) fn without_nonsense(self) -> Self {
        let sound = super::sound_ms;
        Self {
            duration_ms: sound(self.duration_ms),
            billed_duration_ms: sound(self.billed_duration_ms),
            memory_size_mb: sound(self.memory_size_mb),
            max_memory_used_mb: sound(self.max_memory_used_mb),
            init_duration_ms: sound(self.init_duration_ms),
            restore_duration_ms: sound(self.restore_duration_ms),
        }
    }
}

/// Reads a record out of a log body; `kind` is the record attribute `type`, for receivers that keep
/// it there and only the inner record in the body. `None` for anything else.
pub(in super::super) fn event(body: &str, kind: &str) -> Option<Event> {
    let body = body.trim();
    // Most bodies are no JSON and most JSON is the function's own: look before parsing.
    if body.len() > BODY_BYTES || !body.starts_with('{') {
        return None;
    }
    let mut event = if body.contains("\"platform.") {
        serde_json::from_str::<Event>(body).ok()?
    } else if kind.starts_with("platform.") {
        Event {
            kind: kind.to_owned(),
            record: serde_json::from_str(body).ok()?,
        }
    } else {
        return None;
    };
    if !event.kind.starts_with("platform.") {
        return None;
    }
    event.record.metrics = event.record.metrics.without_nonsense();
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"time":"2022-10-21T14:05:05.766Z","type":"platform.report","record":
        {"requestId":"459921b5-681c-4a96-beb0-81e0aa586026","metrics":{"durationMs":2599.4,
        "billedDurationMs":2600,"memorySizeMB":128,"maxMemoryUsedMB":94,"initDurationMs":549.04},
        "tracing":{"spanId":"24cd7d670fa455f0","type":"X-Amzn-Trace-Id",
        "value":"Root=1-6352a70e-1e2c502e358361800241fd45;Parent=35465b3a9e2f7c6a;Sampled=1"},
        "status":"success"}}"#;

    #[test]
    fn a_report_is_read_with_all_its_numbers() {
        let event = event(REPORT, "").unwrap();
        assert_eq!(event.kind, "platform.report");
        assert_eq!(event.record.status, "success");
        assert_eq!(event.record.metrics.billed_duration_ms, Some(2600.0));
        assert_eq!(event.record.metrics.max_memory_used_mb, Some(94.0));
        assert!(event.record.tracing.value.starts_with("Root=1-"));
    }

    #[test]
    fn the_inner_record_alone_is_read_when_an_attribute_names_its_kind() {
        let body =
            r#"{"initializationType":"on-demand","metrics":{"durationMs":500.0},"phase":"init"}"#;
        let event = event(body, "platform.initReport").unwrap();
        assert_eq!(event.record.initialization_type, "on-demand");
        assert_eq!(event.record.metrics.duration_ms, Some(500.0));
        assert!(super::event(body, "function").is_none());
    }

    #[test]
    fn hostile_bodies_are_no_records() {
        let deep = format!("{{\"a\":{}", "[".repeat(10_000));
        for body in [
            "",
            "{",
            "null",
            r#"{"type":"platform.report","record":"flat"}"#,
            r#"{"type":"platform.report","record":{"metrics":{"durationMs":"1"}}}"#,
            r#"{"message":"\"platform.report\"","type":"function"}"#,
            &deep,
        ] {
            assert!(event(body, "platform.report").is_none_or(|e| e.record.request_id.is_empty()));
        }
        let negative = r#"{"type":"platform.report","record":{"metrics":{"durationMs":-5}}}"#;
        assert_eq!(
            event(negative, "").unwrap().record.metrics.duration_ms,
            None
        );
    }
}

//! The events of Lambda Insights: one per invocation, in CloudWatch's embedded metric format.

use serde::Deserialize;

use super::aws_event::Metrics;

/// A genuine event is shorter than 3 kB; a longer body is not parsed at all.
const BODY_BYTES: usize = 16 * 1024;

/// What an event tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Event {
    pub(in super::super) request_id: String,
    /// `1-…`.
    pub(in super::super) trace_id: String,
    pub(in super::super) version: String,
    pub(in super::super) cold_start: bool,
    /// Only there when it is true.
    pub(in super::super) timeout: bool,
    duration: Option<f64>,
    billed_duration: Option<f64>,
    init_duration: Option<f64>,
    used_memory_max: Option<f64>,
    total_memory: Option<f64>,
    cpu_total_time: Option<f64>,
}

/// The function an event is about.
#[derive(Deserialize)]
struct Subject<'a> {
    #[serde(borrow)]
    function_name: &'a str,
}

impl Event {
    /// The figures a REPORT line has, too: milliseconds and MiB.
    pub(in super::super) fn metrics(&self) -> Metrics {
        let metrics = Metrics {
            duration_ms: self.duration,
            billed_duration_ms: self.billed_duration,
            memory_size_mb: self.total_memory,
            max_memory_used_mb: self.used_memory_max,
            init_duration_ms: self.init_duration,
            restore_duration_ms: None,
        };
        metrics.without_nonsense()
    }

    /// Processor time of user and system together, ms.
    pub(in super::super) fn cpu_ms(&self) -> Option<f64> {
        super::sound_ms(self.cpu_total_time)
    }
}

/// The function an event names; `None` for anything else.
pub(in super::super) fn function(body: &str) -> Option<&str> {
    let subject: Subject<'_> = serde_json::from_str(plausible(body)?).ok()?;
    (1..=140)
        .contains(&subject.function_name.len())
        .then_some(subject.function_name)
}

/// Reads an event of one invocation; `None` for anything else. A managed instance also writes events
/// that are about no invocation: these have no request id.
pub(in super::super) fn event(body: &str) -> Option<Event> {
    let event: Event = serde_json::from_str(plausible(body)?).ok()?;
    super::scan::is_uuid(&event.request_id).then_some(event)
}

fn plausible(body: &str) -> Option<&str> {
    let body = body.trim();
    (body.len() <= BODY_BYTES && body.starts_with('{')).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"_aws":{"Timestamp":1605034324256,"CloudWatchMetrics":[{"Namespace":
        "LambdaInsights","Dimensions":[["function_name"]],"Metrics":[{"Name":"total_memory"}]}]},
        "event_type":"performance","function_name":"cpu-intensive","version":"Blue",
        "request_id":"12345678-8bcc-42f7-b1de-123456789012",
        "trace_id":"1-5faae118-12345678901234567890abcd","duration":45191,"billed_duration":45200,
        "billed_mb_ms":11571200,"cold_start":true,"init_duration":130,"used_memory_max":63,
        "total_memory":256,"cpu_user_time":6640,"cpu_system_time":50,"cpu_total_time":6690,
        "timeout":true,"shutdown_reason":"Timeout"}"#;

    #[test]
    fn an_event_is_read_with_all_its_figures() {
        assert_eq!(function(EVENT), Some("cpu-intensive"));
        let event = event(EVENT).unwrap();
        assert!(event.cold_start && event.timeout);
        assert_eq!(event.cpu_ms(), Some(6_690.0));
        let metrics = event.metrics();
        assert_eq!(metrics.billed_duration_ms, Some(45_200.0));
        // The event's own product agrees: billed milliseconds times configured MiB.
        assert_eq!(
            metrics.memory_size_mb.map(|mb| mb * 45_200.0),
            Some(11_571_200.0)
        );
        assert_eq!(metrics.max_memory_used_mb, Some(63.0));
    }

    #[test]
    fn other_bodies_are_no_events() {
        let no_request = EVENT.replace("request_id", "other_id");
        let negative = EVENT.replace("6690", "-1");
        assert!(event(&no_request).is_none());
        assert_eq!(event(&negative).unwrap().cpu_ms(), None);
        for body in [
            "",
            "{",
            "[]",
            r#"{"request_id":1}"#,
            r#"{"function_name":""}"#,
        ] {
            assert!(event(body).is_none() && function(body).is_none(), "{body}");
        }
    }
}

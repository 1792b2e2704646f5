//! Events out of JSON, as liberal as telemetry is: OTLP's own JSON, what exporters write, and flat lines.

use serde_json::{Map, Value};

use super::event::{Event, Kind, Raw, Signal};
use crate::sigma::nanoseconds;

/// Attributes taken out of one object, however deep.
const FLAT_MAX: usize = 1_024;

/// Reads an object: `time` (seconds since 1970, or any other form of a time), and what else is known, at the
/// top, in `attributes` or in `resource`.
///
/// # Errors
/// With what is wrong: no time, or a signal that is none.
pub fn event(fields: Map<String, Value>) -> Result<Event, String> {
    let mut reader = Reader { fields };
    let (value, body) = (
        reader.take(&["value"]),
        reader.take(&["body", "Body", "message"]),
    );
    let signal = match (reader.text(&["signal"]).as_deref(), &value) {
        (Some("span"), _) => Signal::Span,
        (Some("log"), _) => Signal::Log,
        (Some("value"), _) | (None, Some(_)) => Signal::Value,
        (None, None) => Signal::Span,
        (Some(other), _) => {
            let other: String = other.chars().take(40).collect();
            return Err(format!("{other:?} is no signal; write span, log or value"));
        }
    };
    let mut raw = Raw {
        id: reader.take(&["id"]).unwrap_or(Value::Null).to_string(),
        signal,
        ..Raw::default()
    };
    for key in [
        "attributes",
        "Attributes",
        "resource",
        "resource_attributes",
        "ResourceAttributes",
    ] {
        if let Some(value) = reader.take(&[key]) {
            attributes(value, &mut raw.attributes);
        }
    }
    if let Some(scope) = reader.take(&["scope", "instrumentation_scope", "instrumentationScope"]) {
        raw.scope = match scope {
            Value::Object(mut scope) => scope.remove("name").map(text).unwrap_or_default(),
            scope => text(scope),
        };
    }
    reader.events(&mut raw);
    reader.links(&mut raw);
    reader.rest(&mut raw)?;
    raw.body = match (value, body) {
        (Some(value), _) => text(value),
        (None, Some(body)) => text(body),
        (None, None) => String::new(),
    };
    reader.known_attributes(&mut raw);
    Ok(Event::new(raw))
}

struct Reader {
    fields: Map<String, Value>,
}

impl Reader {
    fn take(&mut self, keys: &[&str]) -> Option<Value> {
        let found = keys.iter().find_map(|key| self.fields.remove(*key));
        found.filter(|value| !value.is_null())
    }

    fn text(&mut self, keys: &[&str]) -> Option<String> {
        self.take(keys).map(text)
    }

    /// Exceptions among a span's events.
    fn events(&mut self, raw: &mut Raw) {
        let Some(Value::Array(events)) = self.take(&["events", "Events"]) else {
            return;
        };
        for event in events.into_iter().take(64) {
            let Value::Object(mut event) = event else {
                continue;
            };
            let mut flat = Vec::new();
            attributes(event.remove("attributes").unwrap_or_default(), &mut flat);
            raw.exceptions.extend(exception(&flat));
        }
    }

    fn links(&mut self, raw: &mut Raw) {
        let Some(Value::Array(links)) = self.take(&["links", "Links"]) else {
            return;
        };
        for link in links.into_iter().take(64) {
            let Value::Object(fields) = link else {
                continue;
            };
            let mut link = Self { fields };
            let trace = link.text(&["trace_id", "traceId", "TraceId"]);
            let span = link.text(&["span_id", "spanId", "SpanId"]);
            raw.links
                .push((trace.unwrap_or_default(), span.unwrap_or_default()));
        }
    }

    fn rest(&mut self, raw: &mut Raw) -> Result<(), String> {
        let begin = self.take(&[
            "start_time_unix_nano",
            "startTimeUnixNano",
            "start_time",
            "start",
        ]);
        let end = self.take(&["end_time_unix_nano", "endTimeUnixNano", "end_time", "end"]);
        let begin_ns = begin.as_ref().and_then(nanoseconds);
        let end_ns = end.as_ref().and_then(nanoseconds);
        let time = self.take(&[
            "time",
            "timestamp",
            "time_unix_nano",
            "timeUnixNano",
            "Timestamp",
            "observed_time_unix_nano",
        ]);
        raw.time_ns = time
            .as_ref()
            .and_then(nanoseconds)
            .or(end_ns)
            .or(begin_ns)
            .ok_or("it has no time; write Unix seconds as \"time\"")?;
        raw.duration_ms = self
            .take(&["duration_ms", "durationMs"])
            .and_then(|value| number(&value))
            .or_else(|| {
                self.take(&["duration_ns", "Duration"])
                    .and_then(|value| Some(number(&value)? / 1e6))
            })
            .or_else(|| {
                self.take(&["duration_s", "duration"])
                    .and_then(|value| Some(number(&value)? * 1e3))
            })
            .or_else(|| Some((end_ns? - begin_ns?) as f64 / 1e6));
        raw.trace = self
            .text(&["trace_id", "traceId", "TraceId", "trace"])
            .unwrap_or_default();
        raw.span = self
            .text(&["span_id", "spanId", "SpanId", "span"])
            .unwrap_or_default();
        raw.parent = self
            .text(&[
                "parent_span_id",
                "parentSpanId",
                "ParentSpanId",
                "parent_id",
                "parent",
            ])
            .unwrap_or_default();
        raw.name = self
            .text(&["name", "span_name", "SpanName"])
            .unwrap_or_default();
        raw.kind = Kind::named(
            &self
                .text(&["kind", "span_kind", "spanKind", "SpanKind"])
                .unwrap_or_default(),
        );
        let status = match self.take(&["status", "status_code", "statusCode", "StatusCode"]) {
            Some(Value::Object(mut status)) => status.remove("code").map(text),
            other => other.map(text),
        };
        raw.failed = status.is_some_and(|status| is_error(&status));
        // Whatever else stands at the top may be an attribute that nobody wrapped.
        for (key, value) in std::mem::take(&mut self.fields) {
            flatten(key, value, &mut raw.attributes);
        }
        Ok(())
    }

    /// What conventions and exporters keep among the attributes.
    fn known_attributes(&mut self, raw: &mut Raw) {
        let find = |raw: &Raw, names: &[&str]| {
            names.iter().find_map(|name| {
                let found = raw
                    .attributes
                    .iter()
                    .find(|(key, value)| key == name && !value.is_empty());
                found.map(|(_, value)| value.clone())
            })
        };
        let fill = |target: &mut String, found: Option<String>| {
            if target.is_empty() {
                *target = found.unwrap_or_default();
            }
        };
        let found = find(raw, &["trace_id", "traceId", "trace.id"]);
        fill(&mut raw.trace, found);
        let found = find(raw, &["span_id", "spanId", "span.id"]);
        fill(&mut raw.span, found);
        let found = find(
            raw,
            &["parent_span_id", "parentSpanId", "parent_id", "parent.id"],
        );
        fill(&mut raw.parent, found);
        let found = find(
            raw,
            &[
                "otel.scope.name",
                "otel.library.name",
                "scope.name",
                "instrumentation.library.name",
            ],
        );
        fill(&mut raw.scope, found);
        if raw.kind == Kind::Unknown {
            raw.kind =
                Kind::named(&find(raw, &["span.kind", "span_kind", "kind"]).unwrap_or_default());
        }
        let words = find(raw, &["otel.status_code", "span.status", "status.code"]);
        raw.failed |= words.is_some_and(|words| is_error(&words))
            || find(raw, &["error"]).is_some_and(|error| error == "true");
        raw.exceptions.extend(exception(&raw.attributes));
        let duration = find(
            raw,
            &[
                "faas.duration_ms",
                "duration_ms",
                "faas.duration",
                "aws.lambda.duration_ms",
                "http.server.duration",
            ],
        );
        raw.duration_ms = raw.duration_ms.or_else(|| duration?.parse().ok());
        let seconds = find(
            raw,
            &[
                "http.server.request.duration",
                "faas.invoke_duration",
                "duration_s",
            ],
        );
        raw.duration_ms = raw
            .duration_ms
            .or_else(|| Some(seconds?.parse::<f64>().ok()? * 1e3));
    }
}

fn exception(attributes: &[(String, String)]) -> Option<String> {
    let part = |name: &str| {
        attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    match (part("exception.type"), part("exception.message")) {
        (None, None) => None,
        (kind, message) => Some(format!(
            "{}: {}",
            kind.unwrap_or_default(),
            message.unwrap_or_default()
        )),
    }
}

fn is_error(status: &str) -> bool {
    let status = status.to_ascii_uppercase();
    status == "2" || status.ends_with("ERROR")
}

/// Attributes as an object, or as the list that OTLP writes.
fn attributes(value: Value, flat: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("attributes", value) => attributes(value, flat),
                    (_, value) => flatten(key, value, flat),
                }
            }
        }
        Value::Array(list) => {
            for item in list {
                let Value::Object(mut item) = item else {
                    continue;
                };
                if let (Some(Value::String(key)), Some(value)) =
                    (item.remove("key"), item.remove("value"))
                {
                    flatten(key, unwrapped(value), flat);
                }
            }
        }
        _ => {}
    }
}

/// The value in `{"stringValue": …}` and its like.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(mut fields) if fields.len() == 1 => {
            let key = fields.keys().next().cloned().unwrap_or_default();
            match fields.remove(&key) {
                Some(Value::Object(mut inner)) if key == "arrayValue" => {
                    match inner.remove("values") {
                        Some(Value::Array(values)) => {
                            Value::Array(values.into_iter().map(unwrapped).collect())
                        }
                        _ => Value::Null,
                    }
                }
                Some(value) if key.ends_with("Value") => value,
                Some(value) => Value::Object(Map::from_iter([(key, value)])),
                None => Value::Null,
            }
        }
        value => value,
    }
}

fn flatten(key: String, value: Value, flat: &mut Vec<(String, String)>) {
    if flat.len() >= FLAT_MAX {
        return;
    }
    match value {
        Value::Null => {}
        Value::Array(values) => {
            for value in values {
                flatten(key.clone(), value, flat);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(format!("{key}.{name}"), value, flat);
            }
        }
        value => flat.push((key, text(value))),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Event {
        match value {
            Value::Object(fields) => event(fields).expect("an event"),
            _ => unreachable!("objects only"),
        }
    }

    #[test]
    fn flat_lines_and_otlp_say_the_same() {
        let flat = read(json!({
            "id": "a", "signal": "span", "time": 1_700_000_000.5,
            "attributes": {"url.path": "/x", "faas.name": "f", "span.kind": "server", "trace_id": "t"},
        }));
        let otlp = read(json!({
            "id": "a", "traceId": "t", "kind": 2, "timeUnixNano": "1700000000500000000",
            "attributes": [{"key": "url.path", "value": {"stringValue": "/x"}}],
            "resource": {"attributes": [{"key": "faas.name", "value": {"stringValue": "f"}}]},
        }));
        for event in [flat, otlp] {
            assert_eq!((event.function.as_str(), event.kind), ("f", Kind::Server));
            assert_eq!(
                (event.raw.time_ns, event.raw.trace.as_str()),
                (1_700_000_000_500_000_000, "t")
            );
            assert_eq!(event.http.map(|http| http.path).as_deref(), Some("/x"));
        }
    }

    #[test]
    fn what_makes_no_event_is_told() {
        let fault = |value: Value| match value {
            Value::Object(fields) => event(fields).err(),
            _ => None,
        };
        assert!(fault(json!({"id": 1})).is_some_and(|fault| fault.contains("no time")));
        assert!(
            fault(json!({"signal": "metric", "time": 1}))
                .is_some_and(|fault| fault.contains("no signal"))
        );
    }
}

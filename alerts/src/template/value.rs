//! Our nouns as the engine's values, and back into text and JSON.
//!
//! Labels are plain maps, lists plain lists. What has fields or methods of its own is a map with a
//! [`KIND`]: a notification, an alert, a pair, a time, a duration.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::layout;
use crate::model::{Labels, Notification, NotifiedAlert};

/// No label has this name: a NUL cannot stand in one.
const KIND: &str = "\0kind";

/// What sort of noun a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The notification.
    Data,
    /// One alert of it.
    Alert,
    /// A label with its value.
    Pair,
    /// An instant in some time zone.
    Time,
    /// A length of time.
    Duration,
}

const NAMES: [(Kind, &str); 5] = [
    (Kind::Data, "data"),
    (Kind::Alert, "alert"),
    (Kind::Pair, "pair"),
    (Kind::Time, "time"),
    (Kind::Duration, "duration"),
];

type Map = BTreeMap<Arc<str>, Value>;

/// A text.
pub fn string(text: impl AsRef<str>) -> Value {
    Value::String(Arc::from(text.as_ref()))
}

/// A list.
pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

fn tagged<const N: usize>(kind: Kind, fields: [(&str, Value); N]) -> Value {
    let name = NAMES
        .iter()
        .find(|(k, _)| *k == kind)
        .map_or("", |(_, name)| name);
    let fields = fields.into_iter().chain([(KIND, string(name))]);
    Value::Map(Arc::new(fields.map(|(k, v)| (Arc::from(k), v)).collect()))
}

/// The kind of a map that has one.
pub fn kind(map: &Map) -> Option<Kind> {
    let tag = map.get(KIND)?.as_str()?;
    NAMES
        .iter()
        .find(|(_, name)| *name == tag)
        .map(|(kind, _)| *kind)
}

/// The kind of a value that has one.
pub fn kind_of(value: &Value) -> Option<Kind> {
    match value {
        Value::Map(map) => kind(map),
        _ => None,
    }
}

/// An instant, shown in `zone`.
pub fn time(at: Timestamp, zone: &str) -> Value {
    tagged(
        Kind::Time,
        [("at", string(at.to_string())), ("zone", string(zone))],
    )
}

/// Instant and zone of a time.
pub fn as_time(value: &Value) -> Option<(Timestamp, TimeZone)> {
    if kind_of(value) != Some(Kind::Time) {
        return None;
    }
    let field = |name| value.field(name).and_then(Value::as_str);
    let zone = TimeZone::get(field("zone")?).unwrap_or(TimeZone::UTC);
    Some((field("at")?.parse().ok()?, zone))
}

/// A length of time.
pub fn duration(nanos: i64) -> Value {
    tagged(Kind::Duration, [("nanos", Value::Int(nanos))])
}

/// Nanoseconds of a duration, or a number of them as Go has it.
pub fn as_nanos(value: &Value) -> Option<i64> {
    match kind_of(value) {
        Some(Kind::Duration) => value.field("nanos").and_then(Value::as_int),
        _ => value.as_int(),
    }
}

/// A label with its value.
pub fn pair(name: &str, value: Value) -> Value {
    tagged(Kind::Pair, [("Name", string(name)), ("Value", value)])
}

/// Labels or annotations.
pub fn labels(labels: &Labels) -> Value {
    Value::Map(Arc::new(
        labels
            .iter()
            .map(|(n, v)| (Arc::from(n), string(v)))
            .collect(),
    ))
}

fn instant(at: store::model::UnixNano) -> Value {
    time(
        Timestamp::from_nanosecond(at.0.into()).unwrap_or_default(),
        "UTC",
    )
}

/// What templates see of one alert.
pub fn alert(alert: &NotifiedAlert) -> Value {
    let ends_at = alert
        .ends_at
        .map_or_else(|| time(layout::ZERO, "UTC"), instant);
    tagged(
        Kind::Alert,
        [
            ("Status", string(alert.status.to_string())),
            ("Labels", labels(&alert.labels)),
            ("Annotations", labels(&alert.annotations)),
            ("StartsAt", instant(alert.starts_at)),
            ("EndsAt", ends_at),
            ("GeneratorURL", string(&alert.generator_url)),
            ("Fingerprint", string(alert.fingerprint.to_string())),
        ],
    )
}

/// A text as a regular expression that matches it, in Go's own spelling.
pub fn quote_meta(text: &str) -> String {
    let special = |c: char| r"\.+*?()|[]{}^$".contains(c);
    text.chars()
        .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
        .collect()
}

/// What templates see of a notification: Alertmanager's `Data`, field by field.
pub fn data(notification: &Notification, external_url: &str) -> Value {
    tagged(
        Kind::Data,
        [
            // Alertmanager quotes it as a regular expression; links to its pages rely on that.
            (
                "Receiver",
                string(quote_meta(&notification.integration.receiver)),
            ),
            ("Status", string(notification.status.to_string())),
            ("Alerts", list(notification.alerts.iter().map(alert))),
            (
                "NotificationReason",
                string(notification.reason.to_string()),
            ),
            ("GroupLabels", labels(&notification.group_labels)),
            ("CommonLabels", labels(&notification.common_labels)),
            (
                "CommonAnnotations",
                labels(&notification.common_annotations),
            ),
            ("RouteLabels", labels(&notification.route_labels)),
            ("ExternalURL", string(external_url)),
        ],
    )
}

/// Names and values in order, `alertname` first.
pub fn sorted(map: &Map) -> Vec<(&Arc<str>, &Value)> {
    let mut pairs: Vec<_> = map.iter().filter(|(name, _)| &***name != KIND).collect();
    pairs.sort_by_key(|(name, _)| &***name != "alertname");
    pairs
}

/// How a value reads, as Go prints it.
pub fn text(value: &Value) -> String {
    let joined =
        |items: &mut dyn Iterator<Item = String>, by: &str| items.collect::<Vec<_>>().join(by);
    match value {
        Value::Nil => String::new(),
        Value::Map(map) => match kind(map) {
            Some(Kind::Time) => as_time(value)
                .map(|(at, zone)| layout::format(layout::PLAIN, &at.to_zoned_datetime(zone)))
                .unwrap_or_default(),
            Some(Kind::Duration) => layout::duration(as_nanos(value).unwrap_or_default()),
            Some(Kind::Pair) => {
                let part = |name| value.field(name).map(text).unwrap_or_default();
                format!("{}={}", part("Name"), part("Value"))
            }
            Some(Kind::Alert) => value.field("Labels").map(text).unwrap_or_default(),
            Some(Kind::Data) => value.field("CommonLabels").map(text).unwrap_or_default(),
            None => {
                let pairs = sorted(map);
                joined(
                    &mut pairs.iter().map(|(n, v)| format!("{n}={}", text(v))),
                    ", ",
                )
            }
        },
        Value::List(items) if items.iter().any(|item| kind_of(item) == Some(Kind::Pair)) => {
            joined(&mut items.iter().map(text), ", ")
        }
        Value::List(items) => format!("[{}]", joined(&mut items.iter().map(text), " ")),
        other => other.to_string(),
    }
}

/// The value as Go's JSON has it, with the keys of webhooks.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil | Value::Function(_) => serde_json::Value::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Uint(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::String(text) | Value::Safe { s: text, .. } => json!(&**text),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(map) => {
            let kind = kind(map);
            match kind {
                Some(Kind::Time) => {
                    return json!(as_time(value).map(|(at, _)| at.to_string()));
                }
                Some(Kind::Duration) => return json!(as_nanos(value)),
                _ => {}
            }
            let fields = map.iter().filter(|(name, _)| &***name != KIND);
            let fields = fields.map(|(name, field)| (key(kind, name), json(field)));
            serde_json::Value::Object(fields.collect())
        }
    }
}

fn key(kind: Option<Kind>, name: &str) -> String {
    match (kind, name) {
        (Some(Kind::Data), "NotificationReason") => "notification_reason".to_owned(),
        (Some(Kind::Data | Kind::Alert), _) => {
            let mut chars = name.chars();
            let first = chars.next().map(|c| c.to_ascii_lowercase());
            first.into_iter().chain(chars).collect()
        }
        _ => name.to_owned(),
    }
}

//! One entry of an audit log, however it was put into a log record: as JSON in the body, wrapped by an event
//! bus, many in a file, or spread over attributes with dotted names.

use jiff::Timestamp;
use serde_json::{Map, Value};
use store::model::UnixNano;
use store::read::audit::AuditRow;

/// Most entries taken out of one record.
const ENTRIES_MAX: usize = 200;
/// Names of attributes longer or deeper than this are no field of an audit log.
const NAME_BYTES: usize = 200;
const DEPTH_MAX: usize = 8;

/// Fields of an entry, by name. All of it is hostile text.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    root: Value,
    /// Time of the log record, taken where the entry tells none.
    recorded: UnixNano,
}

impl Entry {
    /// The entries of one record.
    pub(super) fn all(row: &AuditRow) -> Vec<Self> {
        let body = serde_json::from_str::<Value>(&row.body).unwrap_or_default();
        let roots = match body {
            Value::Object(fields) => opened(fields),
            _ => vec![Map::new()],
        };
        let recorded = UnixNano(row.time_ns);
        let entry = |mut root: Map<String, Value>| {
            for (name, value) in row.attributes.iter().chain(&row.resource) {
                put(&mut root, name, value);
            }
            let root = Value::Object(root);
            Self { root, recorded }
        };
        roots.into_iter().take(ENTRIES_MAX).map(entry).collect()
    }

    /// What stands at a path.
    pub(super) fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter()
            .try_fold(&self.root, |value, name| value.get(name))
    }

    /// The first of these paths with a text or a number that is not empty, as text.
    pub(super) fn text(&self, paths: &[&[&str]]) -> Option<String> {
        paths.iter().find_map(|path| plain(self.get(path)?))
    }

    /// The first of these paths with a time, else the time of the log record.
    pub(super) fn time(&self, paths: &[&[&str]]) -> UnixNano {
        let told = self
            .text(paths)
            .and_then(|text| text.parse::<Timestamp>().ok());
        let nanos = told.and_then(|told| i64::try_from(told.as_nanosecond()).ok());
        nanos.map_or(self.recorded, UnixNano)
    }
}

/// A scalar as text; what is empty tells nothing.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// Takes the wrapping off: EventBridge's `detail`, CloudTrail's and Event Hub's lists of records.
fn opened(mut fields: Map<String, Value>) -> Vec<Map<String, Value>> {
    let is_object = |value: Value| match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    };
    for name in ["Records", "records"] {
        if let Some(Value::Array(records)) = fields.get_mut(name) {
            return std::mem::take(records)
                .into_iter()
                .filter_map(is_object)
                .collect();
        }
    }
    match fields.remove("detail").and_then(is_object) {
        Some(detail) if detail.contains_key("eventName") => vec![detail],
        Some(detail) => {
            fields.insert("detail".to_owned(), Value::Object(detail));
            vec![fields]
        }
        None => vec![fields],
    }
}

/// Puts an attribute where its dotted name says, unless the body told it.
fn put(root: &mut Map<String, Value>, name: &str, value: &str) {
    if name.len() > NAME_BYTES || name.split('.').count() > DEPTH_MAX {
        return;
    }
    let mut parts: Vec<&str> = name.split('.').collect();
    let Some(last) = parts.pop() else { return };
    let mut at = root;
    for part in parts {
        let next = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = next else { return };
        at = inner;
    }
    at.entry(last).or_insert_with(|| {
        let is_json = value.starts_with(['{', '[']);
        let parsed = is_json.then(|| serde_json::from_str(value).ok()).flatten();
        parsed.unwrap_or_else(|| Value::String(value.to_owned()))
    });
}

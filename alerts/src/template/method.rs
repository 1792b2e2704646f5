//! Fields, keys and methods: what stands after a dot.

use std::sync::Arc;

use gotmpl::{TemplateError, Value};
use jiff::tz::TimeZone;

use super::layout;
use super::value::{
    Kind, as_nanos, as_time, duration, kind_of, list, pair, sorted, string, text, time,
};

type Result = gotmpl::Result<Value>;

fn fault(text: String) -> TemplateError {
    TemplateError::Exec(text)
}

/// `_field value "Name" argument…`.
pub fn field(args: &[Value]) -> Result {
    let [value, name, rest @ ..] = args else {
        return Err(fault("a field of nothing".to_owned()));
    };
    let name = name.as_str().unwrap_or_default();
    let found = match (value, kind_of(value)) {
        (Value::Nil, _) => return Ok(Value::Nil),
        (_, Some(Kind::Time)) => time_method(value, name, rest)?,
        (_, Some(Kind::Duration)) => duration_method(value, name, rest)?,
        (Value::Map(_), Some(_)) => value.field(name).cloned(),
        (Value::Map(map), None) => match labels_method(map, name, rest)? {
            Some(found) => return Ok(found),
            // A label that is absent is empty.
            None => Some(map.get(name).cloned().unwrap_or_else(|| string(""))),
        },
        (Value::List(items), _) => list_method(items, name, rest)?,
        _ => None,
    };
    let called = !matches!(kind_of(value), Some(Kind::Time | Kind::Duration))
        && !matches!(value, Value::List(_))
        && !rest.is_empty();
    if called {
        return Err(fault(format!("{name} is no method and takes no arguments")));
    }
    found.ok_or_else(|| fault(format!("there is no field or method {name} here")))
}

fn labels_method(
    map: &std::collections::BTreeMap<Arc<str>, Value>,
    name: &str,
    rest: &[Value],
) -> gotmpl::Result<Option<Value>> {
    Ok(Some(match (name, rest) {
        ("SortedPairs", []) => list(sorted(map).into_iter().map(|(n, v)| pair(n, v.clone()))),
        ("Names", []) => list(
            sorted(map)
                .into_iter()
                .map(|(n, _)| Value::String(Arc::clone(n))),
        ),
        ("Values", []) => list(sorted(map).into_iter().map(|(_, v)| v.clone())),
        ("String", []) => string(text(&Value::Map(Arc::new(map.clone())))),
        ("Remove", [Value::List(names)]) => {
            let gone = |name: &Arc<str>| names.iter().any(|n| n.as_str() == Some(&**name));
            let kept = map.iter().filter(|(name, _)| !gone(name));
            Value::Map(Arc::new(
                kept.map(|(n, v)| (Arc::clone(n), v.clone())).collect(),
            ))
        }
        ("Remove", _) => return Err(fault("Remove takes one list of names".to_owned())),
        _ => return Ok(None),
    }))
}

fn list_method(items: &Arc<[Value]>, name: &str, rest: &[Value]) -> gotmpl::Result<Option<Value>> {
    let fields = |name| {
        items
            .iter()
            .filter_map(move |item| item.field(name).cloned())
    };
    let of = |kind| items.iter().all(|item| kind_of(item) == Some(kind));
    Ok(Some(match (name, rest) {
        ("Firing" | "Resolved", []) if of(Kind::Alert) => {
            let status = name.to_ascii_lowercase();
            let wanted = |item: &&Value| {
                item.field("Status").and_then(Value::as_str) == Some(status.as_str())
            };
            list(items.iter().filter(wanted).cloned())
        }
        ("Names", []) if of(Kind::Pair) => list(fields("Name")),
        ("Values", []) if of(Kind::Pair) => list(fields("Value")),
        ("String", []) => string(text(&Value::List(Arc::clone(items)))),
        ("Join", [by]) => {
            let words: Vec<String> = items.iter().map(text).collect();
            string(words.join(by.as_str().unwrap_or_default()))
        }
        _ => return Ok(None),
    }))
}

fn time_method(value: &Value, name: &str, rest: &[Value]) -> gotmpl::Result<Option<Value>> {
    let (at, zone) = as_time(value).ok_or_else(|| fault("this is no time".to_owned()))?;
    let zone_name = zone.iana_name().unwrap_or("UTC").to_owned();
    let shown = at.to_zoned_datetime(zone);
    let nanos = at.as_nanosecond();
    let int = |n: i128| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let other = || {
        rest.first()
            .and_then(as_time)
            .map(|(at, _)| at.as_nanosecond())
    };
    let compared =
        |holds: fn(i128, i128) -> bool| other().map(|other| Value::Bool(holds(nanos, other)));
    Ok(match (name, rest.len()) {
        ("Format", 1) => rest[0]
            .as_str()
            .map(|layout| string(layout::format(layout, &shown))),
        ("String", 0) => Some(string(layout::format(layout::PLAIN, &shown))),
        ("UTC" | "Local", 0) => Some(time(at, "UTC")),
        ("IsZero", 0) => Some(Value::Bool(at == layout::ZERO)),
        ("Unix", 0) => Some(int(nanos.div_euclid(1_000_000_000))),
        ("UnixMilli", 0) => Some(int(nanos.div_euclid(1_000_000))),
        ("UnixMicro", 0) => Some(int(nanos.div_euclid(1_000))),
        ("UnixNano", 0) => Some(int(nanos)),
        ("Year", 0) => Some(Value::Int(shown.year().into())),
        ("Month", 0) => Some(string(layout::format("January", &shown))),
        ("Weekday", 0) => Some(string(layout::format("Monday", &shown))),
        ("Day", 0) => Some(Value::Int(shown.day().into())),
        ("YearDay", 0) => Some(Value::Int(shown.day_of_year().into())),
        ("Hour", 0) => Some(Value::Int(shown.hour().into())),
        ("Minute", 0) => Some(Value::Int(shown.minute().into())),
        ("Second", 0) => Some(Value::Int(shown.second().into())),
        ("Nanosecond", 0) => Some(Value::Int(shown.subsec_nanosecond().into())),
        ("Before", 1) => compared(|a, b| a < b),
        ("After", 1) => compared(|a, b| a > b),
        ("Equal", 1) => compared(|a, b| a == b),
        ("Sub", 1) => {
            other().map(|other| duration(i64::try_from(nanos - other).unwrap_or(i64::MAX)))
        }
        ("Add", 1) => as_nanos(&rest[0]).and_then(|add| {
            let sum = jiff::Timestamp::from_nanosecond(nanos + i128::from(add)).ok()?;
            Some(time(sum, &zone_name))
        }),
        _ => None,
    })
}

#[allow(clippy::cast_precision_loss)] // as Go's own: hours and minutes with a fraction
fn duration_method(value: &Value, name: &str, rest: &[Value]) -> gotmpl::Result<Option<Value>> {
    let nanos = as_nanos(value).unwrap_or_default();
    let unit = rest.first().and_then(as_nanos).filter(|unit| *unit > 0);
    Ok(match (name, rest.len()) {
        ("Hours", 0) => Some(Value::Float(nanos as f64 / 3.6e12)),
        ("Minutes", 0) => Some(Value::Float(nanos as f64 / 6e10)),
        ("Seconds", 0) => Some(Value::Float(nanos as f64 / 1e9)),
        ("Milliseconds", 0) => Some(Value::Int(nanos / 1_000_000)),
        ("Microseconds", 0) => Some(Value::Int(nanos / 1_000)),
        ("Nanoseconds", 0) => Some(Value::Int(nanos)),
        ("Abs", 0) => Some(duration(nanos.saturating_abs())),
        ("String", 0) => Some(string(layout::duration(nanos))),
        ("Truncate", 1) => Some(duration(unit.map_or(nanos, |unit| nanos - nanos % unit))),
        ("Round", 1) => Some(duration(unit.map_or(nanos, |unit| {
            let rest = nanos % unit;
            let up = rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2);
            nanos - rest + if up { unit * nanos.signum() } else { 0 }
        }))),
        _ => None,
    })
}

/// The zone of this name, as `tz` shows times in.
pub fn zone(name: &str) -> gotmpl::Result<String> {
    let name = if name.is_empty() || name == "Local" {
        "UTC"
    } else {
        name
    };
    match TimeZone::get(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err(fault(format!("there is no time zone {name:?}"))),
    }
}

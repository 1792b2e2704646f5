//! What the person asks for: filters and the place to page from.

use store::model::xray;
use store::read::logs::{Cursor, LogFilter, Page as LogPage, TextMatch};

use crate::range::BadParameter;
use crate::web::Context;
use crate::web::form::{Chip, Choice};

/// Severities to choose from: the parameter, what it is called, the least number.
const SEVERITIES: [(&str, &str, u8); 5] = [
    ("", "Any severity", 0),
    ("debug", "Debug and worse", 5),
    ("info", "Info and worse", 9),
    ("warn", "Warnings and worse", 13),
    ("error", "Errors", 17),
];

pub(super) fn read_filter(ctx: &Context) -> Result<LogFilter, BadParameter> {
    let severity = ctx.params.get("severity").unwrap_or("");
    let min_severity = SEVERITIES
        .into_iter()
        .find(|(key, _, _)| *key == severity)
        .map(|(_, _, least)| least)
        .ok_or_else(|| BadParameter::new("severity", severity, "debug, info, warn or error"))?;
    let told = ctx.params.text("trace");
    let trace_id = xray::trace_id(&told).unwrap_or_default();
    if !told.is_empty() && trace_id.is_empty() {
        let reason = "a trace id has 32 hexadecimal digits";
        return Err(BadParameter::new("trace", &told, reason));
    }
    let (key, value) = read_attribute(ctx)?;
    Ok(LogFilter {
        text: TextMatch::parse(ctx.params.get("q").unwrap_or("")),
        min_severity,
        function: ctx.params.text("function"),
        service: ctx.params.text("service"),
        trace_id,
        key,
        value,
    })
}

/// `attr=key=value`.
pub(crate) fn read_attribute(ctx: &Context) -> Result<(String, String), BadParameter> {
    let Some(attr) = ctx.params.get("attr") else {
        return Ok(Default::default());
    };
    match attr.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(BadParameter::new(
            "attr",
            attr,
            "write it as key=value, as order.id=1234",
        )),
    }
}

/// 32 hexadecimal digits.
pub(crate) fn is_trace_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(super) fn read_place(ctx: &Context) -> Result<LogPage, BadParameter> {
    let cursor = |name: &'static str, text: &str| {
        let parsed = text.split_once('.').and_then(|(at, tie)| {
            Some(Cursor {
                at_ns: at.parse().ok().filter(|at| *at > 0)?,
                tie: tie.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| BadParameter::new(name, text, "follow the links to page through logs"))
    };
    match (ctx.params.get("before"), ctx.params.get("after")) {
        (Some(text), _) => Ok(LogPage::Before(cursor("before", text)?)),
        (None, Some(text)) => Ok(LogPage::After(cursor("after", text)?)),
        (None, None) => Ok(LogPage::Newest),
    }
}

pub(super) fn severities(filter: &LogFilter) -> Vec<Choice> {
    SEVERITIES
        .into_iter()
        .map(|(key, label, least)| Choice {
            value: key.to_owned(),
            label: label.to_owned(),
            selected: least == filter.min_severity,
        })
        .collect()
}

/// Filters that came by a link and have no field of their own.
pub(super) fn chips(ctx: &Context, filter: &LogFilter) -> Vec<Chip> {
    let remove = |key: &str| ctx.here(&[(key, ""), ("before", ""), ("after", "")]);
    let mut chips = Vec::new();
    if !filter.function.is_empty() {
        chips.push(Chip::new(
            &format!("function {}", filter.function),
            remove("function"),
        ));
    }
    if !filter.trace_id.is_empty() {
        chips.push(Chip::new(
            &format!("trace {}", filter.trace_id),
            remove("trace"),
        ));
    }
    chips
}

#[cfg(test)]
mod tests {
    use super::is_trace_id;

    #[test]
    fn trace_ids_are_32_hex_digits_and_nothing_else() {
        assert!(is_trace_id(&"aB".repeat(16)));
        for text in ["", "abc", &"g".repeat(32), &"a".repeat(31), "' OR 1=1 --"] {
            assert!(!is_trace_id(text), "{text}");
        }
    }
}

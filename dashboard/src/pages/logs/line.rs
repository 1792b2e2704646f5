//! One log record as pages show it.

use serde::Serialize;
use store::read::logs::LogLine;

use crate::format;
use crate::web::Context;
use crate::web::frame::Tone;
use crate::web::link::function_path;

/// What is shown of one record: the first characters in its line, attributes and their lengths.
const LINE_CHARS: usize = 240;
const MAX_ATTRIBUTES: usize = 48;
const VALUE_CHARS: usize = 500;

/// An attribute with a link that filters for its value.
#[derive(Serialize)]
pub(crate) struct AttributeView {
    key: String,
    value: String,
    href: String,
}

/// One record on a page.
#[derive(Serialize)]
pub(crate) struct LineView {
    id: String,
    at: String,
    exact: String,
    tone: Tone,
    severity: String,
    source: String,
    line: String,
    body: String,
    cut: String,
    attributes: Vec<AttributeView>,
    resource: Vec<AttributeView>,
    function: String,
    function_href: String,
    trace_href: String,
    around_href: String,
}

/// One record, ready for a page.
pub(crate) fn line_view(ctx: &Context, line: &LogLine) -> LineView {
    let at_ms = line.at_ns.div_euclid(1_000_000);
    let (from, to) = ((at_ms - 30_000).to_string(), (at_ms + 30_000).to_string());
    let own = [("function", line.function_id.as_str()), ("service", "")];
    let own = if line.function_id.is_empty() {
        [("function", ""), ("service", line.service_name.as_str())]
    } else {
        own
    };
    let zone = if ctx.range.clock.name() == "UTC" {
        ""
    } else {
        ctx.range.clock.name()
    };
    LineView {
        id: format!("l{}-{:x}", line.at_ns, line.tie & 0xffff_ffff),
        at: ctx.range.clock.milli(at_ms),
        exact: ctx.range.clock.exact(at_ms),
        tone: severity_tone(line.severity_number),
        severity: severity_name(line),
        source: source(line),
        line: one_line(line),
        body: pretty(&line.body),
        cut: if line.body_bytes > line.body.len() as u64 {
            format!(
                "the first {} of {}",
                format::bytes(line.body.len() as f64),
                format::bytes(line.body_bytes as f64)
            )
        } else {
            String::new()
        },
        attributes: attributes(ctx, &line.attributes),
        resource: attributes(ctx, &line.resource),
        function: format::bounded(&line.function_id, 120),
        function_href: function_href(ctx, line),
        trace_href: if line.trace_id.is_empty() {
            String::new()
        } else {
            let at = if line.span_id.is_empty() {
                String::new()
            } else {
                format!("#s-{}", line.span_id)
            };
            format!(
                "{}{at}",
                ctx.link(&format!("/traces/{}", line.trace_id), &[])
            )
        },
        around_href: crate::web::link::with_query(
            "/logs",
            [own[0], own[1], ("from", &from), ("to", &to), ("tz", zone)],
        ),
    }
}

/// Attributes with links that filter the logs for them.
pub(crate) fn attributes(ctx: &Context, pairs: &[(String, String)]) -> Vec<AttributeView> {
    pairs
        .iter()
        .take(MAX_ATTRIBUTES)
        .map(|(key, value)| AttributeView {
            key: format::bounded(key, 80),
            value: format::bounded(value, VALUE_CHARS),
            href: if key.len() + value.len() <= 200 && !key.contains('=') && !value.is_empty() {
                ctx.link("/logs", &[("attr", &format!("{key}={value}"))])
            } else {
                String::new()
            },
        })
        .collect()
}

/// How bad a severity number is.
pub(crate) fn severity_tone(number: u8) -> Tone {
    match number {
        17.. => Tone::Bad,
        13..17 => Tone::Warn,
        _ => Tone::Quiet,
    }
}

fn severity_name(line: &LogLine) -> String {
    if !line.severity_text.is_empty() {
        return format::bounded(&line.severity_text.to_uppercase(), 7);
    }
    let name = match line.severity_number {
        0 => "",
        1..5 => "TRACE",
        5..9 => "DEBUG",
        9..13 => "INFO",
        13..17 => "WARN",
        17..21 => "ERROR",
        _ => "FATAL",
    };
    name.to_owned()
}

/// Who wrote it: the function's name, else the service.
pub(super) fn source(line: &LogLine) -> String {
    let name = line
        .function_id
        .parse::<store::model::FunctionId>()
        .map(|id| id.name);
    format::bounded(&name.unwrap_or_else(|_| line.service_name.clone()), 60)
}

pub(super) fn function_href(ctx: &Context, line: &LogLine) -> String {
    if line.function_id.is_empty() {
        String::new()
    } else {
        ctx.link(&function_path(&line.function_id), &[])
    }
}

/// The body in one line: of JSON its message, with white space made plain.
fn one_line(line: &LogLine) -> String {
    let mut text: String = line.body.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        text = line.event_name.clone();
    }
    format::bounded(&text, LINE_CHARS)
}

/// The body as it is, JSON indented.
fn pretty(body: &str) -> String {
    if !body.starts_with(['{', '[']) {
        return body.to_owned();
    }
    let parsed = serde_json::from_str::<serde_json::Value>(body);
    parsed
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(body: &str, severity_text: &str, severity_number: u8) -> LogLine {
        LogLine {
            at_ns: 1,
            tie: 0,
            trace_id: String::new(),
            span_id: String::new(),
            severity_text: severity_text.to_owned(),
            severity_number,
            service_name: "svc".to_owned(),
            function_id: String::new(),
            body: body.to_owned(),
            body_bytes: body.len() as u64,
            event_name: String::new(),
            scope_name: String::new(),
            attributes: Vec::new(),
            resource: Vec::new(),
        }
    }

    #[test]
    fn severities_are_named_by_text_or_number() {
        assert_eq!(severity_name(&line("", "Warning", 13)), "WARNING");
        assert_eq!(severity_name(&line("", "", 17)), "ERROR");
        assert_eq!(severity_name(&line("", "", 0)), "");
        assert_eq!(severity_tone(21), Tone::Bad);
        assert_eq!(severity_tone(9), Tone::Quiet);
    }

    #[test]
    fn a_body_is_one_line_in_the_list_and_whole_below() {
        assert_eq!(one_line(&line("a\n  b\t c", "", 0)), "a b c");
        assert_eq!(pretty("{\"a\":1}"), "{\n  \"a\": 1\n}");
        assert_eq!(pretty("{broken"), "{broken");
    }

    #[test]
    fn the_source_is_the_function_or_else_the_service() {
        let mut record = line("", "", 0);
        assert_eq!(source(&record), "svc");
        record.function_id = "aws:1:eu:check%3Aout".to_owned();
        assert_eq!(source(&record), "check:out");
    }
}

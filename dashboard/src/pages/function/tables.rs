//! The tables of a function, on the page and as exports.

use serde::Serialize;
use serde_json::json;
use store::model::ToldBy;
use store::read::Quantiles;
use store::read::function::{InvocationRow, Outcome};
use store::read::series::MetricRow;

use super::Known;
use super::charts::{median, quantile};
use super::sentence::p95;
use crate::format;
use crate::pages::fleet::error_tone;
use crate::range::BadParameter;
use crate::web::frame::Tone;
use crate::web::{Cell, Context, PageError, Table};

#[derive(Serialize)]
pub(super) struct VersionView {
    version: String,
    since: String,
    since_title: String,
    invocations: String,
    errors: String,
    tone: Tone,
    p50: String,
    p95: String,
    p99: String,
    cold: String,
    init_p50: String,
    init_p95: String,
    memory: String,
}

#[derive(Serialize)]
pub(super) struct ErrorView {
    what: String,
    status: &'static str,
    count: String,
    share: String,
    first: String,
    last: String,
    version: String,
    versions: String,
    trace_href: String,
    logs_href: String,
    traces_href: String,
}

#[derive(Serialize)]
pub(super) struct InvocationView {
    at: String,
    at_title: String,
    status: &'static str,
    tone: Tone,
    error: String,
    duration: String,
    duration_title: String,
    billed: String,
    init: String,
    cold: bool,
    cold_title: String,
    memory: String,
    version: String,
    id: String,
    told_by: String,
    synthesised: bool,
    throttled: bool,
    billed_title: String,
    init_title: String,
    memory_title: String,
    trace_href: String,
    logs_href: String,
}

#[derive(Serialize)]
pub(super) struct MetricView {
    name: String,
    href: String,
    kind: &'static str,
    unit: String,
    description: String,
    last: String,
    seen: String,
}

pub(super) fn versions(ctx: &Context, known: &Known) -> Vec<VersionView> {
    let now = ctx.now_ms();
    let clock = &ctx.range.clock;
    let view = |v: &store::read::function::VersionRow| {
        let deployed = known
            .deploys
            .iter()
            .find(|d| d.version == v.version)
            .map(|d| d.at_ms);
        let q = |quantiles: &[f64], level| format::maybe_duration_ms(quantile(quantiles, level));
        VersionView {
            version: named(&v.version, "not told"),
            since: clock.short(now, deployed.unwrap_or(v.first_ms)),
            since_title: if deployed.is_some() {
                "first seen in this time".to_owned()
            } else {
                "first minute in this time; it is older".to_owned()
            },
            invocations: format::count(v.invocations),
            errors: format::share(v.errors, v.invocations),
            tone: error_tone(v.errors, v.invocations),
            p50: q(&v.duration, 0.5),
            p95: format::maybe_duration_ms(p95(&v.duration)),
            p99: q(&v.duration, 0.99),
            cold: format::share(v.cold_starts, v.cold_start_known),
            init_p50: format::maybe_duration_ms(median(&v.init)),
            init_p95: format::maybe_duration_ms(p95(&v.init)),
            memory: memory(Some(v.memory_used_mb), Some(v.memory_size_mb)),
        }
    };
    known.versions.iter().map(view).collect()
}

pub(super) fn errors(ctx: &Context, known: &Known) -> Vec<ErrorView> {
    let id = known.function.function_id.as_str();
    let all: u64 = known.errors.iter().map(|e| e.invocations).sum();
    let (now, clock) = (ctx.now_ms(), &ctx.range.clock);
    known
        .errors
        .iter()
        .map(|error| ErrorView {
            what: named(&error.error_type, "no type told"),
            status: status_word(&error.status),
            count: format::count(error.invocations),
            share: format::share(error.invocations, all),
            first: clock.short(now, error.first_ms),
            last: format::ago(now, error.last_ms),
            version: format::bounded(&error.last_version, 24),
            versions: format!(
                "{}, the last in {}",
                format::counted(error.versions, "version", "versions"),
                format::bounded(&error.last_version, 60)
            ),
            trace_href: trace_link(ctx, &error.trace_id),
            logs_href: if error.error_type.is_empty() {
                ctx.link("/logs", &[("function", id), ("severity", "error")])
            } else {
                let quoted = format!("\"{}\"", error.error_type);
                ctx.link("/logs", &[("function", id), ("q", &quoted)])
            },
            traces_href: ctx.link("/traces", &[("function", id), ("errors", "1")]),
        })
        .collect()
}

pub(super) fn invocations(ctx: &Context, rows: &[InvocationRow]) -> Vec<InvocationView> {
    rows.iter().map(|row| invocation(ctx, row)).collect()
}

fn invocation(ctx: &Context, row: &InvocationRow) -> InvocationView {
    let at_ms = row.start_ns.div_euclid(1_000_000);
    let failed = matches!(row.status.as_str(), "error" | "timeout" | "out_of_memory");
    let cold = row.cold == Some(1);
    InvocationView {
        at: ctx.range.clock.second(at_ms),
        at_title: ctx.range.clock.exact(at_ms),
        status: status_word(&row.status),
        tone: if failed { Tone::Bad } else { Tone::Quiet },
        error: format::bounded(&row.error_type, 60),
        duration: format::maybe_duration_ms(row.duration_ms),
        duration_title: provenance(&row.duration_provenance, "duration"),
        billed: format::maybe_duration_ms(row.billed_duration_ms),
        init: format::maybe_duration_ms(row.init_duration_ms),
        cold,
        cold_title: match (row.cold, row.init_kind.as_str()) {
            (Some(0) | None, "provisioned") => "initialised ahead of need: provisioned".to_owned(),
            (Some(0) | None, "managed-instance") => "ran on a managed instance".to_owned(),
            (None, _) => "nobody told how it started".to_owned(),
            (Some(1), "" | "on-demand") => provenance(&row.cold_start_provenance, "cold start"),
            (Some(1), kind) => format!("{kind}, {}", row.cold_start_provenance),
            _ => "started warm".to_owned(),
        },
        memory: memory(row.memory_used_mb, row.memory_size_mb),
        version: format::bounded(&row.version, 24),
        id: format::bounded(&row.invocation_id, 80),
        told_by: told_by(row.told_by),
        synthesised: row.synthesised,
        throttled: row.throttled,
        billed_title: provenance(&row.billed_provenance, "billed duration"),
        init_title: provenance(&row.init_provenance, "start-up"),
        memory_title: provenance(&row.memory_provenance, "configured memory"),
        trace_href: trace_link(ctx, &row.trace_id),
        logs_href: ctx.link(
            "/logs",
            &[("attr", &format!("faas.invocation_id={}", row.invocation_id))],
        ),
    }
}

pub(super) fn metric(ctx: &Context, row: &MetricRow) -> MetricView {
    let parsed = store::read::series::Kind::parse(&row.kind);
    MetricView {
        name: format::bounded(&row.name, 80),
        href: ctx.link(
            "/series",
            &[
                ("metric", &row.name),
                ("kind", &row.kind),
                ("function", &row.function_id),
                (
                    "service",
                    if row.function_id.is_empty() {
                        &row.service_name
                    } else {
                        ""
                    },
                ),
            ],
        ),
        kind: parsed.map_or("", |kind| {
            crate::pages::series::kind_name(kind, row.monotonic)
        }),
        unit: format::unit_name(&row.unit),
        description: format::bounded(&row.description, 120),
        last: match row.kind.as_str() {
            "gauge" | "sum" => format::with_unit(row.last_value, &row.unit),
            _ => String::new(),
        },
        seen: format::ago(ctx.now_ms(), row.last_ms),
    }
}

fn named(text: &str, otherwise: &str) -> String {
    if text.is_empty() {
        otherwise.to_owned()
    } else {
        format::bounded(text, 80)
    }
}

fn status_word(status: &str) -> &'static str {
    match status {
        "ok" => "ok",
        "error" => "error",
        "timeout" => "timeout",
        "out_of_memory" => "out of memory",
        _ => "not told",
    }
}

fn provenance(provenance: &str, what: &str) -> String {
    match provenance {
        "measured" => format!("{what} measured: the platform or the function itself says so"),
        "derived" => format!("{what} derived from what the function sent"),
        "assumed" => format!("{what} assumed: the first invocation seen of its instance"),
        _ => String::new(),
    }
}

fn told_by(bits: u16) -> String {
    let names = [
        (ToldBy::Span, "span"),
        (ToldBy::ReportLine, "REPORT line"),
        (ToldBy::PlatformReport, "platform report"),
        (ToldBy::InitSpan, "init span"),
        (ToldBy::HostLog, "host log"),
        (ToldBy::RequestLog, "request log"),
        (ToldBy::Insights, "Lambda Insights"),
    ];
    let told = names
        .into_iter()
        .filter(|(who, _)| bits & *who as u16 != 0)
        .map(|(_, name)| name);
    told.collect::<Vec<_>>().join(" + ")
}

/// `214 of 512 MB`; what is 0 or not told is left out.
fn memory(used_mb: Option<u32>, size_mb: Option<u32>) -> String {
    let known = |mb: Option<u32>| mb.filter(|mb| *mb > 0);
    match (known(used_mb), known(size_mb)) {
        (Some(used), Some(size)) => {
            format!("{} of {}", format::memory_mb(used), format::memory_mb(size))
        }
        (Some(used), None) => format::memory_mb(used),
        (None, Some(size)) => format!("of {}", format::memory_mb(size)),
        (None, None) => format::UNKNOWN.to_owned(),
    }
}

fn trace_link(ctx: &Context, trace_id: &str) -> String {
    if trace_id.is_empty() {
        String::new()
    } else {
        ctx.link(&format!("/traces/{trace_id}"), &[])
    }
}

/// The tables behind the page. CSV holds one of them, JSON all.
pub(super) fn export(ctx: &Context, known: &Known, outcome: Outcome) -> Result<Table, PageError> {
    let timeline = timeline_table(known);
    let invocations = invocation_table(known);
    let versions = version_table(known);
    let errors = error_table(known);
    let cold_starts = cold_start_table(known);
    let table = match ctx.params.get("table") {
        Some("invocations") => invocations,
        Some("versions") => versions,
        Some("errors") => errors,
        Some("cold_starts") => cold_starts,
        None | Some("timeline") => timeline
            .with("function_id", json!(known.function.function_id))
            .with("coverage", super::coverage::json(&known.facts))
            .with("show", json!(outcome.as_str()))
            .with("invocations", invocations.rows_json())
            .with("versions", versions.rows_json())
            .with("errors", errors.rows_json())
            .with("cold_starts", cold_starts.rows_json()),
        Some(other) => {
            let names = "timeline, invocations, versions, errors or cold_starts";
            return Err(BadParameter::new("table", other, names).into());
        }
    };
    Ok(table)
}

fn timeline_table(known: &Known) -> Table {
    let mut table = Table::new(
        "timeline",
        &[
            "bucket_start_s",
            "invocations",
            "errors",
            "timeouts",
            "cold_starts",
            "cold_start_known",
            "duration_p50_ms",
            "duration_p95_ms",
            "duration_p99_ms",
            "init_p50_ms",
            "init_p95_ms",
        ],
    );
    for b in &known.buckets {
        let (duration, init) = (
            Quantiles::from_sketch(&b.duration),
            Quantiles::from_sketch(&b.init),
        );
        table.row(vec![
            b.bucket_s.into(),
            b.invocations.into(),
            b.errors.into(),
            b.timeouts.into(),
            b.cold_starts.into(),
            b.cold_start_known.into(),
            duration.p50.into(),
            duration.p95.into(),
            duration.p99.into(),
            init.p50.into(),
            init.p95.into(),
        ]);
    }
    table
}

fn invocation_table(known: &Known) -> Table {
    let mut table = Table::new(
        "invocations",
        &[
            "invocation_id",
            "start_ns",
            "status",
            "error_type",
            "duration_ms",
            "duration_provenance",
            "billed_duration_ms",
            "init_duration_ms",
            "init_kind",
            "cold_start",
            "cold_start_provenance",
            "memory_used_mb",
            "memory_size_mb",
            "version",
            "instance",
            "trigger",
            "told_by",
            "trace_id",
            "span_id",
            "cpu_ms",
            "billed_provenance",
            "memory_provenance",
            "init_provenance",
            "throttled",
            "synthesised",
        ],
    );
    for row in &known.invocations {
        table.row(vec![
            row.invocation_id.as_str().into(),
            row.start_ns.into(),
            row.status.as_str().into(),
            row.error_type.as_str().into(),
            row.duration_ms.into(),
            row.duration_provenance.as_str().into(),
            row.billed_duration_ms.into(),
            row.init_duration_ms.into(),
            row.init_kind.as_str().into(),
            row.cold.map(|cold| cold == 1).into(),
            row.cold_start_provenance.as_str().into(),
            row.memory_used_mb.into(),
            row.memory_size_mb.into(),
            row.version.as_str().into(),
            row.instance.as_str().into(),
            row.trigger.as_str().into(),
            Cell::from(told_by(row.told_by)),
            row.trace_id.as_str().into(),
            row.span_id.as_str().into(),
            row.cpu_ms.into(),
            row.billed_provenance.as_str().into(),
            row.memory_provenance.as_str().into(),
            row.init_provenance.as_str().into(),
            row.throttled.into(),
            row.synthesised.into(),
        ]);
    }
    table.truncated(known.invocations.len() >= super::EXPORT_ROWS as usize)
}

fn version_table(known: &Known) -> Table {
    let mut table = Table::new(
        "versions",
        &[
            "version",
            "first_ms",
            "last_ms",
            "invocations",
            "errors",
            "cold_starts",
            "cold_start_known",
            "duration_p50_ms",
            "duration_p95_ms",
            "duration_p99_ms",
            "init_count",
            "init_p50_ms",
            "init_p95_ms",
            "billed_ms",
            "memory_used_mb",
            "memory_size_mb",
        ],
    );
    let told = |mb: u32| (mb > 0).then_some(mb);
    for v in &known.versions {
        table.row(vec![
            v.version.as_str().into(),
            v.first_ms.into(),
            v.last_ms.into(),
            v.invocations.into(),
            v.errors.into(),
            v.cold_starts.into(),
            v.cold_start_known.into(),
            median(&v.duration).into(),
            p95(&v.duration).into(),
            quantile(&v.duration, 0.99).into(),
            v.init_count.into(),
            median(&v.init).into(),
            p95(&v.init).into(),
            v.billed_ms.into(),
            told(v.memory_used_mb).into(),
            told(v.memory_size_mb).into(),
        ]);
    }
    table
}

fn error_table(known: &Known) -> Table {
    let columns = &[
        "error_type",
        "status",
        "invocations",
        "first_ms",
        "last_ms",
        "last_version",
        "trace_id",
    ];
    let mut table = Table::new("errors", columns);
    for error in &known.errors {
        table.row(vec![
            error.error_type.as_str().into(),
            error.status.as_str().into(),
            error.invocations.into(),
            error.first_ms.into(),
            error.last_ms.into(),
            error.last_version.as_str().into(),
            error.trace_id.as_str().into(),
        ]);
    }
    table
}

fn cold_start_table(known: &Known) -> Table {
    let columns = &[
        "start_ms",
        "version",
        "init_duration_ms",
        "init_kind",
        "trace_id",
    ];
    let mut table = Table::new("cold_starts", columns);
    for start in &known.cold_starts {
        table.row(vec![
            start.at_ms.into(),
            start.version.as_str().into(),
            start.init_ms.into(),
            start.init_kind.as_str().into(),
            start.trace_id.as_str().into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_told_is_named() {
        assert_eq!(told_by(5), "span + platform report");
        assert_eq!(told_by(0), "");
    }

    #[test]
    fn memory_leaves_out_what_nobody_told() {
        let plain = |a, b| memory(a, b).replace('\u{a0}', " ");
        assert_eq!(plain(Some(214), Some(512)), "214 MB of 512 MB");
        assert_eq!(plain(None, Some(512)), "of 512 MB");
        assert_eq!(plain(Some(0), Some(0)), "–");
    }
}

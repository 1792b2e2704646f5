//! The list of functions.

use std::collections::HashMap;

use serde::Serialize;
use store::read::Quantiles;
use store::read::functions::{self, FunctionRow, SketchRow, SumRow};

use super::fleet;
use crate::format;
use crate::parts::badge::platform_name;
use crate::parts::markup::Svg;
use crate::parts::spark;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Tone};
use crate::web::link::function_path;
use crate::web::{Cell, Context, Format, PageError, Reply, Table};

/// Rows of a page: two screens.
const PAGE_ROWS: usize = 50;
/// Rows of an export.
const EXPORT_ROWS: usize = functions::MAX_FUNCTIONS as usize;
/// Buckets of a sparkline.
const SPARK_BUCKETS: u32 = 36;

/// A column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Name,
    Invocations,
    Errors,
    P50,
    P95,
    P99,
    ColdStarts,
    LastSeen,
}

impl Sort {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Name, "name", "Function"),
        (Self::Invocations, "invocations", "Invocations"),
        (Self::Errors, "errors", "Errors"),
        (Self::P50, "p50", "p50"),
        (Self::P95, "p95", "p95"),
        (Self::P99, "p99", "p99"),
        (Self::ColdStarts, "cold", "Cold starts"),
        (Self::LastSeen, "seen", "Last seen"),
    ];

    fn parse(text: Option<&str>) -> Result<Self, BadParameter> {
        let Some(text) = text else {
            return Ok(Self::Invocations);
        };
        let found = Self::ALL.into_iter().find(|(_, key, _)| *key == text);
        found.map(|(sort, _, _)| sort).ok_or_else(|| {
            let keys: Vec<&str> = Self::ALL.iter().map(|(_, key, _)| *key).collect();
            BadParameter::new("sort", text, format!("sort by one of {}", keys.join(", ")))
        })
    }

    fn needs_sketches(self) -> bool {
        matches!(self, Self::P50 | Self::P95 | Self::P99)
    }
}

struct Entry<'a> {
    function: &'a FunctionRow,
    sums: SumRow,
    duration: Quantiles,
}

#[derive(Serialize)]
struct RowView {
    href: String,
    name: String,
    id: String,
    platform: String,
    region: String,
    account: String,
    invocations: String,
    spark_svg: Svg,
    errors: String,
    errors_title: String,
    errors_href: String,
    tone: Tone,
    p50: String,
    p95: String,
    p99: String,
    cold: String,
    cold_title: String,
    seen: String,
    seen_title: String,
    idle: bool,
}

#[derive(Serialize)]
struct Column {
    label: &'static str,
    href: String,
    sorted: &'static str,
    class: &'static str,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    selected: bool,
}

#[derive(Serialize)]
struct FunctionsView {
    columns: Vec<Column>,
    rows: Vec<RowView>,
    query: String,
    platforms: Vec<Choice>,
    regions: Vec<Choice>,
    accounts: Vec<Choice>,
    show_account: bool,
    hidden: Vec<(String, String)>,
    filtered: bool,
    clear: String,
    shown: String,
    previous: String,
    next: String,
    none_known: bool,
    connect: String,
}

#[derive(Default)]
struct Filter {
    text: String,
    platform: String,
    region: String,
    account: String,
}

impl Filter {
    fn takes(&self, function: &FunctionRow) -> bool {
        let is = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        let text = self.text.to_lowercase();
        is(&self.platform, &function.platform)
            && is(&self.region, &function.region)
            && is(&self.account, &function.account)
            && (text.is_empty()
                || function.function_id.to_lowercase().contains(&text)
                || function.name.to_lowercase().contains(&text)
                || function.service_name.to_lowercase().contains(&text))
    }

    fn is_empty(&self) -> bool {
        [&self.text, &self.platform, &self.region, &self.account]
            .iter()
            .all(|f| f.is_empty())
    }
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let sort = Sort::parse(ctx.params.get("sort"))?;
    let ascending = match ctx.params.get("dir") {
        None => sort == Sort::Name,
        Some("asc") => true,
        Some("desc") => false,
        Some(other) => return Err(BadParameter::new("dir", other, "asc or desc").into()),
    };
    let (store, window) = (ctx.store(), ctx.window());
    let (known, sums, before) = tokio::try_join!(
        functions::list(store),
        functions::sums(store, window),
        functions::sums(store, window.previous()),
    )?;
    let (now, before) = (fleet::by_id(&sums), fleet::by_id(&before));
    let health = fleet::judge(ctx, &known, &now, &before);
    let filter = Filter {
        text: ctx.params.text("q"),
        platform: ctx.params.text("platform"),
        region: ctx.params.text("region"),
        account: ctx.params.text("account"),
    };
    let mut entries: Vec<Entry<'_>> = known
        .iter()
        .filter(|function| filter.takes(function))
        .map(|function| Entry {
            function,
            sums: now
                .get(function.function_id.as_str())
                .copied()
                .cloned()
                .unwrap_or_default(),
            duration: Quantiles::default(),
        })
        .collect();
    let early = sort.needs_sketches() || ctx.format != Format::Html;
    if early {
        add_sketches(
            &mut entries,
            &functions::sketches(store, window, &[]).await?,
        );
    }
    sort_entries(&mut entries, sort, ascending);
    let page = page_number(ctx)?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&entries)));
    }
    let matching = entries.len();
    let start = (page * PAGE_ROWS).min(matching);
    let end = (start + PAGE_ROWS).min(matching);
    let mut shown: Vec<Entry<'_>> = entries.drain(start..end).collect();
    let sparks = details(ctx, &mut shown, !early).await?;
    let view = FunctionsView {
        columns: columns(ctx, sort, ascending),
        rows: shown.iter().map(|entry| row(ctx, entry, &sparks)).collect(),
        query: filter.text.clone(),
        platforms: choices(&known, &filter.platform, |f| {
            (f.platform.clone(), platform_name(&f.platform, &f.provider))
        }),
        regions: choices(&known, &filter.region, |f| {
            (f.region.clone(), f.region.clone())
        }),
        accounts: choices(&known, &filter.account, |f| {
            (f.account.clone(), f.account.clone())
        }),
        show_account: distinct(&known, |f| f.account.as_str()) > 1,
        hidden: ctx.hidden_fields(&["q", "platform", "region", "account", "page"]),
        filtered: !filter.is_empty(),
        clear: clear_link(ctx),
        shown: shown_text(start, end, matching, known.len()),
        previous: page
            .checked_sub(1)
            .map_or(String::new(), |p| page_link(ctx, p)),
        next: if end < matching {
            page_link(ctx, page + 1)
        } else {
            String::new()
        },
        none_known: known.is_empty(),
        connect: ctx.link("/connect", &[]),
    };
    let frame = Frame::new(ctx, "Functions", fleet::sentence(ctx, &health));
    Reply::page("functions/page.html", frame, &view)
}

/// Percentiles, unless known already, and sparklines of the rows that are shown.
async fn details(
    ctx: &Context,
    shown: &mut [Entry<'_>],
    sketches: bool,
) -> Result<HashMap<String, Svg>, PageError> {
    let ids: Vec<String> = shown
        .iter()
        .filter(|entry| entry.sums.invocations > 0)
        .map(|entry| entry.function.function_id.clone())
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (store, window) = (ctx.store(), ctx.window());
    let step_s = ctx.range.step_s(SPARK_BUCKETS);
    let sparks = functions::sparks(store, ctx.range.aligned(step_s), &ids, step_s);
    let rows = if sketches {
        let found;
        let rows;
        (found, rows) = tokio::try_join!(functions::sketches(store, window, &ids), sparks)?;
        add_sketches(shown, &found);
        rows
    } else {
        sparks.await?
    };
    let buckets = ctx.range.buckets(step_s);
    let index: HashMap<u32, usize> = buckets.iter().enumerate().map(|(i, b)| (*b, i)).collect();
    let mut totals: HashMap<&str, (Vec<u64>, Vec<u64>)> = HashMap::new();
    for row in &rows {
        let Some(i) = index.get(&row.bucket_s) else {
            continue;
        };
        let entry = totals
            .entry(&row.function_id)
            .or_insert_with(|| (vec![0; buckets.len()], vec![0; buckets.len()]));
        entry.0[*i] += row.invocations;
        entry.1[*i] += row.errors;
    }
    let draw = |(id, (all, bad)): (&str, (Vec<u64>, Vec<u64>))| {
        (
            id.to_owned(),
            spark::traffic(&all, &bad, "invocations over time, errors marked"),
        )
    };
    Ok(totals.into_iter().map(draw).collect())
}

fn add_sketches(entries: &mut [Entry<'_>], sketches: &[SketchRow]) {
    let by_id: HashMap<&str, &SketchRow> = sketches
        .iter()
        .map(|row| (row.function_id.as_str(), row))
        .collect();
    for entry in entries {
        if let Some(row) = by_id.get(entry.function.function_id.as_str()) {
            entry.duration = Quantiles::from_sketch(&row.duration);
        }
    }
}

/// Functions without a value stay at the end whichever way the others are sorted.
fn sort_entries(entries: &mut [Entry<'_>], sort: Sort, ascending: bool) {
    let figure = |entry: &Entry<'_>| -> Option<f64> {
        let sums = &entry.sums;
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        match sort {
            Sort::Name => None,
            Sort::Invocations => (sums.invocations > 0).then_some(sums.invocations as f64),
            Sort::Errors => share(sums.errors, sums.invocations),
            Sort::P50 => entry.duration.p50,
            Sort::P95 => entry.duration.p95,
            Sort::P99 => entry.duration.p99,
            Sort::ColdStarts => share(sums.cold_starts, sums.cold_start_known),
            Sort::LastSeen => Some(entry.function.last_seen_ms as f64),
        }
    };
    entries.sort_by(|a, b| {
        let by_name = || {
            let key = |e: &Entry<'_>| {
                (
                    e.function.name.to_lowercase(),
                    e.function.function_id.clone(),
                )
            };
            key(a).cmp(&key(b))
        };
        if sort == Sort::Name {
            return if ascending {
                by_name()
            } else {
                by_name().reverse()
            };
        }
        match (figure(a), figure(b)) {
            (Some(x), Some(y)) if ascending => x.total_cmp(&y).then_with(by_name),
            (Some(x), Some(y)) => y.total_cmp(&x).then_with(by_name),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => b
                .function
                .last_seen_ms
                .cmp(&a.function.last_seen_ms)
                .then_with(by_name),
        }
    });
}

fn row(ctx: &Context, entry: &Entry<'_>, sparks: &HashMap<String, Svg>) -> RowView {
    let (function, sums) = (entry.function, &entry.sums);
    let path = function_path(&function.function_id);
    let seen_ms = function.last_seen_ms;
    let idle = sums.invocations == 0;
    RowView {
        href: ctx.link(&path, &[]),
        name: format::bounded(&function.name, 80),
        id: format::bounded(&function.function_id, 200),
        platform: platform_name(&function.platform, &function.provider),
        region: format::bounded(&function.region, 32),
        account: format::bounded(&function.account, 40),
        invocations: if idle {
            format::UNKNOWN.into()
        } else {
            format::count(sums.invocations)
        },
        spark_svg: sparks
            .get(&function.function_id)
            .cloned()
            .unwrap_or_default(),
        errors: format::share(sums.errors, sums.invocations),
        errors_title: format!(
            "{} of {}",
            format::count(sums.errors),
            format::count(sums.invocations)
        ),
        errors_href: if sums.errors > 0 {
            format!("{}#errors", ctx.link(&path, &[]))
        } else {
            String::new()
        },
        tone: fleet::error_tone(sums.errors, sums.invocations),
        p50: format::maybe_duration_ms(entry.duration.p50),
        p95: format::maybe_duration_ms(entry.duration.p95),
        p99: format::maybe_duration_ms(entry.duration.p99),
        cold: format::share(sums.cold_starts, sums.cold_start_known),
        cold_title: cold_title(sums),
        seen: if idle && seen_ms < ctx.window().from.as_millis() {
            format!(
                "no data since {}",
                ctx.range.clock.short(ctx.now_ms(), seen_ms)
            )
        } else {
            format::ago(ctx.now_ms(), seen_ms)
        },
        seen_title: ctx.range.clock.exact(seen_ms),
        idle,
    }
}

fn cold_title(sums: &SumRow) -> String {
    if sums.cold_start_known == 0 {
        return "nobody told which starts were cold".to_owned();
    }
    format!(
        "{} of {} whose start is known",
        format::count(sums.cold_starts),
        format::count(sums.cold_start_known)
    )
}

fn columns(ctx: &Context, sort: Sort, ascending: bool) -> Vec<Column> {
    let class = |sort| match sort {
        Sort::Name => "",
        Sort::P50 | Sort::P99 => "num roomy",
        Sort::LastSeen => "num wide",
        Sort::ColdStarts => "num mid",
        _ => "num",
    };
    let column = |(this, key, label): (Sort, &'static str, &'static str)| {
        let sorted = this == sort;
        // Clicking the sorted column turns it round; a new one starts with what is worst.
        let wants_ascending = if sorted {
            !ascending
        } else {
            this == Sort::Name
        };
        let dir = if wants_ascending { "asc" } else { "desc" };
        Column {
            label,
            href: ctx.here(&[("sort", key), ("dir", dir), ("page", "")]),
            sorted: match (sorted, ascending) {
                (false, _) => "",
                (true, true) => "ascending",
                (true, false) => "descending",
            },
            class: class(this),
        }
    };
    Sort::ALL.into_iter().map(column).collect()
}

fn choices(
    known: &[FunctionRow],
    selected: &str,
    pick: impl Fn(&FunctionRow) -> (String, String),
) -> Vec<Choice> {
    const MOST: usize = 200;
    let mut counts: std::collections::BTreeMap<(String, String), usize> = Default::default();
    for function in known {
        let (value, label) = pick(function);
        if !value.is_empty() {
            *counts.entry((label, value)).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .take(MOST)
        .map(|((label, value), n)| Choice {
            selected: value == selected,
            label: format!("{} ({n})", format::bounded(&label, 40)),
            value,
        })
        .collect()
}

fn distinct<'a>(known: &'a [FunctionRow], pick: impl Fn(&'a FunctionRow) -> &'a str) -> usize {
    known
        .iter()
        .map(pick)
        .filter(|v| !v.is_empty())
        .collect::<std::collections::HashSet<_>>()
        .len()
}

fn page_number(ctx: &Context) -> Result<usize, BadParameter> {
    let Some(text) = ctx.params.get("page") else {
        return Ok(0);
    };
    match text.parse::<usize>() {
        Ok(n @ 1..=1_000) => Ok(n - 1),
        _ => Err(BadParameter::new("page", text, "a number from 1 to 1000")),
    }
}

fn page_link(ctx: &Context, page: usize) -> String {
    let number = if page == 0 {
        String::new()
    } else {
        (page + 1).to_string()
    };
    ctx.here(&[("page", &number)])
}

fn clear_link(ctx: &Context) -> String {
    ctx.here(&[
        ("q", ""),
        ("platform", ""),
        ("region", ""),
        ("account", ""),
        ("page", ""),
    ])
}

fn shown_text(start: usize, end: usize, matching: usize, known: usize) -> String {
    let all = format::counted(known as u64, "function", "functions");
    match (matching, end - start) {
        (0, _) => format!("none of {all}"),
        (m, n) if n == m && m == known => all,
        (m, n) if n == m => format!("{m} of {all}"),
        (m, _) if m == known => format!("{}–{end} of {all}", start + 1),
        (m, _) => format!("{}–{end} of {m} matching, {all} in all", start + 1),
    }
}

fn table(entries: &[Entry<'_>]) -> Table {
    let mut table = Table::new(
        "functions",
        &[
            "function_id",
            "name",
            "platform",
            "provider",
            "region",
            "account",
            "runtime",
            "architecture",
            "memory_size_mb",
            "invocations",
            "errors",
            "timeouts",
            "error_ratio",
            "duration_p50_ms",
            "duration_p95_ms",
            "duration_p99_ms",
            "cold_starts",
            "cold_start_known",
            "cold_start_ratio",
            "first_seen_ms",
            "last_seen_ms",
        ],
    );
    let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    for Entry {
        function,
        sums,
        duration,
    } in entries.iter().take(EXPORT_ROWS)
    {
        let text = |text: &str| Cell::from(text);
        table.row(vec![
            text(&function.function_id),
            text(&function.name),
            text(&function.platform),
            text(&function.provider),
            text(&function.region),
            text(&function.account),
            text(&function.runtime),
            text(&function.architecture),
            function.memory_size_mb.into(),
            sums.invocations.into(),
            sums.errors.into(),
            sums.timeouts.into(),
            ratio(sums.errors, sums.invocations).into(),
            duration.p50.into(),
            duration.p95.into(),
            duration.p99.into(),
            sums.cold_starts.into(),
            sums.cold_start_known.into(),
            ratio(sums.cold_starts, sums.cold_start_known).into(),
            function.first_seen_ms.into(),
            function.last_seen_ms.into(),
        ]);
    }
    table.truncated(entries.len() >= EXPORT_ROWS)
}

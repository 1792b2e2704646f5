//! The list of functions.

mod export;
mod sort;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use store::read::Quantiles;
use store::read::functions::{self, FunctionRow, SketchRow, SumRow};

use self::sort::{Column, Sort, columns, sort_entries};
use super::findings::Badge;
use super::fleet::{self, Health};
use crate::format;
use crate::parts::badge::platform_name;
use crate::parts::markup::Svg;
use crate::parts::spark;
use crate::range::BadParameter;
use crate::web::form::Choice;
use crate::web::frame::{Frame, Tone};
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply};

/// Rows of a page: two screens.
const PAGE_ROWS: usize = 50;
/// Buckets of a sparkline.
const SPARK_BUCKETS: u32 = 36;

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
    badge: Option<Badge>,
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

/// What the URL asks for.
struct Asked {
    sort: Sort,
    ascending: bool,
    filter: Filter,
    page: usize,
}

impl Asked {
    fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let sort = Sort::parse(ctx.params.get("sort"))?;
        let ascending = match ctx.params.get("dir") {
            None => sort == Sort::Name,
            Some("asc") => true,
            Some("desc") => false,
            Some(other) => return Err(BadParameter::new("dir", other, "asc or desc")),
        };
        let filter = Filter {
            text: ctx.params.text("q"),
            platform: ctx.params.text("platform"),
            region: ctx.params.text("region"),
            account: ctx.params.text("account"),
        };
        Ok(Self {
            sort,
            ascending,
            filter,
            page: page_number(ctx)?,
        })
    }
}

/// The rows of one page of the list.
struct Shown<'a> {
    rows: Vec<Entry<'a>>,
    sparks: HashMap<String, Svg>,
    start: usize,
    matching: usize,
}

fn entries<'a>(known: &'a [FunctionRow], sums: &[SumRow], filter: &Filter) -> Vec<Entry<'a>> {
    let now = fleet::by_id(sums);
    known
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
        .collect()
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let asked = Asked::read(ctx)?;
    let (store, window) = (ctx.store(), ctx.window());
    let (known, sums, before) = tokio::try_join!(
        functions::list(store),
        functions::sums(store, window),
        functions::sums(store, window.previous()),
    )?;
    let mut entries = entries(&known, &sums, &asked.filter);
    // Percentiles of all functions are read only where they decide about the order.
    let early = asked.sort.needs_sketches() || ctx.format != Format::Html;
    if early {
        add_sketches(
            &mut entries,
            &functions::sketches(store, window, &[]).await?,
        );
    }
    sort_entries(&mut entries, asked.sort, asked.ascending);
    if ctx.format != Format::Html {
        return Ok(Reply::Table(export::table(&entries)));
    }
    let matching = entries.len();
    let start = (asked.page * PAGE_ROWS).min(matching);
    let end = (start + PAGE_ROWS).min(matching);
    let mut shown: Vec<Entry<'_>> = entries.drain(start..end).collect();
    let sparks = details(ctx, &mut shown, !early).await?;
    let health = fleet::judge(ctx, &known, &fleet::by_id(&sums), &fleet::by_id(&before));
    reply(
        ctx,
        &asked,
        &known,
        &health,
        &Shown {
            rows: shown,
            sparks,
            start,
            matching,
        },
    )
}

fn reply(
    ctx: &Context,
    asked: &Asked,
    known: &[FunctionRow],
    health: &Health,
    shown: &Shown<'_>,
) -> Result<Reply, PageError> {
    let filter = &asked.filter;
    let end = shown.start + shown.rows.len();
    let view = FunctionsView {
        columns: columns(ctx, asked.sort, asked.ascending),
        rows: shown
            .rows
            .iter()
            .map(|entry| row(ctx, entry, &shown.sparks))
            .collect(),
        query: filter.text.clone(),
        platforms: choices(known, &filter.platform, |f| {
            (f.platform.clone(), platform_name(&f.platform, &f.provider))
        }),
        regions: choices(known, &filter.region, |f| {
            (f.region.clone(), f.region.clone())
        }),
        accounts: choices(known, &filter.account, |f| {
            (f.account.clone(), f.account.clone())
        }),
        show_account: distinct(known, |f| f.account.as_str()) > 1,
        hidden: ctx.hidden_fields(&["q", "platform", "region", "account", "page"]),
        filtered: !filter.is_empty(),
        clear: clear_link(ctx),
        shown: shown_text(shown.start, end, shown.matching, known.len()),
        previous: asked
            .page
            .checked_sub(1)
            .map_or(String::new(), |p| page_link(ctx, p)),
        next: if end < shown.matching {
            page_link(ctx, asked.page + 1)
        } else {
            String::new()
        },
        none_known: known.is_empty(),
        connect: ctx.link("/connect", &[]),
    };
    let frame = Frame::new(ctx, "Functions", fleet::sentence(ctx, health));
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
    Ok(spark::by_function(&rows, &ctx.range.full_buckets(step_s)))
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
        badge: Badge::of(ctx, &function.function_id),
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

fn choices(
    known: &[FunctionRow],
    selected: &str,
    pick: impl Fn(&FunctionRow) -> (String, String),
) -> Vec<Choice> {
    const MOST: usize = 200;
    let mut counts: BTreeMap<(String, String), usize> = Default::default();
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
        .collect::<HashSet<_>>()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, hostile_function, html};

    #[test]
    fn a_hostile_name_is_text_and_a_function_without_data_says_since_when() {
        let ctx = context("/functions", "q=%3Cscript%3E&sort=p95");
        let mut idle = hostile_function("idle");
        idle.last_seen_ms = ctx.window().from.as_millis() - 1;
        let known = [hostile_function("<script>alert(1)</script>"), idle];
        let sums = [SumRow {
            function_id: known[0].function_id.clone(),
            invocations: 10,
            errors: 5,
            last_minute_ms: ctx.now_ms(),
            ..SumRow::default()
        }];
        let asked = Asked::read(&ctx).expect("parameters");
        let now = fleet::by_id(&sums);
        let health = fleet::judge(&ctx, &known, &now, &HashMap::new());
        let rows = entries(&known, &sums, &Filter::default());
        let shown = Shown {
            rows,
            sparks: HashMap::new(),
            start: 0,
            matching: 2,
        };
        let page = html(&ctx, reply(&ctx, &asked, &known, &health, &shown));
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(
            page.contains("no data since") && page.contains("1 of 2"),
            "{page}"
        );
    }

    #[test]
    fn no_function_at_all_shows_the_way_to_connect_one() {
        let ctx = context("/functions", "");
        let asked = Asked::read(&ctx).expect("parameters");
        let shown = Shown {
            rows: vec![],
            sparks: HashMap::new(),
            start: 0,
            matching: 0,
        };
        let page = html(&ctx, reply(&ctx, &asked, &[], &Health::default(), &shown));
        assert!(page.contains("Nothing has arrived yet") && page.contains("href=\"/connect\""));
    }

    #[test]
    fn bad_parameters_are_named() {
        for (query, parameter) in [("sort=x", "sort"), ("dir=up", "dir"), ("page=0", "page")] {
            let error = Asked::read(&context("/functions", query))
                .err()
                .expect(query);
            assert_eq!(error.parameter, parameter);
        }
    }

    #[test]
    fn functions_without_a_value_stay_at_the_end_either_way() {
        let known = ["a", "b", "c"].map(hostile_function);
        let sums = |i: usize, invocations| SumRow {
            function_id: known[i].function_id.clone(),
            invocations,
            ..SumRow::default()
        };
        let rows = [sums(0, 5), sums(2, 9)];
        for (ascending, want) in [(true, ["a", "c", "b"]), (false, ["c", "a", "b"])] {
            let mut entries = entries(&known, &rows, &Filter::default());
            sort_entries(&mut entries, Sort::Invocations, ascending);
            let names: Vec<&str> = entries.iter().map(|e| e.function.name.as_str()).collect();
            assert_eq!(names, want);
        }
    }
}

//! Costs of a month: what it comes to, what it will, and where each figure comes from.

mod ask;
mod by;
mod chart;
mod export;
pub(crate) mod focus;
pub(crate) mod function;
mod group;
mod ledger;
pub(crate) mod month;
mod proof;
mod rows;
mod sentence;
mod what_if;
mod why;

use std::collections::HashMap;

use analyzers::cost::{Books, LineItem};
use analyzers::money::Usd;
use analyzers::pace::{Projection, TooFew};
use serde::Serialize;
use store::model::Usage;
use store::read::usage::GroupDay;

use self::by::{By, Tags};
use self::group::{Column, Group, Sort};
use self::ledger::{Ledger, Spent};
use self::month::{Month, MonthChoice};
use self::what_if::WhatIf;
use crate::format;
use crate::pages::deploys::marks::marks;
use crate::parts::chart::{ChartView, Mark};
use crate::range::BadParameter;
use crate::web::form::Choice;
use crate::web::frame::Frame;
use crate::web::link::{segment, with_query};
use crate::web::{Context, Format, PageError, Reply};

/// Rows of a page: two screens.
const PAGE_ROWS: usize = 50;
/// Longest group key that is read from the address, bytes.
const MAX_KEY_BYTES: usize = 1_000;

#[derive(Serialize)]
struct CostsView {
    months: Vec<MonthChoice>,
    bys: Vec<Choice>,
    ifs: Vec<Choice>,
    hidden: Vec<(String, String)>,
    advice_href: String,
    focus_href: String,
    what_if: String,
    what_if_clear: String,
    of: String,
    of_clear: String,
    nothing: String,
    connect: String,
    chart: ChartView,
    heading: String,
    shown: String,
    columns: Vec<Column>,
    rows: Vec<rows::RowView>,
    previous: String,
    next: String,
    bill: proof::BillView,
    bill_title: String,
    unpriced: Vec<(String, String)>,
}

/// What the URL asks for.
struct Asked {
    month: Month,
    by: By,
    /// One group of it; `None` for all.
    of: Option<String>,
    what_if: WhatIf,
    sort: Sort,
    ascending: bool,
    page: usize,
}

impl Asked {
    fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let (sort, ascending) = Sort::read(ctx)?;
        let of = ctx
            .params
            .iter()
            .find(|(key, _)| *key == "of")
            .map(|(_, value)| value.to_owned());
        if let Some(of) = of.as_ref().filter(|of| of.len() > MAX_KEY_BYTES) {
            return Err(BadParameter::new("of", of, "no group has so long a name"));
        }
        let page = match ctx
            .params
            .get("page")
            .map(|text| (text, text.parse::<usize>()))
        {
            None => 0,
            Some((_, Ok(n @ 1..=1_000))) => n - 1,
            Some((text, _)) => {
                return Err(BadParameter::new("page", text, "a number from 1 to 1000"));
            }
        };
        Ok(Self {
            month: Month::read(ctx)?,
            by: By::read(ctx)?,
            of,
            what_if: WhatIf::read(ctx)?,
            sort,
            ascending,
            page,
        })
    }

    /// What the rows are: the functions of a group, the versions of a function.
    fn rows_by(&self) -> By {
        match (&self.of, &self.by) {
            (None, by) => by.clone(),
            (Some(_), By::Function | By::Version) => By::Version,
            (Some(_), _) => By::Function,
        }
    }
}

/// What the store told.
struct Known {
    usage: Vec<Usage>,
    before: Vec<Usage>,
    tags: Tags,
    tag_keys: Vec<String>,
    days: Vec<GroupDay>,
    days_before: Vec<GroupDay>,
    /// Deploys of the month: of the function asked for, or of all.
    marks: Vec<Mark>,
}

/// The page of a function's costs.
pub(crate) fn function_costs_path(id: &str) -> String {
    format!("/costs/{}", segment(id))
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let asked = Asked::read(ctx)?;
    let books = asked.what_if.books(&ctx.app.books)?;
    let known = know(ctx, &asked).await?;
    let now_s = ctx.now.as_secs();
    let usage = asked.what_if.usage(known.usage.clone());
    let ledger = Ledger::of(&books, usage, asked.month, now_s);
    let part = asked
        .of
        .as_ref()
        .map(|of| part(&books, &ledger, &asked, &known, of, now_s));
    let shown_by = asked.rows_by();
    let spent = part.as_ref().map_or(&ledger.spent, |part| &part.spent);
    let mut groups = group::groups(spent, &shown_by, &known.tags);
    group::sort(&mut groups, &shown_by, asked.sort, asked.ascending);
    if ctx.format != Format::Html {
        return Ok(Reply::Table(export::table(
            asked.month,
            &shown_by,
            &groups,
            &ledger,
        )));
    }
    let start = (asked.page * PAGE_ROWS).min(groups.len());
    let end = (start + PAGE_ROWS).min(groups.len());
    let sparks = sparks(ctx, &books, &asked, &known, &groups[start..end]).await?;
    let bill = Laid {
        books: &books,
        ledger: &ledger,
        part: part.as_ref(),
        groups: &groups,
        start,
        end,
        sparks: &sparks,
    };
    reply(ctx, &asked, &known, &bill)
}

async fn know(ctx: &Context, asked: &Asked) -> Result<Known, PageError> {
    let of = asked.of.as_slice();
    let month = asked.month;
    let tags = ask::tags(ctx, &asked.by).await?;
    let by = asked.of.as_ref().map(|_| (&asked.by, &tags));
    let function = match (&asked.of, &asked.by) {
        (Some(of), By::Function) => of.as_str(),
        _ => "",
    };
    let asked_of_store = async {
        Ok::<_, PageError>(tokio::try_join!(
            ask::usage(ctx, month, &[]),
            store::read::tags::keys(ctx.store()),
            ask::days(ctx, month, by, of),
        )?)
    };
    let ((usage, tag_keys, days), marks) =
        tokio::try_join!(asked_of_store, marks(ctx, month.window(), function))?;
    Ok(Known {
        usage: usage.month,
        before: usage.before,
        tags,
        tag_keys: tag_keys.into_iter().map(|tag| tag.key).collect(),
        days: days.month,
        days_before: days.before,
        marks,
    })
}

/// The use of one group by itself, before free grants.
fn part(
    books: &Books,
    ledger: &Ledger,
    asked: &Asked,
    known: &Known,
    of: &str,
    now_s: i64,
) -> Ledger {
    let inside = |spent: &&Spent| asked.by.key(&spent.usage, &spent.id, &known.tags) == of;
    let usage = ledger
        .spent
        .iter()
        .filter(inside)
        .map(|spent| spent.usage.clone())
        .collect();
    Ledger::of(
        &books.clone().with_free_tier(false),
        usage,
        asked.month,
        now_s,
    )
}

/// Sparklines of the shown rows. Where rows cut through functions their days are not told apart.
async fn sparks(
    ctx: &Context,
    books: &Books,
    asked: &Asked,
    known: &Known,
    shown: &[Group],
) -> Result<HashMap<String, Vec<u64>>, PageError> {
    let whole = asked.of.is_none() || asked.by.is_of_functions();
    if shown.is_empty() || !whole {
        return Ok(HashMap::new());
    }
    let keys: Vec<String> = shown.iter().map(|group| group.key.clone()).collect();
    let by = asked.rows_by();
    let rows = ask::group_days(ctx, asked.month.days(), Some((&by, &known.tags)), &keys).await?;
    let costs = ask::day_costs(books, asked.month, ctx.now.as_secs(), &rows);
    Ok(costs
        .into_iter()
        .map(|(key, days)| (key, ask::spark(&days)))
        .collect())
}

/// The bill laid out.
struct Laid<'a> {
    books: &'a Books,
    ledger: &'a Ledger,
    part: Option<&'a Ledger>,
    groups: &'a [Group],
    start: usize,
    end: usize,
    sparks: &'a HashMap<String, Vec<u64>>,
}

/// Costs of all days together, of this month and the one before.
struct Paced {
    days: chart::Days,
    before: chart::Days,
    projection: Option<Result<Projection, TooFew>>,
}

fn pace(ctx: &Context, asked: &Asked, known: &Known, laid: &Laid<'_>) -> Paced {
    let (month, now_s) = (asked.month, ctx.now.as_secs());
    let all = |month: Month, rows: &[GroupDay]| {
        let costs = ask::day_costs(laid.books, month, now_s, rows);
        costs.into_values().next().unwrap_or_default()
    };
    let (days, before) = (
        all(month, &known.days),
        all(month.before(), &known.days_before),
    );
    let running = month.is_running(ctx.now_ms()) && asked.of.is_none();
    let projection = running.then(|| {
        let gross: Usd = days.iter().flatten().copied().sum();
        let projected = ask::project(month, now_s, gross, &before, &days)?;
        Ok(ask::billed(
            laid.books,
            month,
            &known.days,
            gross,
            projected,
        ))
    });
    Paced {
        days,
        before,
        projection,
    }
}

fn reply(ctx: &Context, asked: &Asked, known: &Known, laid: &Laid<'_>) -> Result<Reply, PageError> {
    let paced = pace(ctx, asked, known, laid);
    let sentence = said(ctx, asked, known, laid, &paced);
    let view = view(ctx, asked, known, laid, &paced);
    let frame = Frame::new(ctx, "Costs", sentence).without_range();
    Reply::page("costs/page.html", frame, &view)
}

/// Whether a month can be compared with: one that was watched from its first days on.
fn is_whole(days: &chart::Days) -> bool {
    days.iter().take(2).any(Option::is_some)
}

fn said(
    ctx: &Context,
    asked: &Asked,
    known: &Known,
    laid: &Laid<'_>,
    paced: &Paced,
) -> crate::web::frame::Sentence {
    let bill = &laid.ledger.bill;
    let functions = group::groups(&laid.ledger.spent, &By::Function, &known.tags);
    let dearest = functions.iter().max_by_key(|group| group.cost);
    let before = Ledger::of(
        laid.books,
        known.before.clone(),
        asked.month.before(),
        ctx.now.as_secs(),
    );
    let unpriced = laid.ledger.unpriced().iter().map(|(_, n)| n).sum();
    sentence::sentence(
        ctx,
        &sentence::Said {
            month: asked.month,
            total: laid.ledger.total(),
            granted: ledger::usd(&bill.granted()),
            used: laid.ledger.spent.iter().map(|spent| spent.cost).sum(),
            projection: paced.projection,
            before: is_whole(&paced.before).then(|| before.total()),
            dearest,
            unpriced,
        },
    )
}

fn view(ctx: &Context, asked: &Asked, known: &Known, laid: &Laid<'_>, paced: &Paced) -> CostsView {
    let (month, by) = (asked.month, asked.rows_by());
    let shown_by = rows::Whole {
        by: &by,
        total: laid.groups.iter().map(|group| group.cost).sum(),
        sparks: laid.sparks,
    };
    let now_s = ctx.now.as_secs();
    let name = month.name(ctx.now_ms());
    let of_name = asked.of.as_ref().map(|of| asked.by.name(of).0);
    let shown = &laid.groups[laid.start..laid.end];
    let projection = paced.projection.as_ref().and_then(|p| p.as_ref().ok());
    CostsView {
        months: month.choices(ctx.now_ms()),
        bys: asked.by.choices(&known.tag_keys),
        ifs: asked.what_if.choices(&ctx.app.books),
        hidden: ctx.hidden_fields(&["month", "by", "if", "of", "page"]),
        advice_href: ctx.link("/advice", &[]),
        focus_href: with_query("/costs/focus.csv", [("month", month.value().as_str())]),
        what_if: asked
            .what_if
            .sentence(&ctx.app.books, &known.usage, laid.ledger, month, now_s),
        what_if_clear: ctx.here(&[("if", "")]),
        of: of_name
            .as_ref()
            .map_or(String::new(), |of| format!("{}: {of}", asked.by.label())),
        of_clear: ctx.here(&[("of", ""), ("page", "")]),
        nothing: match known.usage.is_empty() {
            true => format!("Nothing ran in {name}"),
            false => String::new(),
        },
        connect: ctx.link("/connect", &[]),
        chart: chart::chart(
            ctx,
            month,
            (&paced.days, &paced.before),
            projection,
            &known.marks,
        ),
        heading: format!("Costs by {}", by.label().to_lowercase()),
        shown: shown_text(laid, &shown_by),
        columns: group::columns(ctx, &by, asked.sort, asked.ascending),
        rows: shown
            .iter()
            .map(|group| rows::row(ctx, &shown_by, group))
            .collect(),
        previous: asked
            .page
            .checked_sub(1)
            .map_or(String::new(), |page| page_link(ctx, page)),
        next: match laid.end < laid.groups.len() {
            true => page_link(ctx, asked.page + 1),
            false => String::new(),
        },
        bill: bill(asked, laid),
        bill_title: match of_name {
            Some(of) => format!("What {of} is charged for"),
            None => format!("The bill of {name}"),
        },
        unpriced: (laid.ledger.unpriced().into_iter().take(20))
            .map(|(why, n)| (format::bounded(&why, 300), format::count(n)))
            .collect(),
    }
}

fn bill(asked: &Asked, laid: &Laid<'_>) -> proof::BillView {
    let Some(part) = laid.part else {
        return proof::of_bill(laid.ledger, ask::question(asked.month, &[]));
    };
    let mut ids: Vec<String> = part
        .spent
        .iter()
        .map(|s| s.usage.function_id.clone())
        .collect();
    ids.dedup();
    let standing =
        |line: &LineItem| asked.by == By::Function && asked.of.as_ref() == Some(&line.function_id);
    proof::of_part(part, standing, ask::question(asked.month, &ids))
}

fn shown_text(laid: &Laid<'_>, whole: &rows::Whole<'_>) -> String {
    let groups = laid.groups.len();
    let all = format!("{} before free grants", format::money(whole.total));
    match laid.end - laid.start {
        n if n == groups => format!("{n} of {n}, together {all}"),
        _ => format!(
            "{}–{} of {groups}, all together {all}",
            laid.start + 1,
            laid.end
        ),
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

#[cfg(test)]
mod tests;

//! What one function costs: over time, by version, why it changed, what could be changed, and elsewhere.

use analyzers::advice::elsewhere::{Alternative, elsewhere};
use analyzers::advice::{Declined, advise};
use analyzers::carbon::{self, Carbon};
use analyzers::cost::Books;
use analyzers::money::Usd;
use serde::Serialize;
use store::model::{FunctionId, Usage};
use store::read::functions;

use super::by::{self, By};
use super::ledger::{Ledger, Spent, usd};
use super::month::{Month, MonthChoice};
use super::{ask, chart, export, group, proof, why};
use crate::format;
use crate::pages::advice::{AdviceView, Gathered, WINDOW_DAYS, view};
use crate::pages::deploys::marks::marks;
use crate::parts::chart::{ChartView, Mark};
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::{function_path, unsegment};
use crate::web::{Context, Format, PageError, Reply};

/// Versions shown: two screens.
const MAX_VERSIONS: usize = 50;

#[derive(Serialize)]
struct VersionView {
    version: String,
    size: String,
    invocations: String,
    billed: String,
    cost: String,
    per_thousand: String,
    waste: String,
    init: String,
}

#[derive(Serialize)]
struct PlaceView {
    name: &'static str,
    cost: String,
    assumes: &'static str,
    here: bool,
}

#[derive(Serialize)]
struct FunctionCosts {
    action: String,
    hidden: Vec<(String, String)>,
    months: Vec<MonthChoice>,
    function_href: String,
    nothing: String,
    why: String,
    chart: ChartView,
    versions: Vec<VersionView>,
    advice: Vec<AdviceView>,
    advice_note: String,
    declined: Vec<(&'static str, String)>,
    elsewhere: Vec<PlaceView>,
    elsewhere_note: String,
    bill: proof::BillView,
    carbon: Vec<String>,
    carbon_note: String,
}

/// What is known of the function.
struct Known {
    id: FunctionId,
    text: String,
    month: Month,
    ledger: Ledger,
    before: Ledger,
    days: chart::Days,
    days_before: chart::Days,
    marks: Vec<Mark>,
    advice: Vec<AdviceView>,
    declined: Vec<Declined>,
    elsewhere: Vec<Alternative>,
    /// What all functions cost, before free grants.
    all: Usd,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let raw = ctx.path.strip_prefix("/costs/").unwrap_or("");
    let text = unsegment(raw).unwrap_or_default();
    let month = Month::read(ctx)?;
    let Some(function) = functions::one(ctx.store(), &text).await? else {
        return Err(PageError::NotFound {
            what: format!("No function {} is known.", format::bounded(&text, 200)),
            help: "It may be older than the retention. The list of costs has those that ran."
                .to_owned(),
        });
    };
    let known = know(ctx, month, function).await?;
    if ctx.format != Format::Html {
        let groups = group::groups(&known.ledger.spent, &By::Version, &by::Tags::new());
        return Ok(Reply::Table(export::table(
            month,
            &By::Version,
            &groups,
            &known.ledger,
        )));
    }
    let frame = Frame::new(
        ctx,
        format::bounded(&known.id.name, 80),
        sentence(ctx, &known),
    )
    .with_crumb(
        "Costs",
        ctx.link(
            "/costs",
            &[("month", ctx.params.get("month").unwrap_or(""))],
        ),
    )
    .without_range();
    Reply::page("costs/function.html", frame, &costs_view(ctx, &known))
}

async fn know(
    ctx: &Context,
    month: Month,
    function: functions::FunctionRow,
) -> Result<Known, PageError> {
    let text = function.function_id.clone();
    let ids = [text.clone()];
    let none = by::Tags::new();
    let grouped = Some((&By::Function, &none));
    let asked_of_store = async {
        Ok::<_, PageError>(tokio::try_join!(
            ask::usage(ctx, month, &ids),
            ask::group_days(ctx, month.days(), None, &[]),
            ask::days(ctx, month, grouped, &ids),
        )?)
    };
    let ((usage, all, days), marks) =
        tokio::try_join!(asked_of_store, marks(ctx, month.window(), &text))?;
    let gathered = Gathered::ask(ctx, vec![function]).await?;
    let books = &ctx.app.books;
    let now_s = ctx.now.as_secs();
    let ungranted = Books::clone(books).with_free_tier(false);
    let (mut advice, mut declined, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for recorded in gathered.recorded() {
        let (found, none) = advise(&recorded, &**books, ctx.now);
        advice.extend(found.iter().map(|piece| view(ctx, piece, false)));
        declined.extend(none);
        places.extend(elsewhere(&recorded, &**books));
    }
    let costs = |month: Month, rows| {
        let found = ask::day_costs(books, month, now_s, rows);
        found.into_values().next().unwrap_or_default()
    };
    let all = ask::day_costs(books, month, now_s, &all);
    Ok(Known {
        id: text.parse().unwrap_or_default(),
        month,
        ledger: Ledger::of(&ungranted, usage.month, month, now_s),
        before: Ledger::of(&ungranted, usage.before, month.before(), now_s),
        days: costs(month, &days.month),
        days_before: costs(month.before(), &days.before),
        marks,
        all: all.into_values().flatten().flatten().sum(),
        text,
        advice,
        declined,
        elsewhere: places,
    })
}

fn cost(ledger: &Ledger) -> Usd {
    ledger.spent.iter().map(|spent| spent.cost).sum()
}

fn standing(known: &Known) -> Usd {
    let lines = known
        .ledger
        .bill
        .payers
        .iter()
        .flat_map(|payer| &payer.lines);
    let own = lines.filter(|line| line.standing && line.function_id == known.text);
    own.map(|line| usd(&line.gross)).sum()
}

fn sentence(ctx: &Context, known: &Known) -> Sentence {
    let name = known.month.name(ctx.now_ms());
    let spent = cost(&known.ledger);
    if known.ledger.spent.is_empty() {
        return Sentence::new(Tone::Quiet)
            .name(&known.id.name, ctx.link(&function_path(&known.text), &[]))
            .say(format!(" did not run in {name}."));
    }
    let so_far = if known.month.is_running(ctx.now_ms()) {
        " so far"
    } else {
        ""
    };
    let mut sentence = Sentence::new(Tone::Quiet)
        .name(&known.id.name, ctx.link(&function_path(&known.text), &[]))
        .say(" cost ")
        .link(format::money(spent), "#bill")
        .say(format!(" in {name}{so_far}, before free grants"));
    let n: u64 = known.ledger.spent.iter().map(|s| s.usage.invocations).sum();
    if n > 0 {
        let each = format::money(spent.scale(1_000, n));
        sentence = sentence.say(format!("; {each} per thousand invocations"));
    }
    if let Some(share) = spent.share_of(known.all) {
        sentence = sentence.say(format!("; {} of all", format::ratio(share.min(1.0))));
    }
    let kept = standing(known);
    if kept.pico() > 0 {
        sentence = sentence.say(format!(
            "; {} more for what stands ready",
            format::money(kept)
        ));
    }
    sentence.say(".")
}

fn costs_view(ctx: &Context, known: &Known) -> FunctionCosts {
    let month = known.month;
    let name = month.name(ctx.now_ms());
    let emitted = emitted(&known.ledger.spent);
    FunctionCosts {
        action: ctx.path.clone(),
        hidden: ctx.hidden_fields(&["month"]),
        months: month.choices(ctx.now_ms()),
        function_href: ctx.link(&function_path(&known.text), &[]),
        nothing: match known.ledger.spent.is_empty() {
            true => format!("It did not run in {name}"),
            false => String::new(),
        },
        why: changed(ctx, known),
        chart: chart::chart(
            ctx,
            month,
            (&known.days, &known.days_before),
            None,
            &known.marks,
        ),
        versions: versions(&known.ledger.spent),
        advice_note: format!("from the last {WINDOW_DAYS} days"),
        declined: (known.declined.iter())
            .map(|none| (none.topic.name(), format::bounded(&none.reason, 240)))
            .collect(),
        elsewhere: known.elsewhere.iter().map(place).collect(),
        elsewhere_note: format!(
            "the last {WINDOW_DAYS} days at list price, without start-ups and free grants; an interval, for each \
             platform rounds each call its own way"
        ),
        bill: proof::of_part(
            &known.ledger,
            |line| line.function_id == known.text,
            ask::question(month, std::slice::from_ref(&known.text)),
        ),
        carbon: match &emitted {
            Some(carbon) => carbon::formula(&known.text, carbon),
            None => vec!["No coefficients are known for this provider.".to_owned()],
        },
        carbon_note: emitted.map_or(String::new(), |carbon| {
            let word = if carbon.assumed {
                ", partly assumed"
            } else {
                ""
            };
            format!(
                "{} CO₂e in {name}, estimated{word}",
                format::grams(carbon.grams)
            )
        }),
        advice: known.advice.clone(),
    }
}

/// Why it costs another amount than in the month before.
fn changed(ctx: &Context, known: &Known) -> String {
    let rows = |ledger: &Ledger| -> Vec<Usage> {
        ledger
            .spent
            .iter()
            .map(|spent| spent.usage.clone())
            .collect()
    };
    let month = known.month;
    if !super::is_whole(&known.days_before) {
        return String::new();
    }
    let gone = (ctx.now.as_secs() - month.first_s()) as f64 / 86_400.0;
    let (all, before) = (
        month.days_s().len() as f64,
        month.before().days_s().len() as f64,
    );
    let scale = gone.clamp(0.1, all) / before;
    let was = cost(&known.before);
    let told = why::why(
        &rows(&known.before),
        was,
        &rows(&known.ledger),
        cost(&known.ledger),
        scale,
    );
    told.map_or(String::new(), |text| {
        let name = month.before().name(ctx.now_ms());
        format!(
            "Against {name}, which cost {}, day for day: {text}",
            format::money(was)
        )
    })
}

fn emitted(spent: &[Spent]) -> Option<Carbon> {
    let mut known = spent.iter().filter_map(|spent| spent.carbon.as_ref());
    let mut sum = known.next()?.clone();
    known.for_each(|more| sum.add(more));
    Some(sum)
}

fn place(place: &Alternative) -> PlaceView {
    PlaceView {
        name: place.name,
        cost: match &place.cost {
            Ok(range) => {
                let (low, high) = (format::money(range.low), format::money(range.high));
                if low == high {
                    low
                } else {
                    format!("{low} – {high}")
                }
            }
            Err(reason) => reason.clone(),
        },
        assumes: place.assumes,
        here: place.here,
    }
}

/// By version, memory and architecture, the dearest first.
fn versions(spent: &[Spent]) -> Vec<VersionView> {
    let key = |s: &Spent| {
        (
            s.usage.version.clone(),
            s.usage.memory_mb,
            s.usage.architecture.clone(),
        )
    };
    let mut found: std::collections::BTreeMap<(String, u32, String), (group::Group, u64)> =
        Default::default();
    for one in spent {
        let (sum, billed_ms) = found.entry(key(one)).or_default();
        sum.add(one);
        *billed_ms += one.usage.billed_ms;
    }
    let mut rows: Vec<_> = found.into_iter().collect();
    rows.sort_by_key(|(_, (sum, _))| std::cmp::Reverse(sum.cost));
    let part = |amount: Usd, of: Usd| {
        amount
            .share_of(of)
            .map_or(format::UNKNOWN.to_owned(), format::ratio)
    };
    rows.into_iter()
        .take(MAX_VERSIONS)
        .map(
            |((version, memory_mb, architecture), (sum, billed_ms))| VersionView {
                version: match version.as_str() {
                    "" => "no version told".to_owned(),
                    told => format::bounded(told, 60),
                },
                size: size(memory_mb, &architecture),
                invocations: format::count(sum.invocations),
                billed: match sum.invocations {
                    0 => format::UNKNOWN.to_owned(),
                    n => format::duration_ms(billed_ms as f64 / n as f64),
                },
                cost: format::money(sum.cost),
                per_thousand: sum
                    .per_thousand()
                    .map_or(format::UNKNOWN.to_owned(), format::money),
                waste: part(sum.waste, sum.cost),
                init: part(sum.init, sum.cost),
            },
        )
        .collect()
}

fn size(memory_mb: u32, architecture: &str) -> String {
    let memory = match memory_mb {
        0 => "memory not told".to_owned(),
        mb => format::memory_mb(mb),
    };
    match architecture {
        "" => memory,
        told => format!("{memory} · {}", format::bounded(told, 12)),
    }
}

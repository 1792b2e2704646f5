//! One SLO: how its budget burns, which alerts say what and why, and what explains the bad events.

use analyzers::slo::catalogue::{Entry, Origin};
use analyzers::slo::keep::burn::{self, KIND};
use analyzers::slo::report::{Contributor, forecast, span};
use serde::Serialize;
use store::findings::{self, Filter};
use store::model::{Finding, FunctionId, State};
use store::slos::TEXT_BYTES_MAX;

use super::ask::{Known, Row};
use super::series::{self, Series};
use super::worst::{self, Over};
use super::{RowView, export, fine, left, row_view};
use crate::format;
use crate::parts::chart::ChartView;
use crate::range::BadParameter;
use crate::web::form::Choice;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::{function_path, unsegment};
use crate::web::{Context, Format, PageError, Reply};

/// Contributors on the page.
const CONTRIBUTORS_MAX: usize = 12;
/// Findings of its past on the page.
const HISTORY_MAX: usize = 20;
/// Groups to choose from on the page.
const GROUPS_MAX: usize = 100;

#[derive(Serialize)]
struct AlertView {
    name: String,
    needs: String,
    tone: Tone,
    why: &'static str,
}

#[derive(Serialize)]
struct ContributorView {
    what: String,
    href: String,
    traces: String,
    bad: String,
    share: String,
    lift: String,
}

#[derive(Serialize)]
struct PastView {
    when: String,
    href: String,
    title: String,
    state: &'static str,
}

#[derive(Serialize)]
struct OneView {
    facts: Vec<(&'static str, String)>,
    charts: Vec<ChartView>,
    alerts: Vec<AlertView>,
    contributors: Vec<ContributorView>,
    /// Over which time; empty where nothing is told apart.
    over: Vec<Choice>,
    /// What a form of the page keeps.
    kept: Vec<(String, String)>,
    report: String,
    badge: String,
    past: Vec<PastView>,
    groups: Vec<RowView>,
    groups_note: String,
    text: String,
    text_max: usize,
    file: String,
    action: String,
    fault: String,
    preview: String,
}

/// What was written into the form, and what came of it.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) fault: String,
    pub(super) preview: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    show(ctx, None).await
}

/// The page, with a draft in its form if there is one.
pub(super) async fn show(ctx: &Context, draft: Option<Draft>) -> Result<Reply, PageError> {
    let name = name_in(&ctx.path)?;
    let known = super::ask::known(ctx, Some(&name)).await?;
    exists(&known, &name)?;
    let row = chosen(ctx, &known);
    let series = match row {
        Some(row) => series::ask(ctx, known.entry(row), row).await?,
        None => Series::default(),
    };
    if ctx.format != Format::Html {
        let table = export::table(&known)
            .with(
                "openslo",
                known.catalogue.entries[0].text.to_string().into(),
            )
            .with("series", series.json());
        return Ok(Reply::Table(table));
    }
    let past = past(ctx, &known).await?;
    let (found, charts) = match row {
        Some(row) => {
            let entry = known.entry(row);
            let behind = series::behind(ctx, entry, row).await?;
            let found = worst::ask(ctx, entry, row).await?;
            (found, series.charts(ctx, row, &behind))
        }
        None => Default::default(),
    };
    let entry = row.map_or(&known.catalogue.entries[0], |row| known.entry(row));
    let view = view(ctx, &known, entry, row, (charts, found, past), draft);
    let title = format::bounded(&entry.title, 100);
    let frame = Frame::new(ctx, title, sentence(entry, row))
        .with_crumb("SLOs", ctx.link("/slos", &[]))
        .without_range();
    Reply::page("slos/one.html", frame, &view)
}

/// The name in an address: `/slos/<name>`, perhaps with more behind it.
///
/// # Errors
/// [`BadParameter`] unless it can be the name of an SLO.
pub(super) fn name_in(path: &str) -> Result<String, BadParameter> {
    let rest = path.strip_prefix("/slos/").unwrap_or("");
    let raw = rest.split('/').next().unwrap_or("");
    let name = unsegment(raw).unwrap_or_default();
    let is_label = (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match is_label {
        true => Ok(name),
        false => Err(BadParameter::new(
            "slo",
            &name,
            "a name has lower-case letters, digits and hyphens, at most 63",
        )),
    }
}

/// # Errors
/// [`PageError::NotFound`] where no SLO has this name.
pub(super) fn exists(known: &Known, name: &str) -> Result<(), PageError> {
    match known.catalogue.entries.is_empty() {
        false => Ok(()),
        true => Err(PageError::NotFound {
            what: format!("There is no SLO {}.", format::bounded(name, 63)),
            help: "Look for it in the list of SLOs, which also tells of files that cannot be read."
                .to_owned(),
        }),
    }
}

/// The row that the address asks for, or the one that stands worst.
pub(super) fn chosen<'a>(ctx: &Context, known: &'a Known) -> Option<&'a Row> {
    let objective = ctx.params.get("objective");
    let group = ctx.params.get("group");
    known.rows.iter().find(|row| {
        let own = known.entry(row).plan.objective.as_deref();
        objective.is_none_or(|one| own == Some(one)) && group.is_none_or(|one| row.group == one)
    })
}

fn sentence(entry: &Entry, row: Option<&Row>) -> Sentence {
    let Some(row) = row else {
        let words = match &entry.questions {
            Ok(_) => {
                "It has no event within its period yet; a new SLO reads its past within minutes."
                    .to_owned()
            }
            Err(reason) => format!("It is not measured: {reason}."),
        };
        return Sentence::new(Tone::Quiet).say(words);
    };
    let whom = super::subject(row, &entry.title);
    Sentence::new(super::tone(row.health())).say(row.pace().sentence(&whom))
}

async fn past(ctx: &Context, known: &Known) -> Result<Vec<Finding>, PageError> {
    let filter = Filter {
        kind: KIND.to_owned(),
        ..Filter::default()
    };
    let keys: Vec<String> = known.catalogue.entries.iter().map(Entry::key).collect();
    let all = findings::heads(ctx.store(), &filter).await?;
    let own = |finding: &Finding| {
        let key = finding.detail.split(' ').next().unwrap_or_default();
        keys.iter()
            .any(|known| known.split(' ').next() == Some(key))
    };
    Ok(all.into_iter().filter(own).take(HISTORY_MAX).collect())
}

fn view(
    ctx: &Context,
    known: &Known,
    entry: &Entry,
    row: Option<&Row>,
    (charts, found, past): (Vec<ChartView>, Vec<Contributor>, Vec<Finding>),
    draft: Option<Draft>,
) -> OneView {
    let draft = draft.unwrap_or_else(|| Draft {
        text: entry.text.to_string(),
        ..Draft::default()
    });
    OneView {
        facts: row.map_or_else(Vec::new, |row| facts(entry, row)),
        charts,
        alerts: row.map_or_else(Vec::new, |row| alerts(entry, row)),
        contributors: found
            .iter()
            .take(CONTRIBUTORS_MAX)
            .map(|one| contributor(ctx, one))
            .collect(),
        over: match row.is_some_and(|_| worst::tells_apart(entry)) {
            true => Over::of(ctx).choices(),
            false => Vec::new(),
        },
        kept: ["objective", "group", "tz"]
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), ctx.params.get(key)?.to_owned())))
            .collect(),
        report: ctx.link(
            &format!("{}/report", super::path(&entry.plan.name)),
            &[
                (
                    "objective",
                    entry.plan.objective.as_deref().unwrap_or_default(),
                ),
                ("group", row.map_or("", |row| row.group.as_str())),
            ],
        ),
        badge: format!("{}/badge.svg", super::path(&entry.plan.name)),
        past: past.iter().map(|finding| past_view(ctx, finding)).collect(),
        groups: match known.rows.len() {
            0 | 1 => Vec::new(),
            _ => known
                .rows
                .iter()
                .take(GROUPS_MAX)
                .map(|row| row_view(ctx, known, row))
                .collect(),
        },
        groups_note: match known.rows.len() {
            n if n > GROUPS_MAX => format!("the first {GROUPS_MAX} of {n}, what burns first"),
            _ => "what burns first".to_owned(),
        },
        text: draft.text,
        text_max: TEXT_BYTES_MAX,
        file: match &entry.origin {
            Origin::File(file) => file.clone(),
            Origin::Api => String::new(),
        },
        action: super::path(&entry.plan.name),
        fault: draft.fault,
        preview: draft.preview,
    }
}

fn facts(entry: &Entry, row: &Row) -> Vec<(&'static str, String)> {
    let pace = row.pace();
    let unknown = || format::UNKNOWN.to_owned();
    let count = |n: i128| format::grouped(u64::try_from(n).unwrap_or(u64::MAX));
    let range = forecast(&pace, row.hour_bad).filter(|_| pace.remaining > Some(0.0));
    let range = range.map_or_else(
        || super::gone(row),
        |forecast| {
            let high = match forecast.high.is_finite() {
                true => span(forecast.high),
                false => "never".to_owned(),
            };
            format!(
                "{} ({} to {high})",
                span(forecast.minutes),
                span(forecast.low)
            )
        },
    );
    vec![
        ("State", row.health().as_str().to_owned()),
        ("Target", fine(entry.plan.budget().complement().to_f64())),
        (
            "Reached",
            row.line
                .sli
                .as_ref()
                .map_or_else(unknown, |sli| fine(sli.to_f64())),
        ),
        ("Budget left", pace.remaining.map_or_else(unknown, left)),
        (
            "Bad events",
            format!("{} of {}", count(row.events.bad), count(row.events.total)),
        ),
        ("Gone in, with what is spent", range),
        (
            "A whole budget lasts",
            pace.whole_minutes.map_or_else(unknown, span),
        ),
        ("Service", format::bounded(&entry.service, 80)),
    ]
}

fn alerts(entry: &Entry, row: &Row) -> Vec<AlertView> {
    let rates = analyzers::slo::keep::reckon::thresholds(entry, row.line.minute);
    let rules = entry.plan.rules.iter().zip(&row.line.alerts).zip(rates);
    rules
        .map(|((rule, (fires, reason)), rate)| AlertView {
            name: format::bounded(&rule.name, 80),
            needs: format!("{}×", format::number(rate.to_f64())),
            tone: match (fires, rule.severity.as_str()) {
                (true, "page") => Tone::Bad,
                (true, _) => Tone::Warn,
                (false, _) => Tone::Quiet,
            },
            why: burn::why(*reason),
        })
        .collect()
}

fn contributor(ctx: &Context, one: &Contributor) -> ContributorView {
    let mut parts = one.value.split('\u{1f}');
    let first = parts.next().unwrap_or_default();
    let id = first.parse::<FunctionId>().ok();
    let name = id.as_ref().map_or(first, |id| id.name.as_str());
    let what = match (one.dimension, parts.next()) {
        ("version", Some(version)) => format!("version {version} of {name}"),
        ("trigger", _) if first.is_empty() => "trigger unknown".to_owned(),
        (dimension, _) => format!("{dimension} {name}"),
    };
    let is_function = id.is_some();
    ContributorView {
        what: format::bounded(&what, 100),
        href: if is_function {
            ctx.link(&function_path(first), &[])
        } else {
            String::new()
        },
        traces: match is_function {
            true => ctx.link(
                "/traces",
                &[
                    ("function", first),
                    ("errors", "1"),
                    ("from", Over::of(ctx).from()),
                ],
            ),
            false => String::new(),
        },
        bad: format!(
            "{} of {}",
            format::grouped(one.bad),
            format::grouped(one.total)
        ),
        share: format::ratio(one.share),
        lift: match one.lift.is_finite() {
            true => format!("{} times as often as the rest", format::number(one.lift)),
            false => "the rest is never bad".to_owned(),
        },
    }
}

fn past_view(ctx: &Context, finding: &Finding) -> PastView {
    PastView {
        when: ctx.range.clock.day_minute(finding.began_at.as_millis()),
        href: ctx.link(&format!("/findings/{}", finding.id), &[]),
        title: format::bounded(&finding.title, 120),
        state: match finding.state {
            State::Open => "open",
            _ => "over",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_dns_label_and_nothing_else() {
        assert_eq!(
            name_in("/slos/check-out/badge.svg").as_deref(),
            Ok("check-out")
        );
        for path in [
            "/slos/",
            "/slos/A",
            "/slos/a%20b",
            "/slos/%27--",
            "/slos/a.b",
        ] {
            assert!(name_in(path).is_err(), "{path}");
        }
        assert!(name_in(&format!("/slos/{}", "a".repeat(64))).is_err());
    }
}

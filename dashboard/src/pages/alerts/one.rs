//! One alert: what it is, which way it goes, and why somebody was told of it or not.

use std::collections::BTreeMap;

use alerts::config::Config;
use alerts::dispatch::{AlertNote, Flush, Stand};
use alerts::explain::{Step, Verdict, walk};
use alerts::model::{Fingerprint, Labels, quoted};
use alerts::route::{Options, RouteId, Tree};
use serde::Serialize;
use serde_json::json;
use store::alerts::AttemptRow;
use store::model::UnixNano;

use super::live::{self, LiveAlert};
use super::story::{self, StepView};
use super::{past, words};
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::{unsegment, with_query};
use crate::web::{Cell, Context, Format, PageError, Reply, Table};

/// Longest text of a label or annotation on the page, characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Looks are told of for so long after the end of an occasion, ms.
const AFTER_MS: f64 = 86_400_000.0;

/// A node of the walk, as the page draws it.
#[derive(Serialize)]
pub(super) struct NodeView {
    pub(super) indent: usize,
    pub(super) tone: Tone,
    pub(super) what: String,
    pub(super) receiver: String,
    pub(super) checks: Vec<CheckView>,
}

#[derive(Serialize)]
pub(super) struct CheckView {
    holds: bool,
    matcher: String,
    value: String,
}

#[derive(Serialize)]
struct GroupView {
    receiver: String,
    key: String,
    times: Vec<String>,
}

#[derive(Serialize)]
struct OneView {
    places: Vec<words::Place>,
    apart: &'static str,
    tone: Tone,
    stand: &'static str,
    facts: Vec<(&'static str, String)>,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    links: Vec<(String, String)>,
    silence_href: String,
    walk_note: String,
    walk: Vec<NodeView>,
    groups: Vec<GroupView>,
    steps: Vec<StepView>,
    attempts: Vec<super::deliveries::RowView>,
    occasions: Vec<OccasionView>,
}

#[derive(Serialize)]
struct OccasionView {
    href: String,
    when: String,
    stand: &'static str,
    active: bool,
}

/// Everything the page knows.
struct Known {
    fingerprint: Fingerprint,
    note: AlertNote,
    live: Option<Live>,
    occasions: Vec<AlertNote>,
    looks: Vec<Flush>,
    attempts: Vec<AttemptRow>,
    /// The tree that decided then, and since when it did.
    tree: Option<(Tree, UnixNano)>,
}

/// What alerting has of it at this moment.
struct Live {
    alert: LiveAlert,
    /// Its groups: path, key, last and next look.
    groups: Vec<(String, String, Option<UnixNano>, UnixNano)>,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let known = gather(ctx, id_in(&ctx.path)?).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&known)));
    }
    reply(ctx, &known)
}

fn id_in(path: &str) -> Result<Fingerprint, BadParameter> {
    let raw = path.strip_prefix("/alerts/").unwrap_or("");
    let id = unsegment(raw).unwrap_or_default();
    let is_id = id.len() == 16 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let number = u64::from_str_radix(&id, 16).ok().filter(|_| is_id);
    number.map(Fingerprint).ok_or_else(|| {
        BadParameter::new(
            "alert",
            &id,
            "a fingerprint has 16 hexadecimal digits, 0123456789abcdef",
        )
    })
}

async fn gather(ctx: &Context, fingerprint: Fingerprint) -> Result<Known, PageError> {
    let live = match live::handle(ctx) {
        Some(handle) => {
            handle
                .look(move |desk, now| of_desk(desk, fingerprint, now))
                .await?
        }
        None => None,
    };
    let mut occasions = past::occasions(ctx, fingerprint).await?;
    if let Some(live) = &live {
        let alert = &live.alert.alert;
        occasions.retain(|note| note.alert.starts_at != alert.starts_at);
        let note = AlertNote {
            at: ctx.now,
            stand: live.alert.stand,
            alert: alert.clone(),
        };
        occasions.insert(0, note);
    }
    let asked: Option<i64> = ctx.params.get("since").and_then(|text| text.parse().ok());
    let chosen = occasions
        .iter()
        .find(|note| Some(note.alert.starts_at.0) == asked);
    let note = chosen
        .or(occasions.first())
        .cloned()
        .ok_or_else(|| PageError::NotFound {
            what: format!("There is no alert {fingerprint}."),
            help: "Look for it in the inbox, among the resolved ones of a longer time too."
                .to_owned(),
        })?;
    let end = match note.stand {
        Stand::Resolved => note.alert.ends_at.max(note.at).plus_millis(AFTER_MS),
        _ => ctx.now,
    };
    // A source may say that it begins in the future.
    let began = match note.alert.starts_at <= note.at {
        true => note.alert.starts_at,
        false => note.at.plus_millis(-AFTER_MS),
    };
    let looks = past::looks(ctx, past::around(began, end.min(ctx.now)), fingerprint).await?;
    let messages = story::messages(&looks, fingerprint).into_iter();
    let ids = messages.map(|message| message.id).collect();
    let attempts = past::attempts_of(ctx, past::around(began, ctx.now), ids).await?;
    let at = looks.last().map_or(note.at, |look| look.at);
    Ok(Known {
        fingerprint,
        tree: tree_at(ctx, at).await?,
        live: live.filter(|live| live.alert.alert.starts_at == note.alert.starts_at),
        note,
        occasions,
        looks,
        attempts,
    })
}

fn of_desk(desk: &alerts::run::Desk, fingerprint: Fingerprint, now: UnixNano) -> Option<Live> {
    let state = desk.machine.state();
    let held = state.held(fingerprint)?;
    let groups = held.groups.iter().filter_map(|id| state.group(*id));
    let groups = groups.map(|group| {
        let (path, key) = (group.path.clone(), group.key.clone());
        (path, key, group.flushed_at, group.next_at)
    });
    Some(Live {
        groups: groups.collect(),
        alert: live::of(&desk.machine, &held.alert, now),
    })
}

/// The tree that decided at an instant, as far as it is known.
async fn tree_at(ctx: &Context, at: UnixNano) -> Result<Option<(Tree, UnixNano)>, PageError> {
    let stored = store::alerts::config_at(ctx.store(), at).await?;
    let stored = stored.map(|row| (row.text, UnixNano(row.at)));
    let text = match (stored, live::handle(ctx)) {
        (Some(stored), _) => Some(stored),
        (None, Some(handle)) => {
            let shown = handle.look(|desk, _| (desk.shown.clone(), desk.started_at));
            Some(shown.await?)
        }
        (None, None) => None,
    };
    let tree = text.and_then(|(text, since)| {
        let config = Config::parse(&text).ok()?;
        Some((Tree::new(&config.root), since))
    });
    Ok(tree)
}

fn reply(ctx: &Context, known: &Known) -> Result<Reply, PageError> {
    let alert = &known.note.alert;
    let frame = Frame::new(ctx, words::name(&alert.labels), sentence(ctx, known))
        .with_crumb("Alerts", ctx.link("/alerts", &[]))
        .without_range();
    let tree = known.tree.as_ref().map(|(tree, _)| tree);
    let repeats = tree.map_or_else(BTreeMap::new, story::repeats);
    let view = OneView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        tone: words::tone(known.note.stand, &alert.labels),
        stand: known.note.stand.as_str(),
        facts: facts(ctx, known),
        labels: pairs(&alert.labels),
        annotations: pairs(&alert.annotations),
        links: links(known),
        silence_href: silence_href(&alert.labels),
        walk_note: walk_note(ctx, known),
        walk: tree.map_or_else(Vec::new, |tree| nodes(&walk(tree, &alert.labels))),
        groups: groups(ctx, known),
        steps: story::steps(ctx, &known.looks, known.fingerprint, &repeats),
        attempts: known
            .attempts
            .iter()
            .map(|row| super::deliveries::row(ctx, row))
            .collect(),
        occasions: known
            .occasions
            .iter()
            .map(|note| occasion(ctx, known, note))
            .collect(),
    };
    Reply::page("alerts/one.html", frame, &view)
}

fn sentence(ctx: &Context, known: &Known) -> Sentence {
    let (tone, said) = story::answer(ctx, &known.looks, known.fingerprint, &known.attempts);
    if !said.is_empty() {
        return Sentence::new(tone).say(said);
    }
    let next = known
        .live
        .as_ref()
        .and_then(|live| live.groups.iter().map(|group| group.3).min());
    Sentence::new(Tone::Quiet).say(match next {
        Some(next) => format!(
            "Its group was not looked at yet; that happens at {}.",
            ctx.range.clock.second(next.as_millis())
        ),
        None => "No look at its group is on record.".to_owned(),
    })
}

fn facts(ctx: &Context, known: &Known) -> Vec<(&'static str, String)> {
    let alert = &known.note.alert;
    let clock = &ctx.range.clock;
    let exact = |at: UnixNano| clock.exact(at.as_millis());
    let mut facts = vec![("Began", exact(alert.starts_at))];
    match known.note.stand {
        Stand::Resolved => facts.push(("Ended", exact(alert.ends_at))),
        _ if alert.ends_at.0 < i64::MAX => facts.push(("Believed until", exact(alert.ends_at))),
        _ => {}
    }
    if let Some(live) = &known.live {
        facts.push((
            "Goes to",
            format::bounded(&live.alert.receivers.join(", "), 120),
        ));
        if let Some(muted) = &live.alert.muted {
            facts.push(("Muted now", words::muted(muted)));
        }
    }
    facts.push(("Fingerprint", alert.fingerprint.to_string()));
    facts
}

fn pairs(labels: &Labels) -> Vec<(String, String)> {
    let pair = |(name, value): (&str, &str)| {
        (
            format::bounded(name, 120),
            format::bounded(value, TEXT_CHARS_MAX),
        )
    };
    labels.iter().map(pair).collect()
}

/// Where an alert's own words lead; only to the web.
fn links(known: &Known) -> Vec<(String, String)> {
    let alert = &known.note.alert;
    let mut links = Vec::new();
    if let Some(id) = alert.labels.get("finding_id") {
        links.push((
            "Its finding".to_owned(),
            super::super::findings::finding_path(id),
        ));
    }
    let named = alert.annotations.iter().filter(|(_, value)| is_web(value));
    links.extend(named.map(|(name, value)| (format::bounded(name, 40), value.to_owned())));
    if is_web(&alert.generator_url) {
        links.push(("Its source".to_owned(), alert.generator_url.clone()));
    }
    links.truncate(12);
    links
}

fn is_web(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
        && !text.contains(char::is_whitespace)
}

fn silence_href(labels: &Labels) -> String {
    let matchers = labels
        .iter()
        .map(|(n, v)| format!("{}={}", quoted(n), quoted(v)));
    let filter = format!("{{{}}}", matchers.collect::<Vec<_>>().join(","));
    with_query("/alerts/silences/new", [("filter", filter.as_str())])
}

fn walk_note(ctx: &Context, known: &Known) -> String {
    match &known.tree {
        None => "the configuration of that time is not on record".to_owned(),
        Some((_, since)) => format!(
            "by the configuration in force since {}",
            ctx.range.clock.short(ctx.now_ms(), since.as_millis())
        ),
    }
}

/// A walk as the page draws it.
pub(super) fn nodes(steps: &[Step]) -> Vec<NodeView> {
    steps.iter().map(node).collect()
}

fn node(step: &Step) -> NodeView {
    let continues = if step.continues {
        ", and its siblings see the alert too (continue)"
    } else {
        ""
    };
    let every = if step.depth == 0 { "every alert " } else { "" };
    let (tone, what) = match step.verdict {
        Verdict::Ends => (
            Tone::Good,
            format!("{every}matches: the alert ends here{continues}"),
        ),
        Verdict::Passes => (
            Tone::Quiet,
            format!("{every}matches, and so does a route below{continues}"),
        ),
        Verdict::Fails => (Tone::Quiet, "does not match".to_owned()),
        Verdict::FailToo(n) => (Tone::Quiet, format!("{n} more do not match")),
        Verdict::Unasked(n) => (
            Tone::Quiet,
            format!("{n} more are not asked: one before matched and does not continue"),
        ),
    };
    NodeView {
        indent: step.depth.min(8),
        tone,
        what,
        receiver: match step.verdict {
            Verdict::Ends => format::bounded(&step.receiver, 60),
            _ => String::new(),
        },
        checks: step
            .checks
            .iter()
            .map(|check| CheckView {
                holds: check.holds,
                matcher: format::bounded(&check.matcher, 200),
                value: match &check.value {
                    Some(value) => quoted(&format::bounded(value, 120)).to_string(),
                    None => "absent".to_owned(),
                },
            })
            .collect(),
    }
}

/// The groups it is in, with the arithmetic of their times.
fn groups(ctx: &Context, known: &Known) -> Vec<GroupView> {
    let alert = &known.note.alert;
    let Some((tree, _)) = &known.tree else {
        return Vec::new();
    };
    let of = |id: RouteId| {
        let node = tree.node(id);
        let labels = tree.group_labels(id, &alert.labels);
        let key = tree.group_key(id, &labels);
        let live = known.live.as_ref();
        let live =
            live.and_then(|live| live.groups.iter().find(|g| g.0 == node.path && g.1 == key));
        let first = known.looks.iter().rfind(|look| look.group_key == key);
        GroupView {
            receiver: format::bounded(&node.options.receiver, 60),
            times: times(
                ctx,
                &node.options,
                alert.starts_at,
                first.map(|look| look.at),
                live.map(|group| group.3),
            ),
            key: format::bounded(&key, 300),
        }
    };
    tree.routes(&alert.labels).into_iter().map(of).collect()
}

fn times(
    ctx: &Context,
    options: &Options,
    began: UnixNano,
    first: Option<UnixNano>,
    next: Option<UnixNano>,
) -> Vec<String> {
    let clock = &ctx.range.clock;
    let second = |at: UnixNano| clock.second(at.as_millis());
    let (wait, interval, repeat) = (
        options.group_wait,
        options.group_interval,
        options.repeat_interval,
    );
    let due = UnixNano(began.0.saturating_add(wait.nanos()));
    let mut lines = vec![format!(
        "group_wait {wait}: began {}, so a new group waits until {} at the latest; one that is there already \
         speaks at its own time",
        second(began),
        second(due)
    )];
    if let Some(first) = first {
        lines.push(format!(
            "its group was first looked at, with it, at {}",
            second(first)
        ));
    }
    lines.push(match next {
        Some(next) => format!(
            "group_interval {interval}: looked at again at {}",
            second(next)
        ),
        None => format!("group_interval {interval}: looked at so often"),
    });
    lines.push(format!(
        "repeat_interval {repeat}: the same is told again at the first look after so long"
    ));
    for (times, word) in [
        (&options.active_time_intervals, "silent outside of"),
        (&options.mute_time_intervals, "silent within"),
    ] {
        if !times.is_empty() {
            lines.push(format!(
                "{word} {}",
                format::bounded(&times.join(", "), 120)
            ));
        }
    }
    lines
}

fn occasion(ctx: &Context, known: &Known, note: &AlertNote) -> OccasionView {
    let since = note.alert.starts_at.0.to_string();
    let path = words::path(&known.fingerprint.to_string());
    let clock = &ctx.range.clock;
    let began = clock.day_minute(note.alert.starts_at.as_millis());
    let until = match note.stand {
        Stand::Resolved => clock.day_minute(note.alert.ends_at.as_millis()),
        _ => "now".to_owned(),
    };
    OccasionView {
        href: with_query(&path, [("since", since.as_str())]),
        when: format!("{began} – {until}"),
        stand: note.stand.as_str(),
        active: note.alert.starts_at == known.note.alert.starts_at,
    }
}

fn table(known: &Known) -> Table {
    let columns = &["at_ms", "group_key", "receiver", "next_ms", "seen", "told"];
    let mut table = Table::new("looks", columns);
    for look in &known.looks {
        let seen = look
            .seen
            .iter()
            .find(|seen| seen.alert == known.fingerprint);
        table.row(vec![
            look.at.as_millis().into(),
            look.group_key.clone().into(),
            look.receiver.clone().into(),
            look.next_at.as_millis().into(),
            Cell::Json(json!({
                "status": seen.map(|seen| seen.status),
                "muted": seen.and_then(|seen| seen.muted.as_ref()).map(words::muted),
            })),
            Cell::Json(json!(look.told)),
        ]);
    }
    let alert = &known.note.alert;
    let walked = known
        .tree
        .as_ref()
        .map(|(tree, _)| walk(tree, &alert.labels));
    table
        .with(
            "alert",
            json!({
                "fingerprint": known.fingerprint.to_string(),
                "state": known.note.stand.as_str(),
                "labels": alert.labels,
                "annotations": alert.annotations,
                "starts_ms": alert.starts_at.as_millis(),
                "ends_ms": (known.note.stand == Stand::Resolved).then(|| alert.ends_at.as_millis()),
                "generator_url": alert.generator_url,
            }),
        )
        .with("walk", json!(walked))
        .with(
            "attempts",
            json!(super::deliveries::objects(&known.attempts)),
        )
}

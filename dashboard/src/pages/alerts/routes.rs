//! The routing tree, and which way an alert would go: walked on paper, or sent as a test.

use std::sync::Arc;

use alerts::explain::walk;
use alerts::matchers::{Operator, parse};
use alerts::model::{Alert, Labels};
use alerts::route::{Node, RouteId, Tree};
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use store::model::UnixNano;

use super::form::{Done, take};
use super::one::{NodeView, nodes};
use super::{live, words};
use crate::app::App;
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Cell, Context, Format, PageError, Reply, Table};

/// Nodes on the page.
const NODES_MAX: usize = 400;
/// A test alert fires so long, ns.
const TEST_NANOS: i64 = 60 * 1_000_000_000;

#[derive(Serialize)]
struct RouteView {
    indent: usize,
    matchers: String,
    receiver: String,
    continues: bool,
    times: String,
}

#[derive(Serialize)]
struct EndView {
    receiver: String,
    group: String,
    times: String,
}

#[derive(Serialize)]
struct RoutesView {
    places: Vec<words::Place>,
    apart: &'static str,
    text: String,
    fault: String,
    walk: Vec<NodeView>,
    ends: Vec<EndView>,
    can_send: bool,
    routes: Vec<RouteView>,
    shown: String,
    rules: Vec<String>,
}

/// What decides now.
struct Known {
    tree: Tree,
    rules: Vec<String>,
    here: bool,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let text = ctx.params.text("labels");
    show(ctx, text).await
}

async fn show(ctx: &Context, text: String) -> Result<Reply, PageError> {
    let known = known(ctx).await?;
    let labels = labels_of(&text);
    if ctx.format != Format::Html {
        let labels = labels.map_err(|why| BadParameter::new("labels", &text, why))?;
        return Ok(Reply::Table(table(&known.tree, &labels)));
    }
    let tested = labels.as_ref().ok().filter(|labels| !labels.is_empty());
    let count = known.tree.nodes().len();
    let view = RoutesView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        fault: labels.as_ref().err().cloned().unwrap_or_default(),
        walk: tested.map_or_else(Vec::new, |labels| nodes(&walk(&known.tree, labels))),
        ends: tested.map_or_else(Vec::new, |labels| ends(&known.tree, labels)),
        can_send: known.here && tested.is_some(),
        routes: drawn(&known.tree),
        shown: match count {
            n if n > NODES_MAX => format!("the first {NODES_MAX} of {n} routes"),
            n => format::counted(n as u64, "route", "routes"),
        },
        rules: known.rules.clone(),
        text,
    };
    let frame = Frame::new(ctx, "Routes", sentence(&known.tree, tested))
        .with_crumb("Alerts", ctx.link("/alerts", &[]))
        .without_range();
    Reply::page("alerts/routes.html", frame, &view)
}

/// The tree of alerting in this process, or the one it wrote down last.
async fn known(ctx: &Context) -> Result<Known, PageError> {
    if let Some(handle) = live::handle(ctx) {
        let routing = handle.look(|desk, _| desk.machine.shared_routing()).await?;
        let rules = routing.inhibit_rules.iter().map(rule);
        return Ok(Known {
            rules: rules.collect(),
            tree: routing.tree.clone(),
            here: true,
        });
    }
    let text = store::alerts::config_at(ctx.store(), ctx.now).await?;
    let config = text.and_then(|row| alerts::config::Config::parse(&row.text).ok());
    let config = config.ok_or_else(|| PageError::NotFound {
        what: "No configuration of alerting is on record.".to_owned(),
        help: "Start alerting with the same store, or look at the routes where it runs.".to_owned(),
    })?;
    Ok(Known {
        tree: Tree::new(&config.root),
        rules: config.inhibit_rules.iter().map(rule).collect(),
        here: false,
    })
}

fn rule(rule: &alerts::config::InhibitRule) -> String {
    let equal = match rule.equal.is_empty() {
        true => String::new(),
        false => format!(" where both have the same {}", rule.equal.join(", ")),
    };
    format::bounded(
        &format!("{} mutes {}{equal}", rule.source, rule.target),
        300,
    )
}

/// Labels as people write them: `alertname=Slow, team="web"`.
fn labels_of(text: &str) -> Result<Labels, String> {
    let parsed = parse(&text.replace(['\r', '\n'], " ")).map_err(|error| format!("{error}"))?;
    let pairs = parsed.into_iter().map(|matcher| match matcher.op {
        Operator::Equal => Ok((matcher.name, matcher.value)),
        op => Err(format!(
            "an alert's labels are written name=value, not with {op}"
        )),
    });
    Ok(pairs
        .collect::<Result<Vec<_>, String>>()?
        .into_iter()
        .collect())
}

fn sentence(tree: &Tree, tested: Option<&Labels>) -> Sentence {
    let Some(labels) = tested else {
        let root = &tree.node(tree.root()).options.receiver;
        return Sentence::new(Tone::Quiet).say(match root.is_empty() {
            true => "There is no configuration of alerting: nobody is told of any alert.".to_owned(),
            false => format!(
                "An alert that no route below takes goes to {}. Write labels to see which way they go.",
                format::bounded(root, 60)
            ),
        });
    };
    let mut names: Vec<String> = Vec::new();
    for id in tree.routes(labels) {
        let name = format::bounded(&tree.node(id).options.receiver, 60);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Sentence::new(Tone::Quiet).say(format!(
        "Such an alert goes to {}.",
        names.join(", then to ")
    ))
}

fn ends(tree: &Tree, labels: &Labels) -> Vec<EndView> {
    let end = |id: RouteId| {
        let node = tree.node(id);
        let group = tree.group_key(id, &tree.group_labels(id, labels));
        EndView {
            receiver: format::bounded(&node.options.receiver, 60),
            group: format::bounded(&group, 300),
            times: times(node),
        }
    };
    tree.routes(labels).into_iter().map(end).collect()
}

fn times(node: &Node) -> String {
    let options = &node.options;
    let mut text = format!(
        "waits {}, again every {}, repeats after {}",
        options.group_wait, options.group_interval, options.repeat_interval
    );
    for (names, word) in [
        (&options.active_time_intervals, "active in"),
        (&options.mute_time_intervals, "muted in"),
    ] {
        if !names.is_empty() {
            text.push_str(&format!(
                ", {word} {}",
                format::bounded(&names.join(", "), 80)
            ));
        }
    }
    text
}

/// The tree from the root on, children after their parent.
fn drawn(tree: &Tree) -> Vec<RouteView> {
    let mut rest = vec![(tree.root(), 0)];
    let mut drawn = Vec::new();
    while let Some((id, depth)) = rest.pop() {
        if drawn.len() == NODES_MAX {
            break;
        }
        let node = tree.node(id);
        drawn.push(RouteView {
            indent: depth.min(8),
            matchers: match node.matchers.is_empty() {
                true => "every alert".to_owned(),
                false => format::bounded(&node.matchers.to_string(), 240),
            },
            receiver: format::bounded(&node.options.receiver, 60),
            continues: node.continues,
            times: times(node),
        });
        rest.extend(node.children.iter().rev().map(|child| (*child, depth + 1)));
    }
    drawn
}

fn table(tree: &Tree, labels: &Labels) -> Table {
    let columns = &[
        "path",
        "matchers",
        "receiver",
        "continue",
        "group_wait",
        "group_interval",
        "repeat_interval",
    ];
    let mut table = Table::new("routes", columns);
    for (_, node) in tree.nodes() {
        let options = &node.options;
        table.row(vec![
            node.path.clone().into(),
            Cell::Text(node.matchers.to_string()),
            options.receiver.clone().into(),
            node.continues.into(),
            options.group_wait.to_string().into(),
            options.group_interval.to_string().into(),
            options.repeat_interval.to_string().into(),
        ]);
    }
    match labels.is_empty() {
        true => table,
        false => {
            let routes = tree.routes(labels).into_iter();
            let receivers = routes.map(|id| tree.node(id).options.receiver.clone());
            let receivers: Vec<String> = receivers.collect();
            table
                .with("walk", json!(walk(tree, labels)))
                .with("receivers", json!(receivers))
        }
    }
}

/// `POST /alerts/routes`: the alert is sent, and is over a minute later.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, None, async |ctx, form| {
        let text = form.text("labels");
        let handle = live::wanted(ctx)?;
        let labels = match labels_of(&text) {
            Ok(labels) if !labels.is_empty() => labels,
            Ok(_) => return show(ctx, text).await.map(Done::Page),
            Err(why) => return Err(BadParameter::new("labels", &text, why).into()),
        };
        let alert = test_alert(labels, ctx.now);
        alert
            .validate()
            .map_err(|fault| BadParameter::new("labels", &text, fault.to_string()))?;
        let path = words::path(&alert.fingerprint.to_string());
        let posted = handle.change(move |desk, now| desk.machine.post(vec![alert], now));
        match posted.await? {
            Ok(()) => Ok(Done::See(path)),
            Err(too_many) => Err(PageError::Alerting(format!("{too_many}."))),
        }
    })
    .await
}

fn test_alert(labels: Labels, now: UnixNano) -> Alert {
    Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations: [(
            "summary",
            "A test, sent by hand from the page of routes; it is over in a minute.",
        )]
        .into_iter()
        .collect(),
        starts_at: now,
        ends_at: UnixNano(now.0.saturating_add(TEST_NANOS)),
        generator_url: String::new(),
        updated_at: now,
        timeout: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_people_write_them() {
        let labels = labels_of("alertname=Slow,\r\nteam=\"web shop\"").expect("labels");
        assert_eq!(labels.to_string(), r#"{alertname="Slow", team="web shop"}"#);
        assert!(labels_of("").expect("none").is_empty());
        let fault = labels_of("team=~web").expect_err("no label");
        assert!(fault.contains("name=value"), "{fault}");
    }
}

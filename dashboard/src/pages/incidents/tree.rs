//! The members of an incident as a small tree: the cause, what calls it, what calls that.

use std::collections::{BTreeMap, BTreeSet};

use alerts::incidents::incident::name_of;
use alerts::incidents::{Incident, Member};
use serde::Serialize;

use crate::format;
use crate::web::Context;
use crate::web::link::function_path;

/// Deepest level that is drawn; ways are four steps at most.
const DEPTH_MAX: usize = 5;

/// A place, with what was found there.
#[derive(Serialize)]
pub(super) struct NodeView {
    depth: usize,
    name: String,
    place: String,
    href: String,
    is_cause: bool,
    /// How it calls the one above it.
    why: String,
    findings: Vec<FoundView>,
}

#[derive(Serialize)]
struct FoundView {
    id: String,
    title: String,
    href: String,
    severity: &'static str,
    note: String,
}

/// The tree in the order of reading, the cause first.
pub(super) fn tree(ctx: &Context, incident: &Incident) -> Vec<NodeView> {
    let mut at: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    let mut below: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let cause = incident.place.as_str();
    at.entry(cause).or_default();
    for member in incident.members.values() {
        at.entry(&member.place).or_default().push(member);
        for hop in &member.way {
            let callers = below.entry(&hop.to).or_default();
            callers.entry(&hop.from).or_insert(&hop.why);
        }
        if member.way.is_empty() && member.place != cause {
            let others = below.entry(cause).or_default();
            others.entry(&member.place).or_insert(&member.why);
        }
    }
    let mut tree = Vec::new();
    let mut seen = BTreeSet::new();
    let mut stack = vec![(cause, 0, "")];
    while let Some((place, depth, why)) = stack.pop() {
        if depth > DEPTH_MAX || !seen.insert(place) {
            continue;
        }
        let found = at.get(place).cloned().unwrap_or_default();
        tree.push(node(ctx, (place, depth, why), place == cause, &found));
        let callers = below.get(place).into_iter().flatten();
        let callers: Vec<_> = callers
            .map(|(from, why)| (*from, depth + 1, *why))
            .collect();
        stack.extend(callers.into_iter().rev());
    }
    tree
}

fn node(
    ctx: &Context,
    (place, depth, why): (&str, usize, &str),
    is_cause: bool,
    found: &[&Member],
) -> NodeView {
    let is_function = place.splitn(4, ':').count() == 4;
    NodeView {
        depth,
        name: format::bounded(name_of(place), 60),
        place: format::bounded(place, 120),
        href: match is_function {
            true => ctx.link(&function_path(place), &[]),
            false => String::new(),
        },
        is_cause,
        why: format::bounded(why, 200),
        findings: found
            .iter()
            .map(|member| FoundView {
                id: member.finding.clone(),
                title: format::bounded(&member.title, 160),
                href: ctx.link(&format!("/findings/{}", member.finding), &[]),
                severity: member.severity.as_str(),
                note: match member.ended_at {
                    None => format!(
                        "since {}",
                        ctx.range
                            .clock
                            .short(ctx.now_ms(), member.began_at.as_millis())
                    ),
                    Some(at) => format!("ended {}", format::ago(ctx.now_ms(), at.as_millis())),
                },
            })
            .collect(),
    }
}

//! What is watched, how often chance alone speaks, and how much of the budget of false alarms is used.

use std::collections::BTreeMap;

use analyzers::findings::budget;
use analyzers::findings::kinds::{Group, KINDS, Kind};
use serde::Serialize;
use store::model::{Finding, State, UnixNano};

use super::words;
use crate::format;
use crate::parts::markup::Svg;
use crate::web::Context;

/// Subjects shown with what they used.
const SUBJECTS: usize = 6;

/// A kind with what it said.
#[derive(Clone, Debug, Serialize)]
pub(super) struct KindView {
    words: &'static str,
    href: String,
    open: String,
    told: String,
    held: String,
    placebo: &'static str,
}

/// A group of kinds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GroupView {
    title: &'static str,
    watches: &'static str,
    needs: &'static str,
    kinds: Vec<KindView>,
}

/// What one subject used of the budget.
#[derive(Clone, Debug, Serialize)]
pub(super) struct UsedView {
    name: String,
    href: String,
    meter_svg: Svg,
    told: String,
    held: String,
    next: String,
}

/// The card about all of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct WatchedView {
    groups: Vec<GroupView>,
    rule: String,
    used: Vec<UsedView>,
}

/// How a group watches and what it needs before it can say anything.
const fn about(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Regression => (
            "Each new version against the one before it: after every cold start, and its durations, memory and \
             failures eleven times within two days; and slow drift of cold starts without a deploy",
            "3 days and 8 cold starts of the version before, or 30 invocations of it; drift needs a week",
        ),
        Group::Cost => (
            "Spend against what this hour of the week usually costs, from one function up to all",
            "a day for the first comparison, two weeks for the week's own rhythm",
        ),
        Group::Forecast => (
            "Budgets and limits against where the recorded course leads",
            "two weeks of hours; the interval says how sure it is",
        ),
        Group::Operation => (
            "Errors, durations, timeouts, memory, throttles, queues and silence, every minute",
            "nothing for plain limits; a week to know what is usual",
        ),
        Group::Objective => (
            "Error budgets of SLOs, in four pairs of windows, every minute",
            "an SLO; windows without events change nothing",
        ),
        Group::Threat => (
            "Every span and log record as it comes, for payloads, scans, guessed passwords, floods, loops, and what \
             a function never did before",
            "nothing for what is an attack whoever sends it; a day to know what a function does",
        ),
    }
}

pub(super) fn view(ctx: &Context, findings: &[Finding]) -> WatchedView {
    let since = month_ago(ctx.now);
    let groups = [
        Group::Regression,
        Group::Cost,
        Group::Forecast,
        Group::Operation,
        Group::Objective,
        Group::Threat,
    ];
    let of_group = |group: Group| {
        let (watches, needs) = about(group);
        let kinds = KINDS.iter().filter(|kind| kind.group == group);
        GroupView {
            title: group.title(),
            watches,
            needs,
            kinds: kinds.map(|k| kind_view(ctx, k, findings, since)).collect(),
        }
    };
    let groups = groups.into_iter().map(of_group);
    WatchedView {
        groups: groups.filter(|group| !group.kinds.is_empty()).collect(),
        rule: rule(),
        used: used(ctx, findings, since),
    }
}

fn month_ago(now: UnixNano) -> UnixNano {
    now.plus_millis(-budget::MONTH_MS)
}

fn kind_view(ctx: &Context, kind: &Kind, findings: &[Finding], since: UnixNano) -> KindView {
    let own = || findings.iter().filter(|f| f.kind == kind.name);
    let recent = |held: bool| {
        let found = own().filter(|f| f.detected_at >= since && (f.state == State::Held) == held);
        format::count(found.count() as u64)
    };
    KindView {
        words: kind.words,
        href: ctx.here(&[("kind", kind.name), ("state", "all"), ("page", "")]),
        open: format::count(own().filter(|f| f.state == State::Open).count() as u64),
        told: recent(false),
        held: recent(true),
        placebo: match kind.placebo {
            "" => "plain facts",
            measured => measured,
        },
    }
}

/// The budget in words.
fn rule() -> String {
    format!(
        "Of findings that chance can make, each function (or account, or region) is told {} in 30 days where \
         chance alone does such a thing in at most {} of cases; each further one must be {} times less \
         likely than that, and after {} nothing more of the kind is told. Plain facts are always told. \
         What is not told is held, and can be read here.",
        budget::FREE,
        format::ratio(budget::P_MAX),
        budget::STRICTER,
        budget::MOST,
    )
}

/// Findings by chance of one subject within 30 days, told and held back.
fn spent<'a>(findings: impl Iterator<Item = &'a Finding>, now: UnixNano) -> (u32, u32) {
    let since = month_ago(now);
    let recent = findings.filter(|f| f.p_value.is_some() && f.detected_at >= since);
    recent.fold((0, 0), |(told, held), finding| match finding.state {
        State::Held => (told, held + 1),
        State::Open | State::Closed => (told + 1, held),
        State::Retracted => (told, held),
    })
}

/// What the next finding by chance must be to be told.
pub(super) fn next(told: u32) -> String {
    match told {
        budget::MOST.. => {
            "nothing more by chance is told until the oldest is a month old".to_owned()
        }
        budget::FREE.. => {
            let more = i32::try_from(told - budget::FREE + 1).unwrap_or(i32::MAX);
            let most = budget::P_MAX * budget::STRICTER.powi(-more);
            format!("the next is told at {} or less", small_share(most))
        }
        _ => format!("the next is told at {}", format::ratio(budget::P_MAX)),
    }
}

/// Shares far below a per mille, which are thresholds here and no rounding of nothing.
fn small_share(share: f64) -> String {
    format!("{}\u{a0}%", format::number(share * 100.0))
}

fn used(ctx: &Context, findings: &[Finding], since: UnixNano) -> Vec<UsedView> {
    let mut by: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.detected_at >= since) {
        by.entry((finding.scope.as_str(), &finding.subject))
            .or_default()
            .push(finding);
    }
    let mut all: Vec<(u32, u32, &Finding)> = by
        .into_values()
        .filter_map(|of| {
            let (told, held) = spent(of.iter().copied(), ctx.now);
            (told + held > 0).then_some((told, held, *of.first()?))
        })
        .collect();
    all.sort_by(|a, b| {
        (b.0, b.1)
            .cmp(&(a.0, a.1))
            .then(a.2.subject.cmp(&b.2.subject))
    });
    all.into_iter()
        .take(SUBJECTS)
        .map(|(told, held, finding)| UsedView {
            name: words::subject(finding),
            href: match finding.function_id.is_empty() {
                true => String::new(),
                false => ctx.here(&[
                    ("function", &finding.function_id),
                    ("state", "all"),
                    ("page", ""),
                ]),
            },
            meter_svg: meter(told),
            told: format!("{told} of {}", budget::MOST),
            held: match held {
                0 => String::new(),
                n => format!("{n} held back"),
            },
            next: next(told),
        })
        .collect()
}

/// A place for each finding that may be told; those free at the detectors' own threshold stand apart.
fn meter(told: u32) -> Svg {
    const STEP: u32 = 11;
    let mut svg = Svg::new();
    let text = format!("{told} of {} told", budget::MOST);
    svg.open(
        "svg",
        &[
            ("class", "places"),
            ("width", &(budget::MOST * STEP + 4).to_string()),
            ("height", "10"),
            ("role", "img"),
            ("aria-label", &text),
        ],
    );
    for i in 0..budget::MOST {
        let x = i * STEP + if i >= budget::FREE { 4 } else { 0 };
        let class = match (i < told, i < budget::FREE) {
            (true, true) => "b-all",
            (true, false) => "b-warn",
            (false, _) => "b-none",
        };
        svg.tag(
            "rect",
            &[
                ("class", class),
                ("x", &x.to_string()),
                ("y", "1"),
                ("width", "8"),
                ("height", "8"),
            ],
        );
    }
    svg.close("svg");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context, finding};

    #[test]
    fn what_was_told_by_chance_uses_the_budget_and_plain_facts_do_not() {
        let chance = finding("cold_start_regression");
        let held = Finding {
            state: State::Held,
            ..chance.clone()
        };
        let fact = Finding {
            p_value: None,
            ..chance.clone()
        };
        let old = Finding {
            detected_at: NOW.plus_millis(-31.0 * 86_400_000.0),
            ..chance.clone()
        };
        let all = [chance.clone(), chance, held, fact, old];
        assert_eq!(spent(all.iter(), NOW), (2, 1));
        let ctx = context("/findings", "");
        let used = used(&ctx, &all, month_ago(NOW));
        assert_eq!(used.len(), 1);
        assert_eq!(
            (used[0].told.as_str(), used[0].name.as_str()),
            ("2 of 8", "checkout")
        );
        assert_eq!(used[0].held, "1 held back");
    }

    #[test]
    fn the_next_one_must_be_as_unlikely_as_the_budget_decides() {
        let told = |n| next(n).replace('\u{a0}', " ");
        assert_eq!(told(2), "the next is told at 1 %");
        assert_eq!(told(3), "the next is told at 0.25 % or less");
        assert!(told(budget::MOST).starts_with("nothing more"));
    }

    #[test]
    fn every_group_says_what_it_watches_and_every_kind_how_often_chance_speaks() {
        let view = view(&context("/findings", ""), &[]);
        assert!(!view.groups.is_empty());
        let kinds = view.groups.iter().flat_map(|group| &group.kinds);
        assert_eq!(kinds.clone().count(), KINDS.len());
        assert!(kinds.clone().all(|kind| !kind.placebo.is_empty()));
        assert!(view.rule.contains("3 in 30 days") && view.rule.contains("4 times"));
    }
}

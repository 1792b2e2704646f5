//! What happened to an incident, as sentences.

use alerts::incidents::incident::name_of;
use alerts::incidents::{Event, Notice, What};
use alerts::runbooks::{Stage, Step};
use serde::Serialize;
use store::model::is_web_address;
use store::read::deploys::DeployRow;

use crate::format;
use crate::web::Context;

/// Steps that are shown, the newest.
const STEPS_MAX: usize = 500;
/// Longest text of a step, characters.
const TEXT_MAX: usize = 2_000;

#[derive(Serialize)]
pub(super) struct StepView {
    at: String,
    at_title: String,
    #[serde(skip)]
    at_ms: i64,
    what: String,
    note: String,
    href: String,
    /// `people`, `told`, `run`, `deploy` or nothing.
    kind: &'static str,
}

/// Events and deploys, the oldest first.
pub(super) fn timeline(ctx: &Context, events: &[Event], deploys: &[DeployRow]) -> Vec<StepView> {
    let mut steps: Vec<StepView> = events.iter().filter_map(|event| step(ctx, event)).collect();
    steps.extend(deploys.iter().map(|deploy| {
        let version = match deploy.version.as_str() {
            "" => String::new(),
            version => format!(" {}", format::bounded(version, 40)),
        };
        let what = format!("{} was deployed{version}", name_of(&deploy.function_id));
        view(ctx, deploy.at_ms, what, "deploy")
    }));
    steps.sort_by_key(|step| step.at_ms);
    let begin = steps.len().saturating_sub(STEPS_MAX);
    steps.split_off(begin)
}

fn view(ctx: &Context, at_ms: i64, what: String, kind: &'static str) -> StepView {
    StepView {
        at: ctx.range.clock.short(ctx.now_ms(), at_ms),
        at_title: ctx.range.clock.exact(at_ms),
        at_ms,
        what: format::bounded(&what, TEXT_MAX),
        note: String::new(),
        href: String::new(),
        kind,
    }
}

fn step(ctx: &Context, event: &Event) -> Option<StepView> {
    let (what, note, kind) = words(event)?;
    let mut step = view(ctx, event.at.as_millis(), what, kind);
    step.note = format::bounded(&note, TEXT_MAX);
    step.href = match &event.what {
        What::Joined(member) => ctx.link(&format!("/findings/{}", member.finding), &[]),
        What::Left { to, .. } | What::Merged { into: to, .. } => ctx.link(&super::path(to), &[]),
        What::Absorbed { incident, .. } | What::Apart { incident } => {
            ctx.link(&super::path(incident), &[])
        }
        What::Runbook(Step {
            stage: Stage::Answered { url, .. },
            ..
        }) if is_web_address(url) => url.clone(),
        _ => String::new(),
    };
    Some(step)
}

/// What happened, a remark, and what sort of step it is.
fn words(event: &Event) -> Option<(String, String, &'static str)> {
    let by = format::bounded(&event.by, 60);
    let plain = |text: String| Some((text, String::new(), ""));
    let people = |text: String| Some((text, String::new(), "people"));
    match &event.what {
        What::Opened { place } => plain(format!("it began at {}", name_of(place))),
        What::Blamed { place } => plain(format!("the cause was found at {}", name_of(place))),
        What::Joined(member) => Some((member.title.clone(), member.why.clone(), "")),
        What::Updated(member) => member
            .ended_at
            .map(|_| (format!("over: {}", member.title), String::new(), "")),
        What::Left { findings, why, .. } => Some((
            format!(
                "{} left for another incident",
                format::counted(findings.len() as u64, "finding", "findings")
            ),
            why.clone(),
            "",
        )),
        What::Merged { why, .. } => Some((
            "it became part of another incident".to_owned(),
            why.clone(),
            "",
        )),
        What::Absorbed { why, .. } => Some((
            "another incident became part of it".to_owned(),
            why.clone(),
            "",
        )),
        What::Apart { .. } => people(format!("{by} keeps it apart from another incident")),
        What::Pinned { .. } => None,
        What::Acknowledged => people(format!("{by} takes care of it")),
        What::Assigned { to } if to.is_empty() => people(format!("{by} made it nobody's")),
        What::Assigned { to } => people(format!("{by} made it {to}'s")),
        What::Commented { text } => people(format!("{by}: {text}")),
        What::Snoozed { .. } => people(format!("{by} snoozed it")),
        What::Woken => people(format!("{by} ended the snooze")),
        What::Restored => plain("nothing of it holds any more".to_owned()),
        What::Resolved if by.is_empty() => plain("it is over".to_owned()),
        What::Resolved => people(format!("{by} closed it")),
        What::Reopened { why } => Some(("it is open again".to_owned(), why.clone(), "")),
        What::Told(notice) => Some(told(notice)),
        What::Runbook(step) => Some(ran(step, &by)),
    }
}

fn told(notice: &Notice) -> (String, String, &'static str) {
    let what = match notice.arrived {
        None => format!("{} is told", notice.to),
        Some(true) => format!("{} has been told", notice.to),
        Some(false) => format!("{} could not be told", notice.to),
    };
    (what, notice.reason.clone(), "told")
}

fn ran(step: &Step, by: &str) -> (String, String, &'static str) {
    let name = &step.runbook;
    let (what, note) = match &step.stage {
        Stage::Wanted {
            place, approval, ..
        } => (
            format!("runbook “{name}” is meant for {}", name_of(place)),
            if *approval {
                "it waits for somebody's yes"
            } else {
                ""
            }
            .to_owned(),
        ),
        Stage::Rehearsed { what } => (format!("runbook “{name}”, dry run"), what.clone()),
        Stage::Approved => (format!("{by} let runbook “{name}” run"), String::new()),
        Stage::Declined if by.is_empty() => (
            format!("runbook “{name}” is not needed any more"),
            String::new(),
        ),
        Stage::Declined => (
            format!("{by} does not want runbook “{name}”"),
            String::new(),
        ),
        Stage::Started { .. } => (format!("runbook “{name}” is asked for"), String::new()),
        Stage::Taken { status } => (
            format!("runbook “{name}” has begun"),
            format!("answered {status}"),
        ),
        Stage::Refused { reason, again_at } => (
            format!("runbook “{name}” was not taken"),
            match again_at {
                Some(_) => format!("{reason}; it is asked for again"),
                None => format!("{reason}; it is given up"),
            },
        ),
        Stage::Answered {
            succeeded, text, ..
        } => {
            let word = if *succeeded { "succeeded" } else { "failed" };
            (format!("runbook “{name}” {word}"), text.clone())
        }
        Stage::TimedOut => (
            format!("runbook “{name}” told no result in time"),
            String::new(),
        ),
    };
    (what, note, "run")
}

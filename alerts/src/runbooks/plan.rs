//! What runbooks are to do now: a pure function of incidents, runs and the configuration.

use sha2::{Digest, Sha256};
use store::model::UnixNano;

use super::config::Runbook;
use super::step::{Run, Runs, Stage, Step};
use crate::incidents::{Incident, State};

/// Something to do for an incident.
#[derive(Clone, Debug, PartialEq)]
pub enum Do {
    /// Tell a step.
    Tell {
        /// The incident.
        incident: String,
        /// The step.
        step: Step,
    },
    /// Ask for a run, under the same id as before if it was asked for before.
    Ask {
        /// The incident.
        incident: String,
        /// The run.
        run: String,
        /// The runbook's name.
        runbook: String,
        /// Until when its result is waited for.
        expires_at: UnixNano,
    },
}

/// What is to be done. `asking` says whether a run is being asked for at this moment, by this process.
#[must_use]
pub fn plan(
    runbooks: &[Runbook],
    incidents: &[&Incident],
    runs: &Runs,
    asking: impl Fn(&str) -> bool,
    now: UnixNano,
) -> Vec<Do> {
    let mut todo = Vec::new();
    for runbook in runbooks {
        for incident in incidents.iter().filter(|i| i.state.is_live()) {
            todo.extend(wanted(runbook, incident, runs, &todo, now));
        }
        let mut under_way = own(runs, runbook).filter(|run| run.is_under_way()).count();
        for run in own(runs, runbook).filter(|run| run.ended.is_none()) {
            let over = incidents
                .iter()
                .all(|i| i.id != run.incident || !i.state.is_live());
            let ready = !run.waits && !asking(&run.id);
            let begins = run.expires_at.is_none();
            if let Some(step) = ends(run, over, now) {
                todo.push(tell(run, step));
            } else if begins && ready && under_way < runbook.config.concurrency {
                under_way += 1;
                todo.push(ask(runbook, run, now));
            } else if !begins && ready && !run.taken && run.again_at.is_none_or(|at| at <= now) {
                todo.push(ask(runbook, run, now));
            }
        }
    }
    todo
}

fn own<'a>(runs: &'a Runs, runbook: &'a Runbook) -> impl Iterator<Item = &'a Run> {
    runs.iter().filter(|run| run.runbook == runbook.config.name)
}

fn tell(run: &Run, stage: Stage) -> Do {
    Do::Tell {
        incident: run.incident.clone(),
        step: Step {
            run: run.id.clone(),
            runbook: run.runbook.clone(),
            stage,
        },
    }
}

fn ask(runbook: &Runbook, run: &Run, now: UnixNano) -> Do {
    let timeout_ns = i64::try_from(runbook.config.timeout_ms).unwrap_or(i64::MAX) * 1_000_000;
    Do::Ask {
        incident: run.incident.clone(),
        run: run.id.clone(),
        runbook: run.runbook.clone(),
        expires_at: run
            .expires_at
            .unwrap_or(UnixNano(now.0.saturating_add(timeout_ns))),
    }
}

/// How a run ends by itself: its time is over, or its incident before it began.
fn ends(run: &Run, over: bool, now: UnixNano) -> Option<Stage> {
    match run.expires_at {
        Some(at) => (at <= now).then_some(Stage::TimedOut),
        None => over.then_some(Stage::Declined),
    }
}

/// The first step of a run that an incident wants, or of one that is only rehearsed.
fn wanted(
    runbook: &Runbook,
    incident: &Incident,
    runs: &Runs,
    todo: &[Do],
    now: UnixNano,
) -> Vec<Do> {
    debug_assert!(incident.state != State::Merged);
    let for_it = |member: &&crate::incidents::Member| {
        member.ended_at.is_none() && runbook.is_for(member, &incident.place)
    };
    // The cause's own finding, if it is one; then the earliest.
    let key = |member: &&crate::incidents::Member| {
        (
            member.place != incident.place,
            member.began_at,
            member.finding.clone(),
        )
    };
    let Some(member) = incident.members.values().filter(for_it).min_by_key(key) else {
        return Vec::new();
    };
    let cool_ns = i64::try_from(runbook.config.cool_down_ms).unwrap_or(i64::MAX);
    let cool_ns = cool_ns.saturating_mul(1_000_000);
    let warm = |run: &Run| {
        let same = run.incident == incident.id
            || incident.absorbed.contains(&run.incident)
            || run.place == member.place;
        same && (run.ended.is_none() || now.0.saturating_sub(run.wanted_at.0) < cool_ns)
    };
    let planned = todo.iter().any(|other| match other {
        Do::Tell { step, .. } => {
            let same = matches!(&step.stage, Stage::Wanted { place, .. } if *place == member.place);
            same && step.runbook == runbook.config.name
        }
        Do::Ask { .. } => false,
    });
    if planned || own(runs, runbook).any(warm) {
        return Vec::new();
    }
    let text = format!("{}\0{}\0{}", runbook.config.name, incident.id, now.0);
    let id = format!("run_{}", hex::encode(&Sha256::digest(text.as_bytes())[..8]));
    let step = |stage| Do::Tell {
        incident: incident.id.clone(),
        step: Step {
            run: id.clone(),
            runbook: runbook.config.name.clone(),
            stage,
        },
    };
    let mut steps = vec![step(Stage::Wanted {
        finding: member.finding.clone(),
        place: member.place.clone(),
        approval: runbook.config.approval && !runbook.config.dry_run,
    })];
    if runbook.config.dry_run {
        let host = runbook.target.host();
        let what = format!("{host} would have been asked to act on {}", member.place);
        steps.push(step(Stage::Rehearsed { what }));
    }
    steps
}

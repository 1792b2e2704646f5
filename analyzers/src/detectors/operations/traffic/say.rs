//! What is said of traffic. Where half of all functions fall silent at once, nobody's traffic stopped:
//! telemetry does not arrive, and that is told once.

use std::collections::HashSet;

use store::model::{Scope, Severity};

use super::State;
use crate::advice::words::{count, percent};
use crate::detectors::keyed::Keyed;
use crate::detectors::names::FunctionNo;
use crate::detectors::operations::report;
use crate::detectors::signal::Subject;
use crate::detectors::{News, Signal};

/// From so many silent functions on,
const MANY: usize = 3;
/// which are this share of those that are not retired, it is the telemetry.
const MOST: f64 = 0.5;
/// Expected invocations an hour from which silence is severe.
const BUSY: f64 = 60.0;
/// How often ordinary traffic falls silent, by function and month: EVALUATION.md, "Operations".
const SILENT_PLACEBO: f64 = 0.01;
/// The same of retries.
const RETRIES_PLACEBO: f64 = 0.001;

pub(super) fn all(
    states: &Keyed<State>,
    open: &HashSet<FunctionNo>,
    news: &News<'_>,
) -> Vec<Signal> {
    let mut said = Vec::new();
    let mut silent = Vec::new();
    for function in open {
        let Some(state) = states.get(*function) else {
            continue;
        };
        if state.silence.is_told() {
            silent.push((*function, state));
        } else if state.schedule.missed().is_some() {
            said.extend(missed(*function, state, news));
        }
        if state.retries.is_open() {
            said.push(retries(*function, state, news));
        }
    }
    if silent.len() >= MANY {
        // Who is retired is never silent, so that the silent ones are a part of these.
        let watched = states
            .iter()
            .filter(|(_, state)| !state.is_retired(news.until_s))
            .count();
        if silent.len() as f64 > MOST * watched as f64 {
            said.push(nothing_arrives(&silent, watched, news));
            return said;
        }
    }
    said.extend(
        silent
            .into_iter()
            .map(|(function, state)| silence(function, state, news)),
    );
    said
}

fn silence(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let last = report::clock(state.last_s, news.until_s);
    let expected = f64::from(state.silence.expected);
    let hours = f64::from(news.until_s.saturating_sub(state.last_s).max(60)) / 3600.0;
    let usual_h = expected / hours;
    let mut signal = report::of_function(
        "silent",
        function,
        state.last_s.max(1),
        state.silence.told_s,
    );
    signal.severity = if usual_h >= BUSY {
        Severity::High
    } else {
        Severity::Medium
    };
    signal.p_value = Some(SILENT_PLACEBO);
    signal.title = format!("{name} is invoked no longer");
    signal.sentence = format!(
        "{name} was not invoked since {last}; in that time it usually is, about {} times. \
         Look first at what triggers it: a disabled rule or queue, a failing caller, a permission.",
        count(expected.round() as u64)
    );
    signal.relative = Some(-1.0);
    signal.before = Some(usual_h);
    signal.after = Some(0.0);
    signal.unit = "count/h";
    signal.evidence = report::because(
        vec![format!(
            "{} invocations were expected in {}; ordinary pauses of this function have up to {}",
            count(expected.round() as u64),
            report::span(hours * 3600.0),
            count(state.silence.limit().round() as u64)
        )],
        &[
            "If it was retired on purpose, say that this is expected: it is told no longer after a week anyway.",
        ],
    );
    signal
}

fn missed(function: FunctionNo, state: &State, news: &News<'_>) -> Option<Signal> {
    let missed = state.schedule.missed()?;
    let name = report::name(news.names, function);
    let at = report::clock(missed.hour_s, news.until_s);
    let mut signal = report::of_function("missed_run", function, missed.hour_s, missed.told_s);
    let chance = 1.0 / f64::from(missed.after_runs + 2);
    signal.severity = Severity::Medium;
    signal.p_value = Some(chance.min(SILENT_PLACEBO));
    signal.confidence = 1.0 - chance;
    let times = if missed.runs > 1 {
        format!(" and {} more since", missed.runs - 1)
    } else {
        String::new()
    };
    signal.title = format!("{name} missed its run at {at}");
    signal.sentence = format!(
        "{name} missed its run at {at}{times}: it ran at that hour {} times in a row before. \
         Look first at its schedule and at what starts it.",
        count(missed.after_runs.into())
    );
    signal.relative = Some(-1.0);
    signal.unit = "count/h";
    Some(signal)
}

fn retries(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let retries = &state.retries;
    let (ratio, failing) = (retries.ratio(), retries.failing());
    let mut signal = report::of_function(
        "retry_growth",
        function,
        retries.began_s,
        retries.detected_s,
    );
    signal.p_value = Some(RETRIES_PLACEBO);
    signal.severity = if ratio >= 5.0 {
        Severity::High
    } else {
        Severity::Medium
    };
    signal.title = format!("{name} is invoked again and again because it fails");
    signal.sentence = format!(
        "{name} is invoked {ratio:.1} times as often as usual at this hour, and {} of it fails: what fails is \
         tried again, and that is paid for. Look first at its newest errors, then at how its caller retries.",
        percent(failing)
    );
    signal.relative = Some(ratio - 1.0);
    signal.unit = "count/h";
    signal.evidence = report::because(
        Vec::new(),
        &["Let callers wait longer each time, and send what keeps failing to a dead-letter queue."],
    );
    signal
}

fn nothing_arrives(silent: &[(FunctionNo, &State)], watched: usize, news: &News<'_>) -> Signal {
    let last_s = silent
        .iter()
        .map(|(_, state)| state.last_s)
        .min()
        .unwrap_or(1);
    let told_s = silent.iter().map(|(_, state)| state.silence.told_s).max();
    let subject = Subject::Wide(Scope::Fleet, String::new());
    let mut signal = report::of("silent", subject, last_s.max(1), told_s.unwrap_or(last_s));
    signal.severity = Severity::High;
    signal.title = format!(
        "{} functions fell silent at once",
        count(silent.len() as u64)
    );
    signal.sentence = format!(
        "{} of {} functions were not invoked since about {}. So many at once mean that their telemetry does not \
         arrive, or that a provider or region is down. Look first at the Ingest page and at the exporters.",
        count(silent.len() as u64),
        count(watched as u64),
        report::clock(last_s, news.until_s)
    );
    signal.unit = "count/h";
    signal.relative = Some(-1.0);
    signal
}

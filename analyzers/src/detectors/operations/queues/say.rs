//! What is said of queues: one sentence of a queue, whichever of its measures tell it.

use std::collections::{BTreeMap, BTreeSet};

use store::model::finding::plain;
use store::model::{Scope, Severity};

use super::{Id, Kind, Series};
use crate::advice::words::count;
use crate::detectors::news::Measure;
use crate::detectors::operations::report::{clock, of, span};
use crate::detectors::signal::Subject;
use crate::detectors::{News, Signal};

pub(super) fn all(series: &BTreeMap<Id, Series>, news: &News<'_>) -> Vec<Signal> {
    let (mut said, mut lag) = (Vec::new(), BTreeSet::new());
    // Ages come before counts: of a queue that is told of by both, the age is said.
    for (id, series) in series.iter().filter(|(_, series)| series.began_s > 0) {
        let (subject, name) = match id.is_function {
            true => match news.names.known(&id.name) {
                Some(function) => (
                    Subject::Function(function),
                    news.names.of(function).parts.name.clone(),
                ),
                None => continue,
            },
            false => (
                Subject::Wide(Scope::Queue, id.name.clone()),
                id.name.clone(),
            ),
        };
        let name = plain(&name, 80);
        let signal = match series.kind {
            Kind::Nothing => continue,
            Kind::Dead => dead(series, subject, &name, news),
            Kind::Old | Kind::Grows => {
                if id.measure != Measure::IteratorAge as u8 && !lag.insert(id.name.clone()) {
                    continue;
                }
                match id.measure == Measure::Waiting as u8 {
                    true => waiting(series, subject, &name, news),
                    false => age(id, series, subject, &name, news),
                }
            }
        };
        said.push(signal);
    }
    said
}

fn age(id: &Id, series: &Series, subject: Subject, name: &str, news: &News<'_>) -> Signal {
    let is_stream = id.measure == Measure::IteratorAge as u8;
    let kind = if is_stream {
        "iterator_age"
    } else {
        "queue_lag"
    };
    let mut signal = of(kind, subject, series.began_s, series.detected_s);
    let now = span(series.value());
    let since = clock(series.began_s, news.until_s);
    signal.severity = match series.kind {
        Kind::Old => Severity::High,
        _ => Severity::Medium,
    };
    let grows = match series.growth().filter(|slope| *slope > 0.0) {
        Some(slope) => format!(", and it grows by {} an hour", span(slope * 3600.0)),
        None => String::new(),
    };
    (signal.title, signal.sentence) = match is_stream {
        true => (
            format!("{name} reads its stream {now} late"),
            format!(
                "{name} reads records that are {now} old{grows}; it was {} at {since}. Records are lost when \
                 they grow older than the stream keeps them. Look first at its errors: one bad record \
                 holds up all behind it; then at how long it takes.",
                span(series.before.into())
            ),
        ),
        false => (
            format!("The oldest message of {name} waits for {now}"),
            format!(
                "The oldest message of {name} waits for {now}{grows}; it was {} at {since}. \
                 Look first at whoever reads it: its errors, its throttles, how long it takes.",
                span(series.before.into())
            ),
        ),
    };
    signal.before = Some(series.before.into());
    signal.after = Some(series.value());
    signal.unit = "s";
    signal
}

fn waiting(series: &Series, subject: Subject, name: &str, news: &News<'_>) -> Signal {
    let mut signal = of("queue_lag", subject, series.began_s, series.detected_s);
    let now = count(series.value().round() as u64);
    signal.title = format!("Messages pile up in {name}: {now} wait");
    let usual = match series.peak_known() {
        true => format!(
            ", usually at most {}",
            count(f64::from(series.peak).round() as u64)
        ),
        false => String::new(),
    };
    signal.sentence = format!(
        "{now} messages wait in {name}{usual}; there were {} at {}, and they grow in number. \
        Look first at whoever reads it: its errors, its throttles, how long it takes.",
        count(f64::from(series.before).round() as u64),
        clock(series.began_s, news.until_s)
    );
    signal.before = Some(series.before.into());
    signal.after = Some(series.value());
    signal.unit = "count";
    signal
}

fn dead(series: &Series, subject: Subject, name: &str, news: &News<'_>) -> Signal {
    let mut signal = of("dead_letters", subject, series.began_s, series.detected_s);
    let n = count(f64::from(series.dead).round().max(1.0) as u64);
    let letters = if n == "1" {
        "dead letter"
    } else {
        "dead letters"
    };
    signal.title = format!("{n} {letters} of {name}");
    signal.sentence = format!(
        "{n} {letters} of {name} since {}, the newest at {}: what these messages asked for \
        was not done. Open one of them and its trace, mend the cause, then send them again.",
        clock(series.began_s, news.until_s),
        clock(series.last_dead_s, news.until_s)
    );
    signal.after = Some(series.dead.into());
    signal.unit = "count";
    signal
}

//! What is said of a version that became worse: title, sentence, what it costs, and why it is believed.

use std::sync::Arc;

use store::model::finding::{BandPoint, Suspect, plain};
use store::model::{Evidence, Severity, UnixNano};

use super::measure::{Form, Measure};
use super::told::Told;
use crate::detectors::costs::words::{change, count, dollars, percent, time};
use crate::detectors::names::{Function, FunctionNo, Names};
use crate::detectors::price::Price;
use crate::detectors::signal::{Key, Signal, Subject};

/// Longest name of a function or version in a sentence, bytes.
const NAME_BYTES_MAX: usize = 80;
/// The part of all invocations that the slowest twentieth is.
const SLOWEST: f64 = 0.05;
/// Memory used beyond this part of what is configured is near its end.
const MEMORY_NEAR: f64 = 0.85;
/// Less money a month than this is not worth a word, dollars.
const WORTH_USD: f64 = 0.01;

/// The signal of one measure that became worse.
#[must_use]
pub fn of(told: &Told, number: FunctionNo, price: Price, names: &Names) -> Signal {
    let function = names.of(number);
    let name = plain(&function.parts.name, NAME_BYTES_MAX);
    let version = plain(&told.version, NAME_BYTES_MAX);
    let ms_per_month = ms_per_month(told);
    let usd_per_month = ms_per_month
        .zip(price.usd_per_ms())
        .map(|(ms, usd)| ms * usd);
    let lasts = match told.lasts_in.as_str() {
        "" => String::new(),
        newer => format!(" Version {} did not mend it.", plain(newer, NAME_BYTES_MAX)),
    };
    let sentence = format!(
        "{} since version {version}: {}, certain after {} invocations.{lasts} {}",
        what(told, &name),
        change(told.relative, told.interval),
        count_of(told.n_after),
        costs(told, function, ms_per_month, usd_per_month),
    );
    Signal {
        key: Key {
            kind: told.kind(),
            subject: Subject::Function(number),
            detail: told.version.clone(),
        },
        version: told.version.clone(),
        began_at: UnixNano(told.began_ns),
        detected_at: UnixNano(told.detected_ns),
        severity: severity(told, function),
        confidence: (1.0 - told.p_value).clamp(0.0, 1.0),
        p_value: Some(told.p_value),
        title: format!("{} since version {version}", headline(told, &name)),
        sentence,
        relative: Some(told.relative),
        interval: told.interval,
        before: Some(told.before),
        after: Some(told.after),
        unit: unit(told.measure),
        ms_per_month,
        usd_per_month,
        evidence: Arc::new(evidence(told, &version)),
    }
}

/// Time that those who wait lose, ms a month: about, because a median tells of the mean only roughly.
fn ms_per_month(told: &Told) -> Option<f64> {
    let more_ms = told.after - told.before;
    let slower = match told.measure {
        Measure::Duration => more_ms,
        Measure::DurationP95 => more_ms * SLOWEST,
        Measure::Memory | Measure::Errors | Measure::Timeouts | Measure::ColdShare => return None,
    };
    Some(slower * told.per_month).filter(|ms| ms.is_finite() && *ms > 0.0)
}

fn headline(told: &Told, name: &str) -> String {
    let more = 100.0 * told.relative;
    let (before, after) = (figure(told, told.before), figure(told, told.after));
    match told.measure {
        Measure::Duration => format!("{name} is {more:.0} % slower"),
        Measure::DurationP95 => format!("{name}'s slowest invocations are {more:.0} % slower"),
        Measure::Memory => format!("{name} uses {more:.0} % more memory"),
        Measure::Errors => format!("{after} of {name}'s invocations fail instead of {before}"),
        Measure::Timeouts => {
            format!("{after} of {name}'s invocations time out instead of {before}")
        }
        Measure::ColdShare => {
            format!("{after} of {name}'s invocations start cold instead of {before}")
        }
    }
}

fn what(told: &Told, name: &str) -> String {
    let (before, after) = (figure(told, told.before), figure(told, told.after));
    match told.measure {
        Measure::Duration => format!("{name} takes {after} (median) instead of {before}"),
        Measure::DurationP95 => {
            format!("{name}'s slowest twentieth takes {after} or more instead of {before}")
        }
        Measure::Memory => format!("{name} uses {after} of memory instead of {before}"),
        _ => headline(told, name),
    }
}

/// What it costs a month, or how near its limit it is.
fn costs(told: &Told, function: &Function, ms: Option<f64>, usd: Option<f64>) -> String {
    let monthly = count(told.per_month);
    let more = count((told.after - told.before) * told.per_month);
    match told.measure {
        Measure::Duration | Measure::DurationP95 => {
            let usd = usd.filter(|usd| *usd >= WORTH_USD);
            let usd = usd.map_or_else(String::new, |usd| {
                format!(" and cost {} more", dollars(usd))
            });
            let waits = time(ms.unwrap_or(0.0));
            format!("At {monthly} invocations a month that is {waits} of waiting a month{usd}.")
        }
        Measure::Memory => match function.memory_size_mb.filter(|mb| *mb > 0) {
            Some(mb) => {
                let used = percent(told.after / f64::from(mb));
                format!("It is {used} of the {mb} MB that are configured.")
            }
            None => "How much is configured is not known.".to_owned(),
        },
        Measure::Errors => format!("At {monthly} invocations a month {more} more fail."),
        Measure::Timeouts => format!(
            "At {monthly} invocations a month {more} more end at the time limit, each billed in full."
        ),
        Measure::ColdShare => format!("At {monthly} invocations a month {more} more start cold."),
    }
}

fn figure(told: &Told, value: f64) -> String {
    match told.measure {
        Measure::Duration | Measure::DurationP95 => time(value),
        Measure::Memory => format!("{value:.0} MB"),
        _ if value > 0.0 && value < 0.000_5 => format!("{:.2} %", 100.0 * value),
        _ => percent(value),
    }
}

/// The unit of values in a finding, where a share is `1`.
fn unit(measure: Measure) -> &'static str {
    match measure.form() {
        Form::Level => measure.unit(),
        Form::Share => "1",
    }
}

fn severity(told: &Told, function: &Function) -> Severity {
    let is_near = |mb: u32| mb > 0 && told.after >= MEMORY_NEAR * f64::from(mb);
    match told.measure {
        Measure::Duration | Measure::DurationP95 => graded(told.relative, 0.25, 1.0),
        Measure::Memory if function.memory_size_mb.is_some_and(is_near) => Severity::High,
        Measure::Memory => graded(told.relative, 0.5, f64::INFINITY),
        Measure::Errors | Measure::Timeouts => graded(told.after - told.before, 0.01, 0.1),
        Measure::ColdShare => graded(told.after - told.before, 0.1, f64::INFINITY),
    }
}

fn graded(value: f64, medium: f64, high: f64) -> Severity {
    match value {
        v if v >= high => Severity::High,
        v if v >= medium => Severity::Medium,
        _ => Severity::Low,
    }
}

fn evidence(told: &Told, version: &str) -> Evidence {
    let begin_s = told.began_ns.div_euclid(3_600_000_000_000) * 3_600;
    let point = |(at_s, value): &(u32, f32)| BandPoint {
        at_s: i64::from(*at_s),
        actual: Some(f64::from(*value)),
        expected: Some(told.before).filter(|_| i64::from(*at_s) >= begin_s),
        low: None,
        high: None,
    };
    let suspect = Suspect {
        what: format!("version {version}"),
        why: "it began with this version".to_owned(),
        weight: 0.7,
    };
    Evidence {
        reasons: told.reasons.clone(),
        suspects: vec![suspect],
        band: told.course.iter().map(point).collect(),
        band_unit: unit(told.measure).to_owned(),
        advice: vec![advice(told.measure).to_owned()],
        ..Evidence::default()
    }
}

const fn advice(measure: Measure) -> &'static str {
    match measure {
        Measure::Duration | Measure::DurationP95 => {
            "Compare a trace of this version with one of the version before: the span that grew is the cause."
        }
        Measure::Memory => {
            "See what this version loads or keeps; raise the memory if it is meant to."
        }
        Measure::Errors => "Roll back if users suffer, then group the errors of this version.",
        Measure::Timeouts => {
            "Roll back if users suffer, then look for the call that waits in traces of this version."
        }
        Measure::ColdShare => {
            "See whether its instances end early (memory, crashes) or provisioned ones do not cover this version."
        }
    }
}

fn count_of(n: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // rounded anyway
    count(n as f64)
}

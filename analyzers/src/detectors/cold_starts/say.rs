//! What is said of a regression: title, sentence, what it costs, and why it is believed.

use std::sync::Arc;

use store::model::finding::{Side, Suspect};
use store::model::{Evidence, Scope, Severity, UnixNano};

use super::history::History;
use super::told::Told;
use crate::detectors::names::{FunctionNo, Names};
use crate::detectors::regression::change::Change;
use crate::detectors::signal::{Key, Signal, Subject};

/// Days of a month.
const MONTH_DAYS: f64 = 365.25 / 12.0;

/// Whose regression it is.
#[derive(Clone, Copy)]
pub struct Whose<'a> {
    /// The function.
    pub function: FunctionNo,
    /// How its cold starts begin; may be empty.
    pub init_kind: &'a str,
    /// Its architecture; may be empty.
    pub architecture: &'a str,
    /// Its cold starts.
    pub history: &'a History,
    /// What a millisecond more of initialisation costs, where that is known.
    pub usd_per_init_ms: Option<f64>,
}

/// The signal of a regression of one series.
#[must_use]
pub fn of(told: &Told, whose: Whose<'_>, names: &Names) -> Signal {
    let name = &names.of(whose.function).parts.name;
    let (before, after) = (told.before_ms.0, told.after_ms.0);
    let since = match told.version.is_empty() {
        true => "without a deploy".to_owned(),
        false => format!("since version {}", told.version),
    };
    let monthly = whose.history.per_day() * MONTH_DAYS;
    let ms_per_month = Some(monthly * (after - before)).filter(|ms| ms.is_finite() && *ms > 0.0);
    let range = told.interval.map_or_else(String::new, |(low, high)| {
        format!(" (95 %: {:+.0} to {:+.0} %)", 100.0 * low, 100.0 * high)
    });
    let percent = 100.0 * told.relative;
    let wait = ms_per_month.map_or_else(String::new, |ms| {
        format!(
            " At {monthly:.0} cold starts a month those who wait lose {:.0} s a month.",
            ms / 1e3
        )
    });
    Signal {
        key: key(told, &whose),
        version: told.version.clone(),
        began_at: UnixNano(told.began_ns),
        detected_at: UnixNano(told.detected_ns),
        severity: severity(told.relative),
        confidence: (1.0 - told.p_value).clamp(0.0, 1.0),
        p_value: Some(told.p_value),
        title: format!("Cold starts of {name} are {percent:.0} % slower {since}"),
        sentence: format!(
            "Cold starts of {name} take {after:.0} ms instead of {before:.0} {since}: {percent:+.0} %{range}, \
             certain after {} cold starts.{wait}",
            told.n.1
        ),
        relative: Some(told.relative),
        interval: told.interval,
        before: Some(before),
        after: Some(after),
        unit: "ms",
        ms_per_month,
        usd_per_month: ms_per_month
            .zip(whose.usd_per_init_ms)
            .map(|(ms, usd)| ms * usd),
        evidence: Arc::new(evidence(told, &whose)),
    }
}

fn key(told: &Told, whose: &Whose<'_>) -> Key {
    let day = told.began_ns.div_euclid(86_400_000_000_000);
    let (kind, what) = match told.version.is_empty() {
        true => ("cold_start_shift", format!("day {day}")),
        false => ("cold_start_regression", told.version.clone()),
    };
    let series = [&what, whose.init_kind, whose.architecture];
    let told: Vec<&str> = series.into_iter().filter(|s| !s.is_empty()).collect();
    Key {
        kind,
        subject: Subject::Function(whose.function),
        detail: told.join(" "),
    }
}

fn severity(relative: f64) -> Severity {
    match relative {
        r if r >= 1.0 => Severity::High,
        r if r >= 0.25 => Severity::Medium,
        _ => Severity::Low,
    }
}

fn evidence(told: &Told, whose: &Whose<'_>) -> Evidence {
    let mut suspects = Vec::new();
    if !told.version.is_empty() {
        let before = whose.history.memory_mb(&told.previous);
        let after = whose.history.memory_mb(&told.version);
        if before != after && before > 0 && after > 0 {
            suspects.push(Suspect {
                what: format!("memory {before} → {after} MB"),
                why: "processor time comes with memory; it changed with the version".to_owned(),
                weight: if after < before { 0.8 } else { 0.2 },
            });
        }
        suspects.push(Suspect {
            what: format!("version {}", told.version),
            why: "it began with the first slow cold start".to_owned(),
            weight: 0.7,
        });
    }
    let side = |n: u32, quantiles: [f64; 5]| Side {
        n: n.into(),
        quantiles: quantiles.map(|q| if q.is_finite() { q } else { 0.0 }),
        values: Vec::new(),
    };
    Evidence {
        reasons: told.reasons.clone(),
        suspects,
        before: Some(side(told.n.0, told.quantiles.0)),
        after: Some(side(told.n.1, told.quantiles.1)),
        traces: match told.version.is_empty() {
            true => Vec::new(),
            false => whose.history.traces(),
        },
        ..Evidence::default()
    }
}

/// The signal of a shift that a whole cohort shares.
#[must_use]
pub fn of_cohort(cohort: &str, members: usize, change: &Change) -> Signal {
    let percent = 100.0 * change.relative;
    let (before, after) = (change.before.p50_ms, change.after.p50_ms);
    Signal {
        key: Key {
            kind: "cold_start_platform_shift",
            subject: Subject::Wide(Scope::Cohort, cohort.to_owned()),
            detail: format!("day {}", change.at.day()),
        },
        version: String::new(),
        began_at: change.at,
        detected_at: change.detected_at,
        severity: Severity::Info,
        confidence: change.confidence(),
        p_value: Some(change.p_value),
        title: format!("Cold starts of {cohort} are {percent:+.0} % for most functions"),
        sentence: format!(
            "Most of {members} functions of {cohort} start in {after:.0} ms instead of {before:.0} \
             ({percent:+.0} %): this is the platform's doing, not a version's."
        ),
        relative: Some(change.relative),
        interval: None,
        before: Some(before),
        after: Some(after),
        unit: "ms",
        ms_per_month: None,
        usd_per_month: None,
        evidence: Arc::new(Evidence {
            reasons: vec!["most functions of one kind moved alike on two days".to_owned()],
            ..Evidence::default()
        }),
    }
}

//! How the functions are: what the overview and the list of functions say in their sentences.

use std::collections::HashMap;

use store::read::Window;
use store::read::functions::{FunctionRow, SumRow};

use crate::format;
use crate::web::frame::{Sentence, Tone};
use crate::web::link::function_path;
use crate::web::{Context, Phrase};

/// Share of errors that is worth a look, and the one that needs somebody.
pub(crate) const WARN_ERROR_SHARE: f64 = 0.01;
pub(crate) const BAD_ERROR_SHARE: f64 = 0.10;
/// Fewer errors than this are an accident, not a share.
const MIN_ERRORS: u64 = 3;
/// A function is silent when this many invocations should have come and none did.
const MISSED_INVOCATIONS: f64 = 20.0;

/// How an error share is to be taken, given its evidence.
pub(crate) fn error_tone(errors: u64, invocations: u64) -> Tone {
    if errors == 0 || invocations == 0 {
        return Tone::Quiet;
    }
    let share = errors as f64 / invocations as f64;
    match errors {
        ..MIN_ERRORS => Tone::Quiet,
        _ if share > BAD_ERROR_SHARE => Tone::Bad,
        _ if share > WARN_ERROR_SHARE => Tone::Warn,
        _ => Tone::Quiet,
    }
}

/// A function that stands out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) figure: String,
    pub(crate) tone: Tone,
}

/// What stands out among all functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    pub(crate) known: usize,
    pub(crate) active: usize,
    pub(crate) failing: Vec<Case>,
    pub(crate) silent: Vec<Case>,
}

/// Judges all functions by what they did now and in the window before.
pub(crate) fn judge(
    ctx: &Context,
    functions: &[FunctionRow],
    now: &HashMap<&str, &SumRow>,
    before: &HashMap<&str, &SumRow>,
) -> Health {
    let mut health = Health {
        known: functions.len(),
        active: now.len(),
        ..Health::default()
    };
    let mut failing: Vec<(f64, Case)> = Vec::new();
    for function in functions {
        let id = function.function_id.as_str();
        let case = |figure, tone| Case {
            id: function.function_id.clone(),
            name: function.name.clone(),
            figure,
            tone,
        };
        let sums = now.get(id).copied();
        if let Some(sums) = sums {
            let tone = error_tone(sums.errors, sums.invocations);
            if tone >= Tone::Warn {
                let share = sums.errors as f64 / sums.invocations as f64;
                failing.push((share, case(format::ratio(share), tone)));
            }
        }
        if let Some(since_ms) = silent_since(sums, before.get(id).copied(), ctx.window()) {
            let since = ctx.range.clock.short(ctx.now_ms(), since_ms);
            health
                .silent
                .push(case(format!("silent since {since}"), Tone::Warn));
        }
    }
    failing.sort_by(|a, b| b.0.total_cmp(&a.0));
    health.failing = failing.into_iter().map(|(_, case)| case).collect();
    health
}

/// Since when a function is silent that should not be: its last minute, if at its own rate enough
/// invocations should have followed.
fn silent_since(now: Option<&SumRow>, before: Option<&SumRow>, window: Window) -> Option<i64> {
    let (sums, from) = match (now, before) {
        (Some(now), _) => (now, window.from),
        (None, Some(before)) => (before, window.previous().from),
        (None, None) => return None,
    };
    let active_ms = (sums.last_minute_ms + 60_000 - from.as_millis()).max(60_000) as f64;
    let quiet_ms = (window.to.as_millis() - sums.last_minute_ms - 60_000) as f64;
    let missed = sums.invocations as f64 / active_ms * quiet_ms;
    // Two minutes are the rollup's and the exporters' own delay.
    (missed >= MISSED_INVOCATIONS && quiet_ms > 180_000.0).then_some(sums.last_minute_ms)
}

/// The sentence about all functions.
pub(crate) fn sentence(ctx: &Context, health: &Health) -> Sentence {
    if health.known == 0 {
        return Sentence::new(Tone::Quiet)
            .say("No function has sent anything yet. ")
            .link("Connect the first one", ctx.link("/connect", &[]))
            .say(".");
    }
    let worst = health
        .failing
        .iter()
        .chain(&health.silent)
        .map(|case| case.tone)
        .max();
    let mut sentence = Sentence::new(worst.unwrap_or(Tone::Good));
    let of_all = format!("{} of {}", health.failing.len(), functions(health.known));
    if !health.failing.is_empty() {
        let verb = if health.failing.len() == 1 {
            "fails"
        } else {
            "fail"
        };
        let list = ctx.link("/functions", &[("sort", "errors")]);
        sentence = sentence.link(of_all, list).say(format!(
            " {verb} more than {} of the time: ",
            format::ratio(WARN_ERROR_SHARE)
        ));
        sentence = cases(ctx, sentence, &health.failing);
    }
    if !health.silent.is_empty() {
        sentence = sentence.say(if health.failing.is_empty() { "" } else { "; " });
        sentence = cases(ctx, sentence, &health.silent);
    }
    if worst.is_none() {
        let words = match health.active {
            0 => format!("None of {} ran in this time", functions(health.known)),
            n if n == health.known => format!(
                "All {} ran without a noteworthy share of errors",
                functions(n)
            ),
            n => format!(
                "{n} of {} ran, without a noteworthy share of errors",
                functions(health.known)
            ),
        };
        if health.active == 0 {
            sentence.tone = Tone::Quiet;
        }
        sentence = sentence.say(words);
    }
    sentence.say(".")
}

/// `a 12 %, b 3 % and 2 more`.
fn cases(ctx: &Context, mut sentence: Sentence, cases: &[Case]) -> Sentence {
    const NAMED: usize = 3;
    let left = cases.len().saturating_sub(NAMED);
    for (i, case) in cases.iter().take(NAMED).enumerate() {
        let last = i + 1 == cases.len().min(NAMED);
        sentence = match i {
            0 => sentence,
            _ if last && left == 0 => sentence.say(" and "),
            _ => sentence.say(", "),
        };
        sentence = sentence.name(&case.name, ctx.link(&function_path(&case.id), &[]));
        sentence.phrases.push(Phrase {
            text: format!(" {}", case.figure),
            href: String::new(),
            tone: case.tone,
            name: false,
        });
    }
    if left > 0 {
        sentence.say(format!(" and {left} more"))
    } else {
        sentence
    }
}

fn functions(n: usize) -> String {
    format::counted(n as u64, "function", "functions")
}

/// Sums by function id.
pub(crate) fn by_id(sums: &[SumRow]) -> HashMap<&str, &SumRow> {
    sums.iter()
        .map(|row| (row.function_id.as_str(), row))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::model::UnixNano;

    #[test]
    fn a_share_of_errors_needs_evidence() {
        assert_eq!(error_tone(0, 0), Tone::Quiet);
        assert_eq!(error_tone(2, 4), Tone::Quiet, "two errors are an accident");
        assert_eq!(error_tone(3, 4), Tone::Bad);
        assert_eq!(error_tone(3, 100), Tone::Warn);
        assert_eq!(error_tone(3, 10_000), Tone::Quiet);
    }

    #[test]
    fn silence_is_noticed_when_many_invocations_are_missing() {
        let hour = |h: i64| UnixNano::from_secs(h * 3_600);
        let window = Window {
            from: hour(3),
            to: hour(6),
        };
        let sums = |invocations, last_hour: i64| SumRow {
            invocations,
            last_minute_ms: last_hour * 3_600_000,
            ..SumRow::default()
        };
        let busy = sums(600, 4);
        assert_eq!(silent_since(Some(&busy), None, window), Some(4 * 3_600_000));
        assert_eq!(
            silent_since(Some(&sums(5, 4)), None, window),
            None,
            "a rare one"
        );
        let current = SumRow {
            last_minute_ms: 6 * 3_600_000 - 60_000,
            ..sums(600, 6)
        };
        assert_eq!(silent_since(Some(&current), None, window), None);
        let stopped = sums(300, 2);
        assert_eq!(
            silent_since(None, Some(&stopped), window),
            Some(2 * 3_600_000)
        );
        assert_eq!(silent_since(None, None, window), None);
    }
}

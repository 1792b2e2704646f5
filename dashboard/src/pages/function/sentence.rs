//! The sentence about one function.

use store::read::function::VersionRow;

use super::charts::{median, quantile};
use super::{Known, Totals, span_words};
use crate::format;
use crate::pages::fleet::error_tone;
use crate::web::frame::{Sentence, Tone};
use crate::web::{Context, Phrase};

/// Fewest measurements of each of two versions before their difference is worth words.
const MIN_STARTS: u64 = 8;
const MIN_DURATIONS: u64 = 50;
/// Least relative difference worth words.
const MIN_CHANGE: f64 = 0.2;
/// Least difference worth words, ms.
const MIN_CHANGE_MS: f64 = 10.0;

/// A median that differs between the newest version and the one before.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    version: String,
    before_ms: f64,
    now_ms: f64,
}

/// What to say first about a function.
pub(super) fn of(ctx: &Context, known: &Known) -> Sentence {
    let totals = Totals::of(&known.buckets);
    let name = format::bounded(&known.function.name, 60);
    if totals.invocations == 0 {
        let since = ctx
            .range
            .clock
            .short(ctx.now_ms(), known.function.last_seen_ms);
        let last = if known.function.last_seen_ms < ctx.window().from.as_millis() {
            format!(" has sent no data since {since}.")
        } else {
            format!(
                " was not invoked in {}; its last data are of {since}.",
                ctx.range.phrase()
            )
        };
        return Sentence::new(Tone::Quiet).name(&name, "").say(last);
    }
    let failing = error_tone(totals.errors, totals.invocations);
    let slower_start = step(&known.versions, MIN_STARTS, |v| {
        (median(&v.init), v.init_count)
    });
    let slower = step(&known.versions, MIN_DURATIONS, |v| {
        (median(&v.duration), v.invocations)
    });
    let worse = |step: &Option<Step>| step.as_ref().is_some_and(|s| s.now_ms > s.before_ms);
    let tone = if failing >= Tone::Warn {
        failing
    } else if worse(&slower_start) || worse(&slower) {
        Tone::Warn
    } else {
        Tone::Good
    };
    let mut sentence = Sentence::new(tone).name(&name, "");
    sentence = errors(sentence, known, totals, failing);
    if let Some(step) = slower_start {
        sentence = changed(sentence, "; cold starts take ", "#cold-starts", &step);
    }
    if let Some(step) = slower {
        sentence = changed(sentence, "; it runs ", "#duration", &step);
    }
    if tone == Tone::Good {
        let before = Totals::of(&known.before);
        if let Some(change) = traffic_change(before.invocations, totals.invocations) {
            sentence = sentence
                .say("; ")
                .link(format!("it is called {change}"), "#invocations-chart")
                .say(format!(" in {} before", span_words(ctx)));
        } else if let Some(p95) = known.quantiles.p95 {
            sentence = sentence
                .say("; 19 of 20 invocations end within ")
                .link(format::duration_ms(p95), "#duration");
        }
    }
    sentence.say(".")
}

fn errors(mut sentence: Sentence, known: &Known, totals: Totals, tone: Tone) -> Sentence {
    if totals.errors == 0 {
        return sentence.say(format!(
            " ran {} without an error",
            format::counted(totals.invocations, "time", "times")
        ));
    }
    sentence = sentence.say(" fails ");
    sentence.phrases.push(Phrase {
        text: format!(
            "{} of the time",
            format::share(totals.errors, totals.invocations)
        ),
        href: "#errors".to_owned(),
        tone,
        name: false,
    });
    match known
        .errors
        .first()
        .filter(|error| !error.error_type.is_empty())
    {
        Some(error) if error.invocations * 2 >= totals.errors => sentence
            .say(", mostly with ")
            .name(&error.error_type, "#errors"),
        _ => sentence,
    }
}

fn changed(sentence: Sentence, what: &str, href: &str, step: &Step) -> Sentence {
    let version = format::bounded(&step.version, 24);
    let (text, tail) = if what.contains("runs") {
        let word = if step.now_ms > step.before_ms {
            "slower"
        } else {
            "faster"
        };
        (word.to_owned(), String::new())
    } else {
        (
            format::change(step.before_ms, step.now_ms).unwrap_or_default(),
            " time".to_owned(),
        )
    };
    let times = text.ends_with("times");
    sentence
        .say(what)
        .link(
            if times {
                format!("{text} as long")
            } else {
                format!("{text}{tail}")
            },
            href,
        )
        .say(format!(
            " since version {version} ({} → {})",
            format::duration_ms(step.before_ms),
            format::duration_ms(step.now_ms)
        ))
}

/// The median of the newest version against the version before it, if they differ noticeably.
fn step(
    versions: &[VersionRow],
    least: u64,
    pick: impl Fn(&VersionRow) -> (Option<f64>, u64),
) -> Option<Step> {
    let [newest, before, ..] = versions else {
        return None;
    };
    let ((Some(now_ms), n_now), (Some(before_ms), n_before)) = (pick(newest), pick(before)) else {
        return None;
    };
    let enough = n_now >= least && n_before >= least && before_ms > 0.0;
    let difference = (now_ms - before_ms).abs();
    (enough && difference >= MIN_CHANGE_MS && difference / before_ms >= MIN_CHANGE).then(|| Step {
        version: newest.version.clone(),
        before_ms,
        now_ms,
    })
}

/// How much more or less is called, if it is worth words: `56 % more than`, `4.2 times as often as`.
fn traffic_change(before: u64, now: u64) -> Option<String> {
    let relative = now as f64 / before.max(1) as f64;
    if before < 100 || (0.7..1.5).contains(&relative) {
        return None;
    }
    let change = format::change(before as f64, now as f64)?;
    Some(if change.ends_with("times") {
        format!("{change} as often as")
    } else {
        format!("{change} than")
    })
}

/// The 95th percentile of a version, for tables.
pub(super) fn p95(quantiles: &[f64]) -> Option<f64> {
    quantile(quantiles, 0.95)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::read::function::SHAPE_LEVELS;

    fn version(name: &str, init_ms: f64, init_count: u64) -> VersionRow {
        VersionRow {
            version: name.to_owned(),
            first_ms: 0,
            last_ms: 0,
            invocations: 0,
            errors: 0,
            cold_starts: init_count,
            cold_start_known: init_count,
            init_count,
            memory_size_mb: 0,
            memory_used_mb: 0,
            billed_ms: 0.0,
            duration: vec![f64::NAN; SHAPE_LEVELS.len()],
            init: vec![init_ms; SHAPE_LEVELS.len()],
        }
    }

    fn starts(now: (f64, u64), before: (f64, u64)) -> Option<Step> {
        let versions = [
            version("42", now.0, now.1),
            version("41", before.0, before.1),
        ];
        step(&versions, MIN_STARTS, |v| (median(&v.init), v.init_count))
    }

    #[test]
    fn only_a_clear_change_of_traffic_is_told() {
        let told = |before, now| traffic_change(before, now).map(|t| t.replace('\u{a0}', " "));
        assert_eq!(told(1_000, 1_600).as_deref(), Some("60 % more than"));
        assert_eq!(told(1_000, 4_200).as_deref(), Some("4.2 times as often as"));
        assert_eq!(told(1_000, 500).as_deref(), Some("50 % less than"));
        assert_eq!(told(1_000, 1_100), None);
        assert_eq!(told(20, 60), None, "too few to tell");
    }

    #[test]
    fn a_slower_start_is_told_when_it_is_clear() {
        let step = starts((262.0, 40), (180.0, 30)).expect("46 % slower");
        assert_eq!((step.version.as_str(), step.now_ms), ("42", 262.0));
        assert_eq!(starts((190.0, 40), (180.0, 30)), None, "too little");
        assert_eq!(starts((262.0, 3), (180.0, 30)), None, "too few");
        assert_eq!(starts((6.0, 40), (4.0, 30)), None, "2 ms do not matter");
        assert_eq!(starts((f64::NAN, 40), (4.0, 30)), None, "unknown");
    }
}

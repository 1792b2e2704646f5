//! The sentence that opens the page: what a tired person can act on.

use super::history::SIGNALS;
use super::overflow;
use super::verdict::{Silence, Trouble, Verdict};
use crate::format;
use crate::web::Context;
use crate::web::frame::{Sentence, Tone};

/// Less room in time than this needs somebody at once, s.
const URGENT_S: u64 = 3_600;

/// Nothing is known of any collector.
pub(super) fn of_nobody(ctx: &Context) -> Sentence {
    Sentence::new(Tone::Quiet).say(format!(
        "No collector told of itself in {}.",
        ctx.range.phrase()
    ))
}

/// The sentence. `since` says since when counts are taken: the range, or the collector's start.
pub(super) fn sentence(ctx: &Context, verdict: &Verdict, since: &str) -> Sentence {
    let sentence = match &verdict.trouble {
        Some(trouble) => of_trouble(ctx, trouble),
        None => of_arrivals(ctx, verdict, since),
    };
    let sentence = match &verdict.silence {
        Some(silence) => of_lost(ctx, sentence, silence),
        None => sentence,
    };
    let sentence = refusals(sentence, verdict, since);
    overflow::say(ctx, sentence, &verdict.overflow).say(".")
}

fn of_trouble(ctx: &Context, trouble: &Trouble) -> Sentence {
    let clock = &ctx.range.clock;
    match trouble {
        Trouble::Away {
            since_ms,
            bytes,
            room_bytes,
            full_in_s,
        } => {
            let urgent = full_in_s.is_some_and(|s| s < URGENT_S) || *room_bytes == 0;
            let tone = if urgent { Tone::Bad } else { Tone::Warn };
            let head = match since_ms {
                Some(since) => format!(
                    "ClickHouse has stored nothing since {}: ",
                    clock.second(*since)
                ),
                None => "ClickHouse does not answer: ".to_owned(),
            };
            let full = match full_in_s {
                Some(seconds) => format!(", full in about {} at this pace", about(*seconds)),
                None => String::new(),
            };
            Sentence::new(tone)
                .say(head)
                .link(
                    format!("{} wait in the spool", format::bytes(*bytes as f64)),
                    "#waiting",
                )
                .say(format!(
                    ", {} of room{full}. Nothing is lost meanwhile; ",
                    format::bytes(*room_bytes as f64)
                ))
                .link("/-/ready says why", "/-/ready")
        }
        Trouble::Late { lag_ms, bytes } => Sentence::new(Tone::Warn)
            .say("ClickHouse stores less than arrives: data shows ")
            .link(
                format!("{} late", format::duration_ms(*lag_ms as f64)),
                "#lag",
            )
            .say(", ")
            .link(
                format!("{} wait in the spool", format::bytes(*bytes as f64)),
                "#waiting",
            ),
    }
}

/// Collectors that were there and are not heard of any more.
fn of_lost(ctx: &Context, mut sentence: Sentence, silence: &Silence) -> Sentence {
    sentence.tone = sentence.tone.max(Tone::Warn);
    let more = match silence.others {
        0 => String::new(),
        others => format!(", and {} too", format::counted(others, "other", "others")),
    };
    sentence
        .say("; the collector on ")
        .name(&silence.who, "#instances")
        .say(format!(
            " has said nothing since {}{more}",
            ctx.range.clock.short(ctx.now_ms(), silence.since_ms)
        ))
}

fn of_arrivals(ctx: &Context, verdict: &Verdict, since: &str) -> Sentence {
    let coming: Vec<String> = SIGNALS
        .iter()
        .zip(verdict.rates)
        .filter(|(_, rate)| *rate > 0.0)
        .map(|((_, one, many), rate)| format::rate_of(rate, one, many))
        .collect();
    if coming.is_empty() {
        return of_quiet(ctx, verdict, since);
    }
    let sentence = Sentence::new(Tone::Good)
        .link(listed(&coming), "#arrivals")
        .say(" arrive");
    match verdict.within_ms {
        Some(ms) => sentence.say(" and all are ").link(
            format!("stored within {}", format::duration_ms(ms as f64)),
            "#lag",
        ),
        None => sentence,
    }
}

fn of_quiet(ctx: &Context, verdict: &Verdict, since: &str) -> Sentence {
    let last = verdict.last_arrival_s.map(|s| i64::from(s) * 1000);
    match last {
        Some(last) if verdict.arrived > 0 => Sentence::new(Tone::Quiet)
            .say(format!(
                "Nothing has arrived since about {}; ",
                ctx.range.clock.short(ctx.now_ms(), last)
            ))
            .link(
                format::counted(verdict.arrived, "item", "items"),
                "#arrivals",
            )
            .say(" came before that, and all are stored"),
        _ => Sentence::new(Tone::Quiet)
            .say(format!("Nothing has arrived {since}; "))
            .link("connect a function", ctx.link("/connect", &[])),
    }
}

fn refusals(mut sentence: Sentence, verdict: &Verdict, since: &str) -> Sentence {
    let requests = format::counted(verdict.refused_requests, "request", "requests");
    let items = format::counted(verdict.refused_items, "item", "items");
    let what = match (verdict.refused_requests, verdict.refused_items) {
        (0, 0) => None,
        (_, 0) => Some(requests),
        (0, _) => Some(items),
        _ => Some(format!("{requests} and {items}")),
    };
    let one = verdict.refused_requests + verdict.refused_items == 1;
    match what {
        None if verdict.arrived == 0 && verdict.trouble.is_none() => {}
        None => {
            sentence = sentence
                .say("; ")
                .link("nothing was refused", "#refused")
                .say(format!(" {since}"));
        }
        Some(what) => {
            sentence.tone = sentence.tone.max(Tone::Warn);
            let verb = if one { "was" } else { "were" };
            sentence = sentence
                .say("; ")
                .link(format!("{what} {verb} refused"), "#refused")
                .say(format!(" {since}"));
        }
    }
    if verdict.kept_aside > 0 {
        sentence.tone = sentence.tone.max(Tone::Warn);
        sentence = sentence.say("; ").link(
            format!(
                "{} can never be stored",
                format::counted(verdict.kept_aside, "request", "requests")
            ),
            "#refused",
        );
    }
    sentence
}

/// `a`, `a and b`, `a, b and c`.
fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// A guess has one unit: `3 h`, `20 min`.
fn about(seconds: u64) -> String {
    const UNITS: [u64; 3] = [86_400, 3_600, 60];
    let unit = UNITS.into_iter().find(|unit| seconds >= *unit).unwrap_or(1);
    format::long_duration((seconds + unit / 2) / unit * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    fn calm() -> Verdict {
        Verdict {
            trouble: None,
            silence: None,
            rates: [1_204.0, 0.0, 0.5],
            within_ms: Some(1_300),
            arrived: 1_000_000,
            last_arrival_s: None,
            refused_requests: 0,
            refused_items: 0,
            kept_aside: 0,
            overflow: Vec::new(),
        }
    }

    fn said(verdict: &Verdict) -> (Tone, String) {
        let ctx = context("/ingest", "");
        let sentence = sentence(&ctx, verdict, "in the last 3 hours");
        let text: String = sentence.phrases.iter().map(|p| p.text.as_str()).collect();
        (sentence.tone, text.replace('\u{a0}', " "))
    }

    #[test]
    fn when_all_is_well_it_says_how_much_and_how_fast() {
        let want = "1,204 spans/s and 30 metric points/min arrive and all are stored within 1.3 s; \
                    nothing was refused in the last 3 hours.";
        assert_eq!(said(&calm()), (Tone::Good, want.to_owned()));
    }

    #[test]
    fn when_clickhouse_is_away_it_says_how_long_the_room_lasts() {
        let away = |full_in_s| Verdict {
            trouble: Some(Trouble::Away {
                since_ms: Some(1_795_436_000_000),
                bytes: 432_013_312,
                room_bytes: 10_307_921_510,
                full_in_s: Some(full_in_s),
            }),
            ..calm()
        };
        let (tone, text) = said(&away(11_000));
        assert_eq!(tone, Tone::Warn);
        let want = "ClickHouse has stored nothing since 12:13:20: 412 MiB wait in the spool, 9.6 GiB \
                    of room, full in about 3 h at this pace. Nothing is lost meanwhile; /-/ready says \
                    why; nothing was refused in the last 3 hours.";
        assert_eq!(text, want);
        assert_eq!(said(&away(1_500)).0, Tone::Bad);
        assert!(said(&away(1_500)).1.contains("in about 25 min"));
    }

    #[test]
    fn refusals_and_what_can_never_be_stored_are_named() {
        let verdict = Verdict {
            refused_requests: 12,
            refused_items: 1,
            kept_aside: 1,
            ..calm()
        };
        let (tone, text) = said(&verdict);
        assert_eq!(tone, Tone::Warn);
        assert!(
            text.ends_with(
                "; 12 requests and 1 item were refused in the last 3 hours; 1 request can never be \
                 stored."
            ),
            "{text}"
        );
    }

    #[test]
    fn a_collector_that_is_heard_of_no_more_is_named() {
        let lost = Verdict {
            silence: Some(Silence {
                who: "host-2".to_owned(),
                since_ms: 1_795_434_000_000,
                others: 2,
            }),
            ..calm()
        };
        let (tone, text) = said(&lost);
        assert_eq!(tone, Tone::Warn);
        let want = "stored within 1.3 s; the collector on host-2 has said nothing since 11:40, and \
                    2 others too; nothing was refused";
        assert!(text.contains(want), "{text}");
    }

    #[test]
    fn silence_is_no_praise_and_no_alarm() {
        let silent = Verdict {
            rates: [0.0; 3],
            last_arrival_s: Some(1_795_434_000),
            arrived: 50,
            ..calm()
        };
        let (tone, text) = said(&silent);
        assert_eq!(tone, Tone::Quiet);
        assert!(
            text.starts_with("Nothing has arrived since about 11:40; 50 items"),
            "{text}"
        );
        let never = Verdict {
            arrived: 0,
            last_arrival_s: None,
            ..silent
        };
        let want = "Nothing has arrived in the last 3 hours; connect a function.";
        assert_eq!(said(&never).1, want);
    }
}

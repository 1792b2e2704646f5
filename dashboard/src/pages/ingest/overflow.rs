//! Which limits of cardinality were reached, by whom, and what to do about it. Pure.
//!
//! Only the collector of this process knows the ingest key and an example; of others the store tells
//! how much there was.

use serde::Serialize;
use serde_json::{Value, json};
use store::model::observation as names;

use super::history::SIGNALS;
use super::verdict::Facts;
use crate::format;
use crate::live::{Live, LiveOverflow};
use crate::web::Context;
use crate::web::frame::{Sentence, Tone};

/// Rows of the list; the greatest are shown.
const MAX_ROWS: usize = 60;
/// Characters of an example.
const EXAMPLE_CHARS: usize = 200;
/// Characters of a key's name.
const KEY_CHARS: usize = 60;

/// What is said of a limit.
struct Words {
    /// As the collector spells it.
    kind: &'static str,
    title: &'static str,
    /// "had … too many".
    one: &'static str,
    /// What became of the items.
    instead: &'static str,
    todo: &'static str,
}

/// Here a new limit gets its words.
const WORDS: [Words; 4] = [
    Words {
        kind: "series",
        title: "Series of metrics",
        one: "a series",
        instead: "their attributes were put together as otel.metric.overflow",
        todo: "An attribute of this metric probably holds an id, of a user or a request: take it out. \
               Or raise collector.cardinality.max_series_per_key.",
    },
    Words {
        kind: "span_name",
        title: "Span names",
        one: "a span name",
        instead: "their names were kept as nephoscope.span.name",
        todo: "Names of this service's spans probably hold an id or a whole URL: name spans after \
               the route. Or raise collector.cardinality.max_span_names_per_service or \
               max_span_names_per_key.",
    },
    Words {
        kind: "service",
        title: "Services",
        one: "a service",
        instead: "their services were kept as nephoscope.service.name",
        todo: "service.name probably holds the id of an instance or a build: put that into \
               service.instance.id or service.version. Or raise \
               collector.cardinality.max_services_per_key.",
    },
    Words {
        kind: "function",
        title: "Functions",
        one: "a function",
        instead: "they belong to no function's page",
        todo: "faas.name probably holds the id of an instance or a deployment: give the function one \
               name for good. Or raise collector.cardinality.max_functions_per_key.",
    },
];

/// Of a limit that only a newer collector knows.
const UNKNOWN: Words = Words {
    kind: "",
    title: "Another limit",
    one: "something",
    instead: "they were kept in another form",
    todo: "Another version of the collector told of this; its log has the details.",
};

fn words(kind: &str) -> &'static Words {
    let found = WORDS.iter().find(|words| words.kind == kind);
    found.unwrap_or(&UNKNOWN)
}

/// Whether the Ingest page has words for a limit of the collector's.
#[must_use]
pub fn explains_limit(kind: &str) -> bool {
    WORDS.iter().any(|words| words.kind == kind)
}

/// A limit that was reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Overflow {
    /// Of which ingest key, empty for senders without one; `None` for other collectors, whose counts
    /// are of the window. Those of the collector here are since its start.
    pub(super) key: Option<String>,
    pub(super) signal: String,
    pub(super) kind: String,
    pub(super) items: u64,
    /// Start of the collector here, ms since the epoch; with `key`.
    pub(super) started_ms: Option<i64>,
    /// The latest metric, service or function known; may be empty. Hostile.
    pub(super) example: String,
    /// When it came, ms since the epoch.
    pub(super) example_ms: Option<i64>,
    /// It happened in the window, as far as is known.
    pub(super) is_recent: bool,
}

/// All limits reached, of the collector here since its start and of others in the window, the
/// greatest first.
pub(super) fn found(facts: &Facts<'_>) -> Vec<Overflow> {
    let here = facts.live.map(|live| live.instance.as_str());
    let told = |is_here: bool| {
        let told = facts.history.map(|history| {
            history.by_reason(names::OVERFLOWED, |instance| {
                (Some(instance) == here) == is_here
            })
        });
        told.unwrap_or_default()
    };
    let from_s = facts.history.and_then(|history| history.buckets.first());
    let in_window = told(true);
    let is_recent = |of: &LiveOverflow| {
        let grew = in_window
            .iter()
            .any(|told| told.signal == of.signal && told.reason == of.kind);
        let came = |from_s: &u32| of.example_ms >= Some(i64::from(*from_s) * 1000);
        grew || from_s.is_none_or(came)
    };
    let mut all: Vec<Overflow> = facts
        .live
        .map(|live| of_here(live, is_recent))
        .unwrap_or_default();
    all.extend(told(false).into_iter().map(|told| Overflow {
        key: None,
        signal: told.signal,
        kind: told.reason,
        items: told.count,
        is_recent: true,
        ..Overflow::default()
    }));
    all.sort_by_key(|overflow| std::cmp::Reverse(overflow.items));
    all
}

fn of_here(live: &Live, is_recent: impl Fn(&LiveOverflow) -> bool) -> Vec<Overflow> {
    let of_keys = live.keys.iter();
    let all = of_keys.flat_map(|key| key.overflowed.iter().map(|of| (&key.name, of)));
    all.map(|(key, of)| Overflow {
        key: Some(key.clone()),
        signal: of.signal.clone(),
        kind: of.kind.clone(),
        items: of.items,
        started_ms: Some(live.started_ms),
        example: of.example.clone(),
        example_ms: of.example_ms,
        is_recent: is_recent(of),
    })
    .collect()
}

impl Overflow {
    fn items_text(&self) -> String {
        let known = SIGNALS.iter().find(|(signal, _, _)| *signal == self.signal);
        let (one, many) = known.map_or(("item", "items"), |(_, one, many)| (*one, *many));
        format::counted(self.items, one, many)
    }

    /// Over which time the items are counted.
    fn since(&self, ctx: &Context) -> String {
        match self.started_ms {
            Some(start) => format!("since {}", ctx.range.clock.short(ctx.now_ms(), start)),
            None => format!("in {}", ctx.range.phrase()),
        }
    }
}

/// The greatest of them in a sentence, and that there are others. What happened before the window is
/// no alarm.
pub(super) fn say(ctx: &Context, sentence: Sentence, all: &[Overflow]) -> Sentence {
    let first = all.iter().find(|o| o.is_recent).or(all.first());
    let Some(worst) = first else {
        return sentence;
    };
    let words = words(&worst.kind);
    let mut sentence = sentence.say("; ").link(worst.items_text(), "#limits");
    if worst.is_recent {
        sentence.tone = sentence.tone.max(Tone::Warn);
    }
    if let Some(key) = worst.key.as_deref().filter(|key| !key.is_empty()) {
        sentence = sentence.say(" of key ").name(key, "#limits");
    }
    sentence = sentence.say(format!(" had {} too many ", words.one));
    if !worst.example.is_empty() {
        sentence = sentence.say("(").name(&worst.example, "#limits").say(") ");
    }
    sentence = sentence.say(format!("{}; {}", worst.since(ctx), words.instead));
    match all.len() - 1 {
        0 => sentence,
        1 => sentence
            .say("; ")
            .link("another limit was reached too", "#limits"),
        n => sentence
            .say("; ")
            .link(format!("{n} other limits were reached too"), "#limits"),
    }
}

#[derive(Serialize)]
pub(super) struct OverflowView {
    key: String,
    /// The key is a name, not a word of ours.
    is_named: bool,
    what: &'static str,
    of: &'static str,
    /// A kind that has no words.
    code: String,
    items: String,
    since: String,
    example: String,
    example_at: String,
    todo: &'static str,
}

/// The list, and how many did not fit.
pub(super) fn views(ctx: &Context, all: &[Overflow]) -> (Vec<OverflowView>, usize) {
    let view = |of: &Overflow| {
        let words = words(&of.kind);
        let signal = SIGNALS.iter().find(|(signal, _, _)| *signal == of.signal);
        OverflowView {
            key: match of.key.as_deref() {
                Some("") => "no key".to_owned(),
                Some(key) => format::bounded(key, KEY_CHARS),
                None => "told by another collector or start".to_owned(),
            },
            is_named: of.key.as_ref().is_some_and(|key| !key.is_empty()),
            what: words.title,
            of: signal.map_or("not known of what", |(signal, _, _)| signal),
            code: match words.kind {
                "" => format::bounded(&of.kind, 40),
                _ => String::new(),
            },
            items: of.items_text(),
            since: of.since(ctx),
            example: format::bounded(&of.example, EXAMPLE_CHARS),
            example_at: of
                .example_ms
                .map_or_else(String::new, |ms| ctx.range.clock.short(ctx.now_ms(), ms)),
            todo: words.todo,
        }
    };
    let views = all.iter().take(MAX_ROWS).map(view).collect();
    (views, all.len().saturating_sub(MAX_ROWS))
}

/// The same for programs, as many rows as the page shows.
pub(super) fn json(all: &[Overflow]) -> Value {
    let row = |of: &Overflow| {
        json!({"key": of.key, "signal": of.signal, "kind": of.kind, "items": of.items,
               "counts_since_start_ms": of.started_ms, "example": format::bounded(&of.example, EXAMPLE_CHARS),
               "example_ms": of.example_ms})
    };
    all.iter().take(MAX_ROWS).map(row).collect()
}

/// Whether the list leaves some of them out.
pub(super) fn is_cut(all: &[Overflow]) -> bool {
    all.len() > MAX_ROWS
}

#[cfg(test)]
mod tests {
    use store::read::ingest::IngestSum;

    use super::super::history::History;
    use super::*;
    use crate::live::LiveKey;
    use crate::testing::context;

    const MINUTE: u32 = 1_795_434_000;

    fn live(items: u64) -> Live {
        let series = LiveOverflow {
            signal: "metrics".to_owned(),
            kind: "series".to_owned(),
            items,
            example: "http.server.duration".to_owned(),
            example_ms: Some(i64::from(MINUTE) * 1000 - 7_200_000),
        };
        Live {
            instance: "here".to_owned(),
            started_ms: i64::from(MINUTE) * 1000 - 10_800_000,
            keys: vec![
                LiveKey::default(),
                LiveKey {
                    name: "shop".to_owned(),
                    overflowed: vec![series],
                    ..LiveKey::default()
                },
            ],
            ..Live::default()
        }
    }

    /// What each of these processes told to have grown by so much in the window.
    fn history(told: &[(&str, &str, f64)]) -> History {
        let sum = |(instance, kind, items): &(&str, &str, f64)| IngestSum {
            instance: (*instance).to_owned(),
            name: names::OVERFLOWED.to_owned(),
            signal: "metrics".to_owned(),
            reason: (*kind).to_owned(),
            start_ns: i64::from(MINUTE) * 1_000_000_000,
            bucket_s: MINUTE,
            first: *items,
            last: *items,
        };
        let sums = told.iter().map(sum).collect();
        let time = (60, vec![MINUTE, MINUTE + 60], i64::from(MINUTE - 60));
        History::new(sums, Vec::new(), Vec::new(), time)
    }

    fn found_of(history: Option<&History>, live: Option<&Live>) -> Vec<Overflow> {
        found(&Facts {
            history,
            live,
            standings: &[],
            at_ms: i64::from(MINUTE) * 1000 + 60_000,
        })
    }

    fn said(all: &[Overflow]) -> (Tone, String) {
        let ctx = context("/ingest", "");
        let sentence = say(&ctx, Sentence::new(Tone::Good).say("All"), all);
        let text: String = sentence.phrases.iter().map(|p| p.text.as_str()).collect();
        (sentence.tone, text.replace('\u{a0}', " "))
    }

    #[test]
    fn the_collector_here_tells_by_key_and_others_through_the_store_and_none_twice() {
        let history = history(&[("here", "series", 10.0), ("there", "series", 500.0)]);
        let all = found_of(Some(&history), Some(&live(15)));
        let brief: Vec<_> = all.iter().map(|o| (o.key.as_deref(), o.items)).collect();
        assert_eq!(brief, [(None, 500), (Some("shop"), 15)]);
        let all = found_of(Some(&history), None);
        let brief: Vec<_> = all.iter().map(|o| (o.key.as_deref(), o.items)).collect();
        assert_eq!(
            brief,
            [(None, 510)],
            "without a collector here both are others"
        );
    }

    #[test]
    fn what_happened_before_the_window_is_told_without_alarm() {
        let before = found_of(Some(&history(&[])), Some(&live(15)));
        assert!(!before[0].is_recent);
        assert_eq!(said(&before).0, Tone::Good);
        let within = found_of(Some(&history(&[("here", "series", 1.0)])), Some(&live(16)));
        assert_eq!(said(&within).0, Tone::Warn);
        let away = found_of(None, Some(&live(15)));
        assert_eq!(said(&away).0, Tone::Warn, "nobody knows when it was");
    }

    #[test]
    fn the_sentence_names_the_key_the_metric_and_what_became_of_the_points() {
        let mut all = found_of(None, Some(&live(3_120)));
        let want = "All; 3,120 metric points of key shop had a series too many \
                    (http.server.duration) since 08:40; their attributes were put together as \
                    otel.metric.overflow";
        assert_eq!(said(&all).1, want);
        all.push(Overflow::default());
        assert!(said(&all).1.ends_with("; another limit was reached too"));
        all.push(Overflow::default());
        assert!(said(&all).1.ends_with("; 2 other limits were reached too"));
        assert_eq!(said(&[]), (Tone::Good, "All".to_owned()));
    }

    #[test]
    fn a_list_without_end_is_cut_and_says_so() {
        let all = vec![Overflow::default(); MAX_ROWS + 3];
        let (rows, left_out) = views(&context("/ingest", ""), &all);
        assert_eq!((rows.len(), left_out, is_cut(&all)), (MAX_ROWS, 3, true));
        assert_eq!(json(&all).as_array().map(Vec::len), Some(MAX_ROWS));
    }
}

//! The tables of the page: a row per signal, per reason and per collector.

use serde::Serialize;
use store::model::observation as names;

use super::charts::capitalised;
use super::history::{History, Refused, SIGNALS};
use super::reasons::{ITEM, KEPT_ASIDE, words};
use super::standing::{Presence, Queue, Standing, together};
use super::verdict::{Facts, Verdict};
use crate::format;
use crate::parts::markup::Svg;
use crate::parts::spark;
use crate::web::Context;
use crate::web::frame::Tone;

/// Rows of the list of refusals.
const MAX_REFUSALS: usize = 60;

#[derive(Serialize)]
pub(super) struct SignalView {
    name: String,
    rate: String,
    spark_svg: Svg,
    arrived: String,
    refused: Vec<String>,
    refused_tone: Tone,
    waiting: String,
    waiting_bytes: String,
    lag: String,
    lag_tone: Tone,
    shipped: String,
    bytes_per_item: String,
}

#[derive(Serialize)]
pub(super) struct RefusedView {
    what: &'static str,
    of: String,
    code: String,
    count: String,
    last: String,
    todo: &'static str,
}

#[derive(Serialize)]
pub(super) struct InstanceView {
    name: String,
    href: String,
    id: String,
    version: String,
    state: &'static str,
    tone: Tone,
    seen: String,
    seen_title: String,
    arrived: String,
    refused: String,
    waiting: String,
    lag: String,
    spool: String,
}

/// What happened to one signal, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) accepted: u64,
    pub(super) rejected: u64,
    pub(super) refused: u64,
    pub(super) repeated: u64,
    pub(super) shipped: u64,
    pub(super) kept_aside: u64,
    pub(super) bytes: u64,
}

impl Counted {
    /// Bytes of decompressed requests for each item.
    pub(super) fn bytes_per_item(&self) -> Option<f64> {
        let items = self.accepted + self.rejected;
        (items > 0).then(|| self.bytes as f64 / items as f64)
    }
}

/// The counts of a signal: over the window, or since the start of the collector of this process while
/// the store does not answer.
pub(super) fn counted(facts: &Facts<'_>, i: usize) -> Counted {
    let signal = SIGNALS[i].0;
    if let Some(history) = facts.history {
        let total = |name| history.total(name, Some(signal));
        return Counted {
            accepted: total(names::ITEMS_ACCEPTED),
            rejected: total(names::ITEMS_REJECTED),
            refused: total(names::REQUESTS_REFUSED),
            repeated: total(names::REQUESTS_REPEATED),
            shipped: total(names::ITEMS_SHIPPED),
            kept_aside: total(names::DEAD_LETTERS),
            bytes: total(names::DECOMPRESSED),
        };
    }
    facts.live.map_or_else(Counted::default, |live| {
        let of = &live.signals[i];
        let refused = live.refused.iter().filter(|(known, _, _)| known == signal);
        Counted {
            accepted: of.items_accepted,
            rejected: of.items_rejected,
            refused: refused.map(|(_, _, count)| count).sum(),
            repeated: 0,
            shipped: of.items_shipped,
            kept_aside: of.dead_letters,
            bytes: of.decompressed_bytes,
        }
    })
}

pub(super) fn signals(ctx: &Context, facts: &Facts<'_>, verdict: &Verdict) -> Vec<SignalView> {
    let row = |i: usize| {
        let (signal, _, many) = SIGNALS[i];
        let (counts, queue) = (counted(facts, i), together(facts.standings, i));
        let spark = |history: &History| {
            let mut line = history.line(names::ITEMS_ACCEPTED, Some(signal));
            // The bucket that is still filling would look like a fall.
            line.truncate(ctx.range.full_buckets(history.step_s).len());
            spark::line(&line, &format!("{many} accepted over time"))
        };
        let late = queue.lag_ms > 10_000;
        SignalView {
            name: capitalised(many),
            rate: format::rate(verdict.rates[i]),
            // A line of nothing but zeros is no shape.
            spark_svg: match facts.history {
                Some(history) if counts.accepted > 0 => spark(history),
                _ => Svg::new(),
            },
            arrived: format::count(counts.accepted),
            refused: refused_parts(&counts),
            refused_tone: if counts.refused + counts.rejected > 0 {
                Tone::Warn
            } else {
                Tone::Quiet
            },
            waiting: match queue.requests {
                0 => "nothing".to_owned(),
                n => format::counted(n, "request", "requests"),
            },
            waiting_bytes: match queue.requests {
                0 => String::new(),
                _ => format::bytes(queue.bytes as f64),
            },
            lag: lag_text(&queue),
            lag_tone: if late { Tone::Warn } else { Tone::Quiet },
            shipped: format::count(counts.shipped),
            bytes_per_item: counts
                .bytes_per_item()
                .map_or_else(|| format::UNKNOWN.to_owned(), format::bytes),
        }
    };
    (0..SIGNALS.len()).map(row).collect()
}

fn refused_parts(counts: &Counted) -> Vec<String> {
    let requests = format::counted(counts.refused, "request", "requests");
    let items = format::counted(counts.rejected, "item", "items");
    match (counts.refused, counts.rejected) {
        (0, 0) => vec!["none".to_owned()],
        (_, 0) => vec![requests],
        (0, _) => vec![items],
        _ => vec![requests, items],
    }
}

fn lag_text(queue: &Queue) -> String {
    match queue.lag_ms {
        0 => "none".to_owned(),
        ms => format::duration_ms(ms as f64),
    }
}

/// Everything refused or kept aside, the most frequent first.
pub(super) fn refusals(facts: &Facts<'_>) -> Vec<Refused> {
    let mut all: Vec<Refused> = match (facts.history, facts.live) {
        (Some(history), _) => history.refused(),
        (None, Some(live)) => live
            .refused
            .iter()
            .map(|(signal, reason, count)| refused(signal, reason, *count, None))
            .collect(),
        (None, None) => Vec::new(),
    };
    for (i, (signal, _, _)) in SIGNALS.into_iter().enumerate() {
        let counts = counted(facts, i);
        let last = |name| {
            facts
                .history
                .and_then(|history| history.last_of(name, signal))
        };
        for (reason, count, name) in [
            (ITEM, counts.rejected, names::ITEMS_REJECTED),
            (KEPT_ASIDE, counts.kept_aside, names::DEAD_LETTERS),
        ] {
            if count > 0 {
                all.push(refused(signal, reason, count, last(name)));
            }
        }
    }
    all.sort_by_key(|refused| std::cmp::Reverse(refused.count));
    all.truncate(MAX_REFUSALS);
    all
}

fn refused(signal: &str, reason: &str, count: u64, last_s: Option<u32>) -> Refused {
    Refused {
        signal: signal.to_owned(),
        reason: reason.to_owned(),
        count,
        last_s,
    }
}

pub(super) fn refused_views(ctx: &Context, all: &[Refused]) -> Vec<RefusedView> {
    let view = |refused: &Refused| {
        let known = words(&refused.reason);
        let (what, todo) = known.unwrap_or((
            "For another reason",
            "Another version of the collector told of this; its log has the details.",
        ));
        let unit = match refused.reason.as_str() {
            ITEM => ("item", "items"),
            _ => ("request", "requests"),
        };
        RefusedView {
            what,
            of: if refused.signal.is_empty() {
                "not known of what".to_owned()
            } else {
                format::bounded(&refused.signal, 24)
            },
            code: match known {
                Some(_) => String::new(),
                None => format::bounded(&refused.reason, 40),
            },
            count: format::counted(refused.count, unit.0, unit.1),
            last: refused.last_s.map_or_else(String::new, |s| {
                ctx.range.clock.short(ctx.now_ms(), i64::from(s) * 1000)
            }),
            todo,
        }
    };
    all.iter().map(view).collect()
}

/// What a collector is called: its machine and the beginning of its id.
pub(super) fn name(standing: &Standing) -> String {
    let short_id = format::bounded(&standing.instance, 8);
    match standing.host.is_empty() {
        true => short_id,
        false => format!("{} {short_id}", format::bounded(&standing.host, 40)),
    }
}

/// A row per collector; none when there is only one, for it is the page itself.
pub(super) fn instances(ctx: &Context, facts: &Facts<'_>) -> Vec<InstanceView> {
    if facts.standings.len() < 2 {
        return Vec::new();
    }
    let view = |standing: &Standing| {
        let sum = |pick: fn(&Queue) -> u64| standing.signals.iter().map(pick).sum::<u64>();
        let lag = standing.signals.iter().map(|q| q.lag_ms).max().unwrap_or(0);
        let count = |name| {
            let told = facts.history.map(|h| h.total_of(&standing.instance, name));
            told.map_or_else(|| format::UNKNOWN.to_owned(), format::count)
        };
        let (state, tone) = match standing.presence {
            Presence::Here => ("here", Tone::Good),
            Presence::There => ("running", Tone::Good),
            Presence::Ended => ("ended", Tone::Quiet),
            Presence::Silent => ("silent", Tone::Warn),
        };
        let now = |text: String| match standing.counts() || standing.presence == Presence::Silent {
            true => text,
            false => format::UNKNOWN.to_owned(),
        };
        InstanceView {
            name: name(standing),
            href: ctx.here(&[("instance", &standing.instance)]),
            id: format::bounded(&standing.instance, 64),
            version: format::bounded(&standing.version, 24),
            state,
            tone,
            seen: format::ago(ctx.now_ms(), standing.last_ms),
            seen_title: ctx.range.clock.exact(standing.last_ms),
            arrived: count(names::ITEMS_ACCEPTED),
            refused: count(names::REQUESTS_REFUSED),
            waiting: now(format::bytes(sum(|q| q.bytes) as f64)),
            lag: now(if lag == 0 {
                "none".to_owned()
            } else {
                format::duration_ms(lag as f64)
            }),
            spool: now(format::share(sum(|q| q.used_bytes), sum(|q| q.limit_bytes))),
        }
    };
    facts.standings.iter().map(view).collect()
}

//! Everything the collector tells of itself, as one list. OTLP and Prometheus are two spellings of it.

use store::model::UnixNano;
use store::model::observation as names;

use super::process::Usage;
use crate::counters::{SignalSnapshot, Snapshot};
use crate::normalise::Kind as Limit;
use crate::refusal::Reason;
use crate::signal::Signal;

/// How a value moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Holds at an instant.
    Gauge,
}

/// One metric with its values now.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// In OpenTelemetry's style: `nephoscope.collector.items.accepted`.
    pub name: &'static str,
    /// UCUM: `By`, `ms`, `s`, `{item}`.
    pub unit: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// The values.
    pub points: Vec<Point>,
}

/// One value. Its attributes are our own words, never telemetry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Of which signal; `None` where it is of none or not known.
    pub signal: Option<Signal>,
    /// Why, of what can happen for several reasons.
    pub why: Option<Why>,
    /// Finite, at least 0.
    pub value: f64,
}

/// Why something happened to a request or an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was refused.
    Refused(Reason),
    /// There was one too many of this.
    Overflowed(Limit),
}

impl Why {
    /// The attribute that tells it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Refused(_) => names::REASON,
            Self::Overflowed(_) => names::KIND,
        }
    }

    /// The attribute's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused(reason) => reason.as_str(),
            Self::Overflowed(limit) => limit.as_str(),
        }
    }
}

impl Point {
    fn plain(value: f64) -> Self {
        Self {
            signal: None,
            why: None,
            value,
        }
    }
}

/// Name, unit, description, kind, and how a signal's counters give the value.
type PerSignal = (
    &'static str,
    &'static str,
    &'static str,
    Kind,
    fn(&SignalSnapshot) -> u64,
);

use Kind::{Counter, Gauge};

const PER_SIGNAL: [PerSignal; 17] = [
    (
        "nephoscope.collector.requests.accepted",
        "{request}",
        "Requests answered with success, whole or partial.",
        Counter,
        |s| s.requests_accepted,
    ),
    (
        names::REQUESTS_REPEATED,
        "{request}",
        "Requests recognised as sent before: acknowledged again, not stored again.",
        Counter,
        |s| s.requests_repeated,
    ),
    (
        names::ITEMS_ACCEPTED,
        "{item}",
        "Spans, log records or data points acknowledged.",
        Counter,
        |s| s.items_accepted,
    ),
    (
        names::ITEMS_REJECTED,
        "{item}",
        "Items refused one by one, named to their sender in partial_success.",
        Counter,
        |s| s.items_rejected,
    ),
    (
        names::ITEMS_SHIPPED,
        "{item}",
        "Items that ClickHouse has acknowledged.",
        Counter,
        |s| s.items_shipped,
    ),
    (
        "nephoscope.collector.received",
        "By",
        "Bytes of request bodies, as sent.",
        Counter,
        |s| s.bytes_received,
    ),
    (
        names::DECOMPRESSED,
        "By",
        "Bytes of request bodies, decompressed.",
        Counter,
        |s| s.bytes_decompressed,
    ),
    (
        "nephoscope.collector.shipped",
        "By",
        "Bytes of decompressed requests whose items ClickHouse has acknowledged.",
        Counter,
        |s| s.bytes_shipped,
    ),
    (
        "nephoscope.collector.rows.stored",
        "{row}",
        "Rows written to ClickHouse: items, our own too, and the facts made of them.",
        Counter,
        |s| s.rows_stored,
    ),
    (
        "nephoscope.collector.inserts",
        "{insert}",
        "Inserts that ClickHouse acknowledged.",
        Counter,
        |s| s.inserts,
    ),
    (
        "nephoscope.collector.inserts.retried",
        "{insert}",
        "Inserts repeated because ClickHouse was away.",
        Counter,
        |s| s.inserts_retried,
    ),
    (
        "nephoscope.collector.inserts.failed",
        "{insert}",
        "Inserts that ClickHouse refused for good.",
        Counter,
        |s| s.inserts_failed,
    ),
    (
        names::DEAD_LETTERS,
        "{request}",
        "Requests and damaged stretches kept aside, because they can never be stored.",
        Counter,
        |s| s.dead_letters,
    ),
    (
        names::WAITING_REQUESTS,
        "{request}",
        "Requests acknowledged and not yet in ClickHouse.",
        Gauge,
        |s| s.waiting.requests,
    ),
    (
        names::WAITING_SIZE,
        "By",
        "Bytes in the spool of the requests that wait.",
        Gauge,
        |s| s.waiting.bytes,
    ),
    (
        names::SPOOL_USAGE,
        "By",
        "Bytes of the spool on disk: what waits, and what is remembered.",
        Gauge,
        |s| s.spool_bytes,
    ),
    (
        names::SPOOL_LIMIT,
        "By",
        "Most bytes of the spool.",
        Gauge,
        |s| s.spool_limit_bytes,
    ),
];

/// All metrics of the collector at `now`.
#[must_use]
pub fn of_collector(snapshot: &Snapshot, now: UnixNano) -> Vec<Metric> {
    let signals = snapshot.signals();
    let per_signal = |value: &dyn Fn(&SignalSnapshot) -> u64| {
        let point = |(signal, of): (Signal, &SignalSnapshot)| Point {
            signal: Some(signal),
            why: None,
            value: value(of) as f64,
        };
        signals.into_iter().map(point).collect::<Vec<_>>()
    };
    let mut all: Vec<Metric> = PER_SIGNAL
        .into_iter()
        .map(|(name, unit, description, kind, value)| Metric {
            name,
            unit,
            description,
            kind,
            points: per_signal(&value),
        })
        .collect();
    all.push(Metric {
        name: names::LAG,
        unit: "ms",
        description: "Age of the oldest acknowledged request that is not yet in ClickHouse.",
        kind: Gauge,
        points: per_signal(&|of| of.lag_ms(now)),
    });
    all.push(Metric {
        name: names::DELAY,
        unit: "ms",
        description: "How long the oldest request of the last insert had waited.",
        kind: Gauge,
        points: delays(snapshot),
    });
    all.push(Metric {
        name: names::REQUESTS_REFUSED,
        unit: "{request}",
        description: "Requests refused, by reason; the sender was told.",
        kind: Counter,
        points: refusals(snapshot),
    });
    all.push(Metric {
        name: names::OVERFLOWED,
        unit: "{item}",
        description: "Items kept in another form because their series, name, service or function was \
                      one too many.",
        kind: Counter,
        points: overflow(snapshot),
    });
    all.extend(of_no_signal(snapshot));
    all
}

/// Where nothing was stored yet nothing is told: 0 would be praise.
fn delays(snapshot: &Snapshot) -> Vec<Point> {
    let signals = snapshot.signals().into_iter();
    let point = |(signal, of): (Signal, &SignalSnapshot)| {
        Some(Point {
            signal: Some(signal),
            why: None,
            value: of.waiting.last_delay_ms? as f64,
        })
    };
    signals.filter_map(point).collect()
}

fn refusals(snapshot: &Snapshot) -> Vec<Point> {
    let of = |signal: Option<Signal>, refused: &[(Reason, u64)]| {
        let point = move |(reason, count): &(Reason, u64)| Point {
            signal,
            why: Some(Why::Refused(*reason)),
            value: *count as f64,
        };
        refused.iter().map(point).collect::<Vec<_>>()
    };
    let mut points = of(None, &snapshot.strays);
    for (signal, counters) in snapshot.signals() {
        points.extend(of(Some(signal), &counters.refused));
    }
    points
}

/// Of all keys together: their names are their owners' text, which has no place in our own metrics.
fn overflow(snapshot: &Snapshot) -> Vec<Point> {
    let of = |signal: Signal, limit: Limit| {
        let all = snapshot.keys.iter().flat_map(|key| &key.overflowed);
        let own = all.filter(|(s, kind, _)| (*s, *kind) == (signal, limit));
        let items: u64 = own.map(|(.., items)| items).sum();
        (items > 0).then_some(Point {
            signal: Some(signal),
            why: Some(Why::Overflowed(limit)),
            value: items as f64,
        })
    };
    let each = |signal| Limit::ALL.into_iter().filter_map(move |l| of(signal, l));
    Signal::ALL.into_iter().flat_map(each).collect()
}

fn of_no_signal(snapshot: &Snapshot) -> Vec<Metric> {
    let metric = |name, unit, description, kind, value: u64| Metric {
        name,
        unit,
        description,
        kind,
        points: vec![Point::plain(value as f64)],
    };
    vec![
        metric(
            "nephoscope.collector.connections.opened",
            "{connection}",
            "Connections accepted.",
            Counter,
            snapshot.connections_opened,
        ),
        metric(
            "nephoscope.collector.connections.closed",
            "{connection}",
            "Connections ended.",
            Counter,
            snapshot.connections_closed,
        ),
        metric(
            "nephoscope.collector.connections.refused",
            "{connection}",
            "Connections over the limit.",
            Counter,
            snapshot.connections_refused,
        ),
        metric(
            "nephoscope.collector.connections.open",
            "{connection}",
            "Connections open now.",
            Gauge,
            snapshot.connections_open(),
        ),
        metric(
            "nephoscope.collector.observations.kept",
            "{observation}",
            "Times that these metrics were kept to be stored.",
            Counter,
            snapshot.observations_kept,
        ),
        metric(
            "nephoscope.collector.observations.skipped",
            "{observation}",
            "Times that they were not, because the spool's room was needed for the users' data.",
            Counter,
            snapshot.observations_skipped,
        ),
    ]
}

/// Whether the process goes on: 0 is its farewell.
#[must_use]
pub fn up(goes_on: bool) -> Metric {
    Metric {
        name: names::UP,
        unit: "1",
        description: "1, and 0 in the last word of a collector that was stopped.",
        kind: Gauge,
        points: vec![Point::plain(f64::from(u8::from(goes_on)))],
    }
}

/// The metrics of the process; what the system does not tell is left out.
#[must_use]
pub fn of_process(usage: &Usage) -> Vec<Metric> {
    let metric = |name, unit, description, kind, value: f64| Metric {
        name,
        unit,
        description,
        kind,
        points: vec![Point::plain(value)],
    };
    let memory = usage.resident_bytes.map(|bytes| {
        metric(
            "process.memory.usage",
            "By",
            "Memory of this process that is resident; the embedded engine is another process.",
            Gauge,
            bytes as f64,
        )
    });
    let cpu = usage.cpu_ns.map(|ns| {
        metric(
            "process.cpu.time",
            "s",
            "CPU time of this process.",
            Counter,
            ns as f64 / 1e9,
        )
    });
    memory.into_iter().chain(cpu).collect()
}

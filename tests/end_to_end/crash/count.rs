//! What the store holds, measured by the book.

use std::collections::HashMap;
use std::fmt;

use store::Store;

use super::book::{Book, Signal};
use super::items::number_of;
use crate::harness::number;

/// Items in the store of one request, and how many of them are different.
#[derive(Clone, Copy, Default)]
struct Held {
    rows: u64,
    different: u64,
}

/// The sum of one signal. In items unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub requests_acknowledged: u64,
    pub acknowledged: u64,
    /// Different ones in the store.
    pub stored: u64,
    /// Acknowledged and not stored.
    pub lost: u64,
    /// Rows that are there once too often.
    pub doubled: u64,
    /// Stored though nobody heard so: allowed.
    pub unheard: u64,
    /// Acknowledged, destroyed by the test on disk, and not stored.
    pub excused: u64,
    /// Rows of requests nobody sent.
    pub strange: u64,
}

/// All that one look at the store tells.
#[derive(Clone, Debug, Default)]
pub struct Count {
    pub tallies: [Tally; Signal::ALL.len()],
    /// Traces that `otel_traces_trace_id_ts` does not lead to.
    pub hidden_traces: u64,
    /// Requests that were lost or doubled, some.
    pub examples: Vec<String>,
}

/// Sums of what may not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sins {
    pub lost: u64,
    pub doubled: u64,
    pub strange: u64,
    pub hidden_traces: u64,
}

/// Most requests named as examples.
const EXAMPLES_MAX: usize = 10;

impl Count {
    /// Counts. Nothing may be under way.
    pub async fn take(store: &Store, book: &Book) -> Self {
        let mut count = Self::default();
        let sent = book.all();
        for signal in Signal::ALL {
            let mut held = held(store, signal).await;
            let tally = &mut count.tallies[signal as usize];
            for (i, sent) in sent.iter().enumerate().filter(|(_, s)| s.signal == signal) {
                let Held { rows, different } = held.remove(&(i as u64 + 1)).unwrap_or_default();
                let missing = u64::from(sent.items).saturating_sub(different);
                let is_wrong =
                    rows > different || (sent.acknowledged && !sent.excused && missing > 0);
                if is_wrong && count.examples.len() < EXAMPLES_MAX {
                    let request = i + 1;
                    count.examples.push(format!(
                        "request {request}: {rows} rows, {different} different, of {sent:?}"
                    ));
                }
                tally.stored += different;
                tally.doubled += rows - different;
                if !sent.acknowledged {
                    tally.unheard += different;
                    continue;
                }
                tally.requests_acknowledged += 1;
                tally.acknowledged += u64::from(sent.items);
                *(if sent.excused {
                    &mut tally.excused
                } else {
                    &mut tally.lost
                }) += missing;
            }
            tally.strange = held.values().map(|held| held.rows).sum();
        }
        count.hidden_traces = number(store, HIDDEN_TRACES).await;
        count
    }

    fn sum(&self, of: impl Fn(&Tally) -> u64) -> u64 {
        self.tallies.iter().map(of).sum()
    }

    /// What may not be.
    pub fn sins(&self) -> Sins {
        Sins {
            lost: self.sum(|tally| tally.lost),
            doubled: self.sum(|tally| tally.doubled),
            strange: self.sum(|tally| tally.strange),
            hidden_traces: self.hidden_traces,
        }
    }

    pub fn acknowledged(&self) -> u64 {
        self.sum(|tally| tally.acknowledged)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:8} {:>9} {:>12} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7}",
            "items",
            "requests",
            "acknowledged",
            "stored",
            "lost",
            "doubled",
            "unheard",
            "excused",
            "strange"
        )?;
        for signal in Signal::ALL {
            let t = &self.tallies[signal as usize];
            writeln!(
                f,
                "{:8} {:>9} {:>12} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7}",
                signal.as_str(),
                t.requests_acknowledged,
                t.acknowledged,
                t.stored,
                t.lost,
                t.doubled,
                t.unheard,
                t.excused,
                t.strange
            )?;
        }
        write!(
            f,
            "traces that are not found by their id: {}",
            self.hidden_traces
        )
    }
}

const HIDDEN_TRACES: &str = "
    SELECT count()
    FROM (SELECT TraceId, toDateTime(min(Timestamp)) AS first, toDateTime(max(Timestamp)) AS last
          FROM otel_traces GROUP BY TraceId) AS stored
    LEFT JOIN (SELECT TraceId, min(Start) AS start, max(End) AS end
               FROM otel_traces_trace_id_ts GROUP BY TraceId) AS found USING TraceId
    WHERE found.start > stored.first OR found.end < stored.last";

/// What the store has of each request: tab-separated request, rows, different rows.
async fn held(store: &Store, signal: Signal) -> HashMap<u64, Held> {
    let by_trace = |table: &str| {
        format!("SELECT TraceId, count(), uniqExact(SpanId) FROM {table} GROUP BY TraceId")
    };
    let sql = match signal {
        Signal::Traces => by_trace("otel_traces"),
        Signal::Logs => by_trace("otel_logs"),
        Signal::Metrics => {
            let kinds = ["gauge", "sum", "histogram", "exp_histogram", "summary"];
            let table = |kind| {
                format!(
                    "SELECT Attributes['request'] AS request, Attributes['item'] AS item \
                         FROM otel_metrics_{kind}"
                )
            };
            let all = kinds.map(table).join(" UNION ALL ");
            format!("SELECT request, count(), uniqExact(item) FROM ({all}) GROUP BY request")
        }
    };
    let mut cursor = store.query(&sql).fetch_bytes("TSV").expect("asked");
    let bytes = cursor
        .collect()
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let line = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?;
        let number = match signal {
            Signal::Traces | Signal::Logs => number_of(name)?,
            Signal::Metrics => name.parse().ok()?,
        };
        let (rows, different) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some((number, Held { rows, different }))
    };
    text.lines()
        .map(|l| line(l).unwrap_or_else(|| panic!("{signal:?}: a row nobody sent: {l}")))
        .collect()
}

//! What the collectors told of themselves, brought into lines and totals. Pure.

use std::collections::{BTreeMap, HashMap};

use store::model::observation as names;
use store::read::ingest::{IngestGauge, IngestSum, InstanceRow, MAX_INSTANCES, MAX_ROWS};

use crate::metrics::growth::{Reading, growth};

/// The signals in the order of the page: their spelling, what one item is called, and many.
pub(super) const SIGNALS: [(&str, &str, &str); 3] = [
    ("traces", "span", "spans"),
    ("logs", "log record", "log records"),
    ("metrics", "metric point", "metric points"),
];

/// What the store knows of the collectors in the window.
#[derive(Default)]
pub(super) struct History {
    pub(super) step_s: u32,
    /// Starts of the buckets, s since the epoch.
    pub(super) buckets: Vec<u32>,
    /// Newest word first.
    pub(super) instances: Vec<InstanceRow>,
    /// A limit cut what was read.
    pub(super) cut: bool,
    flows: Vec<Flow>,
    gauges: Vec<IngestGauge>,
}

/// The growth of one counter of one process.
struct Flow {
    instance: String,
    name: String,
    signal: String,
    reason: String,
    line: BTreeMap<u32, f64>,
}

/// Requests refused, or items that overflowed, for one reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) signal: String,
    pub(super) reason: String,
    pub(super) count: u64,
    /// Start of the last bucket in which it happened, s since the epoch.
    pub(super) last_s: Option<u32>,
}

impl History {
    /// `from_ns` is where the window begins.
    pub(super) fn new(
        sums: Vec<IngestSum>,
        gauges: Vec<IngestGauge>,
        instances: Vec<InstanceRow>,
        (step_s, buckets, from_ns): (u32, Vec<u32>, i64),
    ) -> Self {
        let full = |rows: usize, most: u32| rows >= most as usize;
        let cut = full(sums.len(), MAX_ROWS)
            || full(gauges.len(), MAX_ROWS)
            || full(instances.len(), MAX_INSTANCES);
        let finite = |sum: &IngestSum| sum.first.is_finite() && sum.last.is_finite();
        let reading = |sum: IngestSum| Reading {
            attributes: vec![(sum.instance, sum.name), (sum.signal, sum.reason)],
            instance: 0,
            start_ns: sum.start_ns,
            bucket_s: sum.bucket_s,
            delta: false,
            first: sum.first,
            last: sum.last,
            total: 0.0,
        };
        let readings = sums.into_iter().filter(finite).map(reading).collect();
        let flow = |(key, line): (Vec<(String, String)>, BTreeMap<u32, f64>)| {
            let mut key = key.into_iter();
            let (instance, name) = key.next().unwrap_or_default();
            let (signal, reason) = key.next().unwrap_or_default();
            Flow {
                instance,
                name,
                signal,
                reason,
                line: spread(line, step_s),
            }
        };
        let finite = |gauge: &IngestGauge| gauge.high.is_finite() && gauge.last.is_finite();
        Self {
            step_s,
            buckets,
            instances,
            cut,
            flows: growth(readings, from_ns).into_iter().map(flow).collect(),
            gauges: gauges.into_iter().filter(finite).collect(),
        }
    }

    fn flows<'a>(
        &'a self,
        name: &'a str,
        signal: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Flow> {
        let of = move |flow: &&Flow| flow.name == name && signal.is_none_or(|s| s == flow.signal);
        self.flows.iter().filter(of)
    }

    /// The growth of a counter in each bucket, all processes together; `None` where nobody spoke.
    /// Without a signal: of all signals.
    pub(super) fn line(&self, name: &str, signal: Option<&str>) -> Vec<Option<f64>> {
        let mut sums: HashMap<u32, f64> = HashMap::new();
        for flow in self.flows(name, signal) {
            for (bucket, grown) in &flow.line {
                *sums.entry(*bucket).or_default() += grown;
            }
        }
        self.buckets.iter().map(|b| sums.get(b).copied()).collect()
    }

    /// The growth of a counter over the window.
    pub(super) fn total(&self, name: &str, signal: Option<&str>) -> u64 {
        whole(
            self.flows(name, signal)
                .flat_map(|flow| flow.line.values())
                .sum(),
        )
    }

    /// The same of one process, and of all signals.
    pub(super) fn total_of(&self, instance: &str, name: &str) -> u64 {
        let own = self
            .flows(name, None)
            .filter(|flow| flow.instance == instance);
        whole(own.flat_map(|flow| flow.line.values()).sum())
    }

    /// Growth since `from_s`.
    pub(super) fn since(&self, name: &str, signal: Option<&str>, from_s: u32) -> f64 {
        let flows = self.flows(name, signal);
        flows
            .flat_map(|flow| flow.line.range(from_s..))
            .map(|(_, grown)| grown)
            .sum()
    }

    /// Start of the last bucket in which something arrived, s since the epoch.
    pub(super) fn last_arrival_s(&self) -> Option<u32> {
        let lines = self
            .flows(names::ITEMS_ACCEPTED, None)
            .map(|flow| &flow.line);
        lines.filter_map(last_growth).max()
    }

    /// Refused requests by signal and reason, the most frequent first.
    pub(super) fn refused(&self) -> Vec<Refused> {
        self.by_reason(names::REQUESTS_REFUSED, |_| true)
    }

    /// The growth of a counter by signal and reason, of the processes wanted, the greatest first.
    pub(super) fn by_reason(&self, name: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Refused> {
        let mut all: BTreeMap<(&str, &str), (f64, Option<u32>)> = BTreeMap::new();
        let wanted = self
            .flows(name, None)
            .filter(|flow| is_wanted(&flow.instance));
        for flow in wanted {
            let entry = all.entry((&flow.signal, &flow.reason)).or_default();
            entry.0 += flow.line.values().sum::<f64>();
            entry.1 = entry.1.max(last_growth(&flow.line));
        }
        let refused = |((signal, reason), (count, last_s)): ((&str, &str), (f64, _))| Refused {
            signal: signal.to_owned(),
            reason: reason.to_owned(),
            count: whole(count),
            last_s,
        };
        let mut all: Vec<Refused> = all
            .into_iter()
            .map(refused)
            .filter(|r| r.count > 0)
            .collect();
        all.sort_by_key(|refused| std::cmp::Reverse(refused.count));
        all
    }

    /// Start of the last bucket in which a counter grew, s since the epoch.
    pub(super) fn last_of(&self, name: &str, signal: &str) -> Option<u32> {
        let lines = self.flows(name, Some(signal)).map(|flow| &flow.line);
        lines.filter_map(last_growth).max()
    }

    /// The greatest value of a gauge in each bucket, of whichever process.
    pub(super) fn highest(&self, name: &str, signal: Option<&str>) -> Vec<Option<f64>> {
        let mut line: HashMap<u32, f64> = HashMap::new();
        for gauge in self.gauges_of(name, signal) {
            let high = line.entry(gauge.bucket_s).or_insert(gauge.high);
            *high = high.max(gauge.high);
        }
        self.buckets.iter().map(|b| line.get(b).copied()).collect()
    }

    /// A gauge in each bucket, added up over signals and machines. Two processes of one machine are
    /// the one before and the one after a restart: they have the same spool, which counts once.
    pub(super) fn added(&self, name: &str) -> Vec<Option<f64>> {
        let hosts: HashMap<&str, &str> = self
            .instances
            .iter()
            .filter(|row| !row.host.is_empty())
            .map(|row| (row.instance.as_str(), row.host.as_str()))
            .collect();
        let mut parts: BTreeMap<(u32, &str, &str), f64> = BTreeMap::new();
        for gauge in self.gauges_of(name, None) {
            let instance = gauge.instance.as_str();
            let host = hosts.get(instance).copied().unwrap_or(instance);
            let part = parts
                .entry((gauge.bucket_s, host, &gauge.signal))
                .or_default();
            *part = part.max(gauge.last);
        }
        let mut line: HashMap<u32, f64> = HashMap::new();
        for ((bucket, _, _), value) in parts {
            *line.entry(bucket).or_default() += value;
        }
        self.buckets.iter().map(|b| line.get(b).copied()).collect()
    }

    /// The last value that a process told of a gauge.
    pub(super) fn last_told(&self, instance: &str, name: &str, signal: &str) -> Option<f64> {
        let own = self
            .gauges_of(name, Some(signal))
            .filter(|g| g.instance == instance);
        own.max_by_key(|gauge| gauge.bucket_s)
            .map(|gauge| gauge.last)
    }

    fn gauges_of<'a>(
        &'a self,
        name: &'a str,
        signal: Option<&'a str>,
    ) -> impl Iterator<Item = &'a IngestGauge> {
        let of = move |g: &&IngestGauge| g.name == name && signal.is_none_or(|s| s == g.signal);
        self.gauges.iter().filter(of)
    }
}

fn last_growth(line: &BTreeMap<u32, f64>) -> Option<u32> {
    line.iter()
        .rev()
        .find(|(_, grown)| **grown > 0.0)
        .map(|(bucket, _)| *bucket)
}

/// Growth over a time in which nobody spoke happened in all of it, not in its last bucket: what looks
/// like a leap is spread evenly.
fn spread(line: BTreeMap<u32, f64>, step_s: u32) -> BTreeMap<u32, f64> {
    let step_s = step_s.max(1);
    let mut out = BTreeMap::new();
    let mut before: Option<u32> = None;
    for (bucket, grown) in line {
        let first = before.map_or(bucket, |before| before.saturating_add(step_s));
        let parts = bucket.saturating_sub(first) / step_s + 1;
        for i in 0..parts {
            out.insert(bucket - i * step_s, grown / f64::from(parts));
        }
        before = Some(bucket);
    }
    out
}

/// A sum of counts as a count; sums of parts are a hair off a whole number.
fn whole(sum: f64) -> u64 {
    sum.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(instance: &str, bucket_s: u32, first: f64, last: f64) -> IngestSum {
        IngestSum {
            instance: instance.to_owned(),
            name: names::ITEMS_ACCEPTED.to_owned(),
            signal: "traces".to_owned(),
            reason: String::new(),
            start_ns: 0,
            bucket_s,
            first,
            last,
        }
    }

    fn history(sums: Vec<IngestSum>, gauges: Vec<IngestGauge>) -> History {
        let instances = ["a", "b"].map(|instance| InstanceRow {
            instance: instance.to_owned(),
            host: "one".to_owned(),
            ..InstanceRow::default()
        });
        let buckets = vec![0, 60, 120, 180, 240];
        History::new(sums, gauges, instances.to_vec(), (60, buckets, 1))
    }

    #[test]
    fn a_restart_is_neither_a_fall_nor_a_leap() {
        let sums = vec![
            sum("a", 0, 1_000_000.0, 1_000_010.0),
            sum("a", 60, 1_000_015.0, 1_000_020.0),
            IngestSum {
                start_ns: 100,
                ..sum("b", 120, 0.0, 7.0)
            },
        ];
        let history = history(sums, Vec::new());
        let line = history.line(names::ITEMS_ACCEPTED, Some("traces"));
        assert_eq!(line, [Some(10.0), Some(10.0), Some(7.0), None, None]);
        assert_eq!(history.total(names::ITEMS_ACCEPTED, None), 27);
        assert_eq!(history.total_of("b", names::ITEMS_ACCEPTED), 7);
        assert_eq!(history.last_arrival_s(), Some(120));
    }

    #[test]
    fn growth_that_nobody_told_of_in_time_is_spread_over_that_time() {
        let sums = vec![sum("a", 0, 0.0, 0.0), sum("a", 180, 90.0, 90.0)];
        let line = history(sums, Vec::new()).line(names::ITEMS_ACCEPTED, None);
        assert_eq!(line, [Some(0.0), Some(30.0), Some(30.0), Some(30.0), None]);
    }

    #[test]
    fn the_spool_of_a_machine_counts_once_although_two_processes_told_of_it() {
        let gauge = |instance: &str, signal: &str, last| IngestGauge {
            instance: instance.to_owned(),
            name: names::SPOOL_USAGE.to_owned(),
            signal: signal.to_owned(),
            bucket_s: 60,
            high: last,
            last,
        };
        let gauges = vec![
            gauge("a", "traces", 500.0),
            gauge("b", "traces", 400.0),
            gauge("b", "logs", 30.0),
            gauge("b", "metrics", f64::NAN),
        ];
        let history = history(Vec::new(), gauges);
        assert_eq!(history.added(names::SPOOL_USAGE)[1], Some(530.0));
        assert_eq!(history.highest(names::SPOOL_USAGE, None)[1], Some(500.0));
        assert_eq!(
            history.last_told("b", names::SPOOL_USAGE, "logs"),
            Some(30.0)
        );
        assert_eq!(history.last_told("b", names::SPOOL_USAGE, "metrics"), None);
    }

    #[test]
    fn refusals_are_told_by_reason_the_most_frequent_first() {
        let refused = |signal: &str, reason: &str, bucket_s, last| IngestSum {
            name: names::REQUESTS_REFUSED.to_owned(),
            signal: signal.to_owned(),
            reason: reason.to_owned(),
            start_ns: 100,
            ..sum("a", bucket_s, last, last)
        };
        let sums = vec![
            refused("traces", "malformed", 60, 2.0),
            refused("traces", "malformed", 120, 2.0),
            refused("", "path", 120, 3.0),
        ];
        let told = history(sums, Vec::new()).refused();
        let brief: Vec<_> = told
            .iter()
            .map(|r| (r.reason.as_str(), r.count, r.last_s))
            .collect();
        assert_eq!(brief, [("path", 3, Some(120)), ("malformed", 2, Some(60))]);
    }
}

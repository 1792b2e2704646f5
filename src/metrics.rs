//! Our own state in Prometheus' text format, for `/metrics`.
//!
//! The collector's list of metrics, spelt as OpenTelemetry's rules for Prometheus ask: dots become
//! underscores, units are base units at the end of the name, counters end in `_total`.

use std::fmt::Write;

use collector::KeySnapshot;
use collector::observe::{Kind, Metric, Point};

mod keys;

/// The whole page: the collector's metrics, and what is told by ingest key.
pub fn page(metrics: &[Metric], keys: &[KeySnapshot]) -> String {
    let mut text = String::new();
    for metric in metrics.iter().filter(|metric| !metric.points.is_empty()) {
        let (name, per) = spelt(metric);
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {}", metric.description);
        let _ = writeln!(text, "# TYPE {name} {kind}");
        for point in &metric.points {
            let _ = writeln!(text, "{name}{} {}", labels(point), point.value / per);
        }
    }
    keys::write(&mut text, keys);
    text
}

/// The name, and what a value is to be divided by to be in the name's unit.
fn spelt(metric: &Metric) -> (String, f64) {
    let mut name = metric.name.replace('.', "_");
    let (unit, per) = match metric.unit {
        "By" => ("_bytes", 1.0),
        "s" => ("_seconds", 1.0),
        "ms" => ("_seconds", 1e3),
        _ => ("", 1.0),
    };
    name.push_str(unit);
    if metric.kind == Kind::Counter {
        name.push_str("_total");
    }
    (name, per)
}

/// Label values are our own constants, so none needs escaping.
fn labels(point: &Point) -> String {
    let signal = point.signal.map(|s| format!("signal=\"{s}\""));
    let why = point
        .why
        .map(|why| format!("{}=\"{}\"", why.key(), why.as_str()));
    let told: Vec<String> = signal.into_iter().chain(why).collect();
    match told.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", told.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use collector::normalise::Kind as Limit;
    use collector::observe::{of_collector, of_process, usage};
    use collector::{Reason, Signal, Snapshot};
    use store::model::UnixNano;

    use super::*;

    fn overflowing(name: &str) -> KeySnapshot {
        KeySnapshot {
            name: name.to_owned(),
            items_accepted: Signal::ALL.map(|signal| (signal, 20)),
            refused: Vec::new(),
            overflowed: vec![(Signal::Metrics, Limit::Series, 15)],
            overflow_examples: Vec::new(),
        }
    }

    fn full() -> String {
        let mut snapshot = Snapshot::default();
        snapshot.traces.items_accepted = 7;
        snapshot.traces.waiting.oldest = Some(UnixNano(1_000_000_000));
        snapshot.traces.waiting.last_delay_ms = Some(40);
        snapshot.logs.refused = vec![(Reason::Malformed, 2), (Reason::TooLarge, 1)];
        snapshot.strays = vec![(Reason::Path, 3)];
        snapshot.connections_opened = 2;
        snapshot.keys = ["shop", "bank"].map(overflowing).to_vec();
        let mut metrics = of_collector(&snapshot, UnixNano(3_500_000_000));
        metrics.extend(of_process(&usage()));
        page(&metrics, &snapshot.keys)
    }

    #[test]
    fn values_stand_under_their_names_in_base_units() {
        let page = full();
        for line in [
            "nephoscope_collector_items_accepted_total{signal=\"traces\"} 7",
            "nephoscope_collector_lag_seconds{signal=\"traces\"} 2.5",
            "nephoscope_collector_delay_seconds{signal=\"traces\"} 0.04",
            "nephoscope_collector_requests_refused_total{signal=\"logs\",reason=\"malformed\"} 2",
            "nephoscope_collector_requests_refused_total{reason=\"path\"} 3",
            "nephoscope_collector_cardinality_overflowed_total{signal=\"metrics\",kind=\"series\"} 30",
            "nephoscope_collector_key_cardinality_overflow_total{key=\"shop\",signal=\"metrics\",kind=\"series\"} 15",
            "nephoscope_collector_connections_open 2",
            "nephoscope_collector_spool_usage_bytes{signal=\"metrics\"} 0",
        ] {
            assert!(page.lines().any(|l| l == line), "{line}\n{page}");
        }
        assert!(page.contains("\nprocess_cpu_time_seconds_total "), "{page}");
        assert!(page.contains("\nprocess_memory_usage_bytes "), "{page}");
    }

    /// What `promtool check metrics` asks, and the text format's grammar.
    #[test]
    fn the_page_is_in_prometheus_text_format() {
        let page = full();
        let (mut families, mut series) = (HashSet::new(), HashSet::new());
        let (mut helped, mut family) = ("", ("", ""));
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("name and help");
                assert!(!help.is_empty() && !help.contains('\\'), "{line}");
                assert!(families.insert(name), "{name} comes twice");
                helped = name;
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split_once(' ').expect("name and type");
                assert_eq!(family.0, helped, "HELP comes before TYPE");
                assert_eq!(
                    family.1 == "counter",
                    family.0.ends_with("_total"),
                    "{line}"
                );
            } else {
                let (sample, value) = line.rsplit_once(' ').expect("sample and value");
                assert!(value.parse::<f64>().expect("a number") >= 0.0, "{line}");
                assert!(series.insert(sample), "{sample} comes twice");
                let (name, labels) = sample.split_once('{').unwrap_or((sample, "}"));
                assert_eq!(name, family.0, "samples follow their TYPE");
                let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(word), "{line}");
                for label in labels
                    .trim_end_matches('}')
                    .split(',')
                    .filter(|l| !l.is_empty())
                {
                    let (key, value) = label.split_once('=').expect("label");
                    assert!(key.chars().all(word), "{line}");
                    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
                    assert!(value.is_some_and(|v| v.chars().all(word)), "{line}");
                }
            }
        }
        assert!(families.len() > 20 && page.ends_with('\n'));
    }
}

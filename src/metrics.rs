//! Our own state in Prometheus' text format, for `/metrics`.

use std::fmt::Write;

use collector::{SignalSnapshot, Snapshot};

mod keys;

/// One metric: name, help, and how a signal's snapshot gives its value.
type PerSignal = (&'static str, &'static str, fn(&SignalSnapshot) -> u64);

const PER_SIGNAL: [PerSignal; 9] = [
    (
        "requests_accepted_total",
        "Requests answered with success, whole or partial.",
        |s| s.requests_accepted,
    ),
    (
        "items_accepted_total",
        "Spans, log records or data points stored.",
        |s| s.items_accepted,
    ),
    (
        "items_rejected_total",
        "Items refused through partial_success.",
        |s| s.items_rejected,
    ),
    (
        "received_bytes_total",
        "Bytes of request bodies, as sent.",
        |s| s.bytes_received,
    ),
    (
        "decompressed_bytes_total",
        "Bytes of request bodies, decompressed.",
        |s| s.bytes_decompressed,
    ),
    ("rows_stored_total", "Rows written to ClickHouse.", |s| {
        s.rows_stored
    }),
    (
        "inserts_total",
        "Inserts that ClickHouse acknowledged.",
        |s| s.inserts,
    ),
    (
        "inserts_retried_total",
        "Inserts repeated because ClickHouse was away.",
        |s| s.inserts_retried,
    ),
    (
        "inserts_failed_total",
        "Inserts given up; their senders were told.",
        |s| s.inserts_failed,
    ),
];

/// The whole page. Label values are our own constants, so none needs escaping; but for the names of keys.
pub fn page(snapshot: &Snapshot) -> String {
    let signals = [
        ("traces", &snapshot.traces),
        ("logs", &snapshot.logs),
        ("metrics", &snapshot.metrics),
    ];
    let mut text = String::new();
    for (name, help, value) in PER_SIGNAL {
        begin(&mut text, name, help);
        for (signal, of) in signals {
            sample(&mut text, name, &format!("signal=\"{signal}\""), value(of));
        }
    }
    let name = "requests_refused_total";
    begin(
        &mut text,
        name,
        "Requests refused, by reason; the sender was told.",
    );
    for (signal, of) in signals {
        for (reason, count) in &of.refused {
            let labels = format!("signal=\"{signal}\",reason=\"{}\"", reason.as_str());
            sample(&mut text, name, &labels, *count);
        }
    }
    for (reason, count) in &snapshot.strays {
        sample(
            &mut text,
            name,
            &format!("signal=\"\",reason=\"{}\"", reason.as_str()),
            *count,
        );
    }
    for (name, help, count) in [
        (
            "connections_opened_total",
            "Connections accepted.",
            snapshot.connections_opened,
        ),
        (
            "connections_closed_total",
            "Connections ended.",
            snapshot.connections_closed,
        ),
        (
            "connections_refused_total",
            "Connections over the limit.",
            snapshot.connections_refused,
        ),
    ] {
        begin(&mut text, name, help);
        sample(&mut text, name, "", count);
    }
    let name = "nephoscope_collector_spool_bytes";
    let _ = writeln!(
        text,
        "# HELP {name} Bytes of the spool on disk.\n# TYPE {name} gauge"
    );
    for (signal, of) in signals {
        let _ = writeln!(text, "{name}{{signal=\"{signal}\"}} {}", of.spool_bytes);
    }
    keys::write(&mut text, &snapshot.keys);
    text
}

fn begin(text: &mut String, name: &str, help: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP nephoscope_collector_{name} {help}");
    let _ = writeln!(text, "# TYPE nephoscope_collector_{name} counter");
}

fn sample(text: &mut String, name: &str, labels: &str, value: u64) {
    let braced = if labels.is_empty() {
        String::new()
    } else {
        format!("{{{labels}}}")
    };
    let _ = writeln!(text, "nephoscope_collector_{name}{braced} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_says_its_type_once_and_every_sample_belongs_to_one() {
        let mut snapshot = Snapshot::default();
        snapshot.traces.items_accepted = 7;
        snapshot.connections_opened = 2;
        let page = page(&snapshot);
        assert!(page.contains("nephoscope_collector_items_accepted_total{signal=\"traces\"} 7\n"));
        assert!(page.contains("nephoscope_collector_connections_opened_total 2\n"));
        let mut types: Vec<_> = page.lines().filter(|l| l.starts_with("# TYPE")).collect();
        let count = types.len();
        types.dedup();
        assert_eq!(types.len(), count);
    }
}

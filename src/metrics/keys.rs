//! What each ingest key sent, was refused, and lost to the limits of cardinality.

use std::fmt::Write;

use collector::KeySnapshot;

/// Three counters by key. Senders without a key have the empty name.
pub(super) fn write(text: &mut String, keys: &[KeySnapshot]) {
    let name = "key_items_accepted_total";
    begin(
        text,
        name,
        "Spans, log records or data points stored, by key.",
    );
    for key in keys {
        for (signal, count) in key.items_accepted {
            sample(
                text,
                name,
                &labels(&key.name, &[("signal", signal.as_str())]),
                count,
            );
        }
    }
    let name = "key_requests_refused_total";
    begin(text, name, "Requests refused, by key and reason.");
    for key in keys {
        for (signal, reason, count) in &key.refused {
            let rest = [("signal", signal.as_str()), ("reason", reason.as_str())];
            sample(text, name, &labels(&key.name, &rest), *count);
        }
    }
    let name = "key_cardinality_overflow_total";
    begin(
        text,
        name,
        "Items whose series, name, service or function was one too many, by key and kind.",
    );
    for key in keys {
        for (signal, kind, count) in &key.overflowed {
            let rest = [("signal", signal.as_str()), ("kind", kind.as_str())];
            sample(text, name, &labels(&key.name, &rest), *count);
        }
    }
}

fn begin(text: &mut String, name: &str, help: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP nephoscope_collector_{name} {help}");
    let _ = writeln!(text, "# TYPE nephoscope_collector_{name} counter");
}

fn sample(text: &mut String, name: &str, labels: &str, value: u64) {
    let _ = writeln!(text, "nephoscope_collector_{name}{{{labels}}} {value}");
}

/// A key's name is its owner's text; the values of the other labels are our own constants.
fn labels(key: &str, rest: &[(&str, &str)]) -> String {
    let rest = rest
        .iter()
        .map(|(label, value)| format!(",{label}=\"{value}\""));
    format!("key=\"{}\"{}", escaped(key), rest.collect::<String>())
}

fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_key_cannot_break_out_of_its_label() {
        assert_eq!(
            labels("a\"} 1\n\\x", &[("signal", "traces"), ("reason", "key")]),
            r#"key="a\"} 1\n\\x",signal="traces",reason="key""#
        );
    }
}

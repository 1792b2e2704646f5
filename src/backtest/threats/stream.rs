//! `nephoscope backtest threats --stream`: every detector, over time.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Map, Value, json};
use threats::inspect::Lens;
use threats::sigma::Aliases;
use threats::stream::{Finding, Mark, Settings, Stream, Told, json as events};

use super::Arguments;
use crate::{backtest::json_lines, rules};

/// Prints a line for each finding that opens, and one when it becomes worse.
pub fn run(arguments: &Arguments, lens: Lens, output: &mut impl Write) -> anyhow::Result<()> {
    let aliases = Aliases::shipped().map_err(anyhow::Error::msg)?;
    let set = rules::load(arguments.rules.as_deref(), Some(&aliases))?;
    let settings = Settings {
        warm_up_ns: arguments.warm_up_s.saturating_mul(1_000_000_000),
    };
    let mut stream = Stream::new(Arc::new(lens), Arc::new(set), settings);
    json_lines::read(
        &arguments.input,
        |_, fields: Map<String, Value>| match events::event(fields) {
            Ok(event) => {
                for told in stream.push(event) {
                    writeln!(output, "{}", line(&told)).context("writing the answer")?;
                }
                Ok(None)
            }
            Err(fault) => Ok(Some(fault)),
        },
    )
}

/// A finding that opens or becomes worse, as a line.
fn line(told: &Told) -> Value {
    let Finding {
        claim,
        opened_ns,
        seen_ns,
        ..
    } = told.finding();
    let time_ns = match told {
        Told::Opened(_) => *opened_ns,
        Told::Worse(_) => *seen_ns,
    };
    json!({
        "time": time_ns as f64 / 1e9,
        "rule": claim.rule.id,
        "title": claim.rule.title,
        "severity": claim.severity.name(),
        "confidence": (f64::from(claim.confidence) * 100.0).round() / 100.0,
        "events": claim.marks.iter().map(id).collect::<Vec<_>>(),
        "subject": claim.subject.to_string(),
        "attack": claim.rule.attack.split(' ').filter(|id| !id.is_empty()).collect::<Vec<_>>(),
        "reasons": claim.reasons,
        "evidence": claim
            .evidence
            .iter()
            .map(|(field, text)| json!({"field": field, "match": text}))
            .collect::<Vec<_>>(),
        "state": match told {
            Told::Opened(_) => "opened",
            Told::Worse(_) => "worse",
        },
    })
}

/// Ids come back as they were, texts or numbers.
fn id(mark: &Mark) -> Value {
    serde_json::from_str(&mark.id).unwrap_or(Value::Null)
}

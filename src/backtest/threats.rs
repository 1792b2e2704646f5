//! `nephoscope backtest threats`: untrusted texts in, what is said of each out; or, with `--stream`, what
//! happens over time.

mod stream;

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Map, Value, json};
use threats::inspect::{Input, Lens, Verdict};
use threats::secrets::Secrets;

use super::json_lines;

/// Options of `backtest threats`.
#[derive(clap::Args)]
pub struct Arguments {
    /// One JSON object a line: id, signal (`span`, `log` or `value`), attributes, body, value. `value` is one
    /// untrusted text, raw, as a query parameter or a field of a message carries it. `-`: standard input.
    #[arg(long)]
    input: PathBuf,
    /// Rules for credentials, in the format of gitleaks' configuration, in the place of ours (and after
    /// ours where the file says `useDefault = true`).
    #[arg(long)]
    secrets: Option<PathBuf>,
    /// Run every detector over the lines in the order of their time (`time`, Unix seconds), stateful ones
    /// too, and print a line for each finding.
    #[arg(long)]
    stream: bool,
    /// With --stream: a folder of Sigma rules, in the place of those that ship.
    #[arg(long, requires = "stream")]
    rules: Option<PathBuf>,
    /// With --stream: seconds without anything new before something new is news. A server waits for a day.
    #[arg(long, requires = "stream", default_value_t = 180, value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
    warm_up_s: i64,
}

/// Prints a line for each line. One that makes no sense is told on standard error with its place and left
/// out; a file without any sound line is an error.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let secrets = match &arguments.secrets {
        Some(path) => Secrets::load(path).context("--secrets")?,
        None => Secrets::built_in(),
    };
    let lens = Lens::new(secrets);
    let mut output = BufWriter::new(std::io::stdout().lock());
    if arguments.stream {
        stream::run(arguments, lens, &mut output)?;
        return output.flush().context("writing the answer");
    }
    json_lines::read(&arguments.input, |_, fields| match Item::of(fields) {
        Ok(item) => {
            writeln!(output, "{}", item.answer(&lens)).context("writing the answer")?;
            Ok(None)
        }
        Err(fault) => Ok(Some(fault)),
    })?;
    output.flush().context("writing the answer")?;
    Ok(())
}

/// A line.
struct Item {
    id: Value,
    signal: Signal,
    attributes: Vec<(String, String)>,
    body: Option<String>,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Span,
    Log,
    Value,
}

impl Item {
    fn of(mut fields: Map<String, Value>) -> Result<Self, String> {
        let mut take = |key: &str| fields.remove(key).filter(|value| !value.is_null());
        let (value, body) = (take("value").map(text), take("body").map(text));
        let attributes = take("attributes");
        let signal = match (take("signal"), &value) {
            (Some(Value::String(signal)), _) => match signal.as_str() {
                "span" => Signal::Span,
                "log" => Signal::Log,
                "value" => Signal::Value,
                other => {
                    return Err(format!(
                        "{:?} is no signal; write span, log or value",
                        other.chars().take(40).collect::<String>()
                    ));
                }
            },
            (Some(_), _) => {
                return Err("its signal is no text; write span, log or value".to_owned());
            }
            (None, Some(_)) => Signal::Value,
            (None, None) => Signal::Span,
        };
        if signal == Signal::Value && value.is_none() {
            return Err("it has no value".to_owned());
        }
        let mut flat = Vec::new();
        match attributes {
            Some(Value::Object(attributes)) => attributes
                .into_iter()
                .for_each(|(key, value)| flatten(key, value, &mut flat)),
            None => {}
            Some(_) => return Err("its attributes are no object".to_owned()),
        }
        let id = take("id").unwrap_or(Value::Null);
        Ok(Self {
            id,
            signal,
            attributes: flat,
            body,
            value: value.unwrap_or_default(),
        })
    }

    fn answer(&self, lens: &Lens) -> Value {
        let attributes = &self.attributes;
        let verdict = lens.look(match self.signal {
            Signal::Value => Input::Value(&self.value),
            Signal::Span => Input::Span {
                attributes,
                body: self.body.as_deref(),
            },
            Signal::Log => Input::Log {
                body: self.body.as_deref().unwrap_or_default(),
                attributes,
            },
        });
        told(&self.id, &verdict)
    }
}

fn told(id: &Value, verdict: &Verdict) -> Value {
    let mut rules: Vec<&str> = Vec::new();
    for seen in &verdict.seen {
        if !rules.contains(&seen.evidence.rule) {
            rules.push(seen.evidence.rule);
        }
    }
    let evidence = verdict.seen.iter().map(|seen| {
        json!({"field": seen.field, "match": seen.evidence.matched, "rule": seen.evidence.rule})
    });
    json!({
        "id": id,
        "flagged": verdict.flagged,
        "classes": verdict.classes.iter().map(|class| class.name()).collect::<Vec<_>>(),
        "score": (f64::from(verdict.score) * 1e4).round() / 1e4,
        "rules": rules,
        "evidence": evidence.collect::<Vec<_>>(),
    })
}

/// A text as it is, anything else as JSON.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Attributes as pairs of texts: lists give one for each value, objects one for each key.
fn flatten(key: String, value: Value, flat: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Array(values) => values
            .into_iter()
            .for_each(|value| flatten(key.clone(), value, flat)),
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(format!("{key}.{name}"), value, flat);
            }
        }
        value => flat.push((key, text(value))),
    }
}

//! Labelled data beside the repository, each row as the input that it would be in telemetry.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::Value;
use threats::inspect::{Input, Lens, Verdict};

/// A labelled input.
pub struct Row {
    /// Where it was collected.
    pub corpus: String,
    /// What it is: a class of attacks, or how hard it is to see that it is none.
    pub class: String,
    /// `attack`, `benign`, `near-miss` (a rule of a firewall must be silent, others need not), or `signal`
    /// (protocol oddities, not scored).
    pub label: String,
    /// Its name.
    #[allow(dead_code)] // see `text`
    pub id: String,
    content: Content,
}

enum Content {
    Value(String),
    Log(String),
    Span(Vec<(String, String)>, Option<String>),
}

impl Row {
    fn of(row: &Value) -> Self {
        let word = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let content = match (row.get("otel"), row["field"] == "log.body") {
            (Some(attributes), _) => Content::Span(
                attributes.as_object().map(flat).unwrap_or_default(),
                row["request"]["body"]
                    .as_str()
                    .filter(|body| !body.is_empty())
                    .map(str::to_owned),
            ),
            (None, true) => Content::Log(word("value")),
            (None, false) => Content::Value(word("value")),
        };
        Self {
            corpus: word("corpus"),
            class: word("class"),
            label: word("label"),
            id: word("id"),
            content,
        }
    }

    /// What is said of it; with `as_values` a log's text is taken for a value.
    pub fn look(&self, lens: &Lens, as_values: bool) -> Verdict {
        match &self.content {
            Content::Value(text) => lens.look(Input::Value(text)),
            Content::Log(text) if as_values => lens.look(Input::Value(text)),
            Content::Log(body) => lens.look(Input::Log {
                body,
                attributes: &[],
            }),
            Content::Span(attributes, body) => lens.look(Input::Span {
                attributes,
                body: body.as_deref(),
            }),
        }
    }

    /// It as a line, for people.
    #[allow(dead_code)] // the test that shares this file asks for counts alone
    pub fn text(&self) -> String {
        match &self.content {
            Content::Value(text) | Content::Log(text) => format!("{text:?}"),
            Content::Span(attributes, body) => {
                const DULL: &[&str] = &[
                    "http.request.header.accept",
                    "http.request.header.host",
                    "http.request.header.content-type",
                    "server.address",
                    "url.scheme",
                    "http.request.method",
                ];
                let told = attributes
                    .iter()
                    .filter(|(key, _)| !DULL.contains(&key.as_str()));
                let told: Vec<String> = told.map(|(key, value)| format!("{key}={value}")).collect();
                format!("{} | body={body:?}", told.join(" "))
            }
        }
    }
}

/// Attributes, of a list each of its values.
fn flat(attributes: &serde_json::Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    attributes
        .iter()
        .flat_map(|(key, value)| match value {
            Value::Array(values) => values.iter().map(|v| (key.clone(), text(v))).collect(),
            value => vec![(key.clone(), text(value))],
        })
        .collect()
}

/// All rows, or nothing where the data does not lie beside the repository (`../shared/data/threats`).
pub fn rows() -> Option<Vec<Row>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threats");
    let mut rows = Vec::new();
    for name in ["values.dev.jsonl.gz", "requests.dev.jsonl.gz"] {
        let file = std::fs::File::open(folder.join(name)).ok()?;
        for line in BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines() {
            let row = serde_json::from_str(&line.ok()?).ok()?;
            rows.push(Row::of(&row));
        }
    }
    Some(rows)
}

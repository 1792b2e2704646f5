//! One span or log record of a story.

use serde_json::{Map, Value, json};

use crate::time::Ns;

/// What a span is to its function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// A log record, no span.
    Log,
    /// It answers a request.
    #[default]
    Server,
    /// It takes a message.
    Consumer,
    /// It asks somebody.
    Client,
    /// It sends a message.
    Producer,
}

/// One span or log record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beat {
    /// When it ends, or was written.
    pub at: Ns,
    /// What it is.
    pub span: Span,
    /// Its trace, and itself.
    pub ids: ([u8; 16], [u8; 8]),
    /// The span above.
    pub parent: Option<[u8; 8]>,
    /// The span that a message came from.
    pub link: Option<([u8; 16], [u8; 8])>,
    /// The function.
    pub function: String,
    /// Its version.
    pub version: String,
    /// The library that speaks.
    pub library: &'static str,
    /// How long it took.
    pub duration_ms: f64,
    /// Whether it failed.
    pub failed: bool,
    /// Attributes.
    pub attributes: Vec<(String, String)>,
    /// A log's body, or a message's.
    pub body: String,
    /// Type and message of an exception.
    pub exception: Option<(String, String)>,
    /// Whether the attacker caused it.
    pub hostile: bool,
}

/// As hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Beat {
    /// The same with an attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.attributes.push((key.to_owned(), value.to_string()));
        self
    }

    /// As a line for an offline detector; without the truth.
    pub fn line(&self, id: usize) -> Value {
        let (trace, span) = self.ids;
        let attributes: Map<String, Value> = self
            .attributes
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
        let kind = match self.span {
            Span::Log => "",
            Span::Server => "server",
            Span::Consumer => "consumer",
            Span::Client => "client",
            Span::Producer => "producer",
        };
        let exception = self.exception.iter().map(|(kind, message)| {
            json!({"name": "exception", "attributes": {"exception.type": kind, "exception.message": message}})
        });
        let links = self
            .link
            .iter()
            .map(|(trace, span)| json!({"trace_id": hex(trace), "span_id": hex(span)}));
        let mut line = json!({
            "id": id,
            "time": self.at as f64 / 1e9,
            "signal": if self.span == Span::Log { "log" } else { "span" },
            "attributes": attributes,
            "resource": {"faas.name": self.function, "faas.version": self.version, "cloud.provider": "aws"},
        });
        if !self.body.is_empty() {
            line["body"] = json!(self.body);
        }
        if trace != [0; 16] {
            line["trace_id"] = json!(hex(&trace));
            line["span_id"] = json!(hex(&span));
        }
        if self.span != Span::Log {
            line["kind"] = json!(kind);
            line["scope"] = json!({"name": self.library});
            line["duration_ms"] = json!(self.duration_ms);
            line["parent_span_id"] = json!(self.parent.map(|id| hex(&id)).unwrap_or_default());
            line["status"] = json!(if self.failed { "error" } else { "unset" });
            line["events"] = exception.collect();
            line["links"] = links.collect();
        }
        line
    }
}

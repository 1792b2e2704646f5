//! What a simulated fleet says, laid out for assertions.

use std::collections::HashMap;

use fleet::function::{Function, Platform};
use fleet::otlp::outbox::{Item, Payload};
use fleet::scenario::{self, Scenario};
use fleet::sim::{Plan, Sim};
use fleet::time::{HOUR, Ns};
use fleet::{catalogue, random};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value as Json;

/// Monday 2026-03-02, 16:00 UTC: traffic is high for most functions.
pub const START: Ns = 1_772_467_200_000_000_000;

/// A plan of the named fleet.
pub fn plan(seed: u64, hours: u64, incidents: &str) -> Plan {
    let functions = catalogue::named().unwrap();
    let scenario = match incidents {
        "" => Scenario::default(),
        text => scenario::parse(text, START, &functions).unwrap(),
    };
    Plan {
        seed,
        functions,
        scenario,
        origin: START - hours * HOUR,
        backfill: hours * HOUR,
        rate: 1.0,
        truth_invocations: true,
        bills: None,
        quiet: false,
    }
}

/// Everything said and everything true.
pub struct Said {
    pub items: Vec<Item>,
    pub truth: Vec<Json>,
    pub functions: Vec<Function>,
}

impl Said {
    pub fn of(plan: Plan) -> Self {
        let functions = plan.functions.clone();
        let mut sim = Sim::new(plan);
        sim.end_at(START);
        sim.advance(START);
        sim.finish(START);
        Self {
            items: sim.said(Ns::MAX).collect(),
            truth: sim.truth(),
            functions,
        }
    }

    pub fn spans(&self) -> impl Iterator<Item = (&Item, &Span)> {
        self.items.iter().filter_map(|i| match &i.payload {
            Payload::Span(s) => Some((i, &**s)),
            _ => None,
        })
    }

    pub fn logs(&self) -> impl Iterator<Item = (&Item, &LogRecord)> {
        self.items.iter().filter_map(|i| match &i.payload {
            Payload::Log(l) => Some((i, &**l)),
            _ => None,
        })
    }

    pub fn metrics(&self) -> impl Iterator<Item = (&Item, &Metric)> {
        self.items.iter().filter_map(|i| match &i.payload {
            Payload::Metric(m) => Some((i, &**m)),
            _ => None,
        })
    }

    /// Ground truth of the invocations, by invocation id.
    pub fn invocations(&self) -> HashMap<&str, &Json> {
        let lines = self.truth.iter().filter(|t| t["kind"] == "invocation");
        lines
            .filter_map(|t| Some((t["invocation_id"].as_str()?, t)))
            .collect()
    }

    pub fn true_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Json> {
        self.truth
            .iter()
            .filter(move |t| t["kind"] == "invocation" && t["name"] == name)
    }
}

/// An attribute as text, whatever its type: `s:text`, `i:42`, `b:true`, `d:1.5`, `a:[...]`.
pub fn attribute(list: &[KeyValue], key: &str) -> Option<String> {
    let value = list
        .iter()
        .find(|kv| kv.key == key)?
        .value
        .as_ref()?
        .value
        .as_ref()?;
    Some(match value {
        Value::StringValue(s) => format!("s:{s}"),
        Value::IntValue(i) => format!("i:{i}"),
        Value::BoolValue(b) => format!("b:{b}"),
        Value::DoubleValue(d) => format!("d:{d}"),
        other => format!("a:{other:?}"),
    })
}

/// An attribute of a resource.
pub fn of_resource(item: &Item, key: &str) -> Option<String> {
    attribute(&item.source.resource.attributes, key)
}

/// The text of a log record.
pub fn body(log: &LogRecord) -> &str {
    match log.body.as_ref().and_then(|b| b.value.as_ref()) {
        Some(Value::StringValue(s)) => s,
        _ => "",
    }
}

pub fn on(item: &Item, platform: Platform) -> bool {
    item.source.platform == platform
}

pub fn hex(bytes: &[u8]) -> String {
    random::to_hex(bytes)
}

//! Rules of Sigma over the stream, with their correlations.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::detector::{self, Context, Detector, Seen};
use super::event::{Event, Kind, Signal};
use super::finding::{Claim, Rule, Severity, Subject};
use crate::sigma::{Correlator, Header, Level, Memory, RuleSet, SpanKind, of_log, of_span};

/// Shipped rules that judge one client by numbers alone, where a detector of the stream judges the same with
/// what is usual: people behind one address fail and miss pages too.
const JUDGED_ELSEWHERE: &[&str] = &[
    "09d3931a-a0d6-44aa-8e01-f17609a061bb", // many accounts tried from one address
    "d0b788bc-75b8-4662-9c5a-afb2d2c69aa5", // passwords guessed from one address
    "c3192b61-e1df-4dda-a2a4-fd161a6cd256", // many different pages that are not there
];

/// See the module.
pub struct Sigma {
    rules: Arc<RuleSet>,
    correlator: Correlator,
}

impl Sigma {
    /// With these rules.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self {
            rules,
            correlator: Correlator::default(),
        }
    }
}

impl Detector for Sigma {
    fn name(&self) -> &'static str {
        "sigma"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        // What matters of the resource stands among the event's own attributes.
        let (attributes, resource) = (map(event), Map::new());
        let signal = match event.raw.signal {
            Signal::Value => return,
            Signal::Span => of_span(kind(event), attributes, &resource),
            Signal::Log => of_log(event.raw.body.as_str().into(), attributes, &resource),
        };
        let rules = Arc::clone(&self.rules);
        let matched = rules.matches(&signal.sources, &signal.event);
        for rule in matched.rules {
            context.claims.extend(told(&rule.header, event, context));
        }
        for mut hit in matched.hits {
            hit.time = hit.time.or(Some(event.raw.time_ns));
            for correlation in self.correlator.add(&rules, &hit) {
                context
                    .claims
                    .extend(told(&correlation.header, event, context));
            }
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(&self.correlator.memory(&self.rules))
    }

    fn load(&mut self, state: &[u8]) -> bool {
        let mut memory = Memory::default();
        let read = detector::load(&mut memory, state);
        self.correlator = Correlator::remembering(&self.rules, memory);
        read
    }
}

/// Attributes as an object; what stands there several times is a list.
fn map(event: &Event) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, value) in &event.raw.attributes {
        let value = match value.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::String(value.clone()),
        };
        match map.get_mut(key) {
            None => {
                map.insert(key.clone(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    map
}

fn kind(event: &Event) -> SpanKind {
    match event.kind {
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
        _ => SpanKind::Other,
    }
}

fn told(header: &Header, event: &Event, context: &Context<'_>) -> Option<Claim> {
    let severity = match header.level? {
        Level::Informational | Level::Low => return None, // context for people who look, not findings
        Level::Medium => Severity::Medium,
        Level::High => Severity::High,
        Level::Critical => Severity::Critical,
    };
    if JUDGED_ELSEWHERE.contains(&header.label()) {
        return None;
    }
    // A wrong query or a missing program of a new version looks like a failed attack.
    let about_code =
        severity == Severity::Medium && event.raw.signal == Signal::Log && event.audit.is_none();
    if about_code && context.is_fresh(&event.function) {
        return None;
    }
    let attack: Vec<String> = header
        .tags
        .iter()
        .filter_map(|tag| tag.strip_prefix("attack.t"))
        .map(|id| format!("T{id}").to_uppercase())
        .collect();
    let rule = Rule {
        id: header.label().to_owned().into(),
        title: header.title.clone().into(),
        severity,
        attack: attack.join(" ").into(),
        advice: header
            .falsepositives
            .first()
            .map_or_else(
                || "See the events named here.".to_owned(),
                |innocent| {
                    format!(
                        "Rule out what is innocent: {innocent}. Then see the events named here."
                    )
                },
            )
            .into(),
    };
    let principal = event
        .audit
        .as_ref()
        .map(|audit| audit.principal.as_str())
        .unwrap_or_default();
    let function = match &event.audit {
        Some(audit) if audit.service == "lambda" => super::tampering::function_of(&audit.target),
        _ => event.function.as_str(),
    };
    let client = if event.audit.is_some() {
        ""
    } else {
        event.client.as_str()
    };
    let subject = Subject::function(function)
        .client(client)
        .principal(principal);
    let claim = Claim::new(&rule, subject, 0.7).event(event);
    Some(match &header.description {
        Some(description) => claim.because(description.replace('\n', " ")),
        None => claim,
    })
}

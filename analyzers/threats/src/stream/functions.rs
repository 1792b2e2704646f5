//! What is known of each function: since when, how busy, and when it was deployed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, Signal};

/// Functions that are known at once; strangers cannot make functions, so there is nothing to push out.
const FUNCTIONS_MAX: usize = 20_000;
/// Versions remembered of one.
const VERSIONS_MAX: usize = 32;
/// So long after a deploy, what is new is the deploy's.
pub const GRACE_NS: i64 = 900 * 1_000_000_000;

/// One function.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Function {
    /// When it was heard of first.
    pub first_ns: i64,
    /// When its newest span was.
    pub span_ns: i64,
    /// Spans so far.
    pub spans: u64,
    /// When it was deployed last, as far as is known.
    pub deployed_ns: Option<i64>,
    versions: Vec<String>,
}

/// All functions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Functions(HashMap<String, Function>);

impl Functions {
    /// Takes an event.
    pub fn see(&mut self, event: &Event) {
        let now_ns = event.raw.time_ns;
        if let Some(audit) = event
            .audit
            .as_ref()
            .filter(|audit| audit.changes_code() && !audit.failed)
        {
            let name = super::tampering::function_of(&audit.target);
            if let Some(function) = self.0.get_mut(name) {
                function.deployed_ns = function.deployed_ns.max(Some(now_ns));
            }
        }
        if event.function.is_empty() || event.audit.is_some() {
            return;
        }
        if !self.0.contains_key(&event.function) && self.0.len() >= FUNCTIONS_MAX {
            return;
        }
        let function = self
            .0
            .entry(event.function.clone())
            .or_insert_with(|| Function {
                first_ns: now_ns,
                ..Function::default()
            });
        if event.raw.signal == Signal::Span {
            function.spans += 1;
            function.span_ns = function.span_ns.max(now_ns);
        }
        let version = &event.version;
        if !version.is_empty() && !function.versions.contains(version) {
            if !function.versions.is_empty() {
                function.deployed_ns = function.deployed_ns.max(Some(now_ns));
            }
            if function.versions.len() >= VERSIONS_MAX {
                function.versions.remove(0);
            }
            function.versions.push(version.clone());
        }
    }

    /// What is known of one.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.0.get(name)
    }

    /// Whether one was deployed a short while ago.
    pub fn is_fresh(&self, name: &str, now_ns: i64) -> bool {
        let deployed = self.get(name).and_then(|function| function.deployed_ns);
        deployed.is_some_and(|deployed| (0..=GRACE_NS).contains(&(now_ns - deployed).max(0)))
    }
}

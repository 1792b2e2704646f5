//! What waits to be sent: every item with the moment its exporter lets it go.

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::scopes::Scope;
use crate::function::{Encoding, Platform};
use crate::time::Ns;

/// Who speaks: a resource, its platform and the encoding of its exporter.
#[derive(Debug)]
pub struct Source {
    /// Unique in a run, in order of creation.
    pub id: u64,
    /// The resource.
    pub resource: Resource,
    /// Schema URL of the resource, empty when its detectors declare none.
    pub schema_url: &'static str,
    /// Which platform it counts for.
    pub platform: Platform,
    /// How its exporter speaks in mixed mode.
    pub encoding: Encoding,
}

/// One span, log record or metric.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A span.
    Span(Box<Span>),
    /// A log record.
    Log(Box<LogRecord>),
    /// A metric with its data points.
    Metric(Box<Metric>),
}

/// The three signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points.
    Metrics,
}

impl Payload {
    /// Its signal.
    pub fn signal(&self) -> Signal {
        match self {
            Self::Span(_) => Signal::Traces,
            Self::Log(_) => Signal::Logs,
            Self::Metric(_) => Signal::Metrics,
        }
    }
}

/// A payload and who says it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Who.
    pub source: Arc<Source>,
    /// Through which library.
    pub scope: &'static Scope,
    /// What.
    pub payload: Payload,
}

/// Everything said but not yet sent, ordered by the moment of sending.
///
/// Bounded by the simulation: items leave it as soon as simulated time passes their moment, and no
/// moment lies further ahead than the longest invocation.
#[derive(Default)]
pub struct Outbox {
    items: BTreeMap<(Ns, u64), Item>,
    said: u64,
    sources: u64,
}

impl Outbox {
    /// Makes a source; `id`s count up in order of creation.
    pub fn source(
        &mut self,
        resource: Resource,
        schema_url: &'static str,
        platform: Platform,
        encoding: Encoding,
    ) -> Arc<Source> {
        self.sources += 1;
        Arc::new(Source {
            id: self.sources,
            resource,
            schema_url,
            platform,
            encoding,
        })
    }

    /// Says something, to be sent at `at`.
    pub fn put(&mut self, at: Ns, item: Item) {
        self.said += 1;
        self.items.insert((at, self.said), item);
    }

    /// Says a span.
    pub fn span(&mut self, at: Ns, source: &Arc<Source>, scope: &'static Scope, span: Span) {
        let payload = Payload::Span(Box::new(span));
        self.put(
            at,
            Item {
                source: Arc::clone(source),
                scope,
                payload,
            },
        );
    }

    /// Says a log record.
    pub fn log(&mut self, at: Ns, source: &Arc<Source>, scope: &'static Scope, log: LogRecord) {
        let payload = Payload::Log(Box::new(log));
        self.put(
            at,
            Item {
                source: Arc::clone(source),
                scope,
                payload,
            },
        );
    }

    /// Says a metric.
    pub fn metric(&mut self, at: Ns, source: &Arc<Source>, scope: &'static Scope, m: Metric) {
        let payload = Payload::Metric(Box::new(m));
        self.put(
            at,
            Item {
                source: Arc::clone(source),
                scope,
                payload,
            },
        );
    }

    /// Takes out, in order, what is due at `now` or before.
    pub fn due(&mut self, now: Ns) -> impl Iterator<Item = Item> {
        let later = self.items.split_off(&(now.saturating_add(1), 0));
        std::mem::replace(&mut self.items, later).into_values()
    }

    /// Number of items waiting.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

//! OTLP in protobuf, read where it lies: one walk over the bytes, texts and ids borrowed, lists of
//! a request in a few vectors. There are no messages of their own on the heap.
//!
//! What is told and what is refused is what `prost` says: a field told twice is told by the last
//! one, a message told twice goes on where it ended, unknown fields are passed over.

mod common;
mod lists;
mod logs;
mod metrics;
mod reader;
mod traces;
mod value;

pub(crate) use common::{Resource, Scope};
pub(crate) use lists::Extent;
pub(super) use lists::plain_pair;
pub(crate) use logs::{LogRecord, Logs, ResourceLogs};
pub(crate) use metrics::{Kind, Metric, Metrics, Number, Point, ResourceMetrics};
pub(crate) use reader::Malformed;
pub(super) use reader::{Depth, Reader};
pub(crate) use traces::{Link, Span, Traces};

#[cfg(test)]
pub(crate) use {
    lists::{List, Lists},
    logs::ScopeLogs,
    metrics::{Exemplar, ScopeMetrics},
    traces::{Event, ResourceSpans, ScopeSpans},
};

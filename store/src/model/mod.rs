//! The nouns. A noun is a row or a column of a table; nothing else is admitted here.

mod attributes;
mod deploy;
pub mod finding;
mod function_id;
mod invocation;
mod log;
mod metric;
pub mod observation;
mod span;
mod time;
mod usage;
pub mod xray;

pub use attributes::{AttributeList, AttributeValue, Attributes, Digest, Pair};
pub use deploy::{
    CHANGES_MAX, Change, Deploy, DeploySource, DeployWords, TEXT_CHARS, WORD_CHARS, is_web_address,
};
pub use finding::{
    Evidence, Feedback, FeedbackVerdict, Finding, Matched, Scope, Severity, State, Suspect,
};
pub use function_id::FunctionId;
pub use invocation::{FunctionSighting, InitKind, InvocationFact, Status, ToldBy};
pub use log::LogRow;
pub use metric::{
    ExemplarRow, ExpHistogramPoint, GaugePoint, HistogramPoint, MetricPoint, SumPoint, SummaryPoint,
};
pub use span::{EventRow, LinkRow, SpanRow};
pub use time::UnixNano;
pub use usage::{BilledInit, BilledMemory, BilledTime, RoundingRule, Size, Usage};

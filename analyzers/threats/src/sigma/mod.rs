//! Sigma: rules over logs, spans and audit events, in the open format of SigmaHQ's specification 2.1.
//!
//! A [`RuleSet`] is loaded from YAML files, or refused with every fault and its place; events are put to
//! it one by one, and what correlations need of them to a [`Correlator`]. All is bounded: files, rules,
//! values, what is remembered; and time is linear in an event's size.

mod alias;
mod condition;
mod correlation;
mod detection;
mod document;
mod encode;
mod event;
mod fault;
mod field;
mod files;
mod filter;
mod fold;
mod header;
mod index;
mod logsource;
mod matcher;
mod modifier;
mod moment;
mod need;
mod network;
mod pattern;
mod pcre;
mod placeholder;
mod rule;
mod set;
mod shipped;
mod signal;
mod value;
mod yaml;

#[cfg(test)]
mod tests;

pub use alias::Aliases;
pub use correlation::{Condition, Correlation, Correlator, Hit, Memory, Operator, Type};
pub use fault::{At, Fault};
pub use files::Source;
pub use header::{Header, Level};
pub use logsource::LogSource;
pub use moment::{nanoseconds, of_event};
pub use rule::Rule;
pub use set::{Matched, RuleSet};
pub use signal::{Signal, SpanKind, of_log, of_span};

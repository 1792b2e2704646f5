//! Tests of the normaliser as a whole, from OTLP messages to rows.

mod facts_of_logs;
mod facts_of_spans;
mod fixtures;
mod identities;
mod properties;
mod recorder;
mod reference;
mod reference_value;
mod refusals;
mod releases;
mod rules;
mod samples;
pub(super) mod support;
mod walker;

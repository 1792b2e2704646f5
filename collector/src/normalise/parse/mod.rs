//! Parsers of the platforms' own log lines: strict, linear in the length of the line, and never a
//! panic, because functions print whatever they like into the same log.

pub(super) mod aws_event;
pub(super) mod aws_insights;
pub(super) mod aws_report;
pub(super) mod azure_host;
pub(super) mod gcp_execution;
pub(super) mod gcp_request;
mod scan;

/// No platform lets an invocation run longer than a week (Cloud Run jobs do), in ms. A line that
/// tells more is not believed, so that no fact begins in an absurd partition.
pub(super) const DURATION_MAX_MS: f64 = 8.0 * 24.0 * 3_600_000.0;

/// Drops what is nobody's duration: negative, endless and absurd numbers.
pub(super) fn sound_ms(told: Option<f64>) -> Option<f64> {
    told.filter(|ms| (0.0..=DURATION_MAX_MS).contains(ms))
}

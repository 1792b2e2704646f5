//! Items that were refused, and why: the `partial_success` of the answer and the counters.

use std::collections::BTreeMap;
use std::fmt;

/// Faults told in full; the rest are counted.
///
/// A fault is a path of at most 7 steps and 5 indices of at most 20 digits (about 190 characters)
/// plus at most 60 characters of reason, so four of them and the frame stay under
/// [`MESSAGE_BYTES`].
const FAULTS_TOLD: usize = 4;

/// Upper bound of [`Rejected::message`], in bytes: responses must stay small (OTLP 1.11).
const MESSAGE_BYTES: usize = 1_000;

/// Why an item was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// A trace id that is not 16 bytes, or all zero.
    TraceId,
    /// A span id that is not 8 bytes, or all zero.
    SpanId,
    /// A parent span id that is neither empty nor 8 bytes.
    ParentSpanId,
    /// A span link with an id of the wrong length.
    LinkId,
    /// A time before 2000-01-01 or more than 24 h ahead, or no time where one is needed.
    Time,
    /// A metric point without a value.
    NoValue,
    /// A histogram whose bucket counts do not fit its bounds.
    Buckets,
    /// A metric without data of any kind.
    NoData,
}

impl RejectReason {
    /// The label value in our own metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceId => "trace_id",
            Self::SpanId => "span_id",
            Self::ParentSpanId => "parent_span_id",
            Self::LinkId => "link_id",
            Self::Time => "time",
            Self::NoValue => "no_value",
            Self::Buckets => "buckets",
            Self::NoData => "no_data",
        }
    }
}

/// The items of one request that became no rows of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many spans, log records or data points (a metric without data counts as one).
    pub count: u64,
    /// Data points beyond these that were added to the row of another, because their series are too many.
    pub merged: u64,
    /// The refused ones by reason.
    pub reasons: BTreeMap<RejectReason, u64>,
    faults: Vec<String>,
}

impl Rejected {
    /// Counts one refused item; `fault` is its path in the request and what is wrong there.
    pub(super) fn add(&mut self, reason: RejectReason, fault: fmt::Arguments<'_>) {
        self.count += 1;
        *self.reasons.entry(reason).or_default() += 1;
        if self.faults.len() < FAULTS_TOLD {
            self.faults.push(fault.to_string());
        }
    }

    /// The first faults and a count of the rest, in English, for `partial_success.error_message`;
    /// empty when nothing was refused, never longer than 1 kB.
    #[must_use]
    pub fn message(&self) -> String {
        if self.count == 0 {
            return String::new();
        }
        let mut message = format!("{} rejected: {}", self.count, self.faults.join("; "));
        let untold = self.count - self.faults.len() as u64;
        if untold > 0 {
            message.push_str(&format!("; and {untold} more"));
        }
        super::fields::cut(&mut message, MESSAGE_BYTES);
        message
    }
}

/// Where an item lies in the request, as the OTLP/JSON reader spells it.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// `resourceSpans`, `scopeSpans`, `spans`, or those of the other signals.
    pub(super) names: [&'static str; 3],
    /// The index in each.
    pub(super) index: [usize; 3],
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, index)) in self.names.iter().zip(self.index).enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(f, "{dot}{name}[{index}]")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_first_faults_counts_the_rest_and_stays_small() {
        let mut rejected = Rejected::default();
        assert_eq!(rejected.message(), "");
        let huge = usize::MAX;
        for _ in 0..10 {
            let names = ["resourceMetrics", "scopeMetrics", "metrics"];
            let at = At {
                names,
                index: [huge; 3],
            };
            rejected.add(
                RejectReason::Time,
                format_args!(
                    "{at}.exponentialHistogram.dataPoints[{huge}].timeUnixNano: {} is more than \
                     24 h after now",
                    u64::MAX
                ),
            );
        }
        let message = rejected.message();
        assert!(message.len() <= MESSAGE_BYTES, "{} bytes", message.len());
        assert!(message.starts_with("10 rejected: resourceMetrics[18446744073709551615]."));
        assert_eq!(rejected.reasons[&RejectReason::Time], 10);
    }
}

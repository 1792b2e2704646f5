//! The arithmetic of metrics: growth of counters over resets, and quantiles out of buckets. Pure.

pub(crate) mod exp_histogram;
pub(crate) mod growth;
pub(crate) mod histogram;

/// An attribute set, which names one line of a chart.
pub(crate) type AttributeSet = Vec<(String, String)>;

//! Metrics: the list of them, and one of them over time.

mod lines;
mod list;
mod one;
mod one_charts;

use store::read::series::Kind;

use crate::web::{Context, PageError, Reply};

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    if ctx.params.get("metric").is_some() {
        one::page(ctx).await
    } else {
        list::page(ctx).await
    }
}

/// What a kind is called.
pub(crate) fn kind_name(kind: Kind, monotonic: bool) -> &'static str {
    match kind {
        Kind::Gauge => "gauge",
        Kind::Sum if monotonic => "counter",
        Kind::Sum => "sum",
        Kind::Histogram => "histogram",
        Kind::ExpHistogram => "exponential histogram",
        Kind::Summary => "summary",
    }
}

use store::read::series::Kind;
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

//! The one place that reads the wall clock. Everything else takes `now` as a parameter.

use crate::model::UnixNano;

/// The current time, in nanoseconds since the Unix epoch, UTC. For the edges only.
#[must_use]
pub fn now() -> UnixNano {
    #[allow(clippy::disallowed_methods)] // this is the edge the rule points to
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixNano(since_epoch.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)))
}

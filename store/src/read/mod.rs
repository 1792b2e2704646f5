//! Questions to the store. Each question is a `.sql` file beside the Rust that binds its parameters
//! and names its row. Nothing is ever pasted into SQL: every value is bound by the server.

pub mod around;
pub mod arrivals;
pub mod audit;
pub mod callers;
pub mod calls;
pub mod connect;
pub mod delivery;
pub mod deploys;
pub mod fleet;
pub mod function;
pub mod functions;
pub mod hops;
pub mod ingest;
pub mod logs;
pub mod queues;
pub mod series;
pub mod tags;
pub mod trace;
pub mod traces;
pub mod usage;
pub mod verdict;
pub mod versions;
pub mod watch;

use clickhouse::query::Query;
use clickhouse::{Row, RowOwned, RowRead};

use crate::model::UnixNano;
use crate::{Store, StoreError};

/// Longest time one question may take, s. A page that waits longer than this is no page.
const MAX_SECONDS: &str = "10";
/// Most rows one question may read. 2·10⁹ rows of two narrow columns are about 10 s on one core.
const MAX_ROWS_TO_READ: &str = "2000000000";
/// Most memory one question may use, bytes: eight pages at once fit into 4 GiB.
const MAX_MEMORY: &str = "536870912";
/// Most rows an answer may have, beyond every LIMIT in our files: 100,000 rows of ~200 B are 20 MB.
const MAX_RESULT_ROWS: usize = 200_000;

/// A half-open span of time, `from` ≤ t < `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant inside.
    pub from: UnixNano,
    /// First instant no longer inside.
    pub to: UnixNano,
}

impl Window {
    /// Length, s; 0 when `to` does not lie after `from`.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        (self.to.0.saturating_sub(self.from.0) / 1_000_000_000).max(0)
    }

    /// The window of the same length that ends where this one starts.
    #[must_use]
    pub fn previous(&self) -> Self {
        let length = self.to.0.saturating_sub(self.from.0);
        Self {
            from: UnixNano(self.from.0.saturating_sub(length)),
            to: self.from,
        }
    }

    /// The window cut into parts that lie one before the other, newest first, each four times as
    /// long as the one after it. Whoever looks for the newest rows stops at the first part that has
    /// enough, so the cost follows the answer and not the window.
    #[must_use]
    pub fn newest_first(&self) -> Vec<Self> {
        /// The newest part, ns: long enough to hold a page of rows of a busy system.
        const FIRST: i64 = 300 * 1_000_000_000;
        let mut parts = Vec::new();
        let (mut to, mut length) = (self.to.0, FIRST);
        while to > self.from.0 {
            let from = to.saturating_sub(length).max(self.from.0);
            parts.push(Self {
                from: UnixNano(from),
                to: UnixNano(to),
            });
            to = from;
            length = length.saturating_mul(4);
        }
        parts
    }
}

/// The levels of [`Quantiles`], in order.
pub const LEVELS: [f64; 3] = [0.5, 0.95, 0.99];

/// Median, 95th and 99th percentile; `None` without data, never NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}

impl Quantiles {
    /// From what `quantilesDDMerge(0.01, 0.5, 0.95, 0.99)` answers, which is NaN without data.
    #[must_use]
    pub fn from_sketch(values: &[f64]) -> Self {
        let at = |i: usize| values.get(i).copied().filter(|v| v.is_finite());
        Self {
            p50: at(0),
            p95: at(1),
            p99: at(2),
        }
    }
}

/// A question with its limits set.
pub(crate) fn ask(store: &Store, sql: &str) -> Query {
    store
        .query(sql)
        .with_setting("max_execution_time", MAX_SECONDS)
        .with_setting("timeout_overflow_mode", "throw")
        .with_setting("max_rows_to_read", MAX_ROWS_TO_READ)
        .with_setting("max_memory_usage", MAX_MEMORY)
        .with_setting("max_result_rows", MAX_RESULT_ROWS.to_string())
        .with_setting("wait_end_of_query", "1")
}

/// A question about a time window: binds `{from:Int64}` and `{to:Int64}`, ns since the epoch.
pub(crate) fn ask_in(store: &Store, window: Window, sql: &str) -> Query {
    ask(store, sql)
        .param("from", window.from.0)
        .param("to", window.to.0)
}

/// Lets a question about `invocations` read only the parts and granules that have facts of the time asked
/// for, where `FINAL` would otherwise merge those of all days. Facts of one invocation that lie in others are
/// not seen; so the question asks for three hours more on either side, more than any function runs.
pub(crate) fn near_in_time(query: Query) -> Query {
    query
        .with_setting("use_skip_indexes_if_final", "1")
        .with_setting("use_skip_indexes_if_final_exact_mode", "0")
}

async fn all<T>(query: Query, deed: &'static str) -> Result<Vec<T>, StoreError>
where
    T: Row + RowOwned + RowRead,
{
    query
        .fetch_all::<T>()
        .await
        .map_err(StoreError::query(deed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from_s: i64, to_s: i64) -> Window {
        Window {
            from: UnixNano::from_secs(from_s),
            to: UnixNano::from_secs(to_s),
        }
    }

    #[test]
    fn parts_touch_cover_the_window_and_grow_backwards() {
        let parts = window(0, 10_000).newest_first();
        assert_eq!(parts[0], window(9_700, 10_000));
        assert_eq!(parts[1], window(8_500, 9_700));
        assert_eq!(parts.last().map(|p| p.from), Some(UnixNano(0)));
        assert!(parts.windows(2).all(|p| p[0].from == p[1].to));
    }

    #[test]
    fn an_empty_window_has_no_parts_and_no_length() {
        assert!(window(10, 10).newest_first().is_empty());
        assert_eq!(window(10, 5).seconds(), 0);
    }

    #[test]
    fn a_year_is_searched_in_few_steps() {
        assert!(window(0, 365 * 86_400).newest_first().len() <= 10);
    }

    #[test]
    fn quantiles_of_nothing_are_none() {
        assert_eq!(Quantiles::from_sketch(&[f64::NAN; 3]), Quantiles::default());
        assert_eq!(Quantiles::from_sketch(&[]), Quantiles::default());
        assert_eq!(Quantiles::from_sketch(&[1.0, 2.0, 3.0]).p95, Some(2.0));
    }
}

//! What functions used, for costs: always from the rollups, never from single invocations.

use super::{Window, all, ask};
use crate::model::Usage;
use crate::{Store, StoreError};

/// Days of the platforms' billing calendars, both inclusive, as days since 1970-01-01: Google's begin at
/// midnight in California, everybody else's in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day inside.
    pub first: u16,
    /// The last day inside.
    pub last: u16,
}

/// What each function used over all of `days`, a row for each version, plan, architecture, memory, number of
/// processors, trigger and kind of initialisation; `from_s` is the begin of the first day.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn in_days(store: &Store, days: Days) -> Result<Vec<Usage>, StoreError> {
    let query = ask(store, include_str!("usage_days.sql"))
        .param("first_day", days.first)
        .param("last_day", days.last);
    all(query, "reading what was used by function").await
}

/// The same for a window, widened to whole hours of UTC; `from_s` is its first second.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn in_window(store: &Store, window: Window) -> Result<Vec<Usage>, StoreError> {
    let (from_s, to_s) = hours(window);
    let query = ask(store, include_str!("usage_window.sql"))
        .param("from_s", from_s)
        .param("to_s", to_s);
    all(query, "reading what was used in a window").await
}

/// What was used on each of `days`, for charts: by place, size and kind of initialisation, but not by
/// function, whose name is `*` in each row; of the functions in `ids`, or of all when it is empty. Oldest
/// first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_day(store: &Store, days: Days, ids: &[String]) -> Result<Vec<Usage>, StoreError> {
    let query = ask(store, include_str!("usage_by_day.sql"))
        .param("first_day", days.first)
        .param("last_day", days.last)
        .param("ids", ids);
    all(query, "reading what was used by day").await
}

/// What one function used in each hour of a window, widened to whole hours; hours without use have no row.
/// Oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hours_of(store: &Store, id: &str, window: Window) -> Result<Vec<Usage>, StoreError> {
    let (from_s, to_s) = hours(window);
    let query = ask(store, include_str!("usage_hours.sql"))
        .param("id", id)
        .param("from_s", from_s)
        .param("to_s", to_s);
    all(query, "reading what a function used by hour").await
}

/// The first second of the window's first hour, and the first second after its last.
fn hours(window: Window) -> (u32, u32) {
    let begin = |s: i64| s.div_euclid(3_600) * 3_600;
    let seconds = |s: i64| u32::try_from(s.max(0)).unwrap_or(u32::MAX);
    let to_s = window.to.0.saturating_add(3_600_000_000_000 - 1) / 1_000_000_000;
    (seconds(begin(window.from.as_secs())), seconds(begin(to_s)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixNano;

    #[test]
    fn a_window_is_widened_to_whole_hours() {
        let window = |from: i64, to: i64| Window {
            from: UnixNano(from),
            to: UnixNano(to),
        };
        const HOUR: i64 = 3_600_000_000_000;
        assert_eq!(hours(window(HOUR, 2 * HOUR)), (3_600, 7_200));
        assert_eq!(hours(window(HOUR + 1, 2 * HOUR + 1)), (3_600, 10_800));
        assert_eq!(hours(window(HOUR - 1, 2 * HOUR - 1)), (0, 7_200));
    }
}

//! What functions used, for costs: always from the rollups, never from single invocations.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask, ask_in};
use crate::model::Usage;
use crate::{Store, StoreError};

/// Most rows of use that one answer may hold: 10,000 functions with twenty versions, triggers and kinds of
/// start each. Beyond, no question is answered: half a bill is none.
pub const MAX_ROWS: usize = super::MAX_RESULT_ROWS;

/// The question behind [`in_months`], for people who want to ask it themselves.
pub const IN_MONTHS_SQL: &str = include_str!("usage_months.sql");

/// Days of the platforms' billing calendars, both inclusive, as days since 1970-01-01: Google's begin at
/// midnight in California, everybody else's in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day inside.
    pub first: u16,
    /// The last day inside.
    pub last: u16,
}

/// What each function used in each month that `days` touch: a row for each version, plan, architecture,
/// memory, number of processors, trigger and kind of initialisation; `from_s` is the begin of the month. Of
/// the functions in `ids`, or of all when it is empty. Whole months are quickest to read, and bills know
/// nothing else.
///
/// # Errors
/// [`StoreError::Query`], also beyond [`MAX_ROWS`].
pub async fn in_months(
    store: &Store,
    days: Days,
    ids: &[String],
) -> Result<Vec<Usage>, StoreError> {
    let query = ask(store, IN_MONTHS_SQL)
        .param("first_day", days.first)
        .param("last_day", days.last)
        .param("ids", ids);
    all(query, "reading what was used by function").await
}

/// The same on each day of `days`, the oldest first; `from_s` is the begin of the day.
///
/// # Errors
/// [`StoreError::Query`], also beyond [`MAX_ROWS`].
pub async fn by_day(store: &Store, days: Days, ids: &[String]) -> Result<Vec<Usage>, StoreError> {
    let query = ask(store, include_str!("usage_by_day.sql"))
        .param("first_day", days.first)
        .param("last_day", days.last)
        .param("ids", ids);
    all(query, "reading what was used by function and day").await
}

/// What costs are told apart by. The text is a key of the query, never part of it.
#[derive(Clone, Copy, Debug)]
pub struct Grouping<'a> {
    /// `function`, `version`, `provider`, `account`, `region`, `trigger`, `tag`, or empty for all together.
    pub by: &'a str,
    /// Functions that carry the tag,
    pub tagged: &'a [String],
    /// and its value for each of them.
    pub values: &'a [String],
    /// Only these groups; empty for all of them.
    pub keys: &'a [String],
}

/// What one group used on one day, told apart only by what prices depend on.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct GroupDay {
    /// The group.
    pub key: String,
    /// First second of the day, UTC, s since the epoch.
    pub day_s: u32,
    /// A function id with the provider, account and region of what was used, and no true name.
    pub place: String,
    /// `aws_lambda`, …
    pub platform: String,
    /// Plan.
    pub plan: String,
    /// Architecture.
    pub architecture: String,
    /// Billed memory, MiB.
    pub memory_mb: u32,
    /// Processors, thousandths.
    pub vcpu_milli: u32,
    /// Kind of start.
    pub init_kind: String,
    /// Invocations.
    pub invocations: u64,
    /// Billed time, ms.
    pub billed_ms: u64,
    /// Billed time multiplied by memory, ms · MiB.
    pub billed_mb_ms: u64,
}

impl GroupDay {
    /// As usage that can be priced.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            function_id: self.place.clone(),
            platform: self.platform.clone(),
            plan: self.plan.clone(),
            architecture: self.architecture.clone(),
            memory_mb: self.memory_mb,
            vcpu_milli: self.vcpu_milli,
            init_kind: self.init_kind.clone(),
            from_s: self.day_s,
            invocations: self.invocations,
            billed_ms: self.billed_ms,
            billed_mb_ms: self.billed_mb_ms,
            ..Usage::default()
        }
    }
}

/// One hour of the week of a function.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct WeekHour {
    /// The function.
    pub function_id: String,
    /// 0 for Monday 00:00 UTC, to 167.
    pub hour_of_week: u8,
    /// Invocations.
    pub invocations: u64,
    /// Billed time, ms.
    pub billed_ms: u64,
    /// Cold starts.
    pub cold_starts: u64,
}

/// The hours of a function, for forecasts.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct Hours {
    /// The function.
    pub function_id: String,
    /// First seconds of the hours, s since the epoch, UTC, in any order; each once.
    pub hours_s: Vec<u32>,
    /// Invocations in each.
    pub invocations: Vec<u64>,
    /// Billed time in each, ms.
    pub billed_ms: Vec<u64>,
}

/// Time after the spans of a function.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct AfterSpan {
    /// The function, without its account.
    pub function_key: String,
    /// Invocations of which both durations are known.
    pub invocations: u64,
    /// Time after the span, all together, ms.
    pub after_ms: f64,
    /// Median, ms.
    pub median_ms: f64,
}

/// What groups used on each day.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn group_days(
    store: &Store,
    days: Days,
    grouping: Grouping<'_>,
) -> Result<Vec<GroupDay>, StoreError> {
    let query = ask(store, include_str!("usage_groups.sql"))
        .param("first_day", days.first)
        .param("last_day", days.last)
        .param("by", grouping.by)
        .param("tagged", grouping.tagged)
        .param("values", grouping.values)
        .param("keys", grouping.keys);
    all(query, "reading what was used on each day").await
}

/// The hours of the week of functions within `window`; hours without invocations have no row.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn week(
    store: &Store,
    window: Window,
    ids: &[String],
) -> Result<Vec<WeekHour>, StoreError> {
    let query = ask_in(store, window, include_str!("usage_week.sql")).param("ids", ids);
    all(query, "reading the hours of the week").await
}

/// The hours of functions within `window`; hours without invocations are left out. Ask for some thousand
/// functions at a time: six weeks of one are 20 kB.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hours(
    store: &Store,
    window: Window,
    ids: &[String],
) -> Result<Vec<Hours>, StoreError> {
    let query = ask_in(store, window, include_str!("usage_hours.sql")).param("ids", ids);
    all(query, "reading the hours of functions").await
}

/// How long invocations of functions went on after their span, where both are known; functions of whose
/// invocations none are have no row. `keys` are texts without account ([`crate::model::FunctionId::key`]).
///
/// # Errors
/// [`StoreError::Query`].
pub async fn after_span(
    store: &Store,
    window: Window,
    keys: &[String],
) -> Result<Vec<AfterSpan>, StoreError> {
    let query = ask_in(store, window, include_str!("usage_after_span.sql")).param("keys", keys);
    all(query, "reading what telemetry took").await
}

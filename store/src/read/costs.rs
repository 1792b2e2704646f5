//! What was used, as the cost pages ask for it: by month, by day, by hour of the week, by tag.

use clickhouse::Row;
use serde::Deserialize;

use super::{Window, all, ask, ask_in};
use crate::model::Usage;
use crate::{Store, StoreError};

/// Most rows of a month: 10,000 functions with twenty versions, triggers and kinds of start each.
pub const MAX_ROWS: u32 = 200_000;
/// Most keys and values of tags that are read.
pub const MAX_TAGS: u32 = 10_000;

/// The question behind [`usage`], for people who want to ask it themselves.
pub const USAGE_SQL: &str = include_str!("costs_usage.sql");

/// Days of a bill, `from` ≤ day < `to`, as `2026-11-01`.
#[derive(Clone, Copy, Debug)]
pub struct Days<'a> {
    /// First day.
    pub from: &'a str,
    /// First day no longer inside.
    pub to: &'a str,
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

/// A tag of a function.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct TagRow {
    /// The function.
    pub function_id: String,
    /// Its value, the one seen last.
    pub value: String,
}

/// Time after the spans of a function.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct AfterSpan {
    /// Invocations of which both durations are known.
    pub invocations: u64,
    /// Time after the span, all together, ms.
    pub after_ms: f64,
    /// Median, ms; NaN without any.
    pub median_ms: f64,
}

/// What functions used: added up over the days, or by day where `daily`; all functions when `ids` is empty.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn usage(
    store: &Store,
    days: Days<'_>,
    ids: &[String],
    daily: bool,
) -> Result<Vec<Usage>, StoreError> {
    let query = ask(store, USAGE_SQL)
        .param("from", days.from)
        .param("to", days.to)
        .param("ids", ids)
        .param("daily", u8::from(daily))
        .param("limit", MAX_ROWS);
    all(query, "reading what functions used").await
}

/// What groups used on each day.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn group_days(
    store: &Store,
    days: Days<'_>,
    grouping: Grouping<'_>,
) -> Result<Vec<GroupDay>, StoreError> {
    let query = ask(store, include_str!("costs_days.sql"))
        .param("from", days.from)
        .param("to", days.to)
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
    let query = ask_in(store, window, include_str!("costs_week.sql")).param("ids", ids);
    all(query, "reading the hours of the week").await
}

/// Attributes that functions can be told apart by.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn tag_keys(store: &Store) -> Result<Vec<String>, StoreError> {
    all(
        ask(store, include_str!("costs_tag_keys.sql")),
        "listing tags",
    )
    .await
}

/// The functions that carry a tag, with its value.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn tag_values(store: &Store, key: &str) -> Result<Vec<TagRow>, StoreError> {
    let query = ask(store, include_str!("costs_tag_values.sql"))
        .param("key", key)
        .param("limit", MAX_TAGS);
    all(query, "reading a tag of functions").await
}

/// How long invocations of one function went on after their span, where both are known.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn after_span(
    store: &Store,
    window: Window,
    function_key: &str,
) -> Result<Option<AfterSpan>, StoreError> {
    let query =
        ask_in(store, window, include_str!("costs_after_span.sql")).param("key", function_key);
    Ok(all(query, "reading what telemetry took").await?.pop())
}

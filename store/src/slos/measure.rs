//! Counts good and all events of whole minutes, by group.

use clickhouse::Row;
use clickhouse::query::Query;
use serde::Deserialize;

use crate::{Store, StoreError, read};

/// Where events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The minute rollup, which knows neither triggers nor single durations.
    Rollup,
    /// The facts of single invocations.
    Facts,
}

/// What is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Invocations that did not fail.
    Availability,
    /// Invocations of known start that did not start cold.
    WarmStarts,
    /// Invocations whose known duration is within the threshold.
    Latency,
    /// Cold starts whose known initialisation is within the threshold.
    ColdStartLatency,
    /// Invocations that the platform told of and of which a span arrived.
    Coverage,
}

impl Counted {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::WarmStarts => "warm_starts",
            Self::Latency => "latency",
            Self::ColdStartLatency => "cold_start_latency",
            Self::Coverage => "coverage",
        }
    }
}

/// Patterns of `LIKE`, any of which must match; none let everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Of `aws`, `azure`, ….
    pub providers: Vec<String>,
    /// Of accounts.
    pub accounts: Vec<String>,
    /// Of regions.
    pub regions: Vec<String>,
    /// Of the functions' names.
    pub names: Vec<String>,
    /// Of versions.
    pub versions: Vec<String>,
    /// Of triggers.
    pub triggers: Vec<String>,
}

/// A question to our facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The measure's key: a hash of all that follows.
    pub measure: String,
    /// What is good.
    pub counted: Counted,
    /// ms; of latencies.
    pub threshold_ms: f64,
    /// Whether a value at the threshold is good.
    pub at_threshold: bool,
    /// Of which invocations.
    pub filters: Filters,
    /// `provider`, `account`, `region`, `function`, `version`, `trigger`: what has counts of its own.
    pub by: Vec<&'static str>,
}

impl Question {
    /// Where it is answered: by the rollup where that knows enough.
    #[must_use]
    pub fn source(&self) -> Source {
        let by_trigger = self.by.contains(&"trigger") || !self.filters.triggers.is_empty();
        match self.counted {
            Counted::Availability | Counted::WarmStarts if !by_trigger => Source::Rollup,
            _ => Source::Facts,
        }
    }
}

/// Counts these minutes anew, begins in s since the epoch, of one day or two. Groups that they have no longer
/// are written with nothing.
///
/// # Errors
/// [`StoreError::Query`]; counting again is harmless.
pub async fn measure(
    store: &Store,
    question: &Question,
    minutes_s: &[u32],
) -> Result<(), StoreError> {
    let Some((first_s, last_s)) = minutes_s.iter().min().zip(minutes_s.iter().max()) else {
        return Ok(());
    };
    let query = match question.source() {
        Source::Rollup => store.query(concat!(
            include_str!("measure_begin.sql"),
            include_str!("counted_rollup.sql"),
            include_str!("measure_end.sql")
        )),
        Source::Facts => read::near_in_time(store.query(concat!(
            include_str!("measure_begin.sql"),
            include_str!("counted_facts.sql"),
            include_str!("measure_end.sql")
        ))),
    };
    bind(query, question)
        .with_setting("max_execution_time", "120")
        .param("measure", &question.measure)
        .param("minutes_s", minutes_s)
        .param("first_s", first_s)
        .param("last_s", last_s)
        .execute()
        .await
        .map_err(StoreError::query("measuring an SLO"))
}

fn bind(query: Query, question: &Question) -> Query {
    let filters = &question.filters;
    query
        .param("counted", question.counted.as_str())
        .param("threshold_ms", question.threshold_ms)
        .param("at_threshold", u8::from(question.at_threshold))
        .param("by", &question.by)
        .param("providers", &filters.providers)
        .param("accounts", &filters.accounts)
        .param("regions", &filters.regions)
        .param("names", &filters.names)
        .param("versions", &filters.versions)
        .param("triggers", &filters.triggers)
}

/// What invocations of one function, version and trigger counted.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct WorstRow {
    /// Text form of the function id.
    pub function_id: String,
    /// Version.
    pub version: String,
    /// What called it.
    pub trigger: String,
    /// Good events.
    pub good: u64,
    /// All events.
    pub total: u64,
}

/// Most rows of [`worst`].
const WORST_MAX: u32 = 2_000;

/// What each function, version and trigger counted within the minutes of `from_s` ≤ t < `to_s`, s since the
/// epoch, of one group; those with most bad events first, at most 2,000. Facts are asked, of at most two
/// days.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn worst(
    store: &Store,
    question: &Question,
    group: &str,
    from_s: u32,
    to_s: u32,
) -> Result<Vec<WorstRow>, StoreError> {
    let from_s = from_s.max(to_s.saturating_sub(2 * 86_400));
    let minutes_s: Vec<u32> = (from_s..to_s).step_by(60).collect();
    let query = read::near_in_time(read::ask(
        store,
        concat!(
            include_str!("worst_begin.sql"),
            include_str!("counted_facts.sql"),
            include_str!("worst_end.sql")
        ),
    ));
    let query = bind(query, question)
        .param("group", group)
        .param("minutes_s", minutes_s)
        .param("first_s", from_s)
        .param("last_s", to_s.saturating_sub(60))
        .param("limit", WORST_MAX);
    let rows = query.fetch_all::<WorstRow>().await;
    rows.map_err(StoreError::query("asking what burns a budget"))
}

/// Sums these hours anew out of their minutes, begins in s since the epoch.
///
/// # Errors
/// [`StoreError::Query`]; summing again is harmless.
pub async fn sum_hours(store: &Store, measure: &str, hours_s: &[u32]) -> Result<(), StoreError> {
    if hours_s.is_empty() {
        return Ok(());
    }
    store
        .query(include_str!("measure_hours.sql"))
        .with_setting("max_execution_time", "120")
        .param("measure", measure)
        .param("hours_s", hours_s)
        .execute()
        .await
        .map_err(StoreError::query("summing what an SLO measured"))
}

//! From tables to rows with numbers for names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use store::model::{DeploySource, UnixNano};
use store::read::Window;
use store::read::queues;
use store::read::watch::{self, ColdStartRow, DeployedRow, HourRow, MinuteRow, Seconds};
use store::{Store, StoreError};

use super::price::Prices;
use crate::cost::Books;
use crate::detectors::news::{ColdStart, Deployed, DiskSample, Gauge, Hour, Minute};
use crate::detectors::operations::queues::known;
use crate::detectors::{FunctionNo, Names};

/// Deploys that are looked for again, s: they become known some time after they happened, at most this long.
const DEPLOYS_AGAIN_S: u32 = 7 * 86_400;
/// Facts stored so lately are looked at next time, ms: others of the same invocation are still on their way.
const SETTLE_MS: i64 = 30_000;
/// Metrics come so late, s: CloudWatch's streams within three minutes, exporters within five.
const GAUGES_LATE_S: u32 = 600;
/// After a pause only so much of what metrics said is read, s.
const GAUGES_S: u32 = 3_600;
/// Known deploys that are remembered.
const DEPLOYS_MAX: usize = 200_000;

/// Remembers what was read already.
#[derive(Debug)]
pub struct Feed {
    books: Arc<Books>,
    prices: Prices,
    /// Allocation tags that are asked for.
    tags: Vec<String>,
    functions_since_s: u32,
    deploys: HashSet<(FunctionNo, String, i64)>,
    cold_starts_since_ms: Option<i64>,
}

impl Feed {
    /// Has read nothing yet; the configuration behind the books tells the time limits of functions, which
    /// are told with these allocation tags.
    #[must_use]
    pub fn new(books: Arc<Books>, tags: Vec<String>) -> Self {
        Self {
            prices: Prices::new(Arc::clone(&books)),
            books,
            tags,
            functions_since_s: 0,
            deploys: HashSet::new(),
            cold_starts_since_ms: None,
        }
    }

    /// Reads everything from the beginning.
    pub fn again(&mut self) {
        self.functions_since_s = 0;
        self.deploys.clear();
        self.cold_starts_since_ms = None;
    }

    /// Learns who the functions are.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn names(
        &mut self,
        store: &Store,
        names: &mut Names,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        for row in watch::functions(store, self.functions_since_s).await? {
            let Some(number) = names.function(&row.function_id) else {
                continue;
            };
            let function = names.of_mut(number);
            function.platform = row.platform;
            function.runtime = row.runtime;
            function.architecture = row.architecture;
            function.memory_size_mb = row.memory_size_mb;
            let timeout_ms = self.books.terms_of(&function.id).timeout_ms;
            function.timeout_ms = (timeout_ms > 0).then_some(timeout_ms);
        }
        let mut tags: HashMap<FunctionNo, Vec<(String, String)>> = HashMap::new();
        for key in &self.tags {
            for tag in store::read::tags::of_key(store, key).await? {
                if let Some(number) = names.known(&tag.function_id) {
                    tags.entry(number)
                        .or_default()
                        .push((key.clone(), tag.value));
                }
            }
        }
        for (number, tags) in tags {
            names.of_mut(number).tags = tags;
        }
        let now_s = u32::try_from(now.as_secs()).unwrap_or_default();
        self.functions_since_s = now_s.saturating_sub(600);
        Ok(())
    }

    /// The store's disk now; `None` where its server does not tell.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn disk(store: &Store) -> Result<Option<DiskSample>, StoreError> {
        let disk = watch::disk(store).await?;
        Ok(disk.map(|disk| DiskSample {
            stored_bytes: disk.stored_bytes,
            free_bytes: disk.free_bytes,
        }))
    }

    /// Minutes of a span, of these functions or of all.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn minutes(
        &mut self,
        store: &Store,
        names: &mut Names,
        span: Seconds,
        ids: &[String],
    ) -> Result<Vec<Minute>, StoreError> {
        let rows = watch::minutes(store, span, ids).await?;
        let mut minutes = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(mut minute) = minute(row, names) else {
                continue;
            };
            (minute.usd, minute.usd_requests) =
                self.prices.of_minute(row, names.of(minute.function));
            minutes.push(minute);
        }
        Ok(minutes)
    }

    /// Hours of a span, as [`Feed::minutes`].
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn hours(
        &mut self,
        store: &Store,
        names: &mut Names,
        span: Seconds,
        ids: &[String],
    ) -> Result<Vec<Hour>, StoreError> {
        let rows = watch::hours(store, span, ids).await?;
        let mut hours: Vec<Hour> = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(mut hour) = hour(row, names) else {
                continue;
            };
            (hour.usd, hour.usd_requests) = self.prices.of_hour(row);
            match hours.last_mut().filter(|last| last.is_with(&hour)) {
                Some(last) => last.add(&hour),
                None => hours.push(hour),
            }
        }
        Ok(hours)
    }

    /// Cold starts of a span of history, as [`Feed::minutes`].
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn cold_starts(
        store: &Store,
        names: &mut Names,
        span: Seconds,
        ids: &[String],
    ) -> Result<Vec<ColdStart>, StoreError> {
        let rows = watch::cold_starts(store, span, ids).await?;
        Ok(rows
            .iter()
            .filter_map(|row| cold_start(row, names))
            .collect())
    }

    /// Cold starts that became known since the last call; the first call only remembers the time.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn new_cold_starts(
        &mut self,
        store: &Store,
        names: &mut Names,
    ) -> Result<Vec<ColdStart>, StoreError> {
        let until_ms = watch::server_now_ms(store).await? - SETTLE_MS;
        let Some(since_ms) = self.cold_starts_since_ms else {
            self.cold_starts_since_ms = Some(until_ms);
            return Ok(Vec::new());
        };
        if until_ms <= since_ms {
            return Ok(Vec::new());
        }
        let rows = watch::new_cold_starts(store, since_ms, until_ms).await?;
        self.cold_starts_since_ms = Some(until_ms);
        Ok(rows
            .iter()
            .filter_map(|row| cold_start(row, names))
            .collect())
    }

    /// Deploys that became known since the last call, that happened after `from_s`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn new_deploys(
        &mut self,
        store: &Store,
        names: &mut Names,
        from_s: u32,
    ) -> Result<Vec<Deployed>, StoreError> {
        let rows = watch::deploys(store, from_s.saturating_sub(DEPLOYS_AGAIN_S)).await?;
        if self.deploys.len() > DEPLOYS_MAX {
            self.deploys.clear(); // detectors take a deploy told again as the same one
        }
        let mut new = Vec::new();
        for row in rows {
            let Some(deployed) = deployed(&row, names) else {
                continue;
            };
            if self
                .deploys
                .insert((deployed.function, row.version, row.at_ms))
            {
                new.push(deployed);
            }
        }
        Ok(new)
    }

    /// What metrics say of queues in the minutes of a span and shortly before: many come late. Those shown
    /// before are shown again, which detectors know by their minute.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn gauges(
        store: &Store,
        names: &mut Names,
        from_s: u32,
        until_s: u32,
    ) -> Result<Vec<Gauge>, StoreError> {
        let from_s = from_s.max(until_s.saturating_sub(GAUGES_S));
        let window = Window {
            from: UnixNano::from_secs(i64::from(from_s.saturating_sub(GAUGES_LATE_S))),
            to: UnixNano::from_secs(until_s.into()),
        };
        let points = queues::points(store, &known::tails(), window, queues::MAX_POINTS).await?;
        let mut gauges = known::gauges(&points, names);
        gauges.sort_by_key(|gauge| gauge.minute_s);
        Ok(gauges)
    }

    /// All deploys of a span of history.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn deploys(
        store: &Store,
        names: &mut Names,
        from_s: u32,
        only: Option<&HashSet<FunctionNo>>,
    ) -> Result<Vec<Deployed>, StoreError> {
        let rows = watch::deploys(store, from_s).await?;
        Ok(rows
            .iter()
            .filter_map(|row| deployed(row, names))
            .filter(|row| only.is_none_or(|only| only.contains(&row.function)))
            .collect())
    }
}

/// A count as detectors hold it.
fn count(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[allow(clippy::cast_possible_truncation)] // a millisecond needs no more digits
fn minute(row: &MinuteRow, names: &mut Names) -> Option<Minute> {
    let quantile = |i: usize| row.duration_ms.get(i).map_or(f32::NAN, |ms| *ms as f32);
    Some(Minute {
        function: names.function(&row.function_id)?,
        version: names.version(&row.version),
        minute_s: row.minute_s,
        invocations: count(row.invocations),
        errors: count(row.errors),
        timeouts: count(row.timeouts),
        out_of_memory: count(row.out_of_memory),
        throttles: count(row.throttles),
        cold_starts: count(row.cold_starts),
        cold_start_known: count(row.cold_start_known),
        duration_count: count(row.duration_count),
        duration_ms_sum: row.duration_ms_sum,
        duration_ms_p50: quantile(0),
        duration_ms_p95: quantile(1),
        duration_ms_max: row.duration_ms_max as f32,
        memory_size_mb: row.memory_size_mb,
        memory_used_mb_max: row.memory_used_mb,
        usd: 0.0,
        usd_requests: 0.0,
    })
}

#[allow(clippy::cast_precision_loss)] // sums of an hour stay far below 2⁵³
fn hour(row: &HourRow, names: &mut Names) -> Option<Hour> {
    Some(Hour {
        function: names.function(&row.function_id)?,
        version: names.version(&row.version),
        trigger: names.version(&row.trigger),
        hour_s: row.hour_s,
        invocations: count(row.invocations),
        errors: count(row.errors),
        timeouts: count(row.timeouts),
        out_of_memory: count(row.out_of_memory),
        throttles: count(row.throttles),
        cold_starts: count(row.cold_starts),
        duration_ms: row.duration_us as f64 / 1e3,
        init_ms: row.init_us as f64 / 1e3,
        billed_ms: row.billed_ms as f64,
        billed_init_ms: row.billed_init_ms as f64,
        billed_mb_ms: row.billed_mb_ms as f64,
        usd: 0.0,
        usd_requests: 0.0,
        memory_mb: row.memory_mb,
        memory_used_mb_max: row.memory_used_mb_max,
        duration_ms_max: row.duration_ms_max,
    })
}

#[allow(clippy::cast_possible_truncation)] // a millisecond needs no more digits
fn cold_start(row: &ColdStartRow, names: &mut Names) -> Option<ColdStart> {
    let known = row.init_ms.is_finite() && row.init_ms >= 0.0;
    Some(ColdStart {
        function: names.function(&row.function_id).filter(|_| known)?,
        version: names.version(&row.version),
        init_kind: names.version(&row.init_kind),
        architecture: names.version(&row.architecture),
        at: UnixNano::from_millis(row.at_ms),
        memory_size_mb: row.memory_size_mb,
        init_ms: row.init_ms as f32,
        trace_id: u128::from_str_radix(&row.trace_id, 16).unwrap_or_default(),
    })
}

fn deployed(row: &DeployedRow, names: &mut Names) -> Option<Deployed> {
    Some(Deployed {
        function: names.function(&row.function_id)?,
        version: names.version(&row.version),
        at: UnixNano::from_millis(row.at_ms),
        is_baseline: row.source == DeploySource::Baseline.as_str(),
    })
}

//! Asks what indicators ask, minute by minute, and keeps the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use store::model::{FunctionId, UnixNano};
use store::read::Window;
use store::read::queues::{self, PointRow};
use store::read::watch::{self, HourRow, Seconds};
use store::slos::{self, CountRow, Given};
use store::{Store, StoreError};

use crate::cost::Books;
use crate::cost::rate::{Of as Priced, Rates};
use crate::detectors::Names;
use crate::detectors::news::Measure;
use crate::detectors::operations::queues::known;
use crate::slo::indicator::{By, Queries};
use crate::slo::measure::{Bounded, Of, Question};

const HOUR_S: u32 = 3_600;
const DAY_S: u32 = 86_400;
/// Points of queues that an hour is asked for: a minute each of 3,000 series. Of more, the latest count.
const POINTS_MAX: u32 = 180_000;

/// Asks, and remembers prices.
#[derive(Debug)]
pub struct Asker {
    rates: Rates,
}

impl Asker {
    /// Prices come from these books.
    #[must_use]
    pub fn new(books: Arc<Books>) -> Self {
        Self {
            rates: Rates::new(books),
        }
    }

    /// Counts these minutes anew, begins in s since the epoch, day by day, and the hours that hold them.
    /// `closed_s` is the end of the minute that closed last: of an hour that is not over nothing is priced.
    ///
    /// # Errors
    /// [`StoreError::Query`]; counting again is harmless.
    pub async fn measure(
        &mut self,
        store: &Store,
        question: &Question,
        minutes_s: &BTreeSet<u32>,
        closed_s: u32,
    ) -> Result<(), StoreError> {
        let mut days: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for minute_s in minutes_s {
            days.entry(minute_s / DAY_S).or_default().push(*minute_s);
        }
        for minutes_s in days.into_values().rev() {
            self.day(store, question, &minutes_s, closed_s).await?;
            let hours_s: BTreeSet<u32> = minutes_s.iter().map(|s| s - s % HOUR_S).collect();
            let hours_s: Vec<u32> = hours_s.into_iter().collect();
            slos::sum_hours(store, &question.measure, &hours_s).await?;
        }
        Ok(())
    }

    /// Minutes of one day, in order.
    async fn day(
        &mut self,
        store: &Store,
        question: &Question,
        minutes_s: &[u32],
        closed_s: u32,
    ) -> Result<(), StoreError> {
        let (Some(first_s), Some(last_s)) = (minutes_s.first(), minutes_s.last()) else {
            return Ok(());
        };
        let mut span = (*first_s, last_s + 60);
        let rows = match &question.of {
            Of::Invocations(counted) => return slos::measure(store, counted, minutes_s).await,
            Of::Costs(bounded) => {
                let over_s = closed_s - closed_s % HOUR_S;
                span = (
                    first_s - first_s % HOUR_S,
                    (last_s - last_s % HOUR_S + HOUR_S).min(over_s),
                );
                if span.0 >= span.1 {
                    return Ok(());
                }
                let (from_s, to_s) = span;
                let hours = watch::hours(store, Seconds { from_s, to_s }, &[]).await?;
                costs(bounded, &hours, &mut self.rates)
            }
            Of::Queues(bounded) => ages(store, bounded, span).await?,
            Of::Queries(queries) => answers(store, queries, span).await?,
        };
        slos::replace(store, &question.measure, span, &rows, store::clock::now()).await
    }
}

/// An event for each group and hour that has a cost, at the hour's last minute, when all of it is known.
#[allow(clippy::cast_precision_loss)] // invocations of an hour stay far below 2⁵³
fn costs(bounded: &Bounded, hours: &[HourRow], rates: &mut Rates) -> Vec<Given> {
    // Dollars and invocations; what has no price leaves its hour without a cost.
    let mut sums: BTreeMap<(String, u32), Option<(f64, f64)>> = BTreeMap::new();
    for row in hours.iter().filter(|row| row.invocations > 0) {
        let id: FunctionId = row.function_id.parse().unwrap_or_default();
        let part = |by| match by {
            By::Version => row.version.as_str(),
            By::Trigger => row.trigger.as_str(),
            by => of_function(&id, by),
        };
        let Some(group) = bounded.group(&row.function_id, part) else {
            continue;
        };
        let of = Priced {
            platform: &row.platform,
            plan: &row.plan,
            architecture: &row.architecture,
            init_kind: &row.init_kind,
            memory_mb: row.memory_mb,
            vcpu_milli: row.vcpu_milli,
        };
        let invocations = row.invocations as f64;
        let rate = rates.rate(&row.function_id, of, row.hour_s.into());
        let own = rate.map(|rate| {
            let usd = rate.usd(invocations, row.billed_ms as f64, row.billed_mb_ms as f64);
            (usd, invocations)
        });
        let sum = sums.entry((group, row.hour_s)).or_insert(Some((0.0, 0.0)));
        *sum = sum
            .zip(own)
            .map(|(sum, own)| (sum.0 + own.0, sum.1 + own.1));
    }
    let event = |((group, hour_s), sum): ((String, u32), Option<(f64, f64)>)| {
        let (usd, invocations) = sum?;
        Some(Given {
            group,
            minute_s: hour_s + HOUR_S - 60,
            good: u64::from(bounded.is_good(usd * 1e3 / invocations)),
            total: 1,
        })
    };
    sums.into_iter().filter_map(event).collect()
}

fn of_function(id: &FunctionId, by: By) -> &str {
    match by {
        By::Provider => &id.provider,
        By::Account => &id.account,
        By::Region => &id.region,
        By::Function => &id.name,
        By::Version | By::Trigger | By::Queue => "",
    }
}

/// An event for each queue or stream and minute that tells an age, hour by hour.
async fn ages(
    store: &Store,
    bounded: &Bounded,
    (from_s, to_s): (u32, u32),
) -> Result<Vec<Given>, StoreError> {
    let tails = known::ages();
    let mut names = Names::default();
    for function in watch::functions(store, 0).await? {
        names.function(&function.function_id);
    }
    let mut rows = Vec::new();
    for hour_s in (from_s..to_s).step_by(HOUR_S as usize) {
        let end_s = (hour_s + HOUR_S).min(to_s);
        let window = Window {
            from: UnixNano::from_secs(hour_s.into()),
            to: UnixNano::from_secs(end_s.into()),
        };
        let points = queues::points(store, &tails, window, POINTS_MAX).await?;
        if points.len() as u64 >= u64::from(POINTS_MAX) {
            tracing::warn!(
                "queues tell more than {POINTS_MAX} ages an hour; SLOs count the latest"
            );
        }
        rows.extend(fresh(bounded, &points, &mut names));
    }
    Ok(rows)
}

fn fresh(bounded: &Bounded, points: &[PointRow], names: &mut Names) -> Vec<Given> {
    let mut sums: BTreeMap<(String, u32), (u64, u64)> = BTreeMap::new();
    for gauge in known::gauges(points, names) {
        if !matches!(gauge.measure, Measure::IteratorAge | Measure::OldestAge) {
            continue;
        }
        let function = gauge.function.map(|number| names.of(number));
        let id = function.map_or("", |function| function.id.as_str());
        let queue = names.version_name(gauge.resource);
        let part = |by| match (by, function) {
            (By::Queue, _) => queue,
            (by, Some(function)) => of_function(&function.parts, by),
            (_, None) => "",
        };
        if let Some(group) = bounded.group(id, part) {
            let sum = sums.entry((group, gauge.minute_s)).or_default();
            sum.0 += u64::from(bounded.is_good(gauge.value));
            sum.1 += 1;
        }
    }
    let event = |((group, minute_s), (good, total))| Given {
        group,
        minute_s,
        good,
        total,
    };
    sums.into_iter().map(event).collect()
}

/// What two queries answer, minute by minute, within begins in s since the epoch.
///
/// # Errors
/// [`StoreError::Query`], with ClickHouse's own words on what is wrong with them.
pub async fn answers(
    store: &Store,
    queries: &Queries,
    span: (u32, u32),
) -> Result<Vec<Given>, StoreError> {
    let total = slos::count(store, &queries.total, span).await?;
    let part = slos::count(store, &queries.part, span).await?;
    Ok(joined(&total, &part, queries.part_is_good))
}

/// Minutes of `total`, of which `part` are good, or bad. No part is larger than the whole.
fn joined(total: &[CountRow], part: &[CountRow], part_is_good: bool) -> Vec<Given> {
    let parts: BTreeMap<u32, u64> = part.iter().map(|row| (row.minute_s, row.events)).collect();
    let minute = |row: &CountRow| {
        let part = parts.get(&row.minute_s).copied().unwrap_or(0);
        let part = part.min(row.events);
        Given {
            group: String::new(),
            minute_s: row.minute_s,
            good: if part_is_good {
                part
            } else {
                row.events - part
            },
            total: row.events,
        }
    };
    total.iter().map(minute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(bound: f64, by: Vec<By>) -> Bounded {
        Bounded {
            bound,
            at_bound: true,
            filters: BTreeMap::new(),
            by,
        }
    }

    #[test]
    fn parts_of_queries_are_good_or_bad_and_never_more_than_all() {
        let row = |minute_s, events| CountRow { minute_s, events };
        let (total, part) = ([row(60, 10), row(120, 5)], [row(60, 3), row(120, 9)]);
        let good: Vec<u64> = joined(&total, &part, true).iter().map(|g| g.good).collect();
        assert_eq!(good, [3, 5]);
        let good: Vec<u64> = joined(&total, &part[..1], false)
            .iter()
            .map(|g| g.good)
            .collect();
        assert_eq!(good, [7, 5]);
    }

    #[test]
    fn queues_are_fresh_by_their_oldest_message_and_told_apart_by_name() {
        let point = |queue: &str, minute_s, seconds| PointRow {
            name: "aws/ApproximateAgeOfOldestMessage".to_owned(),
            function_id: String::new(),
            attributes: vec![("QueueName".to_owned(), queue.to_owned())],
            resource: Vec::new(),
            series: 1,
            minute_s,
            newest: seconds,
            largest: seconds,
            total: seconds,
            cumulative: false,
        };
        let points = [
            point("a", 60, 30.0),
            point("a", 120, 31.0),
            point("b", 60, 1.0),
        ];
        let of = |by: Vec<By>| fresh(&bounded(30.0, by), &points, &mut Names::default());
        let all: Vec<_> = of(Vec::new())
            .iter()
            .map(|g| (g.minute_s, g.good, g.total))
            .collect();
        assert_eq!(all, [(60, 2, 2), (120, 0, 1)]);
        let named = of(vec![By::Queue]);
        assert_eq!((named[0].group.as_str(), named.len()), ("a", 3));
    }
}

//! What the cost pages ask the store.

use std::collections::HashMap;

use analyzers::cost::{Books, bill};
use analyzers::money::Usd;
use analyzers::pace::{self, Day, Projection, TooFew};
use store::StoreError;
use store::model::Usage;
use store::read::tags;
use store::read::usage::{self as used, GroupDay, Grouping};

use super::by::{By, Tags};
use super::chart::Days as DayCosts;
use super::ledger::usd;
use super::month::{Month, weekday};
use crate::web::Context;

const DAY_S: u32 = 86_400;

/// A month and the one before it: bills are read beside one another.
pub(super) struct Both<T> {
    pub(super) month: Vec<T>,
    pub(super) before: Vec<T>,
}

impl<T> Both<T> {
    /// Months begin at midnight, in California hours after UTC: never before it.
    fn split(rows: Vec<T>, month: Month, at_s: impl Fn(&T) -> u32) -> Self {
        let (month, before) = rows
            .into_iter()
            .partition(|row| i64::from(at_s(row)) >= month.first_s());
        Self { month, before }
    }
}

/// What functions used within a month and the one before it; those of `ids`, or all.
pub(super) async fn usage(
    ctx: &Context,
    month: Month,
    ids: &[String],
) -> Result<Both<Usage>, StoreError> {
    let days = month.before().days_until(month);
    let rows = used::in_months(ctx.store(), days, ids).await?;
    Ok(Both::split(rows, month, |row| row.from_s))
}

/// The question, with its parameters, for people who want to ask it themselves.
pub(super) fn question(month: Month, ids: &[String]) -> String {
    let ids: Vec<String> = ids
        .iter()
        .take(3)
        .map(|id| crate::format::bounded(id, 120))
        .collect();
    format!(
        "-- first_day = {}, last_day = {} (days since 1970), ids = {ids:?}\n{}",
        month.days().first,
        month.days().last,
        used::IN_MONTHS_SQL.trim()
    )
}

/// Values of the tag that is grouped by; nothing for other groups.
pub(super) async fn tags(ctx: &Context, by: &By) -> Result<Tags, StoreError> {
    let By::Tag(key) = by else {
        return Ok(Tags::new());
    };
    let rows = tags::of_key(ctx.store(), key).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.function_id, row.value))
        .collect())
}

/// What was used on each day of a month and of the one before it, by the groups `keys`, or by all together
/// when `by` is nothing.
pub(super) async fn days(
    ctx: &Context,
    month: Month,
    by: Option<(&By, &Tags)>,
    keys: &[String],
) -> Result<Both<GroupDay>, StoreError> {
    let rows = group_days(ctx, month.before().days_until(month), by, keys).await?;
    Ok(Both::split(rows, month, |row| row.day_s))
}

/// What was used on each of some days.
pub(super) async fn group_days(
    ctx: &Context,
    days: used::Days,
    by: Option<(&By, &Tags)>,
    keys: &[String],
) -> Result<Vec<GroupDay>, StoreError> {
    let (mut tagged, mut values) = (Vec::new(), Vec::new());
    let name = match by {
        None => String::new(),
        Some((By::Tag(_), tags)) => {
            for (id, value) in tags {
                tagged.push(id.clone());
                values.push(value.clone());
            }
            "tag".to_owned()
        }
        Some((by, _)) => by.value(),
    };
    let grouping = Grouping {
        by: &name,
        tagged: &tagged,
        values: &values,
        keys,
    };
    used::group_days(ctx.store(), days, grouping).await
}

/// Cost of each day of each group, before free grants.
pub(super) fn day_costs(
    books: &Books,
    month: Month,
    now_s: i64,
    rows: &[GroupDay],
) -> HashMap<String, DayCosts> {
    let usage: Vec<Usage> = rows.iter().map(GroupDay::usage).collect();
    let priced = bill(books, &usage, month.period(now_s));
    let days = month.days_s();
    let mut out: HashMap<String, DayCosts> = HashMap::new();
    for (row, cost) in rows.iter().zip(&priced.rows) {
        let Some(i) = days.iter().position(|day| *day == row.day_s) else {
            continue;
        };
        let costs = out
            .entry(row.key.clone())
            .or_insert_with(|| vec![None; days.len()]);
        costs[i] = Some(costs[i].unwrap_or_default() + usd(&cost.amount));
    }
    out
}

/// Costs of days for a sparkline: millionths of a dollar, at least 1 for a day that cost anything.
pub(super) fn spark(days: &DayCosts) -> Vec<u64> {
    let micro = |cost: &Option<Usd>| match cost {
        Some(cost) if cost.pico() > 0 => u64::try_from(cost.pico() / 1_000_000)
            .unwrap_or(u64::MAX)
            .max(1),
        _ => 0,
    };
    days.iter().map(micro).collect()
}

/// What the running month will come to: `so_far` is its bill, `before` and `now` the days of the month
/// before and of this one.
pub(super) fn project(
    month: Month,
    now_s: i64,
    so_far: Usd,
    before: &DayCosts,
    now: &DayCosts,
) -> Result<Projection, TooFew> {
    let days = |month: Month, costs: &DayCosts| -> Vec<(u32, Option<Usd>)> {
        month
            .days_s()
            .into_iter()
            .zip(costs.iter().copied())
            .collect()
    };
    let over = |(start, _): &(u32, Option<Usd>)| i64::from(*start) + i64::from(DAY_S) <= now_s;
    let mut past: Vec<(u32, Option<Usd>)> = days(month.before(), before);
    past.extend(days(month, now).into_iter().filter(over));
    // Days before the first one with data are not days without costs: nobody looked.
    let first = past
        .iter()
        .position(|(_, cost)| cost.is_some())
        .unwrap_or(past.len());
    let past: Vec<Day> = (past[first..].iter())
        .map(|(start, cost)| Day {
            weekday: weekday(*start),
            cost: cost.unwrap_or_default(),
        })
        .collect();
    let starts = month.days_s();
    let remaining: Vec<u8> = (starts.iter())
        .filter(|start| i64::from(**start) > now_s)
        .map(|start| weekday(*start))
        .collect();
    let today = starts
        .iter()
        .rev()
        .find(|start| i64::from(**start) <= now_s);
    let today = today.map(|start| {
        let gone = (now_s - i64::from(*start)) as f64 / f64::from(DAY_S);
        (weekday(*start), (1.0 - gone).clamp(0.0, 1.0))
    });
    pace::project(so_far, &past, &remaining, today)
}

/// What a projection of use comes to as a bill: tiers, free grants and standing charges of a whole month
/// laid over the use of so far, made as large as projected.
pub(super) fn billed(
    books: &Books,
    month: Month,
    rows: &[GroupDay],
    gross: Usd,
    projected: Projection,
) -> Projection {
    let whole = |target: Usd| -> Usd {
        // Parts per million: a millionth of a month is less than its interval.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let ppm = target
            .share_of(gross)
            .map_or(1_000_000, |share| (share * 1e6).round() as u64);
        let times =
            |n: u64| u64::try_from(u128::from(n) * u128::from(ppm) / 1_000_000).unwrap_or(n);
        let grown = rows.iter().map(|row| {
            let usage = row.usage();
            Usage {
                invocations: times(usage.invocations),
                billed_ms: times(usage.billed_ms),
                billed_mb_ms: times(usage.billed_mb_ms),
                ..usage
            }
        });
        let grown: Vec<Usage> = grown.collect();
        usd(&bill(books, &grown, month.period(i64::MAX)).cents())
    };
    Projection {
        expected: whole(projected.expected),
        low: whole(projected.low),
        high: whole(projected.high),
        by_weekday: projected.by_weekday,
    }
}

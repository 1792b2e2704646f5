//! Everything that was recorded of some functions, gathered for advice.

use std::collections::HashMap;

use analyzers::advice::{Configured, Hour, Recorded, TelemetryTime};
use analyzers::cost::{Books, bill};
use store::model::{FunctionId, UnixNano, Usage};
use store::read::Window;
use store::read::functions::FunctionRow;
use store::read::usage::{self, Days, WeekHour};

use crate::pages::costs::month::Month;
use crate::web::{Context, PageError};

/// Days that advice looks back.
pub(crate) const WINDOW_DAYS: u32 = 30;
/// Of so many functions facts are read one by one, to find what telemetry took.
const FUNCTIONS_READ_CLOSELY: usize = 50;
/// and of so many days.
const DAYS_READ_CLOSELY: f64 = 2.0;
const DAY_MS: f64 = 86_400_000.0;
const HOUR_S: i64 = 3_600;

/// What was recorded, owned; [`Gathered::recorded`] lends it out.
pub(crate) struct Gathered {
    functions: Vec<FunctionRow>,
    usage: HashMap<String, Vec<Usage>>,
    hours: HashMap<String, Vec<Hour>>,
    window_days: HashMap<String, u32>,
    telemetry: HashMap<String, TelemetryTime>,
    configured: HashMap<String, Configured>,
}

impl Gathered {
    /// Asks the store about `functions`.
    pub(crate) async fn ask(ctx: &Context, functions: Vec<FunctionRow>) -> Result<Self, PageError> {
        let ids: Vec<String> = functions.iter().map(|f| f.function_id.clone()).collect();
        let from = ctx.now.plus_millis(-DAY_MS * f64::from(WINDOW_DAYS));
        let window = Window { from, to: ctx.now };
        let (first, last) = (day(from), day(ctx.now.plus_millis(DAY_MS)));
        let days = Days { first, last };
        let (usage, week) = match ids.is_empty() {
            true => (Vec::new(), Vec::new()),
            false => tokio::try_join!(
                usage::by_day(ctx.store(), days, &ids),
                usage::week(ctx.store(), window, &ids),
            )?,
        };
        let mut by_function: HashMap<String, Vec<Usage>> = HashMap::new();
        for row in usage {
            by_function
                .entry(row.function_id.clone())
                .or_default()
                .push(row);
        }
        let mut gathered = Self {
            window_days: window_days(&by_function, ctx.now),
            hours: hours(&week, &by_function, ctx.now),
            configured: configured(&ctx.app.books, &by_function, &ids, ctx.now),
            usage: by_function,
            telemetry: HashMap::new(),
            functions,
        };
        gathered.read_closely(ctx).await?;
        Ok(gathered)
    }

    async fn read_closely(&mut self, ctx: &Context) -> Result<(), PageError> {
        let window = Window {
            from: ctx.now.plus_millis(-DAY_MS * DAYS_READ_CLOSELY),
            to: ctx.now,
        };
        let keys: HashMap<String, &str> = (self.functions.iter().take(FUNCTIONS_READ_CLOSELY))
            .filter_map(|function| {
                let id = function.function_id.parse::<FunctionId>().ok()?;
                Some((id.key(), function.function_id.as_str()))
            })
            .collect();
        let asked: Vec<String> = keys.keys().cloned().collect();
        for found in usage::after_span(ctx.store(), window, &asked).await? {
            let Some(id) = keys.get(&found.function_key) else {
                continue;
            };
            let time = TelemetryTime {
                invocations: found.invocations,
                after_ms: found.after_ms,
                median_ms: found.median_ms,
            };
            self.telemetry.insert((*id).to_owned(), time);
        }
        Ok(())
    }

    /// What was recorded of each function.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = Recorded<'_>> {
        self.functions.iter().map(|function| {
            let id = function.function_id.as_str();
            Recorded {
                function_id: id,
                runtime: &function.runtime,
                usage: self.usage.get(id).map_or(&[], Vec::as_slice),
                hours: self.hours.get(id).map_or(&[], Vec::as_slice),
                window_days: self.window_days.get(id).copied().unwrap_or(1),
                configured: self.configured.get(id).copied().unwrap_or_default(),
                telemetry: self.telemetry.get(id).copied(),
                last_seen_s: function.last_seen_ms.div_euclid(1_000),
            }
        })
    }
}

/// The day of UTC, since 1970-01-01.
fn day(at: UnixNano) -> u16 {
    u16::try_from(at.as_secs() / 86_400).unwrap_or(u16::MAX)
}

/// Days from the first recorded one to now.
fn window_days(usage: &HashMap<String, Vec<Usage>>, now: UnixNano) -> HashMap<String, u32> {
    let days = |rows: &Vec<Usage>| {
        let first = rows
            .iter()
            .map(|row| i64::from(row.from_s))
            .min()
            .unwrap_or(now.as_secs());
        u32::try_from((now.as_secs() - first) / 86_400 + 1)
            .unwrap_or(1)
            .clamp(1, WINDOW_DAYS)
    };
    usage
        .iter()
        .map(|(id, rows)| (id.clone(), days(rows)))
        .collect()
}

/// All hours of the week that came since a function's first recorded day, the quiet ones with nothing.
fn hours(
    week: &[WeekHour],
    usage: &HashMap<String, Vec<Usage>>,
    now: UnixNano,
) -> HashMap<String, Vec<Hour>> {
    let mut out: HashMap<String, Vec<Hour>> = HashMap::new();
    let window_s = i64::from(WINDOW_DAYS) * 86_400;
    for (id, rows) in usage {
        let first = rows
            .iter()
            .map(|row| i64::from(row.from_s))
            .min()
            .unwrap_or(now.as_secs());
        let first_hour = first.max(now.as_secs() - window_s).div_euclid(HOUR_S);
        let mut hours: Vec<Hour> = (0..168)
            .map(|hour_of_week| Hour {
                hour_of_week,
                ..Hour::default()
            })
            .collect();
        for hour in first_hour..=now.as_secs().div_euclid(HOUR_S) {
            // The epoch began on a Thursday at 00:00.
            let place = usize::try_from((hour + 72).rem_euclid(168)).unwrap_or(0);
            hours[place].times += 1;
        }
        out.insert(id.clone(), hours);
    }
    for row in week {
        let hours = out.get_mut(&row.function_id);
        if let Some(hour) = hours.and_then(|h| h.get_mut(usize::from(row.hour_of_week))) {
            hour.invocations += row.invocations;
            hour.billed_ms += row.billed_ms;
            hour.cold_starts += row.cold_starts;
        }
    }
    out
}

/// Time limits as configured, and how many sandboxes the running month's standing charges are for.
fn configured(
    books: &Books,
    usage: &HashMap<String, Vec<Usage>>,
    ids: &[String],
    now: UnixNano,
) -> HashMap<String, Configured> {
    let month = Month::running(now.as_millis());
    let standing = bill(books, &[], month.period(now.as_secs()));
    let elapsed_s = (now.as_secs() - month.first_s()).max(1);
    let kept = |id: &str| -> u32 {
        let memory_mb = usage
            .get(id)
            .and_then(|rows| rows.last())
            .map_or(1_024, |u| u.memory_mb);
        let lines = standing.payers.iter().flat_map(|payer| &payer.lines);
        let gb_s: f64 = lines
            .filter(|line| line.function_id == id && line.price.entry.contains("provisioned"))
            .filter_map(|line| line.quantity.to_plain_string().parse::<f64>().ok())
            .sum();
        let one = f64::from(memory_mb.max(1)) / 1_024.0 * elapsed_s as f64;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let kept = (gb_s / one).round() as u32;
        kept
    };
    let of = |id: &String| Configured {
        timeout_ms: u64::from(books.terms_of(id).timeout_ms),
        provisioned: kept(id),
    };
    ids.iter().map(|id| (id.clone(), of(id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, books, lambda_usage};

    #[test]
    fn quiet_hours_count_as_hours_and_hours_before_the_first_day_do_not() {
        let first = u32::try_from(NOW.as_secs() - 14 * 86_400).expect("a second") / 86_400 * 86_400;
        let row = Usage {
            from_s: first,
            ..lambda_usage("checkout", 100, 100, 512)
        };
        let id = row.function_id.clone();
        let usage = HashMap::from([(id.clone(), vec![row])]);
        let week = [WeekHour {
            function_id: id.clone(),
            hour_of_week: 9,
            invocations: 100,
            billed_ms: 10_000,
            cold_starts: 1,
        }];
        let found = &hours(&week, &usage, NOW)[&id];
        assert_eq!(found.len(), 168);
        assert!(
            found.iter().all(|h| (2..=3).contains(&h.times)),
            "{found:?}"
        );
        assert_eq!((found[9].invocations, found[10].invocations), (100, 0));
        assert_eq!(window_days(&usage, NOW)[&id], 15);
    }

    #[test]
    fn nothing_configured_is_nothing_kept() {
        let found = configured(&books(), &HashMap::new(), &["aws:1:eu:f".to_owned()], NOW);
        assert_eq!(found["aws:1:eu:f"], Configured::default());
    }
}

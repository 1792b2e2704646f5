//! How long each signal is kept. Whole partitions are dropped: days, and months of
//! `usage_1d`, `usage_1mo`, `slo_hours` and `incident_events`.
//!
//! Not a TTL of the tables: a TTL drops by the data's own time alone, so a backfill of last year's spans
//! would be acknowledged and gone at once. A day is dropped when it is old enough *and* nothing was
//! written to it lately, so what was sent late can be looked at before it goes.

use clickhouse::Row;
use serde::Deserialize;

use crate::model::UnixNano;
use crate::{Store, StoreError};

/// Days to keep each kind of data.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Spans. Default 30.
    pub traces_days: u32,
    /// Log records. Default 30.
    pub logs_days: u32,
    /// Metric points. Default 60.
    pub metrics_days: u32,
    /// Facts about single invocations. Default 90.
    pub invocations_days: u32,
    /// Minute rollups of invocations, what SLOs measure, and what happened to incidents. Default 400.
    pub rollups_days: u32,
    /// What functions used, by hour and by day of the bill. Default 800: two years and a quarter.
    pub usage_days: u32,
    /// Alerts, why somebody was told of them or not, and attempts to tell. Default 90.
    pub alerts_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            traces_days: 30,
            logs_days: 30,
            metrics_days: 60,
            invocations_days: 90,
            rollups_days: 400,
            usage_days: 800,
            alerts_days: 90,
        }
    }
}

/// Longest time data may be kept, days: ten years.
const DAYS_MAX: u32 = 3_660;
/// A day that was written to within this time is kept, however old it is, s.
const WRITTEN_LATELY_S: i64 = 2 * 86_400;

impl Retention {
    /// Checks every figure.
    ///
    /// # Errors
    /// The key that is out of range, and the range.
    pub fn validate(&self) -> Result<(), String> {
        let figures = [
            ("traces_days", self.traces_days),
            ("logs_days", self.logs_days),
            ("metrics_days", self.metrics_days),
            ("invocations_days", self.invocations_days),
            ("rollups_days", self.rollups_days),
            ("usage_days", self.usage_days),
            ("alerts_days", self.alerts_days),
        ];
        for (key, days) in figures {
            if !(1..=DAYS_MAX).contains(&days) {
                return Err(format!(
                    "retention.{key} is {days}; it must be 1 to {DAYS_MAX} days"
                ));
            }
        }
        Ok(())
    }

    fn days_of(&self, table: &str) -> Option<u32> {
        match table {
            "otel_traces" | "otel_traces_trace_id_ts" => Some(self.traces_days),
            "otel_logs" => Some(self.logs_days),
            "invocation_facts" => Some(self.invocations_days),
            "invocations_1m" | "slo_minutes" | "slo_hours" | "incident_events" => {
                Some(self.rollups_days)
            }
            "alerts_seen" | "alerts_looks" | "alerts_attempts" => Some(self.alerts_days),
            "usage_1h" | "usage_1d" | "usage_1mo" => Some(self.usage_days),
            _ => table
                .starts_with("otel_metrics_")
                .then_some(self.metrics_days),
        }
    }

    /// Drops every day that is over; returns what was dropped. Safe to call at any time.
    ///
    /// # Errors
    /// [`StoreError::Query`]; days dropped before it stay dropped.
    pub async fn sweep(&self, store: &Store, now: UnixNano) -> Result<Vec<Day>, StoreError> {
        let days = days(store).await?;
        let over: Vec<Day> = days
            .into_iter()
            .filter(|day| self.is_over(day, now))
            .collect();
        for day in &over {
            // Both names are ClickHouse's own words about our tables, never a user's.
            let sql = format!("ALTER TABLE {} DROP PARTITION ID '{}'", day.table, day.id);
            let deed = format!("dropping day {} of {}", day.id, day.table);
            store.execute(&deed, &sql).await?;
        }
        Ok(over)
    }

    fn is_over(&self, day: &Day, now: UnixNano) -> bool {
        let Some(keep) = self.days_of(&day.table) else {
            return false;
        };
        let age_days = now.day() - i64::from(day.number);
        let quiet_s = now.as_secs() - i64::from(day.written_s);
        age_days > i64::from(keep) && quiet_s > WRITTEN_LATELY_S
    }
}

/// One partition of one table: a day, or a month, which is over with its last day.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Row)]
pub struct Day {
    /// Table.
    pub table: String,
    /// Partition, `20261123` or `202611`.
    pub id: String,
    /// Days since the epoch, of its last day.
    pub number: u16,
    /// When the youngest part was written, s since the epoch. Merges count, too.
    pub written_s: u32,
}

async fn days(store: &Store) -> Result<Vec<Day>, StoreError> {
    let sql = "\
SELECT table, partition_id AS id,
       toUInt16(if(length(id) = 8, YYYYMMDDToDate(toUInt32(id)),
                   toLastDayOfMonth(YYYYMMDDToDate(toUInt32(id) * 100 + 1)))) AS number,
       toUnixTimestamp(max(modification_time)) AS written_s
FROM system.parts
WHERE database = currentDatabase() AND active AND match(partition_id, '^[0-9]{6}([0-9]{2})?$')
GROUP BY table, partition_id
ORDER BY table, id";
    store
        .query(sql)
        .fetch_all::<Day>()
        .await
        .map_err(StoreError::query("listing the days kept"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_of_no_days_is_refused_by_name() {
        let retention = Retention {
            logs_days: 0,
            ..Retention::default()
        };
        assert!(
            retention
                .validate()
                .expect_err("refused")
                .contains("retention.logs_days")
        );
    }

    #[test]
    fn a_day_goes_when_it_is_old_and_quiet_and_only_then() {
        let now = UnixNano::from_secs(20_000 * 86_400 + 5);
        let day = |table: &str, number: u16, quiet_days: u32| Day {
            table: table.to_owned(),
            id: String::new(),
            number,
            written_s: (20_000 - quiet_days) * 86_400,
        };
        let retention = Retention::default();
        assert!(retention.is_over(&day("otel_logs", 19_969, 3), now));
        assert!(
            !retention.is_over(&day("otel_logs", 19_970, 3), now),
            "not older than 30 days"
        );
        assert!(
            !retention.is_over(&day("otel_logs", 100, 1), now),
            "written to yesterday"
        );
        assert!(
            !retention.is_over(&day("otel_metrics_sum", 19_969, 3), now),
            "kept for 60 days"
        );
        assert!(
            !retention.is_over(&day("deploys", 100, 3), now),
            "kept for good"
        );
    }
}

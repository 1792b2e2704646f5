//! How long each signal is kept: a TTL per table, changed when the configuration changes.

use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError};

/// Days to keep each kind of data; whole partitions are dropped when all of their rows are older.
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
    /// Minute rollups of invocations. Default 400.
    pub rollups_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            traces_days: 30,
            logs_days: 30,
            metrics_days: 60,
            invocations_days: 90,
            rollups_days: 400,
        }
    }
}

/// Longest time data may be kept, days: ten years.
const DAYS_MAX: u32 = 3_660;

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

    fn tables(&self) -> [(&'static str, &'static str, u32); 10] {
        [
            ("otel_traces", "toDateTime(Timestamp)", self.traces_days),
            ("otel_traces_trace_id_ts", "Start", self.traces_days),
            ("otel_logs", "toDateTime(Timestamp)", self.logs_days),
            (
                "otel_metrics_gauge",
                "toDateTime(TimeUnix)",
                self.metrics_days,
            ),
            (
                "otel_metrics_sum",
                "toDateTime(TimeUnix)",
                self.metrics_days,
            ),
            (
                "otel_metrics_histogram",
                "toDateTime(TimeUnix)",
                self.metrics_days,
            ),
            (
                "otel_metrics_exp_histogram",
                "toDateTime(TimeUnix)",
                self.metrics_days,
            ),
            (
                "otel_metrics_summary",
                "toDateTime(TimeUnix)",
                self.metrics_days,
            ),
            ("invocation_facts", "toDateTime(day)", self.invocations_days),
            ("invocations_1m", "minute", self.rollups_days),
        ]
    }

    /// Sets the TTL of every table that has another one; returns the tables changed.
    ///
    /// # Errors
    /// [`StoreError::Query`]; tables already changed stay changed.
    pub async fn apply(&self, store: &Store) -> Result<Vec<&'static str>, StoreError> {
        let current = current(store).await?;
        let mut changed = Vec::new();
        for (table, time, days) in self.tables() {
            let interval = format!("toIntervalDay({days})");
            let as_is = current
                .iter()
                .any(|t| t.name == table && t.engine.contains(&interval));
            if as_is {
                continue;
            }
            // Old partitions are dropped whole, so there is nothing to rewrite in those that stay.
            let sql = format!(
                "ALTER TABLE {table} MODIFY TTL {time} + {interval} \
                 SETTINGS materialize_ttl_after_modify = 0"
            );
            store
                .execute(&format!("setting the retention of {table}"), &sql)
                .await?;
            changed.push(table);
        }
        Ok(changed)
    }
}

#[derive(Row, Deserialize)]
struct Table {
    name: String,
    engine: String,
}

async fn current(store: &Store) -> Result<Vec<Table>, StoreError> {
    store
        .query("SELECT name, engine_full AS engine FROM system.tables WHERE database = currentDatabase()")
        .fetch_all::<Table>()
        .await
        .map_err(StoreError::query("reading the retention of the tables"))
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
}

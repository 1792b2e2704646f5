//! Brings a database to the schema this version needs: numbered steps, forward only.
//!
//! Each step is one statement that may be run again (`IF NOT EXISTS`), so a migration cut off in the
//! middle is finished by the next start. A step's bytes never change once released; the ledger table
//! keeps their hash and refuses a database made by other bytes.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{Store, StoreError};

/// One statement of one migration.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// `NNNN_name/NN_step`, the order of application.
    pub name: &'static str,
    /// The statement.
    pub sql: &'static str,
}

macro_rules! steps {
    ($($name:literal),* $(,)?) => {
        [$(Step { name: $name, sql: include_str!(concat!("../migrations/", $name, ".sql")) }),*]
    };
}

/// All steps this version knows, in order.
pub const STEPS: &[Step] = &steps![
    "0001_otel_tables/01_otel_traces",
    "0001_otel_tables/02_otel_traces_trace_id_ts",
    "0001_otel_tables/03_otel_traces_trace_id_ts_mv",
    "0001_otel_tables/04_otel_logs",
    "0001_otel_tables/05_otel_metrics_gauge",
    "0001_otel_tables/06_otel_metrics_sum",
    "0001_otel_tables/07_otel_metrics_histogram",
    "0001_otel_tables/08_otel_metrics_exp_histogram",
    "0001_otel_tables/09_otel_metrics_summary",
    "0001_otel_tables/10_otel_metrics_exponential_histogram",
    "0002_invocations/01_invocation_facts",
    "0002_invocations/02_invocations",
    "0002_invocations/03_invocations_1m",
    "0002_invocations/04_functions",
    "0002_invocations/05_deploys",
    "0003_insert_ids/01_drop_trace_id_ts_mv",
    "0003_insert_ids/02_otel_traces",
    "0003_insert_ids/03_otel_logs",
    "0003_insert_ids/04_otel_metrics_gauge",
    "0003_insert_ids/05_otel_metrics_sum",
    "0003_insert_ids/06_otel_metrics_histogram",
    "0003_insert_ids/07_otel_metrics_exp_histogram",
    "0003_insert_ids/08_otel_metrics_summary",
    "0003_insert_ids/09_otel_metrics_exponential_histogram",
    "0004_durable_parts/01_otel_traces",
    "0004_durable_parts/02_otel_traces_trace_id_ts",
    "0004_durable_parts/03_otel_logs",
    "0004_durable_parts/04_otel_metrics_gauge",
    "0004_durable_parts/05_otel_metrics_sum",
    "0004_durable_parts/06_otel_metrics_histogram",
    "0004_durable_parts/07_otel_metrics_exp_histogram",
    "0004_durable_parts/08_otel_metrics_summary",
    "0004_durable_parts/09_invocation_facts",
    "0004_durable_parts/10_functions",
    "0005_invocation_figures/01_invocation_facts",
    "0005_invocation_figures/02_invocations",
    "0005_invocation_figures/03_otel_traces",
    "0005_invocation_figures/04_invocation_facts",
    "0006_usage/01_usage_1h",
    "0006_usage/02_usage_1d",
    "0006_usage/03_rollup_marks",
    "0006_usage/04_function_tags",
    "0006_usage/05_invocation_facts",
    "0006_usage/06_usage_1mo",
    "0007_findings/01_findings",
    "0007_findings/02_finding_feedback",
    "0007_findings/03_detector_states",
    "0008_deploys/01_deploy_tellings",
    "0008_deploys/02_drop_deploys",
    "0008_deploys/03_deploys",
    "0009_minutes/01_invocations_1m",
    "0010_slos/01_slo_objects",
    "0010_slos/02_slo_minutes",
    "0010_slos/03_slo_hours",
    "0011_alerts/01_alerts_seen",
    "0011_alerts/02_alerts_looks",
    "0011_alerts/03_alerts_attempts",
    "0011_alerts/04_alerts_configs",
    "0012_incidents/01_incident_events",
    "0012_incidents/02_incidents",
    "0013_threats/01_otel_traces_inserted_at",
    "0013_threats/02_otel_traces_old_rows",
    "0013_threats/03_otel_traces_new_rows",
    "0013_threats/04_otel_logs_inserted_at",
    "0013_threats/05_otel_logs_old_rows",
    "0013_threats/06_otel_logs_new_rows",
];

const LEDGER: &str = "\
CREATE TABLE IF NOT EXISTS schema_migrations
(
    name       String,
    sha256     String,
    applied_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY name";

#[derive(clickhouse::Row, Deserialize)]
struct Applied {
    name: String,
    sha256: String,
}

/// The steps the database still lacks. Creates nothing; an absent database lacks all.
///
/// # Errors
/// [`StoreError::MigrationChanged`] when an applied step's bytes differ from ours,
/// [`StoreError::Query`] when ClickHouse does not answer.
pub async fn pending(store: &Store) -> Result<Vec<Step>, StoreError> {
    let applied = if ledger_exists(store).await? {
        ledger(store).await?
    } else {
        Vec::new()
    };
    let mut missing = Vec::new();
    for step in STEPS {
        match applied.iter().find(|row| row.name == step.name) {
            None => missing.push(*step),
            Some(row) if row.sha256 == hash(step.sql) => {}
            Some(_) => {
                return Err(StoreError::MigrationChanged {
                    name: step.name.to_owned(),
                });
            }
        }
    }
    Ok(missing)
}

/// Creates the database if needed and applies every pending step; returns those applied.
///
/// # Errors
/// As [`pending`]; on an error the steps before it stay applied and the next call goes on from there.
pub async fn migrate(store: &Store) -> Result<Vec<Step>, StoreError> {
    store.create_database().await?;
    store
        .execute("creating the ledger of migrations", LEDGER)
        .await?;
    let steps = pending(store).await?;
    for step in &steps {
        store
            .execute(&format!("applying migration {}", step.name), step.sql)
            .await?;
        store
            .query("INSERT INTO schema_migrations (name, sha256) VALUES ({name:String}, {hash:String})")
            .param("name", step.name)
            .param("hash", hash(step.sql))
            .execute()
            .await
            .map_err(StoreError::query(format!("noting migration {}", step.name)))?;
    }
    Ok(steps)
}

async fn ledger_exists(store: &Store) -> Result<bool, StoreError> {
    store.exists("schema_migrations").await
}

async fn ledger(store: &Store) -> Result<Vec<Applied>, StoreError> {
    store
        .query("SELECT name, sha256 FROM schema_migrations FINAL ORDER BY name")
        .fetch_all::<Applied>()
        .await
        .map_err(StoreError::query("reading the ledger of migrations"))
}

fn hash(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_in_migrations_is_a_step_and_holds_one_repeatable_statement() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut found = Vec::new();
        for folder in std::fs::read_dir(&root).expect("migrations") {
            let folder = folder.expect("readable").path();
            for file in std::fs::read_dir(&folder).expect("folder") {
                let path = file.expect("readable").path().with_extension("");
                let name = path
                    .strip_prefix(&root)
                    .expect("inside")
                    .display()
                    .to_string();
                found.push(name);
            }
        }
        found.sort();
        assert_eq!(found, STEPS.iter().map(|s| s.name).collect::<Vec<_>>());
        for step in STEPS {
            assert!(
                !step.sql.contains(';'),
                "{}: one statement, no semicolon",
                step.name
            );
            let repeatable = [
                "IF NOT EXISTS",
                "IF EXISTS",
                "OR REPLACE",
                "MODIFY SETTING",
                "MATERIALIZE COLUMN",
            ];
            assert!(
                repeatable.iter().any(|words| step.sql.contains(words)),
                "{}: must be repeatable",
                step.name
            );
        }
    }
}

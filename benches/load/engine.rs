//! The ClickHouse every candidate writes to: the embedded engine, started anew on a folder of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use store::Store;
use store::engine::{Engine, EngineOptions, LIBRARY_NAME, VERSION};

/// The tables as the OpenTelemetry ClickHouse exporter makes them, for candidates that are not ours.
const EXPORTER_TABLES: &str = include_str!("exporter.sql");

/// Between two looks at a table: a look costs ClickHouse a millisecond or two.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Longest anything may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running ClickHouse.
pub struct Server {
    engine: Engine,
    folder: PathBuf,
}

impl Server {
    /// Starts it.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("nephoscope-bench-{}", std::process::id()));
        let home = std::env::var_os("HOME").context("HOME is not set")?;
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map_or_else(|| Path::new(&home).join(".cache"), PathBuf::from);
        let library = cache
            .join("nephoscope/engine")
            .join(VERSION)
            .join(LIBRARY_NAME);
        let options = EngineOptions {
            data: folder.clone(),
            library_search: vec![library],
            http_port: 0,
            child_command: vec![
                env!("CARGO_BIN_EXE_nephoscope").into(),
                "engine-child".into(),
            ],
            memory_limit_bytes: None,
        };
        let engine = Engine::start(&options).await?;
        Ok(Self { engine, folder })
    }

    /// Its address, with user and password.
    pub fn url(&self) -> &str {
        self.engine.url()
    }

    /// Its process.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.engine.pid().context("the engine ended")
    }

    /// A folder for what a candidate keeps on disk.
    pub fn scratch(&self) -> PathBuf {
        self.folder.join("candidate")
    }

    fn store(&self) -> anyhow::Result<Store> {
        Ok(Store::new(self.url())?)
    }

    /// Makes the exporter's tables.
    pub async fn make_exporter_tables(&self) -> anyhow::Result<()> {
        let store = self.store()?;
        store.create_database().await?;
        for statement in EXPORTER_TABLES.split(";\n").map(str::trim) {
            if !statement.is_empty() {
                store.execute("making a table", statement).await?;
            }
        }
        Ok(())
    }

    /// Puts tables that keep nothing in the place of those that are there.
    pub async fn forget(&self, tables: &[&str]) -> anyhow::Result<()> {
        let store = self.store()?;
        for table in tables {
            let make = format!("CREATE TABLE {table}_null AS {table} ENGINE = Null");
            store.execute("making a table", &make).await?;
            let exchange = format!("EXCHANGE TABLES {table} AND {table}_null");
            store.execute("exchanging tables", &exchange).await?;
        }
        Ok(())
    }

    async fn number(&self, sql: &str) -> anyhow::Result<u64> {
        Ok(self.store()?.query(sql).fetch_one::<u64>().await?)
    }

    /// Waits until a table holds exactly so many rows; says so when it holds more.
    pub async fn wait_for_rows(&self, table: &str, count: u64) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            let stored = self.number(&format!("SELECT count() FROM {table}")).await?;
            if stored >= count {
                if stored > count {
                    eprintln!("{stored} rows in {table}, {count} were sent");
                }
                return Ok(());
            }
            anyhow::ensure!(
                begin.elapsed() < PATIENCE,
                "{stored} of {count} rows are in {table}"
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until nothing is being merged.
    pub async fn wait_for_merges(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        let mut quiet = 0;
        while quiet < 3 && begin.elapsed() < PATIENCE {
            let merges = self.number("SELECT count() FROM system.merges").await?;
            quiet = if merges == 0 { quiet + 1 } else { 0 };
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Bytes on disk of a table.
    pub async fn bytes(&self, table: &str) -> anyhow::Result<u64> {
        let sql = format!(
            "SELECT sum(bytes_on_disk) FROM system.parts \
             WHERE database = 'otel' AND table = '{table}' AND active"
        );
        self.number(&sql).await
    }

    /// What ClickHouse counted, for `--events`: the largest first.
    pub async fn events(&self) -> anyhow::Result<Vec<(String, u64)>> {
        let _ = self.store()?.execute("flush", "SYSTEM FLUSH LOGS").await;
        let sql = "SELECT concat(toString(count()), ' ', toString(sum(ProfileEvents['SystemTimeMicroseconds'])), ' ', query_kind, ' ', substring(replaceAll(any(query), '\\n', ' '), 1, 110)) AS k, toUInt64(sum(ProfileEvents['OSCPUVirtualTimeMicroseconds'])) AS v FROM system.query_log WHERE type > 1 GROUP BY query_kind, substring(query,1,40) ORDER BY v DESC LIMIT 14 UNION ALL SELECT concat('parts ', toString(count()), ' ', toString(sum(rows)), ' ', toString(event_type), ' ', table, ' ', toString(any(part_type)),' ', toString(sum(ProfileEvents['SystemTimeMicroseconds']))) AS k, toUInt64(sum(ProfileEvents['OSCPUVirtualTimeMicroseconds'])) AS v FROM system.part_log GROUP BY event_type, table ORDER BY v DESC LIMIT 14";
        Ok(self.store()?.query(sql).fetch_all().await?)
    }

    /// Ends it and removes its folder.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.engine.stop().await;
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }
}

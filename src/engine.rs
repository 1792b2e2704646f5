//! Which ClickHouse: the one that is named, else the embedded engine.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use store::Store;
use store::engine::{Engine, EngineOptions, VERSION};

use crate::config::Config;

/// How long a named server may take to come up; compose files start everything at once.
const SERVER_PATIENCE: Duration = Duration::from_secs(60);

/// A store and, when it is ours, the engine behind it.
pub struct Database {
    pub store: Store,
    pub engine: Option<Engine>,
}

/// Connects to the named server, or starts the embedded engine.
pub async fn open(config: &Config) -> anyhow::Result<Database> {
    if let Some(url) = config.clickhouse_url()? {
        let store = Store::new(&url)?;
        wait_for(&store).await?;
        return Ok(Database {
            store,
            engine: None,
        });
    }
    let engine = Engine::start(&options(config)?).await?;
    let store = Store::new(engine.url())?;
    Ok(Database {
        store,
        engine: Some(engine),
    })
}

async fn wait_for(store: &Store) -> anyhow::Result<()> {
    let begin = tokio::time::Instant::now();
    loop {
        match store.ping_server().await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_transient() && begin.elapsed() < SERVER_PATIENCE => {
                tracing::warn!(%error, "ClickHouse does not answer yet; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error).context("connecting to ClickHouse"),
        }
    }
}

fn options(config: &Config) -> anyhow::Result<EngineOptions> {
    let this = std::env::current_exe().context("finding this program's own path")?;
    Ok(EngineOptions {
        data: config.data_folder(),
        library_search: library_search(config.engine.library.clone(), &this),
        http_port: config.engine.http_port,
        child_command: vec![this, PathBuf::from("engine-child")],
        memory_limit_bytes: config.engine.memory_limit_mb.map(|mb| mb << 20),
    })
}

/// The named place alone, or: the cache `make engine` fills, beside this program, the system's.
fn library_search(named: Option<PathBuf>, this: &std::path::Path) -> Vec<PathBuf> {
    if let Some(path) = named {
        return vec![path];
    }
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let cache = from("NEPHOSCOPE_ENGINE_DIR").or_else(|| {
        let base = from("XDG_CACHE_HOME").or_else(|| from("HOME").map(|home| home.join(".cache")));
        base.map(|base| base.join("nephoscope/engine"))
    });
    let beside = this
        .parent()
        .map(|folder| folder.join(store::engine::LIBRARY_NAME));
    let system = PathBuf::from("/usr/lib/nephoscope").join(store::engine::LIBRARY_NAME);
    let cached = cache.map(|c| c.join(VERSION).join(store::engine::LIBRARY_NAME));
    [cached, beside, Some(system)]
        .into_iter()
        .flatten()
        .collect()
}

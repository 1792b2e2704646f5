//! The parent's side: start the child, watch it, restart it, stop it.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::files::{self, Prepared, USER};
use super::{EngineError, EngineOptions, library, lock};
use crate::Store;

/// Loading a large data folder takes a while; longer than this is a fault.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// A clean shutdown flushes and unloads; longer than this it is killed. Nothing committed is lost then.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(5);
const RESTART_DELAY_MIN: Duration = Duration::from_millis(50);
const RESTART_DELAY_MAX: Duration = Duration::from_secs(5);
/// An engine that ran this long had started well: the next restart need not wait.
const STABLE_AFTER: Duration = Duration::from_secs(30);

/// A running embedded engine, restarted when it dies, until [`Engine::stop`].
pub struct Engine {
    url: String,
    pid: watch::Receiver<Option<u32>>,
    stop: oneshot::Sender<()>,
    watcher: JoinHandle<()>,
}

impl Engine {
    /// Starts the engine and waits until it answers.
    ///
    /// # Errors
    /// [`EngineError`] when the library is missing, the folder is unusable, or the engine does not come up.
    pub async fn start(options: &EngineOptions) -> Result<Self, EngineError> {
        let launch = Launch::new(options)?;
        let store = Store::new(&launch.url)?;
        let child = launch.spawn_ready(&store).await?;
        let (pid_sender, pid) = watch::channel(child.id());
        let (stop, stopped) = oneshot::channel();
        let url = launch.url.clone();
        let watcher = tokio::spawn(watch_child(launch, store, child, pid_sender, stopped));
        Ok(Self {
            url,
            pid,
            stop,
            watcher,
        })
    }

    /// Address with user and password, as `--clickhouse-url` takes it; its database is `otel`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Process id of the child while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Shuts the engine down cleanly and waits for its end.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.watcher.await {
            tracing::error!(%error, "the engine's watcher failed");
        }
    }
}

/// All that is needed to start the child, any number of times.
struct Launch {
    prepared: Prepared,
    library: PathBuf,
    command: Vec<PathBuf>,
    url: String,
}

impl Launch {
    fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        let library = library::find(&options.library_search)?;
        let prepared = files::prepare(options)?;
        let url = format!(
            "http://{USER}:{}@127.0.0.1:{}/otel",
            prepared.password, prepared.http_port
        );
        Ok(Self {
            prepared,
            library,
            command: options.child_command.clone(),
            url,
        })
    }

    fn spawn(&self) -> Result<Child, EngineError> {
        let log_path = &self.prepared.log;
        let log = File::create(log_path).map_err(EngineError::file("creating", log_path))?;
        let log_again = log
            .try_clone()
            .map_err(EngineError::file("opening", log_path))?;
        let (program, leading) = self
            .command
            .split_first()
            .ok_or_else(|| EngineError::Spawn {
                source: std::io::Error::other("no command to run it with"),
            })?;
        Command::new(program)
            .args(leading)
            .arg("--library")
            .arg(&self.library)
            .arg("--engine-config")
            .arg(&self.prepared.config)
            .arg("--path")
            .arg(self.prepared.folder.join("data"))
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(log_again)
            // Ctrl-C goes to the whole group; the engine must outlive the collector's last insert.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| EngineError::Spawn { source })
    }

    async fn spawn_ready(&self, store: &Store) -> Result<Child, EngineError> {
        let mut child = self.spawn()?;
        let begin = Instant::now();
        while !self.is_ready(&child, store).await {
            if let Ok(Some(status)) = child.try_wait() {
                let words = self.last_words();
                return Err(EngineError::EndedAtOnce {
                    status: status.to_string(),
                    words,
                });
            }
            if begin.elapsed() > START_PATIENCE {
                let seconds = START_PATIENCE.as_secs();
                return Err(EngineError::NoAnswer {
                    seconds,
                    log: self.prepared.log.clone(),
                });
            }
            sleep(POLL_INTERVAL).await;
        }
        Ok(child)
    }

    /// Whether it is this child that answers. An engine whose product was killed while it came up may have
    /// read our address from the file it shares with us, and answers before it ends; when our child has
    /// got the lock, that engine is gone.
    async fn is_ready(&self, child: &Child, store: &Store) -> bool {
        let is_ours = lock::last_holder(&self.prepared.folder) == child.id();
        // The `otel` database may not exist yet, so ask the server's default one.
        is_ours && store.ping_server().await.is_ok()
    }

    fn last_words(&self) -> String {
        let text = std::fs::read(&self.prepared.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[text.len().saturating_sub(1500)..]).into_owned();
        if text.trim().is_empty() {
            "none".to_owned()
        } else {
            text.trim().replace('\n', " | ")
        }
    }
}

async fn watch_child(
    launch: Launch,
    store: Store,
    mut child: Child,
    pid: watch::Sender<Option<u32>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut delay = RESTART_DELAY_MIN;
    loop {
        let started = Instant::now();
        // `wait` would close a pipe it finds in the child, and the engine would take that for its end.
        let pipe = child.stdin.take();
        tokio::select! {
            _ = &mut stopped => {
                drop(pipe);
                return stop_child(child).await;
            }
            status = child.wait() => {
                let status = status.map_or_else(|e| e.to_string(), |s| s.to_string());
                tracing::error!(%status, words = launch.last_words(), "the engine died; restarting it");
            }
        }
        pid.send_replace(None);
        if started.elapsed() > STABLE_AFTER {
            delay = RESTART_DELAY_MIN;
        }
        child = loop {
            tokio::select! {
                _ = &mut stopped => return,
                () = sleep(delay) => {}
            }
            delay = (delay * 2).min(RESTART_DELAY_MAX);
            let attempt = tokio::select! {
                _ = &mut stopped => return,
                attempt = launch.spawn_ready(&store) => attempt,
            };
            match attempt {
                Ok(child) => break child,
                Err(error) => tracing::error!(%error, "restarting the engine failed; trying again"),
            }
        };
        tracing::info!("the engine is back");
        pid.send_replace(child.id());
    }
}

/// Waits for the end of a child whose pipe is closed.
async fn stop_child(mut child: Child) {
    match timeout(STOP_PATIENCE, child.wait()).await {
        Ok(Ok(status)) => tracing::debug!(%status, "the engine ended"),
        Ok(Err(error)) => tracing::error!(%error, "waiting for the engine's end failed"),
        Err(_) => {
            tracing::error!("the engine did not end in time; killing it (nothing stored is lost)");
            if let Err(error) = child.kill().await {
                tracing::error!(%error, "killing the engine failed");
            }
        }
    }
}

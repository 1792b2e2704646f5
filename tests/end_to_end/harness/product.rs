//! A running `nephoscope serve` on a data folder and ports of its own.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use store::Store;
use store::engine::{Engine, EngineOptions, LIBRARY_NAME, VERSION};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::PATIENCE;

/// The product.
pub const BINARY: &str = env!("CARGO_BIN_EXE_nephoscope");
const SELF_METRICS: &str = "NEPHOSCOPE_COLLECTOR__SELF_METRICS_INTERVAL_MS";

/// A product under test. Dropping it kills it and removes its data.
pub struct Product {
    child: Child,
    /// What it writes to standard error.
    words: Option<JoinHandle<String>>,
    pub data: PathBuf,
    /// Whether dropping it leaves its data where it is.
    pub keeps_data: bool,
    pub grpc: String,
    pub http: String,
    pub dashboard: String,
}

impl Product {
    /// Starts with the embedded engine and the given further arguments; waits until it says it is ready.
    pub async fn start(arguments: &[&str]) -> Self {
        Self::start_on(new_folder(), arguments).await
    }

    /// As [`Product::start`], with the collector telling of itself every `interval_ms`. The others do
    /// not, so that what they count in the store is what they sent.
    pub async fn start_observed(interval_ms: u32) -> Self {
        Self::start_observed_on(new_folder(), interval_ms).await
    }

    /// The same, on a data folder that may hold data already.
    pub async fn start_observed_on(data: PathBuf, interval_ms: u32) -> Self {
        let mut product = Self::begin(data, &[], |command| {
            command.env(SELF_METRICS, interval_ms.to_string());
        });
        product.ready().await;
        product
    }

    /// As [`Product::start`], on a data folder that may hold data already.
    pub async fn start_on(data: PathBuf, arguments: &[&str]) -> Self {
        let mut product = Self::begin(data, arguments, |_| {});
        product.ready().await;
        product
    }

    /// Starts it and does not wait: its addresses are known after [`Product::ready`]. `adjust` may change
    /// anything about the command but its standard output.
    pub fn begin(data: PathBuf, arguments: &[&str], adjust: impl FnOnce(&mut Command)) -> Self {
        let mut command = command(&data, arguments);
        adjust(&mut command);
        let mut child = command.spawn().expect("the binary starts");
        // A pipe that nobody reads is full after 64 KiB, and then the product waits to write a line of
        // its log.
        let words = child
            .stderr
            .take()
            .map(|stderr| tokio::spawn(last_words(stderr)));
        Self {
            child,
            words,
            data,
            keeps_data: false,
            grpc: String::new(),
            http: String::new(),
            dashboard: String::new(),
        }
    }

    /// Waits until it says that it is ready.
    pub async fn ready(&mut self) {
        let stdout = self.child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        loop {
            let line = timeout(PATIENCE, lines.next_line())
                .await
                .expect("in time")
                .expect("read");
            let Some(line) = line else {
                panic!("ended early: {}", self.words().await)
            };
            let address = || line.split_whitespace().last().expect("address").to_owned();
            match line.trim_start() {
                l if l.starts_with("send  OTLP/gRPC") => self.grpc = address(),
                l if l.starts_with("send  OTLP/HTTP") => self.http = address(),
                l if l.starts_with("look") => {
                    self.dashboard = address().trim_end_matches('/').to_owned();
                }
                l if l.starts_with("connect a function") => return,
                l if l.starts_with("alert ") => {
                    self.dashboard = address();
                    return;
                }
                _ => {}
            }
        }
    }

    /// Runs to its end (a refusal); gives the exit status and what it wrote to standard error.
    pub async fn refusal(data: &Path, arguments: &[&str]) -> (i32, String) {
        let child = command(data, arguments).spawn().expect("the binary starts");
        let output = timeout(PATIENCE, child.wait_with_output())
            .await
            .expect("in time")
            .expect("ran");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), text)
    }

    async fn words(&mut self) -> String {
        let Some(words) = self.words.take() else {
            return String::new();
        };
        let words = timeout(PATIENCE, words).await;
        words.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// The store behind it.
    pub fn store(&self) -> Store {
        Store::new(&self.store_url()).expect("valid")
    }

    /// Its address, for another process.
    pub fn store_url(&self) -> String {
        let read = |name: &str| {
            std::fs::read_to_string(self.data.join("engine").join(name)).expect("written at start")
        };
        let config = read("config.xml");
        let port = config
            .split("<http_port>")
            .nth(1)
            .and_then(|t| t.split('<').next());
        let (port, password) = (port.expect("port"), read("password"));
        format!("http://nephoscope:{password}@127.0.0.1:{port}/otel")
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Process id of the product.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("running")).expect("small")
    }

    /// Process id of the engine it runs.
    pub fn engine_pid(&self) -> Option<i32> {
        let text = std::fs::read_to_string(self.data.join("engine/lock")).ok()?;
        text.trim()
            .parse()
            .ok()
            .filter(|pid| Path::new(&format!("/proc/{pid}")).exists())
    }

    /// SIGTERM, then waits for the end; gives the data folder back, kept, and the exit code.
    pub async fn stop(mut self) -> (PathBuf, Option<i32>) {
        signal(self.pid(), rustix::process::Signal::TERM);
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("in time")
            .expect("ended");
        (std::mem::take(&mut self.data), status.code())
    }

    /// SIGKILL, then waits for the end; gives the data folder back, kept.
    pub async fn kill(mut self) -> PathBuf {
        self.child.kill().await.expect("killed");
        std::mem::take(&mut self.data)
    }
}

/// The end of what it writes, until it ends.
async fn last_words(stderr: ChildStderr) -> String {
    const LINES_MAX: usize = 200;
    let mut lines = BufReader::new(stderr).lines();
    let mut last = VecDeque::new();
    while let Ok(Some(line)) = lines.next_line().await {
        last.push_back(line);
        if last.len() > LINES_MAX {
            last.pop_front();
        }
    }
    Vec::from(last).join("\n")
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        if !self.keeps_data && !self.data.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

/// Sends a signal to a process this test started.
pub fn signal(pid: i32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
    rustix::process::kill_process(pid, signal).expect("sent");
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("serve").arg("--data").arg(data);
    for listen in [
        "--otlp-grpc-listen",
        "--otlp-http-listen",
        "--dashboard-listen",
    ] {
        if !arguments.contains(&listen) {
            command.args([listen, "127.0.0.1:0"]);
        }
    }
    command
        .args(arguments)
        .env(SELF_METRICS, "0")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A folder that no other test uses.
pub fn new_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "nephoscope-test-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    std::env::temp_dir().join(name)
}

/// An engine of a test's own with the current schema: its folder, itself, and its store.
pub async fn migrated_engine() -> (PathBuf, Engine, Store) {
    let data = new_folder();
    let engine = Engine::start(&engine_options(&data))
        .await
        .expect("started");
    let store = Store::new(engine.url()).expect("valid");
    store::migrate::migrate(&store).await.expect("migrated");
    (data, engine, store)
}

/// Ends such an engine and removes its folder.
pub async fn end_engine(data: PathBuf, engine: Engine) {
    engine.stop().await;
    std::fs::remove_dir_all(data).expect("removed");
}

/// An engine of a test's own, without the rest of the product.
pub fn engine_options(data: &Path) -> EngineOptions {
    let cache = std::env::var_os("NEPHOSCOPE_ENGINE_DIR").map_or_else(
        || {
            let home = PathBuf::from(std::env::var_os("HOME").expect("a home"));
            let base =
                std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
            base.join("nephoscope/engine")
        },
        PathBuf::from,
    );
    EngineOptions {
        data: data.to_owned(),
        library_search: vec![cache.join(VERSION).join(LIBRARY_NAME)],
        http_port: 0,
        child_command: vec![BINARY.into(), "engine-child".into()],
        memory_limit_bytes: None,
    }
}

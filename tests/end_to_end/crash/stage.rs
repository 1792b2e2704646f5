//! The product that is made to suffer, and the hands that do it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal as Kill, kill_process};
use store::Store;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::book::Signal;
use super::disk::Disk;
use super::sender::Doors;
use super::spool::Spool;
use crate::harness::{Product, get, new_folder, wait_for};

/// Small budgets, so that limits are met within seconds: segments of 512 KiB, 4 MiB to a signal, and inserts
/// so often that a kill meets one.
const CONFIGURATION: &str = "\
collector:
  max_request_bytes: 1048576
  max_in_flight_bytes: 33554432
  batch: {max_delay_ms: 20}
  spool: {max_bytes: 12582912}
";

/// Ends the product and its engine when the test itself is killed, even an engine that is stopped.
const WATCHMAN: &str = "read -r _; kill -9 $(cat \"$1/lock\" \"$1/engine/lock\")";

/// How often each process was killed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kills {
    pub product: u32,
    pub engine: u32,
}

/// One data folder and what runs on it.
pub struct Stage {
    work: PathBuf,
    pub disk: Disk,
    pub kills: Kills,
    product: Option<Product>,
    doors: watch::Sender<Doors>,
    watchman: Child,
}

impl Stage {
    /// A product of its own, running.
    pub async fn open() -> Self {
        let work = new_folder();
        std::fs::create_dir_all(work.join("data")).expect("created");
        std::fs::write(work.join("nephoscope.yaml"), CONFIGURATION).expect("written");
        let mut stage = Self {
            disk: Disk::new(&work),
            kills: Kills::default(),
            product: None,
            doors: watch::channel(Doors::default()).0,
            watchman: watchman(&work.join("data")),
            work,
        };
        stage.start().await;
        stage
    }

    pub fn doors(&self) -> watch::Receiver<Doors> {
        self.doors.subscribe()
    }

    pub fn spool(&self, signal: Signal) -> Spool {
        Spool::new(&self.work.join("data/spool"), signal)
    }

    /// What the product wrote to its log, of all its lives.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.work.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How many bytes of a spool the product believes to be on disk.
    pub async fn spool_bytes_told(&self, signal: Signal) -> u64 {
        let product = self.product.as_ref().expect("it runs");
        let page = get(&format!("{}/metrics", product.dashboard)).await.text();
        let name = format!(
            "nephoscope_collector_spool_usage_bytes{{signal=\"{}\"}} ",
            signal.as_str()
        );
        let told = page.lines().find_map(|line| line.strip_prefix(&name));
        told.and_then(|told| told.parse().ok())
            .unwrap_or_else(|| panic!("{name} in {page}"))
    }

    pub fn store(&self) -> Store {
        self.product.as_ref().expect("it runs").store()
    }

    fn begin(&mut self) {
        let config = self.work.join("nephoscope.yaml").display().to_string();
        let data = self.work.join("data");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.work.join("log"))
            .expect("a log");
        let adjust = |command: &mut tokio::process::Command| {
            command.stderr(log);
            self.disk.put_under(command, &data.join("spool"));
        };
        let mut product = Product::begin(data.clone(), &["--config", &config], adjust);
        product.keeps_data = true;
        self.product = Some(product);
    }

    /// Starts it and waits until it takes requests.
    pub async fn start(&mut self) {
        self.begin();
        let product = self.product.as_mut().expect("just begun");
        product.ready().await;
        self.doors.send_replace(Doors {
            grpc: product.grpc.clone(),
            http: product.http.clone(),
        });
    }

    /// Starts it and kills it before or after it is ready.
    pub async fn start_and_kill(&mut self, after: Duration) {
        self.begin();
        sleep(after).await; // the moment is the point, not a state
        self.kill_product().await;
    }

    /// SIGKILL of the product; its engine notices and ends.
    pub async fn kill_product(&mut self) {
        let mut product = self.product.take().expect("it runs");
        assert!(
            !product.has_ended(),
            "the product ended by itself; its log: {}",
            self.tail()
        );
        self.kills.product += 1;
        product.kill().await;
    }

    /// SIGTERM of the product, which then ends in order.
    pub async fn stop_product(&mut self) {
        let product = self.product.take().expect("it runs");
        let (_, code) = product.stop().await;
        assert_eq!(code, Some(0), "a clean end; its log: {}", self.tail());
    }

    /// SIGKILL of the engine; whether there was one.
    pub fn kill_engine(&mut self) -> bool {
        let killed = self.signal_engine(Kill::KILL).is_some();
        self.kills.engine += u32::from(killed);
        killed
    }

    /// Sends a signal to the engine, if one runs; gives its process id.
    pub fn signal_engine(&self, signal: Kill) -> Option<i32> {
        let pid = engine_pid(&self.work.join("data"))?;
        kill_process(Pid::from_raw(pid)?, signal).ok()?;
        Some(pid)
    }

    /// Waits until the supervisor has started an engine.
    pub async fn engine_runs(&self) {
        let data = self.work.join("data");
        wait_for("an engine", async || engine_pid(&data)).await;
    }

    /// Waits until the store answers.
    pub async fn store_answers(&self) {
        let store = self.store();
        wait_for("an answer of the store", async || {
            let answer = timeout(Duration::from_secs(5), store.ping()).await;
            answer.ok()?.ok()
        })
        .await;
    }

    pub fn is_running(&self) -> bool {
        self.product.is_some()
    }

    /// Fails if the product ended though nobody killed it.
    pub fn check_alive(&mut self) {
        let ended = self.product.as_mut().is_none_or(Product::has_ended);
        assert!(
            !ended,
            "the product ended by itself; its log: {}",
            self.tail()
        );
    }

    fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Ends everything in order and removes it.
    pub async fn close(mut self) {
        self.stop_product().await;
        std::fs::remove_dir_all(&self.work).expect("removed");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.signal_engine(Kill::KILL);
        drop(self.product.take());
        let _ = self.watchman.kill();
        let _ = self.watchman.wait();
        if self.work.exists() {
            eprintln!("kept for a look: {}", self.work.display());
        }
    }
}

/// The engine that runs on a data folder. Its lock names it; that it is one guards against a process that
/// got the number of a dead one.
fn engine_pid(data: &Path) -> Option<i32> {
    let pid: i32 = std::fs::read_to_string(data.join("engine/lock"))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let place = data.join("engine").display().to_string();
    let command = String::from_utf8_lossy(&command);
    (command.contains("engine-child") && command.contains(&place)).then_some(pid)
}

fn watchman(data: &Path) -> Child {
    use std::os::unix::process::CommandExt;
    std::process::Command::new("sh")
        .args(["-c", WATCHMAN, "watchman"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0) // so that an interrupt of the test does not end it
        .spawn()
        .expect("a shell")
}

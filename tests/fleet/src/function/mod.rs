//! What a simulated function is: where it runs, how it is built, what it does and how it fails.

mod kinds;

use serde::{Deserialize, Deserializer, de::Error as _};

pub use self::kinds::{Arch, Deed, Encoding, Level, Platform, Report, Runtime, Trigger};
use crate::random::hash_text;
use crate::time::{self, Ns};

/// One thing a function does during an invocation; makes one span each time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What kind of thing.
    #[serde(rename = "do")]
    pub deed: Deed,
    /// The operation: an API action, a method and path, a SQL text, a name.
    #[serde(default)]
    pub what: String,
    /// Where: table, bucket, host, database, or the function called.
    #[serde(default)]
    pub on: String,
    /// Median duration in ms; for `call` and `queue` the network on top of the callee.
    pub ms: f64,
    /// Probability in 0..=1 that an invocation does this at all.
    #[serde(default = "one")]
    pub chance: f64,
    /// How often in a row, 1 or more.
    #[serde(default = "once")]
    pub times: u32,
    /// Probability that the deed fails.
    #[serde(default)]
    pub error_rate: f64,
    /// Probability that a failed deed fails the whole invocation instead of being handled.
    #[serde(default = "half")]
    pub fatal: f64,
}

/// One way in which a function's own code throws.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `exception.type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `exception.message`; `{order}` and the like are filled in.
    pub message: String,
}

/// A line the application logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Its severity.
    pub level: Level,
    /// Its text; `{order}` and the like are filled in.
    pub text: String,
    /// Probability in 0..=1 that an invocation logs it.
    #[serde(default = "one")]
    pub chance: f64,
}

/// Bursts of parallel requests on top of the steady arrivals, which is what causes cold starts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Mean time between two bursts.
    pub every: Length,
    /// Largest number of requests in one, 2 or more.
    pub size: u64,
}

/// A deploy planned inside the history, at a fixed part of it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedDeploy {
    /// Where in the history, 0..=1.
    pub at: f64,
    /// Factor on the cold start from then on.
    #[serde(default = "one")]
    pub init_factor: f64,
    /// Factor on the duration from then on.
    #[serde(default = "one")]
    pub duration_factor: f64,
}

/// A length of time written as text, `90s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub Ns);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        time::parse_length(&text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A function of the fleet, as the catalogue describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Its name, unique in the fleet.
    pub name: String,
    /// Where it runs.
    pub platform: Platform,
    /// AWS account, Azure subscription, GCP project, Cloudflare account or Kubernetes namespace.
    pub account: String,
    /// Region in the platform's own spelling.
    #[serde(default)]
    pub region: String,
    /// Azure function app (site), empty elsewhere.
    #[serde(default)]
    pub app: String,
    /// Language.
    pub runtime: Runtime,
    /// Configured memory in MiB.
    pub memory_mb: u32,
    /// Architecture.
    #[serde(default)]
    pub arch: Arch,
    /// What starts it.
    pub trigger: Trigger,
    /// Method and route of an HTTP function, `POST /checkout`.
    #[serde(default)]
    pub route: String,
    /// Number of the version in service when the history begins.
    #[serde(default = "once")]
    pub version: u32,
    /// Own arrivals per second, averaged over a day, not counting calls by other functions.
    #[serde(default)]
    pub rate: f64,
    /// Interval of a timer function, instead of a rate.
    #[serde(default)]
    pub every: Option<Length>,
    /// Bursts on top of the rate.
    #[serde(default)]
    pub burst: Option<Burst>,
    /// UTC hour of the daily peak, 0..24.
    #[serde(default = "evening")]
    pub peak_hour: f64,
    /// How far the day swings around its mean, 0 to 0.8: 0.55 makes the peak 2.8 times the trough.
    #[serde(default = "swing")]
    pub swing: f64,
    /// Traffic on Saturdays and Sundays relative to other days.
    #[serde(default = "one")]
    pub weekend: f64,
    /// Median own computing per invocation in ms, steps not counted.
    pub compute_ms: f64,
    /// Sigma of the logarithm of durations.
    #[serde(default = "spread")]
    pub spread: f64,
    /// Median cold start in ms; by runtime and memory when absent.
    #[serde(default)]
    pub init_ms: Option<f64>,
    /// Invocation timeout.
    pub timeout: Length,
    /// Probability that the function's own code throws.
    #[serde(default)]
    pub error_rate: f64,
    /// Probability that it hangs until the timeout.
    #[serde(default)]
    pub timeout_rate: f64,
    /// Probability that it runs out of memory.
    #[serde(default)]
    pub oom_rate: f64,
    /// Requests one instance serves at once.
    #[serde(default = "once")]
    pub concurrency: u32,
    /// Share of the memory a fresh instance uses, 0..1.
    #[serde(default = "half")]
    pub memory_used: f64,
    /// Deploys at fixed places of the history; random ones follow after the last.
    #[serde(default)]
    pub deploys: Vec<PlannedDeploy>,
    /// How much an ordinary deploy changes cold starts and durations (sigma of the logarithm).
    #[serde(default = "churn")]
    pub churn: f64,
    /// How AWS's own report is sent.
    #[serde(default)]
    pub report: Report,
    /// AWS: X-Ray active tracing (an XRAY part in REPORT lines, a parent that never arrives).
    #[serde(default)]
    pub xray: bool,
    /// Encoding of its exporter in mixed mode.
    #[serde(default)]
    pub encoding: Encoding,
    /// What it does, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What it logs.
    #[serde(default)]
    pub logs: Vec<LogLine>,
    /// How it throws.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// What fails of a function, and of each of its deeds, on a good day.
const CALM_ERROR_RATE: f64 = 0.0005;

impl Function {
    /// A stable 64-bit name for seeding; two functions of one name on two platforms differ.
    pub fn hash(&self) -> u64 {
        hash_text(&format!("{}/{}", self.platform.name(), self.name))
    }

    /// Median cold start in ms of a first version: slower with less memory (less CPU).
    pub fn median_init_ms(&self) -> f64 {
        let by_memory = (1_024.0 / f64::from(self.memory_mb.max(1)))
            .powf(0.35)
            .clamp(0.7, 2.2);
        self.init_ms
            .unwrap_or_else(|| self.runtime.init_ms() * by_memory)
    }

    /// The same function on a good day: hardly ever failing, without deploys that change anything.
    #[must_use]
    pub fn calm(mut self) -> Self {
        self.error_rate = self.error_rate.min(CALM_ERROR_RATE);
        (self.timeout_rate, self.oom_rate) = (0.0, 0.0);
        self.deploys.clear();
        self.churn = 0.0;
        for step in &mut self.steps {
            step.error_rate = step.error_rate.min(CALM_ERROR_RATE);
        }
        self
    }

    /// Method and path of the route; `POST` and `/` when it has none.
    pub fn method_and_path(&self) -> (&str, &str) {
        self.route.split_once(' ').unwrap_or(("POST", "/"))
    }
}

fn one() -> f64 {
    1.0
}
fn half() -> f64 {
    0.5
}
fn once() -> u32 {
    1
}
fn evening() -> f64 {
    18.0
}
fn swing() -> f64 {
    0.55
}
fn churn() -> f64 {
    0.03
}
fn spread() -> f64 {
    0.35
}

//! Time of a function that somebody else uses: pools of miners, and calls that all run to the limit.

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, S, Seen};
use super::event::Event;
use super::finding::{Claim, Mark, Severity, Subject};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};

/// Ports that pools listen on and hardly anybody else.
const PORTS: &[u16] = &[
    3333, 4444, 5555, 7777, 8333, 9999, 14433, 14444, 45560, 45700,
];
/// Names of pools and of what belongs to them.
const POOLS: &[&str] = &[
    "minexmr",
    "nanopool",
    "supportxmr",
    "moneroocean",
    "2miners",
    "nicehash",
    "f2pool",
    "ethermine",
    "minergate",
    "hashvault",
    "xmrpool",
    "monerohash",
    "unmineable",
    "herominers",
    "c3pool",
    "viabtc",
    "slushpool",
    "antpool",
    "xmrig",
    "dwarfpool",
    "monero",
    "stratum",
    "mining-pool",
    "miningpool",
    "xmr.",
];
/// Calls that make a plateau.
const PLATEAU_MIN: usize = 8;
/// How much they may differ, as a part of their length.
const PLATEAU_SPREAD: f64 = 0.04;
/// Shorter ones are work, not somebody else's.
const PLATEAU_MS_MIN: f64 = 10_000.0;
/// So many times the usual length.
const LONGER_FACTOR: f64 = 4.0;
/// Calls that "usual" is made of.
const USUAL_MIN: u32 = 20;
/// Share of a processor that work seldom takes for long.
const BUSY_CPU: f64 = 0.85;
const FUNCTIONS_MAX: usize = 2_000;
/// Within which long calls count together.
const WINDOW_NS: i64 = 900 * S;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Run {
    duration_ms: f64,
    failed: bool,
    cpu: Option<f64>,
    mark: Mark,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AtFunction {
    /// Calls that ran far longer than usual.
    runs: Recent<Run>,
    /// Lengths of calls that were not long: how many, mean, longest.
    usual: (u32, f64, f64),
    cpu: (u32, f64),
}

impl Ranked for AtFunction {
    fn suspicion(&self) -> u32 {
        self.usual.0
    }
    fn newest_ns(&self) -> i64 {
        self.runs.newest_ns()
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mining {
    functions: Table<AtFunction>,
}

impl Default for Mining {
    fn default() -> Self {
        Self {
            functions: Table::new(FUNCTIONS_MAX),
        }
    }
}

impl Detector for Mining {
    fn name(&self) -> &'static str {
        "mining"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        if let Some(claim) = pool(event) {
            context.claim(claim);
        }
        let Some(duration_ms) = event.raw.duration_ms.filter(|_| event.is_entry()) else {
            return;
        };
        let run = Run {
            duration_ms,
            failed: event.failed(),
            cpu: cpu(event, duration_ms),
            mark: Mark::of(event),
        };
        let at = self.functions.entry(&event.function);
        at.add(event.raw.time_ns, run);
        if context.is_fresh(&event.function) {
            return;
        }
        if let Some(claim) = at.plateau(event) {
            context.claim(claim);
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

/// A call to a pool.
fn pool(event: &Event) -> Option<Claim> {
    let to = event.outbound.as_ref()?;
    let named = POOLS.iter().find(|name| {
        let host = to.host.as_str();
        host.starts_with(*name)
            || host
                .split(['.', '-'])
                .any(|part| part == name.trim_end_matches('.'))
            || (name.len() > 6 && host.contains(*name))
    });
    let url = event.text(&["url.full", "http.url"]).unwrap_or_default();
    let stratum = url.starts_with("stratum") || to.service.contains("stratum");
    // A port alone is little: databases and debuggers listen on some of them, inside.
    let outside = to.host.contains('.') && !super::address::is_inner(&to.host);
    let port = PORTS.contains(&to.port) && outside && to.query.is_empty() && to.service.is_empty();
    if named.is_none() && !stratum && !port {
        return None;
    }
    let confidence = if named.is_some() || stratum {
        0.95
    } else {
        0.7
    };
    let severity = if confidence > 0.9 {
        Severity::High
    } else {
        Severity::Medium
    };
    let reason = match (named, stratum) {
        (Some(name), _) => format!("the host is a pool's: {name}"),
        (None, true) => "it speaks the language of pools".to_owned(),
        (None, false) => format!("port {} is one that pools listen on", to.port),
    };
    Some(
        Claim::new(
            &rules::MINING,
            Subject::function(&event.function),
            confidence,
        )
        .severity(severity)
        .event(event)
        .because(reason)
        .shows("server.address", &format!("{}:{}", to.host, to.port)),
    )
}

/// Share of a processor, if something says it.
fn cpu(event: &Event, duration_ms: f64) -> Option<f64> {
    let share = event.number(&[
        "process.cpu.utilization",
        "cpu.utilization",
        "faas.cpu.utilization",
        "container.cpu.utilization",
        "system.cpu.utilization",
        "cpu_utilization",
        "cpu_percent",
    ]);
    let share = share.map(|share| if share > 1.5 { share / 100.0 } else { share });
    let time_ms = event.number(&["cpu_total_time", "faas.cpu_time_ms", "process.cpu.time_ms"]);
    let seconds = event.number(&["faas.cpu_usage", "process.cpu.time"]);
    share
        .or_else(|| time_ms.map(|ms| ms / duration_ms.max(1.0)))
        .or_else(|| seconds.map(|s| s * 1e3 / duration_ms.max(1.0)))
}

impl AtFunction {
    fn add(&mut self, time_ns: i64, run: Run) {
        let (count, mean, longest) = &mut self.usual;
        let long = *count >= USUAL_MIN && run.duration_ms >= LONGER_FACTOR * *mean;
        if !long {
            *count = (*count + 1).min(10_000);
            *mean += (run.duration_ms - *mean) / f64::from(*count);
            *longest = longest.max(run.duration_ms);
            if let Some(cpu) = run.cpu {
                self.cpu.0 = (self.cpu.0 + 1).min(10_000);
                self.cpu.1 += (cpu - self.cpu.1) / f64::from(self.cpu.0);
            }
        }
        if long {
            self.runs.add(time_ns, run, WINDOW_NS, PLATEAU_MIN);
        }
    }

    /// Long calls all ran equally long, longer than ever, and did not fail.
    fn plateau(&self, event: &Event) -> Option<Claim> {
        let (count, mean, longest) = self.usual;
        if self.runs.len() < PLATEAU_MIN || count < USUAL_MIN {
            return None;
        }
        let lengths = self.runs.iter().map(|run| run.duration_ms);
        let least = lengths.clone().fold(f64::INFINITY, f64::min);
        let most = lengths.fold(0.0, f64::max);
        let flat = (most - least) / most.max(1.0) <= PLATEAU_SPREAD;
        let longer = least >= PLATEAU_MS_MIN && least >= LONGER_FACTOR * mean && least > longest;
        let cpus: Vec<f64> = self.runs.iter().filter_map(|run| run.cpu).collect();
        let cpu = cpus.iter().sum::<f64>() / cpus.len().max(1) as f64;
        let busy = cpus.len() >= PLATEAU_MIN / 2 && cpu >= BUSY_CPU;
        let idle = !cpus.is_empty() && !busy;
        let failed = self.runs.iter().filter(|run| run.failed).count();
        // What hangs on something that does not answer runs to the limit too, but idles and fails.
        let waits = idle || (failed * 2 > self.runs.len() && !busy);
        if !(longer && (flat || busy)) || waits {
            return None;
        }
        let confidence = if busy { 0.85 } else { 0.6 };
        let seconds = |ms: f64| ms / 1e3;
        let claim = Claim::new(&rules::MINING, Subject::function(&event.function), confidence)
            .severity(if busy { Severity::High } else { Severity::Medium })
            .marks(self.runs.iter().map(|run| run.mark.clone()))
            .because(format!(
                "{PLATEAU_MIN} calls within a quarter of an hour ran {:.1} to {:.1} s, where {:.1} s are usual, and did not fail",
                seconds(least), seconds(most), seconds(mean)
            ));
        Some(match busy {
            true => claim.because(format!(
                "they keep the processor busy: {:.0} %",
                cpu * 100.0
            )),
            false => claim,
        })
    }
}

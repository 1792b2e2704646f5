//! A fleet of ordinary functions, minute by minute and seeded: days and weeks with their ups and downs,
//! bursts, schedules, deploys, functions that always fail a little. And faults, one at a time.

pub mod chance;

use analyzers::detectors::names::{FunctionNo, Names, VersionNo};
use analyzers::detectors::news::{Hour, Minute};

use chance::Chance;

/// How a function is invoked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Traffic {
    /// Any number a minute on average: more by day than by night, less on weekends, and restless by the hour.
    People(f64),
    /// So many bursts an hour, of four invocations on average.
    Bursts(f64),
    /// Once every so many minutes.
    Every(u32),
    /// Once a night, within ten minutes after 02:00.
    Nightly,
    /// As `People`, on workdays from 8 to 18 alone.
    Office(f64),
}

/// What goes wrong, from a minute on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// This share fails.
    Fails(f64),
    /// Nothing comes.
    Stops,
    /// Everything takes so many times as long.
    Slow(f64),
    /// Memory grows by this share of what is configured each hour.
    Leaks(f64),
    /// Everything ends at the time limit.
    Hangs,
}

/// A function.
pub struct Function {
    pub number: FunctionNo,
    pub traffic: Traffic,
    /// Share that usually fails.
    pub failing: f64,
    /// A fault and when it begins, s since the epoch.
    pub fault: Option<(Fault, u32)>,
    versions: Vec<VersionNo>,
    chance: Chance,
    duration_ms: f64,
    memory_share: f64,
    /// Restlessness of the running hour, and drift of the duration.
    mood: f64,
    drift: f64,
    cold_share: f64,
    deploys: Vec<u32>,
}

const SIZE_MB: u32 = 512;
const LIMIT_MS: f64 = 30_000.0;

impl Function {
    pub fn new(names: &mut Names, name: &str, traffic: Traffic, failing: f64, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let id = format!("aws:123456789012:eu-central-1:{name}");
        Self {
            number: names.function(&id).expect("room"),
            traffic,
            failing,
            fault: None,
            versions: (0..30).map(|v| names.version(&v.to_string())).collect(),
            duration_ms: 20.0 * (3.0 * chance.uniform()).exp(),
            memory_share: 0.3 + 0.4 * chance.uniform(),
            mood: 1.0,
            drift: 0.0,
            cold_share: 0.002 + 0.01 * chance.uniform(),
            deploys: Vec::new(),
            chance,
        }
    }

    /// Deploys at these times, s since the epoch.
    pub fn deploy_at(&mut self, at_s: u32) {
        self.deploys.push(at_s);
    }

    fn version(&self, minute_s: u32) -> (VersionNo, u32) {
        let past = self.deploys.iter().filter(|at| **at <= minute_s);
        let newest = past.clone().max().copied().unwrap_or(0);
        (
            self.versions[past.count() % self.versions.len()],
            minute_s - newest.min(minute_s),
        )
    }

    fn came(&mut self, minute_s: u32) -> u32 {
        let hour = f64::from(minute_s % 86_400) / 3600.0;
        let weekday = (minute_s / 86_400 + 3) % 7; // 0 is Monday
        if minute_s.is_multiple_of(3600) {
            self.mood = (0.2 * self.chance.normal()).exp();
        }
        let day = 1.0 + 0.7 * ((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos();
        let week = if weekday >= 5 { 0.4 } else { 1.0 };
        match self.traffic {
            Traffic::People(rate) => self.chance.poisson(rate * day * week * self.mood),
            Traffic::Bursts(rate) => {
                let bursts = self.chance.poisson(rate / 60.0 * day * week * self.mood);
                (0..bursts).map(|_| 1 + self.chance.poisson(3.0)).sum()
            }
            Traffic::Every(minutes) => u32::from((minute_s / 60).is_multiple_of(minutes)),
            Traffic::Nightly => {
                let at = 120 + (minute_s / 86_400 * 7919) % 10;
                u32::from(minute_s % 86_400 / 60 == at)
            }
            Traffic::Office(rate) => match weekday < 5 && (8.0..18.0).contains(&hour) {
                true => self.chance.poisson(rate * self.mood),
                false => 0,
            },
        }
    }

    /// What it did in a minute; nothing if it was not invoked.
    pub fn minute(&mut self, minute_s: u32) -> Option<Minute> {
        let fault = self
            .fault
            .filter(|(_, at_s)| *at_s <= minute_s)
            .map(|(fault, _)| fault);
        let came = self.came(minute_s);
        self.drift = 0.995 * self.drift + 0.005 * self.chance.normal();
        if came == 0 || fault == Some(Fault::Stops) {
            return None;
        }
        let failing = match fault {
            Some(Fault::Fails(share)) => share,
            _ => self.failing,
        };
        let (version, age_s) = self.version(minute_s);
        let cold_share = if age_s < 300 { 0.3 } else { self.cold_share };
        let hour = f64::from(minute_s % 86_400) / 3600.0;
        let day = 0.15 * (hour / 24.0 * std::f64::consts::TAU).sin();
        let times = if let Some(Fault::Slow(times)) = fault {
            times
        } else {
            1.0
        };
        let middle = self.duration_ms * times * (day + self.drift).exp();
        let n = f64::from(came);
        let p50 = middle * (0.4 * self.chance.normal() / n.sqrt()).exp();
        let p95 = p50 * (1.6 * 0.3_f64 * 1.3).exp();
        let longest = p95 * (0.3 * self.chance.uniform()).exp();
        let mut used = self.memory_share * (1.0 + 0.03 * self.chance.normal() + 0.2 * day);
        if let (Some(Fault::Leaks(share)), Some((_, at_s))) = (fault, self.fault) {
            used += share * f64::from(minute_s - at_s) / 3600.0;
        }
        let hangs = fault == Some(Fault::Hangs);
        let timeouts = if hangs { came } else { 0 };
        let longest = if hangs { LIMIT_MS } else { longest };
        Some(Minute {
            function: self.number,
            version,
            minute_s,
            invocations: came,
            errors: self.chance.binomial(came - timeouts, failing) + timeouts,
            timeouts,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: self.chance.binomial(came, cold_share),
            cold_start_known: came,
            duration_count: came,
            duration_ms_sum: n * p50 * 1.1,
            duration_ms_p50: if hangs { LIMIT_MS as f32 } else { p50 as f32 },
            duration_ms_p95: if hangs { LIMIT_MS as f32 } else { p95 as f32 },
            duration_ms_max: longest as f32,
            usd: 0.0,
            usd_requests: 0.0,
            memory_size_mb: SIZE_MB,
            memory_used_mb_max: (used.min(1.0) * f64::from(SIZE_MB)) as u32,
        })
    }
}

/// Adds a minute to the hours that end the list.
pub fn add_to_hours(hours: &mut Vec<Hour>, row: &Minute, trigger: VersionNo) {
    let hour_s = row.minute_s / 3600 * 3600;
    let found = hours
        .iter_mut()
        .rev()
        .take(4_000)
        .find(|h| h.hour_s == hour_s && h.function == row.function && h.version == row.version);
    let hour = match found {
        Some(hour) => hour,
        None => {
            hours.push(empty_hour(row, hour_s, trigger));
            hours.last_mut().expect("just pushed")
        }
    };
    hour.invocations += row.invocations;
    hour.errors += row.errors;
    hour.timeouts += row.timeouts;
    hour.cold_starts += row.cold_starts;
    hour.duration_ms += row.duration_ms_sum;
    hour.memory_used_mb_max = hour.memory_used_mb_max.max(row.memory_used_mb_max);
    hour.duration_ms_max = hour.duration_ms_max.max(row.duration_ms_max as u32);
}

fn empty_hour(row: &Minute, hour_s: u32, trigger: VersionNo) -> Hour {
    Hour {
        function: row.function,
        version: row.version,
        trigger,
        hour_s,
        invocations: 0,
        errors: 0,
        timeouts: 0,
        out_of_memory: 0,
        throttles: 0,
        cold_starts: 0,
        duration_ms: 0.0,
        init_ms: 0.0,
        billed_ms: 0.0,
        billed_init_ms: 0.0,
        billed_mb_ms: 0.0,
        usd: 0.0,
        usd_requests: 0.0,
        memory_mb: row.memory_size_mb,
        memory_used_mb_max: 0,
        duration_ms_max: 0,
    }
}

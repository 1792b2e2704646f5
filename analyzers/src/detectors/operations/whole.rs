//! What a function did in a bucket, over all its versions.

use crate::detectors::names::{FunctionNo, VersionNo};
use crate::detectors::news::{Hour, Minute, News, Step};

/// Longest duration that is believed, ms: a year. Nonsense beyond it counts as this.
const DURATION_MS_MAX: f64 = 3.2e10;

/// What a function did in a minute or an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whole {
    /// The function.
    pub function: FunctionNo,
    /// The version with the most invocations.
    pub version: VersionNo,
    /// Invocations of that version.
    version_invocations: u32,
    /// See [`Minute::invocations`].
    pub invocations: u32,
    /// Of these, failed in any way.
    pub errors: u32,
    /// Of the errors, ended at the time limit.
    pub timeouts: u32,
    /// Of the errors, ended at the memory limit.
    pub out_of_memory: u32,
    /// Turned away by the platform.
    pub throttles: u32,
    /// Cold starts.
    pub cold_starts: u32,
    /// Invocations of which it is known whether they started cold.
    pub cold_start_known: u32,
    /// Durations known.
    pub duration_count: u32,
    /// Their sum, ms.
    pub duration_ms_sum: f64,
    /// Median duration of the version with the most durations, ms; NaN where nothing tells it.
    pub duration_ms_p50: f64,
    /// Largest 95th percentile of a version, ms; NaN where nothing tells it.
    pub duration_ms_p95: f64,
    /// Durations of the version that the median is of.
    p50_count: u32,
    /// Longest duration, ms; 0 if not told.
    pub duration_ms_max: f64,
    /// Of the version that uses the largest share of its memory: most used, MiB; 0 if not told.
    pub memory_used_mb: u32,
    /// And what it has, MiB; 0 if not told.
    pub memory_size_mb: u32,
}

impl Whole {
    fn empty(function: FunctionNo, version: VersionNo) -> Self {
        Self {
            function,
            version,
            version_invocations: 0,
            invocations: 0,
            errors: 0,
            timeouts: 0,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: 0,
            cold_start_known: 0,
            duration_count: 0,
            duration_ms_sum: 0.0,
            duration_ms_p50: f64::NAN,
            duration_ms_p95: f64::NAN,
            p50_count: 0,
            duration_ms_max: 0.0,
            memory_used_mb: 0,
            memory_size_mb: 0,
        }
    }

    /// Invocations that failed otherwise than at a limit.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.errors
            .saturating_sub(self.timeouts)
            .saturating_sub(self.out_of_memory)
    }

    /// Largest share of configured memory that was used; `None` if not told.
    #[must_use]
    pub fn memory_share(&self) -> Option<f64> {
        (self.memory_size_mb > 0 && self.memory_used_mb > 0)
            .then(|| f64::from(self.memory_used_mb) / f64::from(self.memory_size_mb))
    }

    /// Adds what one version did: a minute of `Whole::of_minute` or an hour of `Whole::of_hour`.
    fn add(&mut self, other: &Self) {
        if other.invocations > self.version_invocations {
            self.version = other.version;
            self.version_invocations = other.invocations;
        }
        if other.duration_count > self.p50_count && other.duration_ms_p50.is_finite() {
            self.duration_ms_p50 = other.duration_ms_p50;
            self.p50_count = other.duration_count;
        }
        if other.memory_share() > self.memory_share() {
            self.memory_used_mb = other.memory_used_mb;
            self.memory_size_mb = other.memory_size_mb;
        }
        self.invocations = self.invocations.saturating_add(other.invocations);
        self.errors = self.errors.saturating_add(other.errors);
        self.timeouts = self.timeouts.saturating_add(other.timeouts);
        self.out_of_memory = self.out_of_memory.saturating_add(other.out_of_memory);
        self.throttles = self.throttles.saturating_add(other.throttles);
        self.cold_starts = self.cold_starts.saturating_add(other.cold_starts);
        self.cold_start_known = self.cold_start_known.saturating_add(other.cold_start_known);
        self.duration_count = self.duration_count.saturating_add(other.duration_count);
        self.duration_ms_sum += other.duration_ms_sum;
        self.duration_ms_p95 = self.duration_ms_p95.max(other.duration_ms_p95);
        self.duration_ms_max = self.duration_ms_max.max(other.duration_ms_max);
    }

    fn of_minute(row: &Minute) -> Self {
        Self {
            invocations: row.invocations,
            errors: row.errors.min(row.invocations),
            timeouts: row.timeouts.min(row.errors),
            out_of_memory: row.out_of_memory.min(row.errors),
            throttles: row.throttles,
            cold_starts: row.cold_starts.min(row.cold_start_known),
            cold_start_known: row.cold_start_known,
            duration_count: row.duration_count,
            duration_ms_sum: sane(row.duration_ms_sum),
            duration_ms_p50: known(row.duration_ms_p50.into()),
            duration_ms_p95: known(row.duration_ms_p95.into()),
            duration_ms_max: sane(row.duration_ms_max.into()),
            memory_used_mb: row.memory_used_mb_max,
            memory_size_mb: row.memory_size_mb,
            ..Self::empty(row.function, row.version)
        }
    }

    fn of_hour(row: &Hour) -> Self {
        Self {
            invocations: row.invocations,
            errors: row.errors.min(row.invocations),
            timeouts: row.timeouts.min(row.errors),
            out_of_memory: row.out_of_memory.min(row.errors),
            throttles: row.throttles,
            cold_starts: row.cold_starts.min(row.invocations),
            cold_start_known: row.invocations,
            duration_count: row.invocations,
            duration_ms_sum: sane(row.duration_ms),
            duration_ms_max: sane(row.duration_ms_max.into()),
            memory_used_mb: row.memory_used_mb_max,
            memory_size_mb: row.memory_mb,
            ..Self::empty(row.function, row.version)
        }
    }
}

fn sane(value: f64) -> f64 {
    match value.is_finite() {
        true => value.clamp(0.0, DURATION_MS_MAX * 1e6),
        false => 0.0,
    }
}

fn known(ms: f64) -> f64 {
    match ms.is_finite() && ms >= 0.0 {
        true => ms.min(DURATION_MS_MAX),
        false => f64::NAN,
    }
}

/// What closed, by function in order of their numbers: the minute, or the hour where history is shown.
#[must_use]
pub fn closed(news: &News<'_>) -> Vec<Whole> {
    match news.step {
        Step::Minute => merged(news.minutes.iter().map(Whole::of_minute)),
        Step::Hour => hours(news),
    }
}

/// The hour that closed, if one did.
#[must_use]
pub fn hours(news: &News<'_>) -> Vec<Whole> {
    merged(news.hours.iter().map(Whole::of_hour))
}

fn merged(rows: impl Iterator<Item = Whole>) -> Vec<Whole> {
    let mut rows: Vec<Whole> = rows.collect();
    rows.sort_by_key(|row| row.function); // mostly sorted already, which this sort likes
    let mut out: Vec<Whole> = Vec::with_capacity(rows.len());
    for row in rows {
        match out.last_mut() {
            Some(last) if last.function == row.function => last.add(&row),
            _ => {
                let mut first = Whole::empty(row.function, row.version);
                first.add(&row);
                out.push(first);
            }
        }
    }
    out
}

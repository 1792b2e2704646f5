//! What was recorded of a function: the evidence that advice is drawn from.

use std::collections::BTreeMap;

use store::model::Usage;

use super::{DAYS_MIN, INVOCATIONS_MIN};

/// One function with everything that was recorded of it within a window.
#[derive(Clone, Debug)]
pub struct Recorded<'a> {
    /// The text form of the function's id.
    pub function_id: &'a str,
    /// Runtime as told, `python3.13`, `nodejs`; empty when nobody says.
    pub runtime: &'a str,
    /// What it used, a row for each day and configuration.
    pub usage: &'a [Usage],
    /// The same by hour, for the hours of the week; empty where not read.
    pub hours: &'a [Hour],
    /// Days from the first recorded invocation to now, at most the window.
    pub window_days: u32,
    /// What telemetry does not tell and its owner has configured.
    pub configured: Configured,
    /// What sending telemetry took; `None` where not read.
    pub telemetry: Option<TelemetryTime>,
    /// Newest sign of life of any kind, s since the epoch.
    pub last_seen_s: i64,
}

/// What a function did within one of the 168 hours of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hour {
    /// 0 for Monday 00:00 UTC, to 167.
    pub hour_of_week: u8,
    /// How often this hour came within the window.
    pub times: u32,
    /// Invocations in all of them.
    pub invocations: u64,
    /// Their billed time, ms.
    pub billed_ms: u64,
    /// Of these: cold starts.
    pub cold_starts: u64,
}

/// What its owner configured about a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Time limit, ms; 0 when nobody says.
    pub timeout_ms: u64,
    /// Sandboxes kept ready, around the clock; 0 for none.
    pub provisioned: u32,
}

/// Time an invocation took after its own span had ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TelemetryTime {
    /// Invocations of which both the platform's duration and the span's are known.
    pub invocations: u64,
    /// Time after the span, all of them together, ms.
    pub after_ms: f64,
    /// Most frequent case: the median, ms.
    pub median_ms: f64,
}

impl<'a> Recorded<'a> {
    pub(super) fn invocations(&self) -> u64 {
        self.usage.iter().map(|u| u.invocations).sum()
    }

    pub(super) fn cold_starts(&self) -> u64 {
        self.usage.iter().map(|u| u.cold_starts).sum()
    }

    /// Whether the platform is `wanted`, for all that was used.
    pub(super) fn runs_on(&self, wanted: &str) -> bool {
        !self.usage.is_empty() && self.usage.iter().all(|u| u.platform == wanted)
    }

    /// Distinct days with invocations.
    pub(super) fn active_days(&self) -> u32 {
        let mut days: Vec<u32> = (self.usage.iter())
            .filter(|u| u.invocations > 0)
            .map(|u| u.from_s / 86_400)
            .collect();
        days.sort_unstable();
        days.dedup();
        u32::try_from(days.len()).unwrap_or(u32::MAX)
    }

    /// Refuses to conclude from little.
    pub(super) fn enough(&self) -> Result<(), String> {
        let invocations = self.invocations();
        if invocations < INVOCATIONS_MIN {
            return Err(format!(
                "too few invocations: {invocations} of {INVOCATIONS_MIN}"
            ));
        }
        let days = self.active_days();
        if days < DAYS_MIN {
            return Err(format!(
                "too few days with invocations: {days} of {DAYS_MIN}"
            ));
        }
        Ok(())
    }

    /// What ran last: the version and memory of the newest row, the busier one where a day has two.
    pub(super) fn current(&self) -> Option<&'a Usage> {
        (self.usage.iter())
            .filter(|u| u.invocations > 0)
            .max_by_key(|u| (u.from_s, u.invocations))
    }

    /// Rows of the configuration that runs now: the version, memory and architecture of [`Self::current`].
    pub(super) fn current_rows(&self) -> Vec<Usage> {
        let Some(now) = self.current() else {
            return Vec::new();
        };
        let same = |u: &&Usage| {
            u.version == now.version
                && u.memory_mb == now.memory_mb
                && u.architecture == now.architecture
        };
        self.usage.iter().filter(same).cloned().collect()
    }

    /// Rows by billed memory.
    pub(super) fn by_memory(&self) -> BTreeMap<u32, Vec<Usage>> {
        let mut sizes: BTreeMap<u32, Vec<Usage>> = BTreeMap::new();
        for row in self.usage.iter().filter(|u| u.invocations > 0) {
            sizes.entry(row.memory_mb).or_default().push(row.clone());
        }
        sizes
    }
}

/// Invocations of some rows.
pub(super) fn invocations(rows: &[Usage]) -> u64 {
    rows.iter().map(|u| u.invocations).sum()
}

/// Mean duration of the invocations whose duration is known, ms.
pub(super) fn mean_ms(rows: &[Usage]) -> Option<f64> {
    let known: u64 = (rows.iter())
        .map(|u| u.invocations.saturating_sub(u.unpriced))
        .sum();
    let sum_us: u64 = rows.iter().map(|u| u.duration_us).sum();
    (known > 0 && sum_us > 0).then(|| sum_us as f64 / 1e3 / known as f64)
}

/// The same use at another memory, each invocation taking `by` / `of` of the time it took.
pub(super) fn resized(rows: &[Usage], memory_mb: u32, by: u64, of: u64) -> Vec<Usage> {
    let times = |n: u64| {
        let exact = u128::from(n) * u128::from(by) / u128::from(of.max(1));
        u64::try_from(exact).unwrap_or(u64::MAX)
    };
    let change = |row: &Usage| {
        let billed_ms = times(row.billed_ms);
        Usage {
            memory_mb,
            billed_ms,
            billed_init_ms: times(row.billed_init_ms),
            billed_mb_ms: billed_ms.saturating_mul(u64::from(memory_mb)),
            duration_us: times(row.duration_us),
            ..row.clone()
        }
    };
    rows.iter().map(change).collect()
}

//! What of a version is measured, and how a stretch of time becomes a point of it.

use serde::{Deserialize, Serialize};

/// What one version of a function did in one stretch of time, summed over its invocations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Begin, s since the epoch.
    pub at_s: i64,
    /// Length, s: five minutes or an hour.
    pub length_s: u32,
    /// The version, as the caller numbers them.
    pub version: u32,
    /// Invocations started in it.
    pub invocations: u64,
    /// Of these, failed in any way.
    pub errors: u64,
    /// Of these, ended at the time limit.
    pub timeouts: u64,
    /// Of these, known to have started cold.
    pub cold_starts: u64,
    /// Of these, known to have started cold or warm.
    pub cold_start_known: u64,
    /// Durations measured.
    pub durations: u64,
    /// Their median, ms; NaN without any.
    pub p50_ms: f64,
    /// Their 95 % quantile, ms; NaN without any.
    pub p95_ms: f64,
    /// The mean over its minutes of the most memory used in each, MiB; NaN when not told.
    pub memory_mb: f64,
}

/// What is compared between versions, besides how long cold starts take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Measure {
    /// The share of invocations that start cold.
    ColdShare,
    /// The median duration.
    Duration,
    /// The slowest twentieth's duration.
    DurationP95,
    /// Memory used.
    Memory,
    /// The share of invocations that fail.
    Errors,
    /// The share of invocations that end at the time limit.
    Timeouts,
}

/// Whether a measure is a quantity or a share of invocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A quantity, compared in logarithms.
    Level,
    /// A share of invocations.
    Share,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ColdShare,
        Self::Duration,
        Self::DurationP95,
        Self::Memory,
        Self::Errors,
        Self::Timeouts,
    ];

    /// The word of the command line and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ColdShare => "cold_share",
            Self::Duration => "duration",
            Self::DurationP95 => "duration_p95",
            Self::Memory => "memory",
            Self::Errors => "errors",
            Self::Timeouts => "timeouts",
        }
    }

    /// Its form.
    #[must_use]
    pub const fn form(self) -> Form {
        match self {
            Self::Duration | Self::DurationP95 | Self::Memory => Form::Level,
            Self::ColdShare | Self::Errors | Self::Timeouts => Form::Share,
        }
    }

    /// `ms`, `MB`, or empty for a share (0..=1).
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Duration | Self::DurationP95 => "ms",
            Self::Memory => "MB",
            Self::ColdShare | Self::Errors | Self::Timeouts => "",
        }
    }

    /// A relative rise up to this does not matter: where the whole interval lies below it the version is no
    /// worse.
    #[must_use]
    pub const fn tolerance(self) -> f64 {
        match self {
            Self::Duration | Self::Memory => 0.10,
            Self::DurationP95 => 0.15,
            Self::ColdShare | Self::Errors | Self::Timeouts => 0.25,
        }
    }

    /// Nor does a rise of a share by up to this (0.01 is one in a hundred).
    #[must_use]
    pub const fn tolerance_share(self) -> f64 {
        match self {
            Self::ColdShare => 0.01,
            Self::Errors => 0.005,
            Self::Timeouts => 0.002,
            Self::Duration | Self::DurationP95 | Self::Memory => 0.0,
        }
    }

    /// What a regression must be at least, however certain: relative for a level, in shares for a share.
    #[must_use]
    pub const fn matters(self) -> f64 {
        match self {
            Self::Duration | Self::Memory => 0.03,
            Self::DurationP95 => 0.05,
            Self::ColdShare => 0.005,
            Self::Errors => 0.001,
            Self::Timeouts => 0.0005,
        }
    }

    /// For so long after a version's begin it is not looked at, s: empty caches and code that is not
    /// compiled yet slow down any version, and all of its first sandboxes are cold.
    #[must_use]
    pub const fn settling_s(self) -> i64 {
        match self {
            Self::Duration | Self::DurationP95 => 600,
            Self::ColdShare => 1_800,
            Self::Memory | Self::Errors | Self::Timeouts => 0,
        }
    }

    /// Variance of one invocation's contribution to the logarithm of a level, where `sigma` is the
    /// standard deviation of logarithms of durations. Quantiles of log-normal values.
    #[must_use]
    pub fn sampling(self, sigma: f64) -> f64 {
        match self {
            Self::Duration => 1.571 * sigma * sigma,
            Self::DurationP95 => 4.47 * sigma * sigma,
            _ => 0.0,
        }
    }
}

/// One stretch of one measure: `sum / n` is the mean logarithm of a level, or the share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Begin, s since the epoch.
    pub at_s: i64,
    /// Length, s.
    pub length_s: i64,
    /// Invocations it rests on.
    pub n: f64,
    /// `n` × logarithm of the level, or how many invocations had what is counted.
    pub sum: f64,
    /// Invocations an hour, for what depends on traffic.
    pub hourly: f64,
}

impl Point {
    /// Its mean; NaN of nothing.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.n
    }

    /// Hours since the epoch.
    #[must_use]
    pub const fn hour(&self) -> i64 {
        self.at_s.div_euclid(3_600)
    }
}

/// The measure's point of a cell; `None` where the cell does not tell it.
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts of invocations
pub fn point(cell: &Cell, measure: Measure) -> Option<Point> {
    let level = |value: f64, n: u64| {
        (value.is_finite() && value >= 0.0 && n > 0)
            .then(|| (n as f64, n as f64 * value.clamp(1e-3, 1e15).ln()))
    };
    let share = |count: u64, of: u64| (of > 0).then_some((of as f64, count.min(of) as f64));
    let (n, sum) = match measure {
        Measure::ColdShare => share(cell.cold_starts, cell.cold_start_known),
        Measure::Errors => share(cell.errors, cell.invocations),
        Measure::Timeouts => share(cell.timeouts, cell.invocations),
        Measure::Duration => level(cell.p50_ms, cell.durations),
        Measure::DurationP95 => level(cell.p95_ms, cell.durations),
        Measure::Memory => level(cell.memory_mb, cell.invocations).filter(|_| cell.memory_mb > 0.0),
    }?;
    let length_s = i64::from(cell.length_s.max(1));
    Some(Point {
        at_s: cell.at_s,
        length_s,
        n,
        sum,
        hourly: cell.invocations as f64 * 3_600.0 / length_s as f64,
    })
}

/// Points added up by hour, in time order.
#[must_use]
pub fn by_hour(points: &[Point]) -> Vec<Point> {
    let mut hours: std::collections::BTreeMap<i64, (Point, i64)> =
        std::collections::BTreeMap::new();
    for point in points {
        let (hour, covered) = hours.entry(point.hour()).or_default();
        hour.at_s = point.hour() * 3_600;
        hour.length_s = 3_600;
        hour.n += point.n;
        hour.sum += point.sum;
        *covered = (*covered + point.length_s).min(3_600);
        // Invocations of the hour so far; made a rate below.
        hour.hourly += point.hourly * point.length_s as f64;
    }
    hours
        .into_values()
        .map(|(hour, covered)| Point {
            hourly: hour.hourly / covered.max(1) as f64,
            ..hour
        })
        .collect()
}

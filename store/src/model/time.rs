//! Time inside the product: UTC nanoseconds.

/// Nanoseconds since the Unix epoch, UTC; covers 1677 to 2262.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct UnixNano(pub i64);

const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl UnixNano {
    /// From whole seconds since the epoch; saturates at the ends of the range.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SECOND))
    }

    /// From milliseconds since the epoch; saturates at the ends of the range.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// Whole milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(NANOS_PER_MILLI)
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// Days since 1970-01-01 UTC: the partition this instant falls into.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.as_secs().div_euclid(SECONDS_PER_DAY)
    }

    /// When the day with this number, as [`UnixNano::day`] gives it, begins.
    #[must_use]
    pub const fn start_of_day(day: i64) -> Self {
        Self::from_secs(day * SECONDS_PER_DAY)
    }

    /// This instant moved by `millis`, which may be negative; saturates.
    #[must_use]
    pub fn plus_millis(self, millis: f64) -> Self {
        #[allow(clippy::cast_possible_truncation)] // a float cast to an integer saturates
        Self(
            self.0
                .saturating_add((millis * NANOS_PER_MILLI as f64) as i64),
        )
    }
}

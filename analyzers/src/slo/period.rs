//! The window that a budget is for: it rolls with the time, or it is a period of a calendar. Times are
//! whole minutes since 1970, UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::openslo::{Duration, Unit};

/// A window of time, in minutes since 1970: from `begin` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first minute.
    pub begin: i64,
    /// The minute after the last.
    pub end: i64,
}

impl Stretch {
    /// How many minutes.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.end - self.begin
    }
}

/// What a budget is for.
#[derive(Clone, Debug)]
pub enum Period {
    /// The minutes up to now. A month is 30 days here, a quarter 90, a year 365.
    Rolling {
        /// How many.
        minutes: i64,
    },
    /// Periods that follow one another from a start in a zone: a day may have 23 hours and a month 31 days.
    Calendar {
        /// When one of them begins; there are periods before it, too.
        start: DateTime,
        /// Where that is.
        zone: TimeZone,
        /// From one to the next.
        step: Duration,
    },
}

impl Period {
    /// The period that holds `minute`. Of a rolling one, the window that ends with it.
    #[must_use]
    pub fn around(&self, minute: i64) -> Stretch {
        match self {
            Self::Rolling { minutes } => Stretch {
                begin: minute + 1 - minutes,
                end: minute + 1,
            },
            Self::Calendar { start, zone, step } => {
                let begin = |number| boundary(*start, zone, *step, number);
                let length = i64::try_from(step.minutes()).unwrap_or(i64::MAX).max(1);
                // Close, since months and clock changes stray little from their means; then step by step.
                let mut number = (minute - begin(0)).div_euclid(length);
                while begin(number) > minute {
                    number -= 1;
                }
                while begin(number + 1) <= minute {
                    number += 1;
                }
                Stretch {
                    begin: begin(number),
                    end: begin(number + 1),
                }
            }
        }
    }

    /// Where its calendar is; a rolling one has none.
    #[must_use]
    pub fn zone(&self) -> Option<&TimeZone> {
        match self {
            Self::Rolling { .. } => None,
            Self::Calendar { zone, .. } => Some(zone),
        }
    }

    /// Whether it rolls.
    #[must_use]
    pub fn rolls(&self) -> bool {
        matches!(self, Self::Rolling { .. })
    }
}

/// The first minute of the period `number`. Counted from the start each time: a month after January 31 is
/// February 28, and two months after it is March 31. A time that the clocks skip is taken after the gap,
/// and one that they show twice the first time.
fn boundary(start: DateTime, zone: &TimeZone, step: Duration, number: i64) -> i64 {
    let count = number.saturating_mul(i64::from(step.count));
    let span = match step.unit {
        Unit::Minute | Unit::Hour => {
            let minutes = i64::try_from(step.minutes()).unwrap_or(i64::MAX);
            return first_minute(start, zone).saturating_add(number.saturating_mul(minutes));
        }
        Unit::Day => Span::new().try_days(count),
        Unit::Week => Span::new().try_weeks(count),
        Unit::Month => Span::new().try_months(count),
        Unit::Quarter => Span::new().try_months(count.saturating_mul(3)),
        Unit::Year => Span::new().try_years(count),
    };
    let edge = if number < 0 {
        i64::MIN / 4
    } else {
        i64::MAX / 4
    };
    span.and_then(|span| start.checked_add(span))
        .map_or(edge, |at| first_minute(at, zone))
}

/// The minute in which a civil time lies; far outside of all calendars, the end of time.
pub(super) fn first_minute(at: DateTime, zone: &TimeZone) -> i64 {
    let timestamp = zone.to_timestamp(at);
    timestamp.map_or(i64::MAX / 4, |at: Timestamp| at.as_second().div_euclid(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(start: &str, zone: &str, step: &str) -> Period {
        Period::Calendar {
            start: start.parse().expect("a time"),
            zone: TimeZone::get(zone).expect("a zone"),
            step: step.parse().expect("a duration"),
        }
    }

    fn minute(text: &str) -> i64 {
        let at: Timestamp = text.parse().expect("a time");
        at.as_second().div_euclid(60)
    }

    fn around(period: &Period, at: &str) -> (String, String, i64) {
        let stretch = period.around(minute(at));
        let text = |minute: i64| {
            let at = Timestamp::from_second(minute * 60).expect("in range");
            at.strftime("%Y-%m-%dT%H:%MZ").to_string()
        };
        (text(stretch.begin), text(stretch.end), stretch.minutes())
    }

    #[test]
    fn months_with_a_change_of_clocks_are_an_hour_shorter_or_longer() {
        let berlin = calendar("2024-01-01 00:00:00", "Europe/Berlin", "1M");
        let of = |at: &str| around(&berlin, at).2;
        assert_eq!(of("2026-03-15T00:00:00Z"), (31 * 24 - 1) * 60);
        assert_eq!(of("2026-10-15T00:00:00Z"), (31 * 24 + 1) * 60);
        assert_eq!(of("2026-02-15T00:00:00Z"), 28 * 24 * 60);
        assert_eq!(of("2024-02-15T00:00:00Z"), 29 * 24 * 60);
        let (begin, end, _) = around(&berlin, "2026-03-31T21:59:00Z");
        assert_eq!(
            (begin.as_str(), end.as_str()),
            ("2026-02-28T23:00Z", "2026-03-31T22:00Z")
        );
        assert_eq!(
            around(&berlin, "2026-03-31T22:00:00Z").0,
            "2026-03-31T22:00Z"
        );
    }

    #[test]
    fn days_and_weeks_follow_the_clock_on_the_wall() {
        let day = calendar("2026-01-01 00:00:00", "America/New_York", "1d");
        assert_eq!(around(&day, "2026-03-08T12:00:00Z").2, 23 * 60);
        assert_eq!(around(&day, "2026-11-01T12:00:00Z").2, 25 * 60);
        let week = calendar("2022-01-01 12:00:00", "America/New_York", "1w");
        let (begin, _, minutes) = around(&week, "2022-03-13T12:00:00Z");
        assert_eq!(
            (begin.as_str(), minutes),
            ("2022-03-12T17:00Z", (7 * 24 - 1) * 60)
        );
        let hours = calendar("2026-01-01 00:30:00", "America/New_York", "24h");
        assert_eq!(around(&hours, "2026-03-08T12:00:00Z").2, 24 * 60);
    }

    #[test]
    fn periods_are_counted_from_their_start_and_lie_before_it_too() {
        let month = calendar("2025-01-31 00:00:00", "UTC", "1M");
        assert_eq!(
            around(&month, "2025-03-01T00:00:00Z").0,
            "2025-02-28T00:00Z"
        );
        assert_eq!(
            around(&month, "2025-03-31T00:00:00Z").0,
            "2025-03-31T00:00Z"
        );
        assert_eq!(
            around(&month, "2024-12-31T00:00:00Z").0,
            "2024-12-31T00:00Z"
        );
        let quarter = calendar("2026-02-01 00:00:00", "UTC", "1Q");
        assert_eq!(
            around(&quarter, "2026-07-01T00:00:00Z").0,
            "2026-05-01T00:00Z"
        );
        let year = calendar("2020-02-29 00:00:00", "UTC", "1Y");
        assert_eq!(around(&year, "2023-02-28T00:00:00Z").0, "2023-02-28T00:00Z");
        assert_eq!(around(&year, "2024-03-01T00:00:00Z").0, "2024-02-29T00:00Z");
    }

    #[test]
    fn a_rolling_window_ends_with_its_minute() {
        let rolling = Period::Rolling { minutes: 60 };
        assert_eq!(
            rolling.around(100),
            Stretch {
                begin: 41,
                end: 101
            }
        );
    }
}

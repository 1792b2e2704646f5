//! Billing months, in the calendar of the provider.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A month of a billing calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month in which a second lies.
    #[must_use]
    pub fn of(at_s: i64, calendar: &TimeZone) -> Self {
        let time = Timestamp::from_second(at_s)
            .unwrap_or_default()
            .to_zoned_datetime(calendar.clone());
        Self {
            year: time.year(),
            month: time.month(),
        }
    }

    /// Its first second and the first after it, Unix seconds.
    #[must_use]
    pub fn range_s(self, calendar: &TimeZone) -> (i64, i64) {
        let next = match self.month {
            12 => Self {
                year: self.year.saturating_add(1),
                month: 1,
            },
            month => Self {
                month: month + 1,
                ..self
            },
        };
        (self.first_s(calendar), next.first_s(calendar))
    }

    fn first_s(self, calendar: &TimeZone) -> i64 {
        Date::new(self.year, self.month, 1)
            .and_then(|date| date.to_zoned_datetime(calendar.clone()))
            .map_or(0, |zoned| zoned.timestamp().as_second())
    }
}

/// The second in which a written moment lies, Unix seconds: RFC 3339; UTC where no zone is named; for a day
/// its midnight.
pub(super) fn second(text: &str) -> Option<i64> {
    let moment = text.parse::<Timestamp>().or_else(|_| {
        text.parse::<DateTime>()
            .and_then(|time| TimeZone::UTC.to_timestamp(time))
    });
    // Down to the second, also before 1970.
    let moment = moment.ok()?;
    let before = i64::from(moment.subsec_nanosecond() < 0);
    Some(moment.as_second() - before)
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A month, or what has passed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The month.
    pub month: Month,
    /// What stands ready is charged until this moment, Unix seconds; `None`: until the month's end.
    pub until_s: Option<i64>,
}

impl From<Month> for Period {
    fn from(month: Month) -> Self {
        Self {
            month,
            until_s: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_at_midnight_of_the_billing_zone() {
        let pacific = TimeZone::get("America/Los_Angeles").expect("a zone");
        let month = Month {
            year: 2025,
            month: 12,
        };
        // 2025-12-01 00:00 is 08:00 UTC there.
        assert_eq!(month.range_s(&pacific), (1_764_576_000, 1_767_254_400));
        assert_eq!(Month::of(1_764_575_999, &pacific).to_string(), "2025-11");
        assert_eq!(Month::of(1_764_576_000, &pacific).to_string(), "2025-12");
        assert_eq!(
            Month::of(1_764_575_999, &TimeZone::UTC).to_string(),
            "2025-12"
        );
    }
}

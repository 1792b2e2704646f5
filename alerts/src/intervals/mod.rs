//! Times at which routes are muted or active: hours, weekdays, days of the month, months, years, and
//! the place whose clock counts.

mod read;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use store::model::UnixNano;

/// All of the given parts must hold; a part that is not given always holds, one that is given as an
/// empty list never.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeInterval {
    /// Minutes of the day.
    times: Option<Vec<TimeRange>>,
    weekdays: Option<Vec<Range<Weekday>>>,
    days_of_month: Option<Vec<Range<DayOfMonth>>>,
    months: Option<Vec<Range<Month>>>,
    years: Option<Vec<Range<Year>>>,
    /// UTC when not given.
    location: Option<Location>,
}

/// From a minute of the day up to, not including, another; a day has 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeRange {
    begin_minute: i32,
    end_minute: i32,
}

/// From one number to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range<U> {
    begin: i32,
    end: i32,
    unit: std::marker::PhantomData<U>,
}

/// Sunday is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weekday;
/// From 1, or from the month's end: its last day is -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DayOfMonth;
/// January is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Month;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Year;

/// A time zone.
#[derive(Clone, Debug, PartialEq)]
struct Location(TimeZone);

impl TimeInterval {
    /// Whether `now` lies inside.
    #[must_use]
    pub fn contains(&self, now: UnixNano) -> bool {
        let utc = Timestamp::from_nanosecond(i128::from(now.0)).unwrap_or_default();
        let zone = self.location.as_ref();
        let zone = zone.map_or(TimeZone::UTC, |location| location.0.clone());
        let at = zone.to_datetime(utc);
        let minute = i32::from(at.hour()) * 60 + i32::from(at.minute());
        let weekday = i32::from(at.weekday().to_sunday_zero_offset());
        any(self.times.as_deref(), |t| {
            (t.begin_minute..t.end_minute).contains(&minute)
        }) && any(self.days_of_month.as_deref(), |days| days.hold(at))
            && any(self.months.as_deref(), |r| r.holds(at.month().into()))
            && any(self.weekdays.as_deref(), |r| r.holds(weekday))
            && any(self.years.as_deref(), |r| r.holds(at.year().into()))
    }
}

/// Whether one of the ranges holds; all do where none are given.
fn any<T>(ranges: Option<&[T]>, holds: impl FnMut(&T) -> bool) -> bool {
    ranges.is_none_or(|ranges| ranges.iter().any(holds))
}

impl<U> Range<U> {
    fn holds(&self, value: i32) -> bool {
        (self.begin..=self.end).contains(&value)
    }
}

impl Range<DayOfMonth> {
    /// Counts from the end where negative, and keeps to the month: the 31st of February is not the
    /// 28th, but "from the 25th to the 31st" ends with the month.
    fn hold(&self, at: DateTime) -> bool {
        let days = i32::from(at.date().days_in_month());
        let from_start = |day: i32| if day < 0 { days + day + 1 } else { day };
        let (begin, end) = (from_start(self.begin), from_start(self.end));
        let day = i32::from(at.day());
        begin <= days && begin <= day && day <= end
    }
}

#[cfg(test)]
mod tests;

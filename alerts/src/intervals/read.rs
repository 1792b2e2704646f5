//! Time intervals as they are written: `monday:friday`, `-3:-1`, `22:00` to `24:00`.

use std::marker::PhantomData;

use jiff::tz::TimeZone;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{DayOfMonth, Location, Month, Range, TimeInterval, TimeRange, Weekday, Year};

impl<'de> Deserialize<'de> for TimeInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            times: Option<Vec<TimeRange>>,
            weekdays: Option<Vec<Range<Weekday>>>,
            days_of_month: Option<Vec<Range<DayOfMonth>>>,
            months: Option<Vec<Range<Month>>>,
            years: Option<Vec<Range<Year>>>,
            location: Option<Location>,
        }
        let written = Written::deserialize(deserializer)?;
        Ok(Self {
            times: written.times,
            weekdays: written.weekdays,
            days_of_month: written.days_of_month,
            months: written.months,
            years: written.years,
            location: written.location,
        })
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let zone = match name.as_str() {
            "" | "UTC" => Some(TimeZone::UTC),
            "Local" => Some(TimeZone::system()),
            name => TimeZone::get(name).ok(),
        };
        zone.map(Location).ok_or_else(|| {
            let example = "write a name of the time zone database, such as Europe/Berlin";
            D::Error::custom(format!("unknown time zone {name:?}; {example}"))
        })
    }
}

impl<'de> Deserialize<'de> for TimeRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            start_time: Option<String>,
            end_time: Option<String>,
        }
        let written = Written::deserialize(deserializer)?;
        let (Some(start), Some(end)) = (written.start_time, written.end_time) else {
            return Err(D::Error::custom(
                "both start_time and end_time must be provided",
            ));
        };
        let begin_minute = minute_of_day(&start).map_err(D::Error::custom)?;
        let end_minute = minute_of_day(&end).map_err(D::Error::custom)?;
        if begin_minute >= end_minute {
            return Err(D::Error::custom(format!(
                "start_time {start} is not before end_time {end}; split a range over midnight in two, up \
                 to 24:00 and from 00:00"
            )));
        }
        Ok(Self {
            begin_minute,
            end_minute,
        })
    }
}

/// `HH:MM` from 00:00 to 23:59, and 24:00.
fn minute_of_day(text: &str) -> Result<i32, String> {
    let two = |part: &str| -> Option<i32> {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    };
    let parts = text.split_once(':');
    parts
        .and_then(|(hours, minutes)| Some((two(hours)?, two(minutes)?)))
        .filter(|(hours, minutes)| *minutes < 60 && (*hours < 24 || (*hours, *minutes) == (24, 0)))
        .map(|(hours, minutes)| hours * 60 + minutes)
        .ok_or_else(|| format!("not a time of day: {text:?}; write HH:MM, from 00:00 to 24:00"))
}

/// What a range counts: how its ends are written and which there are.
trait Unit {
    fn end(text: &str) -> Result<i32, String>;
    fn check(begin: i32, end: i32) -> Result<(), String>;
}

impl<'de, U: Unit> Deserialize<'de> for Range<U> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_lowercase();
        let (first, last) = text.split_once(':').unwrap_or((&text, &text));
        let ends = U::end(first).and_then(|begin| Ok((begin, U::end(last)?)));
        let (begin, end) = ends.map_err(D::Error::custom)?;
        U::check(begin, end).map_err(D::Error::custom)?;
        Ok(Self {
            begin,
            end,
            unit: PhantomData,
        })
    }
}

fn named(text: &str, names: &[&str]) -> Option<i32> {
    let at = names.iter().position(|name| *name == text)?;
    i32::try_from(at).ok()
}

fn in_order(begin: i32, end: i32) -> Result<(), String> {
    if begin <= end {
        return Ok(());
    }
    Err("the range's end is before its start; split it in two".to_owned())
}

const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

impl Unit for Weekday {
    fn end(text: &str) -> Result<i32, String> {
        named(text, &WEEKDAYS).ok_or_else(|| {
            format!("not a weekday: {text:?}; write its whole English name, Sunday comes first")
        })
    }

    fn check(begin: i32, end: i32) -> Result<(), String> {
        in_order(begin, end)
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Unit for Month {
    fn end(text: &str) -> Result<i32, String> {
        let number = || text.parse().ok().filter(|month| (1..=12).contains(month));
        named(text, &MONTHS)
            .map(|at| at + 1)
            .or_else(number)
            .ok_or_else(|| format!("not a month: {text:?}; write its English name or 1 to 12"))
    }

    fn check(begin: i32, end: i32) -> Result<(), String> {
        in_order(begin, end)
    }
}

impl Unit for Year {
    fn end(text: &str) -> Result<i32, String> {
        text.parse()
            .map_err(|_| format!("not a year: {text:?}; write for example 2026 or 2026:2028"))
    }

    fn check(begin: i32, end: i32) -> Result<(), String> {
        in_order(begin, end)
    }
}

/// Days that every month has.
const SHORTEST_MONTH: i32 = 28;

impl Unit for DayOfMonth {
    fn end(text: &str) -> Result<i32, String> {
        text.parse()
            .ok()
            .filter(|day: &i32| *day != 0 && (-31..=31).contains(day))
            .ok_or_else(|| {
                format!(
                    "not a day of the month: {text:?}; write 1 to 31, or -1 to -31 from its end"
                )
            })
    }

    /// Which of two days comes first may depend on the month; refused is what is never in order.
    fn check(begin: i32, end: i32) -> Result<(), String> {
        if begin < 0 && end > 0 {
            return Err("the end day must be negative if the start day is negative".to_owned());
        }
        let at_least = |day: i32| if day < 0 { SHORTEST_MONTH + day } else { day };
        if at_least(begin) > at_least(end) {
            return Err(format!(
                "the end day {end} is always before the start day {begin}"
            ));
        }
        Ok(())
    }
}

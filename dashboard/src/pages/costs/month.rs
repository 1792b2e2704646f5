//! Months of bills: a month of the calendar, whatever the zone its provider bills in.

use analyzers::cost::{Month as BillMonth, Period};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde::Serialize;
use store::model::UnixNano;
use store::read::Window;
use store::read::usage::Days;

use crate::range::BadParameter;
use crate::web::Context;

/// Months the picker offers, the running one included.
const OFFERED: i16 = 13;
const DAY_S: i64 = 86_400;

/// A month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month(Date);

/// A month to choose.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MonthChoice {
    value: String,
    label: String,
    selected: bool,
}

impl Month {
    /// The month that runs at `now_ms`, UTC.
    pub(crate) fn running(now_ms: i64) -> Self {
        Self(today(now_ms).first_of_month())
    }

    /// `month=2026-11`, or the running one.
    pub(super) fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let running = Self::running(ctx.now_ms());
        let Some(text) = ctx.params.get("month") else {
            return Ok(running);
        };
        let parsed = text.split_once('-').and_then(|(year, month)| {
            let (year, month) = (year.parse::<i16>().ok()?, month.parse::<i8>().ok()?);
            Date::new(year, month, 1).ok()
        });
        match parsed {
            Some(first) if first.year() >= 2_000 && Self(first) <= running => Ok(Self(first)),
            _ => Err(BadParameter::new(
                "month",
                text,
                "a month that has begun, as 2026-11",
            )),
        }
    }

    /// The month before.
    pub(crate) fn before(self) -> Self {
        self.moved(-1)
    }

    fn moved(self, by: i16) -> Self {
        let months = self.0.year() * 12 + i16::from(self.0.month()) - 1 + by;
        let month = i8::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
        Self(date(months.div_euclid(12), month, 1))
    }

    /// Its days in bills.
    pub(crate) fn days(self) -> Days {
        self.days_until(self)
    }

    /// The days from its first to the last of another month.
    pub(crate) fn days_until(self, last: Self) -> Days {
        Days {
            first: day_number(self.0),
            last: day_number(last.0.last_of_month()),
        }
    }

    /// As the bill knows it: whole, or until now.
    pub(crate) fn period(self, now_s: i64) -> Period {
        Period {
            month: BillMonth {
                year: self.0.year(),
                month: self.0.month(),
            },
            until_s: (now_s < self.moved(1).first_s()).then_some(now_s),
        }
    }

    /// Its first second, UTC, s since the epoch.
    pub(crate) fn first_s(self) -> i64 {
        self.0
            .to_zoned_datetime(TimeZone::UTC)
            .map_or(0, |t| t.timestamp().as_second())
    }

    /// From its first second to its last, UTC.
    pub(super) fn window(self) -> Window {
        Window {
            from: UnixNano::from_secs(self.first_s()),
            to: UnixNano::from_secs(self.moved(1).first_s()),
        }
    }

    /// First seconds of its days, UTC.
    pub(super) fn days_s(self) -> Vec<u32> {
        let first = self.first_s();
        let days = i64::from(self.0.days_in_month());
        (0..days)
            .filter_map(|i| u32::try_from(first + i * DAY_S).ok())
            .collect()
    }

    /// `2026-11`.
    pub(super) fn value(self) -> String {
        self.0.strftime("%Y-%m").to_string()
    }

    /// `November`, with its year unless that is the running one.
    pub(super) fn name(self, now_ms: i64) -> String {
        let pattern = if self.0.year() == today(now_ms).year() {
            "%B"
        } else {
            "%B %Y"
        };
        self.0.strftime(pattern).to_string()
    }

    /// Whether it is still running.
    pub(super) fn is_running(self, now_ms: i64) -> bool {
        self == Self::running(now_ms)
    }

    /// What the picker offers: the last months, and this one if it is older.
    pub(super) fn choices(self, now_ms: i64) -> Vec<MonthChoice> {
        let running = Self::running(now_ms);
        let mut months: Vec<Self> = (0..OFFERED).map(|i| running.moved(-i)).collect();
        if !months.contains(&self) {
            months.push(self);
        }
        let choice = |month: Self| MonthChoice {
            value: month.value(),
            label: month.0.strftime("%B %Y").to_string(),
            selected: month == self,
        };
        months.into_iter().map(choice).collect()
    }
}

/// Days since 1970-01-01; months begin in 2000.
fn day_number(date: Date) -> u16 {
    let days = date
        .since(jiff::civil::date(1970, 1, 1))
        .map_or(0, |span| span.get_days());
    u16::try_from(days).unwrap_or(0)
}

/// 0 for Monday to 6 for Sunday, of the day that holds this second, UTC.
pub(super) fn weekday(at_s: u32) -> u8 {
    // The epoch began on a Thursday.
    u8::try_from((at_s / 86_400 + 3) % 7).unwrap_or(0)
}

fn today(now_ms: i64) -> Date {
    jiff::Timestamp::from_millisecond(now_ms).map_or(date(1970, 1, 1), |t| {
        t.to_zoned_datetime(TimeZone::UTC).date()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context};

    #[test]
    fn months_follow_one_another_over_the_year() {
        let november = Month::running(NOW.as_millis());
        assert_eq!(november.value(), "2026-11");
        assert_eq!(november.moved(2).value(), "2027-01");
        assert_eq!(november.moved(-11).before().value(), "2025-11");
        let of_november = Days {
            first: 20_758,
            last: 20_787,
        };
        assert_eq!(november.days(), of_november);
        assert_eq!(november.days_s().len(), 30);
        assert_eq!(november.name(NOW.as_millis()), "November");
        assert_eq!(november.moved(-11).name(NOW.as_millis()), "December 2025");
        assert_eq!(weekday(1_795_435_200), 0, "2026-11-23 is a Monday");
    }

    #[test]
    fn a_month_that_has_not_begun_or_is_none_is_refused() {
        for bad in [
            "2026-12",
            "2026-13",
            "november",
            "-1",
            "1900-01",
            "2026-11-01",
        ] {
            let ctx = context("/costs", &format!("month={bad}"));
            assert!(Month::read(&ctx).is_err(), "{bad}");
        }
        let ctx = context("/costs", "month=2026-02");
        assert_eq!(
            Month::read(&ctx).map(Month::value).ok().as_deref(),
            Some("2026-02")
        );
        assert_eq!(
            Month::read(&ctx)
                .map(|m| m.choices(NOW.as_millis()).len())
                .ok(),
            Some(13)
        );
    }
}

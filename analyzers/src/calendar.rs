//! Weeks, months and quarters of a zone, which reports are made of.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::slo::Period;
use crate::slo::openslo::{Duration, Unit};
use crate::slo::period::Stretch;

/// A Monday that begins a week, a month, a quarter and a year.
const START: DateTime = DateTime::constant(2001, 1, 1, 0, 0, 0, 0);

/// Which periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// From Monday to Sunday.
    Week,
    /// Of the calendar.
    Month,
    /// Three months from January, April, July or October on.
    Quarter,
}

impl Calendar {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Quarter];

    /// `week`, `month` or `quarter`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// The period that holds `minute`, minutes since 1970.
    #[must_use]
    pub fn around(self, minute: i64, zone: &TimeZone) -> Stretch {
        let unit = match self {
            Self::Week => Unit::Week,
            Self::Month => Unit::Month,
            Self::Quarter => Unit::Quarter,
        };
        every(unit, zone).around(minute)
    }

    /// The period that holds `minute` and those before it, the newest first, `count` in all.
    #[must_use]
    pub fn back(self, minute: i64, zone: &TimeZone, count: usize) -> Vec<Stretch> {
        let newest = self.around(minute, zone);
        let before = |one: &Stretch| Some(self.around(one.begin - 1, zone));
        std::iter::successors(Some(newest), before)
            .take(count)
            .collect()
    }

    /// What a period that begins with `minute` is called: `2026-W48`, `2026-11` or `2026-Q4`.
    #[must_use]
    pub fn name(self, begin: i64, zone: &TimeZone) -> String {
        let at = civil(begin, zone);
        match self {
            Self::Week => {
                let week = at.date().iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Self::Month => at.strftime("%Y-%m").to_string(),
            Self::Quarter => format!("{}-Q{}", at.year(), (at.month() + 2) / 3),
        }
    }
}

/// The first minutes of the days that touch `within`.
#[must_use]
pub fn days(within: Stretch, zone: &TimeZone) -> Vec<i64> {
    let day = every(Unit::Day, zone);
    let mut begins = Vec::new();
    let mut at = within.begin;
    while at < within.end {
        let one = day.around(at);
        begins.push(one.begin);
        at = one.end;
    }
    begins
}

/// The date of a minute, `2026-11-03`.
#[must_use]
pub fn date(minute: i64, zone: &TimeZone) -> String {
    civil(minute, zone).strftime("%Y-%m-%d").to_string()
}

fn every(unit: Unit, zone: &TimeZone) -> Period {
    Period::Calendar {
        start: START,
        zone: zone.clone(),
        step: Duration { count: 1, unit },
    }
}

fn civil(minute: i64, zone: &TimeZone) -> DateTime {
    let at = Timestamp::from_second(minute.saturating_mul(60)).unwrap_or_default();
    zone.to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(text: &str) -> i64 {
        let at: Timestamp = text.parse().expect("a time");
        at.as_second().div_euclid(60)
    }

    #[test]
    fn periods_follow_the_calendar_of_their_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let at = minute("2026-03-29T12:00:00Z");
        let named = |by: Calendar| by.name(by.around(at, &berlin).begin, &berlin);
        assert_eq!(Calendar::ALL.map(named), ["2026-W13", "2026-03", "2026-Q1"]);
        let month = Calendar::Month.around(at, &berlin);
        assert_eq!(month.begin, minute("2026-02-28T23:00:00Z"));
        assert_eq!(month.minutes(), (31 * 24 - 1) * 60);
        let back = Calendar::Quarter.back(at, &berlin, 3);
        let names: Vec<_> = back
            .iter()
            .map(|one| Calendar::Quarter.name(one.begin, &berlin))
            .collect();
        assert_eq!(names, ["2026-Q1", "2025-Q4", "2025-Q3"]);
        // The first days of a year may belong to the last week of the one before.
        let new_year = Calendar::Week.around(minute("2027-01-01T12:00:00Z"), &berlin);
        assert_eq!(Calendar::Week.name(new_year.begin, &berlin), "2026-W53");
    }

    #[test]
    fn days_may_have_an_hour_less_and_each_begins_where_the_one_before_ends() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let month = Calendar::Month.around(minute("2026-03-29T12:00:00Z"), &berlin);
        let days = days(month, &berlin);
        assert_eq!((days.len(), days[0]), (31, month.begin));
        assert_eq!(days[29] - days[28], 23 * 60);
        assert_eq!(date(days[28], &berlin), "2026-03-29");
        assert_eq!(Calendar::parse("week"), Some(Calendar::Week));
        assert_eq!(Calendar::parse("year"), None);
    }
}

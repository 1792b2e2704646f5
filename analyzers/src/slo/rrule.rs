//! Recurrence rules (RFC 5545) as far as maintenance needs them: FREQ, INTERVAL, COUNT, UNTIL and BYDAY.

use jiff::Span;
use jiff::civil::{Date, DateTime, Weekday};

/// Occurrences that are looked at before a rule is given up; 20 years of every day are 7,305.
const OCCURRENCES_MAX: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// How something recurs, in the clock of a place.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: i32,
    count: Option<usize>,
    until: Option<Until>,
    days: Vec<(i8, Weekday)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// In the place's clock.
    Civil(DateTime),
    /// `…Z`
    Utc(DateTime),
}

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

impl Rule {
    /// Reads a rule, with or without `RRULE:` before it.
    ///
    /// # Errors
    /// With what is wrong or not supported, by its name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = text.strip_prefix("RRULE:").unwrap_or(text);
        let mut frequency = None;
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            days: Vec::new(),
        };
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("`{}` of the rrule is no KEY=VALUE", shown(part)))?;
            let wrong = |wanted: &str| {
                format!(
                    "{key} of the rrule is `{}`; it must be {wanted}",
                    shown(value)
                )
            };
            match key {
                "FREQ" => frequency = Some(frequency_of(value)?),
                "INTERVAL" => {
                    let count = value.parse().ok().filter(|n| (1..=1000).contains(n));
                    rule.interval = count.ok_or_else(|| wrong("1 to 1000"))?;
                }
                "COUNT" => {
                    let count = value
                        .parse()
                        .ok()
                        .filter(|n| (1..=OCCURRENCES_MAX).contains(n));
                    rule.count = Some(count.ok_or_else(|| wrong("1 to 20000"))?);
                }
                "UNTIL" => {
                    let until = until(value);
                    rule.until =
                        Some(until.ok_or_else(|| wrong("as 20261231T235959Z or 20261231"))?);
                }
                "BYDAY" => {
                    let days = value.split(',').map(day).collect::<Option<Vec<_>>>();
                    rule.days =
                        days.ok_or_else(|| wrong("days as MO,WE or, in a month, 1MO or -1FR"))?;
                }
                _ => {
                    return Err(format!(
                        "{} of the rrule is not supported; FREQ, INTERVAL, COUNT, UNTIL and BYDAY are",
                        shown(key)
                    ));
                }
            }
        }
        rule.frequency = frequency.ok_or("the rrule has no FREQ")?;
        let numbered = rule.days.iter().any(|(number, _)| *number != 0);
        if numbered && rule.frequency != Frequency::Monthly {
            return Err("BYDAY with a number, as 1MO, needs FREQ=MONTHLY".to_owned());
        }
        if !rule.days.is_empty() && rule.frequency == Frequency::Yearly {
            return Err("BYDAY with FREQ=YEARLY is not supported".to_owned());
        }
        if rule.count.is_some() && rule.until.is_some() {
            return Err("an rrule has COUNT or UNTIL, not both".to_owned());
        }
        Ok(rule)
    }

    /// When it happens from `start` on, in order, while `more` wants to know. `is_after` says whether a
    /// time lies after the rule's end.
    pub(super) fn occurrences(
        &self,
        start: DateTime,
        is_after: impl Fn(DateTime, Until) -> bool,
        mut more: impl FnMut(DateTime) -> bool,
    ) {
        let mut seen = 0;
        for number in 0..OCCURRENCES_MAX {
            let Some(dates) = self.dates(start.date(), number) else {
                return;
            };
            for date in dates {
                let at = DateTime::from_parts(date, start.time());
                if at < start {
                    continue;
                }
                let over = self.until.is_some_and(|until| is_after(at, until));
                if over || self.count.is_some_and(|count| seen >= count) || !more(at) {
                    return;
                }
                seen += 1;
            }
        }
    }

    /// The dates of the `number`th day, week, month or year of the rule; `None` after the calendar's end.
    fn dates(&self, start: Date, number: usize) -> Option<Vec<Date>> {
        let steps = i64::from(self.interval) * i64::try_from(number).ok()?;
        let listed = |date: &Date| {
            self.days.is_empty() || self.days.iter().any(|(_, day)| date.weekday() == *day)
        };
        Some(match self.frequency {
            Frequency::Daily => {
                let date = start.checked_add(Span::new().try_days(steps).ok()?).ok()?;
                Some(date).filter(listed).into_iter().collect()
            }
            Frequency::Weekly => {
                let back = i64::from(start.weekday().to_monday_zero_offset());
                let days = steps.checked_mul(7)?.checked_sub(back)?;
                let monday = start.checked_add(Span::new().try_days(days).ok()?).ok()?;
                let same = |date: &Date| match self.days.is_empty() {
                    true => date.weekday() == start.weekday(),
                    false => listed(date),
                };
                monday
                    .series(Span::new().days(1))
                    .take(7)
                    .filter(same)
                    .collect()
            }
            Frequency::Monthly => {
                let first = start.first_of_month();
                let month = first
                    .checked_add(Span::new().try_months(steps).ok()?)
                    .ok()?;
                let days = month.series(Span::new().days(1));
                let days = days.take(usize::try_from(month.days_in_month()).ok()?);
                days.filter(|date| self.in_month(*date, start.day()))
                    .collect()
            }
            Frequency::Yearly => {
                let year = i64::from(start.year()).checked_add(steps)?;
                // The 29th of February comes in leap years only.
                let date = Date::new(i16::try_from(year).ok()?, start.month(), start.day());
                date.ok().into_iter().collect()
            }
        })
    }

    fn in_month(&self, date: Date, day_of_start: i8) -> bool {
        if self.days.is_empty() {
            return date.day() == day_of_start;
        }
        let from_begin = (date.day() - 1) / 7 + 1;
        let from_end = -((date.days_in_month() - date.day()) / 7 + 1);
        self.days.iter().any(|(number, day)| {
            date.weekday() == *day && [0, from_begin, from_end].contains(number)
        })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

fn frequency_of(value: &str) -> Result<Frequency, String> {
    Ok(match value {
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => {
            return Err(format!(
                "FREQ={} of the rrule is not supported; DAILY, WEEKLY, MONTHLY and YEARLY are",
                shown(value)
            ));
        }
    })
}

fn until(value: &str) -> Option<Until> {
    let (text, utc) = match value.strip_suffix('Z') {
        Some(text) => (text, true),
        None => (value, false),
    };
    let at = match text.parse::<Date>() {
        // A day is meant whole.
        Ok(date) if !text.contains('T') => date.at(23, 59, 59, 0),
        _ => text.parse::<DateTime>().ok()?,
    };
    Some(if utc {
        Until::Utc(at)
    } else {
        Until::Civil(at)
    })
}

fn day(text: &str) -> Option<(i8, Weekday)> {
    let at = text.len().checked_sub(2)?;
    let (number, name) = (text.get(..at)?, text.get(at..)?);
    let (_, day) = DAYS.iter().find(|(known, _)| *known == name)?;
    let number = match number {
        "" => 0,
        number => number
            .parse()
            .ok()
            .filter(|n| (-5..=5).contains(n) && *n != 0)?,
    };
    Some((number, *day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(rule: &str, start: &str, most: usize) -> Vec<String> {
        let rule = Rule::parse(rule).expect(rule);
        let mut out = Vec::new();
        let over = |at: DateTime, until: Until| match until {
            Until::Civil(end) | Until::Utc(end) => at > end,
        };
        rule.occurrences(start.parse().expect("a time"), over, |at| {
            out.push(at.date().to_string());
            out.len() < most
        });
        out
    }

    #[test]
    fn rules_recur_as_the_standard_says() {
        for (rule, start, expected) in [
            (
                "FREQ=DAILY;INTERVAL=2;COUNT=3",
                "2026-02-27T01:00:00",
                "2026-02-27 2026-03-01 2026-03-03",
            ),
            (
                "FREQ=WEEKLY;BYDAY=TU,SA;COUNT=4",
                "2026-03-04T22:00:00",
                "2026-03-07 2026-03-10 2026-03-14 2026-03-17",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=3",
                "2026-03-04T22:00:00",
                "2026-03-04 2026-03-18 2026-04-01",
            ),
            (
                "RRULE:FREQ=MONTHLY;COUNT=3",
                "2026-01-31T00:00:00",
                "2026-01-31 2026-03-31 2026-05-31",
            ),
            (
                "FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=4",
                "2026-03-01T00:00:00",
                "2026-03-02 2026-03-27 2026-04-06 2026-04-24",
            ),
            (
                "FREQ=YEARLY;COUNT=2",
                "2024-02-29T00:00:00",
                "2024-02-29 2028-02-29",
            ),
            (
                "FREQ=DAILY;BYDAY=SA,SU;UNTIL=20260308",
                "2026-03-06T23:00:00",
                "2026-03-07 2026-03-08",
            ),
            (
                "FREQ=WEEKLY;UNTIL=20260311T215959Z",
                "2026-03-04T22:00:00",
                "2026-03-04",
            ),
        ] {
            assert_eq!(dates(rule, start, 10).join(" "), expected, "{rule}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for (rule, part) in [
            ("COUNT=1", "no FREQ"),
            ("FREQ=HOURLY", "FREQ=HOURLY"),
            ("FREQ=DAILY;BYHOUR=3", "BYHOUR"),
            ("FREQ=DAILY;COUNT=0", "COUNT"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "not both"),
            ("FREQ=WEEKLY;BYDAY=1MO", "FREQ=MONTHLY"),
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
            ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
            ("daily", "KEY=VALUE"),
        ] {
            let error = Rule::parse(rule).expect_err(rule);
            assert!(error.contains(part), "{rule}: {error}");
        }
    }
}

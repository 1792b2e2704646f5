//! Times that do not count: maintenance, nights, deploys. Their minutes leave good and total, so that they
//! neither burn nor earn budget. They stand in the annotation `nephoscope.dev/corrections` of an SLO, as
//! YAML:
//!
//! ```yaml
//! nephoscope.dev/corrections: |
//!   - category: Scheduled Maintenance
//!     start: 2026-03-01 02:00:00
//!     duration: 2h
//!     rrule: FREQ=WEEKLY;BYDAY=SU
//!     timezone: Europe/Berlin
//! ```

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::openslo::Duration;
use super::period::Stretch;
use super::rrule::{Rule, Until};

/// Corrections of one SLO.
const CORRECTIONS_MAX: usize = 100;

/// Why a time does not count.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Category {
    /// Announced work.
    #[serde(rename = "Scheduled Maintenance")]
    ScheduledMaintenance,
    /// Nobody is served then.
    #[serde(rename = "Outside Business Hours")]
    OutsideBusinessHours,
    /// A deploy.
    Deployment,
    /// Anything else.
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    category: Category,
    start: String,
    end: Option<String>,
    duration: Option<Duration>,
    rrule: Option<String>,
    timezone: Option<String>,
    #[serde(default)]
    description: String,
}

/// A time, or times, that do not count.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Why.
    pub category: Category,
    /// For people.
    pub description: String,
    zone: TimeZone,
    start: DateTime,
    length: Length,
    rule: Option<Rule>,
}

#[derive(Clone, Copy, Debug)]
enum Length {
    /// By the clock on the wall: an end at 04:00 stays there when clocks change.
    Until(DateTime),
    Seconds(i64),
}

/// Reads the corrections of an annotation.
///
/// # Errors
/// With the number of the correction and what is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Correction>, String> {
    let spelled: Vec<Spelled> = serde_saphyr::from_str(text).map_err(|error| {
        let told = error.without_snippet().to_string();
        format!("corrections: {}", told.lines().next().unwrap_or_default())
    })?;
    if spelled.len() > CORRECTIONS_MAX {
        return Err(format!("an SLO has at most {CORRECTIONS_MAX} corrections"));
    }
    let read = spelled.into_iter().enumerate();
    read.map(|(number, one)| {
        correction(one).map_err(|why| format!("correction {}: {why}", number + 1))
    })
    .collect()
}

fn correction(spelled: Spelled) -> Result<Correction, String> {
    let zone = match &spelled.timezone {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name)
            .map_err(|_| format!("`{name}` is no time zone, as Europe/Berlin"))?,
    };
    let start = civil("start", &spelled.start, &zone)?;
    let length = match (&spelled.end, spelled.duration) {
        (Some(end), None) => {
            let end = civil("end", end, &zone)?;
            if end <= start {
                return Err("`end` is not after `start`".to_owned());
            }
            Length::Until(end)
        }
        (None, Some(duration)) if duration.minutes() > 0 => {
            Length::Seconds(i64::try_from(duration.minutes()).unwrap_or(i64::MAX / 60) * 60)
        }
        (None, Some(_)) => return Err("`duration` is at least a minute".to_owned()),
        (Some(_), Some(_)) => return Err("write `end` or `duration`, not both".to_owned()),
        (None, None) => return Err("`end` or `duration` is missing".to_owned()),
    };
    let rule = spelled.rrule.as_deref().map(Rule::parse).transpose()?;
    Ok(Correction {
        category: spelled.category,
        description: spelled.description,
        zone,
        start,
        length,
        rule,
    })
}

/// A time in the clock of the zone; a moment with an offset of its own is brought there.
fn civil(key: &str, text: &str, zone: &TimeZone) -> Result<DateTime, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(zone.to_datetime(moment));
    }
    let shown: String = text.chars().take(40).collect();
    text.parse::<DateTime>()
        .map_err(|_| format!("`{key}` is `{shown}`; write it as 2026-03-01 02:00:00"))
}

impl Correction {
    /// The stretches that touch `within`, in order. A minute of which a part is corrected is corrected.
    #[must_use]
    pub fn stretches(&self, within: Stretch) -> Vec<Stretch> {
        let mut out = Vec::new();
        let mut take = |at: DateTime| {
            let Some(stretch) = self.stretch(at) else {
                return false;
            };
            if stretch.begin < within.end && stretch.end > within.begin {
                out.push(Stretch {
                    begin: stretch.begin.max(within.begin),
                    end: stretch.end.min(within.end),
                });
            }
            stretch.begin < within.end
        };
        match &self.rule {
            None => {
                take(self.start);
            }
            Some(rule) => rule.occurrences(self.start, |at, until| self.is_after(at, until), take),
        }
        out
    }

    fn is_after(&self, at: DateTime, until: Until) -> bool {
        match until {
            Until::Civil(end) => at > end,
            Until::Utc(end) => {
                let moment = TimeZone::UTC.to_timestamp(end);
                match (self.zone.to_timestamp(at), moment) {
                    (Ok(at), Ok(end)) => at > end,
                    _ => true,
                }
            }
        }
    }

    /// The minutes of the occurrence that begins at `at`.
    fn stretch(&self, at: DateTime) -> Option<Stretch> {
        let begin = self.zone.to_timestamp(at).ok()?.as_second();
        let end = match self.length {
            Length::Seconds(seconds) => begin.saturating_add(seconds),
            Length::Until(end) => {
                let span = self.start.until(end).ok()?;
                self.zone
                    .to_timestamp(at.checked_add(span).ok()?)
                    .ok()?
                    .as_second()
            }
        };
        Some(Stretch {
            begin: begin.div_euclid(60),
            end: end.saturating_add(59).div_euclid(60),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(yaml: &str, from: &str, to: &str) -> Vec<String> {
        let minute = |text: &str| {
            let at: Timestamp = text.parse().expect("a time");
            at.as_second() / 60
        };
        let within = Stretch {
            begin: minute(from),
            end: minute(to),
        };
        let text = |minute: i64| {
            let at = Timestamp::from_second(minute * 60).expect("in range");
            at.strftime("%m-%d %H:%M").to_string()
        };
        let corrections = parse(yaml).expect(yaml);
        let stretches = corrections.iter().flat_map(|one| one.stretches(within));
        stretches
            .map(|s| format!("{} to {}", text(s.begin), text(s.end)))
            .collect()
    }

    #[test]
    fn weekly_maintenance_stays_at_its_hour_when_the_clocks_change() {
        let yaml = "- category: Scheduled Maintenance\n  start: 2026-03-01 02:00:00\n  duration: 2h\n  \
                    rrule: FREQ=WEEKLY;BYDAY=SU\n  timezone: Europe/Berlin\n";
        assert_eq!(
            all(yaml, "2026-03-15T00:00:00Z", "2026-04-06T00:00:00Z"),
            [
                "03-15 01:00 to 03-15 03:00",
                "03-22 01:00 to 03-22 03:00",
                // At 02:00 the clocks go to 03:00.
                "03-29 01:00 to 03-29 03:00",
                "04-05 00:00 to 04-05 02:00",
            ]
        );
    }

    #[test]
    fn an_end_is_a_time_of_day_and_parts_of_minutes_are_minutes() {
        let yaml = "- category: Outside Business Hours\n  start: 2026-03-27 18:00:00\n  \
                    end: 2026-03-28 08:00:00\n  rrule: FREQ=DAILY;COUNT=2\n  timezone: Europe/Berlin\n\
                    - {category: Other, start: \"2026-03-28T00:00:30Z\", end: \"2026-03-28T00:01:30Z\"}\n";
        assert_eq!(
            all(yaml, "2026-03-27T00:00:00Z", "2026-03-29T05:00:00Z"),
            [
                "03-27 17:00 to 03-28 07:00",
                "03-28 17:00 to 03-29 05:00",
                "03-28 00:00 to 03-28 00:02",
            ]
        );
    }

    #[test]
    fn wrong_corrections_are_refused_with_the_reason() {
        for (yaml, part) in [
            (
                "- {category: Holiday, start: 2026-01-01 00:00:00, duration: 1h}",
                "Holiday",
            ),
            (
                "- {category: Other, start: soon, duration: 1h}",
                "`start` is `soon`",
            ),
            (
                "- {category: Other, start: 2026-01-01 00:00:00}",
                "`end` or `duration` is missing",
            ),
            (
                "- {category: Other, start: 2026-01-01 00:00:00, duration: 1h, end: 2026-01-02 00:00:00}",
                "not both",
            ),
            (
                "- {category: Other, start: 2026-01-02 00:00:00, end: 2026-01-01 00:00:00}",
                "not after",
            ),
            (
                "- {category: Other, start: 2026-01-02 00:00:00, duration: 0m}",
                "at least a minute",
            ),
            (
                "- {category: Other, start: 2026-01-02 00:00:00, duration: 1h, timezone: Mars}",
                "Mars",
            ),
            (
                "- {category: Other, start: 2026-01-02 00:00:00, duration: 1h, rrule: FREQ=SECONDLY}",
                "SECONDLY",
            ),
            ("- {category: Other, begin: 2026-01-02 00:00:00}", "begin"),
        ] {
            let error = parse(yaml).expect_err(yaml);
            assert!(error.contains(part), "{yaml}: {error}");
        }
    }
}

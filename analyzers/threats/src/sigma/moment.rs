//! Times in events: when one happened, and the parts of a date that rules compare.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A part of a date, as it is written: no time zone is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Minute,
    Hour,
    Day,
    /// Of the ISO year, 1 to 53.
    Week,
    Month,
    Year,
}

impl Part {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// This part of the date in a field; None if there is no date.
    pub fn of(self, value: &Value) -> Option<f64> {
        let date = match value {
            Value::String(text) => written(text)?.0,
            Value::Number(number) => civil(since_epoch(number.as_f64()?)?)?,
            _ => return None,
        };
        Some(match self {
            Self::Minute => date.minute().into(),
            Self::Hour => date.hour().into(),
            Self::Day => date.day().into(),
            Self::Week => date.date().iso_week_date().week().into(),
            Self::Month => date.month().into(),
            Self::Year => date.year().into(),
        })
    }
}

/// Where an event says when it happened; the first that is there and is a time counts.
const TIME_FIELDS: [&str; 16] = [
    "time",
    "timestamp",
    "@timestamp",
    "eventTime",
    "time_unix_nano",
    "timeUnixNano",
    "observed_timestamp",
    "requestReceivedTimestamp",
    "createdDateTime",
    "activityDateTime",
    "CreationTime",
    "TimeGenerated",
    "TimeCreated",
    "UtcTime",
    "receiveTimestamp",
    "published",
];

/// When an event happened, in nanoseconds since 1970; None if it does not say.
pub fn of_event(event: &Value) -> Option<i64> {
    let map = event.as_object()?;
    TIME_FIELDS
        .iter()
        .find_map(|field| nanoseconds(map.get(*field)?))
}

/// A time as nanoseconds since 1970: RFC 3339, a date and time without zone (UTC), or a number of seconds,
/// milli-, micro- or nanoseconds, told apart by its size.
pub fn nanoseconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.unsigned_abs() >= NANOSECONDS_FROM => Some(whole),
            _ => since_epoch(number.as_f64()?)?.as_nanos().try_into().ok(),
        },
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => match text.parse::<i64>() {
                Ok(whole) if whole.unsigned_abs() >= NANOSECONDS_FROM => Some(whole),
                _ => since_epoch(number)?.as_nanos().try_into().ok(),
            },
            Err(_) => {
                let (date, zoned) = written(text)?;
                let instant = match zoned {
                    Some(instant) => instant,
                    None => Offset::UTC.to_timestamp(date).ok()?,
                };
                instant.as_nanosecond().try_into().ok()
            }
        },
        _ => None,
    }
}

/// 10^17 ns is in 1973; so many microseconds are in the year 5138.
const NANOSECONDS_FROM: u64 = 100_000_000_000_000_000;

fn since_epoch(number: f64) -> Option<SignedDuration> {
    let seconds = match number.abs() {
        size if size < 1e11 => number,
        size if size < 1e14 => number / 1e3,
        size if size < 1e17 => number / 1e6,
        _ => number / 1e9,
    };
    SignedDuration::try_from_secs_f64(seconds).ok()
}

fn civil(since: SignedDuration) -> Option<DateTime> {
    let instant = Timestamp::from_duration(since).ok()?;
    Some(Offset::UTC.to_datetime(instant))
}

/// The date as written, and the instant if a zone is written too.
fn written(text: &str) -> Option<(DateTime, Option<Timestamp>)> {
    let text = text.trim();
    if text.len() > 64 || !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let instant = text.parse::<Timestamp>().ok();
    // jiff reads no civil time from a text with a zone, so that is cut off.
    let zone = text.get(10..)?.find(['Z', 'z', '+', '-', '[', ' ']);
    let end = match zone.map(|at| at + 10) {
        // A space may stand between date and time.
        Some(10) if text.as_bytes()[10] == b' ' => text[11..]
            .find(['Z', 'z', '+', '-', '[', ' '])
            .map_or(text.len(), |at| at + 11),
        Some(at) => at,
        None => text.len(),
    };
    let date = text.get(..end)?.parse::<DateTime>().ok()?;
    Some((date, instant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_in_every_spelling() {
        let second = 1_714_557_600;
        for value in [
            json!("2024-05-01T10:00:00Z"),
            json!("2024-05-01T12:00:00+02:00"),
            json!("2024-05-01 10:00:00"),
            json!("2024-05-01T10:00:00.000"),
            json!(second),
            json!(second * 1000),
            json!(second * 1_000_000),
            json!(second * 1_000_000_000_i64),
            json!("1714557600"),
            json!(1_714_557_600.0),
        ] {
            assert_eq!(nanoseconds(&value), Some(second * 1_000_000_000), "{value}");
        }
        for value in [
            json!("soon"),
            json!(null),
            json!(""),
            json!("12"),
            json!([1]),
        ] {
            assert!(
                nanoseconds(&value).is_none_or(|at| at == 12_000_000_000),
                "{value}"
            );
        }
    }

    #[test]
    fn parts_of_a_date_are_as_written() {
        let value = json!("2024-12-30T23:59:07+05:00");
        let parts = [
            Part::Minute,
            Part::Hour,
            Part::Day,
            Part::Week,
            Part::Month,
            Part::Year,
        ];
        let found: Vec<f64> = parts.iter().filter_map(|part| part.of(&value)).collect();
        assert_eq!(found, [59.0, 23.0, 30.0, 1.0, 12.0, 2024.0]);
        assert_eq!(Part::Hour.of(&json!("2024-05-01 18:30:00")), Some(18.0));
        assert_eq!(Part::Hour.of(&json!("2024-05-01")), Some(0.0));
        assert_eq!(Part::Hour.of(&json!("eighteen")), None);
    }

    #[test]
    fn an_event_says_when_it_happened() {
        let event = json!({"time": "unknown", "eventTime": "1970-01-01T00:00:01Z"});
        assert_eq!(of_event(&event), Some(1_000_000_000));
        assert_eq!(of_event(&json!("text")), None);
    }
}

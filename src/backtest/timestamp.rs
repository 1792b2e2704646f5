//! Times as files spell them, and back again in the same spelling.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use store::model::UnixNano;

/// How a file spells its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `2024-05-01`
    Date,
    /// `2024-05-01T12:00:00Z` and its relatives.
    Moment {
        /// A space stands where the standard has a `T`.
        space: bool,
        /// The seconds are written even if they are zero.
        seconds: bool,
        zone: Zone,
    },
    /// Seconds since 1970, with or without a fraction.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
}

/// How a moment's zone is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Not at all: it is UTC.
    Unsaid,
    Z,
    /// `+02:00`, in seconds.
    Offset(i32),
}

impl Default for Spelling {
    fn default() -> Self {
        Self::Moment {
            space: false,
            seconds: true,
            zone: Zone::Z,
        }
    }
}

/// Later and earlier times do not fit into nanoseconds; a larger number counts milliseconds.
const SECONDS_MAX: f64 = 9.0e9;

/// Reads a time in any spelling.
pub fn parse(text: &str) -> Option<(UnixNano, Spelling)> {
    if let Ok(number) = text.parse::<f64>() {
        let (millis, spelling) = match number.abs() <= SECONDS_MAX {
            true => (number * 1e3, Spelling::UnixSeconds),
            false => (number, Spelling::UnixMillis),
        };
        #[allow(clippy::cast_possible_truncation)] // within SECONDS_MAX
        return (millis.abs() <= SECONDS_MAX * 1e3)
            .then(|| (UnixNano::from_millis(millis.round() as i64), spelling));
    }
    if let Ok(date) = text.parse::<Date>()
        && !text.contains([':', 'T', ' '])
    {
        return utc(date.at(0, 0, 0, 0)).map(|at| (at, Spelling::Date));
    }
    let (at, zone) = match text.parse::<jiff::Timestamp>() {
        Ok(timestamp) => (nanos(timestamp)?, zone(text)),
        Err(_) => (utc(text.parse().ok()?)?, Zone::Unsaid),
    };
    let spelling = Spelling::Moment {
        space: text.contains(' '),
        seconds: text.matches(':').count() + usize::from(!matches!(zone, Zone::Offset(_))) >= 3,
        zone,
    };
    Some((at, spelling))
}

fn utc(moment: DateTime) -> Option<UnixNano> {
    nanos(TimeZone::UTC.to_timestamp(moment).ok()?)
}

/// The zone of a text that is a moment with a zone.
fn zone(text: &str) -> Zone {
    let time = text.find([':', 'T', ' ']).unwrap_or_default();
    let sign = text[time..].rfind(['+', '-']);
    let Some(offset) = sign.map(|at| &text[time + at..]) else {
        return Zone::Z;
    };
    let number = |range: std::ops::Range<usize>| {
        let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
        digits.get(range).and_then(|d| d.parse::<i32>().ok())
    };
    let seconds = number(0..2).unwrap_or(0) * 3600 + number(2..4).unwrap_or(0) * 60;
    Zone::Offset(if offset.starts_with('-') {
        -seconds
    } else {
        seconds
    })
}

fn nanos(timestamp: jiff::Timestamp) -> Option<UnixNano> {
    i64::try_from(timestamp.as_nanosecond()).ok().map(UnixNano)
}

/// Spells a time.
pub fn spell(at: UnixNano, spelling: Spelling) -> serde_json::Value {
    let timestamp = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    match spelling {
        Spelling::Moment {
            space,
            seconds,
            zone,
        } => moment(timestamp, space, seconds, zone).into(),
        Spelling::Date => TimeZone::UTC
            .to_datetime(timestamp)
            .date()
            .to_string()
            .into(),
        Spelling::UnixMillis => (at.0 / 1_000_000).into(),
        Spelling::UnixSeconds if at.0 % 1_000_000_000 == 0 => (at.0 / 1_000_000_000).into(),
        #[allow(clippy::cast_precision_loss)] // milliseconds are kept
        Spelling::UnixSeconds => ((at.0 / 1_000_000) as f64 / 1e3).into(),
    }
}

fn moment(timestamp: jiff::Timestamp, space: bool, seconds: bool, zone: Zone) -> String {
    let offset = match zone {
        Zone::Offset(seconds) => Offset::from_seconds(seconds).unwrap_or(Offset::UTC),
        Zone::Unsaid | Zone::Z => Offset::UTC,
    };
    let civil = offset.to_datetime(timestamp);
    let mut text = civil.to_string();
    if !seconds && civil.second() == 0 && civil.subsec_nanosecond() == 0 {
        text.truncate(text.len() - ":00".len());
    }
    if space {
        text = text.replace('T', " ");
    }
    match zone {
        Zone::Unsaid => {}
        Zone::Z => text.push('Z'),
        Zone::Offset(seconds) => {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.abs() / 60;
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_comes_back_as_it_was() {
        for text in [
            "2024-05-01",
            "2024-05-01T12:30:00Z",
            "2024-05-01T12:30:00.25Z",
            "2024-05-01T12:30:00",
            "2024-05-01 12:30:00",
            "2024-05-01 12:30",
            "2024-05-01 12:30:00+00:00",
            "2024-05-01T12:30:00-05:30",
            "2024-05-01T12:30+02:00",
            "1714566600",
            "1714566600.25",
            "1714566600250",
        ] {
            let (at, seen) = parse(text).expect(text);
            let back = spell(at, seen);
            assert_eq!(back.as_str().map_or(back.to_string(), str::to_owned), text);
        }
    }

    #[test]
    fn a_time_without_a_zone_is_utc_and_nonsense_is_none() {
        let expected = parse("2024-05-01T12:30:00Z").map(|(at, _)| at);
        assert_eq!(parse("2024-05-01 12:30:00").map(|(at, _)| at), expected);
        assert_eq!(
            parse("2024-05-01T14:30:00+02:00").map(|(at, _)| at),
            expected
        );
        for text in ["", "yesterday", "NaN", "1e300", "2024-13-01", "-"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

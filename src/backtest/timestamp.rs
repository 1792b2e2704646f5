//! Times as files spell them, and back again in the same spelling.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use store::model::UnixNano;

/// How a file spells its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `2024-05-01`
    Date,
    /// `2024-05-01T12:00:00Z`; without a zone it is UTC.
    Rfc3339,
    /// Seconds since 1970, with or without a fraction.
    UnixSeconds,
}

/// Later and earlier times do not fit into nanoseconds.
const SECONDS_MAX: f64 = 9.0e9;

/// Reads a time in any spelling.
pub fn parse(text: &str) -> Option<(UnixNano, Spelling)> {
    if let Ok(seconds) = text.parse::<f64>() {
        #[allow(clippy::cast_possible_truncation)] // within SECONDS_MAX
        return (seconds.abs() <= SECONDS_MAX)
            .then(|| (seconds * 1e3).round() as i64)
            .map(|ms| (UnixNano::from_millis(ms), Spelling::UnixSeconds));
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return nanos(timestamp).map(|at| (at, Spelling::Rfc3339));
    }
    let (moment, spelling) = match text.contains([':', 'T', ' ']) {
        true => (text.parse::<DateTime>().ok()?, Spelling::Rfc3339),
        false => (text.parse::<Date>().ok()?.at(0, 0, 0, 0), Spelling::Date),
    };
    let zoned = TimeZone::UTC.to_timestamp(moment).ok()?;
    nanos(zoned).map(|at| (at, spelling))
}

fn nanos(timestamp: jiff::Timestamp) -> Option<UnixNano> {
    i64::try_from(timestamp.as_nanosecond()).ok().map(UnixNano)
}

/// Spells a time.
pub fn spell(at: UnixNano, spelling: Spelling) -> serde_json::Value {
    let timestamp = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    match spelling {
        Spelling::Rfc3339 => timestamp.to_string().into(),
        Spelling::Date => TimeZone::UTC
            .to_datetime(timestamp)
            .date()
            .to_string()
            .into(),
        Spelling::UnixSeconds if at.0 % 1_000_000_000 == 0 => (at.0 / 1_000_000_000).into(),
        #[allow(clippy::cast_precision_loss)] // milliseconds are kept
        Spelling::UnixSeconds => ((at.0 / 1_000_000) as f64 / 1e3).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_comes_back_as_it_was() {
        for (text, spelling) in [
            ("2024-05-01", Spelling::Date),
            ("2024-05-01T12:30:00Z", Spelling::Rfc3339),
            ("1714566600", Spelling::UnixSeconds),
            ("1714566600.25", Spelling::UnixSeconds),
        ] {
            let (at, seen) = parse(text).expect(text);
            assert_eq!(seen, spelling, "{text}");
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

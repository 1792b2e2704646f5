//! OpenSLO's duration shorthand: a whole number and one letter, `5m`, `1h`, `30d`, `4w`, `1M`, `1Q`, `1Y`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A unit; the case of its letter matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`
    Week,
    /// `M`
    Month,
    /// `Q`
    Quarter,
    /// `Y`
    Year,
}

const LETTERS: [(char, Unit, u64); 7] = [
    ('m', Unit::Minute, 1),
    ('h', Unit::Hour, 60),
    ('d', Unit::Day, 24 * 60),
    ('w', Unit::Week, 7 * 24 * 60),
    ('M', Unit::Month, 30 * 24 * 60),
    ('Q', Unit::Quarter, 90 * 24 * 60),
    ('Y', Unit::Year, 365 * 24 * 60),
];

/// A longer one is nobody's window: ten years.
const MINUTES_MAX: u64 = 10 * 366 * 24 * 60;

/// A duration as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// How many of the unit; 0 only where a duration may be nothing.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

impl Duration {
    /// Its length where no calendar tells another: days of 24 hours, months of 30 days, quarters of 90,
    /// years of 365, as OpenSLO's own library counts.
    #[must_use]
    pub fn minutes(self) -> u64 {
        let of = |(_, _, minutes): &(char, Unit, u64)| u64::from(self.count) * minutes;
        LETTERS
            .iter()
            .find(|(_, unit, _)| *unit == self.unit)
            .map_or(0, of)
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || {
            let shown: String = text.chars().take(40).collect();
            format!(
                "`{shown}` is no duration: a whole number and one of m, h, d, w, M, Q, Y, as 30d"
            )
        };
        let letter = text.chars().last().ok_or_else(refuse)?;
        let digits = &text[..text.len() - letter.len_utf8()];
        let found = LETTERS.iter().find(|(known, _, _)| *known == letter);
        let (_, unit, _) = *found.ok_or_else(refuse)?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        let count = digits.parse().map_err(|_| refuse())?;
        let duration = Self { count, unit };
        match duration.minutes() <= MINUTES_MAX {
            true => Ok(duration),
            false => Err(format!("`{text}` is too long; at most ten years")),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = LETTERS.iter().find(|(_, unit, _)| *unit == self.unit);
        write!(
            f,
            "{}{}",
            self.count,
            letter.map_or('m', |(letter, _, _)| *letter)
        )
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Duration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration as 30d")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
                text.parse().map_err(E::custom)
            }

            /// The specification: a slice's window without a unit is in minutes.
            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Duration, E> {
                format!("{count}m").parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_specification_says_and_are_written_the_same() {
        for (text, minutes) in [
            ("10m", 10),
            ("5h", 300),
            ("2d", 2880),
            ("1w", 10_080),
            ("3M", 129_600),
            ("1Q", 129_600),
            ("1Y", 525_600),
            ("0m", 0),
        ] {
            let duration: Duration = text.parse().expect(text);
            assert_eq!(
                (duration.minutes(), duration.to_string()),
                (minutes, text.to_owned())
            );
        }
        for text in [
            "",
            "m",
            "1",
            "1s",
            "-1d",
            "1.5h",
            " 1h",
            "1h ",
            "1D",
            "1W",
            "99999999999d",
            "20Y",
            "1é",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}

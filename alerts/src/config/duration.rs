//! Prometheus' durations: `1h30m`, `5d`, `250ms`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, not negative, to the millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    millis: i64,
}

/// From the largest, in the order in which they must stand, each at most once.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest that nanoseconds in 64 bits can count, about 292 years.
const MILLIS_MAX: i64 = i64::MAX / 1_000_000;

impl Duration {
    /// From milliseconds, not negative.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self { millis }
    }

    /// From seconds, not negative.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self {
            millis: secs * 1_000,
        }
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.millis * 1_000_000
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.millis == 0
    }

    /// Reads `1h30m`; `0` needs no unit.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault = || {
            format!(
                "not a duration: {text:?}; write whole numbers with y, w, d, h, m, s or ms, the largest \
                 first, for example 1h30m"
            )
        };
        if text == "0" {
            return Ok(Self::default());
        }
        let (mut rest, mut millis, mut units) = (text, 0_i64, UNITS.as_slice());
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
            let (number, tail) = rest.split_at(digits);
            let name = tail.find(|c: char| !c.is_ascii_alphabetic());
            let (name, tail) = tail.split_at(name.unwrap_or(tail.len()));
            let at = units.iter().position(|(unit, _)| *unit == name);
            let at = at.filter(|_| !number.is_empty()).ok_or_else(fault)?;
            let part = number.parse::<i64>().ok();
            let sum = part.and_then(|part| part.checked_mul(units[at].1)?.checked_add(millis));
            millis = sum
                .filter(|sum| *sum <= MILLIS_MAX)
                .ok_or_else(|| format!("the duration {text:?} is longer than 292 years"))?;
            units = &units[at + 1..];
            rest = tail;
        }
        if text.is_empty() {
            return Err("empty duration; write for example 5m".to_owned());
        }
        Ok(Self { millis })
    }
}

/// The shortest text that reads back the same.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.millis;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, millis) in UNITS {
            // Years and weeks only when they are all there is: nobody adds days to weeks in the head.
            let whole_only = matches!(unit, "y" | "w");
            if rest >= millis && (!whole_only || rest % millis == 0) {
                write!(f, "{}{unit}", rest / millis)?;
                rest %= millis;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_printed_as_prometheus_does() {
        for (text, millis, printed) in [
            ("0", 0, "0s"),
            ("0s", 0, "0s"),
            ("30s", 30_000, "30s"),
            ("1h30m", 5_400_000, "1h30m"),
            ("90m", 5_400_000, "1h30m"),
            ("5m0s", 300_000, "5m"),
            ("1d", 86_400_000, "1d"),
            ("14d", 14 * 86_400_000, "2w"),
            ("8d", 8 * 86_400_000, "8d"),
            ("1y", 365 * 86_400_000, "1y"),
            ("250ms", 250, "250ms"),
            ("1s5ms", 1_005, "1s5ms"),
        ] {
            let got = Duration::parse(text).expect(text);
            assert_eq!((got.millis, got.to_string().as_str()), (millis, printed));
        }
    }

    #[test]
    fn what_prometheus_refuses_is_refused() {
        for text in [
            "", "5", "m", "1m1h", "1m1m", "-1m", "1.5h", "1 h", "1h ", "5min", "00", "1M", "300y",
        ] {
            assert!(Duration::parse(text).is_err(), "{text:?}");
        }
    }
}

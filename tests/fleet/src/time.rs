//! Simulated time: UTC nanoseconds since 1970, and the few texts it is read from and written to.

use jiff::Timestamp;

/// Nanoseconds: a moment since 1970-01-01T00:00:00Z, or the length of a span of time.
pub type Ns = u64;

/// One millisecond in nanoseconds.
pub const MILLI: Ns = 1_000_000;
/// One second in nanoseconds.
pub const SECOND: Ns = 1_000 * MILLI;
/// One minute in nanoseconds.
pub const MINUTE: Ns = 60 * SECOND;
/// One hour in nanoseconds.
pub const HOUR: Ns = 60 * MINUTE;
/// One day in nanoseconds.
pub const DAY: Ns = 24 * HOUR;

/// Milliseconds to nanoseconds; negative and non-finite lengths become zero.
pub fn from_ms(ms: f64) -> Ns {
    (ms * MILLI as f64) as Ns
}

/// Nanoseconds to milliseconds.
pub fn to_ms(ns: Ns) -> f64 {
    ns as f64 / MILLI as f64
}

/// Nanoseconds to seconds.
pub fn to_s(ns: Ns) -> f64 {
    ns as f64 / SECOND as f64
}

/// A moment as RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T09:30:00.125Z`.
pub fn rfc3339(at: Ns) -> String {
    // u64 nanoseconds end in the year 2554, well inside what Timestamp holds.
    let stamp = Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The UTC day as `2026/03/01`, which AWS puts into the names of log streams.
pub fn slashed_day(at: Ns) -> String {
    let stamp = Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.strftime("%Y/%m/%d").to_string()
}

/// Reads an RFC 3339 moment; errors with the reason when it is none or lies before 1970.
pub fn parse_moment(text: &str) -> Result<Ns, String> {
    let stamp: Timestamp = text
        .trim()
        .parse()
        .map_err(|e| format!("'{text}' is no RFC 3339 time: {e}"))?;
    u64::try_from(stamp.as_nanosecond()).map_err(|_| format!("'{text}' lies before 1970"))
}

/// Reads a length of time such as `90s`, `1h30m`, `250ms` or `2d`; a bare number is refused.
pub fn parse_length(text: &str) -> Result<Ns, String> {
    let bad = |why: &str| format!("'{text}' is no length of time ({why}); write e.g. 90s or 1h30m");
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad("it is empty"));
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| bad("no unit"))?;
        let value: u64 = rest[..digits]
            .parse()
            .map_err(|_| bad("a number is missing"))?;
        rest = &rest[digits..];
        let unit_end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit = match &rest[..unit_end] {
            "ms" => MILLI,
            "s" => SECOND,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return Err(bad("units are ms, s, m, h, d and w")),
        };
        total += u128::from(value) * u128::from(unit);
        rest = &rest[unit_end..];
    }
    // Ten years bounds every later sum far below the end of u64.
    if total > u128::from(3_650 * DAY) {
        return Err(bad("longer than ten years"));
    }
    Ok(total as Ns)
}

/// Reads `-90m`, `+10m` or `2h` as a signed distance in nanoseconds.
pub fn parse_offset(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    Ok(sign * parse_length(rest)? as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_with_their_units() {
        for (text, want) in [
            ("90s", 90 * SECOND),
            ("1h30m", 90 * MINUTE),
            ("250ms", 250 * MILLI),
            ("2d", 2 * DAY),
            ("0s", 0),
        ] {
            assert_eq!(parse_length(text).unwrap(), want, "{text}");
        }
        for text in [
            "",
            "5",
            "h",
            "5 minutes",
            "-5m",
            "99999d",
            "18446744073709551616s",
        ] {
            assert!(parse_length(text).is_err(), "{text}");
        }
        assert_eq!(parse_offset("-90m").unwrap(), -(90 * MINUTE as i64));
        assert_eq!(parse_offset("+2h").unwrap(), 2 * HOUR as i64);
    }

    #[test]
    fn moments_survive_the_way_there_and_back() {
        let at = parse_moment("2026-03-01T10:30:00.125+01:00").unwrap();
        assert_eq!(rfc3339(at), "2026-03-01T09:30:00.125Z");
        assert_eq!(slashed_day(at), "2026/03/01");
        assert!(parse_moment("1969-12-31T00:00:00Z").is_err());
        assert!(parse_moment("tomorrow").is_err());
    }
}

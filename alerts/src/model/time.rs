//! Instants as text: RFC 3339, UTC.

use jiff::Timestamp;
use store::model::UnixNano;

/// 0001-01-01T00:00:00Z, Go's "no time".
const GO_ZERO_NANOS: i128 = -62_135_596_800 * 1_000_000_000;

/// `2026-01-02T03:04:05.678Z`, with as many decimals as it takes.
#[must_use]
pub fn text(at: UnixNano) -> String {
    Timestamp::from_nanosecond(i128::from(at.0))
        .unwrap_or_default()
        .to_string()
}

/// Reads RFC 3339 with any offset. Times outside the years 1678 to 2261 are taken as the nearest one
/// inside; year 1, which Go writes for "no time", is none.
///
/// # Errors
/// What is wrong with the text.
pub fn read(text: &str) -> Result<Option<UnixNano>, jiff::Error> {
    let nanos = text.parse::<Timestamp>()?.as_nanosecond();
    let zero = nanos == GO_ZERO_NANOS;
    let clamped = nanos.clamp(i64::MIN.into(), i64::MAX.into());
    #[allow(clippy::cast_possible_truncation)] // clamped just above
    Ok((!zero).then_some(UnixNano(clamped as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_s_zero_is_no_time_and_offsets_are_honoured() {
        let nanos = |text: &str| read(text).expect("a time").map(|at| at.0);
        assert_eq!(nanos("0001-01-01T00:00:00Z"), None);
        assert_eq!(nanos("0001-01-01T00:00:00.000Z"), None);
        assert_eq!(nanos("1970-01-01T01:00:00.25+01:00"), Some(250_000_000));
        assert_eq!(nanos("9999-12-30T00:00:00Z"), Some(i64::MAX));
        assert!(read("tomorrow").is_err());
        assert_eq!(text(UnixNano(1_500_000_000)), "1970-01-01T00:00:01.5Z");
    }
}

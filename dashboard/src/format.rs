//! The only place where numbers become text. Numbers speak as people do: `1.2 s`, `340 ms`, `12 %`,
//! `3 min ago`; what is not known is a dash, never NaN.

mod cost;
mod quantity;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

pub use cost::{grams, money};
pub use quantity::{about, dollars, quantity, relative, signed};

/// What stands for a value nobody told.
pub const UNKNOWN: &str = "–";
/// Keeps a number and its unit on one line.
const NBSP: char = '\u{a0}';

/// `1,234`; from 100,000 on `123 k`, `1.23 M`, `12.3 G`.
#[must_use]
pub fn count(n: u64) -> String {
    if n < 100_000 {
        return grouped(n);
    }
    let (scaled, unit) = match n {
        0..1_000_000 => (n as f64 / 1e3, "k"),
        1_000_000..1_000_000_000 => (n as f64 / 1e6, "M"),
        _ => (n as f64 / 1e9, "G"),
    };
    format!("{}{NBSP}{unit}", significant(scaled))
}

/// All digits with separators: `1,234,567`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 function`, `2 functions`, `1,234 functions`.
#[must_use]
pub fn counted(n: u64, singular: &str, plural: &str) -> String {
    format!(
        "{}{NBSP}{}",
        count(n),
        if n == 1 { singular } else { plural }
    )
}

/// How often something happens, in the unit of time in which it is more than one: `1,204/s`,
/// `3.2/s`, `12/min`, `5/h`; `0/s` for never.
#[must_use]
pub fn rate(per_s: f64) -> String {
    let (value, unit) = rate_in(per_s);
    format!("{value}/{unit}")
}

/// A rate with what it counts: `1,204 spans/s`, `1 span/min`.
#[must_use]
pub fn rate_of(per_s: f64, singular: &str, plural: &str) -> String {
    let (value, unit) = rate_in(per_s);
    let what = if value == "1" { singular } else { plural };
    format!("{value}{NBSP}{what}/{unit}")
}

fn rate_in(per_s: f64) -> (String, &'static str) {
    if !per_s.is_finite() {
        return (UNKNOWN.to_owned(), "s");
    }
    let (value, unit) = match per_s {
        _ if per_s <= 0.0 => return ("0".to_owned(), "s"),
        _ if per_s >= 0.995 => (per_s, "s"),
        _ if per_s * 60.0 >= 0.995 => (per_s * 60.0, "min"),
        _ if per_s * 3_600.0 >= 0.995 => (per_s * 3_600.0, "h"),
        _ => (per_s * 86_400.0, "day"),
    };
    let text = match value {
        _ if value >= 9.95 => count(value.round() as u64),
        _ if value >= 0.1 => trimmed(value, 1),
        _ => format!("<{NBSP}0.1"),
    };
    (text, unit)
}

/// A duration in ms: `420 µs`, `4.2 ms`, `340 ms`, `1.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn duration_ms(ms: f64) -> String {
    if !ms.is_finite() {
        return UNKNOWN.to_owned();
    }
    if ms < 0.0 {
        return format!("−{}", duration_ms(-ms));
    }
    match ms {
        0.0 => format!("0{NBSP}ms"),
        _ if ms < 0.000_999_5 => format!("{}{NBSP}ns", significant(ms * 1e6)),
        _ if ms < 0.999_5 => format!("{}{NBSP}µs", two_digits(ms * 1e3)),
        _ if ms < 999.5 => format!("{}{NBSP}ms", two_digits(ms)),
        _ if ms < 59_950.0 => format!("{}{NBSP}s", two_digits(ms / 1e3)),
        _ => long_duration((ms / 1e3).round() as u64),
    }
}

/// As [`duration_ms`], with a dash for "not told".
#[must_use]
pub fn maybe_duration_ms(ms: Option<f64>) -> String {
    ms.map_or_else(|| UNKNOWN.to_owned(), duration_ms)
}

/// Whole seconds, two units at most: `3 min 20 s`, `2 h`, `4 d 3 h`.
#[must_use]
pub fn long_duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS
        .iter()
        .position(|(size, _)| seconds >= *size)
        .unwrap_or(3);
    let (size, unit) = UNITS[first];
    let mut out = format!("{}{NBSP}{unit}", seconds / size);
    if let Some((small, small_unit)) = UNITS.get(first + 1) {
        let rest = seconds % size / small;
        if rest > 0 {
            out.push_str(&format!("{NBSP}{rest}{NBSP}{small_unit}"));
        }
    }
    out
}

/// A share in per cent: `0 %`, `< 0.1 %`, `0.4 %`, `12 %`, `100 %`; a dash when the whole is
/// nothing, because no data is not 0 %.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return UNKNOWN.to_owned();
    }
    ratio(part as f64 / whole as f64)
}

/// A ratio of 0 to 1 in per cent, as [`share`] writes it.
#[must_use]
pub fn ratio(ratio: f64) -> String {
    if !ratio.is_finite() {
        return UNKNOWN.to_owned();
    }
    let percent = ratio * 100.0;
    match percent {
        0.0 => format!("0{NBSP}%"),
        _ if percent > 0.0 && percent < 0.05 => format!("<{NBSP}0.1{NBSP}%"),
        _ if percent < 9.95 => format!("{}{NBSP}%", trimmed(percent, 1)),
        _ if (99.5..100.0).contains(&percent) => format!(">{NBSP}99{NBSP}%"),
        _ => format!("{}{NBSP}%", percent.round()),
    }
}

/// How `now` differs from `before`: `12 % more`, `3.4 times`, `the same`; `None` without a base.
#[must_use]
pub fn change(before: f64, now: f64) -> Option<String> {
    if !(before.is_finite() && now.is_finite()) || before <= 0.0 {
        return None;
    }
    let relative = now / before;
    Some(match relative {
        _ if relative >= 3.0 => format!("{}{NBSP}times", significant(relative)),
        _ if relative >= 1.005 => format!("{} more", ratio(relative - 1.0)),
        _ if relative <= 0.995 => format!("{} less", ratio(1.0 - relative)),
        _ => "the same".to_owned(),
    })
}

/// Mebibytes: `512 MB`, `1.5 GB`, as the clouds write them.
#[must_use]
pub fn memory_mb(mb: u32) -> String {
    if mb < 1024 {
        format!("{mb}{NBSP}MB")
    } else {
        format!("{}{NBSP}GB", trimmed(f64::from(mb) / 1024.0, 1))
    }
}

/// Bytes: `512 B`, `1.5 KiB`, `2 GiB`.
#[must_use]
pub fn bytes(n: f64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    if !n.is_finite() {
        return UNKNOWN.to_owned();
    }
    let mut scaled = n;
    let mut unit = 0;
    while scaled.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{}{NBSP}{}", significant(scaled), UNITS[unit])
}

/// Any number to three significant digits: `0.00123`, `1.23`, `123`, `12,300`, `1.23 M`.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.2e}");
    }
    let sign = if value < 0.0 { "−" } else { "" };
    if size >= 1000.0 {
        format!("{sign}{}", count(size.round() as u64))
    } else {
        format!("{sign}{}", significant(size))
    }
}

/// A metric value with its UCUM unit: `s`, `By`, `1`, `%`, `{request}`, …; others as they are.
#[must_use]
pub fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "ns" => duration_ms(value / 1e6),
        "us" => duration_ms(value / 1e3),
        "ms" => duration_ms(value),
        "s" => duration_ms(value * 1e3),
        "min" => duration_ms(value * 60e3),
        "h" => duration_ms(value * 3600e3),
        "By" => bytes(value),
        "KiBy" => bytes(value * 1024.0),
        "MiBy" => bytes(value * 1_048_576.0),
        "MBy" => bytes(value * 1e6),
        "%" => ratio(value / 100.0),
        "" | "1" => number(value),
        annotation if annotation.starts_with('{') => number(value),
        other => format!("{}{NBSP}{}", number(value), bounded(other, 12)),
    }
}

/// What a unit is called beside a heading: `s`, `bytes`, `requests`; empty for pure numbers.
#[must_use]
pub fn unit_name(unit: &str) -> String {
    match unit {
        "" | "1" => String::new(),
        "By" => "bytes".to_owned(),
        other => bounded(other.trim_start_matches('{').trim_end_matches('}'), 24),
    }
}

/// How long ago: `12 s ago`, `3 min ago`, `5 h ago`, `4 days ago`; "just now" for the last second
/// and for clocks that run ahead of ours.
#[must_use]
pub fn ago(now_ms: i64, then_ms: i64) -> String {
    let seconds = now_ms.saturating_sub(then_ms) / 1000;
    match seconds {
        ..=0 => "just now".to_owned(),
        1..60 => format!("{seconds}{NBSP}s ago"),
        60..3_600 => format!("{}{NBSP}min ago", seconds / 60),
        3_600..172_800 => format!("{}{NBSP}h ago", seconds / 3600),
        _ => format!("{}{NBSP}days ago", seconds / 86_400),
    }
}

/// Writes instants in one zone.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    name: String,
}

impl Clock {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            zone: TimeZone::UTC,
            name: "UTC".to_owned(),
        }
    }

    /// A zone of the IANA data base, `Europe/Berlin`; `None` when it is not known here.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Some(Self { zone, name })
    }

    /// The zone's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn at(&self, ms: i64) -> Option<ZonedDateTime> {
        Some(
            Timestamp::from_millisecond(ms)
                .ok()?
                .to_zoned_datetime(self.zone.clone()),
        )
    }

    fn written(&self, ms: i64, pattern: &str) -> String {
        self.at(ms)
            .map_or_else(|| UNKNOWN.to_owned(), |t| t.strftime(pattern).to_string())
    }

    /// `14:05`.
    #[must_use]
    pub fn minute(&self, ms: i64) -> String {
        self.written(ms, "%H:%M")
    }

    /// `14:05:09`.
    #[must_use]
    pub fn second(&self, ms: i64) -> String {
        self.written(ms, "%H:%M:%S")
    }

    /// `14:05:09.123`.
    #[must_use]
    pub fn milli(&self, ms: i64) -> String {
        format!("{}.{:03}", self.second(ms), ms.rem_euclid(1000))
    }

    /// `23 Nov`.
    #[must_use]
    pub fn day(&self, ms: i64) -> String {
        self.written(ms, "%-d %b")
    }

    /// `23 Nov 14:05`.
    #[must_use]
    pub fn day_minute(&self, ms: i64) -> String {
        self.written(ms, "%-d %b %H:%M")
    }

    /// `2026-11-23 14:05:09.123`, for exact places.
    #[must_use]
    pub fn exact(&self, ms: i64) -> String {
        format!(
            "{}.{:03}",
            self.written(ms, "%Y-%m-%d %H:%M:%S"),
            ms.rem_euclid(1000)
        )
    }

    /// `2026-11-23T14:05`, as a date-time field of a form wants it.
    #[must_use]
    pub fn field(&self, ms: i64) -> String {
        self.written(ms, "%Y-%m-%dT%H:%M")
    }

    /// The shortest form that is clear today: `14:05` today, else `23 Nov 14:05`.
    #[must_use]
    pub fn short(&self, now_ms: i64, ms: i64) -> String {
        let same_day = match (self.at(now_ms), self.at(ms)) {
            (Some(now), Some(then)) => now.date() == then.date(),
            _ => false,
        };
        if same_day {
            self.minute(ms)
        } else {
            self.day_minute(ms)
        }
    }
}

/// At most `max` characters of hostile text, with an ellipsis where something is cut.
#[must_use]
pub fn bounded(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}…", &text[..cut]),
    }
}

/// Three significant digits without an exponent or trailing zeros.
fn significant(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => trimmed(value, 1),
        size if size >= 0.9995 => trimmed(value, 2),
        size => {
            let decimals = (2.0 - size.log10().floor()).clamp(0.0, 12.0) as usize;
            trimmed(value, decimals)
        }
    }
}

/// Two significant digits below 10, none after the point from there on.
fn two_digits(value: f64) -> String {
    if value < 9.95 {
        trimmed(value, 1)
    } else {
        format!("{value:.0}")
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: impl AsRef<str>) -> String {
        text.as_ref().replace(NBSP, " ")
    }

    #[test]
    fn durations_change_their_unit_where_people_do() {
        for (ms, want) in [
            (0.0, "0 ms"),
            (0.000_5, "500 ns"),
            (0.42, "420 µs"),
            (0.004_2, "4.2 µs"),
            (4.23, "4.2 ms"),
            (9.97, "10 ms"),
            (340.4, "340 ms"),
            (999.4, "999 ms"),
            (999.6, "1 s"),
            (1_240.0, "1.2 s"),
            (42_000.0, "42 s"),
            (59_960.0, "1 min"),
            (200_000.0, "3 min 20 s"),
            (7_500_000.0, "2 h 5 min"),
            (356_400_000.0, "4 d 3 h"),
            (-1500.0, "−1.5 s"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(plain(duration_ms(ms)), want, "{ms}");
        }
    }

    #[test]
    fn rates_are_told_in_the_unit_in_which_something_happens() {
        for (per_s, want) in [
            (0.0, "0/s"),
            (1_204.4, "1,204/s"),
            (123_456.0, "123 k/s"),
            (3.21, "3.2/s"),
            (0.999, "1/s"),
            (0.2, "12/min"),
            (5.0 / 3_600.0, "5/h"),
            (2.0 / 86_400.0, "2/day"),
            (1e-9, "< 0.1/day"),
            (-4.0, "0/s"),
            (f64::NAN, "–/s"),
        ] {
            assert_eq!(plain(rate(per_s)), want, "{per_s}");
        }
        assert_eq!(plain(rate_of(1_204.0, "span", "spans")), "1,204 spans/s");
        assert_eq!(plain(rate_of(1.0 / 60.0, "span", "spans")), "1 span/min");
    }

    #[test]
    fn counts_keep_their_digits_while_they_can_be_read() {
        for (n, want) in [
            (0, "0"),
            (999, "999"),
            (1_234, "1,234"),
            (99_999, "99,999"),
            (123_456, "123 k"),
            (1_234_567, "1.23 M"),
            (12_345_678_901, "12.3 G"),
        ] {
            assert_eq!(plain(count(n)), want);
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(plain(counted(1, "function", "functions")), "1 function");
        assert_eq!(plain(counted(0, "function", "functions")), "0 functions");
    }

    #[test]
    fn no_data_is_not_zero_per_cent_and_little_is_not_nothing() {
        for (part, whole, want) in [
            (0, 0, "–"),
            (0, 10, "0 %"),
            (1, 100_000, "< 0.1 %"),
            (4, 1_000, "0.4 %"),
            (12, 1_000, "1.2 %"),
            (2, 100, "2 %"),
            (123, 1_000, "12 %"),
            (9_999, 10_000, "> 99 %"),
            (10, 10, "100 %"),
        ] {
            assert_eq!(plain(share(part, whole)), want);
        }
    }

    #[test]
    fn changes_are_told_in_words() {
        let told = |before, now| change(before, now).map(plain);
        assert_eq!(told(100.0, 112.0).as_deref(), Some("12 % more"));
        assert_eq!(told(100.0, 40.0).as_deref(), Some("60 % less"));
        assert_eq!(told(100.0, 420.0).as_deref(), Some("4.2 times"));
        assert_eq!(told(100.0, 100.1).as_deref(), Some("the same"));
        assert_eq!(told(0.0, 5.0), None);
        assert_eq!(told(f64::NAN, 5.0), None);
    }

    #[test]
    fn units_of_metrics_are_understood() {
        for (value, unit, want) in [
            (0.25, "s", "250 ms"),
            (1_500.0, "ms", "1.5 s"),
            (1_572_864.0, "By", "1.5 MiB"),
            (12.0, "{request}", "12"),
            (50.0, "%", "50 %"),
            (0.001_234, "1", "0.00123"),
            (12_345.0, "", "12,345"),
            (3.0, "Cel", "3 Cel"),
            (f64::NAN, "s", "–"),
        ] {
            assert_eq!(plain(with_unit(value, unit)), want, "{value} {unit}");
        }
        assert_eq!(unit_name("{request}"), "request");
        assert_eq!(plain(number(-12_345.0)), "−12,345");
        assert_eq!(number(1e-9), "1.00e-9");
    }

    #[test]
    fn past_and_future_are_told_calmly() {
        let now = 1_000_000_000;
        for (seconds, want) in [
            (0, "just now"),
            (-50, "just now"),
            (12, "12 s ago"),
            (200, "3 min ago"),
            (7_200, "2 h ago"),
            (400_000, "4 days ago"),
        ] {
            assert_eq!(plain(ago(now, now - seconds * 1000)), want);
        }
    }

    #[test]
    fn instants_are_written_in_the_viewers_zone() {
        let ms = 1_795_436_709_123; // 2026-11-23T12:25:09.123Z
        assert_eq!(Clock::utc().exact(ms), "2026-11-23 12:25:09.123");
        let berlin = Clock::named("Europe/Berlin").expect("a known zone");
        assert_eq!(berlin.minute(ms), "13:25");
        assert_eq!(berlin.short(ms + 3_600_000, ms), "13:25");
        assert_eq!(berlin.short(ms + 86_400_000, ms), "23 Nov 13:25");
        assert!(Clock::named("Mars/Olympus").is_none());
        assert_eq!(Clock::utc().minute(i64::MAX), "–");
    }

    #[test]
    fn hostile_text_is_cut_at_a_character() {
        assert_eq!(bounded("äöü", 2), "äö…");
        assert_eq!(bounded("äöü", 3), "äöü");
    }
}

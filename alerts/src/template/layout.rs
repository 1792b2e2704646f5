//! Go's times as text: layouts are written as one certain moment, `Mon Jan 2 15:04:05 MST 2006`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};

/// Year 1, which Go writes for "no time".
pub const ZERO: Timestamp = Timestamp::constant(-62_135_596_800, 0);
/// How Go prints a time when nobody says how.
pub const PLAIN: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// What the layout's words stand for; of two that begin alike the longer stands first.
const WORDS: [(&str, Part); 34] = [
    ("January", Part::MonthName),
    ("Jan", Part::MonthShort),
    ("Monday", Part::DayName),
    ("Mon", Part::DayShort),
    ("MST", Part::Zone),
    ("2006", Part::Year),
    ("002", Part::YearDay(true)),
    ("01", Part::Month(2)),
    ("02", Part::Day(2)),
    ("03", Part::Hour12(2)),
    ("04", Part::Minute(2)),
    ("05", Part::Second(2)),
    ("06", Part::YearShort),
    ("15", Part::Hour),
    ("1", Part::Month(1)),
    ("__2", Part::YearDay(false)),
    ("_2006", Part::BarYear),
    ("_2", Part::DaySpaced),
    ("2", Part::Day(1)),
    ("3", Part::Hour12(1)),
    ("4", Part::Minute(1)),
    ("5", Part::Second(1)),
    ("PM", Part::Half(true)),
    ("pm", Part::Half(false)),
    ("-070000", Part::Offset("", true)),
    ("-07:00:00", Part::Offset(":", true)),
    ("-0700", Part::Offset("", false)),
    ("-07:00", Part::Offset(":", false)),
    ("-07", Part::OffsetHour),
    ("Z070000", Part::Zulu("", true)),
    ("Z07:00:00", Part::Zulu(":", true)),
    ("Z0700", Part::Zulu("", false)),
    ("Z07:00", Part::Zulu(":", false)),
    ("Z07", Part::ZuluHour),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    Text(&'a str),
    Year,
    YearShort,
    BarYear,
    MonthName,
    MonthShort,
    Month(usize),
    DayName,
    DayShort,
    Day(usize),
    DaySpaced,
    YearDay(bool),
    Hour,
    Hour12(usize),
    Minute(usize),
    Second(usize),
    Half(bool),
    Zone,
    Offset(&'a str, bool),
    OffsetHour,
    Zulu(&'a str, bool),
    ZuluHour,
    /// A fraction of so many digits; trailing zeros go if the layout has nines.
    Fraction(char, usize, bool),
}

fn parts(layout: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut begun, mut at) = (0, 0);
    while at < layout.len() {
        let rest = &layout[at..];
        let Some((part, length)) = part(rest) else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if begun < at {
            parts.push(Part::Text(&layout[begun..at]));
        }
        parts.push(part);
        at += length;
        begun = at;
    }
    if begun < layout.len() {
        parts.push(Part::Text(&layout[begun..]));
    }
    parts
}

fn part(rest: &str) -> Option<(Part<'_>, usize)> {
    if let Some(point @ ('.' | ',')) = rest.chars().next() {
        let digit = rest[1..]
            .chars()
            .next()
            .filter(|c| matches!(c, '0' | '9'))?;
        let digits = rest[1..].chars().take_while(|c| *c == digit).count();
        let ends = !rest[1 + digits..].starts_with(|c: char| c.is_ascii_digit());
        return ends.then_some((
            Part::Fraction(point, digits.min(9), digit == '9'),
            1 + digits,
        ));
    }
    let (word, part) = WORDS.iter().find(|(word, _)| rest.starts_with(word))?;
    // "Janet" and "Money" are words of their own.
    let short = matches!(part, Part::MonthShort | Part::DayShort);
    let lower = rest[word.len()..].starts_with(|c: char| c.is_ascii_lowercase());
    (!short || !lower).then_some((*part, word.len()))
}

/// `at` as `layout` shows it.
pub fn format(layout: &str, at: &ZonedDateTime) -> String {
    parts(layout)
        .into_iter()
        .map(|part| written(part, at))
        .collect()
}

fn written(part: Part<'_>, at: &ZonedDateTime) -> String {
    let month = usize::from(at.month().unsigned_abs());
    let day = usize::from(at.weekday().to_sunday_zero_offset().unsigned_abs());
    let hour12 = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    match part {
        Part::Text(text) => text.to_owned(),
        Part::Year => format!("{:04}", at.year()),
        Part::BarYear => format!("_{:04}", at.year()),
        Part::YearShort => format!("{:02}", at.year().rem_euclid(100)),
        Part::MonthName => MONTHS[month - 1].to_owned(),
        Part::MonthShort => MONTHS[month - 1][..3].to_owned(),
        Part::Month(width) => format!("{month:0width$}"),
        Part::DayName => DAYS[day].to_owned(),
        Part::DayShort => DAYS[day][..3].to_owned(),
        Part::Day(width) => format!("{:0width$}", at.day()),
        Part::DaySpaced => format!("{:>2}", at.day()),
        Part::YearDay(true) => format!("{:03}", at.day_of_year()),
        Part::YearDay(false) => format!("{:>3}", at.day_of_year()),
        Part::Hour => format!("{:02}", at.hour()),
        Part::Hour12(width) => format!("{hour12:0width$}"),
        Part::Minute(width) => format!("{:0width$}", at.minute()),
        Part::Second(width) => format!("{:0width$}", at.second()),
        Part::Half(true) => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        Part::Half(false) => if at.hour() < 12 { "am" } else { "pm" }.to_owned(),
        Part::Zone => at.strftime("%Z").to_string(),
        Part::Offset(colon, seconds) => offset(at.offset(), colon, 1 + 1 + usize::from(seconds)),
        Part::OffsetHour => offset(at.offset(), "", 1),
        Part::Zulu(..) | Part::ZuluHour if at.offset() == Offset::UTC => "Z".to_owned(),
        Part::Zulu(colon, seconds) => offset(at.offset(), colon, 1 + 1 + usize::from(seconds)),
        Part::ZuluHour => offset(at.offset(), "", 1),
        Part::Fraction(point, digits, trims) => {
            let nanos = format!("{:09}", at.subsec_nanosecond());
            let kept = &nanos[..digits];
            let kept = if trims {
                kept.trim_end_matches('0')
            } else {
                kept
            };
            if kept.is_empty() {
                String::new()
            } else {
                format!("{point}{kept}")
            }
        }
    }
}

fn offset(offset: Offset, colon: &str, parts: usize) -> String {
    let seconds = offset.seconds().unsigned_abs();
    let sign = if offset.seconds() < 0 { '-' } else { '+' };
    let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60];
    let fields: Vec<String> = fields[..parts].iter().map(|n| format!("{n:02}")).collect();
    format!("{sign}{}", fields.join(colon))
}

/// Reads `text` as `layout` would show it; UTC where no offset stands in it.
pub fn parse(layout: &str, text: &str) -> Option<Timestamp> {
    let (mut rest, mut found) = (text, Found::default());
    let parts = parts(layout);
    for (i, part) in parts.iter().enumerate() {
        rest = found.read(*part, rest)?;
        // Go reads a fraction after the seconds even where the layout has none.
        let seconds = matches!(part, Part::Second(_));
        if seconds && !matches!(parts.get(i + 1), Some(Part::Fraction(..))) {
            let digits = rest.strip_prefix('.').map_or(0, |r| {
                r.len() - r.trim_start_matches(|c: char| c.is_ascii_digit()).len()
            });
            if digits > 0 {
                rest = found.read(Part::Fraction('.', digits, true), rest)?;
            }
        }
    }
    if rest.is_empty() {
        found.timestamp()
    } else {
        None
    }
}

#[derive(Default)]
struct Found {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    afternoon: Option<bool>,
    offset: i64,
}

impl Found {
    fn read<'a>(&mut self, part: Part<'_>, rest: &'a str) -> Option<&'a str> {
        let named = |names: &[&str], short: bool| {
            names.iter().enumerate().find_map(|(i, name)| {
                let name = if short { &name[..3] } else { name };
                let head = rest.get(..name.len())?;
                head.eq_ignore_ascii_case(name)
                    .then(|| (i as i64, &rest[name.len()..]))
            })
        };
        let (value, tail) = match part {
            Part::Text(text) => return rest.strip_prefix(text),
            Part::Year => number(rest, 4, 4)?,
            Part::BarYear => number(rest.strip_prefix('_')?, 4, 4)?,
            Part::YearShort => number(rest, 2, 2)?,
            Part::MonthName => named(&MONTHS, false)?,
            Part::MonthShort => named(&MONTHS, true)?,
            Part::DayName => return named(&DAYS, false).map(|(_, tail)| tail),
            Part::DayShort => return named(&DAYS, true).map(|(_, tail)| tail),
            Part::Month(width) | Part::Day(width) | Part::Hour12(width) => number(rest, width, 2)?,
            Part::Minute(width) | Part::Second(width) => number(rest, width, 2)?,
            Part::DaySpaced => number(rest.strip_prefix(' ').unwrap_or(rest), 1, 2)?,
            Part::Hour => number(rest, 1, 2)?,
            Part::YearDay(_) => return None,
            Part::Half(_) => {
                let half = rest.get(..2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case("pm"));
                let known = half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm");
                return known.then(|| &rest[2..]);
            }
            Part::Zone => {
                let length = rest
                    .find(|c: char| !c.is_ascii_uppercase())
                    .unwrap_or(rest.len());
                return (length >= 3).then(|| &rest[length..]);
            }
            Part::Zulu(..) | Part::ZuluHour if rest.starts_with('Z') => return Some(&rest[1..]),
            Part::Offset(colon, seconds) | Part::Zulu(colon, seconds) => {
                return self.offset(rest, colon, 2 + usize::from(seconds));
            }
            Part::OffsetHour | Part::ZuluHour => return self.offset(rest, "", 1),
            Part::Fraction(point, digits, trims) => {
                let Some(tail) = rest.strip_prefix(point) else {
                    return trims.then_some(rest);
                };
                let (value, end) = number(tail, if trims { 1 } else { digits }, 9)?;
                let length = u32::try_from(tail.len() - end.len()).ok()?;
                (value * 10_i64.pow(9 - length), end)
            }
        };
        match part {
            Part::Year | Part::BarYear => self.year = value,
            Part::YearShort => self.year = value + if value >= 69 { 1900 } else { 2000 },
            Part::MonthName | Part::MonthShort => self.month = Some(value + 1),
            Part::Month(_) => self.month = Some(value),
            Part::Day(_) | Part::DaySpaced => self.day = Some(value),
            Part::Hour | Part::Hour12(_) => self.hour = value,
            Part::Minute(_) => self.minute = value,
            Part::Second(_) => self.second = value,
            _ => self.nanos = value,
        }
        Some(tail)
    }

    fn offset<'a>(&mut self, rest: &'a str, colon: &str, parts: usize) -> Option<&'a str> {
        let sign = match rest.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        let mut rest = &rest[1..];
        for (i, unit) in [3600, 60, 1][..parts].iter().enumerate() {
            let tail = if i > 0 {
                rest.strip_prefix(colon)?
            } else {
                rest
            };
            let (value, tail) = number(tail, 2, 2)?;
            self.offset += sign * value * unit;
            rest = tail;
        }
        Some(rest)
    }

    fn timestamp(self) -> Option<Timestamp> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let small = |n: i64| i8::try_from(n).ok();
        let date = Date::new(
            i16::try_from(self.year).ok()?,
            small(self.month.unwrap_or(1))?,
            small(self.day.unwrap_or(1))?,
        );
        let nanos = i32::try_from(self.nanos).ok()?;
        let time = Time::new(
            small(hour)?,
            small(self.minute)?,
            small(self.second)?,
            nanos,
        );
        let offset = Offset::from_seconds(i32::try_from(self.offset).ok()?).ok()?;
        let at =
            DateTime::from_parts(date.ok()?, time.ok()?).to_zoned_datetime(TimeZone::fixed(offset));
        Some(at.ok()?.timestamp())
    }
}

fn number(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let digits = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let (digits, rest) = text.split_at(digits);
    (digits.len() >= least.max(1))
        .then(|| digits.parse().ok())
        .flatten()
        .map(|n| (n, rest))
}

/// A length of time as Go prints it: `1h2m3.5s`.
pub fn duration(nanos: i64) -> String {
    let (sign, size) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let trimmed = |size: u64, unit: u64| {
        let text = format!(
            "{}.{:0width$}",
            size / unit,
            size % unit,
            width = unit.ilog10() as usize
        );
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", trimmed(size, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", trimmed(size, 1_000_000)),
        _ => {
            let (minutes, rest) = (size / 60_000_000_000, size % 60_000_000_000);
            let seconds = format!("{}s", trimmed(rest, 1_000_000_000));
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
            }
        }
    }
}

/// A number of seconds for people, as Prometheus has it: `1d 2h 3m 4s`, `1.5s`, `20ms`.
pub fn humanized(seconds: f64) -> String {
    if !seconds.is_finite() {
        return format!("{seconds}");
    }
    if seconds == 0.0 {
        return "0s".to_owned();
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    if seconds.abs() < 1.0 {
        let mut scaled = seconds;
        let mut prefix = "";
        for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if scaled.abs() >= 1.0 {
                break;
            }
            scaled *= 1000.0;
            prefix = next;
        }
        return format!("{}{prefix}s", four_digits(scaled));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // not negative; casts saturate
    let whole = seconds.abs() as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let rest = whole % 60;
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{}s", four_digits(seconds)),
        (0, 0, minutes) => format!("{sign}{minutes}m {rest}s"),
        (0, hours, minutes) => format!("{sign}{hours}h {minutes}m {rest}s"),
        (days, hours, minutes) => format!("{sign}{days}d {hours}h {minutes}m {rest}s"),
    }
}

/// Four significant digits without trailing zeros.
fn four_digits(number: f64) -> String {
    let before = format!("{:.0}", number.abs().trunc()).len();
    let text = format!("{number:.*}", 4_usize.saturating_sub(before));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

//! The time range of a page, as it stands in the URL: `from` and `to` as `now-1h`, ms since the epoch or
//! a date, and the zone `tz` that times are shown and dates are read in.

use jiff::Timestamp;
use jiff::civil::DateTime;
use store::model::UnixNano;
use store::read::Window;

use crate::format::{Clock, bounded};

/// What `from` is when the URL does not say.
pub const DEFAULT_FROM: &str = "now-3h";
/// How long [`DEFAULT_FROM`] is, s.
const DEFAULT_SECONDS: i64 = 10_800;
/// What `to` is when the URL does not say.
pub const DEFAULT_TO: &str = "now";
/// Longest range a page answers, s: a year and a day.
const MAX_SECONDS: i64 = 366 * 86_400;
/// Ranges offered by name: the value of `from`, and what people call it.
pub const PRESETS: [(&str, &str); 9] = [
    ("now-5m", "5 minutes"),
    ("now-15m", "15 minutes"),
    ("now-1h", "1 hour"),
    ("now-3h", "3 hours"),
    ("now-6h", "6 hours"),
    ("now-24h", "24 hours"),
    ("now-2d", "2 days"),
    ("now-7d", "7 days"),
    ("now-30d", "30 days"),
];
/// Lengths of time buckets people can read off an axis, s. The first is the rollup's minute.
const STEPS: [u32; 14] = [
    60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/// A value in the URL that cannot be understood; the text is for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}={value}: {reason}")]
pub struct BadParameter {
    /// Which parameter.
    pub parameter: &'static str,
    /// What it was, bounded.
    pub value: String,
    /// What would be right.
    pub reason: String,
}

impl BadParameter {
    /// `parameter` was `value`, which is wrong because of `reason`.
    #[must_use]
    pub fn new(parameter: &'static str, value: &str, reason: impl Into<String>) -> Self {
        Self {
            parameter,
            value: bounded(value, 80),
            reason: reason.into(),
        }
    }
}

/// A time range with its spelling.
#[derive(Clone, Debug)]
pub struct TimeRange {
    /// `from` as it stands in the URL.
    pub from: String,
    /// `to` as it stands in the URL.
    pub to: String,
    /// What it means now.
    pub window: Window,
    /// The zone of the viewer.
    pub clock: Clock,
}

impl TimeRange {
    /// Reads the three parameters; `None` is the default.
    ///
    /// # Errors
    /// [`BadParameter`] that says which one is wrong and what would be right.
    pub fn parse(
        from: Option<&str>,
        to: Option<&str>,
        zone: Option<&str>,
        now: UnixNano,
    ) -> Result<Self, BadParameter> {
        let clock = match zone.filter(|z| !z.is_empty()) {
            None | Some("UTC") => Clock::utc(),
            Some(name) => Clock::named(name).ok_or_else(|| {
                BadParameter::new(
                    "tz",
                    name,
                    "no such time zone here; try UTC or Europe/Berlin",
                )
            })?,
        };
        let from = from.filter(|f| !f.is_empty()).unwrap_or(DEFAULT_FROM);
        let to = to.filter(|t| !t.is_empty()).unwrap_or(DEFAULT_TO);
        let window = Window {
            from: instant("from", from, now, &clock)?,
            to: instant("to", to, now, &clock)?,
        };
        if window.to <= window.from {
            return Err(BadParameter::new(
                "from",
                from,
                format!("it must lie before to={to}"),
            ));
        }
        if window.seconds() > MAX_SECONDS {
            return Err(BadParameter::new(
                "from",
                from,
                "a page shows one year at most",
            ));
        }
        Ok(Self {
            from: from.to_owned(),
            to: to.to_owned(),
            window,
            clock,
        })
    }

    /// The range of a page whose parameters say nothing.
    #[must_use]
    pub fn defaults(now: UnixNano) -> Self {
        let from = UnixNano(now.0.saturating_sub(DEFAULT_SECONDS * 1_000_000_000));
        Self {
            from: DEFAULT_FROM.to_owned(),
            to: DEFAULT_TO.to_owned(),
            window: Window { from, to: now },
            clock: Clock::utc(),
        }
    }

    /// Whether the range moves with the clock, so that looking again shows something new.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.to == DEFAULT_TO
    }

    /// What people call it: `last 3 hours`, or its two ends.
    #[must_use]
    pub fn label(&self) -> String {
        if self.is_live() {
            if let Some((_, name)) = PRESETS.iter().find(|(from, _)| *from == self.from) {
                return format!("last {name}");
            }
            if let Some(length) = self.from.strip_prefix("now-") {
                return format!("last {length}");
            }
        }
        let (from, to) = (self.window.from.as_millis(), self.window.to.as_millis());
        format!(
            "{} – {}",
            self.clock.day_minute(from),
            self.clock.short(from, to)
        )
    }

    /// The range inside a sentence: `the last 3 hours`, else `the chosen time`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let label = self.label();
        if label.starts_with("last ") {
            format!("the {label}")
        } else {
            "the chosen time".to_owned()
        }
    }

    /// Length of a bucket such that at most `most` of them fill the range, s; never below a minute.
    #[must_use]
    pub fn step_s(&self, most: u32) -> u32 {
        let seconds = self.window.seconds().max(1);
        STEPS
            .into_iter()
            .find(|step| seconds <= i64::from(*step) * i64::from(most.max(1)))
            .unwrap_or(STEPS[STEPS.len() - 1])
    }

    /// The range with its start moved back to a whole bucket, so that the first bucket of a chart is
    /// not a part of one.
    #[must_use]
    pub fn aligned(&self, step_s: u32) -> Window {
        let step = i64::from(step_s.max(1));
        let from = UnixNano::from_secs(self.window.from.as_secs().div_euclid(step) * step);
        Window {
            from,
            to: self.window.to,
        }
    }

    /// The buckets that are over, for shapes: one that is still filling would look like a fall.
    #[must_use]
    pub fn full_buckets(&self, step_s: u32) -> Vec<u32> {
        let mut buckets = self.buckets(step_s);
        let ends = |start: u32| i64::from(start) + i64::from(step_s);
        if buckets.len() > 1
            && buckets
                .last()
                .is_some_and(|b| ends(*b) > self.window.to.as_secs())
        {
            buckets.pop();
        }
        buckets
    }

    /// Starts of all buckets of `step_s` that touch the range, s since the epoch.
    #[must_use]
    pub fn buckets(&self, step_s: u32) -> Vec<u32> {
        let step = i64::from(step_s.max(1));
        let first = self.window.from.as_secs().div_euclid(step);
        let last = self
            .window
            .to
            .0
            .saturating_sub(1)
            .div_euclid(1_000_000_000)
            .div_euclid(step);
        (first..=last)
            .filter_map(|i| u32::try_from(i * step).ok())
            .collect()
    }
}

fn instant(
    parameter: &'static str,
    text: &str,
    now: UnixNano,
    clock: &Clock,
) -> Result<UnixNano, BadParameter> {
    let bad = || {
        let reason = "write it as now-3h, as milliseconds since 1970, or as 2026-11-23T14:05";
        BadParameter::new(parameter, text, reason)
    };
    if let Some(offset) = text.strip_prefix("now") {
        return relative(offset, now).ok_or_else(bad);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let millis: i64 = text.parse().map_err(|_| bad())?;
        return in_reach(UnixNano::from_millis(millis)).ok_or_else(bad);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return in_reach(UnixNano::from_millis(timestamp.as_millisecond())).ok_or_else(bad);
    }
    let civil: DateTime = text.parse().map_err(|_| bad())?;
    let timestamp = clock.zone().to_timestamp(civil).map_err(|_| bad())?;
    in_reach(UnixNano::from_millis(timestamp.as_millisecond())).ok_or_else(bad)
}

/// `""`, `-90m`, `+1h`: nothing or one signed length.
fn relative(offset: &str, now: UnixNano) -> Option<UnixNano> {
    if offset.is_empty() {
        return Some(now);
    }
    let unit = offset.chars().next_back()?;
    let scale = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = &offset[1..offset.len() - 1];
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = digits.parse::<i64>().ok()?.checked_mul(scale)?;
    let signed = match offset.as_bytes()[0] {
        b'-' => -seconds,
        b'+' => seconds,
        _ => return None,
    };
    in_reach(UnixNano(
        now.0.checked_add(signed.checked_mul(1_000_000_000)?)?,
    ))
}

/// The store's clock counts seconds in 32 bits from 1970 on.
fn in_reach(instant: UnixNano) -> Option<UnixNano> {
    (0..=i64::from(u32::MAX))
        .contains(&instant.as_secs())
        .then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNano = UnixNano(1_795_436_709_000_000_000); // 2026-11-23T12:25:09Z

    fn range(from: &str, to: &str, zone: &str) -> Result<TimeRange, BadParameter> {
        TimeRange::parse(Some(from), Some(to), Some(zone), NOW)
    }

    fn from_s(from: &str, zone: &str) -> i64 {
        range(from, "now", zone).expect(from).window.from.as_secs()
    }

    #[test]
    fn instants_can_be_written_in_every_usual_way() {
        let now = NOW.as_secs();
        assert_eq!(from_s("now-1h", "UTC"), now - 3_600);
        assert_eq!(from_s("now-2d", ""), now - 172_800);
        assert_eq!(from_s("1795430000000", ""), 1_795_430_000);
        assert_eq!(from_s("2026-11-23T12:00:00Z", ""), 1_795_435_200);
        assert_eq!(from_s("2026-11-23T12:00", "Europe/Berlin"), 1_795_431_600);
        assert_eq!(from_s("2026-11-23 12:00", "UTC"), 1_795_435_200);
        assert_eq!(from_s("2026-11-23", "UTC"), 1_795_392_000);
    }

    #[test]
    fn without_parameters_the_last_three_hours_are_shown() {
        let range = TimeRange::parse(None, Some(""), None, NOW).expect("defaults");
        assert_eq!(range.window.seconds(), 10_800);
        assert_eq!(range.label(), "last 3 hours");
        assert_eq!(range.phrase(), "the last 3 hours");
        assert!(range.is_live());
        assert_eq!(range.clock.name(), "UTC");
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_the_parameter_named() {
        for (from, to, zone, parameter) in [
            ("yesterday", "now", "", "from"),
            ("now-", "now", "", "from"),
            ("now-1y", "now", "", "from"),
            ("now-99999999h", "now", "", "from"),
            ("now-ä", "now", "", "from"),
            ("now-1h", "now-2h", "", "from"),
            ("now-1h", "'; DROP TABLE x", "", "to"),
            ("99999999999999999999", "now", "", "from"),
            ("-5", "now", "", "from"),
            ("1", "now", "", "from"),
            ("now-1h", "now", "Mars/Olympus", "tz"),
        ] {
            let error = range(from, to, zone).expect_err(from);
            assert_eq!(error.parameter, parameter, "{error}");
        }
    }

    #[test]
    fn buckets_are_whole_minutes_and_few_enough() {
        for (from, step) in [
            ("now-5m", 60),
            ("now-1h", 60),
            ("now-3h", 120),
            ("now-24h", 900),
        ] {
            let range = range(from, "now", "").expect(from);
            assert_eq!(range.step_s(100), step, "{from}");
            let buckets = range.buckets(step);
            assert!(buckets.len() <= 101, "{from}: {}", buckets.len());
            assert!(buckets.windows(2).all(|b| b[1] - b[0] == step));
            assert!(i64::from(buckets[0]) <= range.window.from.as_secs());
        }
    }

    #[test]
    fn a_bucket_that_is_still_filling_is_no_part_of_a_shape() {
        let range = range("1795435200000", "1795435350000", "").expect("two minutes and a half");
        assert_eq!(range.buckets(60).len(), 3);
        assert_eq!(range.full_buckets(60), [1_795_435_200, 1_795_435_260]);
    }

    #[test]
    fn a_range_that_ends_on_a_bucket_does_not_touch_the_next() {
        let range = range("1795435200000", "1795435320000", "").expect("two minutes");
        assert_eq!(range.buckets(60), [1_795_435_200, 1_795_435_260]);
    }
}

//! Figures inside sentences.

use crate::money::{Usd, grouped};

/// From the least to the most; equal where it is known exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range<T> {
    /// Least.
    pub low: T,
    /// Most.
    pub high: T,
}

impl<T: Copy> Range<T> {
    /// Known exactly.
    #[must_use]
    pub fn exactly(value: T) -> Self {
        Self {
            low: value,
            high: value,
        }
    }
}

impl Range<Usd> {
    /// Of a window of so many days, what it makes in a month.
    #[must_use]
    pub fn per_month(self, window_days: u32) -> Self {
        Self {
            low: per_month(self.low, window_days),
            high: per_month(self.high, window_days),
        }
    }
}

/// Of a window of so many days, what it makes in a month of 30.44 days.
pub(super) fn per_month(amount: Usd, window_days: u32) -> Usd {
    amount.scale(super::MONTH_CENTIDAYS, u64::from(window_days.max(1)) * 100)
}

/// `1,234`.
pub(crate) fn count(n: u64) -> String {
    grouped(n.into())
}

/// `1 cold start`, `2 cold starts`.
pub(crate) fn counted(n: u64, singular: &str) -> String {
    match n {
        1 => format!("1 {singular}"),
        _ => format!("{} {singular}s", count(n)),
    }
}

/// `340 ms`, `1.2 s`.
pub(crate) fn ms(ms: f64) -> String {
    match ms {
        _ if !ms.is_finite() => "–".to_owned(),
        _ if ms < 9.95 => format!("{} ms", short(ms)),
        _ if ms < 999.5 => format!("{ms:.0} ms"),
        _ if ms < 99_500.0 => format!("{} s", short(ms / 1e3)),
        _ => format!("{:.0} min", ms / 6e4),
    }
}

/// `12 %`, `0.4 %`.
pub(crate) fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    match percent {
        _ if !percent.is_finite() => "–".to_owned(),
        _ if percent > 0.0 && percent < 0.05 => "less than 0.1 %".to_owned(),
        _ if percent < 9.95 => format!("{} %", short(percent)),
        _ => format!("{percent:.0} %"),
    }
}

/// One digit after the point, unless it is 0.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// An amount in a sentence: `$12.30`, `$3.10 to $12.30`, `up to $12.30`.
pub(super) fn amount(range: Range<Usd>) -> String {
    let (low, high) = (range.low.to_string(), range.high.to_string());
    match low == high {
        true => high,
        false if range.low.pico() == 0 => format!("up to {high}"),
        false => format!("{low} to {high}"),
    }
}

/// A saving in a sentence: `$12.30 less a month`, `up to $12.30 less a month`.
pub(super) fn monthly(range: Range<Usd>) -> String {
    format!("{} less a month", amount(range))
}

/// Refuses what saves less than a cent a month: it is not worth a deploy.
pub(super) fn worth_it(range: Range<Usd>) -> Result<Range<Usd>, String> {
    match range.high >= Usd::from_cents(1) {
        true => Ok(range),
        false => Err(format!(
            "it would save {} a month, less than a cent",
            range.high
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(ms(4.2), "4.2 ms");
        assert_eq!(ms(340.4), "340 ms");
        assert_eq!(ms(1_000.0), "1 s");
        assert_eq!(percent(0.0004), "less than 0.1 %");
        assert_eq!(percent(0.123), "12 %");
        assert_eq!(counted(1, "cold start"), "1 cold start");
        assert_eq!(counted(1_200, "cold start"), "1,200 cold starts");
    }

    #[test]
    fn a_week_makes_four_and_a_third_in_a_month() {
        assert_eq!(per_month(Usd::from_cents(700), 7), Usd::from_cents(3_044));
    }
}

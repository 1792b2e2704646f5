//! Amounts, counts and times as people say them.

use store::model::UnixNano;

use crate::money::{Usd, grouped};

/// What has grown so many times is told in times, not in per cent.
const TIMES_MIN: f64 = 10.0;

/// `$41.20`.
#[must_use]
pub fn dollars(usd: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // saturates
    let pico = (usd * 1e12) as i128;
    Usd::from_pico(pico).to_string()
}

/// `1,234`; below ten with one digit more, `3.4`.
#[must_use]
pub fn count(n: f64) -> String {
    let n = n.max(0.0);
    match n {
        x if x >= 9.95 || x == 0.0 => {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
            let whole = x.round() as u128;
            grouped(whole)
        }
        x => format!("{x:.1}"),
    }
}

/// `340 ms`, `1.2 s`, `3.0 min`.
#[must_use]
pub fn time(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms if ms < 60_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms => format!("{:.1} min", ms / 60_000.0),
    }
}

/// `92 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    match share.abs() * 100.0 {
        p if p >= 9.5 || p == 0.0 => format!("{:.0} %", share * 100.0),
        _ => format!("{:.1} %", share * 100.0),
    }
}

/// `Tue 3 Nov 14:05 UTC`.
#[must_use]
pub fn moment(at_s: u32) -> String {
    let time = jiff::Timestamp::from_second(at_s.into()).unwrap_or_default();
    time.strftime("%a %-d %b %H:%M UTC").to_string()
}

/// `+44 % (95 %: +12 to +50 %)`; from ten times on `586 times as much (95 %: 164 to 2,273 times)`.
#[must_use]
pub fn change(relative: f64, interval: Option<(f64, f64)>) -> String {
    let (of, range) = match relative < TIMES_MIN - 1.0 {
        true => (
            format!("{:+.0} %", 100.0 * relative),
            interval.map(|(low, high)| format!("{:+.0} to {:+.0} %", 100.0 * low, 100.0 * high)),
        ),
        false => (
            format!("{} times as much", count(1.0 + relative)),
            interval
                .map(|(low, high)| format!("{} to {} times", count(1.0 + low), count(1.0 + high))),
        ),
    };
    range.map_or_else(|| of.clone(), |range| format!("{of} (95 %: {range})"))
}

/// `9 hours`, `3 days`.
#[must_use]
pub fn span(hours: f64) -> String {
    match hours.round() {
        h if h <= 1.0 => "1 hour".to_owned(),
        h if h < 72.0 => format!("{h:.0} hours"),
        h => format!("{:.0} days", h / 24.0),
    }
}

/// Seconds since the epoch as a moment of the product.
#[must_use]
pub fn nano(at_s: u32) -> UnixNano {
    UnixNano::from_secs(at_s.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_per_cent_until_it_is_many_times() {
        assert_eq!(
            change(0.44, Some((0.12, 0.5))),
            "+44 % (95 %: +12 to +50 %)"
        );
        assert_eq!(change(-0.2, None), "-20 %");
        let many = change(585.2, Some((163.3, 2_271.6)));
        assert_eq!(many, "586 times as much (95 %: 164 to 2,273 times)");
    }

    #[test]
    fn figures_are_said_as_people_say_them() {
        assert_eq!(dollars(41.2), "$41.20");
        assert_eq!(
            (count(1_234.4), count(3.42), count(0.0)),
            ("1,234".into(), "3.4".into(), "0".into())
        );
        assert_eq!(
            (time(340.4), time(1_234.0), time(2.0)),
            ("340 ms".into(), "1.2 s".into(), "2.0 ms".into())
        );
        assert_eq!(
            (percent(0.923), percent(0.034)),
            ("92 %".into(), "3.4 %".into())
        );
        assert_eq!(moment(1_761_955_200), "Sat 1 Nov 00:00 UTC");
        assert_eq!(
            (span(9.0), span(0.3), span(96.0)),
            ("9 hours".into(), "1 hour".into(), "4 days".into())
        );
    }
}

//! Quantities of findings: a value with the unit a detector says it in.

use analyzers::money::Usd;

use super::{NBSP, UNKNOWN, bytes, duration_ms, number, ratio, with_unit};

/// A value in the unit of a finding: `340 ms`, `$41.20 an hour`, `12 %`, `1,200 an hour`.
#[must_use]
pub fn quantity(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let (what, per) = unit.split_once('/').unwrap_or((unit, ""));
    let amount = match what {
        "usd" => about(dollars(value)),
        "ms" => duration_ms(value),
        "s" => duration_ms(value * 1e3),
        "1" if value < 0.0 => format!("−{}", ratio(-value)),
        "1" => ratio(value),
        "bytes" => bytes(value),
        "count" | "" => number(value),
        other => with_unit(value, other),
    };
    match per {
        "" => amount,
        "h" => format!("{amount} an{NBSP}hour"),
        "d" | "day" => format!("{amount} a{NBSP}day"),
        "mo" | "month" => format!("{amount} a{NBSP}month"),
        other => format!("{amount} a{NBSP}{}", super::bounded(other, 12)),
    }
}

/// The same with its sign, as parts of a sum are written: `+$3.10 an hour`, `−12 ms`.
#[must_use]
pub fn signed(value: f64, unit: &str) -> String {
    match value > 0.0 {
        true => format!("+{}", quantity(value, unit)),
        false => quantity(value, unit),
    }
}

/// A relative change: 0.44 is `+44 %`, −0.12 is `−12 %`, 4.2 is `5.2 times`.
#[must_use]
pub fn relative(change: f64) -> String {
    if !change.is_finite() {
        return UNKNOWN.to_owned();
    }
    match change {
        _ if change >= 2.0 => format!("{}{NBSP}times", super::significant(change + 1.0)),
        _ if change > 0.0 => format!("+{}", ratio(change)),
        _ if change < 0.0 => format!("−{}", ratio(-change)),
        _ => "no change".to_owned(),
    }
}

/// Money that was estimated: no cents from $100 on, and none that are nothing. `$1,140`, `$41`, `$1.70`.
#[must_use]
pub fn about(amount: Usd) -> String {
    const DOLLAR: i128 = 1_000_000_000_000;
    let pico = amount.pico();
    let half = pico.signum() * DOLLAR / 2;
    let amount = match pico.unsigned_abs() >= 100 * DOLLAR.unsigned_abs() {
        true => Usd::from_pico(pico.saturating_add(half) / DOLLAR * DOLLAR),
        false => amount,
    };
    let text = super::money(amount);
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}

/// Dollars out of a binary number, to the picodollar; saturates.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // saturates
pub fn dollars(value: f64) -> Usd {
    Usd::from_pico((value * 1e12).round() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_speak_in_the_unit_of_the_finding() {
        for (value, unit, want) in [
            (340.0, "ms", "340 ms"),
            (1.5, "s", "1.5 s"),
            (41.2, "usd/h", "$41.20 an hour"),
            (3.0, "usd/month", "$3 a month"),
            (1_140.4, "usd", "$1,140"),
            (0.125, "1", "13 %"),
            (-0.02, "1", "−2 %"),
            (1_200.0, "count/h", "1,200 an hour"),
            (1_572_864.0, "bytes", "1.5 MiB"),
            (7.0, "", "7"),
            (f64::NAN, "usd/h", "–"),
            (-250.7, "usd/h", "−$251 an hour"),
        ] {
            assert_eq!(quantity(value, unit).replace(NBSP, " "), want, "{unit}");
        }
        assert_eq!(signed(3.0, "ms").replace(NBSP, " "), "+3 ms");
        assert_eq!(signed(-3.0, "ms").replace(NBSP, " "), "−3 ms");
    }

    #[test]
    fn changes_carry_their_sign_and_large_ones_are_told_as_times() {
        for (change, want) in [
            (0.44, "+44 %"),
            (-0.12, "−12 %"),
            (4.2, "5.2 times"),
            (0.0, "no change"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(relative(change).replace(NBSP, " "), want);
        }
    }
}

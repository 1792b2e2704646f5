//! Money and what it does to the air.

use analyzers::money::Usd;

use super::{NBSP, UNKNOWN, trimmed};

/// Money: `$1,234`, `$41.20`, `$0.0041`; little is never nothing.
#[must_use]
pub fn money(amount: Usd) -> String {
    amount.to_string()
}

/// Mass of CO2 equivalent: `3.2 mg`, `12 g`, `1.2 kg`, `3.4 t`.
#[must_use]
pub fn grams(grams: f64) -> String {
    if !grams.is_finite() {
        return UNKNOWN.to_owned();
    }
    let (scaled, unit) = match grams.abs() {
        0.0 => return format!("0{NBSP}g"),
        size if size < 0.9995 => (grams * 1e3, "mg"),
        size if size < 999.5 => (grams, "g"),
        size if size < 999.5e3 => (grams / 1e3, "kg"),
        _ => (grams / 1e6, "t"),
    };
    let text = match scaled.abs() {
        size if size < 0.095 => return format!("<{NBSP}0.1{NBSP}mg"),
        size if size < 99.5 => trimmed(scaled, 1),
        _ => format!("{scaled:.0}"),
    };
    format!("{text}{NBSP}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grams_change_their_unit_and_little_is_not_nothing() {
        for (value, want) in [
            (0.0, "0 g"),
            (0.000_04, "< 0.1 mg"),
            (0.0032, "3.2 mg"),
            (0.9, "900 mg"),
            (12.34, "12.3 g"),
            (999.6, "1 kg"),
            (3_400_000.0, "3.4 t"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(grams(value).replace(NBSP, " "), want, "{value}");
        }
        assert_eq!(money(Usd::from_cents(4_120)), "$41.20");
    }
}

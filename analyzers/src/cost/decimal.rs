//! Exact decimals: read from text, rounded where a bill rounds, written as people write them. No float
//! ever touches money or what it is computed from.

use std::fmt;
use std::str::FromStr;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Signed, Zero};
use serde::{Deserialize, Deserializer};

/// Money, prices and quantities. Sums and products are exact; nothing here divides but by
/// [`divided`], which says how it rounds.
pub type Decimal = BigDecimal;

/// A longer number is nobody's duration and nobody's price: 64 characters hold 60 digits.
const CHARS_MAX: usize = 64;
/// `1e999999` is short and would still need a megabyte once it is added to something.
const EXPONENT_MAX: i64 = 60;

/// Reads a decimal as JSON and YAML write numbers.
///
/// # Errors
/// When the text is no number, or one with more than 60 digits before or behind the point.
pub fn parse(text: &str) -> Result<Decimal, NotADecimal> {
    let refuse = || NotADecimal(text.chars().take(CHARS_MAX).collect());
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if !plain || text.is_empty() || text.len() > CHARS_MAX {
        return Err(refuse());
    }
    let value = Decimal::from_str(text).map_err(|_| refuse())?;
    match value.fractional_digit_count().abs() <= EXPONENT_MAX {
        true => Ok(value),
        false => Err(refuse()),
    }
}

/// A text that is no decimal number, or one beyond all bounds.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a plain decimal number of at most 60 digits")]
pub struct NotADecimal(String);

/// `value` up to the next multiple of `step` (at least 1); what lies on a step stays.
#[must_use]
pub fn up_to_step(value: &Decimal, step: u32) -> Decimal {
    let scale = value.fractional_digit_count().max(0);
    let (digits, _) = value.with_scale(scale).into_bigint_and_exponent();
    let unit = BigInt::from(10).pow(u32::try_from(scale).unwrap_or(u32::MAX)) * step;
    let whole = (&digits + &unit - 1_u32) / &unit;
    Decimal::from(whole * step)
}

/// `amount / by` to `digits` behind the point, half away from zero. `by` must not be 0.
#[must_use]
pub fn divided(amount: &Decimal, by: &Decimal, digits: i64) -> Decimal {
    let scale = amount
        .fractional_digit_count()
        .max(by.fractional_digit_count())
        .max(0);
    let (top, _) = amount
        .with_scale(scale + digits + 1)
        .into_bigint_and_exponent();
    let (bottom, _) = by.with_scale(scale).into_bigint_and_exponent();
    Decimal::new(top / bottom, digits + 1).with_scale_round(digits, RoundingMode::HalfUp)
}

/// To whole cents, half up: what a bill does once, at each line item.
#[must_use]
pub fn cents(amount: &Decimal) -> Decimal {
    amount.with_scale_round(2, RoundingMode::HalfUp)
}

/// As people write it: no exponent, no zeros that say nothing.
#[must_use]
pub fn text(value: &Decimal) -> String {
    match value.is_zero() {
        true => "0".to_owned(),
        false => value.normalized().to_plain_string(),
    }
}

/// A measured time as it lies in the tables, ms, to the nanosecond it was measured with. What is
/// negative or no number is nothing.
#[must_use]
pub fn from_ms(ms: f64) -> Option<Decimal> {
    let nanos = (ms * 1e6).round();
    (nanos.is_finite() && (0.0..1e18).contains(&nanos))
        .then(|| Decimal::new(BigInt::from(nanos as u64), 6))
}

/// A decimal that is read from a file, exactly as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(pub Decimal);

impl Written {
    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Written, E> {
                parse(text).map(Written).map_err(E::custom)
            }
        }
        // As text: a number would come through a float.
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        parse(text).expect("a decimal")
    }

    #[test]
    fn steps_round_up_and_what_lies_on_a_step_stays() {
        for (value, step, want) in [
            ("0", 100, "0"),
            ("0.000001", 100, "100"),
            ("100", 100, "100"),
            ("100.000000001", 100, "200"),
            ("146.23", 1, "147"),
            ("2343.46", 1, "2344"),
            ("160", 128, "256"),
            ("2e2", 100, "200"),
        ] {
            assert_eq!(up_to_step(&d(value), step), d(want), "{value}");
        }
    }

    #[test]
    fn cents_round_half_up_and_decimals_stay_exact() {
        assert_eq!(text(&cents(&d("14.075"))), "14.08");
        assert_eq!(text(&cents(&d("0.00499999"))), "0");
        assert_eq!(d("0.1") + d("0.2"), d("0.3"));
        assert_eq!(text(&divided(&d("1"), &d("3"), 12)), "0.333333333333");
        assert_eq!(text(&divided(&d("2"), &d("3"), 2)), "0.67");
    }

    #[test]
    fn numbers_that_would_fill_the_memory_are_refused() {
        for text in [
            "1e999999999",
            "1e-999999999",
            "NaN",
            "",
            "0x10",
            "1_000",
            &"9".repeat(65),
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(text(&d("1.50e1")), "15");
    }

    #[test]
    fn a_float_of_the_tables_is_the_decimal_it_was_stored_from() {
        assert_eq!(from_ms(15.74), Some(d("15.74")));
        assert_eq!(from_ms(f64::NAN), None);
        assert_eq!(from_ms(-1.0), None);
    }
}

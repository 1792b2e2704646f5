//! Dollars as whole picodollars: what estimates and pages reckon with. Bills are exact decimals of their
//! own ([`crate::cost`]) and become this only when they are shown or compared.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// Picodollars of a dollar: a millisecond of 128 MiB costs about 2,083 of them.
const PICO: i128 = 1_000_000_000_000;

/// An amount of money, 10⁻¹² dollars; ±1.7·10²⁶ dollars, saturating.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From 10⁻¹² dollars.
    #[must_use]
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// From whole cents.
    #[must_use]
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents as i128 * (PICO / 100))
    }

    /// 10⁻¹² dollars.
    #[must_use]
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// Reads `-12.345`, as exact decimals are written; digits beyond the twelfth are rounded half up.
    /// `None` for anything else, exponents included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !numeric(whole) || !numeric(part) {
            return None;
        }
        let padded = format!("{part:0<13}");
        let thirteen: i128 = padded.get(..13)?.parse().ok()?;
        let fraction = (thirteen + 5) / 10;
        let whole: i128 = whole.parse().ok()?;
        Some(Self(sign * whole.checked_mul(PICO)?.checked_add(fraction)?))
    }

    /// This times `by` / `of`, rounded half away from zero; zero when `of` is 0.
    #[must_use]
    pub fn scale(self, by: u64, of: u64) -> Self {
        let (by, of) = (i128::from(by), i128::from(of));
        if of == 0 {
            return Self::ZERO;
        }
        let product = self.0.saturating_mul(by);
        let half = if product < 0 { -of / 2 } else { of / 2 };
        Self(product.saturating_add(half) / of)
    }

    /// This as a share of `whole`; `None` when the whole is nothing.
    #[must_use]
    pub fn share_of(self, whole: Self) -> Option<f64> {
        (whole.0 != 0).then(|| self.0 as f64 / whole.0 as f64)
    }

    /// Dollars as a binary number, for drawings only.
    #[must_use]
    pub fn as_drawn(self) -> f64 {
        self.0 as f64 / PICO as f64
    }

    /// Exact, without trailing zeros: `0.0000166667`, `-12.3`.
    #[must_use]
    pub fn exact(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let (whole, part) = (size / PICO as u128, size % PICO as u128);
        let part = format!("{part:012}");
        match part.trim_end_matches('0') {
            "" => format!("{sign}{whole}"),
            part => format!("{sign}{whole}.{part}"),
        }
    }
}

impl From<&crate::cost::decimal::Decimal> for Usd {
    /// To the picodollar; an amount beyond the range is nothing.
    fn from(amount: &crate::cost::decimal::Decimal) -> Self {
        // Written without an exponent, so it can be read.
        Self::parse(&crate::cost::decimal::text(amount)).unwrap_or_default()
    }
}

/// As people write it: `$1,234`, `$41.20`, `$0.38`, `$0.0041`; two digits that count below ten cents, so
/// that little is never nothing.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "−" } else { "" };
        let cent = (PICO / 100) as u128;
        if size == 0 {
            return f.write_str("$0");
        }
        if size >= 10 * cent - cent / 20 {
            let cents = (size + cent / 2) / cent;
            let dollars = grouped(cents / 100);
            return match cents {
                // From ten thousand dollars on nobody counts cents.
                1_000_000.. => write!(f, "{sign}${}", grouped((cents + 50) / 100)),
                _ => write!(f, "{sign}${dollars}.{:02}", cents % 100),
            };
        }
        // Two significant digits of what is below a tenth of a dollar.
        let mut step = 1_u128;
        while size / step >= 100 {
            step *= 10;
        }
        let rounded = Self::from_pico(((size + step / 2) / step * step) as i128);
        write!(f, "{sign}${}", rounded.exact())
    }
}

/// A whole number as people read it: `1,234`.
pub(crate) fn grouped(n: u128) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Usd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Usd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        Usd::parse(text).expect("an amount")
    }

    #[test]
    fn little_is_never_nothing_and_much_has_no_cents() {
        for (amount, said) in [
            ("0", "$0"),
            ("0.0000000021", "$0.0000000021"),
            ("0.0000166667", "$0.000017"),
            ("0.004149", "$0.0041"),
            ("0.0049999", "$0.005"),
            ("0.0996", "$0.10"),
            ("0.38", "$0.38"),
            ("1.005", "$1.01"),
            ("41.2", "$41.20"),
            ("1234.5", "$1,234.50"),
            ("435001.2", "$435,001"),
            ("-3.5", "−$3.50"),
        ] {
            assert_eq!(usd(amount).to_string(), said, "{amount}");
        }
    }

    #[test]
    fn exact_decimals_come_back_as_they_were() {
        for text in ["0.0000166667", "-12.3", "435001.2", "0", "0.000000000001"] {
            assert_eq!(usd(text).exact(), text);
        }
        assert_eq!(usd("0.0000000000005"), Usd::from_pico(1), "half up");
        for bad in ["", "-", "1e3", "0x1", "1.2.3", " 1", "NaN"] {
            assert_eq!(Usd::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn scaling_rounds_half_away_from_zero_and_never_divides_by_nothing() {
        assert_eq!(Usd::from_pico(3).scale(1, 2), Usd::from_pico(2));
        assert_eq!(Usd::from_pico(-3).scale(1, 2), Usd::from_pico(-2));
        assert_eq!(Usd::from_pico(3).scale(1, 0), Usd::ZERO);
    }
}

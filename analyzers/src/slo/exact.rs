//! Fractions of whole numbers. Nothing is rounded until a figure is shown: 99.9 % leaves a budget of
//! exactly 1/1000, and an error share of exactly 14.4 times that does not exceed 14.4.

use std::cmp::Ordering;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{ToPrimitive, Zero};

use crate::cost::decimal::Decimal;

/// A fraction. Machine integers as long as they hold it, big ones beyond.
#[derive(Clone, Debug)]
pub struct Fraction(Parts);

#[derive(Clone, Debug)]
enum Parts {
    /// Above and below the line; below is positive.
    Small(i128, i128),
    Big(BigInt, BigInt),
}

/// More bits do not change a float, and a float's exponent must hold what is divided.
const BITS_SHOWN: u64 = 512;

/// Up to here every whole number is a float.
const FLOAT_WHOLE_MAX: i128 = 1 << 53;

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self(Parts::Small(0, 1));
    /// The whole.
    pub const ONE: Self = Self(Parts::Small(1, 1));

    /// `above / below`; `below` must be positive.
    #[must_use]
    pub fn new(above: i128, below: i128) -> Self {
        debug_assert!(below > 0, "{above}/{below}");
        Self(Parts::Small(above, below))
    }

    /// A decimal, as it was written, in lowest terms.
    #[must_use]
    pub fn of(decimal: &Decimal) -> Self {
        let (digits, exponent) = decimal.normalized().into_bigint_and_exponent();
        let power = |n: i64| BigInt::from(10).pow(u32::try_from(n).unwrap_or(u32::MAX));
        let (above, below) = match exponent >= 0 {
            true => (digits, power(exponent)),
            false => (digits * power(-exponent), BigInt::from(1)),
        };
        match (above.to_i128(), below.to_i128()) {
            (Some(above), Some(below)) => {
                let common = gcd(above.unsigned_abs(), below.unsigned_abs());
                let common = i128::try_from(common).unwrap_or(1).max(1);
                Self::new(above / common, below / common)
            }
            _ => Self(Parts::Big(above, below)),
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let small = |a: i128, b: i128, c: i128, d: i128| match b == d {
            true => Some((a.checked_add(c)?, b)),
            false => Some((
                a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?,
                b.checked_mul(d)?,
            )),
        };
        self.with(other, small, |a, b, c, d| (a * d + c * b, b * d))
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let small =
            |a: i128, b: i128, c: i128, d: i128| Some((a.checked_mul(c)?, b.checked_mul(d)?));
        self.with(other, small, |a, b, c, d| (a * c, b * d))
    }

    /// The quotient; `other` must be above zero.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        debug_assert!(*other > Self::ZERO);
        let small =
            |a: i128, b: i128, c: i128, d: i128| Some((a.checked_mul(d)?, b.checked_mul(c)?));
        self.with(other, small, |a, b, c, d| (a * d, b * c))
    }

    /// What this lacks of the whole; negative beyond it.
    #[must_use]
    pub fn complement(&self) -> Self {
        match &self.0 {
            Parts::Small(a, b) => match b.checked_sub(*a) {
                Some(rest) => Self(Parts::Small(rest, *b)),
                None => Self(Parts::Big(BigInt::from(*b) - *a, (*b).into())),
            },
            Parts::Big(a, b) => Self(Parts::Big(b - a, b.clone())),
        }
    }

    /// The nearest number a page or a file can show, within 4e-16 of the fraction's size.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // two correct roundings and a division
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Parts::Small(0, _) => 0.0,
            Parts::Small(a, b) if a.abs().max(*b) <= FLOAT_WHOLE_MAX => *a as f64 / *b as f64,
            // In lowest terms most fit a float, and the quotient is the nearest one.
            Parts::Small(a, b) => {
                let common = i128::try_from(gcd(a.unsigned_abs(), b.unsigned_abs())).unwrap_or(1);
                (a / common) as f64 / (b / common) as f64
            }
            Parts::Big(a, b) => {
                let shift = |n: &BigInt| n.bits().saturating_sub(BITS_SHOWN);
                let by = shift(a).min(shift(b));
                let float = |n: &BigInt| (n >> by).to_f64().unwrap_or(f64::INFINITY);
                if a.is_zero() {
                    0.0
                } else {
                    float(a) / float(b)
                }
            }
        }
    }

    fn with(
        &self,
        other: &Self,
        small: impl Fn(i128, i128, i128, i128) -> Option<(i128, i128)>,
        big: impl Fn(&BigInt, &BigInt, &BigInt, &BigInt) -> (BigInt, BigInt),
    ) -> Self {
        if let (Parts::Small(a, b), Parts::Small(c, d)) = (&self.0, &other.0)
            && let Some((above, below)) = small(*a, *b, *c, *d)
        {
            return Self(Parts::Small(above, below));
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        let (above, below) = big(&a, &b, &c, &d);
        Self(Parts::Big(above, below))
    }

    fn parts(&self) -> (BigInt, BigInt) {
        match &self.0 {
            Parts::Small(a, b) => ((*a).into(), (*b).into()),
            Parts::Big(a, b) => (a.clone(), b.clone()),
        }
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Parts::Small(a, b), Parts::Small(c, d)) = (&self.0, &other.0)
            && let (Some(left), Some(right)) = (a.checked_mul(*d), c.checked_mul(*b))
        {
            return left.cmp(&right);
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        (a * d).cmp(&(c * b))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::decimal;

    fn of(text: &str) -> Fraction {
        Fraction::of(&decimal::parse(text).expect("a decimal"))
    }

    #[test]
    fn decimals_are_what_they_are_written_as() {
        assert_eq!(of("0.999").complement(), Fraction::new(1, 1000));
        assert_eq!(of("0.1").plus(&of("0.2")), of("0.3"));
        assert_eq!(of("14.4").times(&of("0.001")), of("0.0144"));
        assert_eq!(of("-4900").over(&of("100")).to_f64(), -49.0);
        assert!(of("1e-40") > Fraction::ZERO);
        let large = 1_i128 << 90;
        assert_eq!(Fraction::new(99 * large, 100 * large).to_f64(), 0.99);
    }

    #[test]
    fn what_machine_integers_cannot_hold_stays_exact() {
        let huge = Fraction::new(i128::MAX / 3, i128::MAX / 5);
        let square = huge.times(&huge).times(&huge);
        assert_eq!(square.over(&huge).over(&huge), huge);
        let near = Fraction::new(i128::MAX - 1, i128::MAX);
        assert!(near < Fraction::ONE && huge.plus(&near) > huge);
        assert!((square.to_f64() - (5.0_f64 / 3.0).powi(3)).abs() < 1e-12);
        let tiny = Fraction::new(1, i128::MAX);
        let mut power = tiny.clone();
        for _ in 0..10 {
            power = power.times(&tiny);
        }
        assert!(power > Fraction::ZERO && power.over(&power) == Fraction::ONE);
    }
}

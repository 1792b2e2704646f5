//! A sum shared out so that the shares are the sum again, exactly.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{Signed, Zero};

use super::decimal::Decimal;

/// Digits behind the point of a share: a thousandth of a billionth of a cent and less.
const DIGITS: i64 = 15;

/// Shares of `total` in proportion to `weights`, none of them negative. Each is cut to 15 digits behind
/// the point (or as many as the total has); what is left goes, digit by digit, to those that lost most,
/// so that the shares add up to the total. Without any weight all of it goes to the first.
pub(super) fn share(total: &Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let digits = total.fractional_digit_count().max(DIGITS);
    let scale = weights
        .iter()
        .map(Decimal::fractional_digit_count)
        .max()
        .unwrap_or(0)
        .max(0);
    let whole: Vec<BigInt> = weights
        .iter()
        .map(|weight| integer(weight, scale))
        .collect();
    let sum: BigInt = whole.iter().sum();
    let total = integer(total, digits);
    if !sum.is_positive() {
        let mut shares = vec![Decimal::zero(); weights.len()];
        if let Some(first) = shares.first_mut() {
            *first = Decimal::new(total, digits);
        }
        return shares;
    }
    let mut shares: Vec<BigInt> = whole.iter().map(|weight| weight * &total / &sum).collect();
    let mut lost: Vec<(BigInt, usize)> = whole
        .iter()
        .enumerate()
        .map(|(at, weight)| (weight * &total % &sum, at))
        .collect();
    // Who lost most first; among equals the first.
    lost.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.cmp(b)));
    let given: BigInt = shares.iter().sum();
    let left = usize::try_from(&total - given).unwrap_or(0);
    for (_, at) in lost.into_iter().take(left) {
        shares[at] += 1;
    }
    shares
        .into_iter()
        .map(|share| Decimal::new(share, digits))
        .collect()
}

fn integer(value: &Decimal, scale: i64) -> BigInt {
    value.with_scale(scale).into_bigint_and_exponent().0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::decimal::parse;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_always_add_up_to_the_total(
            total in 0_u64..1_000_000_000_000,
            digits in 0_i64..18,
            weights in proptest::collection::vec(0_u64..1_000_000_000, 1..20),
        ) {
            let total = Decimal::new(total.into(), digits);
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            let shares = share(&total, &weights);
            prop_assert_eq!(shares.iter().sum::<Decimal>(), total);
            prop_assert!(shares.iter().all(|share| !share.is_negative()));
        }
    }

    #[test]
    fn a_dollar_among_three_leaves_no_cent_behind() {
        let thirds = share(&Decimal::from(1), &[1.into(), 1.into(), 1.into()]);
        assert_eq!(thirds[0], parse("0.333333333333334").expect("a decimal"));
        assert_eq!(thirds[1], parse("0.333333333333333").expect("a decimal"));
        assert_eq!(thirds.iter().sum::<Decimal>(), Decimal::from(1));
    }
}

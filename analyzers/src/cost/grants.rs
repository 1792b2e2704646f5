//! What is free each month, once for a payer, taken off the lines it covers.

use std::collections::BTreeMap;

use bigdecimal::Zero;

use super::book::{Grant, Price};
use super::decimal::Decimal;
use super::split::share;
use super::tiers;

/// A line before grants.
pub(super) struct Line<'a> {
    pub price: &'a Price,
    pub quantity: &'a Decimal,
    /// Through the tiers.
    pub gross: Decimal,
}

/// What a grant takes off a line.
#[derive(Clone, Default)]
pub(super) struct Granted {
    /// Usage that is not billed; 0 where the grant is in money.
    pub quantity: Decimal,
    /// Money. The tiers begin anew after what is free.
    pub amount: Decimal,
}

/// What the grants take off each line. A grant that covers several lines (x86 and arm, or regions) is
/// shared out in proportion to what they use, or cost where it is money.
pub(super) fn apply(grants: &BTreeMap<String, Grant>, lines: &[Line<'_>]) -> Vec<Granted> {
    let mut out = vec![Granted::default(); lines.len()];
    for (name, grant) in grants {
        let covered: Vec<usize> = (0..lines.len())
            .filter(|at| lines[*at].price.grant.as_deref() == Some(name))
            .collect();
        let weights: Vec<Decimal> = covered
            .iter()
            .map(|at| match grant.worth {
                None => lines[*at].quantity.clone(),
                Some(_) => lines[*at].gross.clone(),
            })
            .collect();
        let whole: Decimal = weights.iter().sum();
        let most = match &grant.worth {
            None => grant.quantity.clone(),
            Some(worth) => worth * &grant.quantity,
        };
        if whole.is_zero() {
            continue;
        }
        for (at, free) in covered.iter().zip(share(&most.min(whole), &weights)) {
            let line = &lines[*at];
            out[*at] = match grant.worth {
                Some(_) => Granted {
                    quantity: Decimal::zero(),
                    amount: free,
                },
                None => Granted {
                    amount: &line.gross - tiers::amount(line.price, &(line.quantity - &free)),
                    quantity: free,
                },
            };
        }
    }
    out
}

//! A quantity through the tiers of a price.

use bigdecimal::{Signed, Zero};

use super::book::Price;
use super::decimal::Decimal;

/// What one tier takes of a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierPart {
    /// As the list writes it, for one of the price's unit.
    pub price: Decimal,
    /// In the unit the dimension is counted in.
    pub quantity: Decimal,
    /// Exact.
    pub amount: Decimal,
}

/// The parts of `quantity`, first tier first; tiers that it does not reach are left out.
pub(super) fn parts(price: &Price, quantity: &Decimal) -> Vec<TierPart> {
    let factor = price.unit.factor();
    let mut begin = Decimal::zero();
    let mut out = Vec::new();
    for tier in &price.tiers {
        let end = match &tier.up_to {
            Some(up_to) => up_to.min(quantity),
            None => quantity,
        };
        let quantity = end - &begin;
        if !quantity.is_positive() {
            break;
        }
        out.push(TierPart {
            amount: &quantity * &tier.price * &factor,
            price: tier.price.clone(),
            quantity,
        });
        begin = end.clone();
    }
    out
}

/// What `quantity` costs. Exact.
pub(super) fn amount(price: &Price, quantity: &Decimal) -> Decimal {
    parts(price, quantity)
        .into_iter()
        .map(|part| part.amount)
        .sum()
}

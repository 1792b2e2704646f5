//! What spend is made of, and how much of a change each part explains.
//!
//! `spend = invocations × (request price + (duration + initialisation) × memory × price)`. A change is
//! shared out by Shapley's value: what each factor adds on average over all orders in which they could
//! have changed. The shares add up to the change exactly, need no logarithm, and so hold for zeros, too.

use serde::{Deserialize, Serialize};

/// Sums over some hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// Spend, dollars.
    pub usd: f64,
    /// Of it: for requests, whatever they took.
    pub usd_requests: f64,
    /// Invocations.
    pub invocations: f64,
    /// Of these: failed.
    pub errors: f64,
    /// Billed time, ms.
    pub billed_ms: f64,
    /// Of it: for initialisations.
    pub init_ms: f64,
    /// Billed time times billed memory, MiB · ms; 0 where memory is not billed.
    pub mib_ms: f64,
}

/// A part of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// More or fewer of them.
    Invocations,
    /// Longer or shorter ones.
    Duration,
    /// More or longer initialisations.
    ColdStarts,
    /// More or less memory.
    Memory,
    /// Another price: architecture, plan, region, list.
    Price,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Invocations,
        Self::Duration,
        Self::ColdStarts,
        Self::Memory,
        Self::Price,
    ];
}

/// The factors of one invocation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// Invocations.
    pub invocations: f64,
    /// Billed without initialisation, ms each.
    pub duration_ms: f64,
    /// Billed initialisation, ms each.
    pub init_ms: f64,
    /// Billed memory, MiB.
    pub memory_mib: f64,
    /// Dollars a MiB and ms.
    pub price: f64,
    /// Dollars a request.
    pub request_price: f64,
}

impl Factors {
    /// Adds another stretch.
    pub fn add(&mut self, other: &Self) {
        self.add_times(other, 1.0);
    }

    /// Adds another stretch so many times.
    pub fn add_times(&mut self, other: &Self, times: f64) {
        self.usd += times * other.usd;
        self.usd_requests += times * other.usd_requests;
        self.invocations += times * other.invocations;
        self.errors += times * other.errors;
        self.billed_ms += times * other.billed_ms;
        self.init_ms += times * other.init_ms;
        self.mib_ms += times * other.mib_ms;
    }

    /// The same, scaled so that it comes to `usd`.
    #[must_use]
    pub fn scaled_to(&self, usd: f64) -> Self {
        let mut scaled = Self::default();
        if self.usd > 0.0 {
            scaled.add_times(self, usd / self.usd);
            scaled.usd = usd; // to the last bit
        }
        scaled
    }

    /// Share of failed invocations.
    #[must_use]
    pub fn error_share(&self) -> f64 {
        ratio(self.errors, self.invocations).unwrap_or(0.0)
    }

    /// By invocation; what is unknown here, because nothing ran, is as in `other`.
    fn unit(&self, other: &Self) -> Unit {
        let of = |value: fn(&Self) -> Option<f64>| value(self).or_else(|| value(other));
        let memory = of(|f| ratio(f.mib_ms, f.billed_ms)).filter(|m| *m > 0.0);
        Unit {
            invocations: self.invocations,
            duration_ms: of(|f| ratio((f.billed_ms - f.init_ms).max(0.0), f.invocations))
                .unwrap_or(0.0),
            init_ms: of(|f| ratio(f.init_ms.min(f.billed_ms), f.invocations)).unwrap_or(0.0),
            memory_mib: memory.unwrap_or(1.0),
            price: match memory {
                Some(_) => of(|f| ratio(f.usd - f.usd_requests, f.mib_ms)),
                None => of(|f| ratio(f.usd - f.usd_requests, f.billed_ms)),
            }
            .unwrap_or(0.0),
            request_price: of(|f| ratio(f.usd_requests, f.invocations)).unwrap_or(0.0),
        }
    }
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b).filter(|r| r.is_finite())
}

/// The factors before and since, and how much of the change of spend each explains, in dollars. The parts add
/// up to `since.usd - before.usd`.
#[must_use]
pub fn decompose(before: &Factors, since: &Factors) -> (Unit, Unit, [f64; 5]) {
    let (from, to) = (before.unit(since), since.unit(before));
    let mut parts = [0.0; 5];
    for (cause, part) in parts.iter_mut().enumerate() {
        for others in (0..32_usize).filter(|set| set & (1 << cause) == 0) {
            let with = spend(&from, &to, others | (1 << cause));
            let without = spend(&from, &to, others);
            *part += WEIGHTS[others.count_ones() as usize] * (with - without);
        }
    }
    // Rounding, and what telemetry leaves out (time that was billed without a memory), goes to the price:
    // it is what nothing else explains.
    let explained: f64 = parts.iter().sum();
    parts[Cause::Price as usize] += since.usd - before.usd - explained;
    (from, to, parts)
}

/// k!(4−k)!/5! for the k factors that changed before.
const WEIGHTS: [f64; 5] = [0.2, 0.05, 1.0 / 30.0, 0.05, 0.2];

/// Spend, with the factors in `changed` taken from `to` and the others from `from`.
fn spend(from: &Unit, to: &Unit, changed: usize) -> f64 {
    let pick = |cause: Cause| match changed & (1 << (cause as usize)) {
        0 => from,
        _ => to,
    };
    let price = pick(Cause::Price);
    let time = pick(Cause::Duration).duration_ms + pick(Cause::ColdStarts).init_ms;
    pick(Cause::Invocations).invocations
        * (price.request_price + time * pick(Cause::Memory).memory_mib * price.price)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn used(
        invocations: f64,
        duration_ms: f64,
        init_ms: f64,
        memory_mib: f64,
        price: f64,
    ) -> Factors {
        let billed_ms = invocations * (duration_ms + init_ms);
        Factors {
            usd: invocations * 2e-7 + billed_ms * memory_mib * price,
            usd_requests: invocations * 2e-7,
            invocations,
            errors: 0.0,
            billed_ms,
            init_ms: invocations * init_ms,
            mib_ms: billed_ms * memory_mib,
        }
    }

    const PRICE: f64 = 1.63e-11;

    #[test]
    fn one_factor_that_changed_explains_all_of_it() {
        let before = used(1_000.0, 200.0, 10.0, 512.0, PRICE);
        for (since, cause) in [
            (used(3_000.0, 200.0, 10.0, 512.0, PRICE), Cause::Invocations),
            (used(1_000.0, 900.0, 10.0, 512.0, PRICE), Cause::Duration),
            (used(1_000.0, 200.0, 90.0, 512.0, PRICE), Cause::ColdStarts),
            (used(1_000.0, 200.0, 10.0, 2_048.0, PRICE), Cause::Memory),
            (used(1_000.0, 200.0, 10.0, 512.0, 2.0 * PRICE), Cause::Price),
            (used(0.0, 0.0, 0.0, 0.0, 0.0), Cause::Invocations),
        ] {
            let (.., parts) = decompose(&before, &since);
            let change = since.usd - before.usd;
            assert!(
                (parts[cause as usize] - change).abs() <= 1e-9 * change.abs(),
                "{cause:?} {parts:?}"
            );
        }
    }

    fn any_factors() -> impl Strategy<Value = Factors> {
        (
            0.0..1e9_f64,
            0.0..1e6_f64,
            0.0..1e5_f64,
            0.0..1e4_f64,
            0.0..1e-9_f64,
        )
            .prop_map(|(n, d, i, m, p)| used(n.floor(), d, i, m, p))
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_change_whatever_changed(before in any_factors(), since in any_factors()) {
            let (.., parts) = decompose(&before, &since);
            let sum: f64 = parts.iter().sum();
            let scale = before.usd.abs().max(since.usd.abs()).max(1e-12);
            prop_assert!((sum - (since.usd - before.usd)).abs() <= 1e-9 * scale);
            prop_assert!(parts.iter().all(|p| p.is_finite()));
        }
    }
}

//! What a function pays for a millisecond of initialisation, learnt from its hours.

use serde::{Deserialize, Serialize};

use crate::detectors::news::Hour;

/// What an hour weighs fades by this factor with each further one: half within a week.
const FADES: f64 = 0.995_882;

/// Sums that fade, so that what counts is the price of today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Price {
    init_ms: f64,
    billed_init_ms: f64,
    billed_ms: f64,
    usd: f64,
}

impl Price {
    /// Takes what a version did in an hour.
    pub fn take(&mut self, hour: &Hour) {
        let sums = [
            (&mut self.init_ms, hour.init_ms),
            (&mut self.billed_init_ms, hour.billed_init_ms),
            (&mut self.billed_ms, hour.billed_ms),
            (&mut self.usd, hour.usd - hour.usd_requests),
        ];
        for (sum, more) in sums {
            if more.is_finite() {
                *sum = *sum * FADES + more.max(0.0);
            }
        }
    }

    /// Dollars for a millisecond more of initialisation: nothing where the platform gives it away; unknown
    /// where no initialisation was measured or no book has a price.
    #[must_use]
    pub fn usd_per_init_ms(&self) -> Option<f64> {
        if self.init_ms <= 0.0 || self.billed_ms <= 0.0 || self.usd <= 0.0 {
            return None;
        }
        let billed = (self.billed_init_ms / self.init_ms).min(1.0);
        Some(billed * self.usd / self.billed_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialisation_costs_what_other_time_costs_where_it_is_billed() {
        let mut price = Price::default();
        assert_eq!(price.usd_per_init_ms(), None);
        let hour = Hour {
            init_ms: 2_000.0,
            billed_init_ms: 2_000.0,
            billed_ms: 10_000.0,
            usd: 0.3,
            usd_requests: 0.1,
            ..Hour::default()
        };
        price.take(&hour);
        price.take(&hour);
        let usd = price.usd_per_init_ms().expect("known");
        assert!((usd - 0.2 / 10_000.0).abs() < 1e-12, "{usd}");
        let free = Hour {
            billed_init_ms: 0.0,
            ..hour
        };
        let mut price = Price::default();
        price.take(&free);
        assert_eq!(price.usd_per_init_ms(), Some(0.0));
    }
}

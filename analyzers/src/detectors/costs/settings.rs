//! What may be configured of the detector of costs.

use serde::Deserialize;

/// Spend that departs by less is not told, dollars a day: the floor where nothing is configured,
const FLOOR_USD_PER_DAY: f64 = 0.5;
/// and the share of what everything costs.
const SHARE_OF_ALL: f64 = 0.01;
/// Most that may be configured, dollars a day.
const MOST_USD_PER_DAY: f64 = 1e9;

/// `analyzers.costs` of the configuration.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What departs by less is not told, in the currency of the books a day. By default a hundredth of what
    /// everything costs, and at least 0.50.
    pub minimum_usd_per_day: Option<f64>,
}

impl Settings {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// With the key and the range.
    pub fn validate(&self) -> Result<(), String> {
        match self.minimum_usd_per_day {
            Some(usd) if !(0.0..=MOST_USD_PER_DAY).contains(&usd) => Err(format!(
                "costs.minimum_usd_per_day is {usd}; it must be 0 to {MOST_USD_PER_DAY}"
            )),
            _ => Ok(()),
        }
    }

    /// The least effect that is told where everything costs so much, dollars a day.
    #[must_use]
    pub fn minimum(&self, all_usd_per_day: f64) -> f64 {
        let by_default = (SHARE_OF_ALL * all_usd_per_day).max(FLOOR_USD_PER_DAY);
        self.minimum_usd_per_day.unwrap_or(by_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_effect_follows_what_everything_costs_unless_it_is_configured() {
        let auto = Settings::default();
        assert!((auto.minimum(10.0) - 0.5).abs() < 1e-12);
        assert!((auto.minimum(1_000.0) - 10.0).abs() < 1e-12);
        let told = Settings {
            minimum_usd_per_day: Some(3.0),
        };
        assert!((told.minimum(1_000.0) - 3.0).abs() < 1e-12);
        let wrong = Settings {
            minimum_usd_per_day: Some(f64::NAN),
        };
        assert!(wrong.validate().is_err());
    }
}

//! Grams of CO2 equivalent beside the money: an estimate with its formula and its coefficients' source.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use store::model::{FunctionId, Usage};

/// The embedded coefficients; a test reads them, so they are sound.
#[allow(clippy::expect_used)] // embedded in the binary and read by a test
static COEFFICIENTS: LazyLock<Coefficients> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("../data/carbon.yaml")).expect("the embedded coefficients")
});

/// Processor that comes with a function when neither it nor its memory tells, vCPU.
const VCPU_DEFAULT: f64 = 1.0;
/// Most processors of a Lambda, vCPU.
const VCPU_MAX: f64 = 6.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coefficients {
    source: String,
    #[allow(dead_code)] // for people who read the file
    files: String,
    year: u16,
    memory_kwh_per_gb_hour: f64,
    processor_share: f64,
    memory_per_vcpu_mb: BTreeMap<String, f64>,
    providers: BTreeMap<String, Provider>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    min_watts: f64,
    max_watts: f64,
    arm64_min_watts: Option<f64>,
    arm64_max_watts: Option<f64>,
    pue: f64,
    grid_source: String,
    grid_year: u16,
    average_g_per_kwh: f64,
    g_per_kwh: BTreeMap<String, f64>,
}

/// What some use emitted, and how that was reckoned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carbon {
    /// Grams of CO2 equivalent; 0 or more.
    pub grams: f64,
    /// Energy, kWh.
    pub kwh: f64,
    /// Processor time, vCPU hours.
    pub vcpu_hours: f64,
    /// Memory time, GB hours.
    pub gb_hours: f64,
    /// Whether a region or a processor had to be assumed.
    pub assumed: bool,
}

impl Carbon {
    /// Adds what other use emitted.
    pub fn add(&mut self, other: &Self) {
        self.grams += other.grams;
        self.kwh += other.kwh;
        self.vcpu_hours += other.vcpu_hours;
        self.gb_hours += other.gb_hours;
        self.assumed |= other.assumed;
    }
}

/// What one row of usage emitted; `None` for providers without coefficients.
#[must_use]
pub fn of(usage: &Usage) -> Option<Carbon> {
    let id: FunctionId = usage.function_id.parse().ok()?;
    let c = &*COEFFICIENTS;
    let provider = c.providers.get(&id.provider)?;
    let (vcpu_hours, vcpu_assumed) = vcpu_hours(usage);
    let gb_hours = usage.billed_mb_ms as f64 / 1_024.0 / 3_600_000.0;
    let arm = usage.architecture == "arm64";
    let low = provider
        .arm64_min_watts
        .filter(|_| arm)
        .unwrap_or(provider.min_watts);
    let high = provider
        .arm64_max_watts
        .filter(|_| arm)
        .unwrap_or(provider.max_watts);
    let share = if usage.cpu_us > 0 {
        1.0
    } else {
        c.processor_share
    };
    let watts = low + share * (high - low);
    let grid = provider.g_per_kwh.get(&id.region).copied();
    let kwh = (vcpu_hours * watts / 1_000.0 + gb_hours * c.memory_kwh_per_gb_hour) * provider.pue;
    Some(Carbon {
        grams: kwh * grid.unwrap_or(provider.average_g_per_kwh),
        kwh,
        vcpu_hours,
        gb_hours,
        assumed: grid.is_none() || vcpu_assumed,
    })
}

/// Processor hours, and whether their number is assumed.
fn vcpu_hours(usage: &Usage) -> (f64, bool) {
    if usage.cpu_us > 0 {
        return (usage.cpu_us as f64 / 3.6e9, false);
    }
    let hours = usage.billed_ms as f64 / 3_600_000.0;
    if usage.vcpu_milli > 0 {
        return (hours * f64::from(usage.vcpu_milli) / 1_000.0, false);
    }
    match COEFFICIENTS.memory_per_vcpu_mb.get(&usage.platform) {
        Some(per_vcpu) if usage.memory_mb > 0 => {
            let vcpu = (f64::from(usage.memory_mb) / per_vcpu).min(VCPU_MAX);
            (hours * vcpu, false)
        }
        _ => (hours * VCPU_DEFAULT, true),
    }
}

/// The formula with this function's coefficients, and where they come from: lines for people.
#[must_use]
pub fn formula(function_id: &str, carbon: &Carbon) -> Vec<String> {
    let c = &*COEFFICIENTS;
    let id = function_id.parse::<FunctionId>().unwrap_or_default();
    let Some(provider) = c.providers.get(&id.provider) else {
        return vec!["No coefficients are known for this provider.".to_owned()];
    };
    let region = match provider.g_per_kwh.get(&id.region) {
        Some(grid) => format!("{grid} g/kWh in {}", id.region),
        None => format!(
            "{} g/kWh, the provider's average, because no value is known for its region",
            provider.average_g_per_kwh
        ),
    };
    vec![
        "kWh = (vCPU hours × watts / 1000 + GB hours × memory) × PUE; grams = kWh × grid."
            .to_owned(),
        format!(
            "{:.4} vCPU hours and {:.4} GB hours made {:.6} kWh.",
            carbon.vcpu_hours, carbon.gb_hours, carbon.kwh
        ),
        format!(
            "{} to {} W for each vCPU, {} % busy unless its time was measured; {} kWh for each GB hour; PUE {}.",
            provider.min_watts,
            provider.max_watts,
            c.processor_share * 100.0,
            c.memory_kwh_per_gb_hour,
            provider.pue
        ),
        format!(
            "Grid: {region} ({}, {}).",
            provider.grid_source, provider.grid_year
        ),
        format!(
            "Coefficients: Cloud Carbon Footprint, {} ({}).",
            c.year, c.source
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lambda(region: &str) -> Usage {
        Usage {
            function_id: format!("aws:1:{region}:f"),
            platform: "aws_lambda".into(),
            memory_mb: 1_769,
            billed_ms: 3_600_000,
            billed_mb_ms: 3_600_000 * 1_769,
            ..Usage::default()
        }
    }

    #[test]
    fn one_processor_for_an_hour_is_as_reckoned_by_hand() {
        let carbon = of(&lambda("eu-central-1")).expect("coefficients");
        // (1 · 2.12 / 1000 + 1.7275 · 0.000392) · 1.135 · 338 g.
        let by_hand = (0.002_12 + 1_769.0 / 1_024.0 * 0.000_392) * 1.135 * 338.0;
        assert!(
            (carbon.grams - by_hand).abs() < 1e-9,
            "{} {by_hand}",
            carbon.grams
        );
        assert!(!carbon.assumed);
    }

    #[test]
    fn an_unknown_region_takes_the_average_and_says_so() {
        let carbon = of(&lambda("mars-1")).expect("coefficients");
        assert!(carbon.assumed);
        let lines = formula("aws:1:mars-1:f", &carbon).join(" ");
        assert!(
            lines.contains("387.38 g/kWh, the provider's average"),
            "{lines}"
        );
        assert!(
            of(&Usage {
                function_id: "hetzner:::f".into(),
                ..lambda("x")
            })
            .is_none()
        );
    }

    #[test]
    fn sweden_is_cleaner_than_frankfurt_and_arm_than_x86() {
        let grams = |usage: &Usage| of(usage).expect("coefficients").grams;
        assert!(grams(&lambda("eu-north-1")) < grams(&lambda("eu-central-1")) / 40.0);
        let arm = Usage {
            architecture: "arm64".into(),
            ..lambda("eu-central-1")
        };
        assert!(grams(&arm) < grams(&lambda("eu-central-1")));
    }

    #[test]
    fn measured_processor_time_is_taken_as_it_is() {
        let worker = Usage {
            function_id: "cloudflare:::w".into(),
            platform: "cloudflare.workers".into(),
            cpu_us: 3_600_000_000,
            ..Usage::default()
        };
        let carbon = of(&worker).expect("coefficients");
        assert!((carbon.vcpu_hours - 1.0).abs() < 1e-12 && carbon.assumed);
    }
}

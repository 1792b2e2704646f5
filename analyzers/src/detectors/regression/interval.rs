//! The interval of an effect: how far days differ, and how far cold starts within a day.

use super::baseline::Baseline;
use super::evidence::Sample;
use super::quantile::of_sorted;

/// Standard errors to each side of an interval of 95 %, measured (EVALUATION.md): the tails of real days are
/// heavier than the normal distribution's 1.96.
const WIDTH: f64 = 1.9;

/// The 95 % interval of an effect in logarithms.
#[must_use]
#[allow(clippy::cast_precision_loss)] // small counts
pub fn of(effect: f64, sample: &Sample, baseline: &Baseline) -> (f64, f64) {
    let error = WIDTH * standard_error(sample, baseline);
    (effect - error, effect + error)
}

#[allow(clippy::cast_precision_loss)] // small counts
fn standard_error(sample: &Sample, baseline: &Baseline) -> f64 {
    let spread = |sorted: &[f64]| (of_sorted(sorted, 0.75) - of_sorted(sorted, 0.25)) / 1.349;
    let old = spread(&baseline.sorted).powi(2);
    let new = match sample.len() < 4 {
        true => old,
        false => spread(sample.sorted()).powi(2),
    };
    let days = baseline.noise.powi(2) / sample.days().max(1) as f64;
    // π/2: medians and quartiles are that much less efficient than means.
    let within = std::f64::consts::FRAC_PI_2
        * (new / sample.len().max(1) as f64 + old / baseline.replicates.max(1.0));
    (days + within).sqrt()
}

/// A shift of logarithms as a relative change: 0.1 is ten per cent more.
#[must_use]
pub fn relative(shift: f64) -> f64 {
    shift.exp_m1()
}

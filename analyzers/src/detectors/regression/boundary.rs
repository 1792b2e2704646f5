//! How large a score must be after how many cold starts. Looking after every cold start gives chance as many
//! chances, so the boundary is set for all looks together: of deploys that changed nothing, one in a hundred
//! crosses it at any of its looks.
//!
//! Its numbers are measured on placebo deploys of the development data before 2024-03, see
//! `analyzers/EVALUATION.md`.

/// Looks are taken from this many cold starts on.
pub const FIRST_LOOK: usize = 3;
/// After this many replicates the case is closed: what comes later is drift, not this deploy.
pub const LAST_LOOK: usize = 30;

/// The boundary at ten replicates.
const AT_TEN: f64 = 1.12;
/// It falls with this power of their number.
const POWER: f64 = -0.36;
/// Below ten it rises by this much of itself for each one missing of ten, in tenths.
const EARLY: f64 = 3.0;
/// Days end at ten: looks in between pay more, because a day that is bad for another reason looks
/// the same at each of them.
pub const BETWEEN: f64 = 1.5;
/// A verdict of "improved" alarms nobody and needs this much more.
const IMPROVED: f64 = 2.2;

/// The boundary for "regressed" after this many replicates.
#[must_use]
#[allow(clippy::cast_precision_loss)] // small counts
pub fn regressed(replicates: usize) -> f64 {
    let tens = replicates as f64 / 10.0;
    let early = 1.0 + EARLY * (1.0 - tens).max(0.0);
    let between = match replicates.is_multiple_of(10) {
        true => 1.0,
        false => BETWEEN,
    };
    AT_TEN * tens.powf(POWER) * early * between
}

/// The boundary for "improved", for the negative of the score.
#[must_use]
pub fn improved(replicates: usize) -> f64 {
    IMPROVED * regressed(replicates)
}

/// (largest score so far as a multiple of the boundary, share of placebo deploys that reach it).
const PLACEBO: [(f64, f64); 10] = [
    (0.0, 1.0),
    (0.10, 0.33),
    (0.26, 0.14),
    (0.39, 0.08),
    (0.55, 0.045),
    (0.79, 0.02),
    (1.0, 0.01),
    (1.25, 0.005),
    (1.65, 0.002),
    (2.1, 0.001),
];

/// The share of deploys that changed nothing whose largest score, as a multiple of the boundary, is at
/// least this by the end: an anytime-valid p-value.
#[must_use]
pub fn p_value(multiple: f64) -> f64 {
    let above = PLACEBO.partition_point(|(m, _)| *m < multiple);
    if above == 0 {
        return 1.0;
    }
    // Beyond the table the tail goes on as its last stretch does.
    let upper = above.min(PLACEBO.len() - 1);
    let ((m0, p0), (m1, p1)) = (PLACEBO[upper - 1], PLACEBO[upper]);
    let slope = (p1.ln() - p0.ln()) / (m1 - m0);
    (p0.ln() + slope * (multiple - m0)).exp().clamp(1e-9, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_cold_starts_ask_for_less_and_looks_between_days_for_more() {
        assert!(regressed(3) > regressed(8) && regressed(8) > regressed(10));
        assert!(regressed(10) > regressed(20) && regressed(20) > regressed(30));
        assert!(regressed(11) > regressed(10));
        assert!(improved(10) > regressed(10));
    }

    #[test]
    fn the_p_value_falls_with_the_score_and_is_one_in_a_hundred_at_the_boundary() {
        assert!((p_value(1.0) - 0.01).abs() < 1e-12);
        assert_eq!(p_value(0.0), 1.0);
        let falling: Vec<f64> = (0..100).map(|i| p_value(f64::from(i) / 10.0)).collect();
        assert!(falling.is_sorted_by(|a, b| a >= b));
        assert!(p_value(1e9) >= 1e-9);
    }
}

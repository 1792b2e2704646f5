//! Quantiles and probabilities of the normal distribution and of Student's t.

/// Standard deviation of normal errors of which the mean absolute one is 1: √(π/2).
pub const PER_MEAN_ABSOLUTE: f64 = 1.253_314_137_315_5;

/// The standard normal quantile at `p` within 0 < p < 1 (Acklam's approximation, relative error 1e-9).
#[must_use]
pub fn quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    const TAIL: f64 = 0.024_25;
    let series = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    if p < TAIL {
        let q = (-2.0 * p.ln()).sqrt();
        series(&C, q) / series(&D, q)
    } else if p > 1.0 - TAIL {
        -quantile(1.0 - p)
    } else {
        let (q, r) = (p - 0.5, (p - 0.5) * (p - 0.5));
        q * series(&A, r) / series(&B, r)
    }
}

/// The quantile of Student's t with `freedom` ≥ 1 where the normal one is `z` (Cornish and Fisher).
#[must_use]
pub fn student(z: f64, freedom: f64) -> f64 {
    let z3 = z.powi(3);
    let z5 = z.powi(5);
    z + (z3 + z) / (4.0 * freedom) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom * freedom)
}

/// The probability that a Student's t deviate with `freedom` lies below `t`: the inverse of [`student`], by
/// halving.
#[must_use]
pub fn below(t: f64, freedom: f64) -> f64 {
    /// No probability beyond that of ten deviations is told apart from certainty.
    const FAR: f64 = 10.0;
    let (mut low, mut high) = (-FAR, FAR);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match student(middle, freedom) < t {
            true => low = middle,
            false => high = middle,
        }
    }
    distribution(low)
}

/// The standard normal distribution at `z` (Zelen and Severo, absolute error 1e-7).
fn distribution(z: f64) -> f64 {
    const B: [f64; 5] = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = B.iter().rev().fold(0.0, |sum, b| (sum + b) * t);
    let upper = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * series;
    if z > 0.0 { 1.0 - upper } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.95, 1.644_853_6),
            (0.975, 1.959_964_0),
            (0.001, -3.090_232_3),
        ] {
            assert!((quantile(p) - z).abs() < 1e-6, "{p}: {}", quantile(p));
        }
        for (freedom, t) in [(5.0, 2.571), (10.0, 2.228), (30.0, 2.042)] {
            let got = student(quantile(0.975), freedom);
            assert!((got - t).abs() < 0.03, "{freedom}: {got}");
        }
    }

    #[test]
    fn a_probability_is_the_inverse_of_its_quantile() {
        for p in [0.001, 0.05, 0.4, 0.5, 0.77, 0.999] {
            for freedom in [1.0, 4.0, 50.0] {
                let back = below(student(quantile(p), freedom), freedom);
                assert!((back - p).abs() < 1e-5, "{p}, {freedom}: {back}");
            }
        }
    }
}

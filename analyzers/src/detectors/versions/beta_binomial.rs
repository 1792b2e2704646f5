//! Probabilities of counts whose rate is itself uncertain.

/// The logarithm of the gamma function for x > 0 (Lanczos, 9 terms, 1e-13 relative).
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = (1u8..)
        .zip(&COEFFICIENTS[1..])
        .fold(COEFFICIENTS[0], |sum, (i, c)| sum + c / (x + f64::from(i)));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// A rate that is about `mean` (0..1), with a variance of `ln_variance` of its logarithm.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    a: f64,
    b: f64,
}

impl Rate {
    /// Its beta distribution. Means are kept off 0 and 1, and variances off what no rate can have.
    #[must_use]
    pub fn about(mean: f64, ln_variance: f64) -> Self {
        let mean = mean.clamp(1e-9, 1.0 - 1e-6);
        let strength = ((1.0 - mean) / (mean * ln_variance.max(1e-9)) - 1.0).max(0.02 / mean);
        Self {
            a: strength * mean,
            b: strength * (1.0 - mean),
        }
    }

    /// The logarithm of the probability of `count` in `n`, but for the binomial coefficient, which is the
    /// same for every rate.
    #[must_use]
    pub fn ln_likelihood(&self, count: f64, n: f64) -> f64 {
        ln_beta(self.a + count, self.b + n - count) - ln_beta(self.a, self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gamma_function_is_the_factorial() {
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-12);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-12);
        assert!((ln_gamma(1e6) - 12_815_504.569_147_77).abs() < 1e-3);
    }

    #[test]
    fn probabilities_of_all_counts_sum_to_one() {
        let rate = Rate::about(0.2, 0.1);
        let choose = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        let sum: f64 = (0..=30u32)
            .map(f64::from)
            .map(|k| (choose(30.0, k) + rate.ln_likelihood(k, 30.0)).exp())
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
}

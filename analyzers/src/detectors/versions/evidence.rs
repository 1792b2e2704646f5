//! How much a departure says: e-values, which stay valid however often one looks.
//!
//! An e-value is the likelihood of what was seen under "something changed" over that under "nothing did". If
//! nothing did, it exceeds 100 at any of all looks in at most one case of a hundred (Ville's inequality).

use super::beta_binomial::Rate;
use super::measure::{Form, Measure};

/// Levels are taken to change by about this much (logarithm) when they change.
const CHANGE: f64 = 0.2;
/// Shares are taken to change by these factors,
const RISES: [f64; 6] = [1.3, 1.7, 2.5, 5.0, 15.0, 60.0];
/// or to become these, where that is more than half as much again.
const BECOME: [f64; 4] = [0.02, 0.1, 0.4, 0.8];
/// See [`RISES`].
const FALLS: [f64; 4] = [0.7, 0.5, 0.25, 0.1];
/// Normal deviate of a 95 % interval.
const WIDE: f64 = 1.96;

/// What was seen of a version beside what was to be expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// Invocations.
    pub n: f64,
    /// `n` × mean logarithm, or events.
    pub sum: f64,
    /// The same, as expected.
    pub expected: f64,
    /// Variance of one invocation's part of a level.
    pub sampling: f64,
    /// Variance (logarithm) that more invocations do not take away: hours, days, and the control's own.
    pub between: f64,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Before and after, as mean logarithms of a level or as shares.
    pub before: f64,
    /// See `before`.
    pub after: f64,
    /// Relative change: 0.1 is ten per cent more.
    pub relative: f64,
    /// Its 95 % interval.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Logarithm of the e-value of "more".
    pub ln_more: f64,
    /// Logarithm of the e-value of "less".
    pub ln_less: f64,
}

/// Weighs it.
#[must_use]
pub fn weigh(measure: Measure, observed: &Observed) -> Evidence {
    match measure.form() {
        Form::Level => level(observed),
        Form::Share => share(observed),
    }
}

fn level(o: &Observed) -> Evidence {
    let effect = (o.sum - o.expected) / o.n;
    let variance = o.sampling / o.n + o.between;
    let (change, total) = (CHANGE * CHANGE, variance + CHANGE * CHANGE);
    let ln_e = 0.5 * (variance / total).ln() + effect * effect * change / (2.0 * variance * total);
    let error = WIDE * variance.sqrt();
    Evidence {
        before: o.expected / o.n,
        after: o.sum / o.n,
        relative: effect.exp_m1(),
        low: (effect - error).exp_m1(),
        high: (effect + error).exp_m1(),
        ln_more: if effect > 0.0 { ln_e } else { 0.0 },
        ln_less: if effect < 0.0 { ln_e } else { 0.0 },
    }
}

fn share(o: &Observed) -> Evidence {
    let (n, count) = (o.n, o.sum.min(o.n));
    let usual = (o.expected / n).clamp(1e-9, 1.0);
    let none = Rate::about(usual, o.between).ln_likelihood(count, n);
    let mean = |rates: &[f64]| {
        let ln: Vec<f64> = rates
            .iter()
            .map(|r| Rate::about(*r, o.between).ln_likelihood(count, n) - none)
            .collect();
        let most = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match ln.is_empty() {
            true => 0.0,
            #[allow(clippy::cast_precision_loss)] // at most ten
            false => {
                most + (ln.iter().map(|l| (l - most).exp()).sum::<f64>() / ln.len() as f64).ln()
            }
        }
    };
    let more: Vec<f64> = RISES
        .iter()
        .map(|factor| factor * usual)
        .filter(|rate| *rate < 0.95)
        .chain(BECOME.into_iter().filter(|rate| *rate > 1.5 * usual))
        .collect();
    let less: Vec<f64> = FALLS.iter().map(|factor| factor * usual).collect();
    let smooth = (count + 0.5) / (n + 1.0);
    let error = WIDE * ((1.0 - smooth) / (count + 0.5) + o.between).sqrt();
    Evidence {
        before: usual,
        after: count / n,
        relative: count / n / usual - 1.0,
        low: smooth / usual * (-error).exp() - 1.0,
        high: smooth / usual * error.exp() - 1.0,
        ln_more: if count / n > usual { mean(&more) } else { 0.0 },
        ln_less: if count / n < usual { mean(&less) } else { 0.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(n: f64, sum: f64, expected: f64) -> Observed {
        Observed {
            n,
            sum,
            expected,
            sampling: 0.16,
            between: 0.002,
        }
    }

    #[test]
    fn a_level_that_rose_by_a_fifth_is_evident_and_one_that_did_not_is_not() {
        let rose = weigh(Measure::Duration, &observed(1_000.0, 200.0, 0.0));
        assert!(
            rose.ln_more > 100f64.ln() && rose.ln_less == 0.0,
            "{rose:?}"
        );
        assert!(rose.low < 0.22 && 0.22 < rose.high);
        let same = weigh(Measure::Duration, &observed(1_000.0, 0.0, 0.0));
        assert!(same.ln_more <= 0.0 && same.high < 0.10, "{same:?}");
    }

    #[test]
    fn three_errors_of_twenty_are_evident_where_there_never_were_any() {
        let seen = |count| Observed {
            sampling: 0.0,
            between: 2.0,
            ..observed(20.0, count, 20.0 * 0.5 / 10_000.0)
        };
        assert!(weigh(Measure::Errors, &seen(3.0)).ln_more > 100f64.ln());
        assert!(weigh(Measure::Errors, &seen(1.0)).ln_more < 100f64.ln());
        let none = weigh(Measure::Errors, &seen(0.0));
        assert!(none.ln_more <= 0.0 && none.high > 0.0);
    }
}

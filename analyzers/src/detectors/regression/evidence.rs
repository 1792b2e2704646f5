//! How much new cold starts say: effect × evidence, in units of what the series does by itself.

use super::baseline::{Baseline, PER_DAY_MAX};
use super::cohort::Control;
use super::quantile::{of_sorted, thin};
use super::{hodges_lehmann, ranks};

/// The part of the siblings' shift that is taken off.
const SIBLINGS: f64 = 0.9;
/// Without siblings that were left alone the platform's own drift has to be outdone: a change must show this
/// much more.
const UNCONTROLLED: f64 = 1.5;
/// Siblings that moved further than this, down or up (logarithm), and not alike, have troubles of their own:
/// without the rest of their shift a change must show [`DOUBT`] times as much.
const SIBLINGS_DOWN: f64 = -0.1;
/// See [`SIBLINGS_DOWN`].
const SIBLINGS_UP: f64 = 0.15;
/// See [`SIBLINGS_DOWN`].
const DOUBT: f64 = 2.0;
/// A noisy series must move further, but less than in proportion: real noise has heavy tails, and a
/// quiet series can break out as well as a restless one.
const NOISE_POWER: f64 = 0.4;
/// Added to the noise: nothing is quieter than a hundredth.
const NOISE_FLOOR: f64 = 0.01;
/// Beyond this a series' noise is incidents, which must not hide a change for two months.
const NOISE_CEILING: f64 = 0.06;
/// New cold starts that are compared with the baseline pair by pair.
const NEW_MAX: usize = 60;

/// New cold starts, as they come.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Logarithms, ascending.
    sorted: Vec<f64>,
    /// (day, cold starts on it), in time order.
    days: Vec<(i64, usize)>,
}

impl Sample {
    /// Takes one more.
    pub fn push(&mut self, day: i64, ln: f64) {
        let at = self.sorted.partition_point(|x| *x < ln);
        self.sorted.insert(at, ln);
        match self.days.last_mut() {
            Some((last, count)) if *last == day => *count += 1,
            _ => self.days.push((day, 1)),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// On how many days.
    #[must_use]
    pub fn days(&self) -> usize {
        self.days.len()
    }

    /// Ascending logarithms.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// How many count as replicates: at most [`PER_DAY_MAX`] of each day.
    #[must_use]
    pub fn replicates(&self) -> usize {
        self.days.iter().map(|(_, n)| *n.min(&PER_DAY_MAX)).sum()
    }

    /// Whether the day under way has more cold starts than count: it does not end with this one.
    #[must_use]
    pub fn is_past_a_days_worth(&self) -> bool {
        self.days.last().is_some_and(|(_, n)| *n > PER_DAY_MAX)
    }

    /// What siblings did on its days: the mean shift, weighted by the days' replicates; `None` if they showed
    /// themselves on less than half of it.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // small counts
    pub fn control(&self, on: &mut dyn FnMut(i64) -> Option<Control>) -> Option<Control> {
        let (mut sum, mut known) = (0.0, 0.0);
        let (mut alone, mut alike) = (true, true);
        for (day, count) in &self.days {
            let weight = *count.min(&PER_DAY_MAX) as f64;
            if let Some(control) = on(*day) {
                sum += weight * control.shift;
                known += weight;
                alone &= control.alone;
                alike &= control.alike;
            }
        }
        let all = self.replicates() as f64;
        (known > 0.5 * all).then(|| Control {
            shift: sum / all, // days without count as nothing
            alone,
            alike,
        })
    }
}

/// What a sample says against a baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The shift in logarithms, siblings' part taken off.
    pub effect: f64,
    /// The Hodges-Lehmann shift alone.
    pub raw_shift: f64,
    /// What siblings did.
    pub siblings: f64,
    /// The share of pairs in which the new one is slower.
    pub dominance: f64,
    /// Effect × evidence; positive for slower, negative for faster, zero if ranks and effect
    /// disagree. To be held against [`super::boundary`].
    pub score: f64,
}

/// Weighs them. `control` is what siblings did on the same days, `None` if there is none.
#[must_use]
#[allow(clippy::cast_precision_loss)] // small counts
pub fn weigh(sample: &Sample, baseline: &Baseline, control: Option<Control>) -> Evidence {
    let new = thin(sample.sorted(), NEW_MAX);
    let raw_shift = hodges_lehmann::shift(&new, &baseline.sorted);
    let low = of_sorted(&new, 0.10) - baseline.quantiles[0];
    let lower = of_sorted(&new, 0.25) - baseline.quantiles[1];
    // A slower version is slower at its fastest; an unlucky day has only more stragglers.
    let shift = (raw_shift + 2.0 * lower + low) / 4.0 + baseline.recentre;
    let asked = match control {
        Some(Control { alone: true, .. }) => 1.0,
        _ => UNCONTROLLED,
    };
    let siblings = control.map_or(0.0, |c| c.shift);
    let effect = shift - SIBLINGS * siblings;
    let dominance = ranks::dominance(&new, &baseline.sorted);
    let deviate = ranks::deviate(dominance, sample.replicates() as f64, baseline.replicates);
    let score_of = |effect: f64| match effect * deviate > 0.0 {
        true => effect * deviate.abs() / scale(baseline.noise) / asked,
        false => 0.0,
    };
    let believed = match control {
        Some(Control { alike: true, .. }) => siblings,
        _ => siblings.clamp(SIBLINGS_DOWN, SIBLINGS_UP),
    };
    let doubted = shift - SIBLINGS * believed;
    let (score, doubted) = (score_of(effect), score_of(doubted) / DOUBT);
    let score = match score.abs() >= doubted.abs() {
        true => score,
        false => doubted,
    };
    Evidence {
        effect,
        raw_shift,
        siblings,
        dominance,
        score,
    }
}

/// The effect (logarithm) that reaches `score` if every one of `new` replicates is slower than all of `old`.
#[must_use]
pub fn least_effect(score: f64, noise: f64, new: f64, old: f64) -> f64 {
    score * scale(noise) / ranks::deviate(1.0, new, old)
}

fn scale(noise: f64) -> f64 {
    (noise.min(NOISE_CEILING) + NOISE_FLOOR).powf(NOISE_POWER)
}

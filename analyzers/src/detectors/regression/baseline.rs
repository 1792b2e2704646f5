//! What was usual before a moment: the cold starts of the ten days before, and how much the series
//! moves from day to day by itself.

use super::panel::{Day, SHIFT_DAYS_MIN};
use super::quantile::{median, of_sorted, thin};

/// Days that make a baseline.
pub const DAYS: usize = 10;
/// Where ten days hold fewer cold starts than this, up to [`DAYS_MAX`] days are taken to have them.
pub const STARTS_MIN: usize = 50;
/// See [`STARTS_MIN`].
pub const DAYS_MAX: usize = 40;
/// Days of history that tell how much a series moves by itself.
pub const NOISE_DAYS: usize = 60;
/// A day replicates once, however many cold starts it had: more than this many add nothing to what
/// ranks are worth.
pub const PER_DAY_MAX: usize = 10;
/// Cold starts of a day that are kept in a baseline, evenly spaced by rank: 40 × 40 days at most.
const KEPT_PER_DAY: usize = 40;

/// A version is at another level than what was before it if medians of so many cold starts on either side
const MOVED_STARTS_MIN: usize = 8;
/// differ by this much (logarithm),
const MOVED_MIN: f64 = 0.095; // ln 1.1
/// and by so many times what days differ by themselves.
const MOVED_NOISE: f64 = 3.0;

/// How much an unknown series moves from day to day: the median over the development data.
const NOISE_PRIOR: f64 = 0.03;
/// Days that the prior counts for.
const NOISE_PRIOR_DAYS: f64 = 4.0;
/// The part of siblings' shifts that is taken off a series' own when noise is measured.
const NOISE_SIBLINGS: f64 = 0.7;

/// The past that new cold starts are compared with. All in logarithms.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Its cold starts, ascending.
    pub sorted: Vec<f64>,
    /// How many cold starts it stands for, before thinning.
    pub starts: usize,
    /// How many of them count as replicates: at most [`PER_DAY_MAX`] of each day.
    pub replicates: f64,
    /// Days it holds.
    pub days: usize,
    /// The first of them.
    pub first_day: i64,
    /// Quantiles 10, 25, 50 and 90 % of `sorted`.
    pub quantiles: [f64; 4],
    /// What is to be added to a shift against this baseline, so that neither an incident in it nor a
    /// slow change before it misleads: from the medians of the last five and twenty days.
    pub recentre: f64,
    /// How far days differ from the days before when nothing happens, siblings' part taken off:
    /// about one standard deviation.
    pub noise: f64,
}

impl Baseline {
    /// From the days before, in time order, and their [`noise`]. `None` without any day.
    #[must_use]
    pub fn of(history: &[&Day], noise: f64) -> Option<Self> {
        let last = history.last()?;
        let own = history
            .iter()
            .rev()
            .take_while(|d| d.version == last.version)
            .count();
        let (before, own) = history.split_at(history.len() - own);
        // A version that had hardly begun is no baseline; what was before it has to help, unless that
        // version itself changed the level.
        let usable = match own.len() >= SHIFT_DAYS_MIN || moved(before, own, noise) {
            true => own,
            false => history,
        };
        let days = window(usable);
        let mut sorted = pooled(days);
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = of_sorted(&sorted, 0.5);
        let level_of = |days: usize| {
            let mut pool = pooled(&usable[usable.len().saturating_sub(days)..]);
            median(&mut pool)
        };
        let mut offsets = [0.0, middle - level_of(5), middle - level_of(20)];
        Some(Self {
            starts: days.iter().map(|d| d.starts.len()).sum(),
            replicates: replicates(days),
            days: days.len(),
            first_day: days.first().map_or(last.day, |d| d.day),
            quantiles: [0.10, 0.25, 0.50, 0.90].map(|q| of_sorted(&sorted, q)),
            recentre: median(&mut offsets),
            noise,
            sorted,
        })
    }
}

/// Whether the last version is clearly at another level than the days before it.
fn moved(before: &[&Day], own: &[&Day], noise: f64) -> bool {
    let (mut since, mut past) = (pooled(own), pooled(window(before)));
    if since.len() < MOVED_STARTS_MIN || past.len() < MOVED_STARTS_MIN {
        return false;
    }
    (median(&mut since) - median(&mut past)).abs() > MOVED_MIN.max(MOVED_NOISE * noise)
}

#[allow(clippy::cast_precision_loss)] // at most 400
fn replicates(days: &[&Day]) -> f64 {
    days.iter()
        .map(|d| d.starts.len().min(PER_DAY_MAX))
        .sum::<usize>() as f64
}

fn window<'a, 'd>(days: &'a [&'d Day]) -> &'a [&'d Day] {
    let mut starts = 0;
    let taken = days
        .iter()
        .rev()
        .enumerate()
        .take_while(|(i, d)| {
            let take = *i < DAYS || (starts < STARTS_MIN && *i < DAYS_MAX);
            starts += d.starts.len();
            take
        })
        .count();
    &days[days.len() - taken..]
}

fn pooled(days: &[&Day]) -> Vec<f64> {
    let mut pool = Vec::new();
    for day in days {
        let mut values: Vec<f64> = day.starts.iter().map(|s| s.ln).collect();
        if values.len() > KEPT_PER_DAY {
            values.sort_unstable_by(f64::total_cmp);
            values = thin(&values, KEPT_PER_DAY);
        }
        pool.append(&mut values);
    }
    pool
}

/// How far days differ from the days before by themselves (logarithms), from the last [`NOISE_DAYS`] of
/// `history`. `siblings` gives the siblings' median shift on a day, which is taken off.
///
/// Half from the middle and half from the tail of the shifts, drawn towards what is usual elsewhere
/// while there are few of them.
#[must_use]
#[allow(clippy::cast_precision_loss)] // at most 60
pub fn noise(history: &[&Day], siblings: &dyn Fn(i64) -> Option<f64>) -> f64 {
    let recent = &history[history.len().saturating_sub(NOISE_DAYS)..];
    let mut shifts: Vec<f64> = recent
        .iter()
        .filter(|d| d.shift.is_finite())
        .map(|d| (d.shift - NOISE_SIBLINGS * siblings(d.day).unwrap_or(0.0)).abs())
        .collect();
    let count = shifts.len() as f64;
    let own = match shifts.is_empty() {
        true => 0.0,
        false => {
            let middle = 1.4826 * median(&mut shifts);
            let tail = of_sorted(&shifts, 0.9) / 1.645;
            f64::midpoint(middle * middle, tail * tail)
        }
    };
    ((count * own + NOISE_PRIOR_DAYS * NOISE_PRIOR * NOISE_PRIOR) / (count + NOISE_PRIOR_DAYS))
        .sqrt()
}

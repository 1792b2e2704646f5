//! What each slot of the next day should be, from the weeks before: the week's profile, and how far the
//! last days departed from it.

use super::clean::{clean, mean, median};
use super::ridge::{Ridge, WIDTH};
use super::shape::Shape;
use super::transform::count;

/// Profiles average so many weeks, or days where no week is known yet.
const PROFILE_WEEKS: usize = 5;
const PROFILE_DAYS: usize = 7;
/// Rows' worth of belief in [`PRIOR`]: two days of hours.
const PRIOR_ROWS: f64 = 48.0;
/// Before there are data of its own, a series is believed to keep half of yesterday's departure.
const PRIOR: [f64; WIDTH] = [0.0, 0.0, 0.0, 0.1, 0.1, 0.0, 0.5, 0.1];
/// From so many long rhythms on the first is left out of what is usual: it was expected without knowing
/// weekends. Before that its width is welcome, for what few weeks show is narrower than what is to
/// come.
const ROUNDS_WITHOUT_FIRST: usize = 6;
/// Residuals beyond this many of their medians count less in the fit.
const HUBER: f64 = 3.0;

/// Expectations on the judging scale: of the history, then of the slots ahead. `NaN` where history was
/// too short to expect anything.
pub fn expectations(slots: &[f64], first_slot: i64, shape: &Shape, ahead: usize) -> Vec<f64> {
    let mut past = Past::new(*shape);
    let mut rows = Vec::with_capacity(slots.len());
    for value in clean(slots, first_slot, shape) {
        let look = past.look();
        past.settle(value, &look);
        rows.push(look);
    }
    // Once weekends are known, days that were expected without knowing them say nothing of what is usual.
    if slots.len() >= ROUNDS_WITHOUT_FIRST * shape.long {
        rows[..shape.long]
            .iter_mut()
            .for_each(|row| row.base = f64::NAN);
    }
    let coefficients = fit(slots, &rows);
    let mut expected: Vec<f64> = rows.iter().map(|row| row.expect(&coefficients)).collect();
    for _ in 0..ahead {
        let look = past.look();
        let value = look.expect(&coefficients);
        past.settle(value, &look);
        expected.push(value);
    }
    expected
}

/// What was known of a slot a lead before it.
struct Look {
    /// Mean of the last long rhythm.
    level: f64,
    /// Level and profile; `NaN` if too little is known.
    base: f64,
    inputs: [f64; WIDTH],
}

impl Look {
    fn expect(&self, coefficients: &[f64; WIDTH]) -> f64 {
        let dot: f64 = self
            .inputs
            .iter()
            .zip(coefficients)
            .map(|(i, c)| i * c)
            .sum();
        self.base + dot
    }
}

/// Clean history with what was derived from it, slot by slot, never looking nearer than a lead.
struct Past {
    shape: Shape,
    values: Vec<f64>,
    /// Sums of `values` before each slot.
    sums: Vec<f64>,
    /// Values without their level.
    shapes: Vec<f64>,
    /// Values without their base, and the sums before each slot.
    departures: Vec<f64>,
    departure_sums: Vec<f64>,
}

impl Past {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            values: Vec::new(),
            sums: vec![0.0],
            shapes: Vec::new(),
            departures: Vec::new(),
            departure_sums: vec![0.0],
        }
    }

    /// What is known of the next slot.
    fn look(&self) -> Look {
        let Shape { season, long, .. } = self.shape;
        // Whole seasons: the mean of a morning is no level.
        let known = self.known();
        let span = long.max(8).min(known) / season * season;
        let level = match span {
            0 => f64::NAN,
            span => self.recent(&self.sums, span),
        };
        let (mut day, mut week) = (level, level);
        if season > 1 {
            day = level + self.profile(season, PROFILE_DAYS);
            week = level + self.profile(long, PROFILE_WEEKS);
        }
        let base = if week.is_finite() { week } else { day };
        let inputs = self.inputs(base, day);
        Look {
            level,
            base,
            inputs,
        }
    }

    /// Slots that were known a lead before the next one.
    fn known(&self) -> usize {
        (self.values.len() + 1).saturating_sub(self.shape.lead)
    }

    /// The mean of the last known slots, of their sums.
    fn recent(&self, sums: &[f64], span: usize) -> f64 {
        let known = self.known();
        match span.min(known) {
            0 => 0.0,
            span => (sums[known] - sums[known - span]) / count(span),
        }
    }

    /// The mean of so many earlier rounds of a rhythm, without their levels; `NaN` if there are none.
    /// Of four and more the highest and the lowest are left out: a holiday, or the week in which the
    /// level stepped.
    fn profile(&self, period: usize, rounds: usize) -> f64 {
        let lags = (1..=rounds).map_while(|k| self.values.len().checked_sub(k * period));
        let (mut sum, mut n) = (0.0, 0);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for shape in lags.map(|t| self.shapes[t]).filter(|s| s.is_finite()) {
            (sum, n) = (sum + shape, n + 1);
            (low, high) = (low.min(shape), high.max(shape));
        }
        match n {
            0 => f64::NAN,
            1..4 => sum / count(n),
            _ => (sum - low - high) / count(n - 2),
        }
    }

    fn inputs(&self, base: f64, day: f64) -> [f64; WIDTH] {
        let Shape {
            season, long, lead, ..
        } = self.shape;
        let before = |lag: usize| self.values.len().checked_sub(lag);
        let value = |lag: usize| before(lag).map_or(0.0, |t| self.values[t] - base);
        let departure = |lag: usize| before(lag).map_or(0.0, |t| self.departures[t]);
        let all = [
            0.1,
            day - base,
            value(season),
            value(long),
            departure(lead),
            departure(2 * lead),
            self.recent(&self.departure_sums, season.max(3)),
            self.recent(&self.departure_sums, long.max(8)),
        ];
        all.map(|x| if x.is_finite() { x } else { 0.0 })
    }

    /// The next slot becomes the past.
    fn settle(&mut self, value: f64, look: &Look) {
        let finite = |x: f64| if x.is_finite() { x } else { 0.0 };
        let departure = finite(value - look.base);
        if self.shapes.last().is_some_and(|shape| shape.is_nan()) && look.level.is_finite() {
            // The first level that is known serves the slots before it.
            let shapes = self.values.iter().map(|value| value - look.level);
            self.shapes = shapes.collect();
        }
        self.values.push(value);
        self.sums
            .push(self.sums[self.sums.len() - 1] + finite(value));
        self.shapes.push(value - look.level);
        self.departures.push(departure);
        let before = self.departure_sums[self.departure_sums.len() - 1];
        self.departure_sums.push(before + departure);
    }
}

/// Fits how much each input tells, twice: the second time outliers count less.
fn fit(slots: &[f64], rows: &[Look]) -> [f64; WIDTH] {
    let pairs: Vec<(&Look, f64)> = rows
        .iter()
        .zip(slots)
        .map(|(row, y)| (row, *y))
        .filter(|(row, y)| y.is_finite() && row.base.is_finite())
        .collect();
    let mut spread = [0.0; WIDTH];
    for (i, spread) in spread.iter_mut().enumerate() {
        *spread = mean(pairs.iter().map(|(row, _)| row.inputs[i] * row.inputs[i]));
    }
    let mut coefficients = PRIOR;
    for _ in 0..2 {
        let errors: Vec<f64> = pairs
            .iter()
            .map(|(row, y)| (y - row.expect(&coefficients)).abs())
            .collect();
        let usual = HUBER * median(&mut errors.clone()).unwrap_or(0.0).max(1e-9);
        let mut ridge = Ridge::new(&PRIOR, PRIOR_ROWS, &spread);
        for ((row, y), error) in pairs.iter().zip(errors) {
            ridge.add(
                &row.inputs,
                y - row.base,
                (usual / error.max(usual)).min(1.0),
            );
        }
        coefficients = ridge.solve();
    }
    coefficients
}

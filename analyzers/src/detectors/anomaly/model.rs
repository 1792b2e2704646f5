//! What a refit learns of a series from its history: the plan of the next day, the usual size of
//! departures from it, and the tails of every signal.

use serde::{Deserialize, Serialize};

use super::clean::{class_of, mean, median};
use super::novelty::Novelty;
use super::plan;
use super::shape::{HISTORY_SLOTS_MAX, SEASON_MAX, Shape};
use super::signals::{ALL, Signals};
use super::silence;
use super::tail::Tail;
use super::transform::{Transform, count};

/// A day is planned, another in case that the next refit is late, and the slot before for the way in.
const AHEAD: usize = 2 * SEASON_MAX + 1;
/// Departures smaller than this (half a per cent) are taken for this.
const SCALE_MIN: f64 = 0.005;
/// Rows' worth of belief that all hours vary alike.
const SCALE_ROWS: f64 = 8.0;
/// Departures count as at most so many of their median when their usual size is taken.
const SCALE_CUT: f64 = 6.0;
/// The mean size of normal departures times this is their standard deviation.
const MEAN_TO_DEVIATION: f64 = 1.2533;
/// Before three weeks, or as many rows as these have hours, are known, tails are guesses: trust grows
/// as the root.
const ROUNDS_ENOUGH: usize = 3;
const ROWS_ENOUGH: usize = 504;
/// No row is taken to keep more of the departure before it.
const CARRY_MAX: f64 = 0.98;

/// What was learnt; about 700 bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// To the judging scale and back.
    pub transform: Transform,
    shape: Shape,
    /// Expectations on the judging scale, from the slot `first_ahead` on.
    ahead: Vec<f32>,
    first_ahead: i64,
    /// Usual departures by slot of the season (standard deviations of the judging scale).
    scale: [f32; SEASON_MAX],
    /// How much of a departure the next row keeps.
    pub carry: f32,
    /// Of every signal, up and down.
    pub tails: [[Option<Tail>; 2]; ALL.len()],
    /// How far its tails are to be trusted, 0..1: strengths are taken times this.
    pub trust: f32,
    /// Longest silence seen where there should be something, rows.
    pub silence: u16,
}

/// What runs on from the end of history.
pub struct Running {
    /// Fading means.
    pub signals: Signals,
    /// What was seen.
    pub novelty: Novelty,
}

/// A row of history on the judging scale, with what was expected of it.
struct Row {
    at_s: i64,
    value: f64,
    expected: f64,
}

/// Learns from rows (seconds since 1970, finite value) in time order. Rows from `event_s` on are part
/// of an event that goes on: nothing is learnt from them. `Err` says how many slots are known if these
/// are too few.
pub fn learn(rows: &[(i64, f64)], shape: &Shape, event_s: i64) -> Result<(Model, Running), usize> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Err(0);
    };
    let last = shape.slot(last.0);
    let first = shape.slot(first.0).max(last + 1 - HISTORY_SLOTS_MAX as i64);
    let rows = &rows[rows.partition_point(|(at_s, _)| shape.slot(*at_s) < first)..];
    let transform = Transform::of(rows.iter().map(|(_, value)| *value));
    let values: Vec<f64> = rows.iter().map(|(_, v)| transform.apply(*v)).collect();
    let mut slots = vec![(0.0, 0.0); (last - first + 1) as usize];
    for ((at_s, _), value) in rows.iter().zip(&values) {
        let slot = &mut slots[(shape.slot(*at_s) - first) as usize];
        *slot = (slot.0 + value, slot.1 + 1.0);
    }
    let known = slots.iter().filter(|(_, n)| *n > 0.0).count();
    if known < shape.slots_min() {
        return Err(known);
    }
    let mut slots: Vec<f64> = slots.iter().map(|(sum, n)| sum / n).collect();
    let before = usize::try_from(shape.slot(event_s) - first).unwrap_or(0);
    if (shape.slots_min()..slots.len()).contains(&before) {
        slots[before..].fill(f64::NAN);
    }
    let expected = plan::expectations(&slots, first, shape, AHEAD - 1);
    let ahead: Vec<f32> = expected[slots.len() - 1..]
        .iter()
        .map(|e| *e as f32)
        .collect();
    let history: Vec<Row> = rows
        .iter()
        .zip(&values)
        .map(|((at_s, _), value)| Row {
            at_s: *at_s,
            value: *value,
            expected: at_time(|slot| expected.get(slot).copied(), first, *at_s, shape),
        })
        .filter(|row| row.expected.is_finite())
        .collect();
    if history.len() < shape.slots_min() / 2 || ahead.iter().any(|e| !e.is_finite()) {
        return Err(known);
    }
    let enough = ROUNDS_ENOUGH * shape.long.max(shape.slots_min()) * shape.rows_per_slot();
    let mut model = Model {
        transform,
        shape: *shape,
        ahead,
        first_ahead: first + slots.len() as i64 - 1,
        scale: scales(&history, shape),
        carry: 0.0,
        tails: [[None; 2]; ALL.len()],
        trust: (count(history.len()) / count(enough.min(ROWS_ENOUGH)))
            .sqrt()
            .min(1.0) as f32,
        silence: 0,
    };
    // The last day is still being judged; what is usual is learnt from the days before.
    let usual_until_s = event_s.min(shape.before_lead(rows[rows.len() - 1].0));
    let signals = replay(&mut model, &history, usual_until_s);
    let novelty = Novelty::of(&values);
    Ok((model, Running { signals, novelty }))
}

/// The expectation of a row: between the middles of slots where a slot has many rows.
fn at_time(expected: impl Fn(usize) -> Option<f64>, first: i64, at_s: i64, shape: &Shape) -> f64 {
    let get = |slot: i64| usize::try_from(slot).ok().and_then(&expected);
    let slot = shape.slot(at_s) - first;
    let here = get(slot).unwrap_or(f64::NAN);
    if shape.rows_per_slot() == 1 {
        return here;
    }
    let within = at_s.rem_euclid(shape.slot_s) as f64 / shape.slot_s as f64 - 0.5;
    let beside = get(slot + if within < 0.0 { -1 } else { 1 });
    match beside.filter(|beside| beside.is_finite()) {
        Some(beside) => here + (beside - here) * within.abs(),
        None => here,
    }
}

/// Slots by which departures are told apart: hours of the day. Days of daily rows are too few for that.
fn classes(shape: &Shape) -> usize {
    if shape.long > shape.season {
        shape.season
    } else {
        1
    }
}

/// Usual departures by slot of the season, smoothed over neighbours, robust.
fn scales(history: &[Row], shape: &Shape) -> [f32; SEASON_MAX] {
    let classes = classes(shape);
    let size = |row: &Row| (row.value - row.expected).abs();
    let mut sizes: Vec<f64> = history.iter().map(size).collect();
    let cut = SCALE_CUT * median(&mut sizes).unwrap_or(0.0).max(SCALE_MIN / 2.0);
    let all = mean(history.iter().map(|row| size(row).min(cut))).max(SCALE_MIN);
    let mut sums = [(0.0, 0.0); SEASON_MAX];
    let weight = 1.0 / count(shape.rows_per_slot());
    for row in history {
        let sum = &mut sums[class_of(shape.slot(row.at_s), 0, classes)];
        *sum = (sum.0 + weight * size(row).min(cut), sum.1 + weight);
    }
    let mut scale = [0.0; SEASON_MAX];
    for (class, scale) in scale.iter_mut().enumerate().take(classes) {
        let (mut sum, mut n) = (SCALE_ROWS * all, SCALE_ROWS);
        for (offset, weight) in [(classes - 1, 0.5), (0, 1.0), (1, 0.5)] {
            let (s, k) = sums[(class + offset) % classes];
            (sum, n) = (sum + weight * s, n + weight * k);
        }
        *scale = (MEAN_TO_DEVIATION * sum / n).max(SCALE_MIN) as f32;
    }
    scale
}

impl Model {
    /// The usual departure at a time (judging scale).
    pub fn scale_at(&self, at_s: i64) -> f64 {
        f64::from(self.scale[class_of(self.shape.slot(at_s), 0, classes(&self.shape))])
    }

    /// What is expected at a time (judging scale). Where the next refit is late, the last planned
    /// rhythm again.
    pub fn expected_at(&self, at_s: i64) -> f64 {
        let beyond = self.shape.slot(at_s) - (self.first_ahead + self.ahead.len() as i64 - 2);
        let season = self.shape.season as i64;
        let rounds = (beyond.max(0) + season - 1) / season;
        let get = |slot: usize| self.ahead.get(slot).map(|e| f64::from(*e));
        let expected = at_time(get, self.first_ahead + rounds * season, at_s, &self.shape);
        if expected.is_finite() {
            expected
        } else {
            f64::from(self.ahead[0])
        }
    }
}

/// Runs the signals over history to learn what is usual of them until a time.
fn replay(model: &mut Model, history: &[Row], usual_until_s: i64) -> Signals {
    let departures: Vec<f32> = history
        .iter()
        .map(|row| ((row.value - row.expected) / model.scale_at(row.at_s)) as f32)
        .collect();
    model.carry = carry(&departures);
    let mut signals = Signals::default();
    let mut seen: [Vec<f32>; ALL.len()] = Default::default();
    let mut silent = 0;
    for (row, departure) in history.iter().zip(&departures) {
        let all = signals.push(*departure, model.carry);
        if row.at_s <= usual_until_s {
            for (seen, value) in seen.iter_mut().zip(all) {
                seen.push(value);
            }
            silent = silence::run(silent, row.value, row.expected);
            model.silence = model.silence.max(silent);
        }
    }
    for (tails, values) in model.tails.iter_mut().zip(&mut seen) {
        let up = Tail::of(values);
        values.iter_mut().for_each(|value| *value = -*value);
        *tails = [up, Tail::of(values)];
    }
    signals
}

/// The correlation of neighbours, robust.
fn carry(departures: &[f32]) -> f32 {
    let (mut cross, mut square) = (0.0, 1e-9);
    for pair in departures.windows(2) {
        let [a, b] = [pair[0], pair[1]].map(|d| f64::from(d.clamp(-3.0, 3.0)));
        cross += a * b;
        square += a * a;
    }
    (cross / square).clamp(0.0, CARRY_MAX) as f32
}

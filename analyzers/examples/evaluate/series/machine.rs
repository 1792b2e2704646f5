//! Machines and streets every five minutes, with labelled anomalies.

use std::ops::Range;

use super::random::Random;

/// A fortnight.
pub const ROWS: usize = 14 * 288;
/// Rows of all labelled windows together: a tenth, as streaming benchmarks have it.
const WINDOWS_ROWS: usize = ROWS / 10;

/// A series with the windows in which something is wrong.
pub struct Labelled {
    pub values: Vec<f64>,
    pub windows: Vec<Range<usize>>,
}

type Maker = fn(&mut Random) -> Vec<f64>;

/// Families: name, whether constants were chosen on it, maker.
pub const FAMILIES: &[(&str, bool, Maker)] = &[
    ("cpu", true, cpu),
    ("network", true, network),
    ("jobs", true, jobs),
    ("latency", true, latency),
    ("memory", false, memory),
    ("requests", false, requests),
    ("speed", false, speed),
    ("temperature", false, temperature),
];

/// A series of a family with one to three anomalies after its first 15 %.
pub fn labelled(make: Maker, random: &mut Random) -> Labelled {
    let mut values = make(random);
    let n = 1 + random.below(3);
    let half = WINDOWS_ROWS / n / 2;
    let mut windows = Vec::new();
    let free = (ROWS - ROWS * 15 / 100) / n;
    for i in 0..n {
        let begin = ROWS * 15 / 100 + i * free;
        let at = begin + half + random.below((free - 2 * half).max(1));
        strike(&mut values, at, random);
        windows.push(at.saturating_sub(half)..(at + half).min(ROWS));
    }
    Labelled { values, windows }
}

/// Something goes wrong at a row.
fn strike(values: &mut [f64], at: usize, random: &mut Random) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let low = sorted[values.len() / 20];
    let range = (sorted[values.len() * 19 / 20] - low).max(1e-9);
    let strong = random.between(0.8, 3.0);
    let rows = 1 + random.below(6);
    let long = 24 + random.below(200);
    let end = |rows: usize| (at + rows).min(ROWS);
    match random.below(7) {
        0 => values[at..end(rows)]
            .iter_mut()
            .for_each(|v| *v += strong * range),
        1 => values[at..end(long)]
            .iter_mut()
            .for_each(|v| *v += 0.7 * strong * range),
        2 => values[at..end(long)].iter_mut().for_each(|v| *v = 0.0),
        3 => {
            let stuck = values[at];
            values[at..end(long)].iter_mut().for_each(|v| *v = stuck);
        }
        4 => {
            for (k, v) in values[at..end(long)].iter_mut().enumerate() {
                *v += strong * range * k as f64 / 100.0;
            }
        }
        5 => {
            for v in &mut values[at..end(long)] {
                *v += strong * range * random.normal().abs() * 0.7;
            }
        }
        _ => values[at..end(rows)]
            .iter_mut()
            .for_each(|v| *v = (*v - strong * range).max(0.0)),
    }
}

fn wander(keep: f64, random: &mut Random, state: &mut f64) -> f64 {
    *state = keep * *state + (1.0 - keep * keep).sqrt() * random.normal();
    *state
}

fn cpu(random: &mut Random) -> Vec<f64> {
    let (base, noise, keep) = (
        random.between(1.0, 60.0),
        random.between(0.02, 0.2),
        random.between(0.3, 0.95),
    );
    let daily = if random.chance(0.5) {
        random.between(0.0, 0.4)
    } else {
        0.0
    };
    let mut state = 0.0;
    (0..ROWS)
        .map(|t| {
            let angle = t as f64 / 288.0 * std::f64::consts::TAU;
            let spike = if random.chance(0.002) {
                random.between(1.2, 2.0)
            } else {
                1.0
            };
            (base * spike * (daily * angle.sin() + noise * wander(keep, random, &mut state)).exp())
                .min(100.0)
        })
        .map(|v| (v * 1000.0).round() / 1000.0)
        .collect()
}

fn network(random: &mut Random) -> Vec<f64> {
    let (base, tail) = (
        10.0_f64.powf(random.between(2.0, 7.0)),
        random.between(0.1, 0.8),
    );
    (0..ROWS)
        .map(|_| {
            let burst = if random.chance(0.02) {
                random.between(1.0, 8.0)
            } else {
                1.0
            };
            (base * burst * (tail * random.heavy()).clamp(-5.0, 5.0).exp()).round()
        })
        .collect()
}

fn jobs(random: &mut Random) -> Vec<f64> {
    let (every, long) = (12 + random.below(276), 1 + random.below(8));
    let (low, high, noise) = (
        random.between(0.1, 20.0),
        random.between(20.0, 90.0),
        random.between(0.01, 0.1),
    );
    (0..ROWS)
        .map(|t| {
            let level = if t % every < long { high } else { low };
            (level * (noise * random.normal()).exp()).min(100.0)
        })
        .collect()
}

fn latency(random: &mut Random) -> Vec<f64> {
    let (base, noise) = (random.between(5.0, 500.0), random.between(0.05, 0.3));
    let mut state = 0.0;
    (0..ROWS)
        .map(|_| {
            base * (noise * random.heavy().abs() + 0.05 * wander(0.98, random, &mut state)).exp()
        })
        .collect()
}

fn memory(random: &mut Random) -> Vec<f64> {
    let (rate, limit) = (random.between(0.01, 0.2), random.between(60.0, 95.0));
    let floor = random.between(10.0, 40.0);
    let mut level = floor;
    (0..ROWS)
        .map(|_| {
            level += rate * random.between(0.0, 2.0);
            if level > limit {
                level = floor;
            }
            level + 0.3 * random.normal()
        })
        .collect()
}

fn requests(random: &mut Random) -> Vec<f64> {
    let (mean, high, weekend) = (
        random.between(5.0, 2000.0),
        random.between(0.3, 1.5),
        random.between(-0.6, 0.2),
    );
    let mut state = 0.0;
    (0..ROWS)
        .map(|t| {
            let angle = t as f64 / 288.0 * std::f64::consts::TAU;
            let week = if t / 288 % 7 >= 5 { weekend } else { 0.0 };
            let log = high * angle.sin() + week + 0.08 * wander(0.97, random, &mut state);
            random.count(mean * log.exp(), 1.5)
        })
        .collect()
}

fn speed(random: &mut Random) -> Vec<f64> {
    let (free, noise) = (random.between(55.0, 80.0), random.between(1.0, 4.0));
    let jam = random.between(0.1, 0.5);
    (0..ROWS)
        .map(|t| {
            let hour = t as f64 / 12.0 % 24.0;
            let weekday = t / 288 % 7 < 5;
            let rush =
                (-((hour - 8.0) / 1.0).powi(2)).exp() + (-((hour - 17.5) / 1.5).powi(2)).exp();
            let slow = if weekday { jam * rush } else { 0.0 };
            (free * (1.0 - slow) + noise * random.heavy()).round()
        })
        .collect()
}

fn temperature(random: &mut Random) -> Vec<f64> {
    let (base, swing, noise) = (
        random.between(60.0, 90.0),
        random.between(1.0, 8.0),
        random.between(0.1, 1.0),
    );
    let (mut slow, mut quick) = (0.0, 0.0);
    (0..ROWS)
        .map(|_| {
            base + swing * wander(0.9995, random, &mut slow)
                + noise * wander(0.8, random, &mut quick)
        })
        .collect()
}

//! Synthetic hourly series, family by family, as fleets and other hourly measurements look. Constants were
//! chosen while looking at [`TUNED`] only; [`HELD_OUT`] were written afterwards and changed nothing.

use super::random::Random;

/// A family: its name and how `n` hours of one of its series are made.
pub type Family = (&'static str, fn(&mut Random, usize) -> Vec<f64>);

pub const TUNED: [Family; 14] = [
    ("load: smooth days and weeks", load),
    ("web: multiplicative noise", web),
    ("level shifts", shifts),
    ("heavy tails and spikes", heavy),
    ("batch: counts at set hours", batch),
    ("wind: no season, saturating", wind),
    ("trend", trend),
    ("traffic: rush hours, weekends", traffic),
    ("holidays", holidays),
    ("changing amplitude", amplitude),
    ("saturating growth", saturating),
    ("prices: reverting, spiking", prices),
    ("small counts", counts),
    ("last day anomalous", last_day),
];

pub const HELD_OUT: [Family; 6] = [
    ("sun: nothing at night, clouds", sun),
    ("walk: level and shape wander", walk),
    ("regimes: calm and restless", regimes),
    ("shifts of eight hours", eight_hours),
    ("retries: bursts on a queue", retries),
    ("two tenants: sum of two weeks", two_tenants),
];

const DAY: usize = 24;
const WEEK: usize = 168;

/// A smooth shape of a day, about 1, at least a tenth: two harmonics with a phase of their own.
fn day_shape(r: &mut Random, depth: f64) -> Vec<f64> {
    let (p1, p2) = (r.between(0.0, 24.0), r.between(0.0, 12.0));
    let second = r.between(0.1, 0.5) * depth;
    (0..DAY)
        .map(|h| {
            let turn = |period: f64, phase: f64| {
                (std::f64::consts::TAU * (h as f64 - phase) / period).cos()
            };
            (1.0 + depth * turn(24.0, p1) + second * turn(12.0, p2)).max(0.1)
        })
        .collect()
}

/// Day by day of the week: working days alike, weekends another height and another shape.
fn week_shape(r: &mut Random, depth: f64) -> Vec<f64> {
    let (work, rest) = (day_shape(r, depth), day_shape(r, depth * 0.7));
    let weekend = r.between(0.4, 1.1);
    let begin = r.between(0.0, 7.0) as usize;
    (0..7)
        .flat_map(|d| {
            let own = 1.0 + 0.04 * r.normal();
            let is_weekend = (d + begin) % 7 >= 5;
            let blend = r.between(0.3, 0.9);
            let (work, rest) = (work.clone(), rest.clone());
            (0..DAY).map(move |h| match is_weekend {
                true => weekend * (blend * rest[h] + (1.0 - blend) * work[h]),
                false => own * work[h],
            })
        })
        .collect()
}

/// Noise of deviation `sd` that remembers itself with `phi`.
fn remembering(r: &mut Random, n: usize, phi: f64, sd: f64) -> Vec<f64> {
    let fresh = sd * (1.0 - phi * phi).sqrt();
    let mut x = sd * r.normal();
    (0..n)
        .map(|_| {
            x = phi * x + fresh * r.normal();
            x
        })
        .collect()
}

fn size(r: &mut Random) -> f64 {
    10_f64.powf(r.between(0.0, 5.0))
}

fn load(r: &mut Random, n: usize) -> Vec<f64> {
    let depth = r.between(0.1, 0.4);
    let shape = week_shape(r, depth);
    let scale = size(r);
    let sd = r.between(0.02, 0.08);
    let weather = remembering(r, n, 0.99, sd);
    let phi = r.between(0.8, 0.95);
    let sd = r.between(0.01, 0.04);
    let noise = remembering(r, n, phi, sd);
    (0..n)
        .map(|t| scale * shape[t % WEEK] * (1.0 + weather[t] + noise[t] + 0.004 * r.normal()))
        .collect()
}

fn web_of(r: &mut Random, n: usize, depth: f64, noise_sd: f64) -> Vec<f64> {
    let shape = week_shape(r, depth);
    let scale = size(r);
    let slow = remembering(r, n, 0.985, 0.08);
    let phi = r.between(0.5, 0.9);
    let noise = remembering(r, n, phi, noise_sd);
    let slope = 0.15 * r.normal() / n as f64;
    (0..n)
        .map(|t| scale * shape[t % WEEK] * (slow[t] + noise[t] + slope * t as f64).exp())
        .collect()
}

fn web(r: &mut Random, n: usize) -> Vec<f64> {
    let (depth, sd) = (r.between(0.2, 0.7), r.between(0.05, 0.2));
    web_of(r, n, depth, sd)
}

fn shifts(r: &mut Random, n: usize) -> Vec<f64> {
    let mut values = web_of(r, n, 0.4, 0.06);
    let mut level = 1.0;
    for v in &mut values {
        if r.chance(1.0 / 500.0) {
            level *= (0.25 * r.normal()).exp();
        }
        *v *= level;
    }
    values
}

fn heavy(r: &mut Random, n: usize) -> Vec<f64> {
    let depth = r.between(0.2, 0.5);
    let shape = week_shape(r, depth);
    let (scale, sd) = (size(r), r.between(0.05, 0.2));
    let slow = remembering(r, n, 0.98, 0.06);
    let mut spike = 0.0;
    (0..n)
        .map(|t| {
            spike *= 0.4;
            if r.chance(0.006) {
                spike = r.between(0.5, 4.0);
            }
            scale * (shape[t % WEEK] * (1.0 + slow[t] + sd * r.heavy(3)) + spike).max(0.0)
        })
        .collect()
}

fn batch(r: &mut Random, n: usize) -> Vec<f64> {
    let base = r.between(0.1, 5.0);
    let mut plan = [0.0; WEEK];
    for h in 0..DAY {
        if r.chance(0.2) {
            let runs = r.between(20.0, 500.0);
            let working_days_only = r.chance(0.4);
            for d in 0..7 {
                plan[d * DAY + h] = if working_days_only && d >= 5 {
                    0.0
                } else {
                    runs
                };
            }
        }
    }
    let slow = remembering(r, n, 0.99, 0.1);
    (0..n)
        .map(|t| r.poisson((base + plan[t % WEEK]) * slow[t].exp()))
        .collect()
}

fn wind(r: &mut Random, n: usize) -> Vec<f64> {
    let scale = size(r);
    let phi = r.between(0.93, 0.985);
    let shape = day_shape(r, 0.25);
    let noise = remembering(r, n, phi, 1.2);
    (0..n)
        .map(|t| scale * shape[t % DAY] / (1.0 + (-noise[t]).exp()))
        .collect()
}

fn trend(r: &mut Random, n: usize) -> Vec<f64> {
    let values = web_of(r, n, 0.3, 0.05);
    let growth = r.between(-0.5, 1.2) / n as f64;
    (values.iter().enumerate())
        .map(|(t, v)| v * (growth * t as f64).exp())
        .collect()
}

fn traffic(r: &mut Random, n: usize) -> Vec<f64> {
    let (morning, evening) = (r.between(6.5, 9.0), r.between(15.5, 18.5));
    let (a, b) = (r.between(0.3, 2.0), r.between(0.3, 2.0));
    let bump = |h: f64, at: f64, width: f64| (-((h - at) / width).powi(2) / 2.0).exp();
    let scale = size(r);
    let phi = r.between(0.5, 0.85);
    let noise = remembering(r, n, phi, 0.13);
    let mut incident = 0.0;
    (0..n)
        .map(|t| {
            let (hour, day) = ((t % DAY) as f64, t / DAY % 7);
            let base = 0.08 + 0.5 * bump(hour, 14.0, 4.5);
            let rush = match day {
                0..5 => a * bump(hour, morning, 1.2) + b * bump(hour, evening, 1.7),
                _ => 0.2 * b * bump(hour, 15.0, 3.0),
            };
            incident *= 0.6;
            if r.chance(0.004) {
                incident = r.between(-0.6, 1.2);
            }
            scale * ((base + rush) * (noise[t] + incident).exp()).max(0.0)
        })
        .collect()
}

fn holidays(r: &mut Random, n: usize) -> Vec<f64> {
    let shape = week_shape(r, 0.4);
    let scale = size(r);
    let sunday = r.between(0.0, 7.0) as usize;
    let noise = remembering(r, n, 0.85, 0.05);
    let mut free = false;
    (0..n)
        .map(|t| {
            if t % DAY == 0 {
                free = r.chance(0.05);
            }
            let like = if free {
                sunday * DAY + t % DAY
            } else {
                t % WEEK
            };
            scale * shape[like] * (if free { 0.7 } else { 1.0 }) * noise[t].exp()
        })
        .collect()
}

fn amplitude(r: &mut Random, n: usize) -> Vec<f64> {
    let shape = week_shape(r, 0.4);
    let scale = size(r);
    let depth = remembering(r, n, 0.996, 0.35);
    let noise = remembering(r, n, 0.8, 0.04);
    let drift = r.between(-1.5, 1.5) / n as f64;
    (0..n)
        .map(|t| {
            let at = (t as f64 + drift * t as f64).round() as usize % WEEK;
            let swing = (shape[at] - 1.0) * depth[t].exp();
            scale * ((1.0 + swing).max(0.05) + noise[t]).max(0.0)
        })
        .collect()
}

fn saturating(r: &mut Random, n: usize) -> Vec<f64> {
    let values = web_of(r, n, 0.35, 0.06);
    let (middle, width) = (
        r.between(0.2, 0.9) * n as f64,
        r.between(0.08, 0.3) * n as f64,
    );
    let gain = r.between(1.0, 4.0);
    (values.iter().enumerate())
        .map(|(t, v)| v * (1.0 + gain / (1.0 + (-(t as f64 - middle) / width).exp())))
        .collect()
}

fn prices(r: &mut Random, n: usize) -> Vec<f64> {
    let shape = week_shape(r, 0.25);
    let scale = r.between(20.0, 80.0);
    let slow = remembering(r, n, 0.985, 0.2);
    let noise = remembering(r, n, 0.7, 0.08);
    let mut spike = 0.0;
    (0..n)
        .map(|t| {
            spike *= 0.5;
            if r.chance(0.008) {
                spike = r.between(-0.8, 2.0);
            }
            scale * (shape[t % WEEK] * (1.0 + slow[t] + noise[t]) + spike)
        })
        .collect()
}

fn counts(r: &mut Random, n: usize) -> Vec<f64> {
    let mean = 10_f64.powf(r.between(-0.3, 1.2));
    let shape = week_shape(r, 0.6);
    let slow = remembering(r, n, 0.99, 0.15);
    (0..n)
        .map(|t| r.poisson(mean * shape[t % WEEK] * slow[t].exp()))
        .collect()
}

/// The horizon of 48 hours or a week begins where `n` says the history ends; whoever asks knows which.
fn last_day(r: &mut Random, n: usize) -> Vec<f64> {
    let mut values = web_of(r, n, 0.4, 0.06);
    let end = n - WEEK;
    let factor = if r.chance(0.4) {
        r.between(0.0, 0.3)
    } else {
        r.between(1.5, 3.0)
    };
    let hours = r.between(3.0, 24.0) as usize;
    for v in &mut values[end - hours..end] {
        *v *= factor;
    }
    values
}

fn sun(r: &mut Random, n: usize) -> Vec<f64> {
    let (length, scale) = (r.between(9.0, 15.0), size(r));
    let clouds = remembering(r, n, 0.93, 1.0);
    let office = r.between(0.0, 0.4);
    (0..n)
        .map(|t| {
            let (hour, day) = ((t % DAY) as f64 - 12.5, t / DAY % 7);
            let height = (hour * std::f64::consts::PI / length).cos();
            let up = if hour.abs() < length / 2.0 {
                height
            } else {
                0.0
            };
            let weekday = if day < 5 { 1.0 + office } else { 1.0 };
            scale * weekday * up.max(0.0) / (1.0 + (0.9 * clouds[t] - 1.0).exp())
        })
        .collect()
}

fn walk(r: &mut Random, n: usize) -> Vec<f64> {
    let (mut shape, scale) = (week_shape(r, 0.35), size(r));
    let step = r.between(0.003, 0.012);
    let mut level = 0.0;
    (0..n)
        .map(|t| {
            level += step * r.normal();
            shape[t % WEEK] *= (0.06 * r.normal()).exp();
            scale * shape[t % WEEK] * (level + 0.03 * r.normal()).exp()
        })
        .collect()
}

fn regimes(r: &mut Random, n: usize) -> Vec<f64> {
    let (shape, scale) = (week_shape(r, 0.45), size(r));
    let noise = remembering(r, n, 0.8, 1.0);
    let mut is_restless = false;
    (0..n)
        .map(|t| {
            if r.chance(1.0 / 120.0) {
                is_restless = !is_restless;
            }
            let sd = if is_restless { 0.22 } else { 0.05 };
            scale * shape[t % WEEK] * (sd * noise[t]).exp()
        })
        .collect()
}

fn eight_hours(r: &mut Random, n: usize) -> Vec<f64> {
    let scale = size(r);
    let heights: Vec<f64> = (0..21).map(|_| r.between(0.3, 1.5)).collect();
    let (begin, slow) = (r.between(0.0, 8.0) as usize, remembering(r, n, 0.97, 0.07));
    (0..n)
        .map(|t| {
            let rush = if (t + begin) % 8 == 0 { 1.3 } else { 1.0 };
            let height = heights[(t + begin) / 8 % 21] * rush;
            scale * (height * (1.0 + slow[t]) + 0.05 * r.heavy(4)).max(0.0)
        })
        .collect()
}

fn retries(r: &mut Random, n: usize) -> Vec<f64> {
    let (shape, scale) = (week_shape(r, 0.5), r.between(20.0, 2_000.0));
    let mut queue = 0.0;
    (0..n)
        .map(|t| {
            if r.chance(0.01) {
                queue += scale * r.between(0.5, 3.0);
            }
            let worked = 0.5 * queue;
            queue -= worked;
            r.poisson(scale * shape[t % WEEK] + worked)
        })
        .collect()
}

fn two_tenants(r: &mut Random, n: usize) -> Vec<f64> {
    let (a, b) = (web(r, n), web(r, n));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (of_a, of_b, scale) = (mean(&a), mean(&b), size(r));
    let begin = n / 3 + r.between(0.0, n as f64 / 3.0) as usize;
    (0..n)
        .map(|t| {
            let grown = ((t as f64 - begin as f64) / 100.0).clamp(0.0, 1.0);
            scale * (a[t] / of_a + grown * b[t] / of_b)
        })
        .collect()
}

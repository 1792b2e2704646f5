//! Hourly spend and traffic.

use super::random::Random;

pub const HOURS: usize = 1008;

/// A family: its name, whether constants were chosen on it, and its maker.
pub struct Family {
    pub name: &'static str,
    pub tuned_on: bool,
    pub make: fn(&mut Random) -> Vec<f64>,
}

pub const FAMILIES: &[Family] = &[
    Family {
        name: "office",
        tuned_on: true,
        make: office,
    },
    Family {
        name: "consumer",
        tuned_on: true,
        make: consumer,
    },
    Family {
        name: "bursty",
        tuned_on: true,
        make: bursty,
    },
    Family {
        name: "growth",
        tuned_on: true,
        make: growth,
    },
    Family {
        name: "shifts",
        tuned_on: true,
        make: shifts,
    },
    Family {
        name: "counts",
        tuned_on: true,
        make: counts,
    },
    Family {
        name: "cron",
        tuned_on: true,
        make: cron,
    },
    Family {
        name: "noise",
        tuned_on: true,
        make: noise,
    },
    Family {
        name: "rush hours",
        tuned_on: true,
        make: rush,
    },
    Family {
        name: "power",
        tuned_on: false,
        make: power,
    },
    Family {
        name: "walk",
        tuned_on: false,
        make: walk,
    },
    Family {
        name: "intermittent",
        tuned_on: false,
        make: intermittent,
    },
    Family {
        name: "holidays",
        tuned_on: false,
        make: holidays,
    },
    Family {
        name: "silent nights",
        tuned_on: false,
        make: nights,
    },
    Family {
        name: "pedestrians",
        tuned_on: false,
        make: pedestrians,
    },
    Family {
        name: "gaps",
        tuned_on: false,
        make: gaps,
    },
    Family {
        name: "batch",
        tuned_on: false,
        make: batch,
    },
];

/// Autoregressive noise of standard deviation one.
struct Wander {
    keep: f64,
    value: f64,
}

impl Wander {
    fn new(keep: f64, random: &mut Random) -> Self {
        Self {
            keep,
            value: random.normal(),
        }
    }

    fn next(&mut self, random: &mut Random) -> f64 {
        self.value =
            self.keep * self.value + (1.0 - self.keep * self.keep).sqrt() * random.normal();
        self.value
    }
}

fn size(random: &mut Random) -> f64 {
    10.0_f64.powf(random.between(-4.0, 4.0))
}

/// 0..1 bump around an hour, wrapping at midnight.
fn bump(hour: f64, at: f64, width: f64) -> f64 {
    let apart = (hour - at).abs();
    (-(apart.min(24.0 - apart) / width).powi(2) / 2.0).exp()
}

#[derive(Clone, Copy)]
struct Hour {
    t: usize,
    of_day: f64,
    weekend: bool,
    weekday: usize,
}

fn hours() -> impl Iterator<Item = Hour> {
    (0..HOURS).map(|t| Hour {
        t,
        of_day: (t % 24) as f64,
        weekday: t / 24 % 7,
        weekend: t / 24 % 7 >= 5,
    })
}

fn rhythm(
    random: &mut Random,
    log_of: impl Fn(Hour) -> f64,
    keep: (f64, f64),
    noise: (f64, f64),
) -> Vec<f64> {
    let size = size(random);
    let mut wander = Wander::new(random.between(keep.0, keep.1), random);
    let noise = random.between(noise.0, noise.1);
    let white = noise * random.between(0.2, 0.6);
    hours()
        .map(|h| {
            let log = log_of(h) + noise * wander.next(random) + white * random.normal();
            size * log.exp()
        })
        .collect()
}

fn office_log(random: &mut Random) -> impl Fn(Hour) -> f64 + use<> {
    let (high, weekend, at, width) = (
        random.between(0.8, 2.5),
        random.between(0.1, 0.6),
        random.between(10.0, 15.0),
        random.between(2.5, 5.0),
    );
    move |h| high * bump(h.of_day, at, width) * if h.weekend { weekend } else { 1.0 }
}

fn office(random: &mut Random) -> Vec<f64> {
    let log = office_log(random);
    rhythm(random, log, (0.5, 0.9), (0.03, 0.15))
}

fn consumer_log(random: &mut Random) -> impl Fn(Hour) -> f64 + use<> {
    let (high, weekend, at) = (
        random.between(0.3, 1.0),
        random.between(-0.2, 0.3),
        random.between(18.0, 22.0),
    );
    let second = random.between(0.0, 0.3);
    move |h| {
        let angle = (h.of_day - at) / 24.0 * std::f64::consts::TAU;
        high * angle.cos() + second * (2.0 * angle).cos() + if h.weekend { weekend } else { 0.0 }
    }
}

fn consumer(random: &mut Random) -> Vec<f64> {
    let log = consumer_log(random);
    rhythm(random, log, (0.7, 0.97), (0.03, 0.12))
}

fn bursty(random: &mut Random) -> Vec<f64> {
    let log = consumer_log(random);
    let mut values = rhythm(random, log, (0.3, 0.8), (0.05, 0.15));
    let strong = random.between(0.1, 0.3);
    for value in &mut values {
        *value *= (strong * random.heavy().clamp(-8.0, 8.0)).exp();
    }
    values
}

fn growth(random: &mut Random) -> Vec<f64> {
    let log = consumer_log(random);
    let a_day = random.between(-0.01, 0.03);
    let log = move |h: Hour| log(h) + a_day * h.t as f64 / 24.0;
    rhythm(random, log, (0.6, 0.95), (0.03, 0.12))
}

fn shifts(random: &mut Random) -> Vec<f64> {
    let log = office_log(random);
    let mut values = rhythm(random, log, (0.5, 0.9), (0.03, 0.1));
    let mut factor = 1.0;
    for value in &mut values {
        if random.chance(1.0 / (14.0 * 24.0)) {
            factor *= random.between(-0.4, 0.4).exp();
        }
        *value *= factor;
    }
    values
}

fn counts(random: &mut Random) -> Vec<f64> {
    let log = consumer_log(random);
    let mean = 10.0_f64.powf(random.between(0.3, 2.0));
    let price = size(random);
    hours()
        .map(|h| price * random.count(mean * log(h).exp(), 1.0))
        .collect()
}

fn cron(random: &mut Random) -> Vec<f64> {
    let (at, also) = (random.below(24), random.below(24));
    let (weekly, day) = (random.chance(0.5), random.below(7));
    let high = random.between(1.0, 3.0);
    let log = move |h: Hour| {
        let runs = h.t % 24 == at || (weekly && h.weekday == day && h.t % 24 == also);
        if runs { high } else { 0.0 }
    };
    rhythm(random, log, (0.2, 0.8), (0.03, 0.12))
}

fn noise(random: &mut Random) -> Vec<f64> {
    rhythm(random, |_| 0.0, (0.0, 0.3), (0.05, 0.4))
}

fn rush(random: &mut Random) -> Vec<f64> {
    let (high, weekend) = (random.between(1.0, 2.2), random.between(0.2, 0.6));
    let morning = random.between(0.5, 1.0);
    let log = move |h: Hour| {
        let peaks = morning * bump(h.of_day, 8.0, 1.2)
            + bump(h.of_day, 17.0, 1.8)
            + 0.8 * bump(h.of_day, 13.0, 4.0);
        high * peaks * if h.weekend { weekend } else { 1.0 }
    };
    let mut values = rhythm(random, log, (0.4, 0.8), (0.06, 0.18));
    incidents(&mut values, random, 1.0 / 500.0);
    values
}

/// Ordinary irregularities: an hour or two of a fifth to a half more or less.
fn incidents(values: &mut [f64], random: &mut Random, chance: f64) {
    let mut left = 0;
    let mut factor = 1.0;
    for value in values {
        if left == 0 && random.chance(chance) {
            left = 1 + random.below(3);
            factor = random.between(-0.5, 0.5).exp();
        }
        if left > 0 {
            left -= 1;
            *value *= factor;
        }
    }
}

fn power(random: &mut Random) -> Vec<f64> {
    let (high, weekend) = (random.between(0.15, 0.5), random.between(-0.25, 0.0));
    let mut weather = Wander::new(0.985, random);
    let warm = random.between(0.02, 0.12);
    let log = move |h: Hour| {
        let peaks = bump(h.of_day, 9.0, 2.5) + 1.2 * bump(h.of_day, 19.0, 3.0);
        high * peaks + if h.weekend { weekend } else { 0.0 }
    };
    let mut values = rhythm(random, log, (0.8, 0.95), (0.01, 0.04));
    for value in &mut values {
        *value *= (warm * weather.next(random)).exp();
    }
    values
}

fn walk(random: &mut Random) -> Vec<f64> {
    let log = consumer_log(random);
    let step = random.between(0.005, 0.03);
    let mut values = rhythm(random, log, (0.3, 0.8), (0.02, 0.06));
    let mut level: f64 = 0.0;
    for value in &mut values {
        level += step * random.normal();
        *value *= level.exp();
    }
    values
}

fn intermittent(random: &mut Random) -> Vec<f64> {
    let price = size(random);
    let busy = random.between(0.05, 0.4);
    hours()
        .map(|_| match random.chance(busy) {
            true => price * (1.0 + random.count(3.0, 1.0)) * (0.3 * random.normal()).exp(),
            false => 0.0,
        })
        .collect()
}

fn holidays(random: &mut Random) -> Vec<f64> {
    let log = office_log(random);
    let holiday = 7 * 3 + random.below(18);
    let log = move |h: Hour| {
        let off = h.t / 24 == holiday || h.t / 24 == holiday + 8;
        log(Hour {
            weekend: h.weekend || off,
            ..h
        })
    };
    rhythm(random, log, (0.5, 0.9), (0.03, 0.12))
}

fn nights(random: &mut Random) -> Vec<f64> {
    let price = size(random);
    let (mean, at, width) = (
        random.between(20.0, 300.0),
        random.between(11.0, 16.0),
        random.between(2.0, 3.5),
    );
    let weekend = random.between(0.2, 1.0);
    hours()
        .map(|h| {
            let mean = mean * bump(h.of_day, at, width) * if h.weekend { weekend } else { 1.0 };
            price * random.count(if mean < 0.5 { 0.0 } else { mean }, 1.5)
        })
        .collect()
}

fn pedestrians(random: &mut Random) -> Vec<f64> {
    let log = office_log(random);
    let (mean, spread) = (random.between(30.0, 500.0), random.between(2.0, 8.0));
    let mut weather = Wander::new(0.9, random);
    let mut values: Vec<f64> = hours()
        .map(|h| {
            let usual = mean * (log(h) + 0.15 * weather.next(random)).exp() + 3.0;
            random.count(usual, spread)
        })
        .collect();
    incidents(&mut values, random, 1.0 / 400.0);
    values
}

fn gaps(random: &mut Random) -> Vec<f64> {
    let mut values = consumer(random);
    let mut left = 0;
    for value in &mut values {
        if random.chance(1.0 / 200.0) {
            left = 1 + random.below(12);
        }
        if left > 0 {
            left -= 1;
            *value = f64::NAN;
        }
    }
    values
}

fn batch(random: &mut Random) -> Vec<f64> {
    let start = random.below(20) as f64;
    let long = random.between(1.0, 5.0);
    let high = random.between(0.8, 2.5);
    let days: Vec<f64> = (0..HOURS / 24).map(|_| random.between(-0.4, 0.4)).collect();
    let log = move |h: Hour| {
        let end = start + long * days[h.t / 24].exp();
        let share = (end - h.of_day).clamp(0.0, 1.0);
        if h.of_day >= start { high * share } else { 0.0 }
    };
    rhythm(random, log, (0.3, 0.8), (0.04, 0.12))
}

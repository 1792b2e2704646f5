//! A departure of spend from what was expected, from its first hour on: perhaps nothing, perhaps something
//! that is told.

use serde::{Deserialize, Serialize};
use store::model::finding::BandPoint;

use super::factors::Factors;
use super::history::HOUR_S;
use super::usual::{WIDTH, packed, unpacked};

/// The band's ends.
const BAND: f32 = 2.0;
/// A departure of less than this (a band is two wide to each side) lets a run sink,
const SLACK: f32 = 0.75;
/// and no hour counts more than this: a lone spike is no step.
const HOUR_MAX: f32 = 4.0;
/// No run is higher, so that it sinks within half a day when all is well again.
const HEIGHT_MAX: f32 = 8.0;
/// What is told ends after so many hours within the band.
const QUIET_HOURS: u8 = 3;
/// Hours of a run whose band is kept, the newest.
const BAND_MAX: usize = 192;
/// Triggers told apart.
const TRIGGERS_MAX: usize = 8;
/// Up to so many hours a run is a spike.
const SPIKE_HOURS: usize = 3;
/// A run is a leak after so many hours
const LEAK_HOURS: usize = 6;
/// if its later half is so many times as far from what was expected as its earlier half.
const LEAK_GROWTH: f64 = 1.5;
/// A pace is taken over at least so many hours: a single one says little of a day.
const PACE_HOURS: f64 = 6.0;

/// How it departs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Far above, just begun.
    Spike,
    /// Above, and staying there.
    Step,
    /// Above, and growing.
    Leak,
    /// Below.
    Drop,
}

/// An hour as it was expected and as it came, dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Begin of the hour, s since the epoch.
    pub hour_s: u32,
    /// What came.
    pub actual: f32,
    /// What was expected.
    pub expected: f32,
    /// Nothing is said between this
    pub low: f32,
    /// and this.
    pub high: f32,
}

impl From<&Point> for BandPoint {
    fn from(point: &Point) -> Self {
        Self {
            at_s: point.hour_s.into(),
            actual: Some(point.actual.into()),
            expected: Some(point.expected.into()),
            low: Some(point.low.into()),
            high: Some(point.high.into()),
        }
    }
}

impl Point {
    /// How far it departs: ±2 are the ends of the band.
    #[must_use]
    pub fn departure(&self) -> f32 {
        let (by, room) = match self.actual >= self.expected {
            true => (self.actual - self.expected, self.high - self.expected),
            false => (self.actual - self.expected, self.expected - self.low),
        };
        let room = room.max(1e-6 * self.expected.abs()).max(f32::MIN_POSITIVE);
        (2.0 * by / room).clamp(-100.0, 100.0)
    }
}

/// That it was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// First second at which it was certain, s since the epoch.
    pub at_s: u32,
    /// How often chance alone does so.
    pub p_value: f64,
}

/// See the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Whether it lies above.
    pub is_up: bool,
    /// Begin of its first hour, s since the epoch.
    pub since_s: u32,
    /// Hours.
    pub hours: u16,
    height: f32,
    quiet: u8,
    /// What was used,
    pub actual: Factors,
    /// and what was expected.
    pub expected: Factors,
    /// Spend by trigger.
    pub triggers: Vec<(Box<str>, f64)>,
    /// The hours, the oldest first.
    pub band: Vec<Point>,
    /// What was used and what was expected in these hours, until it is told.
    leaning: Vec<[[f32; WIDTH]; 2]>,
    /// Whether it was found to be more than chance.
    pub found: Option<Found>,
    /// The number of the incident that tells it.
    pub incident: Option<u64>,
}

impl Run {
    fn new(point: &Point) -> Self {
        Self {
            is_up: point.departure() > 0.0,
            since_s: point.hour_s,
            hours: 0,
            height: 0.0,
            quiet: 0,
            actual: Factors::default(),
            expected: Factors::default(),
            triggers: Vec::new(),
            band: Vec::new(),
            leaning: Vec::new(),
            found: None,
            incident: None,
        }
    }

    /// What it has cost beyond what was expected, dollars; below zero for what was not spent.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.actual.usd - self.expected.usd
    }

    /// Dollars a day at its pace.
    #[must_use]
    pub fn pace(&self) -> f64 {
        match self.incident {
            Some(_) => self.excess() * 24.0 / f64::from(self.hours).max(PACE_HOURS),
            None => {
                let core = self.core();
                beyond(core) * 24.0
                    / f64::from(u16::try_from(core.len()).unwrap_or(u16::MAX)).max(PACE_HOURS)
            }
        }
    }

    /// What it costs beyond what was expected, as a share of that.
    #[must_use]
    pub fn relative(&self) -> f64 {
        let core = self.core();
        let expected: f64 = core.iter().map(|point| f64::from(point.expected)).sum();
        beyond(core) / expected.max(1e-300)
    }

    /// Whether it has been found and still goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.found.is_some()
    }

    /// What was spent of what was expected in the last hours, as a share; at most 3 hours.
    #[must_use]
    pub fn share_now(&self) -> f64 {
        let last = &self.band[self.band.len().saturating_sub(3)..];
        let sum = |of: fn(&Point) -> f32| last.iter().map(|p| f64::from(of(p))).sum::<f64>();
        sum(|p| p.actual) / sum(|p| p.expected).max(1e-300)
    }

    /// How it departs.
    #[must_use]
    pub fn form(&self) -> Form {
        if !self.is_up {
            return Form::Drop;
        }
        let core = self.core();
        if core.len() <= SPIKE_HOURS {
            return Form::Spike;
        }
        let (early, late) = core.split_at(core.len() / 2);
        let departs = |points: &[Point]| {
            let share =
                |p: &Point| f64::from(p.actual - p.expected) / f64::from(p.expected).max(1e-12);
            points.iter().map(share).sum::<f64>() / points.len().max(1) as f64
        };
        let grows = departs(late) > LEAK_GROWTH * departs(early).max(0.0);
        match core.len() >= LEAK_HOURS && grows {
            true => Form::Leak,
            false => Form::Step,
        }
    }

    /// It is told from now on. What merely leaned to the same side before it began is left out.
    pub fn tell(&mut self, incident: u64) {
        if self.incident.replace(incident).is_some() {
            return;
        }
        let begin = self.onset();
        let whole = self.actual.usd;
        self.band.drain(..begin);
        (self.actual, self.expected) = (Factors::default(), Factors::default());
        for [actual, expected] in self.leaning.drain(..).skip(begin) {
            self.actual.add(&unpacked(&actual));
            self.expected.add(&unpacked(&expected));
        }
        let left = if whole > 0.0 {
            self.actual.usd / whole
        } else {
            1.0
        };
        self.triggers.iter_mut().for_each(|(_, usd)| *usd *= left);
        self.hours = u16::try_from(self.band.len()).unwrap_or(u16::MAX);
        self.since_s = self.begins_s();
    }

    /// Begin of the hour from which on it is told, s since the epoch.
    #[must_use]
    pub fn begins_s(&self) -> u32 {
        self.core()
            .first()
            .map_or(self.since_s, |point| point.hour_s)
    }

    /// The hours since it most likely began.
    fn core(&self) -> &[Point] {
        match self.incident {
            Some(_) => &self.band,
            None => &self.band[self.onset()..],
        }
    }

    /// Where it most likely began: the hour from which on departures are the largest for their number.
    fn onset(&self) -> usize {
        let (mut sum, mut best) = (0.0, (0.0, 0));
        for (count, (at, point)) in (1_u16..).zip(self.band.iter().enumerate().rev()) {
            let departure = point.departure().clamp(-HOUR_MAX, HOUR_MAX);
            sum += if self.is_up { departure } else { -departure } - SLACK;
            let score = sum / f32::from(count).sqrt();
            if score > best.0 {
                best = (score, at);
            }
        }
        best.1
    }

    fn take(&mut self, hour: &Hour<'_>) {
        self.hours = self.hours.saturating_add(1);
        self.actual.add(hour.actual);
        self.expected.add(&hour.expected);
        for (name, usd) in hour.triggers {
            let known = self.triggers.iter().position(|(known, _)| known == name);
            match known {
                Some(at) => self.triggers[at].1 += usd,
                None if self.triggers.len() < TRIGGERS_MAX => {
                    self.triggers.push((name.clone(), *usd));
                }
                None => {}
            }
        }
        if self.band.len() >= BAND_MAX {
            self.band.remove(0);
            if !self.leaning.is_empty() {
                self.leaning.remove(0);
            }
        }
        self.band.push(hour.point);
        if self.incident.is_none() {
            self.leaning
                .push([packed(hour.actual), packed(&hour.expected)]);
        }
    }
}

/// An hour of a series.
pub struct Hour<'a> {
    /// As expected and as it came.
    pub point: Point,
    /// What was used.
    pub actual: &'a Factors,
    /// What would have been, scaled to the expected spend.
    pub expected: Factors,
    /// Spend by trigger.
    pub triggers: &'a [(Box<str>, f64)],
    /// How often chance alone does so, where the detector calls it an anomaly.
    pub anomaly: Option<f64>,
}

/// What hours cost beyond what was expected, dollars.
fn beyond(points: &[Point]) -> f64 {
    points
        .iter()
        .map(|p| f64::from(p.actual) - f64::from(p.expected))
        .sum()
}

/// The run after this hour. A run that was found lasts until some hours lay within the band; one that was
/// not ends as soon as it has sunk.
pub fn next(run: &mut Option<Box<Run>>, hour: &Hour<'_>) {
    let departure = hour.point.departure();
    if let Some(going) = run {
        let toward = if going.is_up { departure } else { -departure };
        going.height = (going.height + toward.clamp(-HOUR_MAX, HOUR_MAX) - SLACK).min(HEIGHT_MAX);
        let is_over = match going.found {
            Some(_) => {
                going.quiet = if toward < BAND { going.quiet + 1 } else { 0 };
                // Far on the other side, it is another one.
                toward < -BAND
                    || going.quiet >= QUIET_HOURS && (going.height <= 0.0 || toward < SLACK)
            }
            None => going.height <= 0.0,
        };
        if is_over || going.quiet > 4 * QUIET_HOURS {
            *run = None;
        }
    }
    if run.is_none() && departure.abs() > SLACK {
        let mut new = Run::new(&hour.point);
        new.height = departure.abs().min(HOUR_MAX) - SLACK;
        *run = Some(Box::new(new));
    }
    let Some(going) = run else { return };
    going.take(hour);
    let agrees = going.is_up == (departure > 0.0);
    if let (Some(p_value), true, None) = (hour.anomaly, agrees, going.found) {
        going.found = Some(Found {
            at_s: hour.point.hour_s + HOUR_S,
            p_value,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(h: u32, actual: f32, anomaly: Option<f64>) -> Hour<'static> {
        const NONE: Factors = Factors {
            usd: 0.0,
            usd_requests: 0.0,
            invocations: 0.0,
            errors: 0.0,
            billed_ms: 0.0,
            init_ms: 0.0,
            mib_ms: 0.0,
        };
        Hour {
            point: Point {
                hour_s: h * HOUR_S,
                actual,
                expected: 1.0,
                low: 0.9,
                high: 1.1,
            },
            actual: &NONE,
            expected: NONE,
            triggers: &[],
            anomaly,
        }
    }

    fn play(values: impl IntoIterator<Item = f32>, found_at: usize) -> Option<Box<Run>> {
        let mut run = None;
        for (h, value) in values.into_iter().enumerate() {
            let anomaly = (h == found_at).then_some(0.01);
            next(&mut run, &hour(h as u32, value, anomaly));
        }
        run
    }

    #[test]
    fn noise_within_the_band_opens_nothing_that_lasts() {
        let run = play([1.05, 0.97, 1.04, 0.96, 1.0, 1.0], 99);
        assert!(run.is_none_or(|run| !run.is_open()));
    }

    #[test]
    fn forms_are_told_apart_by_how_they_go_on() {
        let spike = play([1.0, 2.0], 1).expect("open");
        assert_eq!((spike.form(), spike.begins_s()), (Form::Spike, HOUR_S));
        let step = play((0..12).map(|_| 1.3), 9).expect("open");
        assert_eq!(step.form(), Form::Step);
        let leak = play((0..16).map(|h| 1.015_f32.powi(h + 2)), 15).expect("open");
        assert_eq!(leak.form(), Form::Leak);
        let drop = play([1.0, 0.0, 0.0], 2).expect("open");
        assert_eq!(drop.form(), Form::Drop);
        assert!(drop.share_now() < 0.5);
    }

    #[test]
    fn what_was_found_ends_when_it_is_over_and_not_before() {
        let goes_on = play([2.0, 2.0, 1.05, 2.0, 2.0, 2.0], 0);
        assert!(goes_on.is_some_and(|run| run.is_open()));
        let over = play([2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0], 0);
        assert!(over.is_none_or(|run| !run.is_open()));
    }
}

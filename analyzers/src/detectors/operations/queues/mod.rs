//! Queues and streams: records that are read too late, messages that wait longer and longer, dead letters.
//!
//! What is read are metrics that are known by name ([`known`]). A queue is told of by its own name; an age
//! that is a function's is told of that function.

pub mod known;
mod say;

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::thresholds::Thresholds;
use crate::detectors::names::FunctionNo;
use crate::detectors::news::{Gauge, Measure};
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// Most queues and streams; beyond, new ones are not watched: 20,000 of 300 bytes are 6 MB.
const SERIES_MAX: usize = 20_000;
/// Newest values that growth is seen in: a quarter of an hour of them.
const POINTS: usize = 16;
/// Growth needs at least so many,
const POINTS_MIN: usize = 5;
/// over so long a time, s,
const GROWTH_S: u32 = 15 * 60;
/// with at most one step in so many downwards,
const STEPS_PER_DOWN: usize = 5;
/// to so many times the highest value of before, where that is known.
const TIMES_PEAK: f32 = 2.0;
/// It is known after so long, s: a day.
const PEAK_KNOWN_S: u32 = 86_400;
/// Half-life of the highest value of before, s: a week.
const PEAK_HALF_LIFE_S: f64 = 7.0 * 86_400.0;
/// An age that grows by so many seconds a second is read by nobody.
const UNREAD: f64 = 0.5;
/// Dead letters are told so long after the newest came, s: a day.
const DEAD_TOLD_S: u32 = 86_400;
/// Without a value for so long nothing is said of a series, s; it is forgotten after a month.
const IDLE_S: u32 = 1_800;
const FORGOTTEN_S: u32 = 30 * 86_400;
/// The largest value that is believed.
const VALUE_MAX: f64 = 1e15;
const FORM: u32 = 1;

/// Which series: a measure of a queue or of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Id {
    measure: u8,
    /// The queue's name or, where it is a function's, that function's id.
    name: String,
    is_function: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Series {
    first_s: u32,
    minute_s: u32,
    /// Newest values with their minutes, oldest first.
    points: Vec<(u32, f32)>,
    /// The highest value older than `points`, fading.
    peak: f32,
    /// Since when it is told, s since the epoch; 0 if it is not.
    began_s: u32,
    detected_s: u32,
    /// The value when it began.
    before: f32,
    /// Dead letters since it began.
    dead: f32,
    last_dead_s: u32,
    kind: Kind,
}

/// What is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[default]
    Nothing,
    /// Beyond the threshold.
    Old,
    /// It grows and grows.
    Grows,
    /// Dead letters came.
    Dead,
}

impl Series {
    fn value(&self) -> f64 {
        self.points
            .last()
            .map_or(0.0, |(_, value)| f64::from(*value))
    }

    fn peak_known(&self) -> bool {
        self.minute_s.saturating_sub(self.first_s) >= PEAK_KNOWN_S
    }

    fn push(&mut self, minute_s: u32, value: f64) {
        if self.first_s == 0 {
            self.first_s = minute_s;
        }
        let elapsed_s = f64::from(minute_s.saturating_sub(self.minute_s));
        self.peak *= (-elapsed_s.min(1e8) / PEAK_HALF_LIFE_S).exp2() as f32;
        self.minute_s = minute_s;
        self.points.push((minute_s, value as f32));
        while self.points.len() > POINTS {
            let (_, oldest) = self.points.remove(0);
            // What is told of is not what is usual.
            if self.began_s == 0 {
                self.peak = self.peak.max(oldest);
            }
        }
    }

    /// Growth by the second over the newest points, if they do grow.
    fn growth(&self) -> Option<f64> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        let seconds = last.0.saturating_sub(first.0);
        let downs = self
            .points
            .windows(2)
            .filter(|two| two[1].1 < two[0].1)
            .count();
        let grows = self.points.len() >= POINTS_MIN
            && seconds >= GROWTH_S
            && downs * STEPS_PER_DOWN <= self.points.len()
            && last.1 > first.1;
        grows.then(|| f64::from(last.1 - first.1) / f64::from(seconds))
    }

    fn tell(&mut self, kind: Kind, now_s: u32) {
        if self.began_s == 0 {
            let begin = self.points.first().copied().unwrap_or((now_s, 0.0));
            (self.began_s, self.before) = match kind {
                Kind::Dead => (self.minute_s.max(1), 0.0),
                _ => (begin.0.max(1), begin.1),
            };
            self.detected_s = now_s;
        }
        self.kind = kind;
    }

    fn shut(&mut self) {
        (self.began_s, self.dead, self.kind) = (0, 0.0, Kind::Nothing);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Queues {
    series: BTreeMap<Id, Series>,
    iterator_age_s: f64,
    queue_age_s: f64,
    backlog: f64,
}

impl Queues {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            iterator_age_s: thresholds.iterator_age_s,
            queue_age_s: thresholds.queue_age_s,
            backlog: thresholds.backlog_messages,
            ..Self::default()
        }
    }

    fn take(&mut self, gauge: &Gauge, news: &News<'_>) {
        let Some(id) = id(gauge, news.names) else {
            return;
        };
        if !self.series.contains_key(&id) && self.series.len() >= SERIES_MAX {
            return;
        }
        let (old_s, grown_s, backlog) = (self.iterator_age_s, self.queue_age_s, self.backlog);
        let series = self.series.entry(id).or_default();
        if gauge.minute_s <= series.minute_s || !gauge.value.is_finite() {
            return; // shown before
        }
        let before = series.points.last().map(|(_, value)| f64::from(*value));
        let value = gauge.value.clamp(0.0, VALUE_MAX);
        series.push(gauge.minute_s, value);
        let now_s = news.until_s;
        match gauge.measure {
            Measure::IteratorAge | Measure::OldestAge => series.age(gauge, old_s, grown_s, now_s),
            Measure::Waiting => series.backlog(backlog, now_s),
            Measure::DeadWaiting => {
                // What lay there when it was first seen is nobody's news.
                let came = before.map_or(0.0, |before| value - before);
                series.dead(came, now_s);
                if value == 0.0 {
                    series.shut();
                }
            }
            Measure::DeadLettered => series.dead(value, now_s),
            Measure::Throttled => {}
        }
    }
}

impl Series {
    fn age(&mut self, gauge: &Gauge, old_s: f64, grown_s: f64, now_s: u32) {
        let value = self.value();
        let is_stream = gauge.measure == Measure::IteratorAge;
        let unusual = !self.peak_known() || value > f64::from(TIMES_PEAK * self.peak);
        let grows = self.growth().is_some_and(|slope| slope >= UNREAD);
        if value >= old_s && (is_stream || unusual) {
            self.tell(Kind::Old, now_s);
        } else if grows && value >= grown_s && unusual {
            self.tell(Kind::Grows, now_s);
        } else if self.began_s > 0 && value < grown_s.min(old_s) / 2.0 {
            self.shut();
        } else if self.kind == Kind::Old && value < old_s * 0.9 {
            self.kind = Kind::Grows;
        }
    }

    fn backlog(&mut self, limit: f64, now_s: u32) {
        let value = self.value();
        let first = self
            .points
            .first()
            .map_or(0.0, |(_, value)| f64::from(*value));
        let unusual = match self.peak_known() {
            true => value > f64::from(TIMES_PEAK * self.peak),
            false => value > 3.0 * first,
        };
        if value >= limit && unusual && self.growth().is_some() {
            self.tell(Kind::Grows, now_s);
        } else if self.began_s > 0 && value < limit.max(f64::from(self.before)) / 2.0 {
            self.shut();
        }
    }

    fn dead(&mut self, came: f64, now_s: u32) {
        if came > 0.0 {
            self.tell(Kind::Dead, now_s);
            self.dead += came as f32;
            self.last_dead_s = self.minute_s;
        }
    }
}

/// What a gauge belongs to; `None` where it names neither a queue nor a function.
fn id(gauge: &Gauge, names: &Names) -> Option<Id> {
    let resource = names.version_name(gauge.resource);
    let (name, is_function) = match (resource, gauge.function) {
        ("", None) => return None,
        ("", Some(function)) => (names.of(function).id.clone(), true),
        (resource, _) => (resource.to_owned(), false),
    };
    Some(Id {
        measure: gauge.measure as u8,
        name,
        is_function,
    })
}

impl Detector for Queues {
    fn name(&self) -> &'static str {
        "queues"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for gauge in news
            .gauges
            .iter()
            .filter(|g| g.measure != Measure::Throttled)
        {
            self.take(gauge, news);
        }
        let now_s = news.until_s;
        self.series
            .retain(|_, s| now_s.saturating_sub(s.minute_s) <= FORGOTTEN_S);
        for series in self.series.values_mut().filter(|s| s.began_s > 0) {
            let over = match series.kind {
                Kind::Dead => now_s.saturating_sub(series.last_dead_s) > DEAD_TOLD_S,
                _ => now_s.saturating_sub(series.minute_s) > IDLE_S,
            };
            if over {
                series.shut();
            }
        }
        say::all(&self.series, news)
    }

    fn forget(&mut self, _: &HashSet<FunctionNo>) {
        // Metrics have no hours that could change late.
    }

    fn save(&self, _: &Names) -> Vec<Vec<u8>> {
        let all: Vec<(&Id, &Series)> = self.series.iter().collect();
        // To remember nothing is a memory, too: without a piece there would be no snapshot.
        let nothing = std::iter::once(&all[..0]).filter(|_| all.is_empty());
        let pieces = all.chunks(1_000).chain(nothing);
        pieces
            .filter_map(|some| postcard::to_allocvec(&(FORM, some)).ok())
            .collect()
    }

    fn load(&mut self, pieces: &[Vec<u8>], _: &mut Names) -> Result<(), BadState> {
        let mut series = BTreeMap::new();
        for bytes in pieces {
            let damaged = |e: postcard::Error| BadState(format!("its bytes are damaged ({e})"));
            let (form, rest) = postcard::take_from_bytes::<u32>(bytes).map_err(damaged)?;
            if form != FORM {
                return Err(BadState(format!(
                    "it has form {form}, this version writes {FORM}"
                )));
            }
            let some: Vec<(Id, Series)> = postcard::from_bytes(rest).map_err(damaged)?;
            series.extend(some);
        }
        self.series = series;
        Ok(())
    }
}

//! How many invocations run at once, against what an account may have.
//!
//! Little's law: as many run at once on average as arrive in a second times the seconds each takes. A minute
//! is short enough for its mean to be near its peak; where only hours are known, the peak is taken to be
//! as many times their mean as it was where minutes were.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::model::{Evidence, Scope, Severity};

use super::ahead::{Ahead, Sort};
use super::config::ConcurrencyConfig;
use crate::cost::Pattern;
use crate::detectors::costs::history::{HOUR_S, History};
use crate::detectors::costs::words::{count, moment, nano, percent};
use crate::detectors::keyed::Keyed;
use crate::detectors::signal::{Key, Subject};
use crate::detectors::{FunctionNo, Names, News, Signal};

/// What AWS gives each account in each region unless it was raised.
const AWS_LIMIT: u32 = 1_000;
/// So far ahead is looked, hours: two weeks.
const AHEAD_HOURS: usize = 14 * 24;
/// A place that never reached this share of its limit is not forecast.
const LOOKED_AT: f64 = 0.1;
/// The highest minute of an hour, in means of the hour, before any was seen,
const PEAK: f64 = 2.0;
/// and how much a new one counts.
const PEAK_NEW: f64 = 0.02;
/// Most places.
const PLACES_MAX: usize = 2_000;

/// Provider, account, region.
type PlaceKey = (String, String, String);

/// All places.
#[derive(Debug, Default)]
pub struct Concurrency {
    limits: Vec<(Pattern, Pattern, Pattern, u32)>,
    places: BTreeMap<PlaceKey, Place>,
    /// The place of each function, by its number in `known`; none where there is no limit.
    of: Keyed<Option<u32>>,
    known: Vec<PlaceKey>,
    numbers: HashMap<PlaceKey, u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    limit: u32,
    history: History,
    /// Highest minute of the hour that goes on.
    peak: f64,
    /// Highest minute in means of its hour.
    times: f64,
    ahead: Option<Ahead>,
    foreseen_s: Option<u32>,
}

/// What is saved.
pub type Saved = Vec<(PlaceKey, SavedPlace)>;
/// See [`Saved`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedPlace(Place);

impl Concurrency {
    /// Nothing known; of limits that match, the first holds.
    #[must_use]
    pub fn new(configs: &[ConcurrencyConfig]) -> Self {
        let limit = |c: &ConcurrencyConfig| {
            let [provider, account, region] =
                [&c.provider, &c.account, &c.region].map(|t| Pattern::new(t));
            (provider, account, region, c.limit)
        };
        Self {
            limits: configs.iter().map(limit).collect(),
            ..Self::default()
        }
    }

    fn limit(&self, (provider, account, region): &PlaceKey) -> Option<u32> {
        let told = self
            .limits
            .iter()
            .find(|(p, a, r, _)| p.matches(provider) && a.matches(account) && r.matches(region));
        told.map(|(.., limit)| *limit)
            .or((provider == "aws").then_some(AWS_LIMIT))
    }

    /// Invocations at once by place, from milliseconds of a time of so many.
    fn sums(
        &mut self,
        news: &News<'_>,
        rows: impl Iterator<Item = (FunctionNo, f64)>,
        over_ms: f64,
    ) -> BTreeMap<PlaceKey, f64> {
        let mut sums: Vec<Option<f64>> = vec![None; self.known.len()];
        for (function, ms) in rows.filter(|(_, ms)| ms.is_finite() && *ms > 0.0) {
            let place = match self.of.get(function) {
                Some(place) => *place,
                None => self.find(function, news.names),
            };
            let Some(place) = place.map(|place| place as usize) else {
                continue;
            };
            if sums.len() <= place {
                sums.resize(place + 1, None);
            }
            *sums[place].get_or_insert(0.0) += ms / over_ms;
        }
        let sums = self.known.iter().zip(sums);
        sums.filter_map(|(key, sum)| Some((key.clone(), sum?)))
            .collect()
    }

    /// Where a function runs, if that has a limit.
    fn find(&mut self, function: FunctionNo, names: &Names) -> Option<u32> {
        let of = &names.of(function).parts;
        let key = (of.provider.clone(), of.account.clone(), of.region.clone());
        let place = self.limit(&key).map(|_| {
            let known = &mut self.known;
            *self.numbers.entry(key).or_insert_with_key(|key| {
                known.push(key.clone());
                u32::try_from(known.len() - 1).unwrap_or(u32::MAX)
            })
        });
        *self.of.or_insert_with(function, || place)
    }

    fn forget_places(&mut self) {
        self.of.clear();
        self.known.clear();
        self.numbers.clear();
    }

    /// Takes a closed minute.
    pub fn minute(&mut self, news: &News<'_>) {
        let rows = news
            .minutes
            .iter()
            .map(|row| (row.function, row.duration_ms_sum));
        for (key, at_once) in self.sums(news, rows, 60_000.0) {
            if let Some(place) = self.places.get_mut(&key) {
                place.peak = place.peak.max(at_once);
            }
        }
    }

    /// Takes a closed hour.
    pub fn hour(&mut self, news: &News<'_>, hour_s: u32) {
        if (hour_s / HOUR_S).is_multiple_of(24) {
            self.forget_places(); // accounts become known late
        }
        let rows = news.hours.iter().map(|row| (row.function, row.duration_ms));
        let mut means = self.sums(news, rows, 3_600_000.0);
        for key in means.keys() {
            let limit = self.limit(key).unwrap_or(AWS_LIMIT);
            if self.places.len() < PLACES_MAX || self.places.contains_key(key) {
                self.places
                    .entry(key.clone())
                    .or_insert_with(|| Place::new(limit))
                    .limit = limit;
            }
        }
        for (number, (key, place)) in (0_u32..).zip(&mut self.places) {
            place.hour(hour_s, means.remove(key).unwrap_or(0.0), number);
        }
    }

    /// What is said now.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.places
            .iter()
            .filter_map(|(key, place)| place.signal(key))
            .collect()
    }

    /// Forgets what ran.
    pub fn forget(&mut self) {
        self.places.clear();
        self.forget_places();
    }

    /// What is remembered.
    #[must_use]
    pub fn save(&self) -> Saved {
        self.places
            .iter()
            .map(|(key, place)| (key.clone(), SavedPlace(place.clone())))
            .collect()
    }

    /// Remembers.
    pub fn load(&mut self, saved: Saved) {
        self.places = saved
            .into_iter()
            .map(|(key, place)| (key, place.0))
            .collect();
    }
}

impl Place {
    fn new(limit: u32) -> Self {
        Self {
            limit,
            history: History::default(),
            peak: 0.0,
            times: PEAK,
            ahead: None,
            foreseen_s: None,
        }
    }

    fn hour(&mut self, hour_s: u32, mean: f64, number: u32) {
        if hour_s <= self.history.last_s() {
            return;
        }
        let peak = match std::mem::take(&mut self.peak) {
            seen if seen > mean => {
                if mean > 0.0 {
                    self.times += PEAK_NEW * ((seen / mean).min(60.0) - self.times);
                }
                seen
            }
            _ => mean * self.times,
        };
        self.history.push(hour_s, peak);
        let is_due = match &self.ahead {
            Some(ahead) => ahead.is_due(hour_s) && hour_s / HOUR_S % 24 == number % 24,
            None => true,
        };
        if !is_due {
            return;
        }
        let at_once = self.history.hours().map(|(_, at_once)| at_once);
        if at_once.fold(0.0, f64::max) < LOOKED_AT * f64::from(self.limit) {
            return;
        }
        let before = self.ahead.take();
        self.ahead = Ahead::look(
            &self.history,
            Sort::Level,
            AHEAD_HOURS,
            self.limit.into(),
            before.as_ref(),
        );
        let is_told = self.ahead.as_ref().is_some_and(|ahead| ahead.is_told);
        self.foreseen_s = is_told.then(|| self.foreseen_s.unwrap_or(hour_s + HOUR_S));
    }

    fn signal(&self, (provider, account, region): &PlaceKey) -> Option<Signal> {
        let (ahead, began_s) = (self.ahead.as_ref()?, self.foreseen_s?);
        let limit = f64::from(self.limit);
        let day = self
            .history
            .hours()
            .filter(|(at, _)| *at + 86_400 >= i64::from(self.history.last_s()));
        let now = day.map(|(_, at_once)| at_once).fold(0.0, f64::max);
        let place = match account.is_empty() {
            true => format!("{provider} {region}"),
            false => format!("account {account} in {region}"),
        };
        let when = ahead
            .crossed_s
            .map_or_else(String::new, |at_s| format!(" about {}", moment(at_s)));
        let mut evidence = Evidence {
            band: ahead.band(&self.history, Sort::Level),
            band_unit: "count".to_owned(),
            limit: Some(limit),
            reasons: vec![
                "Invocations at once are their arrivals times their duration, by the minute."
                    .to_owned(),
            ],
            advice: vec![
                "Ask for a higher limit, or reserve concurrency for what must not be turned away."
                    .to_owned(),
            ],
            ..Evidence::default()
        };
        evidence.bound();
        Some(Signal {
            key: Key {
                kind: "concurrency_forecast",
                subject: Subject::Wide(Scope::Region, format!("{provider}:{region}")),
                detail: account.clone(),
            },
            version: String::new(),
            began_at: nano(began_s),
            detected_at: nano(began_s),
            severity: if ahead.chance >= 0.9 {
                Severity::High
            } else {
                Severity::Medium
            },
            confidence: ahead.chance,
            p_value: None,
            title: format!(
                "{place} will reach its limit of {} invocations at once",
                count(limit)
            ),
            sentence: format!(
                "{place} had up to {} invocations at once in the last day and will reach its limit of {}{when} \
                 (probability {}): what arrives then is throttled.",
                count(now),
                count(limit),
                percent(ahead.chance)
            ),
            relative: Some(now / limit - 1.0),
            interval: None,
            before: Some(limit),
            after: Some(now),
            unit: "count",
            ms_per_month: None,
            usd_per_month: None,
            evidence: Arc::new(evidence),
        })
    }
}

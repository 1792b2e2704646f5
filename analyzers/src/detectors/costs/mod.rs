//! Anomalies of cost: what is spent by the hour, by function and by all that functions add up to, and what
//! is burnt by the minute.
//!
//! Every closed hour of a function is compared with what its last weeks expect ([`track`], on
//! [`crate::detectors::anomaly`]); a departure is a [`run`], from its first hour on, whether or not it turns
//! out to be more than chance. Regions, accounts, providers and everything have such tracks of their own,
//! for what is too small to be seen in any one function. **Detect below, report above** ([`settle`]): one
//! cause is one incident, told of the function that explains it or of what holds all that moved together.
//! A second threshold is money: what departs by less than [`Settings::minimum`] a day is not told.
//!
//! What cannot wait for the hour to close is seen by the minute ([`pulse`]). A function that was not there
//! a day ago and already spends much is told, too. Each incident says what it is made of ([`factors`],
//! parts that add up exactly) and what may be behind it ([`attribution`]), in money ([`story`]).

pub mod attribution;
pub mod factors;
pub mod history;
pub mod incident;
pub mod pulse;
pub mod run;
pub mod settings;
mod settle;
mod state;
pub mod story;
mod telling;
#[cfg(test)]
mod tests;
pub mod track;
pub mod usual;
pub mod words;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use store::model::Scope;

use self::factors::Factors;
use self::incident::{About, Incident};
use self::pulse::Pulse;
pub use self::settings::Settings;
use self::track::Track;
use self::usual::{Usual, short};
use super::keyed::Keyed;
use super::names::VersionNo;
use super::news::{Hour, Minute, Step};
use super::{BadState, Detector, FunctionNo, Names, News, Signal};

/// A function is new for this long, s: a day.
const NEW_S: u32 = 86_400;
/// Nothing is new before so much is known of anything, s: a week.
const KNOWN_S: u32 = 7 * 86_400;
/// While an incident goes on nothing of it is taken for usual, for at most so many hours.
const HELD_HOURS: u16 = 48;
/// With more functions than this, history that is shown again is fitted every three weeks instead of daily: a
/// fit takes some milliseconds, and 100,000 functions would be fitted four million times.
const DAILY_FITS_MAX: usize = 500;
/// Most regions, accounts and providers that are followed.
const GROUPS_MAX: usize = 5_000;
/// A function that spent nothing for this long is forgotten, s: six weeks.
const FORGET_S: u32 = 42 * 86_400;

/// A function and what it spends.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Spender {
    track: Track,
    usual: Usual,
    pulse: Pulse,
    /// Last hour with any spend, s since the epoch.
    spent_s: u32,
    /// What holds it: region, account, provider, everything; by their numbers.
    #[serde(skip)]
    groups: Option<[u32; 4]>,
}

/// A region, an account, a provider or everything.
#[derive(Clone, Debug)]
struct Group {
    about: About,
    track: Track,
}

/// What an hour's rows of a function come to.
#[derive(Debug, Default)]
struct Sum {
    factors: Factors,
    triggers: Vec<(Box<str>, f64)>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Costs {
    settings: Settings,
    functions: Keyed<Spender>,
    groups: Vec<Group>,
    numbers: HashMap<About, u32>,
    incidents: Vec<Incident>,
    next_no: u64,
    /// First second that no hour was shown of yet, s since the epoch.
    until_s: u32,
    /// First hour that anything was spent in, s since the epoch.
    begin_s: u32,
    /// What is said of each incident.
    said: BTreeMap<u64, Signal>,
}

impl Costs {
    /// Without memory.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// What everything costs a day, dollars.
    fn all_per_day(&self) -> f64 {
        let all = self
            .groups
            .iter()
            .find(|group| group.about.scope == Scope::Fleet);
        all.map_or(0.0, |group| group.track.history.usual_day())
    }

    fn minimum(&self) -> f64 {
        self.settings.minimum(self.all_per_day())
    }

    fn hour(&mut self, news: &News<'_>, hour_s: u32) {
        let mut sums = sums(news);
        for (function, sum) in sums.iter() {
            if sum.factors.usd > 0.0 {
                let spender = || Spender::new(hour_s);
                self.functions.or_insert_with(function, spender).spent_s = hour_s;
            }
        }
        if self.begin_s == 0 {
            self.begin_s = hour_s;
        }
        let mut totals: Vec<f64> = Vec::new();
        let is_live = news.step == Step::Minute;
        let burning: HashSet<String> = self
            .incidents
            .iter()
            .filter(|i| i.burn.is_some())
            .map(|i| i.text.clone())
            .collect();
        let (groups, numbers) = (&mut self.groups, &mut self.numbers);
        for (function, spender) in self.functions.iter_mut().filter(|(f, _)| news.shows(*f)) {
            let sum = sums
                .get_mut(function)
                .map(std::mem::take)
                .unwrap_or_default();
            let burns = !burning.is_empty() && burning.contains(&news.names.of(function).id);
            spender.hour(hour_s, &sum, is_live && !burns);
            if news.only.is_some() {
                continue; // the sums of everything were right before, or nearly
            }
            let held = spender.groups.get_or_insert_with(|| {
                holders(groups, numbers, &news.names.of(function).parts, hour_s)
            });
            for number in *held {
                let number = number as usize;
                if totals.len() <= number {
                    totals.resize(number + 1, 0.0);
                }
                totals[number] += sum.factors.usd;
            }
        }
        if news.only.is_none() {
            totals.resize(self.groups.len(), 0.0);
            for (group, usd) in self.groups.iter_mut().zip(totals) {
                let spent = Factors {
                    usd,
                    ..Factors::default()
                };
                group.track.push(hour_s, &spent, &Factors::default(), &[]);
            }
            self.functions
                .retain(|_, s| hour_s.saturating_sub(s.spent_s) < FORGET_S);
            self.until_s = hour_s + history::HOUR_S;
        }
        self.settle(news.names, hour_s);
        self.tell_all(news.names);
    }

    /// Fits anew whatever is due, a little at each look: with the function's number, so that the work of a
    /// day is spread over its minutes.
    fn fit(&mut self, news: &News<'_>) {
        let (slots, slot) = match news.step {
            Step::Minute => (1_440, news.until_s / 60 % 1_440),
            Step::Hour if self.functions.len() > DAILY_FITS_MAX => {
                (504, news.until_s / 3_600 % 504)
            }
            Step::Hour => (24, news.until_s / 3_600 % 24),
        };
        let hour_s = self.until_s;
        let due = |track: &Track, number: u32| number % slots == slot && track.is_due(hour_s);
        for (function, spender) in self.functions.iter_mut() {
            if due(&spender.track, function.0) && news.shows(function) {
                spender.track.refit();
                spender.groups = None; // an account may have become known
            }
        }
        for (number, group) in (0..).zip(&mut self.groups) {
            if due(&group.track, number) {
                group.track.refit();
            }
        }
    }
}

impl Spender {
    fn new(hour_s: u32) -> Self {
        Self {
            track: Track::new(hour_s),
            usual: Usual::default(),
            pulse: Pulse::default(),
            spent_s: hour_s,
            groups: None,
        }
    }

    fn hour(&mut self, hour_s: u32, sum: &Sum, learns_pulse: bool) {
        let usual = self.usual.at(hour_s);
        self.track.push(hour_s, &sum.factors, &usual, &sum.triggers);
        let held = self.track.run.as_deref();
        if !held.is_some_and(|run| run.is_open() && run.hours < HELD_HOURS) {
            self.usual.learn(hour_s, &sum.factors, &sum.triggers);
        }
        if learns_pulse {
            self.pulse.close_hour(sum.factors.usd);
        }
    }
}

/// The numbers of region, account, provider and everything that hold a function; new ones are begun.
fn holders(
    groups: &mut Vec<Group>,
    numbers: &mut HashMap<About, u32>,
    of: &store::model::FunctionId,
    hour_s: u32,
) -> [u32; 4] {
    let all = [
        (Scope::Fleet, String::new()),
        (Scope::Provider, of.provider.clone()),
        (Scope::Account, format!("{}:{}", of.provider, of.account)),
        (Scope::Region, format!("{}:{}", of.provider, of.region)),
    ];
    all.map(|(scope, text)| {
        let about = About { scope, text };
        if let Some(number) = numbers.get(&about) {
            return *number;
        }
        if groups.len() >= GROUPS_MAX {
            return 0; // everything, which is begun first
        }
        let number = u32::try_from(groups.len()).unwrap_or(0);
        numbers.insert(about.clone(), number);
        groups.push(Group {
            about,
            track: Track::new(hour_s),
        });
        number
    })
}

/// The hour's rows by function.
fn sums(news: &News<'_>) -> Keyed<Sum> {
    let mut sums: Keyed<Sum> = Keyed::default();
    let mut spelled: HashMap<VersionNo, Box<str>> = HashMap::new();
    for row in news.hours {
        let sum = sums.or_insert_with(row.function, Sum::default);
        sum.factors.add(&of_hour(row));
        let trigger = spelled
            .entry(row.trigger)
            .or_insert_with(|| short(news.names.version_name(row.trigger)));
        match sum.triggers.iter_mut().find(|(name, _)| name == trigger) {
            Some((_, usd)) => *usd += row.usd,
            None => sum.triggers.push((trigger.clone(), row.usd)),
        }
    }
    sums
}

fn of_hour(row: &Hour) -> Factors {
    Factors {
        usd: sound(row.usd),
        usd_requests: sound(row.usd_requests),
        invocations: row.invocations.into(),
        errors: row.errors.into(),
        billed_ms: sound(row.billed_ms),
        init_ms: sound(row.billed_init_ms),
        mib_ms: sound(row.billed_mb_ms),
    }
}

fn of_minute(row: &Minute) -> Factors {
    Factors {
        usd: sound(row.usd),
        usd_requests: sound(row.usd_requests),
        invocations: row.invocations.into(),
        errors: row.errors.into(),
        billed_ms: sound(row.duration_ms_sum),
        init_ms: 0.0,
        mib_ms: sound(row.duration_ms_sum) * f64::from(row.memory_size_mb),
    }
}

fn sound(value: f64) -> f64 {
    if value.is_finite() {
        value.max(0.0)
    } else {
        0.0
    }
}

impl Detector for Costs {
    fn name(&self) -> &'static str {
        "costs"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for deploy in news.deploys.iter().filter(|deploy| !deploy.is_baseline) {
            if let Some(spender) = self.functions.get_mut(deploy.function) {
                let at_s = u32::try_from(deploy.at.as_secs()).unwrap_or(0);
                spender
                    .usual
                    .deployed(news.names.version_name(deploy.version), at_s);
            }
        }
        if news.step == Step::Minute {
            self.minute(news);
        }
        if let Some(hour_s) = news.hour_s {
            self.hour(news, hour_s);
        }
        self.fit(news);
        self.said.values().cloned().collect()
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.functions.forget(functions);
        if self.functions.is_empty() {
            // All will be shown again: what holds them begins anew, too.
            *self = Self::new(self.settings.clone());
        }
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        state::save(self, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        state::load(self, pieces, names)?;
        self.tell_all(names);
        Ok(())
    }
}

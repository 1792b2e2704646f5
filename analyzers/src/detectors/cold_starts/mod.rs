//! Cold starts under watch: [`super::regression`] as a detector of the product.
//!
//! A series is a function's cold starts of one kind of initialisation and one architecture; its versions
//! are told apart within it, and memory is one of the things that may change with a version. Siblings are
//! the functions of the same cohort (provider, region, runtime, architecture) of any memory.
//!
//! After each cold start of a version that is not decided yet the version is judged. Once a day, at an
//! hour of its own, each cohort is looked through for changes that nobody announced and for what its
//! members share.

mod history;
mod price;
mod say;
mod told;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::keyed::Keyed;
use super::names::{FunctionNo, Names};
use super::news::{ColdStart, News};
use super::regression::change::Change;
use super::regression::{Panel, deploy, drift, platform};
use super::signal::Signal;
use super::{BadState, Detector};
use history::History;
use price::Price;
use told::Told;

/// The form of what is saved.
const FORM: u32 = 2;
/// Series of one function: kinds of initialisation × architectures.
const SERIES_MAX: usize = 6;
/// Regressions of one series that are told at once.
const TOLD_MAX: usize = 4;
/// Siblings that a deploy is judged beside: 17 histories are put into days in about a millisecond.
const SIBLINGS: usize = 16;
/// Functions of a cohort that are looked through together; a larger one is looked through in parts.
const TOGETHER: usize = 64;
/// Newest days that are looked through for changes nobody announced; the days before are history.
const DRIFT_DAYS: usize = 14;
/// A shift of a whole cohort is told for so many days.
const COHORT_DAYS: i64 = 14;
/// A change within so many days of a version's begin is the version's.
const DEPLOY_DAYS: i64 = 1;

/// Where a series is: its function, and its place among that one's.
type Place = (FunctionNo, usize);

/// One series.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Series {
    init_kind: String,
    architecture: String,
    history: History,
    told: Vec<Told>,
    /// The version that is decided and needs no further look.
    settled: String,
}

/// What is remembered of a function.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Known {
    series: Vec<Series>,
    price: Price,
}

/// The detector. Its state is about 3 KB a series.
#[derive(Debug, Default)]
pub struct ColdStarts {
    functions: Keyed<Known>,
    /// Shifts that whole cohorts share: (cohort, members, what), found anew within a day of a restart.
    shared: BTreeMap<String, (usize, Change)>,
}

impl Detector for ColdStarts {
    fn name(&self) -> &'static str {
        "cold_starts"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        let touched: BTreeSet<FunctionNo> = (news.cold_starts.iter())
            .filter(|start| news.shows(start.function))
            .map(|start| {
                self.take(start, news.names);
                start.function
            })
            .collect();
        if !touched.is_empty() {
            let cohorts = self.cohorts(news.names);
            for function in touched {
                self.judge(function, &cohorts, news);
            }
        }
        for hour in news.hours {
            if let Some(known) = self.functions.get_mut(hour.function) {
                known.price.take(hour);
            }
        }
        if let Some(hour_s) = news.hour_s {
            self.look_through(hour_s / 3_600 % 24, news);
        }
        self.signals(news.names)
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.functions.forget(functions);
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        self.functions.save(FORM, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        self.functions.load(FORM, pieces, names)
    }
}

impl ColdStarts {
    fn take(&mut self, start: &ColdStart, names: &Names) {
        let init_kind = names.version_name(start.init_kind);
        let architecture = names.version_name(start.architecture);
        let known = self
            .functions
            .or_insert_with(start.function, Known::default);
        let all = &mut known.series;
        let known = all
            .iter()
            .position(|s| s.init_kind == init_kind && s.architecture == architecture);
        let at = match known {
            Some(at) => at,
            None if all.len() < SERIES_MAX => {
                all.push(Series {
                    init_kind: init_kind.to_owned(),
                    architecture: architecture.to_owned(),
                    history: History::default(),
                    told: Vec::new(),
                    settled: String::new(),
                });
                all.len() - 1
            }
            None => return,
        };
        let version = names.version_name(start.version);
        let history = &mut all[at].history;
        history.take(
            version,
            start.at,
            start.init_ms,
            start.memory_size_mb,
            start.trace_id,
        );
    }

    fn cohorts(&self, names: &Names) -> BTreeMap<String, Vec<FunctionNo>> {
        let mut cohorts: BTreeMap<String, Vec<FunctionNo>> = BTreeMap::new();
        for (function, _) in self.functions.iter() {
            let cohort = names.of(function).cohort();
            cohorts.entry(cohort).or_default().push(function);
        }
        cohorts.values_mut().for_each(|all| all.sort_unstable());
        cohorts
    }

    /// A panel of these series, in their order, each the others' sibling.
    fn panel(&self, series: &[Place]) -> Panel {
        let mut rows = Vec::new();
        for (number, (function, at)) in (0u32..).zip(series) {
            if let Some(series) = self
                .functions
                .get(*function)
                .and_then(|f| f.series.get(*at))
            {
                series.history.rows(number, &mut rows);
            }
        }
        Panel::new(rows, &vec![Some(0); series.len()])
    }

    /// The series of these functions, by kind of initialisation and architecture.
    fn by_kind(&self, functions: &[FunctionNo]) -> BTreeMap<(String, String), Vec<Place>> {
        let mut kinds: BTreeMap<(String, String), Vec<Place>> = BTreeMap::new();
        for function in functions {
            let all = self.functions.get(*function).map(|known| &known.series);
            for (at, series) in all.into_iter().flatten().enumerate() {
                let kind = (series.init_kind.clone(), series.architecture.clone());
                kinds.entry(kind).or_default().push((*function, at));
            }
        }
        kinds
    }

    fn series(&mut self, (function, at): Place) -> Option<&mut Series> {
        self.functions.get_mut(function)?.series.get_mut(at)
    }

    fn judge(
        &mut self,
        function: FunctionNo,
        cohorts: &BTreeMap<String, Vec<FunctionNo>>,
        news: &News<'_>,
    ) {
        let cohort = news.names.of(function).cohort();
        let members = cohorts.get(&cohort).map_or(&[][..], Vec::as_slice);
        let siblings = members.iter().filter(|f| **f != function).take(SIBLINGS);
        let functions: Vec<FunctionNo> = std::iter::once(&function)
            .chain(siblings)
            .copied()
            .collect();
        for (_, places) in self.by_kind(&functions) {
            if places[0].0 != function {
                continue;
            }
            let panel = self.panel(&places);
            if let Some(series) = self.series(places[0]) {
                series.judge(&panel, news.now);
            }
        }
    }

    /// Looks through the cohorts whose hour it is.
    fn look_through(&mut self, hour: u32, news: &News<'_>) {
        let today = news.now.day();
        self.shared
            .retain(|_, (_, change)| today - change.at.day() <= COHORT_DAYS);
        for (cohort, members) in self.cohorts(news.names) {
            let own_hour = cohort
                .bytes()
                .fold(7_u32, |h, b| h.wrapping_mul(31) ^ u32::from(b))
                % 24;
            if own_hour != hour {
                continue;
            }
            for (part, members) in members.chunks(TOGETHER).enumerate() {
                let found = self.look_through_part(members, news);
                if let (0, Some(found)) = (part, found) {
                    self.shared.insert(cohort.clone(), (members.len(), found));
                }
            }
        }
    }

    /// Finds what members of a cohort did each by itself, and gives what they share.
    fn look_through_part(&mut self, members: &[FunctionNo], news: &News<'_>) -> Option<Change> {
        let mut shared: Option<Change> = None;
        for (_, places) in self.by_kind(members) {
            let by_version = self.panel(&places);
            let plain = by_version.without_versions();
            let shift = platform::shifts(&by_version).into_iter().next_back();
            let shift = shift.map(|shift| shift.change);
            for (number, place) in places.into_iter().enumerate() {
                if news.shows(place.0)
                    && let Some(series) = self.series(place)
                {
                    series.drift((&by_version, &plain, number), shift.as_ref(), news.now);
                }
            }
            shared = shared.or(shift);
        }
        shared.filter(|change| news.now.day() - change.at.day() <= COHORT_DAYS)
    }

    fn signals(&self, names: &Names) -> Vec<Signal> {
        let mut signals: Vec<Signal> = (self.functions.iter())
            .flat_map(|(function, known)| {
                let price = known.price;
                known
                    .series
                    .iter()
                    .map(move |series| (function, price, series))
            })
            .flat_map(|(function, price, series)| {
                series.told.iter().map(move |told| {
                    let whose = say::Whose {
                        function,
                        init_kind: &series.init_kind,
                        architecture: &series.architecture,
                        history: &series.history,
                        usd_per_init_ms: price.usd_per_init_ms(),
                    };
                    say::of(told, whose, names)
                })
            })
            .collect();
        signals.sort_by(|a, b| a.key.cmp(&b.key));
        let shared = self.shared.iter();
        signals.extend(shared.map(|(cohort, (n, change))| say::of_cohort(cohort, *n, change)));
        signals
    }
}

impl Series {
    /// Judges its newest version, if that is not decided yet, and closes what is over.
    fn judge(&mut self, panel: &Panel, now: UnixNano) {
        self.told
            .retain(|told| !told.is_over(panel.days(0), now.day()));
        let newest = self.history.newest().unwrap_or_default().to_owned();
        if newest == self.settled {
            return;
        }
        let name = |number| self.history.version(number).to_owned();
        let (found, open) = Told::of_deploy(panel, name);
        if let Some(found) = found
            && !found.is_over(panel.days(0), now.day())
        {
            self.tell(found);
        }
        if !open {
            self.settled = newest;
        }
    }

    /// Looks for a change that nobody announced and that the cohort does not explain.
    fn drift(
        &mut self,
        (by_version, plain, number): (&Panel, &Panel, usize),
        shared: Option<&Change>,
        now: UnixNano,
    ) {
        let versions = by_version.days(number);
        self.told.retain(|told| !told.is_over(versions, now.day()));
        let days = plain.days(number);
        let changes = drift::scan(plain, number, days, days.len().saturating_sub(DRIFT_DAYS));
        let deploys: Vec<i64> = deploy::begins(versions)
            .into_iter()
            .skip(1)
            .map(|i| versions[i].day)
            .collect();
        let Some(change) = changes.last() else {
            return;
        };
        let near = |day: &i64| (day - change.at.day()).abs() <= DEPLOY_DAYS;
        let of_cohort = shared.is_some_and(|s| {
            s.direction == change.direction && (s.at.day() - change.at.day()).abs() <= 12
        });
        let known = |told: &Told| (UnixNano(told.began_ns).day() - change.at.day()).abs() <= 10;
        if deploys.iter().any(near) || of_cohort || self.told.iter().any(known) {
            return;
        }
        if let Some(found) = Told::of_shift(change, days)
            && !found.is_over(days, now.day())
        {
            self.tell(found);
        }
    }

    fn tell(&mut self, found: Told) {
        let same = |told: &Told| told.version == found.version && told.began_ns == found.began_ns;
        if !self.told.iter().any(same) && self.told.len() < TOLD_MAX {
            self.told.push(found);
        }
    }
}

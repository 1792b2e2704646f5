//! Saying what goes on, and the minutes in which something runs away.

use std::collections::HashMap;

use store::model::Scope;

use super::factors::Factors;
use super::history::HOUR_S;
use super::incident::{ALONE_MAX, Incident, Kind, TOGETHER_MIN, explained_by};
use super::pulse::{Beat, Burn};
use super::run::Run;
use super::story::Scene;
use super::{Costs, of_minute};
use crate::detectors::{FunctionNo, Names, News};

/// A runaway must cost so many times the least effect a day at its pace: it is told at once, so it must be
/// worth being woken for.
const RUNAWAY_TIMES: f64 = 4.0;
/// What is said of a runaway is put right so often, s.
const RETELL_S: u32 = 300;
/// Functions that run away within so long are one cause, s.
const TOGETHER_S: u32 = 300;

impl Costs {
    /// Says anew what goes on.
    pub(super) fn tell_all(&mut self, names: &Names) {
        let nos: Vec<u64> = self.incidents.iter().map(|incident| incident.no).collect();
        nos.iter().for_each(|no| self.tell(*no, names));
    }

    fn tell(&mut self, no: u64, names: &Names) {
        let Some(incident) = self.incidents.iter().find(|incident| incident.no == no) else {
            return;
        };
        let minimum = self.minimum();
        let scope = Scope::parse(&incident.scope).unwrap_or(Scope::Fleet);
        let function = names
            .known(&incident.text)
            .filter(|_| scope == Scope::Function);
        let spender = function.and_then(|function| self.functions.get(function));
        let members = self.members(incident, names);
        let group = self
            .groups
            .iter()
            .find(|g| incident.is_about(g.about.scope, &g.about.text));
        let run = match (function, group) {
            (Some(_), _) => spender.and_then(|s| s.track.run.as_deref()),
            (None, group) => group.and_then(|g| g.track.run.as_deref()),
        };
        let first_s = spender.map_or(0, |s| s.track.first_s);
        let spent = spender.map_or(0.0, |s| s.track.since(first_s));
        let hours = self.until_s.saturating_sub(first_s) / HOUR_S;
        let name = match function {
            Some(function) => names.of(function).parts.name.clone(),
            None => wide_name(scope, &incident.text),
        };
        let scene = Scene {
            incident,
            function,
            name: &name,
            run: run.filter(|run| {
                run.incident == Some(no) && run.is_up == (incident.kind != Kind::Drop)
            }),
            usual: spender.map(|s| &s.usual),
            spent: (spent, hours.into()),
            members: &members,
            minimum,
            all_per_day: self.all_per_day(),
            until_s: self.until_s.max(incident.detected_s),
        };
        let signal = scene.signal();
        self.said.insert(no, signal);
    }

    /// Functions of a wide incident with what each adds to it now.
    fn members(&self, incident: &Incident, names: &Names) -> Vec<(String, f64)> {
        let adds = |run: &Run| run.excess();
        let mut members: Vec<(String, f64)> = incident
            .members
            .iter()
            .filter_map(|id| {
                let function = names.known(id)?;
                let run = self.functions.get(function)?.track.run.as_deref();
                let run = run.filter(|run| run.incident == Some(incident.no))?;
                Some((names.of(function).parts.name.clone(), adds(run)))
            })
            .collect();
        members.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        members
    }

    /// Takes a closed minute.
    pub(super) fn minute(&mut self, news: &News<'_>) {
        let mut sums: HashMap<FunctionNo, Factors> = HashMap::new();
        for row in news.minutes {
            sums.entry(row.function).or_default().add(&of_minute(row));
        }
        let Some(minute_s) = news.until_s.checked_sub(60) else {
            return;
        };
        let burning: HashMap<String, usize> = (0..)
            .zip(&self.incidents)
            .filter(|(_, incident)| incident.burn.is_some())
            .map(|(at, incident)| (incident.text.clone(), at))
            .collect();
        let least = RUNAWAY_TIMES * self.minimum() / 24.0;
        let mut hot = Vec::new();
        for (function, actual) in sums.iter().filter(|(f, _)| news.shows(**f)) {
            let Some(spender) = self.functions.get_mut(*function) else {
                continue;
            };
            let beat = spender
                .pulse
                .push(minute_s, actual.usd, &spender.track.history);
            let Some(beat) = beat else { continue };
            let mut expected = Factors::default();
            expected.add_times(&spender.usual.at(minute_s), 1.0 / 60.0);
            let at = (!burning.is_empty())
                .then(|| burning.get(&news.names.of(*function).id))
                .flatten();
            if let Some(burn) = at.and_then(|at| self.incidents[*at].burn.as_mut()) {
                burn.push(minute_s, &beat, actual, &expected);
            } else if beat.is_runaway && beat.usd_per_hour - beat.usual_per_hour >= least {
                let since_s = spender.pulse.since_s(beat.usual_per_hour);
                hot.push((*function, beat, since_s, *actual, expected));
            }
        }
        let is_changed = self.burn(news, hot, minute_s);
        if is_changed || (news.until_s.is_multiple_of(RETELL_S) && !burning.is_empty()) {
            self.cool(news);
            let nos: Vec<u64> = self
                .incidents
                .iter()
                .filter(|i| i.kind == Kind::Runaway)
                .map(|i| i.no)
                .collect();
            nos.iter().for_each(|no| self.tell(*no, news.names));
        }
    }

    /// Opens incidents for what runs away; tells whether any was opened.
    fn burn(
        &mut self,
        news: &News<'_>,
        hot: Vec<(FunctionNo, Beat, u32, Factors, Factors)>,
        minute_s: u32,
    ) -> bool {
        let mut is_changed = false;
        for (function, beat, since_s, actual, expected) in hot {
            let id = &news.names.of(function).id;
            let is_told = |incident: &Incident| {
                incident.kind != Kind::Drop
                    && incident.kind != Kind::NewSpender
                    && (incident.is_about(Scope::Function, id) || incident.members.contains(id))
            };
            if self.incidents.iter().any(is_told) {
                continue;
            }
            let no = self.open(Kind::Runaway, Scope::Function, id.clone(), since_s, None);
            if let Some(incident) = self.incidents.iter_mut().find(|i| i.no == no) {
                incident.detected_s = news.until_s;
                // The minutes before this one were about as high.
                let minutes = f64::from((minute_s - since_s) / 60 + 1);
                let (mut before, mut usual) = (Factors::default(), Factors::default());
                before.add_times(&actual, minutes - 1.0);
                usual.add_times(&expected, minutes - 1.0);
                let mut burn = Burn {
                    actual: before,
                    expected: usual,
                    ..Burn::default()
                };
                burn.push(minute_s, &beat, &actual, &expected);
                incident.burn = Some(burn);
            }
            is_changed = true;
        }
        is_changed && {
            self.join_burning(news);
            true
        }
    }

    /// Functions of an account that run away together are one incident of the account.
    fn join_burning(&mut self, news: &News<'_>) {
        let mut by_account: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, incident) in (0..).zip(&self.incidents) {
            let fresh = incident.detected_s + TOGETHER_S >= news.until_s;
            let id = news
                .names
                .known(&incident.text)
                .filter(|_| incident.scope == Scope::Function.as_str());
            if let (Some(function), true, Kind::Runaway) = (id, fresh, incident.kind) {
                let of = &news.names.of(function).parts;
                by_account
                    .entry(format!("{}:{}", of.provider, of.account))
                    .or_default()
                    .push(at);
            }
        }
        for (account, mut all) in by_account {
            let excess = |at: &usize| {
                let burn = self.incidents[*at].burn.as_ref();
                burn.map_or(0.0, |burn| burn.usd_per_hour - burn.usual_per_hour)
            };
            all.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
            let shares: Vec<f64> = all.iter().map(excess).collect();
            let few = explained_by(&shares, shares.iter().sum());
            if all.len() < TOGETHER_MIN || few.is_none_or(|few| few <= ALONE_MAX) {
                continue;
            }
            let mut joined = Burn::default();
            let mut members = Vec::new();
            let mut began_s = u32::MAX;
            for at in &all {
                let incident = &self.incidents[*at];
                members.push(incident.text.clone());
                began_s = began_s.min(incident.began_s);
                if let Some(burn) = &incident.burn {
                    joined.hot_s = joined.hot_s.max(burn.hot_s);
                    joined.usd_per_hour += burn.usd_per_hour;
                    joined.usual_per_hour += burn.usual_per_hour;
                    joined.actual.add(&burn.actual);
                    joined.expected.add(&burn.expected);
                }
            }
            let gone: Vec<u64> = all.iter().map(|at| self.incidents[*at].no).collect();
            self.incidents
                .retain(|incident| !gone.contains(&incident.no));
            self.said.retain(|no, _| !gone.contains(no));
            let no = self.open(Kind::Runaway, Scope::Account, account, began_s, None);
            if let Some(incident) = self.incidents.iter_mut().find(|i| i.no == no) {
                incident.detected_s = news.until_s;
                incident.members = members;
                incident.burn = Some(joined);
            }
            return self.join_burning(news); // places have moved
        }
    }

    /// Ends runaways that are over and that no hour goes on with.
    fn cool(&mut self, news: &News<'_>) {
        let mut incidents = std::mem::take(&mut self.incidents);
        incidents.retain(|incident| {
            let is_over = incident
                .burn
                .as_ref()
                .is_some_and(|burn| burn.is_over(news.until_s));
            !is_over || self.goes_on(incident, news.names) || self.is_hour_open(incident)
        });
        self.said
            .retain(|no, _| incidents.iter().any(|incident| incident.no == *no));
        self.incidents = incidents;
    }

    /// Whether the hour in which it ran away has not closed yet: what the hour says may go on with it.
    fn is_hour_open(&self, incident: &Incident) -> bool {
        incident
            .burn
            .as_ref()
            .is_some_and(|burn| burn.hot_s >= self.until_s)
    }
}

/// `account aws:123456789012`.
fn wide_name(scope: Scope, text: &str) -> String {
    match scope {
        Scope::Fleet => "everything".to_owned(),
        Scope::Provider => text.to_owned(),
        Scope::Account => format!(
            "account {}",
            text.split_once(':').map_or(text, |(_, account)| account)
        ),
        _ => format!(
            "region {}",
            text.split_once(':').map_or(text, |(_, region)| region)
        ),
    }
}

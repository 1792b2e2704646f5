//! Which departures become incidents, at which level, and which incidents are over.

use std::collections::HashMap;

use store::model::Scope;

use super::incident::{
    ALONE_MAX, EXPLAINS, Incident, Kind, MEMBERS_MAX, TOGETHER_MIN, TOGETHER_S, explained_by,
};
use super::run::{Form, Found, Run};
use super::{Costs, KNOWN_S, NEW_S, Spender};
use crate::detectors::{FunctionNo, Names};

/// What stops is told where less than this share of what is expected is left.
const STOPPED: f64 = 0.1;
/// A departure upwards below this share of what is expected is not told, however rare.
const RELATIVE_MIN: f64 = 0.1;
/// Functions that make this share of something wide are told as its parts.
const MOST: f64 = 0.9;
/// A new function is told for so long, s: three days.
const TOLD_NEW_S: u32 = 3 * 86_400;
/// A new function must have spent so many times the least effect.
const NEW_TIMES: f64 = 2.0;

impl From<Form> for Kind {
    fn from(form: Form) -> Self {
        match form {
            Form::Spike => Self::Spike,
            Form::Step => Self::Step,
            Form::Leak => Self::Leak,
            Form::Drop => Self::Drop,
        }
    }
}

/// Whether a departure is worth telling, but for its level.
fn is_worth(run: &Run, minimum: f64) -> bool {
    let is_large = match run.is_up {
        true => run.relative() >= RELATIVE_MIN,
        false => run.share_now() < STOPPED,
    };
    run.is_open() && is_large && run.pace().abs() >= minimum
}

/// How many of the largest make nine tenths of a whole; at least one.
fn many(shares: &[f64], whole: f64) -> usize {
    let mut sum = 0.0;
    let enough = shares.iter().position(|share| {
        sum += share;
        sum >= MOST * whole
    });
    enough.map_or(shares.len(), |at| at + 1)
}

impl Costs {
    /// After each hour.
    pub(super) fn settle(&mut self, names: &Names, hour_s: u32) {
        self.attach(names);
        self.end(names);
        self.new_spenders(names, hour_s);
        for is_up in [true, false] {
            self.settle_groups(names, hour_s, is_up);
            self.settle_functions(names, hour_s, is_up);
        }
    }

    /// Ends what is over.
    fn end(&mut self, names: &Names) {
        let until_s = self.until_s;
        let mut incidents = std::mem::take(&mut self.incidents);
        incidents.retain(|incident| {
            let burns = incident
                .burn
                .as_ref()
                .is_some_and(|burn| !burn.is_over(until_s));
            let is_known = names
                .known(&incident.text)
                .is_some_and(|f| self.functions.get(f).is_some());
            let is_forgotten = incident.scope == Scope::Function.as_str() && !is_known;
            !is_forgotten && (burns || self.goes_on(incident, names))
        });
        self.said
            .retain(|no, _| incidents.iter().any(|incident| incident.no == *no));
        self.incidents = incidents;
    }

    pub(super) fn goes_on(&self, incident: &Incident, names: &Names) -> bool {
        let mine = |run: Option<&Run>| run.is_some_and(|run| run.incident == Some(incident.no));
        let of = |id: &str| names.known(id).and_then(|no| self.functions.get(no));
        if Scope::parse(&incident.scope) == Some(Scope::Function) {
            let Some(spender) = of(&incident.text) else {
                return false;
            };
            let is_new = self.until_s.saturating_sub(spender.track.first_s) < TOLD_NEW_S;
            return mine(spender.track.run.as_deref())
                || (incident.kind == Kind::NewSpender && is_new);
        }
        let mut groups = self.groups.iter();
        let mut members = incident.members.iter().filter_map(|id| of(id));
        groups.any(|group| mine(group.track.run.as_deref()))
            || members.any(|spender| mine(spender.track.run.as_deref()))
    }

    /// What departs and belongs to an incident that is told already is part of it.
    fn attach(&mut self, names: &Names) {
        if self.incidents.is_empty() {
            return;
        }
        let place = |incident: &Incident| {
            let about =
                |group: &super::Group| incident.is_about(group.about.scope, &group.about.text);
            self.groups.iter().position(about)
        };
        let places: Vec<Option<usize>> = self.incidents.iter().map(place).collect();
        for (function, spender) in self.functions.iter_mut() {
            let Some(run) = spender.track.run.as_deref_mut() else {
                continue;
            };
            if run.incident.is_some() || !run.is_open() {
                continue;
            }
            let id = &names.of(function).id;
            let (begins_s, groups) = (run.begins_s(), spender.groups);
            let holds = |(incident, place): &(&mut Incident, &Option<usize>)| {
                let meets = begins_s < incident.detected_s + TOGETHER_S
                    && begins_s + TOGETHER_S > incident.began_s;
                let within = place.is_some_and(|place| {
                    groups.is_some_and(|groups| groups.iter().any(|group| *group as usize == place))
                });
                (incident.kind != Kind::Drop) == run.is_up
                    && (incident.is_about(Scope::Function, id)
                        || meets && (within || incident.members.contains(id)))
            };
            let mut all = self.incidents.iter_mut().zip(&places);
            if let Some((incident, _)) = all.find(holds) {
                run.tell(incident.no);
                let is_wide = incident.scope != Scope::Function.as_str();
                if is_wide && incident.members.len() < MEMBERS_MAX && !incident.members.contains(id)
                {
                    incident.members.push(id.clone());
                }
            }
        }
    }

    fn new_spenders(&mut self, names: &Names, hour_s: u32) {
        let least = NEW_TIMES * self.minimum();
        let mut found = Vec::new();
        for (function, spender) in self.functions.iter() {
            let first_s = spender.track.first_s;
            let is_new =
                hour_s.saturating_sub(first_s) < NEW_S && first_s >= self.begin_s + KNOWN_S;
            if is_new && spender.track.since(first_s) >= least {
                found.push((function, first_s));
            }
        }
        for (function, first_s) in found {
            let id = &names.of(function).id;
            if !self
                .incidents
                .iter()
                .any(|i| i.is_about(Scope::Function, id))
            {
                self.open(Kind::NewSpender, Scope::Function, id.clone(), first_s, None);
            }
        }
    }

    /// Departures of what holds functions, the widest first.
    fn settle_groups(&mut self, names: &Names, hour_s: u32, is_up: bool) {
        let minimum = self.minimum();
        let mut fresh: Vec<usize> = (0..self.groups.len())
            .filter(|at| {
                let run = self.groups[*at].track.run.as_deref();
                run.is_some_and(|run| {
                    run.is_up == is_up && run.incident.is_none() && is_worth(run, minimum)
                })
            })
            .collect();
        fresh.sort_by_key(|at| match self.groups[*at].about.scope {
            Scope::Fleet => 0,
            Scope::Provider => 1,
            Scope::Account => 2,
            _ => 3,
        });
        for at in fresh {
            let Some(run) = self.groups[at].track.run.as_deref() else {
                continue;
            };
            if run.incident.is_some() {
                continue; // a wider one took it along
            }
            let (excess, since_s, found) = (run.excess().abs(), run.begins_s(), run.found);
            let Some(found) = found else { continue };
            let by = self.contributors(at, is_up, since_s);
            if let Some(no) = self.told_by(&by) {
                if let Some(run) = self.groups[at].track.run.as_deref_mut() {
                    run.tell(no);
                }
                continue;
            }
            let shares: Vec<f64> = by.iter().map(|(_, usd)| *usd).collect();
            let no = match explained_by(&shares, excess) {
                Some(few) if few <= ALONE_MAX => {
                    let nos: Vec<u64> = by[..few]
                        .iter()
                        .filter_map(|(function, _)| {
                            self.tell_function(names, *function, is_up, Some(found), hour_s)
                        })
                        .collect();
                    nos.first().copied()
                }
                _ => Some(self.tell_group(names, at, &by, found, since_s)),
            };
            if let (Some(run), Some(no)) = (self.groups[at].track.run.as_deref_mut(), no) {
                run.tell(no);
            }
        }
    }

    /// The incident that tells most of this already, if one does.
    fn told_by(&self, by: &[(FunctionNo, f64)]) -> Option<u64> {
        let mut told: HashMap<u64, f64> = HashMap::new();
        for (function, usd) in by {
            let run = self.functions.get(*function)?.track.run.as_deref();
            if let Some(no) = run.and_then(|run| run.incident) {
                *told.entry(no).or_default() += usd;
            }
        }
        let whole: f64 = by.iter().map(|(_, usd)| usd).sum();
        let most = told
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        (most.1 >= EXPLAINS * whole).then_some(most.0)
    }

    /// What functions within a group add to its departure, dollars, the largest first.
    fn contributors(&self, group: usize, is_up: bool, since_s: u32) -> Vec<(FunctionNo, f64)> {
        let number = u32::try_from(group).unwrap_or(u32::MAX);
        let adds = |spender: &Spender| match spender.track.run.as_deref() {
            Some(run) if run.is_up == is_up => run.excess().abs(),
            None if is_up && spender.track.first_s + TOLD_NEW_S > self.until_s => {
                spender.track.since(since_s)
            }
            _ => 0.0,
        };
        let within = self
            .functions
            .iter()
            .filter(|(_, s)| s.groups.is_some_and(|g| g.contains(&number)));
        let mut by: Vec<(FunctionNo, f64)> = within
            .map(|(function, spender)| (function, adds(spender)))
            .filter(|(_, usd)| *usd > 0.0)
            .collect();
        by.sort_by(|a, b| b.1.total_cmp(&a.1));
        by
    }

    /// Tells of something wide: of the narrowest part that explains it.
    fn tell_group(
        &mut self,
        names: &Names,
        group: usize,
        by: &[(FunctionNo, f64)],
        found: Found,
        since_s: u32,
    ) -> u64 {
        let whole: f64 = by.iter().map(|(_, usd)| usd).sum();
        let mut parts: HashMap<u32, f64> = HashMap::new();
        for (function, usd) in by {
            let held = self.functions.get(*function).and_then(|s| s.groups);
            held.into_iter()
                .flatten()
                .for_each(|number| *parts.entry(number).or_default() += usd);
        }
        // From wide to narrow, as far as one part explains it. A region that is all of its account says
        // less than the account, which pays.
        let order = [Scope::Fleet, Scope::Provider, Scope::Account, Scope::Region];
        let mut at = group;
        for scope in order {
            let here = &self.groups[at].about.scope;
            let place = |scope: &Scope| order.iter().position(|s| s == scope);
            if place(&scope) <= place(here) {
                continue;
            }
            let mut of: Vec<(&u32, &f64)> = parts
                .iter()
                .filter(|(number, _)| self.groups[**number as usize].about.scope == scope)
                .collect();
            of.sort_by(|a, b| b.1.total_cmp(a.1));
            let siblings = self
                .groups
                .iter()
                .filter(|g| g.about.scope == scope)
                .count();
            match of.first() {
                Some((number, usd)) if **usd >= EXPLAINS * whole => {
                    if scope != Scope::Region || siblings > 1 && *here != Scope::Account {
                        at = **number as usize;
                    }
                }
                _ => break,
            }
        }
        let about = self.groups[at].about.clone();
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        let is_in = |f: &FunctionNo| {
            self.functions
                .get(*f)
                .is_some_and(|s| s.groups.is_some_and(|g| g.contains(&number)))
        };
        let by: Vec<(FunctionNo, f64)> = by.iter().filter(|(f, _)| is_in(f)).copied().collect();
        let form = self.groups[group]
            .track
            .run
            .as_deref()
            .map_or(Form::Step, Run::form);
        let no = self.open(form.into(), about.scope, about.text, since_s, Some(found));
        self.gather(names, no, &by, since_s);
        for other in [at, group] {
            if let Some(run) = self.groups[other].track.run.as_deref_mut() {
                run.tell(no);
            }
        }
        no
    }

    /// Makes functions part of a wide incident; what was told of them alone, lately, ends.
    fn gather(&mut self, names: &Names, no: u64, by: &[(FunctionNo, f64)], since_s: u32) {
        let shares: Vec<f64> = by.iter().map(|(_, usd)| *usd).collect();
        let told = many(&shares, shares.iter().sum()).min(MEMBERS_MAX);
        let ids: Vec<String> = by[..told]
            .iter()
            .map(|(function, _)| names.of(*function).id.clone())
            .collect();
        let mut replaced = Vec::new();
        self.incidents.retain(|incident| {
            let is_alone = incident.no != no && incident.scope == Scope::Function.as_str();
            let meets =
                incident.began_s + TOGETHER_S >= since_s && incident.kind != Kind::NewSpender;
            let is_replaced = is_alone && meets && ids.contains(&incident.text);
            if is_replaced {
                replaced.push(incident.no);
            }
            !is_replaced
        });
        self.said.retain(|said, _| !replaced.contains(said));
        for (function, _) in by {
            let run = self
                .functions
                .get_mut(*function)
                .and_then(|s| s.track.run.as_deref_mut());
            let is_free = |run: &&mut Run| run.incident.is_none_or(|old| replaced.contains(&old));
            if let Some(run) = run.filter(is_free) {
                run.tell(no);
            }
        }
        if let Some(incident) = self.incidents.iter_mut().find(|i| i.no == no) {
            incident.members = ids;
        }
    }

    /// Departures of functions that nothing wider explains.
    fn settle_functions(&mut self, names: &Names, hour_s: u32, is_up: bool) {
        let minimum = self.minimum();
        let mut by_account: HashMap<u32, Vec<(FunctionNo, f64, u32)>> = HashMap::new();
        for (function, spender) in self.functions.iter() {
            let Some(run) = spender.track.run.as_deref() else {
                continue;
            };
            if run.is_up == is_up && run.incident.is_none() && is_worth(run, minimum) {
                let account = spender.groups.map_or(u32::MAX, |groups| groups[2]);
                let one = (function, run.excess().abs(), run.begins_s());
                by_account.entry(account).or_default().push(one);
            }
        }
        for (account, mut fresh) in by_account {
            fresh.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let shares: Vec<f64> = fresh.iter().map(|(_, usd, _)| *usd).collect();
            let (first, last) = fresh
                .iter()
                .fold((u32::MAX, 0), |(a, b), f| (a.min(f.2), b.max(f.2)));
            let together = fresh.len() >= TOGETHER_MIN
                && last - first <= TOGETHER_S
                && explained_by(&shares, shares.iter().sum()).is_some_and(|few| few > ALONE_MAX);
            let by: Vec<(FunctionNo, f64)> = fresh.iter().map(|(f, usd, _)| (*f, *usd)).collect();
            let found = by
                .first()
                .and_then(|(f, _)| self.functions.get(*f)?.track.run.as_deref()?.found);
            match (together, found, self.groups.get(account as usize)) {
                (true, Some(found), Some(_)) => {
                    self.tell_group(names, account as usize, &by, found, first);
                }
                _ => by.iter().for_each(|(function, _)| {
                    self.tell_function(names, *function, is_up, None, hour_s);
                }),
            }
        }
    }

    /// Tells of a function; `found` where its own departure was not certain by itself.
    fn tell_function(
        &mut self,
        names: &Names,
        function: FunctionNo,
        is_up: bool,
        found: Option<Found>,
        hour_s: u32,
    ) -> Option<u64> {
        let id = names.of(function).id.clone();
        if let Some(known) = self
            .incidents
            .iter()
            .find(|i| i.is_about(Scope::Function, &id))
        {
            let no = known.no;
            let run = self.functions.get_mut(function)?.track.run.as_deref_mut();
            run.filter(|run| run.is_up == is_up)?.tell(no);
            return Some(no);
        }
        let run = self.functions.get_mut(function)?.track.run.as_deref_mut();
        let run = run.filter(|run| run.is_up == is_up)?;
        let found = *run.found.get_or_insert(found.unwrap_or(Found {
            at_s: hour_s + super::history::HOUR_S,
            p_value: 0.01,
        }));
        let (form, since_s) = (run.form(), run.begins_s());
        let no = self.open(form.into(), Scope::Function, id, since_s, Some(found));
        let run = self.functions.get_mut(function)?.track.run.as_deref_mut()?;
        run.tell(no);
        Some(no)
    }

    /// Opens an incident.
    pub(super) fn open(
        &mut self,
        kind: Kind,
        scope: Scope,
        text: String,
        began_s: u32,
        found: Option<Found>,
    ) -> u64 {
        let no = self.next_no;
        self.next_no += 1;
        self.incidents.push(Incident {
            no,
            kind,
            scope: scope.as_str().to_owned(),
            text,
            began_s,
            detected_s: found.map_or(self.until_s, |found| found.at_s.max(began_s)),
            p_value: found.map(|found| found.p_value),
            members: Vec::new(),
            burn: None,
        });
        no
    }
}

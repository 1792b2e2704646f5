//! What must hold between the parts of the file.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::{Location, Spanned};

use super::file::{File, InhibitRuleFile, NamedIntervals, RouteFile};
use super::receiver::ReceiverFile;
use super::{
    Config, Duration, Fault, GroupBy, InhibitRule, Receiver, RouteConfig, Settings, global, kinds,
};
use crate::intervals::TimeInterval;
use crate::matchers::{Matchers, valid_name};

/// How long an alert without an end is believed, unless `global` says otherwise.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);

type Checked<T> = Result<T, Fault>;

pub(super) fn check(file: File) -> Checked<Config> {
    let mut global = global::with_defaults(file.global.unwrap_or_default())?;
    let resolve_timeout = global::duration(&mut global, "resolve_timeout")?;
    let receivers = receivers(file.receivers.unwrap_or_default(), &global)?;
    let older = file.mute_time_intervals.unwrap_or_default();
    let intervals = intervals(
        older
            .into_iter()
            .chain(file.time_intervals.unwrap_or_default()),
    )?;
    let root = file.route.ok_or_else(|| {
        let reason = "no route provided; write route: with a receiver for all alerts";
        Fault::at(&Location::UNKNOWN, reason)
    })?;
    let known = Known {
        receivers: receivers.iter().map(|r| r.name.as_str()).collect(),
        intervals: intervals.keys().map(String::as_str).collect(),
    };
    let rules = file.inhibit_rules.unwrap_or_default();
    Ok(Config {
        resolve_timeout: resolve_timeout.unwrap_or(RESOLVE_TIMEOUT),
        root: known.root(root)?,
        inhibit_rules: rules
            .into_iter()
            .map(inhibit_rule)
            .collect::<Checked<_>>()?,
        templates: file.templates.unwrap_or_default(),
        receivers,
        intervals,
    })
}

fn receivers(files: Vec<Spanned<ReceiverFile>>, global: &Settings) -> Checked<Vec<Receiver>> {
    let mut names = BTreeSet::new();
    let mut receivers = Vec::new();
    for Spanned {
        value: file,
        referenced: place,
        ..
    } in files
    {
        if let Some(key) = &file.unknown {
            let known = kinds::names().collect::<Vec<_>>().join("_configs, ");
            let reason = format!(
                "unknown field `{}`, expected one of name, labels, {known}_configs",
                key.value
            );
            return Err(Fault::of(key, reason));
        }
        let name = file.name.clone().filter(|name| !name.value.is_empty());
        let name = name.ok_or_else(|| Fault::at(&place, "missing name in receiver"))?;
        if !names.insert(name.value.clone()) {
            let reason = format!("receiver name {:?} is not unique", name.value);
            return Err(Fault::of(&name, reason));
        }
        receivers.push(receiver(name.value, file, global)?);
    }
    Ok(receivers)
}

fn receiver(name: String, file: ReceiverFile, global: &Settings) -> Checked<Receiver> {
    let mut labels = BTreeMap::new();
    if let Some(given) = file.labels {
        if given.value.get("name").is_some_and(|other| *other != name) {
            let reason = format!("the label \"name\" must be the receiver's name, {name:?}");
            return Err(Fault::of(&given, reason));
        }
        labels = given.value;
    }
    labels.insert("name".to_owned(), name.clone());
    let mut ways = Vec::new();
    for (kind, blocks) in file.blocks {
        for (index, block) in blocks.into_iter().enumerate() {
            ways.push(global::way(kind, index, block, global)?);
        }
    }
    Ok(Receiver { name, labels, ways })
}

fn intervals(
    all: impl Iterator<Item = NamedIntervals>,
) -> Checked<BTreeMap<String, Vec<TimeInterval>>> {
    let mut intervals = BTreeMap::new();
    for NamedIntervals {
        name,
        time_intervals,
    } in all
    {
        if name.value.is_empty() {
            return Err(Fault::of(&name, "missing name in time interval"));
        }
        if intervals.contains_key(&name.value) {
            let reason = format!("time interval {:?} is not unique", name.value);
            return Err(Fault::of(&name, reason));
        }
        intervals.insert(name.value, time_intervals.unwrap_or_default());
    }
    Ok(intervals)
}

fn inhibit_rule(file: InhibitRuleFile) -> Checked<InhibitRule> {
    let equal = file.equal.unwrap_or_default();
    if let Some(name) = equal.iter().find(|name| !valid_name(&name.value)) {
        return Err(Fault::of(name, "invalid label name in equal list"));
    }
    let source = (
        file.source_match,
        file.source_match_re,
        file.source_matchers,
    );
    let target = (
        file.target_match,
        file.target_match_re,
        file.target_matchers,
    );
    let all = |(equals, expressions, texts)| -> Matchers {
        let equals: super::file::Equals = Option::unwrap_or_default(equals);
        let expressions: super::file::Expressions = Option::unwrap_or_default(expressions);
        let texts: super::file::MatcherTexts = Option::unwrap_or_default(texts);
        let older = equals.0.into_iter().chain(expressions.0);
        older.chain(texts.0).collect()
    };
    Ok(InhibitRule {
        name: file.name.unwrap_or_default(),
        source: all(source),
        target: all(target),
        equal: equal.into_iter().map(|name| name.value).collect(),
    })
}

/// The names that routes may use.
struct Known<'a> {
    receivers: BTreeSet<&'a str>,
    intervals: BTreeSet<&'a str>,
}

impl Known<'_> {
    /// The root takes every alert at any time.
    fn root(&self, file: Spanned<RouteFile>) -> Checked<RouteConfig> {
        let place = file.referenced;
        let route = &file.value;
        let refused = |what: &Location, reason: &str| Err(Fault::at(what, reason));
        if route.receiver.as_ref().is_none_or(|r| r.value.is_empty()) {
            return refused(&place, "root route must specify a default receiver");
        }
        let older = route.equals.as_ref().filter(|m| !m.value.0.is_empty());
        let expressions = route.match_re.as_ref().filter(|m| !m.value.0.is_empty());
        let newer = route.matchers.as_ref().filter(|m| !m.value.0.is_empty());
        let matchers = older.map(|m| m.referenced);
        let matchers = matchers.or(expressions.map(|m| m.referenced));
        if let Some(at) = matchers.or(newer.map(|m| m.referenced)) {
            return refused(&at, "root route must not have any matchers");
        }
        if let Some(name) = route.mute_time_intervals.iter().flatten().next() {
            let reason = "root route must not have any mute time intervals";
            return refused(&name.referenced, reason);
        }
        if let Some(name) = route.active_time_intervals.iter().flatten().next() {
            let reason = "root route must not have any active time intervals";
            return refused(&name.referenced, reason);
        }
        if let Some(at) = route.continues.as_ref().filter(|given| given.value) {
            return refused(&at.referenced, "cannot have continue in root route");
        }
        self.route(file.value)
    }

    fn route(&self, file: RouteFile) -> Checked<RouteConfig> {
        let routes = file.routes.unwrap_or_default();
        let routes = routes.into_iter().map(|route| self.route(route));
        let routes = routes.collect::<Checked<Vec<_>>>()?;
        let receiver = file.receiver.filter(|receiver| !receiver.value.is_empty());
        if let Some(name) = &receiver
            && !self.receivers.contains(name.value.as_str())
        {
            let reason = format!(
                "undefined receiver {:?} used in route; define it under receivers",
                name.value
            );
            return Err(Fault::of(name, reason));
        }
        let equals = file.equals.map(|m| m.value.0).unwrap_or_default();
        let expressions = file.match_re.map(|m| m.value.0).unwrap_or_default();
        let texts = file.matchers.map(|m| m.value.0).unwrap_or_default();
        let older = equals.into_iter().chain(expressions);
        let labels =
            file.labels.map(
                |labels| match labels.value.keys().find(|name| !valid_name(name)) {
                    Some(_) => Err(Fault::of(&labels, "invalid label name in route labels")),
                    None => Ok(labels.value.into_iter().collect()),
                },
            );
        Ok(RouteConfig {
            receiver: receiver.map(|receiver| receiver.value),
            group_by: file.group_by.map(group_by).transpose()?,
            matchers: older.chain(texts).collect(),
            continues: file.continues.is_some_and(|given| given.value),
            routes,
            group_wait: file.group_wait,
            group_interval: not_zero("group_interval", file.group_interval)?,
            repeat_interval: not_zero("repeat_interval", file.repeat_interval)?,
            mute_time_intervals: self.intervals(file.mute_time_intervals)?,
            active_time_intervals: self.intervals(file.active_time_intervals)?,
            labels: labels.transpose()?.unwrap_or_default(),
        })
    }

    fn intervals(&self, names: Option<Vec<Spanned<String>>>) -> Checked<Vec<String>> {
        let defined = |name: Spanned<String>| {
            if self.intervals.contains(name.value.as_str()) {
                return Ok(name.value);
            }
            let reason = format!(
                "undefined time interval {:?} used in route; define it under time_intervals",
                name.value
            );
            Err(Fault::of(&name, reason))
        };
        names.into_iter().flatten().map(defined).collect()
    }
}

fn not_zero(key: &str, given: Option<Spanned<Duration>>) -> Checked<Option<Duration>> {
    match given {
        Some(given) if given.value.is_zero() => {
            Err(Fault::of(&given, format!("{key} cannot be zero")))
        }
        given => Ok(given.map(|given| given.value)),
    }
}

fn group_by(names: Spanned<Vec<Spanned<String>>>) -> Checked<GroupBy> {
    let mut seen = BTreeSet::new();
    let all = names.value.iter().any(|name| name.value == "...");
    for name in names.value.iter().filter(|name| name.value != "...") {
        if all {
            let reason = "cannot have wildcard group_by (`...`) and other labels at the same time";
            return Err(Fault::of(name, reason));
        }
        if !valid_name(&name.value) {
            return Err(Fault::of(name, "invalid label name in group_by list"));
        }
        if !seen.insert(name.value.as_str()) {
            let reason = format!("duplicated label {:?} in group_by", name.value);
            return Err(Fault::of(name, reason));
        }
    }
    if all {
        return Ok(GroupBy::All);
    }
    let names = names.value.into_iter().map(|name| name.value);
    Ok(GroupBy::Labels(names.collect()))
}

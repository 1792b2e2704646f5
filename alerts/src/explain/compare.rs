//! What another configuration would have done with alerts that were there.
//!
//! Each is looked at when its group would first have been: whom it goes to, with whom it is told together,
//! and whether another alert, the time or a silence of that moment would have muted it. Silences are the same
//! under both.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use store::model::UnixNano;

use crate::dispatch::Routing;
use crate::inhibit::Inhibitor;
use crate::model::{Alert, Fingerprint};
use crate::silences::Silences;

/// What becomes of an alert at a receiver.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is told.
    Told,
    /// Another alert mutes it.
    Inhibited,
    /// The time does.
    Muted(Vec<String>),
    /// A silence does.
    Silenced,
}

/// Where an alert goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Destination {
    /// Who.
    pub receiver: String,
    /// With whom it is told together.
    pub group: String,
    /// What becomes of it there.
    pub fate: Fate,
}

/// An alert that would go elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The alert's place in the list that was given.
    pub alert: usize,
    /// Where it goes now.
    pub before: BTreeSet<Destination>,
    /// Where it would go.
    pub after: BTreeSet<Destination>,
}

/// What would be otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Alerts that would go elsewhere.
    pub moves: Vec<Move>,
    /// How many would not.
    pub same: usize,
    /// Alerts told to each receiver, now and then.
    pub receivers: BTreeMap<String, (usize, usize)>,
}

/// Lays two configurations over alerts; an alert that was there several times is in the list as often.
/// `silences` are those that are known, expired ones too: who asks about the days before they are kept for is
/// told without them.
#[must_use]
pub fn compare(old: &Routing, new: &Routing, alerts: &[&Alert], silences: &Silences) -> DryRun {
    let scene = |routing| Scene::new(routing, alerts, silences);
    let (before, after) = (scene(old), scene(new));
    let mut run = DryRun::default();
    for (nth, alert) in alerts.iter().enumerate() {
        let (before, after) = (before.of(alert), after.of(alert));
        for name in told(&before) {
            run.receivers.entry(name).or_default().0 += 1;
        }
        for name in told(&after) {
            run.receivers.entry(name).or_default().1 += 1;
        }
        match before == after {
            true => run.same += 1,
            false => run.moves.push(Move {
                alert: nth,
                before,
                after,
            }),
        }
    }
    run
}

fn told(destinations: &BTreeSet<Destination>) -> BTreeSet<String> {
    let told = destinations.iter().filter(|d| d.fate == Fate::Told);
    told.map(|d| d.receiver.clone()).collect()
}

/// A configuration with everybody who may mute somebody.
struct Scene<'a> {
    routing: &'a Routing,
    inhibitor: Inhibitor,
    occasions: HashMap<Fingerprint, Vec<&'a Alert>>,
    silences: &'a Silences,
}

impl<'a> Scene<'a> {
    fn new(routing: &'a Routing, alerts: &[&'a Alert], silences: &'a Silences) -> Self {
        let mut inhibitor = Inhibitor::new(&routing.inhibit_rules);
        let mut occasions: HashMap<Fingerprint, Vec<&Alert>> = HashMap::new();
        for alert in alerts {
            inhibitor.add(alert);
            let known = occasions.entry(alert.fingerprint).or_default();
            known.push(alert);
        }
        Self {
            routing,
            inhibitor,
            occasions,
            silences,
        }
    }

    fn of(&self, alert: &Alert) -> BTreeSet<Destination> {
        let tree = &self.routing.tree;
        let routes = tree.routes(&alert.labels).into_iter();
        let destinations = routes.map(|id| {
            let options = &tree.node(id).options;
            let wait = options.group_wait.nanos();
            let at = UnixNano(alert.starts_at.0.saturating_add(wait));
            let group = tree.group_labels(id, &alert.labels).to_string();
            Destination {
                receiver: options.receiver.clone(),
                group,
                fate: self.fate(alert, options, at),
            }
        });
        destinations.collect()
    }

    fn fate(&self, alert: &Alert, options: &crate::route::Options, at: UnixNano) -> Fate {
        let there = |fingerprint| {
            let known = self.occasions.get(&fingerprint)?;
            let there = |alert: &&&Alert| alert.starts_at <= at && !alert.resolved_at(at);
            known.iter().find(there).copied()
        };
        if self.inhibitor.inhibits(&alert.labels, at, there).is_some() {
            return Fate::Inhibited;
        }
        let active = &options.active_time_intervals;
        if !active.is_empty() && self.routing.holding(active, at).is_empty() {
            return Fate::Muted(active.clone());
        }
        let muting = self.routing.holding(&options.mute_time_intervals, at);
        if !muting.is_empty() {
            return Fate::Muted(muting);
        }
        match self.silences.muting(&alert.labels, at).next() {
            Some(_) => Fate::Silenced,
            None => Fate::Told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::Labels;

    fn routing(yaml: &str) -> Routing {
        Routing::new(&Config::parse(yaml).unwrap_or_else(|fault| panic!("{fault}")))
    }

    /// `name=value … from to`, in seconds.
    fn alert(text: &str, starts: i64, ends: i64) -> Alert {
        let words = text.split_whitespace();
        let labels: Labels = words.filter_map(|word| word.split_once('=')).collect();
        Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::default(),
            starts_at: UnixNano::from_secs(starts),
            ends_at: UnixNano::from_secs(ends),
            generator_url: String::new(),
            updated_at: UnixNano::from_secs(starts),
            timeout: false,
        }
    }

    const OLD: &str = "
receivers: [{name: all}, {name: db}]
time_intervals: [{name: never, time_intervals: [{years: ['2001']}]}]
route: {receiver: all, group_wait: 10s, routes: [{matchers: [team=db], receiver: db}]}
inhibit_rules: [{source_matchers: [sev=critical], target_matchers: [sev=warning], equal: [team]}]
";

    #[test]
    fn only_what_would_go_elsewhere_is_named() {
        let alerts = [
            alert("team=db sev=critical", 100, 200),
            alert("team=db sev=warning", 120, 180),
            alert("team=db sev=warning", 300, 400),
            alert("team=web sev=info", 100, 200),
        ];
        let alerts: Vec<&Alert> = alerts.iter().collect();
        let none = Silences::default();
        let old = routing(OLD);
        let same = compare(&old, &old, &alerts, &none);
        assert_eq!((same.moves.len(), same.same), (0, 4));
        // The first warning has its critical beside it, the second does not.
        assert_eq!(same.receivers["db"], (2, 2));
        let new = routing(&OLD.replace("receiver: db}]", "receiver: all}]"));
        let moved = compare(&old, &new, &alerts, &none);
        let places: Vec<usize> = moved.moves.iter().map(|m| m.alert).collect();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(moved.receivers["all"], (1, 3));
        assert_eq!(moved.receivers["db"], (2, 0));
        let uninhibited = routing(OLD.split("inhibit_rules").next().expect("text"));
        let told = compare(&old, &uninhibited, &alerts, &none);
        assert_eq!(told.moves.len(), 1);
        let fate = |set: &BTreeSet<Destination>| set.iter().next().map(|d| d.fate.clone());
        assert_eq!(fate(&told.moves[0].before), Some(Fate::Inhibited));
        assert_eq!(fate(&told.moves[0].after), Some(Fate::Told));
        let asleep = OLD.replace(
            "receiver: db}",
            "receiver: db, active_time_intervals: [never]}",
        );
        let muted = compare(&old, &routing(&asleep), &alerts, &none);
        assert_eq!(muted.receivers["db"], (2, 0));
    }

    #[test]
    fn what_was_silenced_then_stays_silenced_under_another_configuration() {
        let alerts = [
            alert("team=db sev=info", 100, 200),
            alert("team=db sev=info", 900, 950),
        ];
        let alerts: Vec<&Alert> = alerts.iter().collect();
        let mut silences = Silences::default();
        let matchers = crate::matchers::parse("team=db").expect("a matcher");
        silences.put(crate::silences::Silence {
            id: "s".to_owned(),
            matcher_sets: vec![matchers.into_iter().collect()],
            starts_at: UnixNano::from_secs(50),
            ends_at: UnixNano::from_secs(500),
            updated_at: UnixNano::from_secs(50),
            created_by: String::new(),
            comment: String::new(),
            annotations: std::collections::BTreeMap::default(),
        });
        let old = routing(OLD);
        let new = routing(&OLD.replace("receiver: db}]", "receiver: all}]"));
        let run = compare(&old, &new, &alerts, &silences);
        assert_eq!(
            (run.receivers["db"], run.receivers["all"]),
            ((1, 0), (0, 1))
        );
        let silenced = |set: &BTreeSet<Destination>| set.iter().all(|d| d.fate == Fate::Silenced);
        assert!(silenced(&run.moves[0].before) && silenced(&run.moves[0].after));
    }
}

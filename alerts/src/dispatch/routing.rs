//! What of the configuration decides.

use std::collections::{BTreeMap, HashMap};

use store::model::UnixNano;

use crate::config::{Config, Duration, InhibitRule};
use crate::findings;
use crate::incidents;
use crate::intervals::TimeInterval;
use crate::model::Labels;
use crate::route::{RouteId, Tree};

/// One way of reaching a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// `webhook`, `slack` …
    pub kind: &'static str,
    /// From 0, among those of the same kind.
    pub index: usize,
    /// Whether the receiver wants to hear of what is over.
    pub send_resolved: bool,
}

/// The parts of a [`Config`] that decide, without any secret.
#[derive(Debug)]
pub struct Routing {
    /// Where alerts go.
    pub tree: Tree,
    /// The tree's nodes by their paths.
    pub by_path: HashMap<String, RouteId>,
    /// How each receiver is reached.
    pub ways: HashMap<String, Vec<Way>>,
    /// Times by name.
    pub intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// Who mutes whom.
    pub inhibit_rules: Vec<InhibitRule>,
    /// How long an alert without an end is believed.
    pub resolve_timeout: Duration,
    /// Whether alerts of our own findings are grouped by their incident, whatever their route says.
    pub by_incident: bool,
}

impl Default for Routing {
    fn default() -> Self {
        Self::new(&Config {
            resolve_timeout: Duration::default(),
            root: crate::config::RouteConfig::default(),
            receivers: Vec::new(),
            inhibit_rules: Vec::new(),
            intervals: BTreeMap::new(),
            templates: Vec::new(),
        })
    }
}

impl Routing {
    /// Of a checked configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let tree = Tree::new(&config.root);
        let by_path = tree.nodes().map(|(id, node)| (node.path.clone(), id));
        let ways = config.receivers.iter().map(|receiver| {
            let ways = receiver.ways.iter().map(|way| Way {
                kind: way.kind.name,
                index: way.index,
                send_resolved: way.send_resolved,
            });
            (receiver.name.clone(), ways.collect())
        });
        Self {
            by_path: by_path.collect(),
            ways: ways.collect(),
            intervals: config.intervals.clone(),
            inhibit_rules: config.inhibit_rules.clone(),
            resolve_timeout: config.resolve_timeout,
            by_incident: false,
            tree,
        }
    }

    /// What the alerts of a group share.
    pub(super) fn group_labels(&self, route: RouteId, labels: &Labels) -> Labels {
        let incident = labels.get(incidents::LABEL).filter(|_| self.by_incident);
        match incident.filter(|_| findings::is_ours(labels)) {
            Some(incident) => [(incidents::LABEL, incident)].into_iter().collect(),
            None => self.tree.group_labels(route, labels),
        }
    }

    /// Those of the names in whose times `now` lies.
    pub(crate) fn holding(&self, names: &[String], now: UnixNano) -> Vec<String> {
        let holds = |name: &&String| {
            let intervals = self.intervals.get(*name).into_iter().flatten();
            intervals.into_iter().any(|interval| interval.contains(now))
        };
        names.iter().filter(holds).cloned().collect()
    }
}

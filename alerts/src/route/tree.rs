//! The routing tree with everything inherited, and the walk through it.

use store::model::UnixNano;

use super::index::Index;
use crate::config::{Duration, GroupBy, RouteConfig};
use crate::matchers::Matchers;
use crate::model::Labels;

/// A node of a tree: its place in a walk from the root, children after their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub usize);

/// What holds for alerts that end at a node.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who hears of it.
    pub receiver: String,
    /// What makes a group; names are sorted.
    pub group_by: GroupBy,
    /// How long a new group collects alerts.
    pub group_wait: Duration,
    /// How often a group may speak.
    pub group_interval: Duration,
    /// How often it says the same again.
    pub repeat_interval: Duration,
    /// Silent within one of these.
    pub mute_time_intervals: Vec<String>,
    /// Silent outside all of these, if there are any.
    pub active_time_intervals: Vec<String>,
    /// Told with every notification.
    pub labels: Labels,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            receiver: String::new(),
            group_by: GroupBy::Labels(Vec::new()),
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_secs(5 * 60),
            repeat_interval: Duration::from_secs(4 * 3_600),
            mute_time_intervals: Vec::new(),
            active_time_intervals: Vec::new(),
            labels: Labels::default(),
        }
    }
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which alerts; all at the root.
    pub matchers: Matchers,
    /// Whether later siblings see the alert too.
    pub continues: bool,
    /// In the order of the file.
    pub children: Vec<RouteId>,
    /// What holds here.
    pub options: Options,
    /// `{}/{team="x"}`: the matchers down to here; siblings may share it.
    pub key: String,
    /// `{}/{team="x"}/0`: the same with places among siblings; unique in the tree.
    pub path: String,
    index: Index,
}

/// The routing tree. The root takes every alert.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Builds it from the checked configuration.
    #[must_use]
    pub fn new(root: &RouteConfig) -> Self {
        let mut tree = Self { nodes: Vec::new() };
        tree.add(root, None);
        tree
    }

    fn add(&mut self, config: &RouteConfig, place: Option<(RouteId, usize)>) -> RouteId {
        let id = RouteId(self.nodes.len());
        let parent = place.map(|(parent, nth)| (&self.nodes[parent.0], nth));
        let matchers = config.matchers.to_string();
        self.nodes.push(Node {
            options: inherit(config, parent.map(|(parent, _)| &parent.options)),
            key: match parent {
                Some((parent, _)) => format!("{}/{matchers}", parent.key),
                None => matchers.clone(),
            },
            path: match parent {
                Some((parent, nth)) => format!("{}/{matchers}/{nth}", parent.path),
                None => matchers,
            },
            matchers: config.matchers.clone(),
            continues: config.continues,
            children: Vec::new(),
            index: Index::default(),
        });
        let routes = config.routes.iter().enumerate();
        let children: Vec<RouteId> = routes
            .map(|(nth, route)| self.add(route, Some((id, nth))))
            .collect();
        let conditions = children.iter().map(|child| &self.nodes[child.0].matchers);
        let index = Index::new(conditions);
        let node = &mut self.nodes[id.0];
        node.children = children;
        node.index = index;
        id
    }

    /// A node by its id.
    #[must_use]
    pub fn node(&self, id: RouteId) -> &Node {
        &self.nodes[id.0]
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> RouteId {
        RouteId(0)
    }

    /// All nodes, parents before their children.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (RouteId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, n)| (RouteId(i), n))
    }

    /// Where an alert of these labels ends, from left to right: the deepest nodes that match, where the
    /// first child that matches and does not continue is the last one looked at.
    #[must_use]
    pub fn routes(&self, labels: &Labels) -> Vec<RouteId> {
        let mut found = Vec::new();
        self.descend(self.root(), labels, &mut found);
        found
    }

    fn descend(&self, id: RouteId, labels: &Labels, found: &mut Vec<RouteId>) {
        let node = self.node(id);
        let before = found.len();
        for nth in node.index.candidates(labels) {
            let child = node.children[nth];
            if !self.node(child).matchers.matches(labels) {
                continue;
            }
            self.descend(child, labels, found);
            if !self.node(child).continues {
                break;
            }
        }
        if found.len() == before {
            found.push(id);
        }
    }

    /// What alerts of these labels are grouped by at a node.
    #[must_use]
    pub fn group_labels(&self, id: RouteId, labels: &Labels) -> Labels {
        match &self.node(id).options.group_by {
            GroupBy::All => labels.clone(),
            GroupBy::Labels(names) => names
                .iter()
                .filter_map(|name| Some((name.as_str(), labels.get(name)?)))
                .collect(),
        }
    }

    /// The text that names a group to people and receivers: `{}/{team="x"}:{alertname="y"}`.
    #[must_use]
    pub fn group_key(&self, id: RouteId, group_labels: &Labels) -> String {
        format!("{}:{group_labels}", self.node(id).key)
    }
}

impl Options {
    /// Whether a group of alerts that began at `starts_at` need not wait: it is old already.
    #[must_use]
    pub fn waited(&self, starts_at: UnixNano, now: UnixNano) -> bool {
        starts_at.0.saturating_add(self.group_wait.nanos()) < now.0
    }
}

/// What a node says itself, and the rest from its parent. Time intervals are a node's own.
fn inherit(config: &RouteConfig, parent: Option<&Options>) -> Options {
    let mut options = parent.cloned().unwrap_or_default();
    if let Some(receiver) = &config.receiver {
        options.receiver.clone_from(receiver);
    }
    if let Some(group_by) = &config.group_by {
        options.group_by = group_by.clone();
        if let GroupBy::Labels(names) = &mut options.group_by {
            names.sort_unstable();
        }
    }
    options.group_wait = config.group_wait.unwrap_or(options.group_wait);
    options.group_interval = config.group_interval.unwrap_or(options.group_interval);
    options.repeat_interval = config.repeat_interval.unwrap_or(options.repeat_interval);
    options
        .mute_time_intervals
        .clone_from(&config.mute_time_intervals);
    options
        .active_time_intervals
        .clone_from(&config.active_time_intervals);
    for (name, value) in config.labels.iter() {
        options.labels.set(name, value);
    }
    options
}

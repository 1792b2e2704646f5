//! Alertmanager's configuration file, whole: read, checked and told of with line and column.
//!
//! [`Config::parse`] is pure. Secrets that lie in files of their own are named here and read by whoever
//! sends.

mod check;
mod duration;
mod file;
mod global;
mod kinds;
mod receiver;
mod secret;
mod shown;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_saphyr::{Location, Spanned};

use crate::intervals::TimeInterval;
use crate::matchers::Matchers;
use crate::model::Labels;

pub use duration::Duration;
pub use kinds::Kind;
pub use receiver::{Receiver, Settings, Way};
pub use secret::{HIDDEN, Secret};

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long an alert without an end is believed when nobody repeats it. Default 5 minutes.
    pub resolve_timeout: Duration,
    /// The root of the routing tree.
    pub root: RouteConfig,
    /// In the order of the file; names are unique.
    pub receivers: Vec<Receiver>,
    /// In the order of the file.
    pub inhibit_rules: Vec<InhibitRule>,
    /// By name; an instant lies in a name's intervals when it lies in one of them.
    pub intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// Template files, as patterns, relative to the file's folder.
    pub templates: Vec<String>,
}

/// A node of the routing tree as it is written; what is not given is inherited.
#[derive(Clone, Debug, Default)]
pub struct RouteConfig {
    /// A receiver's name.
    pub receiver: Option<String>,
    /// What makes a group.
    pub group_by: Option<GroupBy>,
    /// Which alerts; the older `match` and `match_re` are among them.
    pub matchers: Matchers,
    /// Whether later siblings see the alert too.
    pub continues: bool,
    /// Children.
    pub routes: Vec<RouteConfig>,
    /// How long a new group collects alerts.
    pub group_wait: Option<Duration>,
    /// How often a group may speak.
    pub group_interval: Option<Duration>,
    /// How often it says the same again.
    pub repeat_interval: Option<Duration>,
    /// Silent within one of these intervals.
    pub mute_time_intervals: Vec<String>,
    /// Silent outside all of these, if there are any.
    pub active_time_intervals: Vec<String>,
    /// Told with every notification; values may be templates.
    pub labels: Labels,
}

/// What alerts must share to be told of together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// All their labels: every alert by itself.
    All,
    /// These labels; none at all make one group of the route.
    Labels(Vec<String>),
}

/// Mutes targets while a source fires.
#[derive(Clone, Debug)]
pub struct InhibitRule {
    /// May be empty.
    pub name: String,
    /// What inhibits.
    pub source: Matchers,
    /// What is inhibited.
    pub target: Matchers,
    /// Labels in which the two agree; absent is the same as empty.
    pub equal: Vec<String>,
}

/// What is wrong, and where in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1; 0 when the place is unknown, as in an empty file.
    pub line: u64,
    /// From 1.
    pub column: u64,
    /// What is wrong and what to write instead; no secret is in it.
    pub reason: String,
}

impl Fault {
    fn at(place: &Location, reason: impl Into<String>) -> Self {
        Self {
            line: place.line(),
            column: place.column(),
            reason: reason.into(),
        }
    }

    fn of<T>(value: &Spanned<T>, reason: impl Into<String>) -> Self {
        Self::at(&value.referenced, reason)
    }

    /// `alerts.yaml:3:5: what is wrong`.
    #[must_use]
    pub fn in_file(&self, file: &Path) -> String {
        format!("{}:{self}", file.display())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            reason,
        } = self;
        if *line > 0 {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {reason}")
    }
}

impl std::error::Error for Fault {}

impl Config {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first fault, with its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let file = file::read(text)?;
        check::check(file)
    }

    /// Reads the section `alerting` of our own file; none if it has no such section.
    ///
    /// # Errors
    /// The first fault in the section, with its place in the whole file.
    pub fn parse_section(text: &str) -> Result<Option<Self>, Fault> {
        file::read_section(text)?.map(check::check).transpose()
    }

    /// The receivers that we cannot send to, each as a fault at its place: for whoever is about to send.
    /// Routing alone does not need them.
    #[must_use]
    pub fn unsupported(&self) -> Vec<Fault> {
        let ways = self.receivers.iter().flat_map(|r| &r.ways);
        let unsent = ways.filter(|way| !way.kind.sent);
        let fault = |way: &Way| Fault {
            line: way.line,
            column: way.column,
            reason: format!(
                "{}_configs cannot be sent yet; use webhook_configs with a service that passes it on, or \
                 one of {}",
                way.kind.name,
                kinds::sent().collect::<Vec<_>>().join(", ")
            ),
        };
        unsent.map(fault).collect()
    }
}

#[cfg(test)]
mod tests;

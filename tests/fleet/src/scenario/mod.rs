//! Incidents at known times: what a scenario file may say, and what is true at a moment.

mod conditions;
mod parse;
mod pattern;

mod campaign;
mod deploy;
mod errors;
mod growth;
mod lag;
mod leak;
mod out_of_memory;
mod platform_shift;
mod recursion;
mod retry_storm;
mod slow;
mod slow_cold_start;
mod stop;
mod throttles;
mod timeouts;
mod traffic;

use std::collections::BTreeMap;

pub use conditions::{Conditions, Effect, Growth};
pub use parse::parse;
pub use pattern::{glob, matching};

use crate::time::Ns;
use crate::versions::{Cause, Change};

/// Every kind of incident: a new one is a file here and a line in this list.
pub const KINDS: &[&Kind] = &[
    &slow_cold_start::KIND,
    &slow::KIND,
    &errors::KIND,
    &timeouts::KIND,
    &traffic::KIND,
    &stop::KIND,
    &leak::KIND,
    &deploy::KIND,
    &retry_storm::KIND,
    &platform_shift::KIND,
    &growth::KIND,
    &recursion::KIND,
    &throttles::KIND,
    &out_of_memory::KIND,
    &lag::KIND,
    &campaign::KIND,
];

/// A kind of incident.
pub struct Kind {
    /// As written after `kind:`.
    pub name: &'static str,
    /// The keys it takes beside at, for, function, kind and name.
    pub takes: &'static [Param],
    /// Whether `for` may be left out, which means to the end.
    pub may_last: bool,
    /// What it does.
    pub effect: fn(&Params) -> Effect,
}

/// A key that a kind takes.
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may say.
    pub form: Form,
}

/// What a key may say.
pub enum Form {
    /// A number from `least` to `most`; required without a default.
    Number {
        /// Taken when the key is absent.
        default: Option<f64>,
        /// Least value.
        least: f64,
        /// Greatest value.
        most: f64,
    },
    /// A text, absent when the key is.
    Text,
    /// One of these texts, absent when the key is.
    OneOf(&'static [&'static str]),
}

impl Param {
    /// A number between two limits; required without a default.
    pub const fn number(name: &'static str, default: Option<f64>, least: f64, most: f64) -> Self {
        Self {
            name,
            form: Form::Number {
                default,
                least,
                most,
            },
        }
    }

    /// A factor from 0.01 to 1000, with this default.
    pub const fn factor(name: &'static str, default: f64) -> Self {
        Self {
            name,
            form: Form::Number {
                default: Some(default),
                least: 0.01,
                most: 1_000.0,
            },
        }
    }

    /// A probability, with this default.
    pub const fn rate(name: &'static str, default: f64) -> Self {
        Self {
            name,
            form: Form::Number {
                default: Some(default),
                least: 0.0,
                most: 1.0,
            },
        }
    }
}

/// The keys of an incident, checked, defaults filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    numbers: BTreeMap<&'static str, f64>,
    texts: BTreeMap<&'static str, String>,
}

impl Params {
    /// A number; the parser has made sure of it, so anything unknown is simply 0.
    pub fn number(&self, name: &str) -> f64 {
        self.numbers.get(name).copied().unwrap_or(0.0)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// As JSON, for the ground truth.
    pub fn to_json(&self) -> serde_json::Value {
        let numbers = self
            .numbers
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()));
        let texts = self
            .texts
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone().into()));
        serde_json::Value::Object(numbers.chain(texts).collect())
    }
}

/// One incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Name for the reader of the ground truth; its kind when the file gives none.
    pub name: String,
    /// Name of its kind.
    pub kind: &'static str,
    /// From here.
    pub from: Ns,
    /// Until before here; `None`: to the end.
    pub until: Option<Ns>,
    /// Functions it hits, by their place in the fleet.
    pub functions: Vec<usize>,
    /// Its keys.
    pub params: Params,
    /// What it does.
    pub effect: Effect,
}

impl Incident {
    /// Since when it has been going on for a function; `None` when it is not.
    fn since(&self, function: usize, at: Ns) -> Option<Ns> {
        let since = self.effect.stage(at.checked_sub(self.from)?);
        let lasts = self.until.is_none_or(|until| since < until - self.from);
        (lasts && self.functions.contains(&function)).then_some(since)
    }

    fn conditions(&self, function: usize, at: Ns) -> Option<Conditions> {
        self.effect.conditions(self.since(function, at)?)
    }

    /// The greatest factor on traffic anywhere in a span of time shorter than any incident's rest.
    fn traffic_max(&self, function: usize, from: Ns, until: Ns) -> f64 {
        let hit = self.functions.contains(&function);
        if !hit || until <= self.from {
            return 1.0;
        }
        // What begins inside the span does so at its own start or at one of its returns.
        let begins = until - 1 - self.effect.stage(until - 1 - self.from);
        [from, until - 1, begins.max(from)]
            .into_iter()
            .filter_map(|at| self.conditions(function, at))
            .map(|c| c.traffic)
            .fold(1.0, f64::max)
    }

    /// Whether it comes again and again, so that a detector should know it.
    pub fn seasonal(&self) -> bool {
        matches!(self.effect, Effect::Again { .. })
    }
}

/// All incidents of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// In the file's order.
    pub incidents: Vec<Incident>,
}

impl Scenario {
    /// What is true for a function at a moment.
    pub fn conditions(&self, function: usize, at: Ns) -> Conditions {
        let mut now = Conditions::USUAL;
        for incident in &self.incidents {
            if let Some(conditions) = incident.conditions(function, at) {
                now.and(&conditions);
            }
        }
        now
    }

    /// The greatest factor on a function's traffic anywhere in a cell of time, 1 or more.
    pub fn traffic_max(&self, function: usize, from: Ns, until: Ns) -> f64 {
        let all = self.incidents.iter();
        all.map(|i| i.traffic_max(function, from, until)).product()
    }

    /// The functions that a loop of messages through `function` goes through, in turn.
    pub fn looping(&self, function: usize, at: Ns) -> Option<&[usize]> {
        let looping = |i: &&Incident| i.conditions(function, at).is_some_and(|c| c.loop_turns > 0);
        self.incidents
            .iter()
            .find(looping)
            .map(|i| i.functions.as_slice())
    }

    /// When a function stopped at `at` serves again; `None` when it is not stopped.
    pub fn stopped_until(&self, function: usize, at: Ns) -> Option<Ns> {
        self.incidents
            .iter()
            .filter(|i| i.conditions(function, at).is_some_and(|c| c.stopped))
            .map(|i| i.until.unwrap_or(Ns::MAX))
            .max()
    }

    /// The changes of version that a function's incidents bring.
    pub fn changes(&self, function: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        for incident in self
            .incidents
            .iter()
            .filter(|i| i.functions.contains(&function))
        {
            let Effect::Deploy(release) = &incident.effect else {
                continue;
            };
            let change = |at, cause| Change {
                at,
                quality: release.quality,
                rebuild: release.rebuild.clone(),
                label: release.label.clone(),
                cause,
            };
            changes.push(change(incident.from, Cause::Scenario));
            changes.extend(incident.until.map(|until| change(until, Cause::Rollback)));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_unique_names_and_work_with_their_defaults() {
        let mut names: Vec<&str> = KINDS.iter().map(|k| k.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
        for kind in KINDS {
            let mut params = Params::default();
            for p in kind.takes {
                if let Form::Number {
                    default,
                    least,
                    most,
                } = &p.form
                {
                    let value = default.unwrap_or(*most);
                    let allowed = *least..=*most;
                    assert!(allowed.contains(&value), "{}: {}", kind.name, p.name);
                    params.numbers.insert(p.name, value);
                }
            }
            let effect = (kind.effect)(&params);
            if let Some(c) = effect.conditions(crate::time::HOUR) {
                assert_ne!(c, Conditions::USUAL, "{} does nothing", kind.name);
            }
        }
    }
}

//! Incidents at known times: what a scenario file may say, and what is true at a moment.

mod parse;

mod deploy;
mod errors;
mod leak;
mod retry_storm;
mod slow;
mod slow_cold_start;
mod stop;
mod timeouts;
mod traffic;

use std::collections::BTreeMap;

pub use parse::parse;

use crate::function::Function;
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
}

impl Param {
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

/// What is different at a moment; several incidents multiply and add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// Factor on arrivals.
    pub traffic: f64,
    /// Factor on cold starts.
    pub init: f64,
    /// Factor on the function's own time.
    pub duration: f64,
    /// Probability of an exception, on top.
    pub error_rate: f64,
    /// Probability of hanging until the timeout, on top.
    pub timeout_rate: f64,
    /// MiB an instance keeps per invocation.
    pub leak_mb: f64,
    /// How often a failed invocation is tried again by whoever called.
    pub retries: u32,
    /// Whether the function serves nobody.
    pub stopped: bool,
}

impl Conditions {
    /// Nothing is different.
    pub const USUAL: Self = Self {
        traffic: 1.0,
        init: 1.0,
        duration: 1.0,
        error_rate: 0.0,
        timeout_rate: 0.0,
        leak_mb: 0.0,
        retries: 0,
        stopped: false,
    };

    fn and(&mut self, other: &Self) {
        self.traffic *= other.traffic;
        self.init *= other.init;
        self.duration *= other.duration;
        self.error_rate += other.error_rate;
        self.timeout_rate += other.timeout_rate;
        self.leak_mb += other.leak_mb;
        self.retries = self.retries.max(other.retries);
        self.stopped |= other.stopped;
    }
}

/// A version that an incident puts into service.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Its label, when the file names one.
    pub label: Option<String>,
    /// Factor on cold starts.
    pub init_factor: f64,
    /// Factor on durations.
    pub duration_factor: f64,
    /// Probability of an exception, on top.
    pub error_rate: f64,
}

/// What an incident does.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Conditions from its start to its end.
    While(Conditions),
    /// A deploy at its start, rolled back at its end.
    Deploy(Release),
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
    fn covers(&self, function: usize, at: Ns) -> bool {
        self.from <= at
            && self.until.is_none_or(|until| at < until)
            && self.functions.contains(&function)
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
            if let Effect::While(conditions) = &incident.effect
                && incident.covers(function, at)
            {
                now.and(conditions);
            }
        }
        now
    }

    /// The greatest factor on a function's traffic anywhere in a span of time, 1 or more.
    pub fn traffic_max(&self, function: usize, from: Ns, until: Ns) -> f64 {
        let overlaps = |i: &Incident| i.from < until && i.until.is_none_or(|end| end > from);
        self.incidents
            .iter()
            .filter(|i| overlaps(i) && i.functions.contains(&function))
            .filter_map(|i| match &i.effect {
                Effect::While(c) => Some(c.traffic.max(1.0)),
                Effect::Deploy(_) => None,
            })
            .product()
    }

    /// When a function stopped at `at` serves again; `None` when it is not stopped.
    pub fn stopped_until(&self, function: usize, at: Ns) -> Option<Ns> {
        self.incidents
            .iter()
            .filter(|i| i.covers(function, at))
            .filter(|i| matches!(&i.effect, Effect::While(c) if c.stopped))
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
                init_factor: release.init_factor,
                duration_factor: release.duration_factor,
                error_rate: release.error_rate,
                label: release.label.clone(),
                cause,
            };
            changes.push(change(incident.from, Cause::Scenario));
            changes.extend(incident.until.map(|until| change(until, Cause::Rollback)));
        }
        changes
    }
}

/// Whether a pattern with `*` and `?` matches a text.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while j < t.len() {
        match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(c) if *c == '?' || *c == t[j] => {
                i += 1;
                j += 1;
            }
            // Let the last star swallow one more character and try again from there.
            _ => match star {
                Some((at, swallowed)) => {
                    star = Some((at, swallowed + 1));
                    (i, j) = (at + 1, swallowed + 1);
                }
                None => return false,
            },
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

/// The functions a pattern means: of the name, or of `platform/name`.
pub fn matching(pattern: &str, functions: &[Function]) -> Vec<usize> {
    let means = |f: &Function| {
        glob(pattern, &f.name) || glob(pattern, &format!("{}/{}", f.platform.name(), f.name))
    };
    (0..functions.len())
        .filter(|i| means(&functions[*i]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, want) in [
            ("checkout", "checkout", true),
            ("check*", "checkout", true),
            ("*", "", true),
            ("*a*b", "xaxxb", true),
            ("c?rt", "cart", true),
            ("cart", "carts", false),
            ("aws_lambda/*", "aws_lambda/cart", true),
            ("*x", "abc", false),
        ] {
            assert_eq!(glob(pattern, text), want, "{pattern} on {text}");
        }
    }

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
                    assert!(
                        (*least..=*most).contains(&value),
                        "{}: {}",
                        kind.name,
                        p.name
                    );
                    params.numbers.insert(p.name, value);
                }
            }
            if let Effect::While(c) = (kind.effect)(&params) {
                assert_ne!(c, Conditions::USUAL, "{} does nothing", kind.name);
            }
        }
    }
}

//! From an indicator to a question, and the key under which its answers are kept: a hash of all that decides
//! what is counted, so that editing a target keeps what was measured.

use std::collections::BTreeMap;

use bigdecimal::ToPrimitive;
use sha2::{Digest, Sha256};
use store::slos::{Counted, Filters};

use super::indicator::{By, Fact, Indicator, Own, Queries};
use crate::cost::Pattern;

/// What an indicator asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The measure's key.
    pub measure: String,
    /// What is asked.
    pub of: Of,
}

/// Who answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Of {
    /// ClickHouse counts invocations.
    Invocations(store::slos::Question),
    /// Hours are priced here: an hour with invocations is an event.
    Costs(Bounded),
    /// Metrics of queues are read here: a minute in which a queue tells its age is an event.
    Queues(Bounded),
    /// A user's two queries.
    Queries(Queries),
}

/// A figure of functions or queues with a bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounded {
    /// What is still good: dollars for a thousand invocations, or seconds.
    pub bound: f64,
    /// Whether a value at the bound is good.
    pub at_bound: bool,
    /// Any of the patterns must match.
    pub filters: BTreeMap<By, Vec<Pattern>>,
    /// What has counts of its own.
    pub by: Vec<By>,
}

impl Bounded {
    /// Whether `value` is good. A price is known to 10⁻⁹, so that what is as close to the bound is at it.
    #[must_use]
    pub fn is_good(&self, value: f64) -> bool {
        let slack = self.bound * 1e-9;
        match self.at_bound {
            true => value <= self.bound + slack,
            false => value < self.bound - slack,
        }
    }

    /// The group of what has these parts and is of the function with this id; `None` where a filter does not
    /// let it pass.
    #[must_use]
    pub fn group<'a>(&self, function_id: &str, part: impl Fn(By) -> &'a str) -> Option<String> {
        let passes = |(by, patterns): (&By, &Vec<Pattern>)| {
            let own = part(*by);
            patterns.iter().any(|pattern| pattern.matches(own))
        };
        let named = |by: &By| match by {
            // A group of functions is one function: equal names in two regions have two budgets.
            By::Function => function_id,
            by => part(*by),
        };
        let group = || self.by.iter().map(named).collect::<Vec<_>>().join("\u{1f}");
        self.filters.iter().all(passes).then(group)
    }
}

/// The question that an indicator asks.
///
/// # Errors
/// With the reason why nothing here measures it.
pub fn question(indicator: Option<&Indicator>) -> Result<Question, String> {
    let mut of = match indicator {
        Some(Indicator::Own(own)) => of(own),
        Some(Indicator::Queries(queries)) => Of::Queries(queries.clone()),
        Some(Indicator::Foreign(kind)) => {
            return Err(format!(
                "its source is of type `{kind}`, which another tool measures; `nephoscope slo evaluate` \
                 reckons it from a file"
            ));
        }
        None => {
            return Err(
                "its indicator is not defined; write it into the SLO or beside it".to_owned(),
            );
        }
    };
    let text = match &of {
        // As it always was: what was measured under a key stays known.
        Of::Invocations(counted) => format!("{counted:?}"),
        other => format!("{other:?}"),
    };
    let measure = hex::encode(&Sha256::digest(text.as_bytes())[..8]);
    if let Of::Invocations(counted) = &mut of {
        counted.measure.clone_from(&measure);
    }
    Ok(Question { measure, of })
}

fn of(own: &Own) -> Of {
    let counted = match own.fact {
        Fact::Availability | Fact::ErrorsByTrigger => Counted::Availability,
        Fact::ColdStartShare => Counted::WarmStarts,
        Fact::Latency => Counted::Latency,
        Fact::ColdStartLatency => Counted::ColdStartLatency,
        Fact::Coverage => Counted::Coverage,
        Fact::CostPerThousand => return Of::Costs(bounded(own)),
        Fact::QueueFreshness => return Of::Queues(bounded(own)),
    };
    let patterns = |by: By| -> Vec<String> {
        let written = own.filters.get(&by).into_iter().flatten();
        written.map(|pattern| like(pattern)).collect()
    };
    Of::Invocations(store::slos::Question {
        measure: String::new(),
        counted,
        threshold_ms: threshold(own),
        at_threshold: own.at_threshold,
        filters: Filters {
            providers: patterns(By::Provider),
            accounts: patterns(By::Account),
            regions: patterns(By::Region),
            names: patterns(By::Function),
            versions: patterns(By::Version),
            triggers: patterns(By::Trigger),
        },
        by: own.group_by.iter().map(|by| spelled(*by)).collect(),
    })
}

fn bounded(own: &Own) -> Bounded {
    let patterns = |texts: &Vec<String>| texts.iter().map(|text| Pattern::new(text)).collect();
    Bounded {
        bound: threshold(own),
        at_bound: own.at_threshold,
        filters: own
            .filters
            .iter()
            .map(|(by, texts)| (*by, patterns(texts)))
            .collect(),
        by: own.group_by.clone(),
    }
}

fn threshold(own: &Own) -> f64 {
    let threshold = own.threshold.as_ref().and_then(|number| number.0.to_f64());
    threshold.unwrap_or(0.0)
}

const fn spelled(by: By) -> &'static str {
    match by {
        By::Provider => "provider",
        By::Account => "account",
        By::Region => "region",
        By::Function => "function",
        By::Version => "version",
        By::Trigger => "trigger",
        By::Queue => "queue",
    }
}

/// A pattern with `*` as `LIKE` spells it.
fn like(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    for c in pattern.chars() {
        match c {
            '*' => out.push('%'),
            '%' | '_' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::openslo::Number;

    fn own(threshold: &str) -> Own {
        Own {
            fact: Fact::Latency,
            threshold: Some(Number::parse(threshold).expect("a number")),
            at_threshold: true,
            filters: [(By::Function, vec!["shop_*".to_owned()])].into(),
            group_by: vec![By::Function],
        }
    }

    fn asked(own: Own) -> Question {
        question(Some(&Indicator::Own(own))).expect("measured")
    }

    #[test]
    fn a_measure_is_known_by_what_it_counts_and_patterns_are_literal_but_for_stars() {
        let one = asked(own("300"));
        let Of::Invocations(counted) = &one.of else {
            panic!("counted in ClickHouse");
        };
        assert_eq!(counted.filters.names, ["shop\\_%"]);
        assert_eq!(counted.measure, one.measure);
        assert_eq!(one.measure, asked(own("300")).measure);
        assert_ne!(one.measure, asked(own("301")).measure);
        assert_eq!(one.measure.len(), 16);
    }

    #[test]
    fn what_another_tool_measures_is_refused_by_its_name() {
        let foreign = question(Some(&Indicator::Foreign("Datadog".into()))).expect_err("refused");
        assert!(foreign.contains("Datadog"), "{foreign}");
    }

    #[test]
    fn a_bound_is_met_at_it_unless_it_must_be_below_and_groups_are_whole_functions() {
        let cost = |at_threshold| Own {
            fact: Fact::CostPerThousand,
            at_threshold,
            ..own("0.2")
        };
        let of = |own: Own| match asked(own).of {
            Of::Costs(bounded) => bounded,
            other => panic!("{other:?}"),
        };
        let (at, below) = (of(cost(true)), of(cost(false)));
        assert!(at.is_good(0.2) && at.is_good(0.1 + 0.1 + 1e-12) && !at.is_good(0.201));
        assert!(!below.is_good(0.2) && below.is_good(0.199));
        let part = |name: &'static str| {
            move |by: By| match by {
                By::Function => name,
                _ => "",
            }
        };
        let id = "aws:1:eu:shop_a";
        assert_eq!(at.group(id, part("shop_a")).as_deref(), Some(id));
        assert_eq!(at.group("aws:1:eu:other", part("other")), None);
    }
}

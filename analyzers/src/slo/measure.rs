//! From an indicator to a question to the store, and the key under which its answers are kept: a hash of all
//! that decides what is counted, so that editing a target keeps what was measured.

use bigdecimal::ToPrimitive;
use sha2::{Digest, Sha256};
use store::slos::{Counted, Filters, Question};

use super::indicator::{By, Fact, Indicator, Own};

/// The question that an indicator asks.
///
/// # Errors
/// With the reason why nothing here measures it.
pub fn question(indicator: Option<&Indicator>) -> Result<Question, String> {
    match indicator {
        Some(Indicator::Own(own)) => of(own),
        Some(Indicator::Queries(_)) => Err(
            "queries of `type: clickhouse` are not asked by the server; `nephoscope slo evaluate` \
             reckons their answers from a file"
                .to_owned(),
        ),
        Some(Indicator::Foreign(kind)) => Err(format!(
            "its source is of type `{kind}`, which another tool measures; `nephoscope slo evaluate` \
             reckons it from a file"
        )),
        None => Err("its indicator is not defined; write it into the SLO or beside it".to_owned()),
    }
}

fn of(own: &Own) -> Result<Question, String> {
    let counted = match own.fact {
        Fact::Availability | Fact::ErrorsByTrigger => Counted::Availability,
        Fact::ColdStartShare => Counted::WarmStarts,
        Fact::Latency => Counted::Latency,
        Fact::ColdStartLatency => Counted::ColdStartLatency,
        Fact::Coverage => Counted::Coverage,
        Fact::CostPerThousand | Fact::QueueFreshness => {
            return Err(format!(
                "`{}` is not measured by the server; `nephoscope slo evaluate` reckons it from a file",
                match own.fact {
                    Fact::CostPerThousand => "cost_per_thousand",
                    _ => "queue_freshness",
                }
            ));
        }
    };
    let patterns = |by: By| -> Vec<String> {
        let written = own.filters.get(&by).into_iter().flatten();
        written.map(|pattern| like(pattern)).collect()
    };
    let threshold = own.threshold.as_ref().and_then(|number| number.0.to_f64());
    let mut question = Question {
        measure: String::new(),
        counted,
        threshold_ms: threshold.unwrap_or(0.0),
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
    };
    let hash = Sha256::digest(format!("{question:?}").as_bytes());
    question.measure = hex::encode(&hash[..8]);
    Ok(question)
}

const fn spelled(by: By) -> &'static str {
    match by {
        By::Provider => "provider",
        By::Account => "account",
        By::Region => "region",
        By::Function => "function",
        By::Version => "version",
        By::Trigger => "trigger",
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

    #[test]
    fn a_measure_is_known_by_what_it_counts_and_patterns_are_literal_but_for_stars() {
        let one = of(&own("300")).expect("measured");
        assert_eq!(one.filters.names, ["shop\\_%"]);
        assert_eq!(one.measure, of(&own("300")).expect("measured").measure);
        assert_ne!(one.measure, of(&own("301")).expect("measured").measure);
        assert_eq!(one.measure.len(), 16);
    }

    #[test]
    fn what_nothing_measures_is_refused_by_its_name() {
        let cost = Own {
            fact: Fact::CostPerThousand,
            ..own("1")
        };
        let refused = question(Some(&Indicator::Own(cost))).expect_err("refused");
        assert!(refused.contains("cost_per_thousand"), "{refused}");
        let foreign = question(Some(&Indicator::Foreign("Datadog".into()))).expect_err("refused");
        assert!(foreign.contains("Datadog"), "{foreign}");
    }
}

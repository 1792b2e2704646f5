//! Indicators out of our own facts, without SQL: a metric source of `type: nephoscope`. Or out of two
//! queries with bound times, of `type: clickhouse`, for who may ask them. Sources of other tools are kept
//! and written again; what they would answer can be given as a file.
//!
//! ```yaml
//! ratioMetric:
//!   rawType: success
//!   raw:
//!     metricSource:
//!       type: nephoscope
//!       spec:
//!         indicator: latency       # of invocations
//!         threshold: 300           # ms
//!         filters: {function: [checkout*], region: [eu-central-1]}
//!         group_by: [function]     # a budget for each
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::openslo::any::Any;
use super::openslo::{Metric, Number, Objective, Operator, Sli};

/// Our type of metric source.
pub const OWN: &str = "nephoscope";
/// Queries to our ClickHouse.
pub const QUERIES: &str = "clickhouse";

/// What is counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Indicator {
    /// Our own facts.
    Own(Own),
    /// Two queries.
    Queries(Queries),
    /// Another tool's; its type, as it names itself.
    Foreign(String),
}

/// A question to our own facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// Which fact.
    pub fact: Fact,
    /// What is still good, in the fact's unit; `None` where the fact itself is good or bad.
    pub threshold: Option<Number>,
    /// Whether a value at the threshold is good, as it is unless an objective says `lt` or `gt`.
    pub at_threshold: bool,
    /// Patterns with `*`, any of which must match, by what they are matched with.
    pub filters: BTreeMap<By, Vec<String>>,
    /// What has a budget of its own; empty: one budget for all.
    pub group_by: Vec<By>,
}

/// Facts that are good or bad.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Invocations that did not fail.
    Availability,
    /// Invocations within `threshold` ms.
    Latency,
    /// Invocations that did not start cold.
    ColdStartShare,
    /// Cold starts whose initialisation stays within `threshold` ms; 100 if it is not told.
    ColdStartLatency,
    /// Hours in which a thousand invocations cost at most `threshold` dollars, at list price before free
    /// grants: what is billed is rounded invocation by invocation and summed by the hour, so that no shorter
    /// time has a cost that is known. Hours without invocations, or without a price, are no events.
    CostPerThousand,
    /// Minutes of queues and streams in which the oldest message, or the record read last, is at most
    /// `threshold` seconds old: what brokers tell are ages, not single messages. A minute in which a queue
    /// tells nothing is no event.
    QueueFreshness,
    /// Known invocations of which a span arrived.
    Coverage,
    /// Invocations that did not fail, by what triggered them.
    ErrorsByTrigger,
}

/// What invocations are told apart by.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// `aws`, `azure`, …
    Provider,
    /// The account or project.
    Account,
    /// The region.
    Region,
    /// The function's name.
    Function,
    /// Its version.
    Version,
    /// What invoked it.
    Trigger,
    /// The queue, topic or stream; of `queue_freshness` alone.
    Queue,
}

/// Two queries that answer `minute` and `count`, over bound times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queries {
    /// The numerator.
    pub part: String,
    /// Whether the numerator counts good events; else bad ones.
    pub part_is_good: bool,
    /// All events.
    pub total: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnSpec {
    indicator: Fact,
    threshold: Option<serde_json::Number>,
    #[serde(default)]
    filters: BTreeMap<By, Vec<String>>,
    #[serde(default)]
    group_by: Vec<By>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuerySpec {
    query: String,
}

/// Patterns of one filter.
const PATTERNS_MAX: usize = 100;
/// Characters of a query.
const QUERY_CHARS_MAX: usize = 20_000;

/// Reads what `sli` counts for `objective`.
///
/// # Errors
/// With what is wrong with a source of ours.
pub fn indicator(sli: &Sli, objective: &Objective) -> Result<Indicator, String> {
    if let Some(metric) = &sli.threshold_metric {
        return match kind(metric) {
            OWN => own(metric, Some(objective)).map(Indicator::Own),
            QUERIES => Err(
                "a `clickhouse` source counts events: write `good` or `bad` and `total`".to_owned(),
            ),
            other => Ok(Indicator::Foreign(other.to_owned())),
        };
    }
    let Some(ratio) = &sli.ratio_metric else {
        return Err("it has neither `thresholdMetric` nor `ratioMetric`".to_owned());
    };
    if let Some(raw) = &ratio.raw {
        return match kind(raw) {
            OWN if ratio.raw_type == Some(super::openslo::RawType::Failure) => {
                Err("a `nephoscope` source tells what is good: write `rawType: success`".to_owned())
            }
            OWN => own(raw, None).map(Indicator::Own),
            QUERIES => Err(
                "a `clickhouse` source counts events: write `good` or `bad` and `total`".to_owned(),
            ),
            other => Ok(Indicator::Foreign(other.to_owned())),
        };
    }
    let (part, part_is_good) = match (&ratio.good, &ratio.bad) {
        (Some(good), _) => (good, true),
        (None, Some(bad)) => (bad, false),
        (None, None) => return Err("`good` or `bad` is missing".to_owned()),
    };
    let Some(total) = &ratio.total else {
        return Err("`total` is missing".to_owned());
    };
    match (kind(part), kind(total)) {
        (QUERIES, QUERIES) => Ok(Indicator::Queries(Queries {
            part: query(part)?,
            part_is_good,
            total: query(total)?,
        })),
        (OWN, _) | (_, OWN) => Err(
            "a `nephoscope` source is good and total in one: write it as `raw` with \
                                    `rawType: success`"
                .to_owned(),
        ),
        (QUERIES, _) | (_, QUERIES) => Err("both queries must be of `type: clickhouse`".to_owned()),
        (other, _) => Ok(Indicator::Foreign(other.to_owned())),
    }
}

/// A source's type; one that only refers to a data source is somebody else's.
fn kind(metric: &Metric) -> &str {
    metric.metric_source.r#type.as_deref().unwrap_or("another")
}

fn own(metric: &Metric, objective: Option<&Objective>) -> Result<Own, String> {
    let spec: OwnSpec = read(&metric.metric_source.spec)?;
    told_apart(&spec)?;
    for (by, patterns) in &spec.filters {
        if patterns.is_empty() || patterns.len() > PATTERNS_MAX {
            return Err(format!(
                "the filter `{}` has 1 to {PATTERNS_MAX} patterns",
                spelled(by)
            ));
        }
    }
    let written = spec
        .threshold
        .map(|number| Number::parse(&number.to_string()))
        .transpose()?;
    let compared = objective.and_then(|one| one.value.clone());
    let (threshold, at_threshold) = match (written, compared) {
        (Some(_), Some(_)) => {
            return Err(
                "the objective's `value` is the threshold; leave out `threshold`".to_owned(),
            );
        }
        (written, compared) => {
            let op = objective.and_then(|one| one.op);
            if matches!(op, Some(Operator::Gt | Operator::Gte)) {
                return Err("smaller values are better: write `op: lt` or `op: lte`".to_owned());
            }
            (written.or(compared), op != Some(Operator::Lt))
        }
    };
    let threshold = match (spec.indicator, threshold) {
        (Fact::ColdStartLatency, None) => Some(Number::parse("100")?),
        (fact @ (Fact::Latency | Fact::CostPerThousand | Fact::QueueFreshness), None) => {
            return Err(format!("`{}` needs a `threshold`", spelled(&fact)));
        }
        (
            fact @ (Fact::Availability
            | Fact::ColdStartShare
            | Fact::Coverage
            | Fact::ErrorsByTrigger),
            Some(_),
        ) => {
            return Err(format!(
                "`{}` is good or bad by itself; leave out the threshold",
                spelled(&fact)
            ));
        }
        (_, threshold) => threshold,
    };
    if threshold.as_ref().is_some_and(|number| number.0 <= 0) {
        return Err("the threshold must be above 0".to_owned());
    }
    let mut group_by = spec.group_by;
    if spec.indicator == Fact::ErrorsByTrigger && !group_by.contains(&By::Trigger) {
        group_by.push(By::Trigger);
    }
    Ok(Own {
        fact: spec.indicator,
        threshold,
        at_threshold,
        filters: spec.filters,
        group_by,
    })
}

/// Queues have names, invocations versions and triggers; neither has the other's.
fn told_apart(spec: &OwnSpec) -> Result<(), String> {
    let of_queues = spec.indicator == Fact::QueueFreshness;
    for by in spec.filters.keys().chain(&spec.group_by) {
        if (*by == By::Queue) != of_queues && matches!(by, By::Queue | By::Version | By::Trigger) {
            return Err(format!(
                "`{}` does not tell its events apart by `{}`",
                spelled(&spec.indicator),
                spelled(by)
            ));
        }
    }
    Ok(())
}

/// A name as files spell it.
fn spelled(name: &impl Serialize) -> String {
    let value = serde_json::to_value(name).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn query(metric: &Metric) -> Result<String, String> {
    let spec: QuerySpec = read(&metric.metric_source.spec)?;
    store::slos::allowed(&spec.query)?;
    match spec.query.chars().count() <= QUERY_CHARS_MAX {
        true => Ok(spec.query),
        false => Err(format!("a query has at most {QUERY_CHARS_MAX} characters")),
    }
}

fn read<T: serde::de::DeserializeOwned>(spec: &Any) -> Result<T, String> {
    let value = serde_json::to_value(spec).map_err(|error| error.to_string())?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::openslo::Library;
    use crate::slo::plan::plans;

    fn of(metric: &str, objective: &str) -> Result<Indicator, String> {
        let text = format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: a}}\nspec:\n  service: b\n  indicator: \
             {{metadata: {{name: c}}, spec: {metric}}}\n  timeWindow: [{{duration: 1d, isRolling: true}}]\n  \
             budgetingMethod: Occurrences\n  objectives: [{{target: 0.9{objective}}}]\n"
        );
        let mut library = Library::default();
        library.add("a.yaml", &text).map_err(|error| error.reason)?;
        let (slos, _) = library.slos();
        let plan = plans(&slos[0]).map_err(|error| error.reason)?;
        plan[0].objectives[0]
            .indicator
            .clone()
            .ok_or("none".to_owned())
    }

    fn ratio(spec: &str) -> String {
        format!(
            "{{ratioMetric: {{rawType: success, raw: {{metricSource: {{type: nephoscope, spec: {spec}}}}}}}}}"
        )
    }

    #[test]
    fn facts_have_their_thresholds_filters_and_groups() {
        let spec = "{indicator: latency, threshold: 300, filters: {function: [a*, b]}, group_by: [region]}";
        let Ok(Indicator::Own(own)) = of(&ratio(spec), "") else {
            panic!("our own");
        };
        assert_eq!((own.fact, own.at_threshold), (Fact::Latency, true));
        assert_eq!(own.filters[&By::Function], ["a*", "b"]);
        assert_eq!(own.group_by, [By::Region]);
        let metric = "{thresholdMetric: {metricSource: {type: nephoscope, spec: {indicator: cold_start_latency}}}}";
        let Ok(Indicator::Own(own)) = of(metric, ", op: lt, value: 250.5") else {
            panic!("our own");
        };
        assert_eq!(
            (own.threshold, own.at_threshold),
            (Some(Number::parse("250.5").expect("a number")), false)
        );
        let Ok(Indicator::Own(own)) = of(&ratio("{indicator: cold_start_latency}"), "") else {
            panic!("our own");
        };
        assert_eq!(own.threshold, Some(Number::parse("100").expect("a number")));
        let Ok(Indicator::Own(own)) = of(&ratio("{indicator: errors_by_trigger}"), "") else {
            panic!("our own");
        };
        assert_eq!(own.group_by, [By::Trigger]);
    }

    #[test]
    fn queries_come_in_pairs_and_other_tools_keep_theirs() {
        let source = |kind: &str| format!("{{metricSource: {{type: {kind}, spec: {{query: q}}}}}}");
        let pair = |part: &str, one: &str, other: &str| {
            format!(
                "{{ratioMetric: {{{part}: {}, total: {}}}}}",
                source(one),
                source(other)
            )
        };
        let Ok(Indicator::Queries(queries)) = of(&pair("bad", QUERIES, QUERIES), "") else {
            panic!("queries");
        };
        assert!(!queries.part_is_good && queries.total == "q");
        let foreign = of(&pair("good", "Prometheus", "Prometheus"), "");
        assert_eq!(foreign, Ok(Indicator::Foreign("Prometheus".to_owned())));
        for (metric, objective, part) in [
            (pair("good", QUERIES, "Datadog"), "", "both queries"),
            (pair("good", OWN, OWN), "", "rawType: success"),
            (
                ratio("{indicator: availability, threshold: 3}"),
                "",
                "good or bad by itself",
            ),
            (ratio("{indicator: latency, threshold: 0}"), "", "above 0"),
            (
                ratio("{indicator: latency, threshold: 1, filters: {function: []}}"),
                "",
                "`function` has 1",
            ),
            (
                ratio("{indicator: latency, threshold: 1, filters: {colour: [red]}}"),
                "",
                "colour",
            ),
            (
                format!("{{thresholdMetric: {}}}", source(QUERIES)),
                ", op: lt, value: 1",
                "counts events",
            ),
            (
                "{thresholdMetric: {metricSource: {type: nephoscope, spec: {indicator: latency}}}}"
                    .to_owned(),
                ", op: gt, value: 1",
                "smaller values",
            ),
        ] {
            let error = of(&metric, objective).expect_err(&metric);
            assert!(error.contains(part), "{metric}: {error}");
        }
    }
}

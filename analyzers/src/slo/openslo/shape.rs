//! The seven kinds of OpenSLO v1, as their files spell them. What the specification lets out is an
//! `Option`; what it does not know is refused while reading.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::any::Any;
use super::duration::Duration;
use super::number::Number;

/// The only version that is read.
pub const API_VERSION: &str = "openslo/v1";

/// What an object is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Connection details of a metric store.
    DataSource,
    /// An objective.
    #[serde(rename = "SLO")]
    Slo,
    /// An indicator.
    #[serde(rename = "SLI")]
    Sli,
    /// When an SLO alerts, and whom.
    AlertPolicy,
    /// A condition of burning.
    AlertCondition,
    /// Whom to tell.
    AlertNotificationTarget,
    /// What SLOs are grouped by.
    Service,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DataSource => "DataSource",
            Self::Slo => "SLO",
            Self::Sli => "SLI",
            Self::AlertPolicy => "AlertPolicy",
            Self::AlertCondition => "AlertCondition",
            Self::AlertNotificationTarget => "AlertNotificationTarget",
            Self::Service => "Service",
        })
    }
}

/// An object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// Connection details of a metric store.
    DataSource(Named<DataSource>),
    /// An objective.
    Slo(Box<Named<Slo>>),
    /// An indicator.
    Sli(Box<Named<Sli>>),
    /// When an SLO alerts, and whom.
    AlertPolicy(Named<AlertPolicy>),
    /// A condition of burning.
    AlertCondition(Named<AlertCondition>),
    /// Whom to tell.
    AlertNotificationTarget(Named<AlertNotificationTarget>),
    /// What SLOs are grouped by.
    Service(Named<Service>),
}

/// A specification with its name.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Named<S> {
    /// Its name and what is said about it.
    pub metadata: Metadata,
    /// The specification.
    pub spec: S,
}

/// What every object bears.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// A DNS label.
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Values by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Label>,
    /// What a tool keeps with the object; ours begin with `nephoscope.dev/`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// One value, or several; each stays as it was written.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Label {
    /// `env: prod`
    One(String),
    /// `env: [prod, dev]`
    Several(Vec<String>),
}

/// `spec` of a DataSource.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataSource {
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Prometheus`, `Datadog`, ….
    pub r#type: String,
    /// Whatever the source needs.
    pub connection_details: Any,
}

/// `spec` of a Service.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `spec` of an SLI.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sli {
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A value that objectives compare with theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_metric: Option<Metric>,
    /// A share of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio_metric: Option<RatioMetric>,
}

/// Good or bad out of all, or a ratio that somebody else computed.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RatioMetric {
    /// Whether the metric only ever grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<bool>,
    /// Good events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good: Option<Metric>,
    /// Bad events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad: Option<Metric>,
    /// All events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Metric>,
    /// Which share `raw` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_type: Option<RawType>,
    /// The share itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Metric>,
}

/// What a precomputed ratio is a ratio of.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum RawType {
    /// Good out of all.
    Success,
    /// Bad out of all.
    Failure,
}

/// A metric.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// Where it comes from.
    pub metric_source: MetricSource,
}

/// Where a metric comes from.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricSource {
    /// A DataSource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_source_ref: Option<String>,
    /// What answers; `nephoscope` and `clickhouse` are ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// The question, in whatever words the source understands.
    pub spec: Any,
}

/// `spec` of an SLO.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Slo {
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whose objective it is.
    pub service: String,
    /// The indicator, in place; absent in composites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<Named<Sli>>,
    /// The indicator, by name; absent in composites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator_ref: Option<String>,
    /// Exactly one.
    #[serde(default)]
    pub time_window: Vec<TimeWindow>,
    /// How events become budget.
    pub budgeting_method: BudgetingMethod,
    /// One or more.
    pub objectives: Vec<Objective>,
    /// When to alert.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alert_policies: Vec<PolicyItem>,
}

/// How events become budget.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub enum BudgetingMethod {
    /// Each event counts.
    Occurrences,
    /// Each slice of time is good or bad.
    Timeslices,
    /// The mean of the slices' shares.
    RatioTimeslices,
}

/// The window a budget is for.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeWindow {
    /// Its length.
    pub duration: Duration,
    /// Whether it ends now; else it is a period of a calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_rolling: Option<bool>,
    /// When its periods begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
}

/// When a calendar's periods begin.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Calendar {
    /// The first begins then: `2020-01-21 12:30:00`, no zone.
    pub start_time: String,
    /// IANA's name of the zone.
    pub time_zone: String,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// `<=`
    Lte,
    /// `>=`
    Gte,
    /// `<`
    Lt,
    /// `>`
    Gt,
}

/// What is to be reached.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Objective {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// How a threshold metric is compared with `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<Operator>,
    /// What a threshold metric is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// The share to reach, 0 to below 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Number>,
    /// The share to reach, 0 to below 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_percent: Option<Number>,
    /// The share of a good slice, above 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_slice_target: Option<Number>,
    /// A slice's length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_slice_window: Option<Duration>,
    /// Of a composite: the indicator, in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<Named<Sli>>,
    /// Of a composite: the indicator, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator_ref: Option<String>,
    /// Of a composite: how much this objective burns of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite_weight: Option<Number>,
}

/// An alert policy in place, or by name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyItem {
    /// By name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_policy_ref: Option<String>,
    /// In place: its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// In place: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// In place: its specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<AlertPolicy>,
}

/// `spec` of an AlertPolicy.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlertPolicy {
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether missing data is an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_when_no_data: Option<bool>,
    /// Whether the end of an alert is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_when_resolved: Option<bool>,
    /// Whether the condition's being true is an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_when_breaching: Option<bool>,
    /// Exactly one.
    #[serde(default)]
    pub conditions: Vec<ConditionItem>,
    /// One or more.
    #[serde(default)]
    pub notification_targets: Vec<TargetItem>,
}

/// A condition in place, or by name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionItem {
    /// By name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_ref: Option<String>,
    /// In place: its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// In place: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// In place: its specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<AlertCondition>,
}

/// A notification target in place, or by name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetItem {
    /// By name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_ref: Option<String>,
    /// In place: its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// In place: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// In place: its specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<AlertNotificationTarget>,
}

/// `spec` of an AlertCondition.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct AlertCondition {
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `page`, `sev1`, ….
    pub severity: String,
    /// What must hold.
    pub condition: Condition,
}

/// A condition's kind; the specification knows one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ConditionKind {
    /// The budget burns faster or slower than a threshold.
    #[default]
    BurnRate,
}

/// What must hold of the burn rate.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// `burnrate`.
    #[serde(default)]
    pub kind: ConditionKind,
    /// How the burn rate is compared.
    pub op: Operator,
    /// With what.
    pub threshold: Number,
    /// Over which time.
    pub lookback_window: Duration,
    /// For how long it must hold; default: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_after: Option<Duration>,
}

/// `spec` of an AlertNotificationTarget.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct AlertNotificationTarget {
    /// `email`, `slack`, ….
    pub target: String,
    /// For people, at most 1050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

//! The shapes of answers and requests, field for field.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use store::model::UnixNano;

use crate::matchers::{Matcher, Operator};
use crate::model::{Alert, Labels, time};
use crate::silences::{self, Silence};

/// `2026-01-02T03:04:05.678Z`: always three decimals.
pub(super) fn text(at: UnixNano) -> String {
    let at = Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[derive(Debug, Serialize)]
pub(super) struct ReceiverName {
    pub name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertStatus {
    pub inhibited_by: Vec<String>,
    pub muted_by: Vec<String>,
    pub silenced_by: Vec<String>,
    pub state: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GettableAlert {
    pub annotations: Labels,
    pub ends_at: String,
    pub fingerprint: String,
    pub receivers: Vec<ReceiverName>,
    pub starts_at: String,
    pub status: AlertStatus,
    pub updated_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    pub generator_url: String,
    pub labels: Labels,
}

impl GettableAlert {
    pub fn new(alert: &Alert, status: AlertStatus, receivers: Vec<ReceiverName>) -> Self {
        Self {
            annotations: alert.annotations.clone(),
            ends_at: text(alert.ends_at),
            fingerprint: alert.fingerprint.to_string(),
            receivers,
            starts_at: text(alert.starts_at),
            status,
            updated_at: text(alert.updated_at),
            generator_url: alert.generator_url.clone(),
            labels: alert.labels.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub alerts: Vec<GettableAlert>,
    pub labels: Labels,
    pub receiver: ReceiverName,
}

/// A time, or none where Go writes its zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Time(pub Option<UnixNano>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        if text.is_empty() {
            return Ok(Self(None));
        }
        let read = time::read(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(read))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostableAlert {
    pub labels: Labels,
    #[serde(default)]
    pub annotations: Option<Labels>,
    #[serde(default)]
    pub starts_at: Time,
    #[serde(default)]
    pub ends_at: Time,
    #[serde(default, rename = "generatorURL")]
    pub generator_url: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MatcherShape {
    /// Absent is true, as it was before it could be said.
    #[serde(default = "yes")]
    pub is_equal: bool,
    pub is_regex: bool,
    pub name: String,
    pub value: String,
}

fn yes() -> bool {
    true
}

impl MatcherShape {
    fn of(matcher: &Matcher) -> Self {
        Self {
            is_equal: matches!(matcher.op, Operator::Equal | Operator::Matches),
            is_regex: matches!(matcher.op, Operator::Matches | Operator::NotMatches),
            name: matcher.name.clone(),
            value: matcher.value.clone(),
        }
    }

    /// The matcher.
    ///
    /// # Errors
    /// What is wrong with its expression.
    pub fn matcher(self) -> Result<Matcher, String> {
        let op = match (self.is_equal, self.is_regex) {
            (true, false) => Operator::Equal,
            (false, false) => Operator::NotEqual,
            (true, true) => Operator::Matches,
            (false, true) => Operator::NotMatches,
        };
        Matcher::new(self.name, op, self.value).map_err(|error| error.reason)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostableSilence {
    #[serde(default)]
    pub id: Option<String>,
    pub matchers: Vec<MatcherShape>,
    pub starts_at: Time,
    pub ends_at: Time,
    pub created_by: String,
    pub comment: String,
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize)]
pub(super) struct SilenceStatus {
    pub state: silences::State,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GettableSilence {
    pub id: String,
    pub status: SilenceStatus,
    pub updated_at: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    pub comment: String,
    pub created_by: String,
    pub ends_at: String,
    pub matchers: Vec<MatcherShape>,
    pub starts_at: String,
}

impl GettableSilence {
    pub fn new(silence: &Silence, now: UnixNano) -> Self {
        let matchers = silence.matcher_sets.iter().take(1);
        let matchers = matchers.flat_map(|set| set.iter());
        Self {
            id: silence.id.clone(),
            status: SilenceStatus {
                state: silence.state(now),
            },
            updated_at: text(silence.updated_at),
            annotations: silence.annotations.clone(),
            comment: silence.comment.clone(),
            created_by: silence.created_by.clone(),
            ends_at: text(silence.ends_at),
            matchers: matchers.map(MatcherShape::of).collect(),
            starts_at: text(silence.starts_at),
        }
    }
}

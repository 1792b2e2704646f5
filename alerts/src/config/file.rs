//! The shapes of the file, each value with its place where a check may have to name it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use super::receiver::ReceiverFile;
use super::{Duration, Fault, Settings};
use crate::intervals::TimeInterval;
use crate::matchers::{self, Matcher, Operator};

/// Deepest nesting of maps and lists; a level of routes takes two.
const DEPTH_MAX: usize = 512;
/// Reading takes up to 50 KB of stack for each level, more than threads have; it is only reserved.
const STACK_BYTES: usize = 64 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// What receivers fall back on, and `resolve_timeout`.
    pub global: Option<Settings>,
    pub route: Option<Spanned<RouteFile>>,
    pub receivers: Option<Vec<Spanned<ReceiverFile>>>,
    pub inhibit_rules: Option<Vec<InhibitRuleFile>>,
    pub templates: Option<Vec<String>>,
    pub time_intervals: Option<Vec<NamedIntervals>>,
    /// The older name.
    pub mute_time_intervals: Option<Vec<NamedIntervals>>,
    /// Alertmanager's own traces and records; ours are kept anyway.
    #[serde(rename = "tracing")]
    _tracing: Option<serde::de::IgnoredAny>,
    #[serde(rename = "event_recorder")]
    _event_recorder: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteFile {
    pub receiver: Option<Spanned<String>>,
    pub group_by: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(rename = "match")]
    pub equals: Option<Spanned<Equals>>,
    pub match_re: Option<Spanned<Expressions>>,
    pub matchers: Option<Spanned<MatcherTexts>>,
    pub mute_time_intervals: Option<Vec<Spanned<String>>>,
    pub active_time_intervals: Option<Vec<Spanned<String>>>,
    #[serde(rename = "continue")]
    pub continues: Option<Spanned<bool>>,
    pub routes: Option<Vec<RouteFile>>,
    pub group_wait: Option<Duration>,
    pub group_interval: Option<Spanned<Duration>>,
    pub repeat_interval: Option<Spanned<Duration>>,
    pub labels: Option<Spanned<BTreeMap<String, String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InhibitRuleFile {
    pub name: Option<String>,
    pub source_match: Option<Equals>,
    pub source_match_re: Option<Expressions>,
    pub source_matchers: Option<MatcherTexts>,
    pub target_match: Option<Equals>,
    pub target_match_re: Option<Expressions>,
    pub target_matchers: Option<MatcherTexts>,
    pub equal: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedIntervals {
    pub name: Spanned<String>,
    pub time_intervals: Option<Vec<TimeInterval>>,
}

/// `matchers`: each text may hold several.
#[derive(Debug, Default)]
pub(super) struct MatcherTexts(pub Vec<Matcher>);
/// `match`: a label's value is this.
#[derive(Debug, Default)]
pub(super) struct Equals(pub Vec<Matcher>);
/// `match_re`: a label's value matches this.
#[derive(Debug, Default)]
pub(super) struct Expressions(pub Vec<Matcher>);

impl<'de> Deserialize<'de> for MatcherTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// One text, so that an error is placed at it.
        struct Text(Vec<Matcher>);
        impl<'de> Deserialize<'de> for Text {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                matchers::parse(&text).map(Self).map_err(|error| {
                    serde::de::Error::custom(format!("cannot read the matchers {text:?}: {error}"))
                })
            }
        }
        let texts = Vec::<Text>::deserialize(deserializer)?;
        Ok(Self(texts.into_iter().flat_map(|text| text.0).collect()))
    }
}

impl<'de> Deserialize<'de> for Equals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        pairs(deserializer, Operator::Equal).map(Self)
    }
}

impl<'de> Deserialize<'de> for Expressions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        pairs(deserializer, Operator::Matches).map(Self)
    }
}

/// The older way of writing matchers, whose names are Prometheus' classic ones.
fn pairs<'de, D: Deserializer<'de>>(
    deserializer: D,
    op: Operator,
) -> Result<Vec<Matcher>, D::Error> {
    let pairs = BTreeMap::<String, Option<String>>::deserialize(deserializer)?;
    let matcher = |(name, value): (String, Option<String>)| {
        let first = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
        let classic = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !first || !classic {
            return Err(format!("invalid label name {name:?}"));
        }
        let value = match op {
            Operator::Equal => value.unwrap_or_default(),
            _ => value.ok_or_else(|| format!("invalid regular expression for {name:?}"))?,
        };
        Matcher::new(name, op, value).map_err(|error| error.reason)
    };
    let read = pairs.into_iter().map(matcher);
    read.collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}

/// Our own file, of which one section is Alertmanager's.
#[derive(Deserialize)]
struct Outer {
    alerting: Option<File>,
}

/// Reads the shapes; what they mean together is checked afterwards.
pub(super) fn read(text: &str) -> Result<File, Fault> {
    on_a_deep_stack(|| shapes(text))
}

/// Reads the section `alerting` of our own file, if it is there; all other sections are passed over.
pub(super) fn read_section(text: &str) -> Result<Option<File>, Fault> {
    on_a_deep_stack(|| shapes::<Outer>(text)).map(|outer| outer.alerting)
}

fn on_a_deep_stack<T: Send>(read: impl FnOnce() -> Result<T, Fault> + Send) -> Result<T, Fault> {
    let unread = |reason: &str| Fault::at(&Location::UNKNOWN, reason);
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK_BYTES);
        let reader = reader.spawn_scoped(scope, read);
        let reader = reader.map_err(|error| unread(&format!("no thread to read it: {error}")))?;
        reader.join().map_err(|_| unread("the reader failed"))?
    })
}

fn shapes<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
        },
    };
    serde_saphyr::from_str_with_options::<T>(text, options).map_err(|error| {
        let reason = error.without_snippet().to_string();
        let reason = reason.lines().next().unwrap_or_default();
        // The place is told once, and the library's advice to programmers not at all.
        let end = [" at line ", ", set DuplicateKeyPolicy"];
        let end = end.iter().filter_map(|tail| reason.rfind(tail)).min();
        let place = error.location().unwrap_or(Location::UNKNOWN);
        Fault::at(&place, &reason[..end.unwrap_or(reason.len())])
    })
}

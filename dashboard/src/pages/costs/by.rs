//! What costs are told apart by: a part of the function's id, its version, what called it, or a tag.

use std::collections::HashMap;

use store::model::{FunctionId, Usage};

use crate::format;
use crate::range::BadParameter;
use crate::web::Context;
use crate::web::form::Choice;

/// Longest tag key that is read from the address, bytes.
const MAX_TAG_BYTES: usize = 200;

/// Values of one tag: function id to value.
pub(super) type Tags = HashMap<String, String>;

/// What costs are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    Function,
    Version,
    Provider,
    Account,
    Region,
    Trigger,
    /// Any attribute of the resource.
    Tag(String),
}

impl By {
    const PLAIN: [(Self, &'static str, &'static str); 6] = [
        (Self::Function, "function", "Function"),
        (Self::Version, "version", "Version"),
        (Self::Provider, "provider", "Provider"),
        (Self::Account, "account", "Account"),
        (Self::Region, "region", "Region"),
        (Self::Trigger, "trigger", "Trigger"),
    ];

    /// `by=region`, `by=tag:team`; by function when nothing is said.
    pub(super) fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let Some(text) = ctx.params.get("by") else {
            return Ok(Self::Function);
        };
        if let Some(key) = text.strip_prefix("tag:")
            && !key.is_empty()
            && key.len() <= MAX_TAG_BYTES
        {
            return Ok(Self::Tag(key.to_owned()));
        }
        let found = Self::PLAIN.into_iter().find(|(_, value, _)| *value == text);
        found.map(|(by, _, _)| by).ok_or_else(|| {
            let names: Vec<&str> = Self::PLAIN.iter().map(|(_, value, _)| *value).collect();
            let reason = format!("group by {} or tag:<attribute>", names.join(", "));
            BadParameter::new("by", text, reason)
        })
    }

    /// As it stands in addresses and queries.
    pub(super) fn value(&self) -> String {
        match self {
            Self::Tag(key) => format!("tag:{key}"),
            plain => (Self::PLAIN.iter().find(|(by, _, _)| by == plain))
                .map_or(String::new(), |(_, value, _)| (*value).to_owned()),
        }
    }

    /// The heading of the column.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Tag(key) => format::bounded(key, 40),
            plain => (Self::PLAIN.iter().find(|(by, _, _)| by == plain))
                .map_or(String::new(), |(_, _, label)| (*label).to_owned()),
        }
    }

    /// What can be chosen; `tags` are the keys of attributes that were seen.
    pub(super) fn choices(&self, tags: &[String]) -> Vec<Choice> {
        let plain = Self::PLAIN.into_iter().map(|(by, value, label)| Choice {
            value: value.to_owned(),
            label: format!("by {}", label.to_lowercase()),
            selected: by == *self,
        });
        let mut keys = tags.to_vec();
        if let Self::Tag(key) = self
            && !keys.contains(key)
        {
            keys.push(key.clone());
        }
        let tagged = keys.into_iter().map(|key| Choice {
            value: format!("tag:{key}"),
            label: format!("by tag {}", format::bounded(&key, 40)),
            selected: *self == Self::Tag(key),
        });
        plain.chain(tagged).collect()
    }

    /// The group that some use belongs to; empty where nobody told.
    pub(super) fn key(&self, usage: &Usage, id: &FunctionId, tags: &Tags) -> String {
        match self {
            Self::Function => usage.function_id.clone(),
            Self::Version => format!("{}\n{}", usage.function_id, usage.version),
            Self::Provider => id.provider.clone(),
            Self::Account => id.account.clone(),
            Self::Region => id.region.clone(),
            Self::Trigger => usage.trigger.clone(),
            Self::Tag(_) => tags.get(&usage.function_id).cloned().unwrap_or_default(),
        }
    }

    /// The group of a function as a whole, where groups are made of whole functions.
    pub(super) fn is_of_functions(&self) -> bool {
        !matches!(self, Self::Version | Self::Trigger)
    }

    /// What people read for a group's key, and a remark beside it.
    pub(super) fn name(&self, key: &str) -> (String, String) {
        let function = |text: &str| text.parse::<FunctionId>().unwrap_or_default();
        match self {
            Self::Function => {
                let id = function(key);
                (format::bounded(&id.name, 60), place(&id))
            }
            Self::Version => {
                let (of, version) = key.split_once('\n').unwrap_or((key, ""));
                let version = if version.is_empty() {
                    "no version told"
                } else {
                    version
                };
                let remark = format::bounded(version, 40);
                (format::bounded(&function(of).name, 60), remark)
            }
            _ if key.is_empty() => ("not told".to_owned(), String::new()),
            _ => (format::bounded(key, 60), String::new()),
        }
    }
}

/// `aws · eu-central-1`.
fn place(id: &FunctionId) -> String {
    let parts = [
        format::bounded(&id.provider, 24),
        format::bounded(&id.region, 32),
    ];
    let told: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    told.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    #[test]
    fn every_way_of_grouping_is_read_as_it_is_written() {
        for (by, value, _) in By::PLAIN {
            let ctx = context("/costs", &format!("by={value}"));
            assert_eq!(By::read(&ctx).ok(), Some(by.clone()));
            assert_eq!(by.value(), value);
        }
        let ctx = context("/costs", "by=tag:service.namespace");
        assert_eq!(
            By::read(&ctx).map(|by| by.value()).ok().as_deref(),
            Some("tag:service.namespace")
        );
        for bad in ["by=colour", "by=tag:", "by=tag"] {
            assert!(By::read(&context("/costs", bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn use_falls_into_its_group_and_what_nobody_told_stays_together() {
        let usage = Usage {
            function_id: "aws:1:eu:checkout".into(),
            version: "7".into(),
            ..Usage::default()
        };
        let id: FunctionId = usage.function_id.parse().expect("an id");
        let tags = Tags::from([(usage.function_id.clone(), "red".into())]);
        assert_eq!(By::Tag("team".into()).key(&usage, &id, &tags), "red");
        assert_eq!(By::Tag("team".into()).key(&usage, &id, &Tags::new()), "");
        let version = By::Version.key(&usage, &id, &tags);
        assert_eq!(
            By::Version.name(&version),
            ("checkout".to_owned(), "7".to_owned())
        );
        assert_eq!(By::Trigger.name("").0, "not told");
    }
}

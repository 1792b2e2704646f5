//! YAML as a tree that knows its places, within bounds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::fault::{At, Refusal, quoted, refuse};

/// A longer file holds no rules: SigmaHQ's longest has 20 KiB.
pub(super) const FILE_BYTES_MAX: usize = 1 << 20;
/// Values in one file, after its aliases are followed.
const NODES_MAX: usize = 50_000;
/// Aliases (`*name`) in one file; each may stand for much.
const ALIASES_MAX: usize = 100;
/// Lists and maps within one another.
const DEPTH_MAX: usize = 32;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub at: At,
    pub value: Yaml,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub at: At,
    pub value: Node,
}

/// The documents of a file; empty ones are left out.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Refusal> {
    if text.len() > FILE_BYTES_MAX {
        return refuse(
            At::default(),
            format!("a rule file has at most {FILE_BYTES_MAX} bytes"),
        );
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: NODES_MAX,
            max_aliases: ALIASES_MAX,
            max_depth: DEPTH_MAX,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: NODES_MAX,
            max_replay_stack_depth: 8,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    };
    let parsed: Vec<Spanned<Yaml>> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| {
            let told = error.to_string();
            let reason = told.lines().next().unwrap_or_default();
            // The place stands before the reason already.
            let reason = reason.split(" at line ").next().unwrap_or_default();
            Refusal {
                at: error.location().map(At::from).unwrap_or_default(),
                reason: reason.chars().take(300).collect(),
            }
        })?;
    Ok(parsed.into_iter().map(Node::from).collect())
}

impl From<Spanned<Yaml>> for Node {
    fn from(spanned: Spanned<Yaml>) -> Self {
        Self {
            at: spanned.referenced.into(),
            value: spanned.value,
        }
    }
}

impl Node {
    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries()?;
        let found = entries.iter().find(|entry| entry.key == key)?;
        Some(&found.value)
    }

    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Yaml::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// A list's values, or the one value that stands where a list may.
    pub fn each(&self) -> &[Node] {
        match &self.value {
            Yaml::List(list) => list,
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a scalar.
    pub fn scalar(&self) -> Option<String> {
        Some(match &self.value {
            Yaml::Text(text) => text.clone(),
            Yaml::Int(number) => number.to_string(),
            Yaml::Float(number) => number.to_string(),
            Yaml::Bool(truth) => truth.to_string(),
            Yaml::Null | Yaml::List(_) | Yaml::Map(_) => return None,
        })
    }

    /// The text of the scalar `key`, if it stands there.
    pub fn text(&self, key: &str) -> Result<Option<String>, Refusal> {
        match self.get(key) {
            None => Ok(None),
            Some(node) => match node.scalar() {
                Some(text) => Ok(Some(text)),
                None if node.value == Yaml::Null => Ok(None),
                None => refuse(node.at, format!("`{key}` is {}, not a text", node.kind())),
            },
        }
    }

    /// The texts of the list (or single scalar) `key`.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, Refusal> {
        let Some(node) = self.get(key) else {
            return Ok(Vec::new());
        };
        let text = |item: &Node| match item.scalar() {
            Some(text) => Ok(text),
            None => refuse(item.at, format!("`{key}` lists texts, not {}", item.kind())),
        };
        match node.value {
            Yaml::Null => Ok(Vec::new()),
            _ => node.each().iter().map(text).collect(),
        }
    }

    /// What a value is, in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Yaml::Null => "null",
            Yaml::Bool(_) => "a boolean",
            Yaml::Int(_) | Yaml::Float(_) => "a number",
            Yaml::Text(_) => "a text",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a map",
        }
    }
}

/// Refuses keys of a map that nobody reads.
pub(super) fn only(node: &Node, known: &[&str], what: &str) -> Result<(), Refusal> {
    for entry in node.entries().unwrap_or_default() {
        if !known.contains(&entry.key.as_str()) {
            let key = quoted(&entry.key);
            return refuse(
                entry.at,
                format!("{key} is no key of {what}: {}", known.join(", ")),
            );
        }
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyYaml)
    }
}

struct AnyYaml;

impl<'de> Visitor<'de> for AnyYaml {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Yaml, E> {
        Ok(Yaml::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Yaml, E> {
        Ok(Yaml::Int(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Yaml, E> {
        Ok(Yaml::Int(number.into()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Yaml, E> {
        Ok(Yaml::Int(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Yaml, E> {
        Ok(Yaml::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Yaml, E> {
        Ok(Yaml::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Yaml, E> {
        Ok(Yaml::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Yaml, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Yaml>>()? {
            list.push(Node::from(item));
        }
        Ok(Yaml::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Yaml, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = Node::from(map.next_value::<Spanned<Yaml>>()?);
            entries.push(Entry {
                key: key.value,
                at: key.referenced.into(),
                value,
            });
        }
        Ok(Yaml::Map(entries))
    }
}

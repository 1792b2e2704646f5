//! Receivers: names, and the ways they are reached.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::{Fault, Kind, kinds};

/// Whom to tell.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Unique.
    pub name: String,
    /// For filters of the API; `name` is among them.
    pub labels: BTreeMap<String, String>,
    /// All of them are used; none at all makes a receiver that hears nothing.
    pub ways: Vec<Way>,
}

/// One way of reaching a receiver, with all it takes from `global`.
#[derive(Clone, Debug)]
pub struct Way {
    /// Which service.
    pub kind: &'static Kind,
    /// From 0, among those of the same kind.
    pub index: usize,
    /// Whether the receiver wants to hear of what is over.
    pub send_resolved: bool,
    /// All other keys.
    pub settings: Settings,
    /// Where it stands in the file.
    pub line: u64,
    /// Where it stands in the file.
    pub column: u64,
}

/// Keys and values of one block. Values may be secrets: only the keys are ever printed.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, (Value, Location)>);

impl Settings {
    /// A key's value, unless it is missing or null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).map(|(value, _)| value)
    }

    /// The whole block as an object, for the service's own reader. It holds secrets.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let pairs = self.0.iter();
        pairs
            .map(|(key, (value, _))| (key.clone(), value.clone()))
            .collect()
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key).map(|(value, _)| value)
    }

    /// Whether the key says something: an empty text says nothing.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|value| value.as_str() != Some(""))
    }

    pub(super) fn place(&self, key: &str) -> Option<&Location> {
        self.0.get(key).map(|(_, place)| place)
    }

    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), (value, Location::UNKNOWN));
    }

    /// Refuses keys that are not among `known`, space separated.
    pub(super) fn check_keys(&self, known: &str) -> Result<(), Fault> {
        let unknown = |key: &&String| !known.split(' ').any(|k| k == **key);
        match self.0.keys().find(unknown) {
            Some(key) => Err(Fault::at(
                &self.0[key].1,
                format!(
                    "unknown field `{key}`, expected one of {}",
                    known.replace(' ', ", ")
                ),
            )),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A receiver as it is written: for each kind a list of blocks.
#[derive(Debug, Default)]
pub(super) struct ReceiverFile {
    pub name: Option<Spanned<String>>,
    pub labels: Option<Spanned<BTreeMap<String, String>>>,
    pub blocks: Vec<(&'static Kind, Vec<Spanned<Option<Settings>>>)>,
    /// The first key that is none; refused by the check, which can name its place.
    pub unknown: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a block of keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
                let mut settings = BTreeMap::new();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    let value = map.next_value::<Value>()?;
                    if !value.is_null() {
                        settings.insert(key.value, (value, key.referenced));
                    }
                }
                Ok(Settings(settings))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

impl<'de> Deserialize<'de> for ReceiverFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = ReceiverFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a receiver")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReceiverFile, A::Error> {
                let mut receiver = ReceiverFile::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match (key.value.as_str(), kinds::of_key(&key.value)) {
                        ("name", _) => receiver.name = map.next_value()?,
                        ("labels", _) => receiver.labels = map.next_value()?,
                        (_, Some(kind)) => {
                            let blocks: Option<Vec<_>> = map.next_value()?;
                            receiver.blocks.push((kind, blocks.unwrap_or_default()));
                        }
                        (_, None) => {
                            map.next_value::<IgnoredAny>()?;
                            receiver.unknown.get_or_insert(key);
                        }
                    }
                }
                Ok(receiver)
            }
        }
        deserializer.deserialize_map(Read)
    }
}

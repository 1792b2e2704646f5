//! A JSON object whose values stay the text they were, in their order: numbers lose nothing.

use std::fmt;

use bigdecimal::Signed;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::cost::decimal::{self, Decimal};

/// More keys are no invocation.
const KEYS_MAX: usize = 1_000;

/// Keys and values as they stand in the line.
pub(super) struct Object<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut all: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if all.iter().any(|(known, _)| *known == key) {
                        let key: String = key.chars().take(60).collect();
                        return Err(A::Error::custom(format!("the key `{key}` is there twice")));
                    }
                    if all.len() == KEYS_MAX {
                        return Err(A::Error::custom(format!("more than {KEYS_MAX} keys")));
                    }
                    all.push((key, map.next_value()?));
                }
                Ok(Object(all))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Object<'_> {
    /// The value's text, if it is there and not null.
    fn raw(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == key)?;
        Some(found.1.get()).filter(|raw| *raw != "null")
    }

    /// A text; empty when it is not told.
    pub(super) fn text(&self, key: &str) -> Result<String, String> {
        let Some(raw) = self.raw(key) else {
            return Ok(String::new());
        };
        // An account may come as a number.
        match serde_json::from_str(raw) {
            Ok(serde_json::Value::String(text)) => Ok(text),
            Ok(serde_json::Value::Number(_)) => Ok(raw.to_owned()),
            _ => Err(format!("`{key}` must be a text")),
        }
    }

    /// A decimal number, or one in a text.
    pub(super) fn decimal(&self, key: &str) -> Result<Option<Decimal>, String> {
        let Some(raw) = self.raw(key) else {
            return Ok(None);
        };
        let number = match raw.starts_with('"') {
            true => self.text(key)?,
            false => raw.to_owned(),
        };
        let value = decimal::parse(&number).map_err(|error| format!("`{key}`: {error}"))?;
        match value.is_negative() {
            true => Err(format!("`{key}` is {number}; it must not be negative")),
            false => Ok(Some(value)),
        }
    }

    /// The same, of which no more than `most` make sense.
    pub(super) fn bounded(&self, key: &str, most: u64) -> Result<Option<Decimal>, String> {
        match self.decimal(key)? {
            Some(value) if value > most => Err(format!(
                "`{key}` is {}; at most {most}",
                decimal::text(&value)
            )),
            value => Ok(value),
        }
    }

    /// A whole number; 0 when it is not told.
    pub(super) fn whole(&self, key: &str, most: u64) -> Result<u64, String> {
        let Some(value) = self.bounded(key, most)? else {
            return Ok(0);
        };
        let text = decimal::text(&value);
        text.parse()
            .map_err(|_| format!("`{key}` is {text}; it must be a whole number"))
    }
}

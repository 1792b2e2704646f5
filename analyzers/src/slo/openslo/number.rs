//! Numbers of an OpenSLO file, kept as the decimals they are written as: 0.999 is no binary fraction.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cost::decimal::{self, Decimal};

/// A decimal of at most 15 digits: so many come through other tools' floats unchanged.
#[derive(Clone, Debug, PartialEq)]
pub struct Number(pub Decimal);

const DIGITS_MAX: u64 = 15;

impl Number {
    /// Reads what was written.
    ///
    /// # Errors
    /// When it is no number, or has more than 15 digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value = decimal::parse(text).map_err(|error| error.to_string())?;
        match value.normalized().digits() <= DIGITS_MAX {
            true => Ok(Self(value.normalized())),
            false => Err(format!("`{text}` has more than {DIGITS_MAX} digits")),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::text(&self.0))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => serializer.serialize_i64(whole),
            (_, Ok(float)) => serializer.serialize_f64(float),
            _ => serializer.serialize_str(&text),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Number, E> {
                Number::parse(&value.to_string()).map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Number, E> {
                Number::parse(&value.to_string()).map_err(E::custom)
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Number, E> {
                // The shortest text of a float is the decimal it was written as.
                Number::parse(&value.to_string()).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

//! How settings are read: scalars of any kind are texts, secrets lie in the file or beside it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Service, Unmade};
use crate::config::Secret;
use crate::egress::{Error, Request, Target};
use crate::template::Templates;

/// How long an answer is waited for when `timeout` does not say.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest `timeout`: a worker waits for it.
const TIMEOUT_MAX: Duration = Duration::from_secs(300);
/// Longest file with a secret, bytes.
const FILE_BYTES_MAX: u64 = 65_536;

/// Settings that check themselves once they are read.
pub trait Checked: Service + DeserializeOwned + 'static {
    /// What must hold among them.
    ///
    /// # Errors
    /// What is wrong and what to write.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Reads settings; templates in them are checked as well.
pub fn read<S: Checked>(value: Value) -> Result<Box<dyn Service>, String> {
    templates(&value)?;
    let settings: S = serde_json::from_value(value).map_err(|error| shape(&error))?;
    settings.check()?;
    Ok(Box::new(settings))
}

/// serde repeats the value it did not expect, and that may be a secret.
fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text
        .split_once("invalid type: ")
        .or_else(|| text.split_once("invalid value: "))
    {
        Some((_, rest)) => {
            let expected = rest
                .rsplit_once("expected ")
                .map_or(rest, |(_, expected)| expected);
            format!("a key has a value of the wrong kind, expected {expected}")
        }
        None => text,
    }
}

fn templates(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text.contains("{{") => {
            Templates::check(text).map_err(|error| error.to_string())
        }
        Value::Array(items) => items.iter().try_for_each(templates),
        Value::Object(fields) => fields.values().try_for_each(templates),
        _ => Ok(()),
    }
}

/// A template, or a text without any; numbers and truths are written as such in YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    /// The text, or `default` where none is given.
    pub fn or<'a>(&'a self, default: &'a str) -> &'a str {
        if self.0.is_empty() { default } else { &self.0 }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Null => Ok(Self::default()),
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::Bool(truth) => Ok(Self(truth.to_string())),
            _ => Err(serde::de::Error::custom(
                "invalid type: a block, expected a text",
            )),
        }
    }
}

/// A length of time as Prometheus or Go write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period(pub Duration);

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = crate::config::Duration::deserialize(deserializer)?;
        Ok(Self(Duration::from_nanos(read.nanos().unsigned_abs())))
    }
}

impl Period {
    /// Nothing given, or 0, is the usual time.
    pub fn timeout(self) -> Duration {
        if self.0.is_zero() {
            TIMEOUT
        } else {
            self.0.min(TIMEOUT_MAX)
        }
    }
}

/// A secret that stands in the configuration or in a file of its own, which is read each time, so that
/// it can be changed without us.
pub fn secret(text: &Option<Secret>, file: &Option<PathBuf>) -> Result<Secret, Unmade> {
    match (text, file) {
        (Some(text), _) => Ok(text.clone()),
        (None, Some(file)) => Ok(Secret::from(read_file(file)?.trim().to_owned())),
        (None, None) => Err(Unmade::Content(
            "a secret is missing in the configuration".to_owned(),
        )),
    }
}

/// The content of a small file that the configuration names.
pub fn read_file(file: &Path) -> Result<String, Error> {
    use std::io::Read;
    let fault = |why: String| Error::File {
        file: file.display().to_string(),
        why,
    };
    let opened = std::fs::File::open(file).map_err(|error| fault(error.to_string()))?;
    let mut text = String::new();
    let read = opened.take(FILE_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| fault(error.to_string()))?;
    Ok(text)
}

/// A POST of JSON.
pub fn post(target: Target, body: &impl Serialize, timeout: Duration) -> Result<Request, Unmade> {
    let body = serde_json::to_vec(body).map_err(|error| Unmade::Content(error.to_string()))?;
    Ok(post_bytes(target, body, "application/json", timeout))
}

/// A POST of anything.
pub fn post_bytes(target: Target, body: Vec<u8>, kind: &'static str, timeout: Duration) -> Request {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    Request {
        method: Method::POST,
        target,
        headers,
        body: Bytes::from(body),
        timeout,
    }
}

/// Sets a header whose value is a secret.
pub fn set_secret(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Unmade> {
    let fault = |_| {
        Unmade::Content(format!(
            "the secret for {name} has characters that no header can hold"
        ))
    };
    let mut secret = HeaderValue::from_str(value).map_err(fault)?;
    secret.set_sensitive(true);
    headers.insert(name, secret);
    Ok(())
}

/// `Authorization: Bearer …`.
pub fn bearer(headers: &mut HeaderMap, token: &Secret) -> Result<(), Unmade> {
    set_secret(
        headers,
        AUTHORIZATION,
        &format!("Bearer {}", token.expose()),
    )
}

/// `Authorization: Basic …`.
pub fn basic(headers: &mut HeaderMap, name: &str, password: &str) -> Result<(), Unmade> {
    let login = STANDARD.encode(format!("{name}:{password}"));
    set_secret(headers, AUTHORIZATION, &format!("Basic {login}"))
}

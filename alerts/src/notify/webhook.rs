//! A receiver of one's own: Alertmanager's payload, OCSF or CloudEvents, signed if there is a key.

use std::path::PathBuf;

use http::HeaderName;
use serde::Deserialize;
use serde_json::Value;
use store::model::UnixNano;

use super::settings::{Checked, Period, post_bytes, read_file, secret, set_secret};
use super::{Message, Service, Unmade, cloudevents, ocsf, payload};
use crate::config::Secret;
use crate::delivery::signature::{KEYS_MAX, Key, sign};
use crate::egress::{REQUEST_BYTES_MAX, Target};
use crate::template::{Format, View};

/// Deepest custom payload.
const DEPTH_MAX: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    url: Option<Secret>,
    url_file: Option<PathBuf>,
    #[serde(default)]
    max_alerts: usize,
    #[serde(default)]
    timeout: Period,
    /// In place of the format: a structure whose texts are templates.
    payload: Option<Value>,
    #[serde(default)]
    format: Kind,
    secret: Option<Secret>,
    secret_file: Option<PathBuf>,
    #[serde(default)]
    secrets: Vec<Secret>,
    #[serde(default)]
    secret_files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Alertmanager,
    Ocsf,
    CloudEvents,
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        let inline = self.secret.iter().chain(&self.secrets);
        let keys = inline.clone().count()
            + usize::from(self.secret_file.is_some())
            + self.secret_files.len();
        if keys > KEYS_MAX {
            return Err(format!("at most {KEYS_MAX} signing keys are used at once"));
        }
        inline
            .map(|key| Key::parse(key.expose()))
            .find_map(Result::err)
            .map_or(Ok(()), |e| Err(e.to_string()))
    }
}

impl Service for Settings {
    fn message(&self, view: &View, now: UnixNano) -> Result<Message, Unmade> {
        let url = secret(&self.url, &self.url_file)?;
        let target = Target::parse(view.render(url.expose(), Format::Plain)?.trim())?;
        let body = self.body(view)?;
        let kind = match self.format {
            Kind::CloudEvents if self.payload.is_none() => cloudevents::CONTENT_TYPE,
            _ => "application/json",
        };
        let mut request = post_bytes(target, body, kind, self.timeout.timeout());
        // Unsigned messages bear the id too: receivers tell duplicates by it.
        let second = now.0.div_euclid(1_000_000_000);
        let id = &view.notification().id;
        let mut headers = vec![
            ("webhook-id", id.clone()),
            ("webhook-timestamp", second.to_string()),
        ];
        let keys = self.keys()?;
        if !keys.is_empty() {
            headers.push(("webhook-signature", sign(&keys, id, second, &request.body)));
        }
        for (name, value) in headers {
            set_secret(&mut request.headers, HeaderName::from_static(name), &value)?;
        }
        Ok(request.into())
    }
}

impl Settings {
    fn keys(&self) -> Result<Vec<Key>, Unmade> {
        let files = self.secret_file.iter().chain(&self.secret_files);
        let files = files.map(|file| Ok(Secret::from(read_file(file)?)));
        let inline = self.secret.iter().chain(&self.secrets).cloned().map(Ok);
        let parse = |key: Result<Secret, Unmade>| {
            Key::parse(key?.expose()).map_err(|error| Unmade::Content(error.to_string()))
        };
        inline.chain(files).map(parse).collect()
    }

    /// As many alerts as are asked for, and as fit.
    fn body(&self, view: &View) -> Result<Vec<u8>, Unmade> {
        let all = view.notification().alerts.len();
        let mut count = if self.max_alerts == 0 {
            all
        } else {
            all.min(self.max_alerts)
        };
        loop {
            let body = self.written(view, count)?;
            if body.len() <= REQUEST_BYTES_MAX || count == 0 {
                return Ok(body);
            }
            count /= 2;
        }
    }

    fn written(&self, view: &View, count: usize) -> Result<Vec<u8>, Unmade> {
        let written = match (&self.payload, self.format) {
            (Some(custom), _) if count < view.notification().alerts.len() => {
                serde_json::to_vec(&filled(custom, &view.first(count), 0)?)
            }
            (Some(custom), _) => serde_json::to_vec(&filled(custom, view, 0)?),
            (None, Kind::Alertmanager) => serde_json::to_vec(&payload::Payload::new(view, count)),
            (None, Kind::Ocsf) => serde_json::to_vec(&ocsf::findings(view, count)),
            (None, Kind::CloudEvents) => serde_json::to_vec(&cloudevents::event(view, count)),
        };
        written.map_err(|error| Unmade::Content(error.to_string()))
    }
}

/// A structure with its templates rendered, keys too. What renders to JSON becomes structure, so that
/// `{{ .Alerts | toJson }}` is a list and not a text that looks like one.
pub fn filled(value: &Value, view: &View, depth: usize) -> Result<Value, Unmade> {
    if depth > DEPTH_MAX {
        return Err(Unmade::Content("the payload is nested too deep".to_owned()));
    }
    Ok(match value {
        Value::String(text) if text.contains("{{") => {
            let rendered = view.render(text, Format::Plain)?;
            let structure = serde_json::from_str::<Value>(&rendered).ok();
            structure
                .filter(|value| !value.is_string())
                .unwrap_or(Value::String(rendered))
        }
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| filled(item, view, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                Ok((
                    view.render(name, Format::Plain)?,
                    filled(value, view, depth + 1)?,
                ))
            };
            Value::Object(fields.iter().map(field).collect::<Result<_, Unmade>>()?)
        }
        other => other.clone(),
    })
}

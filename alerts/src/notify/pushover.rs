//! Pushover: a notification on a phone that rings until somebody answers.

use std::path::PathBuf;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post_bytes, secret};
use super::{Message, Service, Unmade, fit};
use crate::config::Secret;
use crate::egress::Target;
use crate::template::{Format, View};

const API: &str = "https://api.pushover.net/1/messages.json";
const TITLE_CHARS_MAX: usize = 250;
const MESSAGE_CHARS_MAX: usize = 1_024;
const URL_CHARS_MAX: usize = 512;
const URL_TITLE_CHARS_MAX: usize = 100;
const EMERGENCY: &str = "2";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    user_key: Option<Secret>,
    user_key_file: Option<PathBuf>,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    title: Text,
    message: Text,
    url: Text,
    url_title: Text,
    device: Text,
    sound: Text,
    priority: Text,
    retry: Period,
    expire: Period,
    ttl: Period,
    html: bool,
    monospace: bool,
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        if self.html && self.monospace {
            return Err("at most one of monospace & html must be configured".to_owned());
        }
        Ok(())
    }
}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let body = form(&self.fields(view)?);
        let request = post_bytes(
            Target::parse(API)?,
            body.into_bytes(),
            "application/x-www-form-urlencoded",
            Period::default().timeout(),
        );
        Ok(request.into())
    }
}

impl Settings {
    fn fields(&self, view: &View) -> Result<Vec<(&'static str, String)>, Unmade> {
        let plain = |text: &str| view.render(text, Format::Plain);
        let token = secret(&self.token, &self.token_file)?;
        let user = secret(&self.user_key, &self.user_key_file)?;
        let title = self
            .title
            .or(r#"{{ template "pushover.default.title" . }}"#);
        let source = self
            .message
            .or(r#"{{ template "pushover.default.message" . }}"#);
        let format = if self.html {
            Format::Html
        } else {
            Format::Plain
        };
        let fits = |text: &str| text.chars().count() <= MESSAGE_CHARS_MAX;
        let message = fit::text(view, source, format, fits)?.trim().to_owned();
        let priority = self
            .priority
            .or(r#"{{ if eq .Status "firing" }}2{{ else }}0{{ end }}"#);
        let priority = plain(priority)?.trim().to_owned();
        let url = plain(self.url.or(r#"{{ template "pushover.default.url" . }}"#))?;
        // An address cut short leads nowhere.
        let url = Some(url).filter(|url| url.chars().count() <= URL_CHARS_MAX);
        let mut fields = vec![
            ("token", plain(token.expose())?),
            ("user", plain(user.expose())?),
            (
                "title",
                fit::line(view, title, Format::Plain, TITLE_CHARS_MAX)?,
            ),
            // An empty message is refused.
            (
                "message",
                if message.is_empty() {
                    "(no details)".to_owned()
                } else {
                    message
                },
            ),
            ("url", url.unwrap_or_default()),
            (
                "url_title",
                fit::line(view, &self.url_title.0, Format::Plain, URL_TITLE_CHARS_MAX)?,
            ),
            ("device", plain(&self.device.0)?),
            ("sound", plain(&self.sound.0)?),
        ];
        if priority == EMERGENCY {
            fields.extend(self.until_answered());
        }
        fields.push(("priority", priority));
        let flags = [("html", self.html), ("monospace", self.monospace)];
        fields.extend(
            flags
                .into_iter()
                .filter(|(_, set)| *set)
                .map(|(name, _)| (name, "1".to_owned())),
        );
        if self.ttl.0.as_secs() > 0 {
            fields.push(("ttl", self.ttl.0.as_secs().to_string()));
        }
        fields.retain(|(_, value)| !value.is_empty());
        Ok(fields)
    }

    /// Every minute for an hour, unless the operator says otherwise; 30 s is the least.
    fn until_answered(&self) -> [(&'static str, String); 2] {
        let seconds = |period: Period, usual: u64| match period.0.as_secs() {
            0 => usual,
            given => given,
        };
        [
            ("retry", seconds(self.retry, 60).max(30).to_string()),
            (
                "expire",
                seconds(self.expire, 3_600).min(10_800).to_string(),
            ),
        ]
    }
}

fn form(fields: &[(&str, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = fields
        .iter()
        .map(|(n, v)| format!("{n}={}", encoded(v)))
        .collect();
    pairs.join("&")
}

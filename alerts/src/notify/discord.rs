//! Discord: one embed. Nobody is ever called by what an alert says.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::settings::{Checked, Text, post, secret};
use super::{Message, Service, Unmade, fit, links, outcome_by_body};
use crate::config::Secret;
use crate::delivery::retry::Outcome;
use crate::egress::{Answer, Target};
use crate::model::{Status, time};
use crate::template::{Format, View, link};

const CONTENT_CHARS_MAX: usize = 2_000;
const TITLE_CHARS_MAX: usize = 256;
const DESCRIPTION_CHARS_MAX: usize = 4_096;
const USERNAME_CHARS_MAX: usize = 80;
const RED: u32 = 0x00c6_2828;
const GREEN: u32 = 0x002e_7d32;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    webhook_url: Option<Secret>,
    webhook_url_file: Option<PathBuf>,
    #[serde(default)]
    content: Text,
    #[serde(default)]
    title: Text,
    #[serde(default)]
    message: Text,
    #[serde(default)]
    username: Text,
    #[serde(default)]
    avatar_url: Text,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let notification = view.notification();
        let utf16 = |max: usize| move |text: &str| text.encode_utf16().count() <= max;
        let title = self.title.or(r#"{{ template "discord.default.title" . }}"#);
        let message = self
            .message
            .or(r#"{{ template "discord.default.message" . }}"#);
        let mut embed = json!({
            "title": fit::line(view, title, Format::Markdown, TITLE_CHARS_MAX / 2)?,
            "url": links::alerts(view),
            "description": fit::text(view, message, Format::Markdown, utf16(DESCRIPTION_CHARS_MAX))?,
            "color": if notification.status == Status::Firing { RED } else { GREEN },
            "timestamp": time::text(notification.at),
        });
        if let Some(image) = links::image(view) {
            embed["image"] = json!({ "url": image });
        }
        if link(embed["url"].as_str().unwrap_or_default()).is_none() {
            embed["url"] = Value::Null;
        }
        let content = self
            .content
            .or(r#"{{ template "discord.default.content" . }}"#);
        let mut body = json!({
            "content": fit::text(view, content, Format::Markdown, utf16(CONTENT_CHARS_MAX))?,
            "embeds": [super::slack::compact(embed)],
            "allowed_mentions": { "parse": [] },
        });
        let plain = |text: &Text| view.render(&text.0, Format::Plain);
        let (username, avatar) = (plain(&self.username)?, plain(&self.avatar_url)?);
        if !username.trim().is_empty() {
            body["username"] = json!(fit::chars(&fit::one_line(&username), USERNAME_CHARS_MAX));
        }
        if let Some(avatar) = link(&avatar) {
            body["avatar_url"] = json!(avatar);
        }
        let url = secret(&self.webhook_url, &self.webhook_url_file)?;
        Ok(post(
            Target::parse(url.expose())?,
            &body,
            super::settings::Period::default().timeout(),
        )?
        .into())
    }

    /// A 429 says in its body how many seconds to wait.
    fn outcome(&self, answer: &Answer, now: UnixNano) -> Outcome {
        outcome_by_body(answer, now, |said| {
            Some(said["retry_after"].as_f64()?.to_string())
        })
    }
}

//! Telegram: a bot's message to a chat.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post, read_file, secret};
use super::{Message, Service, Unmade, fit, outcome_by_body};
use crate::config::Secret;
use crate::delivery::retry::Outcome;
use crate::egress::{Answer, Target};
use crate::template::{Format, View};

/// Of UTF-16, as Telegram counts; marks count too here, which errs on the safe side.
const MESSAGE_UNITS_MAX: usize = 4_096;
const HTML: &str = "HTML";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    api_url: Option<Secret>,
    bot_token: Option<Secret>,
    bot_token_file: Option<PathBuf>,
    chat_id: Option<i64>,
    chat_id_file: Option<PathBuf>,
    message_thread_id: Option<i64>,
    #[serde(default)]
    message: Text,
    #[serde(default)]
    disable_notifications: bool,
    parse_mode: Option<String>,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let mode = self.parse_mode.as_deref().unwrap_or(HTML);
        let format = match mode {
            HTML => Format::Html,
            "" => Format::Plain,
            _ => Format::Markdown,
        };
        let fits = |text: &str| text.encode_utf16().count() <= MESSAGE_UNITS_MAX;
        let source = self
            .message
            .or(r#"{{ template "telegram.default.message" . }}"#);
        let text = fit::text(view, source, format, fits)?;
        let mut body = json!({
            "chat_id": self.chat()?,
            "text": text.trim(),
            "disable_notification": self.disable_notifications,
            "link_preview_options": { "is_disabled": true },
        });
        if !mode.is_empty() {
            body["parse_mode"] = json!(mode);
        }
        if let Some(thread) = self.message_thread_id.filter(|id| *id != 0) {
            body["message_thread_id"] = json!(thread);
        }
        let token = secret(&self.bot_token, &self.bot_token_file)?;
        let api = self
            .api_url
            .as_ref()
            .map_or("https://api.telegram.org", Secret::expose);
        let target = Target::parse(api)?.join(&format!("bot{}/sendMessage", token.expose()))?;
        Ok(post(target, &body, Period::default().timeout())?.into())
    }

    /// A 429 says in its body how many seconds to wait.
    fn outcome(&self, answer: &Answer, now: UnixNano) -> Outcome {
        outcome_by_body(answer, now, |said| {
            Some(said["parameters"]["retry_after"].as_u64()?.to_string())
        })
    }
}

impl Settings {
    fn chat(&self) -> Result<i64, Unmade> {
        match (&self.chat_id, &self.chat_id_file) {
            (Some(id), _) if *id != 0 => Ok(*id),
            (_, Some(file)) => {
                let text = read_file(file)?;
                let fault =
                    |_| Unmade::Content(format!("{} holds no number of a chat", file.display()));
                text.trim().parse().map_err(fault)
            }
            _ => Err(Unmade::Content("chat_id is missing".to_owned())),
        }
    }
}

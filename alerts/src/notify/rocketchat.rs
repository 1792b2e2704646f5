//! Rocket.Chat: a message by its REST API.

use std::path::PathBuf;

use http::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post, secret, set_secret};
use super::slack::{Field, compact};
use super::{Message, Service, Unmade, fit};
use crate::config::Secret;
use crate::delivery::retry::{Failure, Outcome};
use crate::egress::{Answer, Target};
use crate::template::{Format, View};

const TITLE_CHARS_MAX: usize = 1_024;
/// The server's own default.
const TEXT_CHARS_MAX: usize = 5_000;
const ACTIONS_MAX: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    api_url: Option<Secret>,
    token_id: Option<Secret>,
    token_id_file: Option<PathBuf>,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    channel: Text,
    color: Text,
    title: Text,
    title_link: Text,
    text: Text,
    fields: Vec<Field>,
    short_fields: bool,
    emoji: Text,
    icon_url: Text,
    image_url: Text,
    thumb_url: Text,
    /// Accepted; Rocket.Chat links names by itself.
    #[serde(rename = "link_names")]
    _link_names: bool,
    actions: Vec<Action>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Action {
    /// Buttons are the only kind there is.
    #[serde(rename = "type")]
    _kind: Text,
    text: Text,
    url: Text,
    msg: Text,
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        Field::check(&self.fields, "Rocket.Chat")
    }
}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let plain = |text: &str| view.render(text, Format::Plain);
        let marked = |text: &str| view.render(text, Format::Markdown);
        let fits = |text: &str| text.chars().count() <= TEXT_CHARS_MAX;
        let title = self
            .title
            .or(r#"{{ template "rocketchat.default.title" . }}"#);
        let text = self
            .text
            .or(r#"{{ template "rocketchat.default.text" . }}"#);
        let actions = self.actions.iter().take(ACTIONS_MAX).map(|action| {
            Ok(compact(json!({
                "type": "button",
                "text": marked(&action.text.0)?,
                "url": plain(&action.url.0)?,
                "msg": marked(&action.msg.0)?,
            })))
        });
        let attachment = compact(json!({
            "title": fit::line(view, title, Format::Markdown, TITLE_CHARS_MAX)?,
            "title_link": plain(self.title_link.or(r#"{{ template "rocketchat.default.titlelink" . }}"#))?,
            "text": fit::text(view, text, Format::Markdown, fits)?,
            "color": plain(self.color.or(r#"{{ if eq .Status "firing" }}red{{ else }}green{{ end }}"#))?,
            "fields": Field::rendered(&self.fields, self.short_fields, view, Format::Markdown)?,
            "image_url": plain(&self.image_url.0)?,
            "thumb_url": plain(&self.thumb_url.0)?,
            "actions": actions.collect::<Result<Vec<_>, Unmade>>()?,
        }));
        let body = compact(json!({
            "channel": plain(&self.channel.0)?,
            "alias": plain(r#"{{ template "rocketchat.default.alias" . }}"#)?,
            "emoji": plain(self.emoji.or(r#"{{ template "rocketchat.default.emoji" . }}"#))?,
            "avatar": plain(self.icon_url.or(r#"{{ template "rocketchat.default.iconurl" . }}"#))?,
            "attachments": [attachment],
        }));
        let url = self
            .api_url
            .as_ref()
            .map_or("https://open.rocket.chat/", Secret::expose);
        let target = Target::parse(url)?.join("api/v1/chat.postMessage")?;
        let mut request = post(target, &body, Period::default().timeout())?;
        let secrets = [
            ("x-auth-token", secret(&self.token, &self.token_file)?),
            ("x-user-id", secret(&self.token_id, &self.token_id_file)?),
        ];
        for (name, value) in secrets {
            set_secret(
                &mut request.headers,
                HeaderName::from_static(name),
                value.expose(),
            )?;
        }
        Ok(request.into())
    }

    /// It says 200 to refusals too.
    fn outcome(&self, answer: &Answer, now: UnixNano) -> Outcome {
        let plain = Outcome::of_status(answer.status, answer.retry_after.as_deref(), now);
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if plain == Outcome::Delivered && said["success"] == json!(false) {
            return Outcome::failed(Failure::ClientError, true);
        }
        plain
    }
}

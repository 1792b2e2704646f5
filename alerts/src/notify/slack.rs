//! Slack: blocks, or the classic attachment of Alertmanager's settings where one of them is given.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, bearer, post, secret};
use super::{Message, Service, Unmade, fit, links};
use crate::config::Secret;
use crate::delivery::retry::{Failure, Outcome};
use crate::egress::{Answer, Target};
use crate::model::Status;
use crate::template::{Format, View};

const TITLE_CHARS_MAX: usize = 1_024;
const HEADER_CHARS_MAX: usize = 150;
const SECTION_CHARS_MAX: usize = 3_000;
const FIELD_CHARS_MAX: usize = 2_000;
const FIELDS_MAX: usize = 10;
const ACTIONS_MAX: usize = 5;
/// Slack refuses messages of some 13,200 characters without saying so anywhere.
const MESSAGE_CHARS_MAX: usize = 12_000;
/// Of 50 blocks that a message may have: the header, the last line, a chart.
const SECTIONS_MAX: usize = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    api_url: Option<Secret>,
    api_url_file: Option<PathBuf>,
    app_token: Option<Secret>,
    app_token_file: Option<PathBuf>,
    app_url: Option<Secret>,
    channel: Text,
    username: Text,
    icon_emoji: Text,
    icon_url: Text,
    link_names: bool,
    message_text: Text,
    color: Option<Text>,
    title: Option<Text>,
    title_link: Option<Text>,
    pretext: Option<Text>,
    text: Option<Text>,
    fallback: Option<Text>,
    callback_id: Option<Text>,
    footer: Option<Text>,
    image_url: Text,
    thumb_url: Text,
    fields: Vec<Field>,
    short_fields: bool,
    mrkdwn_in: Vec<String>,
    actions: Vec<Action>,
    update_message: bool,
    timeout: Period,
}

/// A field of an attachment, of Mattermost and Rocket.Chat too.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    title: Text,
    value: Text,
    short: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Action {
    #[serde(rename = "type")]
    kind: Text,
    text: Text,
    url: Text,
    style: Text,
    name: Text,
    value: Text,
    confirm: Option<Confirmation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Confirmation {
    text: Text,
    title: Text,
    ok_text: Text,
    dismiss_text: Text,
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        if self.update_message {
            return Err(
                "update_message cannot be used yet: each message is a new one; remove it"
                    .to_owned(),
            );
        }
        for action in &self.actions {
            let faults = [
                (&action.kind, "missing type in Slack action configuration"),
                (&action.text, "missing text in Slack action configuration"),
            ];
            if let Some((_, fault)) = faults.iter().find(|(text, _)| text.0.is_empty()) {
                return Err((*fault).to_owned());
            }
            if action.url.0.is_empty() && action.name.0.is_empty() {
                return Err("missing name or url in Slack action configuration".to_owned());
            }
        }
        Field::check(&self.fields, "Slack")
    }
}

impl Field {
    /// Fields without a title or a value are none.
    pub fn check(fields: &[Self], service: &str) -> Result<(), String> {
        let fault = |what| Err(format!("missing {what} in {service} field configuration"));
        for field in fields {
            if field.title.0.is_empty() {
                return fault("title");
            }
            if field.value.0.is_empty() {
                return fault("value");
            }
        }
        Ok(())
    }

    /// The fields of one attachment.
    pub fn rendered(
        fields: &[Self],
        short: bool,
        view: &View,
        format: Format,
    ) -> Result<Value, Unmade> {
        let one = |field: &Self| {
            Ok(json!({
                "title": fit::line(view, &field.title.0, format, FIELD_CHARS_MAX)?,
                "value": fit::chars(&view.render(&field.value.0, format)?, FIELD_CHARS_MAX),
                "short": field.short.unwrap_or(short),
            }))
        };
        fields.iter().take(FIELDS_MAX).map(one).collect()
    }
}

/// An object without the fields that say nothing, as Go leaves them out.
pub fn compact(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        });
    }
    object
}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let plain = |text: &str| view.render(text, Format::Plain);
        let mut body = compact(json!({
            "channel": plain(&self.channel.0)?,
            "username": plain(self.username.or(r#"{{ template "slack.default.username" . }}"#))?,
            "icon_emoji": plain(self.icon_emoji.or(r#"{{ template "slack.default.iconemoji" . }}"#))?,
            "icon_url": plain(self.icon_url.or(r#"{{ template "slack.default.iconurl" . }}"#))?,
            "link_names": self.link_names,
        }));
        if self.is_classic() {
            let text = fit::chars(
                &view.render(&self.message_text.0, Format::Slack)?,
                SECTION_CHARS_MAX,
            );
            if !text.is_empty() {
                body["text"] = json!(text);
            }
            body["attachments"] = json!([self.attachment(view)?]);
        } else {
            let fallback = r#"{{ template "slack.default.fallback" . }}"#;
            body["text"] = json!(fit::line(view, fallback, Format::Slack, SECTION_CHARS_MAX)?);
            body["blocks"] = blocks(view)?;
        }
        let token = self.app_token.is_some() || self.app_token_file.is_some();
        let url = match token {
            true => secret(&self.app_url, &None)?,
            false => secret(&self.api_url, &self.api_url_file)?,
        };
        let mut request = post(Target::parse(url.expose())?, &body, self.timeout.timeout())?;
        if token {
            bearer(
                &mut request.headers,
                &secret(&self.app_token, &self.app_token_file)?,
            )?;
        }
        Ok(request.into())
    }

    /// Slack says 200 to refusals too: the body is `ok`, or an object that says so.
    fn outcome(&self, answer: &Answer, now: UnixNano) -> Outcome {
        let plain = Outcome::of_status(answer.status, answer.retry_after.as_deref(), now);
        if plain != Outcome::Delivered {
            return plain;
        }
        let said: Value = if answer.json {
            serde_json::from_slice(&answer.body).unwrap_or_default()
        } else if answer.body.trim_ascii() == b"ok" {
            return Outcome::Delivered;
        } else {
            json!({ "ok": false, "error": String::from_utf8_lossy(&answer.body).trim() })
        };
        if said["ok"] == json!(true) {
            return Outcome::Delivered;
        }
        match said["error"].as_str().unwrap_or_default() {
            "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
                Outcome::of_status(429, answer.retry_after.as_deref(), now)
            }
            "not_authed" | "invalid_auth" | "token_revoked" | "token_expired"
            | "account_inactive" => Outcome::failed(Failure::AuthError, true),
            "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                Outcome::failed(Failure::ServerError, true)
            }
            // A channel that is missing or archived comes back when somebody mends it.
            "channel_not_found" | "is_archived" | "not_in_channel" => {
                Outcome::failed(Failure::ClientError, true)
            }
            _ => Outcome::failed(Failure::ClientError, false),
        }
    }
}

impl Settings {
    /// Whether the operator has shaped the attachment.
    fn is_classic(&self) -> bool {
        let given = [
            &self.color,
            &self.title,
            &self.title_link,
            &self.pretext,
            &self.text,
            &self.fallback,
            &self.callback_id,
            &self.footer,
        ];
        let texts = [&self.image_url, &self.thumb_url, &self.message_text];
        given.iter().any(|text| text.is_some())
            || texts.iter().any(|text| !text.0.is_empty())
            || !self.fields.is_empty()
            || !self.actions.is_empty()
    }

    fn attachment(&self, view: &View) -> Result<Value, Unmade> {
        let text = |given: &Option<Text>, name: &str| {
            let default = format!("{{{{ template \"slack.default.{name}\" . }}}}");
            let source = given.as_ref().map_or(default, |text| text.0.clone());
            fit::text(view, &source, Format::Slack, |text| {
                text.chars().count() <= MESSAGE_CHARS_MAX / 2
            })
        };
        let plain = |text: &Text| view.render(&text.0, Format::Plain);
        let marked = ["fallback", "pretext", "text"].map(str::to_owned).to_vec();
        let mut attachment = compact(json!({
            "title": fit::chars(&fit::one_line(&text(&self.title, "title")?), TITLE_CHARS_MAX),
            "title_link": text(&self.title_link, "titlelink")?,
            "pretext": text(&self.pretext, "pretext")?,
            "fields": Field::rendered(&self.fields, self.short_fields, view, Format::Slack)?,
            "actions": self.actions.iter().take(ACTIONS_MAX).map(|a| a.rendered(view)).collect::<Result<Vec<_>, _>>()?,
            "image_url": plain(&self.image_url)?,
            "thumb_url": plain(&self.thumb_url)?,
            "color": text(&self.color, "color")?,
            "mrkdwn_in": if self.mrkdwn_in.is_empty() { &marked } else { &self.mrkdwn_in },
        }));
        for (key, value) in [
            ("text", text(&self.text, "text")?),
            ("fallback", text(&self.fallback, "fallback")?),
            ("callback_id", text(&self.callback_id, "callbackid")?),
            ("footer", text(&self.footer, "footer")?),
        ] {
            attachment[key] = json!(value);
        }
        Ok(attachment)
    }
}

impl Action {
    fn rendered(&self, view: &View) -> Result<Value, Unmade> {
        let text = |text: &Text| view.render(&text.0, Format::Slack);
        let mut action = json!({ "type": text(&self.kind)?, "text": text(&self.text)?, "style": text(&self.style)? });
        if self.url.0.is_empty() {
            action["name"] = json!(text(&self.name)?);
            action["value"] = json!(text(&self.value)?);
            if let Some(confirm) = &self.confirm {
                action["confirm"] = compact(json!({
                    "text": text(&confirm.text)?, "title": text(&confirm.title)?,
                    "ok_text": text(&confirm.ok_text)?, "dismiss_text": text(&confirm.dismiss_text)?,
                }));
            }
        } else {
            action["url"] = json!(view.render(&self.url.0, Format::Plain)?);
        }
        Ok(compact(action))
    }
}

/// A header, a section for each alert, a chart, and where to go on.
fn blocks(view: &View) -> Result<Value, Unmade> {
    let notification = view.notification();
    let mark = if notification.status == Status::Firing {
        "🔴"
    } else {
        "🟢"
    };
    let title = view.render(r#"{{ template "slack.default.title" . }}"#, Format::Plain)?;
    let title = fit::chars(
        &format!("{mark} {}", fit::one_line(&title)),
        HEADER_CHARS_MAX,
    );
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": title, "emoji": true } }),
    ];
    let ordered = view.first(notification.alerts.len());
    let (mut used, mut told) = (0, 0);
    for alert in ordered.notification().alerts.iter().take(SECTIONS_MAX) {
        let text = view
            .alert(alert)
            .render(r#"{{ template "slack.alert" . }}"#, Format::Slack)?;
        let text = fit::chars(text.trim(), SECTION_CHARS_MAX);
        used += text.chars().count();
        if used > MESSAGE_CHARS_MAX - 2_000 {
            break;
        }
        told += 1;
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    if let Some(image) = links::image(view) {
        blocks
            .push(json!({ "type": "image", "image_url": image, "alt_text": "chart of the alert" }));
    }
    let link = |url: &str, title: &str| format!("<{}|{title}>", Format::Slack.escape(url));
    let all = match notification.alerts.len() - told {
        0 => "All alerts".to_owned(),
        more => format!("… and {more} more"),
    };
    let foot = format!(
        "{} · {}",
        link(&links::alerts(view), &all),
        link(&links::silence(view), "Silence")
    );
    let foot = fit::chars(&foot, FIELD_CHARS_MAX);
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": foot }] }));
    Ok(Value::Array(blocks))
}

//! Mattermost: attachments by an incoming webhook.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post, secret};
use super::slack::{Field, compact};
use super::{Message, Service, Unmade, fit};
use crate::config::Secret;
use crate::egress::Target;
use crate::template::{Format, View};

const TEXT_CHARS_MAX: usize = 16_383;
const TITLE_CHARS_MAX: usize = 1_024;
const ATTACHMENTS_MAX: usize = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    webhook_url: Option<Secret>,
    webhook_url_file: Option<PathBuf>,
    channel: Text,
    username: Text,
    icon_url: Text,
    icon_emoji: Text,
    text: Text,
    fallback: Text,
    color: Text,
    pretext: Text,
    author_name: Text,
    author_link: Text,
    author_icon: Text,
    title: Text,
    title_link: Text,
    fields: Vec<Field>,
    thumb_url: Text,
    footer: Text,
    footer_icon: Text,
    image_url: Text,
    attachments: Vec<Attachment>,
    #[serde(rename = "type")]
    kind: Text,
    props: Option<Props>,
    priority: Option<Priority>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attachment {
    fallback: Text,
    color: Text,
    pretext: Text,
    text: Text,
    author_name: Text,
    author_link: Text,
    author_icon: Text,
    title: Text,
    title_link: Text,
    fields: Vec<Field>,
    thumb_url: Text,
    footer: Text,
    footer_icon: Text,
    image_url: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Props {
    card: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Priority {
    priority: Text,
    requested_ack: bool,
    persistent_notifications: bool,
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        let fields = self.attachments.iter().map(|attachment| &attachment.fields);
        fields
            .chain([&self.fields])
            .try_for_each(|fields| Field::check(fields, "Mattermost"))
    }
}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let marked = |text: &str| {
            fit::text(view, text, Format::Markdown, |text| {
                text.chars().count() <= TEXT_CHARS_MAX
            })
        };
        let plain = |text: &Text| view.render(&text.0, Format::Plain);
        let username = self
            .username
            .or(r#"{{ template "mattermost.default.username" . }}"#);
        let text = marked(
            self.text
                .or(r#"{{ template "mattermost.default.text" . }}"#),
        )?;
        let mut body = json!({
            "channel": plain(&self.channel)?,
            "username": view.render(username, Format::Plain)?,
            "icon_url": plain(&self.icon_url)?,
            "icon_emoji": plain(&self.icon_emoji)?,
            "type": plain(&self.kind)?,
            "priority": self.priority.as_ref().map(|p| p.rendered(view)).transpose()?,
        });
        if let Some(card) = self.props.as_ref().filter(|props| !props.card.0.is_empty()) {
            body["props"] = json!({ "card": marked(&card.card.0)? });
        }
        let mut attachments = Vec::new();
        for attachment in self.attachments.iter().take(ATTACHMENTS_MAX) {
            attachments.push(attachment.rendered(view, marked(&attachment.text.0)?)?);
        }
        if attachments.is_empty() {
            attachments.push(self.attachment().rendered(view, text)?);
        } else {
            body["text"] = json!(text);
        }
        body["attachments"] = Value::Array(attachments);
        let url = secret(&self.webhook_url, &self.webhook_url_file)?;
        Ok(post(
            Target::parse(url.expose())?,
            &compact(body),
            Period::default().timeout(),
        )?
        .into())
    }
}

impl Attachment {
    fn rendered(&self, view: &View, text: String) -> Result<Value, Unmade> {
        let marked = |text: &Text| -> Result<String, Unmade> {
            Ok(fit::chars(
                &view.render(&text.0, Format::Markdown)?,
                TITLE_CHARS_MAX,
            ))
        };
        let plain = |text: &Text| view.render(&text.0, Format::Plain);
        Ok(compact(json!({
            "fallback": marked(&self.fallback)?,
            "color": plain(&self.color)?,
            "pretext": marked(&self.pretext)?,
            "text": text,
            "author_name": marked(&self.author_name)?,
            "author_link": plain(&self.author_link)?,
            "author_icon": plain(&self.author_icon)?,
            "title": fit::one_line(&marked(&self.title)?),
            "title_link": plain(&self.title_link)?,
            "fields": Field::rendered(&self.fields, false, view, Format::Markdown)?,
            "thumb_url": plain(&self.thumb_url)?,
            "footer": marked(&self.footer)?,
            "footer_icon": plain(&self.footer_icon)?,
            "image_url": plain(&self.image_url)?,
        })))
    }
}

impl Settings {
    /// The settings' own attachment, with the usual texts where none are given.
    fn attachment(&self) -> Attachment {
        let or = |text: &Text, name: &str| match text.0.is_empty() {
            true => Text(format!(
                "{{{{ template \"mattermost.default.{name}\" . }}}}"
            )),
            false => text.clone(),
        };
        Attachment {
            fallback: or(&self.fallback, "fallback"),
            color: or(&self.color, "color"),
            pretext: self.pretext.clone(),
            text: Text::default(),
            author_name: self.author_name.clone(),
            author_link: self.author_link.clone(),
            author_icon: self.author_icon.clone(),
            title: or(&self.title, "title"),
            title_link: or(&self.title_link, "titlelink"),
            fields: self.fields.clone(),
            thumb_url: self.thumb_url.clone(),
            footer: self.footer.clone(),
            footer_icon: self.footer_icon.clone(),
            image_url: self.image_url.clone(),
        }
    }
}

impl Priority {
    /// What Mattermost would refuse together is left out.
    fn rendered(&self, view: &View) -> Result<Value, Unmade> {
        let said = view
            .render(&self.priority.0, Format::Plain)?
            .trim()
            .to_lowercase();
        let known = ["urgent", "important", "standard"].contains(&said.as_str());
        let said = if known { said } else { "standard".to_owned() };
        Ok(compact(json!({
            "requested_ack": self.requested_ack && said != "standard",
            "persistent_notifications": self.persistent_notifications && said == "urgent",
            "priority": said,
        })))
    }
}

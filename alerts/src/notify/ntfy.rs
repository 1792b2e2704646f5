//! ntfy: a notification on a phone, with its links as buttons.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, bearer, post, secret};
use super::slack::compact;
use super::{Message, Service, Unmade, fit, links};
use crate::config::Secret;
use crate::egress::Target;
use crate::model::Status;
use crate::template::{Format, View, link};

const SERVER: &str = "https://ntfy.sh";
/// Longer messages become files that nobody opens at night.
const MESSAGE_BYTES_MAX: usize = 4_096;
const TITLE_CHARS_MAX: usize = 250;
const TAGS_MAX: usize = 5;
/// Buttons that a notification may have.
const ACTIONS_MAX: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    url: Option<Secret>,
    url_file: Option<PathBuf>,
    topic: Text,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    #[serde(default)]
    title: Text,
    #[serde(default)]
    message: Text,
    /// 1 to 5, or a template of it.
    #[serde(default)]
    priority: Text,
    /// Names or emoji, comma separated.
    #[serde(default)]
    tags: Text,
    #[serde(default)]
    click: Text,
    #[serde(default)]
    timeout: Period,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let plain = |text: &str| view.render(text, Format::Plain);
        let firing = view.notification().status == Status::Firing;
        let title = self.title.or(r#"{{ template "ntfy.default.title" . }}"#);
        let message = self
            .message
            .or(r#"{{ template "ntfy.default.message" . }}"#);
        let tags = plain(self.tags.or(if firing {
            "rotating_light"
        } else {
            "white_check_mark"
        }))?;
        let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        let click = match plain(&self.click.0)? {
            click if click.is_empty() => links::alerts(view),
            click => click,
        };
        let fits = |text: &str| text.len() <= MESSAGE_BYTES_MAX;
        let body = compact(json!({
            "topic": plain(&self.topic.0)?,
            "title": fit::line(view, title, Format::Plain, TITLE_CHARS_MAX)?,
            "message": fit::text(view, message, Format::Plain, fits)?,
            "priority": self.priority(view)?,
            "tags": tags.take(TAGS_MAX).map(|tag| fit::chars(tag, 50)).collect::<Vec<_>>(),
            "click": link(&click),
            "attach": links::image(view),
            "actions": actions(view),
        }));
        let url = match (&self.url, &self.url_file) {
            (None, None) => Secret::from(SERVER.to_owned()),
            (url, file) => secret(url, file)?,
        };
        let mut request = post(Target::parse(url.expose())?, &body, self.timeout.timeout())?;
        if self.token.is_some() || self.token_file.is_some() {
            bearer(
                &mut request.headers,
                &secret(&self.token, &self.token_file)?,
            )?;
        }
        Ok(request.into())
    }
}

impl Settings {
    fn priority(&self, view: &View) -> Result<u8, Unmade> {
        let said = view.render(
            self.priority.or("{{ .CommonLabels.severity }}"),
            Format::Plain,
        )?;
        let said = said.trim().to_ascii_lowercase();
        if let Ok(number) = said.parse::<u8>() {
            return Ok(number.clamp(1, 5));
        }
        Ok(match (view.notification().status, said.as_str()) {
            (Status::Resolved, _) => 3,
            (_, "critical" | "page" | "max" | "urgent") => 5,
            (_, "info" | "informational" | "default" | "none") => 3,
            (_, "low") => 2,
            (_, "min") => 1,
            _ => 4,
        })
    }
}

fn actions(view: &View) -> Vec<Value> {
    let first = view.first(1);
    let pages = first.notification().alerts.iter().flat_map(links::of_alert);
    let pages: Vec<(&str, String)> = pages.map(|(title, url)| (title, url.to_owned())).collect();
    let silence = [("Silence", links::silence(view))];
    let wanted = pages
        .into_iter()
        .filter(|(title, _)| matches!(*title, "Finding" | "Trace"));
    let wanted = wanted
        .chain(silence)
        .filter(|(_, url)| link(url).is_some())
        .take(ACTIONS_MAX);
    wanted
        .map(|(title, url)| json!({ "action": "view", "label": title, "url": url }))
        .collect()
}

//! Microsoft Teams, by a workflow's webhook: an Adaptive Card.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post, secret};
use super::{Message, Service, Unmade, fit, links};
use crate::config::Secret;
use crate::egress::Target;
use crate::model::Status;
use crate::template::{Format, View, link};

/// Teams takes 28 KB, of which its own frame takes some.
const MESSAGE_BYTES_MAX: usize = 27_000;
const TITLE_CHARS_MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    webhook_url: Option<Secret>,
    webhook_url_file: Option<PathBuf>,
    #[serde(default)]
    title: Text,
    #[serde(default)]
    text: Text,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let title = self
            .title
            .or(r#"{{ template "msteamsv2.default.title" . }}"#);
        let title = fit::line(view, title, Format::Markdown, TITLE_CHARS_MAX)?;
        let text = self.text.or(r#"{{ template "msteamsv2.default.text" . }}"#);
        let fits = |text: &str| card(view, &title, text).to_string().len() <= MESSAGE_BYTES_MAX;
        let text = fit::text(view, text, Format::Markdown, fits)?;
        let url = secret(&self.webhook_url, &self.webhook_url_file)?;
        let body = card(view, &title, &text);
        Ok(post(
            Target::parse(url.expose())?,
            &body,
            Period::default().timeout(),
        )?
        .into())
    }
}

fn card(view: &View, title: &str, text: &str) -> Value {
    let firing = view.notification().status == Status::Firing;
    let mut body = vec![
        json!({
            "type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "wrap": true,
            "style": "heading", "color": if firing { "Attention" } else { "Good" },
        }),
        // Markdown of cards knows a line's end only as an empty line.
        json!({ "type": "TextBlock", "text": text.replace('\n', "\n\n"), "wrap": true }),
    ];
    if let Some(image) = links::image(view) {
        body.push(json!({ "type": "Image", "url": image, "altText": "chart of the alert" }));
    }
    let pages = [
        ("All alerts", links::alerts(view)),
        ("Silence", links::silence(view)),
    ];
    let pages = pages.into_iter().filter(|(_, url)| link(url).is_some());
    let actions: Vec<Value> = pages
        .map(|(title, url)| json!({ "type": "Action.OpenUrl", "title": title, "url": url }))
        .collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "actions": actions,
                "msteams": { "width": "full" },
            },
        }],
    })
}

//! Webex: a message in a room.

use serde::Deserialize;
use serde_json::json;
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post};
use super::{Message, Service, Unmade, fit};
use crate::config::Secret;
use crate::egress::Target;
use crate::template::{Format, View};

const MESSAGE_BYTES_MAX: usize = 7_439;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    api_url: Option<Secret>,
    #[serde(default)]
    message: Text,
    room_id: Text,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let source = self
            .message
            .or(r#"{{ template "webex.default.message" . }}"#);
        let fits = |text: &str| text.len() <= MESSAGE_BYTES_MAX;
        let body = json!({
            "markdown": fit::text(view, source, Format::Markdown, fits)?,
            "roomId": view.render(&self.room_id.0, Format::Plain)?,
        });
        let url = self
            .api_url
            .as_ref()
            .map_or("https://webexapis.com/v1/messages", Secret::expose);
        Ok(post(Target::parse(url)?, &body, Period::default().timeout())?.into())
    }
}

//! Opsgenie, and what speaks its API: an alert is created and closed under the group's alias.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::Method;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};
use store::model::UnixNano;

use super::pagerduty::group_hash;
use super::settings::{Checked, Period, Text, post, secret, set_secret};
use super::slack::compact;
use super::{Message, Service, Unmade, fit};
use crate::config::Secret;
use crate::egress::{Request, Target};
use crate::model::Status;
use crate::template::{Format, View};

const MESSAGE_CHARS_MAX: usize = 130;
const DESCRIPTION_CHARS_MAX: usize = 15_000;
const NOTE_CHARS_MAX: usize = 25_000;
const DETAILS_CHARS_MAX: usize = 8_000;
const ENTITY_CHARS_MAX: usize = 512;
const SOURCE_CHARS_MAX: usize = 100;
const TAGS_MAX: usize = 20;
const TAG_CHARS_MAX: usize = 50;
const ACTIONS_MAX: usize = 10;
const RESPONDERS_MAX: usize = 50;
const RESPONDERS: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    api_key: Option<Secret>,
    api_key_file: Option<PathBuf>,
    api_url: Option<Secret>,
    message: Text,
    description: Text,
    source: Text,
    details: BTreeMap<String, Text>,
    entity: Text,
    responders: Vec<Responder>,
    actions: Text,
    tags: Text,
    note: Text,
    priority: Text,
    update_alerts: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Responder {
    id: Text,
    name: Text,
    username: Text,
    #[serde(rename = "type")]
    kind: Text,
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        for Responder {
            id,
            name,
            username,
            kind,
        } in &self.responders
        {
            if [id, name, username].iter().all(|text| text.0.is_empty()) {
                return Err("a responder needs at least one of id, username or name".to_owned());
            }
            let known = RESPONDERS.contains(&kind.0.to_ascii_lowercase().as_str());
            let template = kind.0.contains("{{");
            if !known && !template {
                return Err(format!(
                    "a responder's type is one of {}",
                    RESPONDERS.join(", ")
                ));
            }
        }
        Ok(())
    }
}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let url = self
            .api_url
            .as_ref()
            .map_or("https://api.opsgenie.com/", Secret::expose);
        let base = Target::parse(url)?;
        let alias = group_hash(view);
        let source = self
            .source
            .or(r#"{{ template "opsgenie.default.source" . }}"#);
        let source = fit::line(view, source, Format::Plain, SOURCE_CHARS_MAX)?;
        let at = |path: &str| base.join(&format!("v2/alerts/{alias}/{path}?identifierType=alias"));
        let mut requests = Vec::new();
        if view.notification().status == Status::Resolved {
            requests.push(self.request(at("close")?, &json!({ "source": source }), view)?);
        } else {
            let alert = self.alert(view, &alias, source)?;
            requests.push(self.request(base.join("v2/alerts")?, &alert, view)?);
            for part in ["message", "description"]
                .iter()
                .filter(|_| self.update_alerts)
            {
                let mut request = self.request(at(part)?, &json!({ *part: alert[*part] }), view)?;
                request.method = Method::PUT;
                requests.push(request);
            }
        }
        Ok(Message::Requests(requests))
    }
}

impl Settings {
    fn request(&self, target: Target, body: &Value, view: &View) -> Result<Request, Unmade> {
        let key = view.render(
            secret(&self.api_key, &self.api_key_file)?.expose(),
            Format::Plain,
        )?;
        let mut request = post(target, body, Period::default().timeout())?;
        set_secret(
            &mut request.headers,
            AUTHORIZATION,
            &format!("GenieKey {}", key.trim()),
        )?;
        Ok(request)
    }

    fn alert(&self, view: &View, alias: &str, source: String) -> Result<Value, Unmade> {
        let text = |text: &Text, max: usize| -> Result<String, Unmade> {
            Ok(fit::chars(&view.render(&text.0, Format::Plain)?, max))
        };
        let list = |given: &Text, most: usize, max: usize| -> Result<Vec<String>, Unmade> {
            let given = view.render(&given.0, Format::Plain)?;
            let parts = given
                .trim()
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            Ok(parts.take(most).map(|part| fit::chars(part, max)).collect())
        };
        let message = self
            .message
            .or(r#"{{ template "opsgenie.default.message" . }}"#);
        let description = self
            .description
            .or(r#"{{ template "opsgenie.default.description" . }}"#);
        let fits = |text: &str| text.chars().count() <= DESCRIPTION_CHARS_MAX;
        let mut alert = compact(json!({
            "alias": alias,
            "message": fit::line(view, message, Format::Plain, MESSAGE_CHARS_MAX)?,
            "description": fit::text(view, description, Format::Plain, fits)?,
            "responders": self.responders(view)?,
            "tags": list(&self.tags, TAGS_MAX, TAG_CHARS_MAX)?,
            "note": text(&self.note, NOTE_CHARS_MAX)?,
            "priority": text(&self.priority, 2)?,
            "entity": text(&self.entity, ENTITY_CHARS_MAX)?,
            "actions": list(&self.actions, ACTIONS_MAX, TAG_CHARS_MAX)?,
        }));
        alert["source"] = json!(source);
        alert["details"] = self.details(view)?;
        Ok(alert)
    }

    fn details(&self, view: &View) -> Result<Value, Unmade> {
        let common = view.notification().common_labels.iter();
        let mut details: BTreeMap<&str, String> = common.map(|(n, v)| (n, v.to_owned())).collect();
        for (name, text) in &self.details {
            details.insert(name, view.render(&text.0, Format::Plain)?);
        }
        let mut room = DETAILS_CHARS_MAX;
        details.retain(|name, value| {
            let size = name.chars().count() + value.chars().count();
            let fits = size <= room;
            room -= if fits { size } else { 0 };
            fits
        });
        Ok(json!(details))
    }

    fn responders(&self, view: &View) -> Result<Vec<Value>, Unmade> {
        let text = |text: &Text| view.render(&text.0, Format::Plain);
        let mut all = Vec::new();
        for responder in &self.responders {
            let (id, name) = (text(&responder.id)?, text(&responder.name)?);
            let (username, kind) = (text(&responder.username)?, text(&responder.kind)?);
            // What a template leaves empty is nobody.
            if [&id, &name, &username].iter().all(|text| text.is_empty()) {
                continue;
            }
            if kind.eq_ignore_ascii_case("teams") {
                let teams = name
                    .split(',')
                    .map(str::trim)
                    .filter(|team| !team.is_empty());
                all.extend(teams.map(|team| json!({ "name": team, "type": "team" })));
            } else {
                let kind = kind.to_ascii_lowercase();
                all.push(compact(
                    json!({ "id": id, "name": name, "username": username, "type": kind }),
                ));
            }
        }
        all.truncate(RESPONDERS_MAX);
        Ok(all)
    }
}

//! PagerDuty, Events API v2 with a routing key, v1 with a service key.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::model::UnixNano;

use super::settings::{Checked, Period, Text, post, secret};
use super::{Message, Service, Unmade, fit, links};
use crate::config::Secret;
use crate::delivery::retry::Outcome;
use crate::egress::{Answer, Target};
use crate::model::{Status, time};
use crate::notify::webhook::filled;
use crate::template::{Format, View, link};

const SUMMARY_CHARS_MAX: usize = 1_024;
const EVENT_BYTES_MAX: usize = 512_000;
const V1: &str = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";
/// What is told of the alerts unless the operator says otherwise.
const DETAILS: [(&str, &str); 4] = [
    ("firing", "{{ .Alerts.Firing | toJson }}"),
    ("resolved", "{{ .Alerts.Resolved | toJson }}"),
    ("num_firing", "{{ .Alerts.Firing | len }}"),
    ("num_resolved", "{{ .Alerts.Resolved | len }}"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    service_key: Option<Secret>,
    service_key_file: Option<PathBuf>,
    routing_key: Option<Secret>,
    routing_key_file: Option<PathBuf>,
    url: Option<Secret>,
    client: Text,
    client_url: Text,
    description: Text,
    details: Map<String, Value>,
    images: Vec<Image>,
    links: Vec<Link>,
    source: Text,
    severity: Text,
    class: Text,
    component: Text,
    group: Text,
    timeout: Period,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Image {
    src: Text,
    alt: Text,
    href: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Link {
    href: Text,
    text: Text,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, _: UnixNano) -> Result<Message, Unmade> {
        let all = view.notification().alerts.len();
        let mut count = all;
        let v1 = self.service_key.is_some() || self.service_key_file.is_some();
        loop {
            let details = match count {
                0 => {
                    json!({ "error": "the alerts are larger than an event may be; the links lead to them" })
                }
                _ if count < all => self.details(&view.first(count), all - count)?,
                _ => self.details(view, 0)?,
            };
            let event = if v1 {
                self.v1(view, details)?
            } else {
                self.v2(view, details)?
            };
            let url = match (&self.url, v1) {
                (_, true) => V1,
                (Some(url), false) => url.expose(),
                (None, false) => "https://events.pagerduty.com/v2/enqueue",
            };
            let request = post(Target::parse(url)?, &event, self.timeout.timeout())?;
            if request.body.len() <= EVENT_BYTES_MAX || count == 0 {
                return Ok(request.into());
            }
            count /= 2;
        }
    }

    /// The older API says 403 when there are too many events.
    fn outcome(&self, answer: &Answer, now: UnixNano) -> Outcome {
        let v1 = self.service_key.is_some() || self.service_key_file.is_some();
        let status = if v1 && answer.status == 403 {
            429
        } else {
            answer.status
        };
        Outcome::of_status(status, answer.retry_after.as_deref(), now)
    }
}

/// What tells one group's events from all others', in all of PagerDuty's accounts.
pub fn group_hash(view: &View) -> String {
    hex::encode(Sha256::digest(view.notification().group_key.as_bytes()))
}

impl Settings {
    fn plain(view: &View, text: &Text, default: &str) -> Result<String, Unmade> {
        Ok(view.render(text.or(default), Format::Plain)?)
    }

    fn details(&self, view: &View, left_out: usize) -> Result<Value, Unmade> {
        let given = self
            .details
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()));
        let defaults = DETAILS
            .iter()
            .filter(|(name, _)| !self.details.contains_key(*name));
        let defaults = defaults.map(|(name, source)| (*name, json!(source)));
        let mut details = Map::new();
        for (name, value) in given.chain(defaults) {
            details.insert(name.to_owned(), filled(&value, view, 0)?);
        }
        if left_out > 0 {
            details.insert("truncated_alerts".to_owned(), json!(left_out));
        }
        Ok(Value::Object(details))
    }

    fn summary(&self, view: &View) -> Result<String, Unmade> {
        let source = self
            .description
            .or(r#"{{ template "pagerduty.default.description" . }}"#);
        let summary = fit::line(view, source, Format::Plain, SUMMARY_CHARS_MAX)?;
        Ok(if summary.is_empty() {
            "alert without a description".to_owned()
        } else {
            summary
        })
    }

    fn client(&self, view: &View) -> Result<(String, String), Unmade> {
        let client = Self::plain(
            view,
            &self.client,
            r#"{{ template "pagerduty.default.client" . }}"#,
        )?;
        let url = Self::plain(
            view,
            &self.client_url,
            r#"{{ template "pagerduty.default.clientURL" . }}"#,
        )?;
        Ok((client, url))
    }

    fn key(view: &View, text: &Option<Secret>, file: &Option<PathBuf>) -> Result<String, Unmade> {
        let key = view.render(secret(text, file)?.expose(), Format::Plain)?;
        if key.trim().is_empty() {
            return Err(Unmade::Content("the key for PagerDuty is empty".to_owned()));
        }
        Ok(key.trim().to_owned())
    }

    fn v1(&self, view: &View, details: Value) -> Result<Value, Unmade> {
        let firing = view.notification().status == Status::Firing;
        let (client, client_url) = self.client(view)?;
        Ok(json!({
            "service_key": Self::key(view, &self.service_key, &self.service_key_file)?,
            "event_type": if firing { "trigger" } else { "resolve" },
            "incident_key": group_hash(view),
            "description": self.summary(view)?,
            "client": client,
            "client_url": client_url,
            "details": details,
        }))
    }

    fn v2(&self, view: &View, details: Value) -> Result<Value, Unmade> {
        let notification = view.notification();
        let firing = notification.status == Status::Firing;
        let (client, client_url) = self.client(view)?;
        let source = Self::plain(view, &self.source, &client)?;
        let since = notification
            .alerts
            .iter()
            .map(|alert| alert.starts_at)
            .min();
        let part = |text: &Text| Self::plain(view, text, "");
        Ok(super::slack::compact(json!({
            "routing_key": Self::key(view, &self.routing_key, &self.routing_key_file)?,
            "event_action": if firing { "trigger" } else { "resolve" },
            "dedup_key": group_hash(view),
            "client": client,
            "client_url": client_url,
            "payload": super::slack::compact(json!({
                "summary": self.summary(view)?,
                "source": if source.is_empty() { "Nephoscope".to_owned() } else { source },
                "severity": self.severity(view)?,
                "timestamp": since.map(time::text),
                "class": part(&self.class)?,
                "component": part(&self.component)?,
                "group": part(&self.group)?,
                "custom_details": details,
            })),
            "images": self.images(view)?,
            "links": self.links(view)?,
        })))
    }

    /// PagerDuty knows four words; the alerts' own label says which, unless the operator does.
    fn severity(&self, view: &View) -> Result<&'static str, Unmade> {
        let said = Self::plain(view, &self.severity, "{{ .CommonLabels.severity }}")?;
        Ok(match said.trim().to_ascii_lowercase().as_str() {
            "critical" | "page" | "fatal" | "emergency" => "critical",
            "warning" | "warn" | "ticket" | "medium" => "warning",
            "info" | "informational" | "low" | "none" => "info",
            _ => "error",
        })
    }

    fn images(&self, view: &View) -> Result<Vec<Value>, Unmade> {
        let part = |text: &Text| Self::plain(view, text, "");
        let mut images = Vec::new();
        for image in &self.images {
            let src = part(&image.src)?;
            if link(&src).is_some() {
                images.push(
                    json!({ "src": src, "alt": part(&image.alt)?, "href": part(&image.href)? }),
                );
            }
        }
        if self.images.is_empty() {
            let chart = links::image(view);
            images.extend(chart.map(|src| json!({ "src": src, "alt": "chart of the alert" })));
        }
        Ok(images)
    }

    fn links(&self, view: &View) -> Result<Vec<Value>, Unmade> {
        let mut all = Vec::new();
        for given in &self.links {
            let href = Self::plain(view, &given.href, "")?;
            if link(&href).is_some() {
                all.push(json!({ "href": href, "text": Self::plain(view, &given.text, "")? }));
            }
        }
        if self.links.is_empty() {
            let first = view.first(1);
            let pages = first.notification().alerts.iter().flat_map(links::of_alert);
            all.extend(pages.map(|(title, url)| json!({ "href": url, "text": title })));
            let silence = links::silence(view);
            all.extend(link(&silence).map(|url| json!({ "href": url, "text": "Silence" })));
        }
        Ok(all)
    }
}

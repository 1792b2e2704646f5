//! Another Alertmanager, which routes by its own rules: alerts go to its API, version 2.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::settings::{Checked, Period, post, secret};
use super::{Message, Service, Unmade};
use crate::config::Secret;
use crate::egress::Target;
use crate::model::time;
use crate::model::{Labels, NotifiedAlert};
use crate::template::View;

/// How long an alert is to be believed there without another word, nanoseconds: six days. Repeat
/// intervals cannot be longer than five, the time for which Alertmanager remembers.
const BELIEVED_NANOS: i64 = 6 * 24 * 3_600 * 1_000_000_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    url: Option<Secret>,
    url_file: Option<PathBuf>,
    #[serde(default)]
    timeout: Period,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    labels: &'a Labels,
    annotations: &'a Labels,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "str::is_empty")]
    generator_url: &'a str,
}

impl Checked for Settings {}

impl Service for Settings {
    fn message(&self, view: &View, now: UnixNano) -> Result<Message, Unmade> {
        let target = Target::parse(secret(&self.url, &self.url_file)?.expose())?;
        let believed = UnixNano(now.0.saturating_add(BELIEVED_NANOS));
        let alert = |alert: &'_ NotifiedAlert| time::text(alert.ends_at.unwrap_or(believed));
        let alerts: Vec<Alert<'_>> = view
            .notification()
            .alerts
            .iter()
            .map(|a| Alert {
                labels: &a.labels,
                annotations: &a.annotations,
                starts_at: time::text(a.starts_at),
                ends_at: alert(a),
                generator_url: &a.generator_url,
            })
            .collect();
        let api = target.join("api/v2/alerts")?;
        // A list of its own for each thousand: no server takes requests of any size.
        let lists = alerts
            .chunks(1_000)
            .map(|list| post(api.clone(), &list, self.timeout.timeout()));
        Ok(Message::Requests(lists.collect::<Result<_, _>>()?))
    }
}

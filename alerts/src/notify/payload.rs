//! Alertmanager's webhook payload, version 4, key for key.

use serde::Serialize;

use crate::model::time;
use crate::model::{Labels, Notification, NotifiedAlert};
use crate::template::{View, quote_meta};

/// What Go writes for "no time".
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// The payload, keys in Alertmanager's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload<'a> {
    receiver: String,
    status: String,
    alerts: Vec<Alert<'a>>,
    #[serde(rename = "notification_reason")]
    notification_reason: String,
    group_labels: &'a Labels,
    common_labels: &'a Labels,
    common_annotations: &'a Labels,
    route_labels: &'a Labels,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: &'a str,
    truncated_alerts: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    status: String,
    labels: &'a Labels,
    annotations: &'a Labels,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: String,
}

impl<'a> Payload<'a> {
    /// Of the first `count` alerts.
    pub fn new(view: &'a View, count: usize) -> Self {
        let Notification {
            integration,
            status,
            reason,
            alerts,
            ..
        } = view.notification();
        Self {
            // As Alertmanager has it: quoted as a regular expression.
            receiver: quote_meta(&integration.receiver),
            status: status.to_string(),
            alerts: alerts.iter().take(count).map(alert).collect(),
            notification_reason: reason.to_string(),
            group_labels: &view.notification().group_labels,
            common_labels: &view.notification().common_labels,
            common_annotations: &view.notification().common_annotations,
            route_labels: &view.notification().route_labels,
            external_url: view.external_url(),
            version: "4",
            group_key: &view.notification().group_key,
            truncated_alerts: alerts.len().saturating_sub(count),
        }
    }
}

fn alert(alert: &NotifiedAlert) -> Alert<'_> {
    Alert {
        status: alert.status.to_string(),
        labels: &alert.labels,
        annotations: &alert.annotations,
        starts_at: time::text(alert.starts_at),
        ends_at: alert.ends_at.map_or_else(|| NO_TIME.to_owned(), time::text),
        generator_url: &alert.generator_url,
        fingerprint: alert.fingerprint.to_string(),
    }
}

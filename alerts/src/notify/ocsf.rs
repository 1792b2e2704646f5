//! OCSF 1.3 Detection Findings, one per alert, for security lakes.

use serde_json::{Value, json};
use store::model::UnixNano;

use super::links;
use crate::model::{NotifiedAlert, Reason, Status};
use crate::template::View;

/// The schema that the events keep.
const VERSION: &str = "1.3.0";
/// Class "Detection Finding" of category "Findings".
const CLASS: u32 = 2004;

/// The events of the first `count` alerts.
pub fn findings(view: &View, count: usize) -> Vec<Value> {
    view.notification()
        .alerts
        .iter()
        .take(count)
        .map(|alert| finding(view, alert))
        .collect()
}

fn millis(at: UnixNano) -> i64 {
    at.0.div_euclid(1_000_000)
}

fn finding(view: &View, alert: &NotifiedAlert) -> Value {
    let notification = view.notification();
    let told_before = matches!(notification.reason, Reason::Repeat | Reason::SomeResolved);
    let (activity_id, activity, status_id, status) = match alert.status {
        Status::Resolved => (3, "Close", 4, "Resolved"),
        Status::Firing if told_before => (2, "Update", 1, "New"),
        Status::Firing => (1, "Create", 1, "New"),
    };
    let said = |key: &str| alert.annotations.value(key);
    let title = match said("summary") {
        "" => alert.labels.value("alertname"),
        summary => summary,
    };
    let (severity_id, severity) = severity(alert.labels.value("severity"));
    let sources: Vec<&str> = links::of_alert(alert)
        .into_iter()
        .map(|(_, url)| url)
        .collect();
    let mut event = json!({
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + activity_id,
        "type_name": format!("Detection Finding: {activity}"),
        "time": millis(alert.ends_at.unwrap_or(notification.at)),
        "start_time": millis(alert.starts_at),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "is_alert": true,
        "message": title,
        "finding_info": {
            "uid": alert.fingerprint.to_string(),
            "title": title,
            "desc": said("description"),
            "types": [alert.labels.value("alertname")],
            "created_time": millis(alert.starts_at),
        },
        "metadata": {
            "version": VERSION,
            "uid": format!("{}/{}", notification.id, alert.fingerprint),
            "product": { "name": "Nephoscope", "vendor_name": "Nephoscope" },
            "labels": alert.labels.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>(),
        },
        "unmapped": { "labels": &alert.labels, "annotations": &alert.annotations },
    });
    if let Some(ends_at) = alert.ends_at {
        event["end_time"] = json!(millis(ends_at));
    }
    if let Some(source) = sources.first() {
        event["finding_info"]["src_url"] = json!(source);
    }
    let cloud = ["cloud", "account", "region"].map(|name| alert.labels.value(name));
    if let [provider, account, region] = cloud
        && !provider.is_empty()
    {
        event["cloud"] =
            json!({ "provider": provider, "region": region, "account": { "uid": account } });
    }
    event
}

fn severity(label: &str) -> (u32, &'static str) {
    match label.to_ascii_lowercase().as_str() {
        "info" | "informational" | "none" => (1, "Informational"),
        "low" | "notice" => (2, "Low"),
        "warning" | "warn" | "medium" | "ticket" => (3, "Medium"),
        "error" | "high" => (4, "High"),
        "critical" | "page" | "crit" => (5, "Critical"),
        "fatal" | "emergency" | "disaster" => (6, "Fatal"),
        "" => (0, "Unknown"),
        _ => (99, "Other"),
    }
}

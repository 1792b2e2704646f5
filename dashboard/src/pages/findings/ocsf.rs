//! One finding as an OCSF Detection Finding, for security lakes and hubs: `/findings/<id>.ocsf.json`.

use serde_json::{Value, json};
use store::model::{Finding, Severity, State};

use super::words;

/// The schema that the event keeps.
const VERSION: &str = "1.8.0";
/// Class "Detection Finding" of category "Findings".
const CLASS: u32 = 2004;

/// The event. It keeps its `finding_info.uid` for the finding's whole life, so that updates meet it.
pub(super) fn event(finding: &Finding) -> Value {
    let (activity_id, activity) = match finding.state {
        State::Closed | State::Retracted => (3, "Close"),
        _ if finding.updated_at > finding.detected_at => (2, "Update"),
        _ => (1, "Create"),
    };
    let (status_id, status) = match finding.state {
        State::Open => (1, "New"),
        State::Held => (3, "Suppressed"),
        State::Closed | State::Retracted => (4, "Resolved"),
    };
    let (severity_id, severity) = severity(finding.severity);
    let (confidence_id, confidence) = confidence(finding.confidence);
    json!({
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity_id,
        "activity_name": activity,
        "type_uid": CLASS * 100 + activity_id,
        "type_name": format!("Detection Finding: {activity}"),
        "time": finding.updated_at.as_millis(),
        "start_time": finding.began_at.as_millis(),
        "end_time": finding.closed_at.map(|at| at.as_millis()),
        "severity_id": severity_id,
        "severity": severity,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "confidence_score": (finding.confidence * 100.0).round(),
        "status_id": status_id,
        "status": status,
        "status_detail": finding.closed_because,
        "is_alert": finding.severity >= Severity::Medium && finding.state == State::Open,
        "message": finding.sentence,
        "count": finding.evidence.events.max(1),
        "metadata": {
            "version": VERSION,
            "product": {
                "name": "Nephoscope", "vendor_name": "Nephoscope",
                "version": env!("CARGO_PKG_VERSION"),
            },
        },
        "finding_info": info(finding),
        "evidences": evidences(finding),
        "observables": observables(finding),
        "resources": resources(finding),
        "remediation": { "desc": finding.evidence.advice.join(" ") },
        "unmapped": { "trace_ids": finding.evidence.traces, "detail": finding.detail },
    })
}

fn info(finding: &Finding) -> Value {
    let attacks = finding.evidence.attack.iter().map(|id| {
        let (technique, sub) = id.split_once('.').map_or((id.as_str(), None), |(one, _)| {
            (one, Some(json!({ "uid": id })))
        });
        json!({ "technique": { "uid": technique }, "sub_technique": sub })
    });
    // The rule stands first in what tells a threat apart; others have none but their kind.
    let rule = finding.detail.split(" · ").next().unwrap_or_default();
    let rule = if rule.is_empty() { &finding.kind } else { rule };
    json!({
        "uid": finding.id,
        "title": finding.title,
        "desc": finding.evidence.reasons.join(" "),
        "types": [finding.kind],
        "attacks": attacks.collect::<Vec<_>>(),
        "analytic": {
            "uid": rule, "name": words::kind(&finding.kind), "type_id": 1, "type": "Rule",
        },
        "created_time": finding.detected_at.as_millis(),
        "first_seen_time": finding.began_at.as_millis(),
        "last_seen_time": finding.updated_at.as_millis(),
    })
}

fn evidences(finding: &Finding) -> Vec<Value> {
    let matches = finding.evidence.matches.iter();
    matches
        .map(|found| json!({ "data": { "field": found.field, "text": found.text } }))
        .collect()
}

/// Addresses and names that others may be asked about.
fn observables(finding: &Finding) -> Vec<Value> {
    let of = |what: &str| -> Option<Value> {
        if let Some(client) = what.strip_prefix("client ") {
            let address = client.parse::<std::net::IpAddr>().is_ok();
            let (id, kind) = if address {
                (2, "IP Address")
            } else {
                (99, "Other")
            };
            return Some(json!({ "name": "client", "type_id": id, "type": kind, "value": client }));
        }
        let principal = what.strip_prefix("principal ")?;
        Some(json!({ "name": "principal", "type_id": 4, "type": "User Name", "value": principal }))
    };
    let suspects = finding.evidence.suspects.iter();
    suspects.filter_map(|suspect| of(&suspect.what)).collect()
}

fn resources(finding: &Finding) -> Vec<Value> {
    match finding.function_id.is_empty() {
        true => Vec::new(),
        false => vec![json!({
            "uid": finding.function_id,
            "name": words::subject(finding),
            "type": "Function",
            "version": finding.version,
        })],
    }
}

fn severity(severity: Severity) -> (u32, &'static str) {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn confidence(confidence: f64) -> (u32, &'static str) {
    match confidence {
        c if c < 0.5 => (1, "Low"),
        c if c < 0.8 => (2, "Medium"),
        _ => (3, "High"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::finding;
    use store::model::{Evidence, Suspect};

    #[test]
    fn an_event_says_what_the_class_requires_and_keeps_its_id() {
        let evidence = Evidence {
            attack: vec!["T1190".into(), "T1059.007".into()],
            suspects: vec![Suspect {
                what: "client 192.0.2.7".into(),
                ..Suspect::default()
            }],
            ..Evidence::default()
        };
        let open = Finding {
            detail: "payload_xss · 192.0.2.7".into(),
            severity: Severity::High,
            evidence,
            ..finding("threat_payload")
        };
        let event_of_open = event(&open);
        assert_eq!(event_of_open["class_uid"], 2004);
        assert_eq!(event_of_open["severity_id"], 4);
        let info = &event_of_open["finding_info"];
        assert_eq!(info["analytic"]["uid"], "payload_xss");
        assert_eq!(info["attacks"][1]["technique"]["uid"], "T1059");
        assert_eq!(info["attacks"][1]["sub_technique"]["uid"], "T1059.007");
        assert_eq!(event_of_open["observables"][0]["type_id"], 2);
        let closed = event(&Finding {
            state: State::Closed,
            closed_at: Some(open.updated_at),
            ..open
        });
        assert_eq!(closed["type_uid"], 200_403);
        assert_eq!(closed["status_id"], 4);
        assert_eq!(closed["finding_info"]["uid"], info["uid"]);
    }
}

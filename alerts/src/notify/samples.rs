//! Notifications that tests send.

use store::model::UnixNano;

use crate::model::{Fingerprint, Integration, Labels, Notification, NotifiedAlert, Reason, Status};

const SECOND: i64 = 1_000_000_000;
/// 2027-01-15 08:10:00 UTC.
pub const NOW: UnixNano = UnixNano((1_800_000_000 + 600) * SECOND);

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}

fn alert(
    status: Status,
    function: &str,
    fingerprint: u64,
    annotations: &[(&str, &str)],
) -> NotifiedAlert {
    let ends_at = (status == Status::Resolved).then_some(UnixNano((1_800_000_000 + 300) * SECOND));
    NotifiedAlert {
        status,
        labels: labels(&[
            ("account", "1234"),
            ("alertname", "HighErrorRate"),
            ("function", function),
            ("region", "eu-central-1"),
            ("severity", "critical"),
        ]),
        annotations: labels(annotations),
        starts_at: UnixNano(1_800_000_000 * SECOND),
        ends_at,
        generator_url: format!("https://observe.example/findings?function={function}&tab=1"),
        fingerprint: Fingerprint(fingerprint),
    }
}

/// One alert that fires and one, full of hostile text, that is resolved.
pub fn firing() -> Notification {
    let alerts = vec![
        alert(
            Status::Firing,
            "checkout",
            0xaa,
            &[
                ("summary", "One call in five fails"),
                (
                    "why",
                    "204 of 1,020 invocations failed in 5 min; 0.4 % is usual",
                ),
                ("finding_url", "https://observe.example/findings/f1"),
                (
                    "trace_url",
                    "https://observe.example/traces/4bf92f3577b34da6a3ce929d0e0e4736",
                ),
                ("runbook_url", "https://wiki.example/checkout"),
                ("image_url", "https://observe.example/charts/f1.png"),
            ],
        ),
        alert(
            Status::Resolved,
            "pay\r\nBcc: x@evil.example",
            0xbb,
            &[(
                "summary",
                "<b>late</b> & <!channel> [x](http://evil.example) @here",
            )],
        ),
    ];
    Notification {
        id: "msg_2027".to_owned(),
        integration: Integration {
            receiver: "team.x".to_owned(),
            kind: "webhook".to_owned(),
            index: 0,
        },
        at: NOW,
        reason: Reason::First,
        status: Status::Firing,
        group_key: r#"{}/{team="x"}:{alertname="HighErrorRate", region="eu-central-1"}"#.to_owned(),
        group_labels: labels(&[("alertname", "HighErrorRate"), ("region", "eu-central-1")]),
        common_labels: labels(&[
            ("account", "1234"),
            ("alertname", "HighErrorRate"),
            ("region", "eu-central-1"),
            ("severity", "critical"),
        ]),
        common_annotations: Labels::default(),
        route_labels: labels(&[
            (
                "link",
                r#"https://wiki.example/{{ routeLabels "team" }}/{{ .CommonLabels.alertname }}"#,
            ),
            ("team", "x"),
        ]),
        alerts,
    }
}

/// The same group when all is over.
pub fn resolved() -> Notification {
    let mut notification = firing();
    notification.status = Status::Resolved;
    notification.reason = Reason::AllResolved;
    notification.alerts.remove(0);
    notification
}

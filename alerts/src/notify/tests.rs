//! What goes over the wire, service by service, as snapshots; and that nothing outgrows its limits.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::egress::Request;
use crate::model::Notification;
use crate::template::Templates;

fn view(notification: &Notification) -> View {
    let templates = Arc::new(Templates::new([]).expect("defaults"));
    View::new(
        &templates,
        notification,
        "https://observe.example",
        samples::NOW,
    )
    .expect("a view")
}

fn requests(kind: &str, settings: Value, notification: &Notification) -> Vec<Request> {
    let service = service(kind, settings).expect("settings");
    match service
        .message(&view(notification), samples::NOW)
        .expect("a message")
    {
        Message::Requests(requests) => requests,
        Message::Mail(_) => panic!("a mail"),
    }
}

/// A request as text: method, host, headers, body.
fn shown(request: &Request) -> String {
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
        .collect();
    let body = match serde_json::from_slice::<Value>(&request.body) {
        Ok(json) => serde_json::to_string_pretty(&json).expect("JSON"),
        Err(_) => String::from_utf8_lossy(&request.body).replace('&', "\n&"),
    };
    format!(
        "{} {}\n{}\n\n{body}",
        request.method,
        request.target.address_with_secrets(),
        headers.join("\n")
    )
}

/// Smallest settings of each service.
fn services() -> Vec<(&'static str, Value)> {
    vec![
        ("alertmanager", json!({ "url": "http://am.example:9093/" })),
        (
            "discord",
            json!({ "webhook_url": "https://discord.example/api/webhooks/1/SECRET" }),
        ),
        (
            "mattermost",
            json!({ "webhook_url": "https://mm.example/hooks/SECRET" }),
        ),
        (
            "msteamsv2",
            json!({ "webhook_url": "https://teams.example/SECRET" }),
        ),
        ("ntfy", json!({ "topic": "pages", "token": "SECRET" })),
        (
            "opsgenie",
            json!({ "api_key": "SECRET", "api_url": "https://api.opsgenie.example/", "tags": "a, {{ .Status }}" }),
        ),
        ("pagerduty", json!({ "routing_key": "SECRET" })),
        ("pushover", json!({ "user_key": "USER", "token": "SECRET" })),
        (
            "rocketchat",
            json!({ "api_url": "https://rc.example", "token_id": "ID", "token": "SECRET", "channel": "#ops" }),
        ),
        (
            "slack",
            json!({ "api_url": "https://hooks.slack.example/SECRET", "channel": "#ops" }),
        ),
        (
            "telegram",
            json!({ "bot_token": "1:SECRET", "chat_id": -100 }),
        ),
        ("webex", json!({ "room_id": "room" })),
        (
            "webhook",
            json!({ "url": "https://user.example/{{ .GroupLabels.region }}" }),
        ),
    ]
}

#[test]
fn every_service_is_told_of_what_fires_and_of_what_is_over() {
    for (kind, settings) in services() {
        let mut all = String::new();
        for notification in [samples::firing(), samples::resolved()] {
            for request in requests(kind, settings.clone(), &notification) {
                all += &format!("{}\n\n", shown(&request));
            }
        }
        insta::assert_snapshot!(kind, all);
    }
}

#[test]
fn a_webhook_bears_alertmanagers_keys_in_its_order() {
    let request = &requests(
        "webhook",
        json!({ "url": "https://x.example/", "max_alerts": 1 }),
        &samples::firing(),
    )[0];
    let text = String::from_utf8_lossy(&request.body);
    let keys = [
        "\"receiver\":\"team\\\\.x\"",
        "\"status\":\"firing\"",
        "\"alerts\":[",
        "\"startsAt\":\"2027-01-15T08:00:00Z\"",
        "\"endsAt\":\"0001-01-01T00:00:00Z\"",
        "\"generatorURL\":",
        "\"fingerprint\":\"00000000000000aa\"",
        "\"notification_reason\":\"first notification\"",
        "\"groupLabels\":{",
        "\"commonLabels\":{",
        "\"commonAnnotations\":{",
        "\"routeLabels\":{\"link\":\"https://wiki.example/x/HighErrorRate\"",
        "\"externalURL\":\"https://observe.example\"",
        "\"version\":\"4\"",
        "\"groupKey\":\"{}/{team=",
        "\"truncatedAlerts\":1",
    ];
    let places: Vec<Option<usize>> = keys.iter().map(|key| text.find(key)).collect();
    assert!(places.iter().all(Option::is_some), "{places:?} {text}");
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(text.matches("fingerprint").count(), 1);
}

#[test]
fn a_webhook_is_signed_anew_in_each_attempt_under_the_same_id() {
    let settings = json!({ "url": "https://x.example/", "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="] });
    let service = service("webhook", settings).expect("settings");
    let view = view(&samples::firing());
    let at = |seconds: i64| match service
        .message(&view, UnixNano(seconds * 1_000_000_000))
        .expect("a message")
    {
        Message::Requests(mut requests) => requests.remove(0),
        Message::Mail(_) => panic!("a mail"),
    };
    let (first, second) = (at(1_800_000_600), at(1_800_000_605));
    let header =
        |request: &Request, name: &str| request.headers[name].to_str().expect("text").to_owned();
    assert_eq!(header(&first, "webhook-id"), "msg_2027");
    assert_eq!(header(&second, "webhook-id"), "msg_2027");
    assert_eq!(header(&second, "webhook-timestamp"), "1800000605");
    let signatures = [&first, &second].map(|request| header(request, "webhook-signature"));
    assert_ne!(signatures[0], signatures[1]);
    assert!(
        signatures[0].starts_with("v1,") && signatures[0].contains(" v1a,"),
        "{}",
        signatures[0]
    );
}

#[test]
fn a_webhook_may_be_ocsf_cloudevents_or_a_payload_of_ones_own() {
    let body = |settings: Value| {
        let request = requests("webhook", settings, &samples::firing()).remove(0);
        let kind = request.headers["content-type"]
            .to_str()
            .expect("text")
            .to_owned();
        (
            kind,
            serde_json::from_slice::<Value>(&request.body).expect("JSON"),
        )
    };
    let (kind, event) = body(json!({ "url": "https://x.example/", "format": "cloudevents" }));
    assert_eq!(kind, "application/cloudevents+json");
    assert_eq!(
        (&event["specversion"], &event["id"]),
        (&json!("1.0"), &json!("msg_2027"))
    );
    assert_eq!(event["data"]["version"], "4");
    let (_, findings) = body(json!({ "url": "https://x.example/", "format": "ocsf" }));
    insta::assert_json_snapshot!("ocsf", findings);
    let payload = json!({ "n": "{{ len .Alerts }}", "s": "{{ .Status }}", "{{ .Status }}": ["{{ .GroupLabels | toJson }}", 7, true, null] });
    let (_, own) = body(json!({ "url": "https://x.example/", "payload": payload }));
    let labels = json!({ "alertname": "HighErrorRate", "region": "eu-central-1" });
    assert_eq!(
        own,
        json!({ "n": 2, "s": "firing", "firing": [labels, 7, true, null] })
    );
}

#[test]
fn slacks_classic_attachment_is_kept_where_settings_shape_it() {
    let settings = json!({
        "api_url": "https://hooks.slack.example/x", "title": "{{ .CommonLabels.alertname }}",
        "text": "{{ range .Alerts }}<{{ .GeneratorURL }}|{{ .Annotations.summary }}>\n{{ end }}",
        "fields": [{ "title": "Region", "value": "{{ .GroupLabels.region }}", "short": true }, { "title": "x", "value": "y" }],
        "actions": [{ "type": "button", "text": "Runbook", "url": "{{ (index .Alerts 0).Annotations.runbook_url }}" }],
        "short_fields": false, "link_names": true,
    });
    insta::assert_snapshot!(
        "slack_classic",
        shown(&requests("slack", settings, &samples::firing())[0])
    );
}

#[test]
fn a_mail_has_both_parts_a_thread_and_no_header_of_an_alerts_making() {
    let settings = json!({
        "smarthost": "smtp.example:587", "from": "Nephoscope <alerts@observe.example>", "to": "a@x.example, B <b@x.example>",
        "auth_username": "u", "auth_password": "SECRET", "threading": { "enabled": true, "thread_by_date": "daily" },
        "headers": { "Subject": "{{ (index .Alerts 1).Labels.function }} ü {{ .Status }}", "X-Function": "{{ (index .Alerts 1).Labels.function }}" },
    });
    let service = service("email", settings).expect("settings");
    let Message::Mail(mail) = service
        .message(&view(&samples::firing()), samples::NOW)
        .expect("a message")
    else {
        panic!("no mail");
    };
    assert_eq!(
        mail.smarthost,
        Smarthost {
            host: "smtp.example".to_owned(),
            port: 587
        }
    );
    assert!(mail.require_tls && !mail.implicit_tls && mail.envelope.to().len() == 2);
    let text = String::from_utf8(mail.bytes.clone()).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a body");
    assert!(
        !head
            .lines()
            .any(|line| line.to_ascii_lowercase().starts_with("bcc:")),
        "{head}"
    );
    assert!(
        head.contains("X-Function: pay Bcc: x@evil.example\r\n"),
        "{head}"
    );
    assert!(
        head.contains("References: <alert-") && head.contains("-2027-01-15@nephoscope>"),
        "{head}"
    );
    assert!(
        head.contains("Message-ID: <6d73675f32303237@nephoscope>"),
        "{head}"
    );
    assert!(
        body.contains("text/plain") && body.contains("text/html"),
        "{body}"
    );
    assert!(!format!("{mail:?}").contains("SECRET"));
}

/// Settings with one fault each, and what is said of it.
fn faulty() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "slack",
            json!({ "api_url": "https://SECRET", "update_message": true }),
            "update_message",
        ),
        (
            "slack",
            json!({ "api_url": "https://SECRET", "nosuch": 1 }),
            "unknown field `nosuch`",
        ),
        ("slack", json!({ "api_url": ["SECRET"] }), "wrong kind"),
        ("slack", json!({ "title": "{{ x }}" }), "no function \"x\""),
        (
            "slack",
            json!({ "fields": [{ "title": "x", "value": "" }] }),
            "missing value",
        ),
        (
            "webhook",
            json!({ "url": "https://x", "secret": "SECRET" }),
            "begins with whsec_",
        ),
        (
            "webhook",
            json!({ "url": "https://x", "format": "xml" }),
            "unknown variant",
        ),
        (
            "email",
            json!({ "smarthost": "SECRET", "to": "a@b.example" }),
            "host:port",
        ),
        (
            "email",
            json!({ "smarthost": "x:25", "auth_secret": "SECRET" }),
            "CRAM-MD5",
        ),
        (
            "email",
            json!({ "smarthost": "x:25", "headers": { "a b": "x" } }),
            "no name of a header",
        ),
        (
            "email",
            json!({ "smarthost": "x:25", "tls_config": { "insecure_skip_verify": true } }),
            "ca_file",
        ),
        (
            "opsgenie",
            json!({ "responders": [{ "type": "team" }] }),
            "at least one of",
        ),
        (
            "opsgenie",
            json!({ "responders": [{ "type": "dog", "name": "x" }] }),
            "one of team",
        ),
        (
            "pushover",
            json!({ "html": true, "monospace": true }),
            "at most one",
        ),
        ("sns", json!({}), "no service"),
    ]
}

#[test]
fn what_settings_cannot_mean_is_said_without_secrets() {
    for (kind, settings, expected) in faulty() {
        let error = service(kind, settings.clone())
            .err()
            .unwrap_or_else(|| panic!("{kind} {settings}"));
        assert!(error.contains(expected), "{kind} {settings}: {error}");
        assert!(!error.contains("SECRET"), "{error}");
    }
}

#[test]
fn what_http_config_cannot_mean_is_said_without_secrets() {
    let http = [
        (json!({ "proxy_url": "http://p" }), "proxies are not used"),
        (json!({ "oauth2": { "client_id": "x" } }), "oauth2"),
        (
            json!({ "basic_auth": { "username": "x" }, "bearer_token": "SECRET" }),
            "at most one",
        ),
        (
            json!({ "authorization": { "type": "Basic", "credentials": "SECRET" } }),
            "use basic_auth",
        ),
        (json!({ "nosuch": "SECRET" }), "unknown key"),
        (json!({ "tls_config": { "cert": "x" } }), "cert and key"),
    ];
    for (settings, expected) in http {
        let error = HttpConfig::read(settings.clone()).expect_err("refused");
        assert!(
            error.contains(expected) && !error.contains("SECRET"),
            "{settings}: {error}"
        );
    }
}

#[test]
fn http_config_says_who_we_are() {
    let cases = [
        (
            json!({ "basic_auth": { "username": "u", "password": "p" } }),
            "Basic dTpw",
        ),
        (
            json!({ "authorization": { "credentials": "t" } }),
            "Bearer t",
        ),
        (
            json!({ "authorization": { "type": "Token", "credentials": "t" } }),
            "Token t",
        ),
        (
            json!({ "bearer_token": "t", "follow_redirects": true, "enable_http2": true }),
            "Bearer t",
        ),
    ];
    for (settings, expected) in cases {
        let mut headers = http::HeaderMap::new();
        HttpConfig::read(settings)
            .expect("settings")
            .add_to(&mut headers)
            .expect("headers");
        assert_eq!(headers["authorization"], expected);
        assert!(!format!("{headers:?}").contains(expected), "sensitive");
    }
    let settings =
        json!({ "http_headers": { "X-Team": { "values": ["a", "b"], "secrets": ["c"] } } });
    let mut headers = http::HeaderMap::new();
    HttpConfig::read(settings)
        .expect("settings")
        .add_to(&mut headers)
        .expect("headers");
    assert_eq!(headers["x-team"], "a, b, c");
}

#[test]
fn answers_read_as_each_service_means_them() {
    use crate::delivery::retry::{Failure, Outcome};
    let answer = |status, json, body: &str| Answer::for_tests(status, json, body);
    let read = |kind: &str, settings: Value, answer| {
        service(kind, settings)
            .expect("settings")
            .outcome(&answer, samples::NOW)
    };
    let slack = |json, body| read("slack", json!({}), answer(200, json, body));
    assert_eq!(slack(false, "ok"), Outcome::Delivered);
    assert_eq!(slack(true, r#"{"ok":true}"#), Outcome::Delivered);
    assert_eq!(
        slack(true, r#"{"ok":false,"error":"invalid_auth"}"#),
        Outcome::failed(Failure::AuthError, true)
    );
    assert_eq!(
        slack(true, r#"{"ok":false,"error":"invalid_blocks"}"#),
        Outcome::failed(Failure::ClientError, false)
    );
    assert!(matches!(
        slack(true, r#"{"ok":false,"error":"ratelimited"}"#),
        Outcome::Failed {
            failure: Failure::RateLimited,
            again: true,
            ..
        }
    ));
    let waits = |outcome| match outcome {
        Outcome::Failed {
            failure: Failure::RateLimited,
            after_nanos,
            ..
        } => after_nanos,
        other => panic!("{other:?}"),
    };
    let discord = read(
        "discord",
        json!({}),
        answer(429, true, r#"{"retry_after":1.5}"#),
    );
    assert_eq!(waits(discord), Some(1_500_000_000));
    let telegram = read(
        "telegram",
        json!({}),
        answer(429, true, r#"{"parameters":{"retry_after":9}}"#),
    );
    assert_eq!(waits(telegram), Some(9_000_000_000));
    assert!(matches!(
        read(
            "pagerduty",
            json!({ "service_key": "x" }),
            answer(403, false, "")
        ),
        Outcome::Failed {
            failure: Failure::RateLimited,
            ..
        }
    ));
    assert!(matches!(
        read(
            "rocketchat",
            json!({}),
            answer(200, true, r#"{"success":false}"#)
        ),
        Outcome::Failed { .. }
    ));
}

/// Every service's limits, read off the wire.
fn assert_limits(kind: &str, request: &Request) {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let units = |value: &Value| value.as_str().unwrap_or_default().encode_utf16().count();
    let chars = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    match kind {
        "discord" => {
            let embed = &body["embeds"][0];
            assert!(units(&embed["title"]) <= 256 && units(&embed["description"]) <= 4096);
            assert_eq!(body["allowed_mentions"]["parse"], json!([]));
        }
        "msteamsv2" => assert!(request.body.len() <= 28_000),
        "ntfy" => assert!(
            body["message"].as_str().expect("text").len() <= 4096 && chars(&body["title"]) <= 250
        ),
        "opsgenie" => {
            assert!(chars(&body["message"]) <= 130 && chars(&body["description"]) <= 15_000);
        }
        "pagerduty" => {
            assert!(request.body.len() <= 512_000 && chars(&body["payload"]["summary"]) <= 1024);
        }
        "slack" => {
            let blocks = body["blocks"].as_array().expect("blocks");
            assert!(blocks.len() <= 50 && chars(&body["text"]) <= 3000);
            for block in blocks {
                let max = if block["type"] == "header" { 150 } else { 3000 };
                assert!(chars(&block["text"]["text"]) <= max);
            }
            let all: usize = blocks
                .iter()
                .map(|block| chars(&block["text"]["text"]))
                .sum();
            assert!(all <= 12_000, "{all}");
        }
        "telegram" => assert!(units(&body["text"]) <= 4096),
        "mattermost" => assert!(chars(&body["attachments"][0]["text"]) <= 16_383),
        "rocketchat" => assert!(chars(&body["attachments"][0]["text"]) <= 5_000),
        "webex" => assert!(body["markdown"].as_str().expect("text").len() <= 7_439),
        _ => assert!(request.body.len() <= crate::egress::REQUEST_BYTES_MAX),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn no_message_outgrows_its_service(
        alerts in 1_usize..120, label in "\\PC{0,400}", summary in "\\PC{0,3000}", firing: bool,
    ) {
        let mut notification = if firing { samples::firing() } else { samples::resolved() };
        let mut alert = notification.alerts[0].clone();
        alert.labels.set("function", label.as_str());
        alert.annotations.set("summary", summary.as_str());
        notification.group_labels.set("function", label.as_str());
        notification.alerts = vec![alert; alerts];
        for (kind, settings) in services() {
            for request in requests(kind, settings, &notification) {
                assert_limits(kind, &request);
            }
        }
    }
}

//! The API over a running owner with a journal on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::router;
use crate::config::Config;
use crate::egress::{Connector, Guard};
use crate::run::{Handle, Options, Running, Setup, start};

const FILE: &str = "
receivers: [{name: all}, {name: db}, {name: mute}]
route:
  receiver: all
  group_by: [alertname]
  routes:
  - {matchers: [team=db], receiver: db, continue: true}
  - {matchers: [team=db], receiver: all}
inhibit_rules:
- {source_matchers: [severity=critical], target_matchers: [severity=info], equal: [team]}
";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("nephoscope-api-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn running(folder: &Path) -> Running {
    let config = Config::parse(FILE).expect("a configuration");
    let connector = Connector::new(Guard::default());
    let setup = Setup::new(Some(&config), folder, &connector).expect("set up");
    let options = Options {
        folder: folder.to_owned(),
        start_delay: Duration::ZERO,
        external_url: "http://127.0.0.1:8080".to_owned(),
        clock: store::clock::now,
    };
    start(options, setup).expect("started")
}

async fn ask(handle: &Handle, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v2{path}"));
    let request = request.header("content-type", "application/json");
    let request = request
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let answer = router::<()>(handle.clone()).oneshot(request).await;
    let answer = answer.expect("infallible");
    let status = answer.status();
    let bytes = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body = match bytes.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&bytes).expect("JSON"),
    };
    (status, body)
}

async fn get(handle: &Handle, path: &str) -> Value {
    let (status, body) = ask(handle, Method::GET, path, "").await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

async fn names(handle: &Handle, path: &str) -> Vec<String> {
    let all = get(handle, path).await;
    let all = all.as_array().expect("a list").iter();
    let mut names: Vec<String> = all
        .map(|alert| alert["labels"]["n"].as_str().unwrap_or("-").to_owned())
        .collect();
    names.sort();
    names
}

const ALERTS: &str = r#"[
    {"labels": {"alertname": "a", "n": "1", "severity": "critical", "team": "db", "empty": ""},
     "annotations": {"summary": "x"}, "generatorURL": "http://g/"},
    {"labels": {"alertname": "a", "n": "2", "severity": "info", "team": "db"}},
    {"labels": {"alertname": "b", "n": "3", "severity": "info", "team": "web"},
     "startsAt": "2026-01-02T03:04:05.6789+01:00", "endsAt": "9999-01-01T00:00:00Z"},
    {"labels": {"alertname": "b", "n": "4"}, "endsAt": "2001-01-01T00:00:00Z"}
]"#;

#[tokio::test]
async fn alerts_come_back_as_alertmanager_shows_them_filtered_as_asked() {
    let folder = Folder::new("alerts");
    let alerting = running(&folder.0);
    let handle = alerting.handle();
    let posted = ask(&handle, Method::POST, "/alerts", ALERTS).await;
    assert_eq!(posted, (StatusCode::OK, Value::Null));
    for (query, want) in [
        ("", vec!["1", "2", "3"]), // 4 is over
        ("?filter=n%3D~%221%7C3%22", vec!["1", "3"]),
        ("?filter=team%3D%22db%22&filter=n!%3D1", vec!["2"]),
        ("?filter=missing%3D%22%22", vec!["1", "2", "3"]),
        ("?inhibited=false", vec!["1", "3"]),
        ("?active=false", vec!["2"]),
        ("?receiver=db", vec!["1", "2"]),
        ("?receiver=d", vec![]),
        ("?unprocessed=false", vec!["1", "2", "3"]),
    ] {
        assert_eq!(
            names(&handle, &format!("/alerts{query}")).await,
            want,
            "{query}"
        );
    }
    let all = get(&handle, "/alerts?filter=n%3D3").await;
    let mut alert = all[0].clone();
    assert!(alert["updatedAt"].as_str().is_some_and(|at| at.len() == 24));
    alert["updatedAt"] = Value::Null;
    let want = json!({
        "annotations": {}, "endsAt": "2262-04-11T23:47:16.854Z", "fingerprint": alert["fingerprint"],
        "receivers": [{"name": "all"}], "startsAt": "2026-01-02T02:04:05.678Z", "updatedAt": null,
        "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
        "labels": {"alertname": "b", "n": "3", "severity": "info", "team": "web"},
    });
    assert_eq!(alert, want);
    let inhibited = get(&handle, "/alerts?filter=n%3D2").await;
    let source = get(&handle, "/alerts?filter=n%3D1").await;
    assert_eq!(
        inhibited[0]["status"]["inhibitedBy"][0],
        source[0]["fingerprint"]
    );
    assert_eq!(source[0]["labels"].get("empty"), None);
    assert_eq!(source[0]["generatorURL"], "http://g/");
    let groups = get(&handle, "/alerts/groups").await;
    let shown = groups.as_array().expect("a list").iter().map(|group| {
        let count = group["alerts"].as_array().map_or(0, Vec::len);
        format!(
            "{} {} {count}",
            group["labels"]["alertname"], group["receiver"]["name"]
        )
    });
    let shown: Vec<String> = shown.collect();
    assert_eq!(shown, [r#""a" "all" 2"#, r#""a" "db" 2"#, r#""b" "all" 1"#]);
    alerting.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_alertmanagers_status_codes() {
    let folder = Folder::new("refused");
    let alerting = running(&folder.0);
    let handle = alerting.handle();
    let silence = |starts: &str, ends: &str, name: &str| {
        json!({
            "matchers": [{"name": name, "value": "1", "isRegex": false}],
            "startsAt": starts, "endsAt": ends, "createdBy": "me", "comment": "c",
        })
        .to_string()
    };
    let (old, then) = ("2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z");
    for (method, path, body, want) in [
        ("POST", "/alerts", "[".to_owned(), 400),
        ("POST", "/alerts", "{}".to_owned(), 422),
        (
            "POST",
            "/alerts",
            r#"[{"annotations": {}}]"#.to_owned(),
            422,
        ),
        (
            "POST",
            "/alerts",
            r#"[{"labels": {"a": ""}}]"#.to_owned(),
            400,
        ),
        ("GET", "/alerts?filter=%7B", String::new(), 400),
        ("GET", "/alerts?active=perhaps", String::new(), 422),
        ("GET", "/alerts?receiver=(", String::new(), 400),
        ("GET", "/silence/unknown", String::new(), 404),
        ("DELETE", "/silence/unknown", String::new(), 404),
        ("POST", "/silences", silence(old, then, "n"), 400),
        ("POST", "/silences", silence(then, old, "n"), 400),
        (
            "POST",
            "/silences",
            silence(old, "2199-01-01T00:00:00Z", ""),
            400,
        ),
        ("POST", "/silences", r#"{"comment": ""}"#.to_owned(), 422),
    ] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let (status, answer) = ask(&handle, method, path, &body).await;
        assert_eq!(status.as_u16(), want, "{path} {body}: {answer}");
    }
    assert_eq!(get(&handle, "/silences").await, json!([]));
    alerting.stop().await;
}

#[tokio::test]
async fn silences_and_alerts_are_there_again_after_a_restart() {
    let folder = Folder::new("restart");
    let alerting = running(&folder.0);
    let handle = alerting.handle();
    ask(&handle, Method::POST, "/alerts", ALERTS).await;
    let silence = json!({
        "matchers": [{"name": "n", "value": "1|3", "isRegex": true, "isEqual": true}],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2199-01-01T00:00:00Z",
        "createdBy": "me", "comment": "c",
    });
    let (status, stored) = ask(&handle, Method::POST, "/silences", &silence.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{stored}");
    let id = stored["silenceID"].as_str().expect("an id").to_owned();
    assert_eq!(names(&handle, "/alerts?silenced=false").await, ["2"]);
    alerting.stop().await;

    let alerting = running(&folder.0);
    let handle = alerting.handle();
    assert_eq!(names(&handle, "/alerts").await, ["1", "2", "3"]);
    assert_eq!(names(&handle, "/alerts?silenced=false").await, ["2"]);
    let one = get(&handle, &format!("/silence/{id}")).await;
    assert_eq!(one["status"]["state"], "active");
    assert_eq!(one["matchers"], silence["matchers"]);
    let gone = ask(&handle, Method::DELETE, &format!("/silence/{id}"), "").await;
    assert_eq!(gone, (StatusCode::OK, Value::Null));
    let one = get(&handle, &format!("/silence/{id}")).await;
    assert_eq!(one["status"]["state"], "expired");
    assert_eq!(
        names(&handle, "/alerts?silenced=false").await,
        ["1", "2", "3"]
    );
    let receivers = get(&handle, "/receivers").await;
    assert_eq!(
        receivers,
        json!([{"name": "all"}, {"name": "db"}, {"name": "mute"}])
    );
    let status = get(&handle, "/status").await;
    assert_eq!(status["cluster"]["status"], "disabled");
    let shown = status["config"]["original"].as_str().expect("a text");
    assert!(Config::parse(shown).is_ok(), "{shown}");
    alerting.stop().await;
}

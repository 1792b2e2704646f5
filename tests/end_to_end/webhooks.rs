//! Signed webhooks as a receiver sees them: verified by a library that is not ours.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use alerts::delivery::Outlet;
use alerts::delivery::signature::Key;
use alerts::egress::{Connector, Guard};
use alerts::model::Notification;
use alerts::template::Templates;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::harness::from_setup;

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const PRIVATE: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxXN7MmkZcDusAxyuf2A=";
/// Messages that are sent, of growing size.
const MESSAGES: usize = 20;

fn notification(n: usize) -> Notification {
    let alert = json!({
        "status": "firing",
        "labels": { "alertname": "Ünïcode 🔥", "n": n.to_string() },
        "annotations": { "summary": "quote \" and \\ and \u{2028}".repeat(n) },
        "starts_at": 1_800_000_000_000_000_000_i64,
        "ends_at": null,
        "generator_url": "",
        "fingerprint": n,
    });
    let notification = json!({
        "id": format!("msg_{n}"),
        "integration": { "receiver": "r", "kind": "webhook", "index": 0 },
        "at": 1_800_000_000_000_000_000_i64,
        "reason": "first notification",
        "status": "firing",
        "group_key": "{}:{}",
        "group_labels": {}, "common_labels": {}, "common_annotations": {}, "route_labels": {},
        "alerts": vec![alert; n],
    });
    serde_json::from_value(notification).expect("a notification")
}

/// Headers of webhooks and the body, of one request.
async fn request(stream: &mut TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let (mut headers, mut length) = (serde_json::Map::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.expect("a line");
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            match line.trim_end() {
                "" => break,
                _ => continue,
            }
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().expect("a length");
        }
        if name.starts_with("webhook-") {
            headers.insert(name.to_owned(), json!(value));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.expect("a body");
    json!({ "headers": headers, "body": String::from_utf8(body).expect("UTF-8") })
}

async fn receiver() -> (u16, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).await.expect("answered");
            told.send(request).expect("the test listens");
        }
    });
    (port, heard)
}

#[tokio::test]
async fn signed_webhooks_verify_with_an_independent_library() {
    let (port, mut heard) = receiver().await;
    let connector = Connector::new(Guard::new(&["127.0.0.1"]).expect("a list"));
    let settings = json!({
        "url": format!("http://127.0.0.1:{port}/"),
        "secrets": [OLD_SECRET, SECRET, PRIVATE],
    });
    let outlet = Outlet::new("webhook", settings, &connector).expect("settings");
    let templates = Arc::new(Templates::new([]).expect("defaults"));
    let mut requests = Vec::new();
    for n in 1..=MESSAGES {
        let message = notification(n);
        let url = "https://observe.example";
        let attempt = outlet
            .deliver(&templates, url, &message, 1, store::clock::now)
            .await;
        assert!(attempt.delivered(), "{attempt:?}");
        let request = tokio::time::timeout(PATIENCE, heard.recv())
            .await
            .expect("in time");
        requests.push(request.expect("a request"));
    }
    let public = Key::parse(PRIVATE)
        .expect("a key")
        .public()
        .expect("a public half");
    let told = json!({ "secret": SECRET, "public": public, "requests": requests });

    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/receivers/verify.py");
    let mut python = Command::new(from_setup("NEPHOSCOPE_TEST_PYTHON"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python starts");
    let mut input = python.stdin.take().expect("an input");
    input
        .write_all(told.to_string().as_bytes())
        .await
        .expect("written");
    drop(input);
    let output = python.wait_with_output().await.expect("it ends");
    let verified: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = json!({ "v1": MESSAGES, "v1a": MESSAGES, "refused": MESSAGES });
    assert_eq!(verified, all);
}

//! Whole deliveries to servers on this machine: what is sent, what comes of it, who waits for whom.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use store::model::UnixNano;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::retry::Failure;
use super::*;
use crate::egress::{Connector, Guard};
use crate::model::Notification;
use crate::notify::samples;
use crate::template::Templates;

/// Longest wait of a test for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

fn connector() -> Connector {
    Connector::new(Guard::new(&["127.0.0.0/8"]).expect("a list"))
}

fn clock() -> UnixNano {
    samples::NOW
}

async fn deliver(kind: &str, settings: Value, notification: &Notification) -> Attempt {
    let outlet = Outlet::new(kind, settings, &connector()).expect("settings");
    let templates = Arc::new(Templates::new([]).expect("defaults"));
    let delivery = outlet.deliver(
        &templates,
        "https://observe.example",
        notification,
        1,
        clock,
    );
    tokio::time::timeout(PATIENCE, delivery)
        .await
        .expect("in time")
}

/// Answers each request with the next of `answers`, the last for ever; keeps what it was sent.
struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answers) = (Arc::clone(&seen), answers.to_vec());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                let nth = {
                    let mut kept = kept.lock().expect("a lock");
                    kept.push(request);
                    kept.len() - 1
                };
                let answer = answers[nth.min(answers.len() - 1)];
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("a lock").clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        text += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.expect("a body");
    text + "\n" + &String::from_utf8_lossy(&body)
}

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
const GONE: &str = "HTTP/1.1 410 Gone\r\nconnection: close\r\ncontent-length: 6\r\n\r\nSECRET";
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 17\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 503 Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_message_arrives_and_the_log_says_so_without_its_secrets() {
    let receiver = Receiver::start(&[OK]).await;
    let settings = json!({
        "url": format!("{}/SECRETPATH", receiver.url),
        "http_config": { "authorization": { "credentials": "SECRETTOKEN" } },
    });
    let attempt = deliver("webhook", settings, &samples::firing()).await;
    assert!(attempt.delivered() && !attempt.dead(), "{attempt:?}");
    assert_eq!(
        (attempt.status, attempt.attempt, attempt.id.as_str()),
        (Some(200), 1, "msg_2027")
    );
    assert!(
        attempt.request.starts_with("POST 127.0.0.1, "),
        "{}",
        attempt.request
    );
    assert!(!format!("{attempt:?}").contains("SECRET"));
    let seen = receiver.seen();
    assert!(
        seen[0].starts_with("POST /SECRETPATH HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
    assert!(
        seen[0].contains("authorization: Bearer SECRETTOKEN\r\n"),
        "{}",
        seen[0]
    );
    assert!(seen[0].contains("webhook-id: msg_2027\r\n"), "{}", seen[0]);
}

#[tokio::test]
async fn each_failure_has_its_name_and_its_time() {
    let seconds = |attempt: &Attempt| {
        attempt
            .retry_at
            .map(|at| (at.0 - samples::NOW.0) / 1_000_000_000)
    };
    let send = async |answer: &'static str| {
        let receiver = Receiver::start(&[answer]).await;
        deliver(
            "webhook",
            json!({ "url": receiver.url }),
            &samples::firing(),
        )
        .await
    };
    let busy = send(BUSY).await;
    assert_eq!(
        (busy.status, busy.failure),
        (Some(429), Some(Failure::RateLimited))
    );
    assert!(
        (17..=21).contains(&seconds(&busy).expect("a retry")),
        "{busy:?}"
    );
    let broken = send(BROKEN).await;
    assert_eq!(
        (broken.status, broken.failure),
        (Some(503), Some(Failure::ServerError))
    );
    assert!(
        (5..=6).contains(&seconds(&broken).expect("a retry")),
        "{broken:?}"
    );
    let gone = send(GONE).await;
    assert!(
        gone.dead() && gone.disable && !gone.reason.contains("SECRET"),
        "{gone:?}"
    );
    let garbage = send("SSH-2.0-OpenSSH_9.6\r\n").await;
    assert_eq!(
        (garbage.status, garbage.failure),
        (None, Some(Failure::NetworkError))
    );

    let blocked = deliver(
        "webhook",
        json!({ "url": "http://[::ffff:169.254.169.254]/latest" }),
        &samples::firing(),
    )
    .await;
    assert_eq!(blocked.failure, Some(Failure::Blocked));
    let file = json!({ "url_file": "/nonexistent/url" });
    let unread = deliver("webhook", file, &samples::firing()).await;
    assert_eq!(
        (unread.failure, unread.dead()),
        (Some(Failure::Unmade), false),
        "files come"
    );
    let template = json!({ "url": "http://127.0.0.1:9/{{ .Nosuch }}" });
    let unmade = deliver("webhook", template, &samples::firing()).await;
    assert_eq!(
        (unmade.failure, unmade.dead()),
        (Some(Failure::Unmade), true),
        "templates stay"
    );
}

#[tokio::test]
async fn of_several_requests_the_first_that_fails_ends_the_attempt() {
    let receiver = Receiver::start(&[OK, BROKEN]).await;
    let settings = json!({ "api_key": "K", "api_url": receiver.url, "update_alerts": true });
    let attempt = deliver("opsgenie", settings, &samples::firing()).await;
    assert_eq!(
        (attempt.status, attempt.failure),
        (Some(503), Some(Failure::ServerError))
    );
    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    assert!(
        seen[0].starts_with("POST /v2/alerts HTTP/1.1") && seen[1].starts_with("PUT /v2/alerts/")
    );
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_up_no_other() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let slow_url = format!("http://{}", silent.local_addr().expect("an address"));
    let receiver = Receiver::start(&[OK]).await;
    let mut outlets = BTreeMap::new();
    let to = |receiver: &str| {
        let mut notification = samples::firing();
        notification.integration.receiver = receiver.to_owned();
        notification
    };
    for (name, url) in [("slow", &slow_url), ("quick", &receiver.url)] {
        let outlet = Outlet::new(
            "webhook",
            json!({ "url": url, "timeout": "10m" }),
            &connector(),
        );
        outlets.insert(to(name).integration, outlet.expect("settings"));
    }
    let (told, mut heard) = mpsc::unbounded_channel();
    let pool = Pool::new(
        outlets,
        Templates::new([]).expect("defaults"),
        "",
        clock,
        told,
    );
    for n in 0..100 {
        for name in ["slow", "quick", "unknown"] {
            let mut notification = to(name);
            notification.id = format!("{name}-{n}");
            pool.send(notification, 1);
        }
    }
    let mut counts = BTreeMap::<(String, bool), u32>::new();
    for _ in 0..200 {
        let attempt = tokio::time::timeout(PATIENCE, heard.recv())
            .await
            .expect("in time")
            .expect("an attempt");
        *counts
            .entry((attempt.integration.receiver.clone(), attempt.delivered()))
            .or_default() += 1;
    }
    let expected = [
        (("quick".to_owned(), true), 100),
        (("unknown".to_owned(), false), 100),
    ];
    assert_eq!(counts, expected.into_iter().collect());
}

/// A mail server of one conversation: what it says to each command, by its first word.
async fn smtp(
    says: &'static [(&'static str, &'static str)],
) -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let _ = write.write_all(b"220 mail.example\r\n").await;
        let mut in_data = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let _ = told.send(line.clone());
            if in_data {
                in_data = line != ".";
                if in_data {
                    continue;
                }
            }
            let word = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let answer = says
                .iter()
                .find(|(command, _)| *command == word)
                .map_or("500 ?", |(_, a)| a);
            in_data = word == "DATA" && answer.starts_with("354");
            let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
        }
    });
    (port, heard)
}

fn mail(port: u16) -> Value {
    json!({
        "smarthost": format!("127.0.0.1:{port}"), "from": "a@observe.example", "to": "b@x.example",
        "require_tls": false, "auth_username": "user", "auth_password": "SECRET",
    })
}

#[tokio::test]
async fn a_mail_arrives_with_login_and_both_parts() {
    let (port, mut heard) = smtp(&[
        ("EHLO", "250-mail.example\r\n250 AUTH PLAIN LOGIN"),
        ("AUTH", "235 in"),
        ("MAIL", "250 ok"),
        ("RCPT", "250 ok"),
        ("DATA", "354 go"),
        (".", "250 taken"),
        ("QUIT", "221 bye"),
    ])
    .await;
    let attempt = deliver("email", mail(port), &samples::firing()).await;
    assert!(attempt.delivered(), "{attempt:?}");
    assert_eq!(attempt.status, Some(250));
    assert!(
        attempt.request.starts_with("SMTP 127.0.0.1, "),
        "{}",
        attempt.request
    );
    let mut said = Vec::new();
    while let Ok(line) = heard.try_recv() {
        said.push(line);
    }
    let has = |text: &str| said.iter().any(|line| line.starts_with(text));
    assert!(
        has("AUTH PLAIN ") && has("RCPT TO:<b@x.example>") && has("Subject: "),
        "{said:?}"
    );
    assert!(
        has("Content-Type: text/plain") && has("Content-Type: text/html"),
        "{said:?}"
    );
    let mut head = said.iter().take_while(|line| !line.is_empty());
    assert!(!head.any(|line| line.starts_with("Bcc")), "{said:?}");
}

#[tokio::test]
async fn a_mail_servers_refusals_are_told_apart() {
    let (port, _heard) = smtp(&[
        ("EHLO", "250-x\r\n250 AUTH PLAIN"),
        ("AUTH", "535 no SECRET"),
        ("QUIT", "221 bye"),
    ])
    .await;
    let attempt = deliver("email", mail(port), &samples::firing()).await;
    assert_eq!(
        (attempt.status, attempt.failure),
        (Some(535), Some(Failure::AuthError))
    );
    assert!(
        attempt.retry_at.is_some() && !attempt.reason.contains("SECRET"),
        "{attempt:?}"
    );

    let (port, _heard) = smtp(&[
        ("EHLO", "250-x\r\n250 AUTH PLAIN"),
        ("AUTH", "235 in"),
        ("MAIL", "250 ok"),
        ("RCPT", "550 nobody"),
        ("QUIT", "221 bye"),
        ("RSET", "250 ok"),
    ])
    .await;
    let attempt = deliver("email", mail(port), &samples::firing()).await;
    assert_eq!(
        (attempt.status, attempt.failure, attempt.dead()),
        (Some(550), Some(Failure::ClientError), true)
    );

    let (port, _heard) = smtp(&[("EHLO", "250 x"), ("QUIT", "221 bye")]).await;
    let mut settings = mail(port);
    settings["require_tls"] = json!(true);
    let attempt = deliver("email", settings, &samples::firing()).await;
    assert!(
        attempt.reason.contains("STARTTLS") && !attempt.dead(),
        "{attempt:?}"
    );

    let inner =
        json!({ "smarthost": "[::ffff:10.0.0.1]:25", "from": "a@x.example", "to": "b@x.example" });
    let attempt = deliver("email", inner, &samples::firing()).await;
    assert_eq!(attempt.failure, Some(Failure::Blocked));
}

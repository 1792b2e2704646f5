//! A receiver of webhooks in this process, which remembers what came and when, and answers as told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::harness::wait_for;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Instant,
    /// `webhook-id`.
    pub id: String,
    /// The path it was sent to, which tells receivers apart.
    pub path: String,
    pub body: Value,
    /// What it was answered.
    pub answered: u16,
}

impl Heard {
    /// `path status: n n`, the values of the label `n` of its alerts; those that are over in brackets.
    pub fn text(&self) -> String {
        let alerts = self.body["alerts"].as_array().expect("alerts").iter();
        let names = alerts.map(|alert| {
            let name = alert["labels"]["n"].as_str().unwrap_or("-");
            match alert["status"].as_str() {
                Some("resolved") => format!("({name})"),
                _ => name.to_owned(),
            }
        });
        let names: Vec<String> = names.collect();
        let status = self.body["status"].as_str().expect("a status");
        format!("{} {status}: {}", self.path, names.join(" "))
    }
}

/// What the `nth` attempt (from 0) of a message with this path and id is answered, and how long that takes.
type Behaviour = dyn Fn(&str, &str, u32) -> (u16, Duration) + Send + Sync;

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    /// One that takes everything at once.
    pub async fn willing() -> Self {
        Self::start(|_, _| (200, Duration::ZERO)).await
    }

    /// One that answers by a message's id.
    pub async fn start(
        behaviour: impl Fn(&str, u32) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        Self::answering(Arc::new(move |_: &str, id: &str, nth| behaviour(id, nth))).await
    }

    /// One that answers by the path a message comes to.
    pub async fn by_path(
        behaviour: impl Fn(&str, u32) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        Self::answering(Arc::new(move |path: &str, _: &str, nth| {
            behaviour(path, nth)
        }))
        .await
    }

    async fn answering(behaviour: Arc<Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let receiver = Self {
            url: format!("http://127.0.0.1:{port}"),
            heard: Arc::default(),
        };
        let heard = Arc::clone(&receiver.heard);
        let attempts: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, behaviour) = (Arc::clone(&heard), Arc::clone(&behaviour));
                let attempts = Arc::clone(&attempts);
                tokio::spawn(async move {
                    // A sender that is killed leaves half a request.
                    let _ = serve(stream, &heard, &*behaviour, &attempts).await;
                });
            }
        });
        receiver
    }

    /// Everything so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("sound").clone()
    }

    /// Waits for so many messages that were taken.
    pub async fn wait(&self, count: usize) -> Vec<Heard> {
        wait_for(&format!("{count} messages"), async || {
            let heard = self.heard();
            let taken = heard.into_iter().filter(|one| one.answered == 200);
            let taken: Vec<Heard> = taken.collect();
            (taken.len() >= count).then_some(taken)
        })
        .await
    }
}

async fn serve(
    stream: TcpStream,
    heard: &Mutex<Vec<Heard>>,
    behaviour: &Behaviour,
    attempts: &Mutex<HashMap<String, u32>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut id) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).await?;
        // A sender that dies within the head sends neither the rest of the line nor a body.
        if !line.ends_with('\n') {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a length"),
            "webhook-id" => id = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    let body: Value = serde_json::from_slice(&body).expect("a whole body is JSON");
    let at = Instant::now();
    let nth = {
        let mut attempts = attempts.lock().expect("sound");
        let nth = attempts.entry(id.clone()).or_default();
        *nth += 1;
        *nth - 1
    };
    let (answered, after) = behaviour(&path, &id, nth);
    // Remembered before it is answered: the sender may be killed in between.
    heard.lock().expect("sound").push(Heard {
        at,
        id,
        path,
        body,
        answered,
    });
    tokio::time::sleep(after).await; // the receiver's own slowness, not a wait of the test
    let answer = format!(
        "HTTP/1.1 {answered} X\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    reader.get_mut().write_all(answer.as_bytes()).await
}

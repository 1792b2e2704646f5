//! `serve --roles alerts` as its sources and receivers see it: a real process, real sockets, no engine.

mod crash;
mod durable;
mod pages;
mod real;
pub mod receiver;
mod reload;
mod timing;
mod tools;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Product, get, new_folder, post};

/// Alerting by itself, on a data folder of its own.
struct Alone {
    product: Product,
    api: String,
}

impl Alone {
    /// Starts it with this configuration.
    async fn start(alerting: &str) -> Self {
        let data = new_folder();
        std::fs::create_dir_all(&data).expect("made");
        std::fs::write(data.join("alerting.yml"), alerting).expect("written");
        Self::start_on(data).await
    }

    /// Starts it again where it was.
    async fn start_on(data: PathBuf) -> Self {
        let file = data.join("alerting.yml").display().to_string();
        let arguments = ["--roles", "alerts", "--alerting", &file];
        let mut product = Product::begin(data, &arguments, |command| {
            command.env("NEPHOSCOPE_ALERTS__ALLOW", "['127.0.0.1']");
        });
        product.ready().await;
        let api = format!("{}/api/v2", product.dashboard);
        Self { product, api }
    }

    /// SIGKILL, and up again.
    async fn crash(self) -> Self {
        let data = self.product.kill().await;
        Self::start_on(data).await
    }

    /// Posts alerts and wants them taken.
    async fn post(&self, alerts: Value) {
        let url = format!("{}/alerts", self.api);
        let answer = post(&url, "application/json", alerts.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    async fn get(&self, path: &str) -> Value {
        let answer = get(&format!("{}{path}", self.api)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
}

/// An alert that fires until told otherwise, by `name=value` words.
fn firing(words: &str) -> Value {
    let words = words.split_whitespace();
    let labels = words.filter_map(|word| word.split_once('='));
    let labels: serde_json::Map<String, Value> = labels
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    json!({ "labels": labels, "endsAt": "2199-01-01T00:00:00Z" })
}

/// The same, ending so many milliseconds from now; in the past when negative.
fn ending(words: &str, in_ms: i64) -> Value {
    let mut alert = firing(words);
    let now_ms = store::clock::now().as_millis();
    let text = |ms: i64| {
        jiff::Timestamp::from_millisecond(ms)
            .expect("a time")
            .to_string()
    };
    alert["startsAt"] = json!(text(now_ms - 1_000));
    alert["endsAt"] = json!(text(now_ms + in_ms));
    alert
}

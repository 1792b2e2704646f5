//! Credentials are taken out before anything is kept: neither the spool nor the engine's folder ever
//! holds them.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Product, new_folder, post, rows, stored};

/// What must be found on the disk, so that what is not found there is known not to be there.
const CANARY: &str = "canary-which-is-no-credential";

/// Put together here, so that no scanner of repositories takes them for real ones.
fn secrets() -> [String; 3] {
    [
        ["sk_", "live_9sT2bQx7LmV4nRwE1yKd"].concat(),
        ["gh", "p_q8Zt2LmX4vBn7RyK1wEsD9cUgH5jPaTf3oNi"].concat(),
        ["Zx81kQpv", "73mNtY2e"].concat(),
    ]
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A span with credentials in its name, an attribute, a header and an event, and a log with one in its body.
fn requests() -> (String, String) {
    let [stripe, github, password] = secrets();
    let now = store::clock::now().0;
    let resource = json!({"attributes": [attribute("service.name", "checkout")]});
    let span = json!({
        "traceId": "5b8efff798038103d269b633813fc60d", "spanId": "eee19b7ec3c1b174",
        "name": format!("GET /pay?key={stripe}"), "kind": 2,
        "startTimeUnixNano": now.to_string(), "endTimeUnixNano": (now + 5).to_string(),
        "attributes": [
            attribute("app.note", CANARY),
            attribute("db.password", &password),
            attribute("http.request.header.authorization", &format!("Bearer {github}"))],
        "events": [{"timeUnixNano": now.to_string(), "name": "exception",
            "attributes": [attribute("exception.message", &format!("bad key {stripe}"))]}]});
    let log = json!({"timeUnixNano": now.to_string(),
        "body": {"stringValue": format!("{CANARY}: charging with {stripe}")}});
    (
        json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
            .to_string(),
        json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [log]}]}]})
            .to_string(),
    )
}

/// Whether any file below a folder holds these bytes.
fn on_disk(folder: &Path, text: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => on_disk(&path, text),
            // A file may go while it is looked for: parts are merged.
            Ok(kind) if kind.is_file() => std::fs::read(&path)
                .is_ok_and(|bytes| bytes.windows(text.len()).any(|w| w == text.as_bytes())),
            _ => false,
        }
    })
}

#[tokio::test]
async fn a_credential_is_never_kept_where_redaction_is_on() {
    let mut product = Product::begin(new_folder(), &[], |command| {
        command.env("NEPHOSCOPE_COLLECTOR__REDACT_SECRETS", "true");
    });
    product.ready().await;
    let (spans, logs) = requests();
    for (path, body) in [("traces", spans), ("logs", logs)] {
        let url = format!("{}/v1/{path}", product.http);
        assert_eq!(post(&url, "application/json", body).await.status, 200);
    }
    let store = product.store();
    stored(&store, "SELECT count() FROM otel_traces", 1).await;
    stored(&store, "SELECT count() FROM otel_logs", 1).await;

    let row = &rows(
        &store,
        "SELECT SpanName, SpanAttributes, Events.Attributes AS events FROM otel_traces",
    )
    .await[0];
    let log = &rows(&store, "SELECT Body FROM otel_logs").await[0];
    let prints: Vec<String> = [
        row["SpanName"].to_string(),
        row["events"].to_string(),
        log["Body"].to_string(),
    ]
    .iter()
    .map(|text| {
        let begin = text
            .find("[redacted:stripe-key:17-64:")
            .unwrap_or_else(|| panic!("{text}"));
        text[begin..].chars().take(36).collect()
    })
    .collect();
    assert!(
        prints.iter().all(|print| *print == prints[0]),
        "one credential, one fingerprint: {prints:?}"
    );
    let attributes = &row["SpanAttributes"];
    let header = attributes["http.request.header.authorization"].to_string();
    assert!(header.contains("Bearer [redacted:"), "{header}");
    assert!(
        attributes["db.password"]
            .to_string()
            .contains("[redacted:generic:1-16:"),
        "{attributes}"
    );
    assert_eq!(attributes["app.note"], CANARY);

    assert!(
        on_disk(&product.data.join("spool"), CANARY),
        "the spool can be searched"
    );
    for secret in secrets() {
        assert!(!on_disk(&product.data, &secret), "{secret} was kept");
    }
}

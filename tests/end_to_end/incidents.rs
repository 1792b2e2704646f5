//! Incidents from outside: an outage that the fleet plays, what people do with incidents, and runbooks.

use std::path::{Path, PathBuf};

use clap::Parser;
use fleet::cli::Args;
use serde_json::{Value, json};
use store::findings;
use store::model::{Evidence, Finding, Scope, Severity, State, UnixNano};

use crate::alerting::receiver::{Heard, Receiver};
use crate::harness::{Product, get, new_folder, post, request, stored, wait_for};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A data folder with a configuration whose only receiver is `url`, and perhaps more.
fn folder(url: &str, more: &str) -> PathBuf {
    let data = new_folder();
    std::fs::create_dir_all(&data).expect("made");
    let text = format!(
        "
alerting:
  receivers: [{{name: team, webhook_configs: [{{url: '{url}/team'}}]}}]
  route: {{receiver: team, group_by: [alertname, function], group_wait: 10s, group_interval: 1h}}
alerts:
  allow: ['127.0.0.1']
{more}"
    );
    std::fs::write(data.join("nephoscope.yaml"), text).expect("written");
    data
}

async fn start(data: PathBuf, roles: &str) -> Product {
    let file = data.join("nephoscope.yaml").display().to_string();
    Product::start_on(data, &["--config", &file, "--roles", roles]).await
}

async fn incidents(product: &Product) -> Vec<Value> {
    let url = format!("{}/api/v1/incidents", product.dashboard);
    let json = get(&url).await.json();
    json["incidents"].as_array().expect("rows").clone()
}

async fn one(product: &Product, id: &str) -> Value {
    get(&format!("{}/api/v1/incidents/{id}", product.dashboard))
        .await
        .json()
}

async fn act(product: &Product, id: &str, body: Value) -> Value {
    let url = format!("{}/api/v1/incidents/{id}", product.dashboard);
    let answer = post(&url, "application/json", body.to_string()).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer.json()
}

/// The incidents that a message is about.
fn about(heard: &Heard) -> &str {
    heard.body["groupLabels"]["incident"]
        .as_str()
        .unwrap_or("none")
}

/// What happened, as words of the API.
fn whats(incident: &Value) -> Vec<String> {
    let events = incident["events"].as_array().expect("events").iter();
    let what = |event: &Value| {
        let event = &event["event"];
        let stage = event["stage"]["stage"].as_str().unwrap_or_default();
        format!("{} {stage}", event["what"].as_str().expect("a word"))
            .trim()
            .to_owned()
    };
    events.map(what).collect()
}

/// The last quarter of an hour: a function that others call breaks, and another that nobody knows of it.
const TROUBLE: &str = "incidents:
  - { at: -14m, for: forever, function: auth-token, kind: errors, rate: 0.95 }
  - { at: -14m, for: forever, function: payment-webhook, kind: errors, rate: 0.95 }
";

/// Sends six hours of four functions, which end now and in trouble.
async fn send(product: &Product, folder: &Path) -> u64 {
    let scenario = folder.join("trouble.yaml");
    std::fs::write(&scenario, TROUBLE).expect("written");
    let scenario = scenario.display().to_string();
    let arguments = [
        "fleet",
        "--endpoint",
        &product.grpc,
        "--http-endpoint",
        &product.http,
        "--protocol",
        "grpc",
        "--backfill",
        "6h",
        "--duration",
        "0s",
        "--seed",
        "5",
        "--calm",
        "--in-flight",
        "8",
        "--scenario",
        &scenario,
        "--only",
        "auth-token",
        "--only",
        "checkout",
        "--only",
        "storefront",
        "--only",
        "payment-webhook",
    ];
    let args = Args::try_parse_from(arguments).expect("valid");
    let now = u64::try_from(store::clock::now().0).expect("after 1970");
    let summary = fleet::run::run(&args, now, std::future::pending())
        .await
        .expect("it ran");
    assert_eq!(summary.report.refused.total(), 0);
    summary.report.sent.iter().map(|c| c.spans).sum()
}

/// Waits for an open incident whose cause is at this function, of so many functions at least.
async fn incident_at(product: &Product, function: &str, functions: usize) -> Value {
    wait_for(&format!("an incident at {function}"), async || {
        for head in incidents(product).await {
            let id = head["id"].as_str().expect("an id");
            let at = head["place"].as_str().expect("a place");
            let full = one(product, id).await;
            let members = full["members"].as_array().expect("members").iter();
            let places: std::collections::BTreeSet<&str> = members
                .filter_map(|member| member["place"].as_str())
                .collect();
            if at.ends_with(function) && places.len() >= functions {
                return Some(full);
            }
        }
        None
    })
    .await
}

#[tokio::test]
async fn a_dependency_outage_is_one_incident_and_one_page_and_an_unrelated_one_its_own() {
    let receiver = Receiver::willing().await;
    // What was sent before alerting starts is there when it looks at who calls whom.
    let product = start(folder(&receiver.url, ""), "collector,dashboard").await;
    let data = product.data.clone();
    let spans = send(&product, &data).await;
    stored(&product.store(), "SELECT count() FROM otel_traces", spans).await;
    let (data, _) = product.stop().await;
    let product = start(data, "collector,analyzers,alerts,dashboard").await;

    let outage = incident_at(&product, "auth-token", 2).await;
    let other = incident_at(&product, "payment-webhook", 1).await;
    assert_ne!(outage["id"], other["id"]);
    let members = outage["members"].as_array().expect("members");
    assert!(
        members.iter().all(|m| !m["place"]
            .as_str()
            .expect("a place")
            .ends_with("payment-webhook")),
        "{outage}"
    );
    let caller = members
        .iter()
        .find(|m| m["place"].as_str().expect("a place").ends_with("checkout"));
    let why = caller.expect("checkout suffers")["why"]
        .as_str()
        .expect("why");
    assert!(
        why.contains("auth-token") && why.contains("failed call"),
        "{why}"
    );

    let heard = receiver.wait(2).await;
    let mut pages: Vec<&str> = heard.iter().map(about).collect();
    pages.sort_unstable();
    let mut want = [
        outage["id"].as_str().expect("an id"),
        other["id"].as_str().expect("an id"),
    ];
    want.sort_unstable();
    assert_eq!(pages, want, "one page each");
    for page in [&outage, &other] {
        let url = format!(
            "{}/alerts/incidents/{}",
            product.dashboard,
            page["id"].as_str().expect("id")
        );
        let html = get(&url).await;
        assert_eq!(html.status, 200);
        assert!(html.text().contains("Acknowledge"));
    }
}

fn finding(id: &str, function: &str, kind: &str, at: UnixNano) -> Finding {
    let at = UnixNano::from_millis(at.as_millis());
    let place = format!("aws:123456789012:eu-central-1:{function}");
    Finding {
        id: id.to_owned(),
        kind: kind.to_owned(),
        scope: Scope::Function,
        subject: place.clone(),
        function_id: place,
        version: "43".into(),
        detail: String::new(),
        state: State::Open,
        severity: Severity::Critical,
        confidence: 0.99,
        p_value: None,
        began_at: at,
        detected_at: at,
        updated_at: at,
        closed_at: None,
        closed_because: String::new(),
        title: format!("{kind} of {function}"),
        sentence: "It is bad.".into(),
        relative: None,
        interval: None,
        before: None,
        after: None,
        unit: String::new(),
        ms_per_month: None,
        micro_usd_per_month: None,
        evidence: Evidence::default(),
    }
}

async fn found(product: &Product, all: &[Finding]) {
    let now = store::clock::now();
    findings::write(&product.store(), all, now)
        .await
        .expect("written");
}

/// Somebody takes an incident, says something, hands it on, snoozes it and splits a finding off.
async fn people_act(product: &Product, id: &str) {
    for wish in [
        json!({"action": "acknowledge", "by": "Ada"}),
        json!({"action": "comment", "by": "Ada", "text": "<script>alert(1)</script>"}),
        json!({"action": "assign", "by": "Ada", "to": "Bob"}),
        json!({"action": "snooze", "by": "Bob", "minutes": 60}),
    ] {
        act(product, id, wish).await;
    }
    let split = json!({"action": "split", "by": "Bob", "findings": ["00000000000000a3"]});
    let split = act(product, id, split).await;
    assert_eq!(split["changed"].as_array().map(Vec::len), Some(2));
}

/// The list, its figures, and what is refused.
async fn listed(product: &Product, id: &str) {
    let csv = get(&format!("{}/alerts/incidents.csv", product.dashboard))
        .await
        .text();
    assert!(csv.lines().count() >= 4, "three incidents: {csv}");
    let listed = get(&format!("{}/api/v1/incidents", product.dashboard))
        .await
        .json();
    assert_eq!(listed["figures"]["acknowledged"], 1, "{listed}");
    let refused = post(
        &format!("{}/api/v1/incidents/{id}", product.dashboard),
        "application/json",
        json!({"action": "acknowledge"}).to_string(),
    )
    .await;
    assert_eq!(
        refused.status,
        400,
        "acknowledged already: {}",
        refused.text()
    );
}

#[tokio::test]
async fn what_people_do_with_incidents_is_kept_through_a_kill() {
    let receiver = Receiver::willing().await;
    let product = start(folder(&receiver.url, ""), "alerts,dashboard").await;
    let now = store::clock::now();
    let all = [
        finding("00000000000000a1", "checkout", "error_rate", now),
        finding("00000000000000a2", "checkout", "timeouts", now),
        finding("00000000000000a3", "checkout", "slow", now),
        finding("00000000000000b1", "search", "error_rate", now),
    ];
    found(&product, &all).await;
    let first = incident_at(&product, "checkout", 1).await;
    let id = first["id"].as_str().expect("an id").to_owned();
    let other = incident_at(&product, "search", 1).await;
    assert_ne!(other["id"], first["id"]);
    people_act(&product, &id).await;
    let silences = format!("{}/api/v2/silences", product.dashboard);
    wait_for("the snooze to silence", async || {
        let all = get(&silences).await.json();
        let text = all.to_string();
        (text.contains(&id) && text.contains("nephoscope incidents")).then_some(())
    })
    .await;

    let product = start(product.kill().await, "alerts,dashboard").await;
    let mut more = finding("00000000000000b2", "search", "timeouts", now);
    more.severity = Severity::High;
    found(&product, &[more]).await;
    wait_for("the new finding to join", async || {
        let search = one(&product, other["id"].as_str().expect("an id")).await;
        (search["members"].as_array().map(Vec::len) == Some(2)).then_some(())
    })
    .await;
    let again = one(&product, &id).await;
    assert_eq!(
        (&again["state"], &again["assignee"]),
        (&json!("acknowledged"), &json!("Bob"))
    );
    assert_eq!(
        again["members"].as_array().map(Vec::len),
        Some(2),
        "split off: {again}"
    );
    assert!(
        again["time_to_acknowledge_ms"]
            .as_i64()
            .is_some_and(|ms| ms >= 0)
    );
    let page = get(&format!("{}/alerts/incidents/{id}", product.dashboard))
        .await
        .text();
    assert!(
        page.contains("Ada takes care of it") && !page.contains("<script>alert"),
        "{page}"
    );
    listed(&product, &id).await;
}

/// The run that waits for somebody's yes.
async fn waiting_run(product: &Product, id: &str) -> String {
    wait_for("the run to wait", async || {
        let events = one(product, id).await["events"].clone();
        let mut events = events.as_array().expect("events").clone().into_iter();
        let wanted = events.find(|e| {
            e["event"]["stage"]["stage"] == "wanted" && e["event"]["runbook"] == "roll back"
        });
        wanted.map(|event| event["event"]["run"].as_str().expect("a run").to_owned())
    })
    .await
}

/// Each step once, and the token nowhere.
async fn all_is_on_the_timeline(product: &Product, id: &str, token: &str) {
    let incident = one(product, id).await;
    let happened = whats(&incident);
    for what in [
        "runbook wanted",
        "runbook approved",
        "runbook started",
        "runbook taken",
        "runbook answered",
    ] {
        let own = happened.iter().filter(|w| *w == what).count();
        assert_eq!(
            own,
            if what == "runbook wanted" { 2 } else { 1 },
            "{what}: {happened:?}"
        );
    }
    assert!(happened.iter().any(|w| w == "runbook rehearsed"));
    let stored = "SELECT count() FROM incident_events WHERE position(body, {t:String}) > 0";
    let kept = product
        .store()
        .query(stored)
        .param("t", token)
        .fetch_one::<u64>()
        .await;
    assert_eq!(kept.expect("counted"), 0, "the token is nowhere");
    assert!(!incident.to_string().contains("token_sha256"));
}

/// One that waits for a yes, and one that is only rehearsed.
fn runbooks(url: &str) -> String {
    format!(
        "  runbooks:
    - {{name: roll back, url: '{url}/rollback', secrets: ['{SECRET}'], approval: true,
       matchers: ['kind=\"error_rate\"', 'cause=\"true\"']}}
    - {{name: rehearsal, url: '{url}/never', secrets: ['{SECRET}'], dry_run: true,
       matchers: ['function=\"checkout\"']}}
"
    )
}

/// A runbook that cannot be used keeps the whole of the old configuration; then those that can are there.
async fn runbooks_come_with_a_reload(product: &Product, url: &str) {
    let file = product.data.join("nephoscope.yaml");
    let old = std::fs::read_to_string(&file).expect("written");
    let reload = format!("{}/-/reload", product.dashboard);
    let bad =
        old.replace("team", "others") + "  runbooks: [{name: a, url: 'http://x/', matchers: []}]\n";
    std::fs::write(&file, bad).expect("written");
    let refused = post(&reload, "text/plain", "").await;
    assert_eq!(refused.status, 500);
    assert!(
        refused.text().contains("matchers are missing"),
        "{}",
        refused.text()
    );
    let receivers = get(&format!("{}/api/v2/receivers", product.dashboard)).await;
    assert_eq!(
        receivers.json(),
        json!([{"name": "team"}]),
        "the old one stays"
    );
    std::fs::write(&file, old + &runbooks(url)).expect("written");
    let taken = post(&reload, "text/plain", "").await;
    assert_eq!(taken.status, 200, "{}", taken.text());
}

/// Requests to roll back.
fn asked(receiver: &Receiver) -> Vec<Heard> {
    let heard = receiver.heard().into_iter();
    heard.filter(|one| one.path == "/rollback").collect()
}

#[tokio::test]
async fn a_runbook_is_approved_asked_for_once_and_tells_its_result_with_a_token() {
    let receiver = Receiver::willing().await;
    let product = start(folder(&receiver.url, ""), "alerts,dashboard").await;
    runbooks_come_with_a_reload(&product, &receiver.url).await;
    let all = [finding(
        "00000000000000a1",
        "checkout",
        "error_rate",
        store::clock::now(),
    )];
    found(&product, &all).await;
    let id = incident_at(&product, "checkout", 1).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let run = waiting_run(&product, &id).await;
    assert!(asked(&receiver).is_empty(), "nobody said yes yet");
    act(
        &product,
        &id,
        json!({"action": "approve", "by": "Ada", "run": run}),
    )
    .await;
    let request_of = wait_for("the request", async || asked(&receiver).into_iter().next()).await;
    assert_eq!(request_of.id, run);
    let data = &request_of.body["data"];
    assert_eq!(data["incident"]["id"].as_str(), Some(id.as_str()));
    let callback = data["callback"]["url"]
        .as_str()
        .expect("a callback")
        .to_owned();
    let (path, token) = callback
        .split_once("/api/v1/")
        .expect("ours")
        .1
        .split_once("?token=")
        .expect("a token");
    let told_to = format!("{}/api/v1/{path}", product.dashboard);
    wait_for("the run to be taken", async || {
        whats(&one(&product, &id).await)
            .iter()
            .any(|w| w == "runbook taken")
            .then_some(())
    })
    .await;

    // A kill forgets neither the run nor its token, and asks nobody again.
    let product = start(product.kill().await, "alerts,dashboard").await;
    let told_to = told_to.replace(
        told_to.split("/api/").next().expect("an address"),
        &product.dashboard,
    );
    let body = json!({"status": "succeeded", "text": "back on version 42"}).to_string();
    let tell = async |token: &str| {
        let headers = [("content-type", "application/json")];
        let url = format!("{told_to}?token={token}");
        request("POST", &url, &headers, body.clone().into_bytes())
            .await
            .status
    };
    assert_eq!(tell("guess").await, 403);
    assert_eq!(tell(token).await, 200);
    assert_eq!(tell(token).await, 403, "a token is worth something once");
    all_is_on_the_timeline(&product, &id, token).await;
    assert!(receiver.heard().iter().all(|one| one.path != "/never"));
    assert_eq!(asked(&receiver).len(), 1);
}

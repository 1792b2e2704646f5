//! Alerts as people see them: the inbox, why somebody was told, silences, deliveries, routes, a dry run.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::firing;
use super::receiver::Receiver;
use crate::harness::{Answer, Product, get, new_folder, number, post, request, wait_for};

const HOSTILE: &str = "<script>alert(1)</script>";
const FORM: &str = "application/x-www-form-urlencoded";

fn config(url: &str) -> String {
    format!(
        "
receivers:
- {{name: web, webhook_configs: [{{url: '{url}/web'}}]}}
- {{name: gone, webhook_configs: [{{url: '{url}/gone'}}]}}
- {{name: broken, webhook_configs: [{{url: '{url}/broken'}}]}}
route:
  receiver: web
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
  - {{matchers: [team=gone], receiver: gone}}
  - {{matchers: [team=broken], receiver: broken}}
inhibit_rules: [{{source_matchers: [severity=critical], target_matchers: [severity=warning]}}]
"
    )
}

async fn started(data: &Path, alerting: &str) -> Product {
    std::fs::create_dir_all(data).expect("made");
    let file = data.join("alerting.yml");
    std::fs::write(&file, alerting).expect("written");
    start_on(data).await
}

async fn start_on(data: &Path) -> Product {
    let file = data.join("alerting.yml").display().to_string();
    let mut product = Product::begin(data.to_owned(), &["--alerting", &file], |command| {
        command.env("NEPHOSCOPE_ALERTS__ALLOW", "['127.0.0.1']");
    });
    product.ready().await;
    product
}

async fn page(base: &str, path: &str) -> String {
    let answer = get(&format!("{base}{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let text = plain(&answer);
    assert!(!text.contains(HOSTILE), "{path}: hostile text is markup");
    text
}

/// The text with ordinary spaces: a number and its unit are held together.
fn plain(answer: &Answer) -> String {
    answer.text().replace('\u{a0}', " ")
}

async fn send(base: &str, path: &str, body: &str) -> Answer {
    post(&format!("{base}{path}"), FORM, body).await
}

async fn fire(base: &str, words: &[&str]) {
    let alerts: Vec<_> = words.iter().map(|words| firing(words)).collect();
    let url = format!("{base}/api/v2/alerts");
    let answer = post(&url, "application/json", json!(alerts).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The fingerprint of the alert of this name.
async fn fingerprint(base: &str, name: &str) -> String {
    let all = get(&format!("{base}/alerts.json?state=all")).await.json();
    let rows = all["alerts"].as_array().expect("rows").iter();
    let found = rows.clone().find(|row| row["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {all}"));
    found["fingerprint"].as_str().expect("text").to_owned()
}

#[tokio::test]
async fn people_see_what_fires_why_they_were_told_and_may_silence_and_send_again() {
    let receiver = Receiver::by_path(|path, _| match path {
        "/gone" => (410, Duration::ZERO),
        "/broken" => (400, Duration::ZERO),
        _ => (200, Duration::ZERO),
    })
    .await;
    let product = started(&new_folder(), &config(&receiver.url)).await;
    let base = product.dashboard.clone();
    let empty = page(&base, "/alerts").await;
    assert!(
        empty.contains("No alert fires that somebody should hear of"),
        "{empty}"
    );
    let hostile = format!("alertname=Slow severity=critical n={HOSTILE}");
    fire(&base, &[&hostile, "alertname=Full severity=warning"]).await;
    receiver.wait(1).await;
    let inbox = page(&base, "/alerts?state=all").await;
    assert!(inbox.contains("&lt;script&gt;alert(1)"), "{inbox}");
    assert!(inbox.contains("inhibited by alert"), "{inbox}");

    told_and_not(&base, &product).await;
    silences(&base).await;
    routes_and_dry_run(&base).await;
    let product = deliveries(&base, &receiver, product).await;
    without_alerting_here(product).await;
}

/// The critical one was told, the other was not, and each page says why; from the store, too.
async fn told_and_not(base: &str, product: &Product) {
    let slow = fingerprint(base, "Slow").await;
    let one = wait_for("the page to say that it arrived", async || {
        let one = page(base, &format!("/alerts/{slow}")).await;
        one.contains("It was told to web by webhook: decided")
            .then_some(one)
    })
    .await;
    assert!(one.contains("it had not heard of the group"), "{one}");
    assert!(
        one.contains("team=&quot;gone&quot;"),
        "the route that does not match: {one}"
    );
    assert!(one.contains("does not hold: it is absent"), "{one}");
    let full = fingerprint(base, "Full").await;
    let muted = page(base, &format!("/alerts/{full}")).await;
    assert!(
        muted.contains(&format!("Nobody was told of it: inhibited by alert {slow}")),
        "{muted}"
    );
    let store = product.store();
    wait_for("looks and attempts in the store", async || {
        let looks = number(&store, "SELECT count() FROM alerts_looks FINAL").await;
        let attempts = number(&store, "SELECT count() FROM alerts_attempts FINAL").await;
        (looks >= 2 && attempts >= 1).then_some(())
    })
    .await;
    let json = get(&format!("{base}/alerts/{slow}.json")).await.json();
    assert_eq!(json["attempts"][0]["status"], 200, "{json}");
    assert_eq!(json["walk"][0]["verdict"], "ends", "{json}");
    assert_eq!(
        get(&format!("{base}/alerts/00000000000000zz")).await.status,
        400
    );
    assert_eq!(
        get(&format!("{base}/alerts/0000000000000001")).await.status,
        404
    );
}

async fn silences(base: &str) {
    let fields = "matchers=alertname%3DSlow&lasts=2h&created_by=Ada&comment=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let preview = send(
        base,
        "/alerts/silences",
        &format!("{fields}&action=preview"),
    )
    .await;
    assert_eq!(preview.status, 200);
    let text = plain(&preview);
    assert!(
        text.contains("It mutes 1 alert now; within the last day it would have muted 1 alert."),
        "{text}"
    );
    assert!(!text.contains(HOSTILE));
    let bad = send(
        base,
        "/alerts/silences",
        "matchers=%7B&lasts=2h&action=save",
    )
    .await;
    assert!(
        bad.text().contains("The matchers cannot be read"),
        "{}",
        bad.text()
    );
    let url = format!("{base}/alerts/silences");
    let foreign = [("sec-fetch-site", "cross-site"), ("content-type", FORM)];
    let body = format!("{fields}&action=save").into_bytes();
    assert_eq!(
        request("POST", &url, &foreign, body).await.status,
        403,
        "another site changes nothing"
    );
    let saved = send(base, "/alerts/silences", &format!("{fields}&action=save")).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let list = get(&format!("{base}/alerts/silences.json")).await.json();
    let id = list["silences"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(list["silences"][0]["mutes"], 1, "{list}");
    let inbox = page(base, "/alerts?state=silenced").await;
    assert!(inbox.contains(&format!("silenced by {id}")), "{inbox}");
    page(base, &format!("/alerts/silences/{id}")).await;
    page(
        base,
        "/alerts/silences/new?filter=%7Balertname%3D%22Slow%22%7D",
    )
    .await;
    let ended = send(base, "/alerts/silences", &format!("id={id}&action=expire")).await;
    assert_eq!(ended.status, 303);
    let list = get(&format!("{base}/alerts/silences.json")).await.json();
    assert_eq!(list["silences"][0]["state"], "expired");
}

async fn routes_and_dry_run(base: &str) {
    let routes = page(base, "/alerts/routes?labels=team%3Dgone").await;
    assert!(routes.contains("Such an alert goes to gone."), "{routes}");
    let json = get(&format!("{base}/alerts/routes.json?labels=team%3Dbroken"))
        .await
        .json();
    assert_eq!(json["receivers"], json!(["broken"]));
    let other = config("http://127.0.0.1:1").replace("receiver: web\n", "receiver: gone\n");
    let text = percent(&other);
    let ran = send(base, "/alerts/dry-run", &format!("days=1&text={text}")).await;
    assert_eq!(ran.status, 200);
    let text = plain(&ran);
    assert!(
        text.contains("2 of 2 alerts of the last day would have gone elsewhere."),
        "{text}"
    );
    let bad = send(base, "/alerts/dry-run", "text=route%3A+%7Breceiver%3A+x%7D")
        .await
        .text();
    assert!(bad.contains("Line 1, column"), "{bad}");
    let test = send(
        base,
        "/alerts/routes",
        "action=send&labels=alertname%3DTest",
    )
    .await;
    assert_eq!(test.status, 303, "{}", test.text());
    fingerprint(base, "Test").await;
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A message that died, or that arrived before a kill, is sent once more, under its id.
async fn once_more(base: &str, receiver: &Receiver, id: &str) {
    let times = || receiver.heard().iter().filter(|one| one.id == id).count();
    let before = times();
    let again = send(base, "/alerts/deliveries", &format!("action=again&id={id}")).await;
    assert_eq!(again.status, 303, "{}", again.text());
    wait_for("the same message once more", async || {
        (times() > before).then_some(())
    })
    .await;
}

/// What died can be sent again; a receiver that is gone stays disabled over a restart until it is enabled.
async fn deliveries(base: &str, receiver: &Receiver, product: Product) -> Product {
    fire(base, &["alertname=A team=gone", "alertname=B team=broken"]).await;
    let log = async |base: &str| get(&format!("{base}/alerts/deliveries.json")).await.json();
    let dead = wait_for("a disabled receiver and a dead message", async || {
        let log = log(base).await;
        let dead = log["dead"].as_array().expect("dead").iter();
        let dead = dead
            .clone()
            .find(|m| m["to"] == "broken/webhook[0]")
            .cloned();
        dead.filter(|_| log["disabled"][0]["receiver"] == "gone/webhook[0]")
    })
    .await;
    let shown = page(base, "/alerts/deliveries").await;
    assert!(
        shown.contains("the receiver answered 400") && shown.contains("1 receiver is disabled"),
        "{shown}"
    );
    once_more(base, receiver, dead["id"].as_str().expect("an id")).await;
    let range = "action=range&range_from=now-1h&range_to=now&receiver=broken";
    assert_eq!(send(base, "/alerts/deliveries", range).await.status, 303);
    assert_eq!(
        send(base, "/alerts/deliveries", "action=again&id=ntf_0")
            .await
            .status,
        404
    );

    let arrived = receiver.heard().into_iter().find(|one| one.answered == 200);
    let arrived = arrived.expect("one that arrived").id;

    let data = product.kill().await;
    let product = start_on(&data).await;
    let base = &product.dashboard;
    once_more(base, receiver, &arrived).await;
    assert_eq!(
        log(base).await["disabled"][0]["receiver"],
        "gone/webhook[0]"
    );
    let heard = receiver
        .heard()
        .iter()
        .filter(|one| one.path == "/gone")
        .count();
    assert_eq!(heard, 1, "nothing is sent to who is gone");
    let enabled = send(
        base,
        "/alerts/deliveries",
        "action=enable&way=gone%2Fwebhook%5B0%5D",
    )
    .await;
    assert_eq!(enabled.status, 303, "{}", enabled.text());
    wait_for("another try", async || {
        let heard = receiver
            .heard()
            .iter()
            .filter(|one| one.path == "/gone")
            .count();
        (heard > 1).then_some(())
    })
    .await;
    product
}

/// The pages alone show what was written to the store, and say where the rest is.
async fn without_alerting_here(product: Product) {
    let store = product.store();
    wait_for("alerts in the store", async || {
        let count = number(&store, "SELECT count() FROM alerts_seen FINAL").await;
        (count >= 4).then_some(())
    })
    .await;
    let data = product.stop().await.0;
    let product = Product::start_on(data, &["--roles", "dashboard"]).await;
    let base = &product.dashboard;
    let inbox = page(base, "/alerts?state=all").await;
    assert!(
        inbox.contains("Alerting runs in another process") && inbox.contains(">Slow</a>"),
        "{inbox}"
    );
    let slow = fingerprint(base, "Slow").await;
    let one = page(base, &format!("/alerts/{slow}")).await;
    assert!(
        one.contains("It was told to web by webhook: decided"),
        "{one}"
    );
    for path in [
        "/alerts/silences",
        "/alerts/deliveries",
        "/alerts/routes",
        "/alerts/dry-run",
    ] {
        let shown = page(base, path).await;
        assert!(shown.contains("Alerting runs in another process"), "{path}");
    }
    let refused = send(base, "/alerts/silences", "action=expire&id=x").await;
    assert_eq!(refused.status, 503, "{}", refused.text());
}

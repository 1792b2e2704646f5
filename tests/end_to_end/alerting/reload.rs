//! The configuration read anew, by request and by signal; a bad one changes nothing.

use serde_json::json;

use super::receiver::Receiver;
use super::{Alone, firing};
use crate::harness::{Product, get, new_folder, post, signal, wait_for};

fn file(url: &str, path: &str) -> String {
    format!(
        "
receivers: [{{name: {path}, webhook_configs: [{{url: '{url}/{path}'}}]}}]
route: {{receiver: {path}, group_by: [n], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
"
    )
}

#[tokio::test]
async fn a_reload_holds_whole_or_not_at_all() {
    let receiver = Receiver::willing().await;
    let alone = Alone::start(&file(&receiver.url, "one")).await;
    let path = alone.product.data.join("alerting.yml");
    let reload = format!("{}/-/reload", alone.product.dashboard);
    std::fs::write(&path, "route: {receiver: nobody}").expect("written");
    let answer = post(&reload, "text/plain", "").await;
    assert_eq!(answer.status, 500);
    let text = answer.text();
    assert!(
        text.contains("alerting.yml:1:") && text.contains("nobody"),
        "{text}"
    );
    alone.post(json!([firing("n=1")])).await;
    assert_eq!(receiver.wait(1).await[0].text(), "/one firing: 1");

    std::fs::write(&path, file(&receiver.url, "two")).expect("written");
    assert_eq!(post(&reload, "text/plain", "").await.status, 200);
    assert_eq!(alone.get("/receivers").await, json!([{"name": "two"}]));
    alone.post(json!([firing("n=2")])).await;
    // The receiver is another one, so it hears of what still fires, too.
    let mut texts: Vec<String> = receiver.wait(3).await[1..]
        .iter()
        .map(|h| h.text())
        .collect();
    texts.sort();
    assert_eq!(texts, ["/two firing: 1", "/two firing: 2"]);

    std::fs::write(&path, file(&receiver.url, "three")).expect("written");
    signal(alone.product.pid(), rustix::process::Signal::HUP);
    wait_for("the third configuration", async || {
        let names = alone.get("/receivers").await;
        (names == json!([{"name": "three"}])).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_a_configuration_alerts_are_kept_and_shown() {
    let mut product = Product::begin(new_folder(), &["--roles", "alerts"], |_| {});
    product.ready().await;
    let url = &product.dashboard;
    let alerts = json!([firing("n=1")]).to_string();
    let taken = post(&format!("{url}/api/v2/alerts"), "application/json", alerts).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let shown = get(&format!("{url}/api/v2/alerts")).await.json();
    assert_eq!(shown[0]["labels"], json!({"n": "1"}));
    for page in ["/-/healthy", "/-/ready"] {
        assert_eq!(get(&format!("{url}{page}")).await.status, 200, "{page}");
    }
    let metrics = get(&format!("{url}/metrics")).await.text();
    assert!(
        metrics.contains("nephoscope_alerting_alerts 1\n"),
        "{metrics}"
    );
    // A form of another site cannot make a change.
    let answer = post(&format!("{url}/api/v2/alerts"), "text/plain", "[]").await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn off_loopback_nobody_writes_without_a_password() {
    let data = new_folder();
    let arguments = ["--roles", "alerts", "--dashboard-listen", "0.0.0.0:0"];
    let (status, said) = Product::refusal(&data, &arguments).await;
    assert_eq!(status, 1);
    assert!(said.contains("dashboard.password"), "{said}");
    let mut product = Product::begin(data, &["--roles", "alerts"], |command| {
        command.env("NEPHOSCOPE_DASHBOARD__PASSWORD", "a long enough password");
    });
    product.ready().await;
    let url = format!("{}/api/v2/alerts", product.dashboard);
    let alerts = json!([firing("n=1")]).to_string();
    let refused = post(&url, "application/json", alerts.clone()).await;
    assert_eq!(refused.status, 401);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer a long enough password"),
    ];
    let taken = crate::harness::request("POST", &url, &headers, alerts.into_bytes()).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
}

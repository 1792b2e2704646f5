//! The real things: a Prometheus whose rule fires sends to us, and we send on to an Alertmanager.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::Alone;
use crate::harness::{from_setup, get, new_folder, wait_for};

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A program of others; killed when it is dropped.
fn start(variable: &str, arguments: &[String], folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join(format!("{variable}.log"))).expect("a log");
    Command::new(from_setup(variable))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{variable}: {error}"))
}

async fn ready(url: &str, what: &str) {
    let url = format!("{url}/-/ready");
    wait_for(what, async || {
        // A connection that is refused makes the harness panic in the task of this request.
        let url = url.clone();
        let answer = tokio::spawn(async move { get(&url).await.status }).await;
        (answer.ok() == Some(200)).then_some(())
    })
    .await;
}

fn rules(fires: bool) -> String {
    let expression = if fires {
        "vector(1) > 0"
    } else {
        "vector(1) < 0"
    };
    format!(
        "
groups:
- name: test
  interval: 1s
  rules:
  - {{alert: Slow, expr: '{expression}', labels: {{severity: page}}, annotations: {{summary: it is slow}}}}
"
    )
}

/// Names and states of alerts at some Alertmanager, or at us.
async fn alerts(api: &str) -> Vec<Value> {
    let all = get(&format!("{api}/alerts?active=true")).await.json();
    let all = all.as_array().expect("a list").iter();
    all.filter(|alert| alert["labels"]["alertname"] == "Slow")
        .cloned()
        .collect()
}

/// A real Alertmanager that tells nobody, and where it is.
async fn alertmanager(folder: &Path) -> (Child, String) {
    let port = free_port().await;
    let text = "route: {receiver: none}\nreceivers: [{name: none}]\n";
    std::fs::write(folder.join("alertmanager.yml"), text).expect("written");
    let arguments = [
        "--config.file=alertmanager.yml".to_owned(),
        "--storage.path=am".to_owned(),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--cluster.listen-address=".to_owned(),
    ];
    let child = start("NEPHOSCOPE_TEST_ALERTMANAGER", &arguments, folder);
    let url = format!("http://127.0.0.1:{port}");
    ready(&url, "Alertmanager").await;
    (child, url)
}

/// A real Prometheus whose rule fires and that sends to `target`, and where it is.
async fn prometheus(folder: &Path, target: &str) -> (Child, String) {
    let port = free_port().await;
    let text = format!(
        "
global: {{evaluation_interval: 1s, external_labels: {{cluster: test}}}}
rule_files: [rules.yml]
alerting:
  alertmanagers: [{{api_version: v2, static_configs: [{{targets: ['{target}']}}]}}]
"
    );
    std::fs::write(folder.join("prometheus.yml"), text).expect("written");
    std::fs::write(folder.join("rules.yml"), rules(true)).expect("written");
    let arguments = [
        "--config.file=prometheus.yml".to_owned(),
        "--storage.tsdb.path=tsdb".to_owned(),
        format!("--web.listen-address=127.0.0.1:{port}"),
    ];
    let child = start("NEPHOSCOPE_TEST_PROMETHEUS", &arguments, folder);
    let url = format!("http://127.0.0.1:{port}");
    ready(&url, "Prometheus").await;
    (child, url)
}

#[tokio::test]
async fn prometheus_tells_us_and_we_tell_an_alertmanager_of_the_alert_and_of_its_end() {
    let folder = new_folder();
    std::fs::create_dir_all(&folder).expect("made");
    let (alertmanager, am_url) = alertmanager(&folder).await;
    let alone = Alone::start(&format!(
        "
receivers: [{{name: onwards, alertmanager_configs: [{{url: '{am_url}'}}]}}]
route: {{receiver: onwards, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
"
    ))
    .await;
    let target = alone.product.dashboard.trim_start_matches("http://");
    let (prometheus, prom_url) = prometheus(&folder, target).await;
    let ours = format!("http://{target}/api/v2/alerts");
    wait_for("Prometheus to discover us", async || {
        let url = format!("{prom_url}/api/v1/alertmanagers");
        let discovered = get(&url).await.json();
        let active = discovered["data"]["activeAlertmanagers"][0]["url"].as_str();
        (active == Some(ours.as_str())).then_some(())
    })
    .await;
    let api = format!("{am_url}/api/v2");
    let shown = wait_for("the alert at the real Alertmanager", async || {
        alerts(&api).await.pop()
    })
    .await;
    assert_eq!(shown["labels"]["cluster"], "test", "{shown}");
    assert_eq!(shown["annotations"]["summary"], "it is slow");
    let ours = alerts(&alone.api).await;
    assert_eq!(
        ours[0]["fingerprint"], shown["fingerprint"],
        "one alert has one fingerprint"
    );
    assert_eq!(ours[0]["startsAt"], shown["startsAt"]);

    std::fs::write(folder.join("rules.yml"), rules(false)).expect("written");
    let pid = i32::try_from(prometheus.id().expect("running")).expect("small");
    crate::harness::signal(pid, rustix::process::Signal::HUP);
    wait_for("its end at the real Alertmanager", async || {
        alerts(&api).await.is_empty().then_some(())
    })
    .await;
    assert!(alerts(&alone.api).await.is_empty());
    drop((prometheus, alertmanager));
    let _ = std::fs::remove_dir_all(&folder);
}

//! Alertmanager's own command-line tool works against us.

use serde_json::json;
use tokio::process::Command;

use super::{Alone, firing};
use crate::harness::from_setup;

async fn amtool(alone: &Alone, arguments: &[&str]) -> String {
    let output = Command::new(from_setup("NEPHOSCOPE_TEST_AMTOOL"))
        .arg(format!("--alertmanager.url={}", alone.product.dashboard))
        .args(arguments)
        .output()
        .await
        .expect("amtool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "amtool {arguments:?}: {text} {said}"
    );
    text
}

#[tokio::test]
async fn amtool_adds_queries_silences_and_reads_routes() {
    let alone = Alone::start(
        "
receivers: [{name: everyone}, {name: web}]
route:
  receiver: everyone
  group_by: [alertname]
  routes: [{matchers: [team=web], receiver: web}]
",
    )
    .await;
    amtool(&alone, &["alert", "add", "Slow", "team=web", "n=1"]).await;
    alone
        .post(json!([firing("alertname=Full team=db n=2")]))
        .await;
    let query = async |arguments: &[&str]| {
        let all = [&["alert", "query", "-o", "json"], arguments].concat();
        let text = amtool(&alone, &all).await;
        let alerts: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
        let names = alerts
            .iter()
            .map(|a| a["labels"]["alertname"].as_str().map(str::to_owned));
        let mut names: Vec<String> = names.map(|name| name.expect("a name")).collect();
        names.sort();
        names
    };
    assert_eq!(query(&[]).await, ["Full", "Slow"]);
    assert_eq!(query(&["team=~w.*"]).await, ["Slow"]);
    assert_eq!(query(&["--receiver=web"]).await, ["Slow"]);
    let silence = [
        "silence", "add", "-a", "me", "-c", "why", "-d", "1h", "team=web",
    ];
    let id = amtool(&alone, &silence).await.trim().to_owned();
    assert_eq!(query(&[]).await, ["Full"]);
    assert_eq!(query(&["--silenced"]).await, ["Slow"]);
    assert_eq!(amtool(&alone, &["silence", "query", "-q"]).await.trim(), id);
    let longer = ["silence", "update", "-d", "2h", "-c", "longer", &id];
    let told = amtool(&alone, &longer).await;
    assert!(told.contains("longer"), "{told}");
    let active = amtool(&alone, &["silence", "query", "-q"]).await;
    amtool(&alone, &["silence", "expire", active.trim()]).await;
    assert_eq!(query(&[]).await, ["Full", "Slow"]);
    let routes = amtool(&alone, &["config", "routes", "test", "team=web"]).await;
    assert_eq!(routes.trim(), "web");
    let cluster = amtool(&alone, &["cluster", "show"]).await;
    assert!(cluster.contains("disabled"), "{cluster}");
}

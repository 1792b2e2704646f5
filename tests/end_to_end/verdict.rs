//! The gate: a version that fails and dawdles is stopped, one that changed nothing passes.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::fleet;
use crate::harness::{BINARY, Product};

/// A day and more of two functions; each gets a new version, of which one is bad.
const INCIDENTS: &str = "incidents:
  - { at: -26h, function: checkout, kind: deploy, version: \"77\", duration_factor: 2, error_rate: 0.3 }
  - { at: -26h, function: cart, kind: deploy, version: \"78\" }
";

/// Runs `nephoscope verdict`; gives the exit status, what it printed and what it complained.
async fn verdict(server: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(BINARY)
        .arg("verdict")
        .args(["--server", server])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

async fn played(product: &Product, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let scenario = folder.join("scenario.yaml");
    std::fs::write(&scenario, INCIDENTS).expect("a scenario");
    let path = scenario.display().to_string();
    let only = ["--only", "checkout", "--only", "cart", "--rate", "0.5"];
    let more = [&only[..], &["--seed", "11", "--scenario", &path]].concat();
    fleet::run(product, "50h", &more).await;
    fleet::rolled_up(&product.store()).await;
}

#[tokio::test]
async fn a_bad_version_fails_a_good_one_passes_and_an_unknown_one_is_undecided() {
    let product = Product::start(&[]).await;
    played(&product, &product.data.join("verdict")).await;
    let ask = async |arguments: &[&str]| verdict(&product.dashboard, arguments).await;

    let (status, said, complained) = ask(&["--function", "checkout", "--version", "77"]).await;
    assert_eq!(status, 1, "{said}{complained}");
    assert!(said.starts_with("fail: version 77 of aws:"), "{said}");
    for measure in ["The share of errors: worse", "The median duration: worse"] {
        assert!(said.contains(measure), "{said}");
    }

    let measures = ["--measures", "errors,timeouts,duration"];
    let good = ["--function", "cart", "--version", "78"];
    let (status, said, complained) = ask(&[&good[..], &measures].concat()).await;
    assert_eq!(status, 0, "{said}{complained}");

    let (status, said, _) = ask(&["--function", "cart", "--version", "999", "--json"]).await;
    let answer: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((status, &answer["verdict"]), (2, &"undecided".into()));
    assert!(said.contains("No invocation of version 999"), "{said}");

    let (status, _, complained) = ask(&["--function", "nobody", "--version", "1"]).await;
    assert_eq!(status, 3, "{complained}");
    assert!(
        complained.contains("There is no function nobody"),
        "{complained}"
    );
    let (status, _, complained) = ask(&[&good[..], &["--measures", "speed"]].concat()).await;
    assert!(
        status == 3 && complained.contains("measure=speed"),
        "{complained}"
    );
    let nobody = verdict("http://127.0.0.1:9", &good).await;
    assert!(
        nobody.0 == 3 && nobody.2.contains("no connection"),
        "{nobody:?}"
    );
}

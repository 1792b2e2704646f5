//! Headless Chromium clicks through every page while it holds the fleet's data.

use std::path::PathBuf;

use tokio::process::Command;

use crate::harness::{Product, from_setup};

#[tokio::test]
async fn every_page_reads_well_in_a_browser_with_the_fleet_s_data() {
    let product = Product::start_observed(1_000).await;
    crate::fleet::run(&product, "3h", &[]).await;
    crate::fleet::rolled_up(&product.store()).await;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let output = Command::new("node")
        .env("NODE_PATH", from_setup("NEPHOSCOPE_TEST_BROWSER_MODULES"))
        .arg(folder.join("run.mjs"))
        .args(["--base", &product.dashboard, "--out"])
        .arg(folder.join("out"))
        .kill_on_drop(true)
        .output()
        .await
        .expect("node starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{words}");
}

//! Headless Chromium clicks through every page while it holds the fleet's data.

use std::path::PathBuf;

use tokio::process::Command;

use crate::harness::{Product, from_setup};

#[tokio::test]
async fn every_page_reads_well_in_a_browser_with_the_fleet_s_data() {
    let product = Product::start_observed(1_000).await;
    crate::fleet::run(&product, "3h", &[]).await;
    let store = product.store();
    crate::fleet::rolled_up(&store).await;
    // Detectors need days; what they write is laid beside the fleet's data as they would write it.
    let coldest = store.query(
        "SELECT toString(function_id) FROM invocations_1m FINAL GROUP BY function_id ORDER BY sum(cold_starts) DESC \
         LIMIT 1",
    );
    let coldest = coldest.fetch_one::<String>().await.expect("a function");
    crate::findings_pages::seed::write(&store, &coldest).await;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let output = Command::new("node")
        .env("NODE_PATH", from_setup("NEPHOSCOPE_TEST_BROWSER_MODULES"))
        .arg(folder.join("run.mjs"))
        .args(["--base", &product.dashboard, "--findings", "4", "--out"])
        .arg(folder.join("out"))
        .kill_on_drop(true)
        .output()
        .await
        .expect("node starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{words}");
}

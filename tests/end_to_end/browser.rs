//! Headless Chromium clicks through every page while it holds the fleet's data.

use std::path::PathBuf;

use tokio::process::Command;

use crate::findings_pages::seed;
use crate::harness::{Product, from_setup, get, request, wait_for};

/// One of each way to count: events by function, slices, and a composite.
const SLOS: [(&str, &str); 3] = [
    (
        "answers",
        "timeWindow: [{duration: 7d, isRolling: true}], budgetingMethod: Occurrences, objectives: [{target: 0.99}], \
         indicator: {metadata: {name: i}, spec: FACT(availability, group_by: [function])}",
    ),
    (
        "swift",
        "timeWindow: [{duration: 1M, calendar: {startTime: \"2026-01-01 00:00:00\", timeZone: Europe/Berlin}}], \
         budgetingMethod: Timeslices, \
         objectives: [{target: 0.95, timeSliceTarget: 0.9, timeSliceWindow: 5m}], \
         indicator: {metadata: {name: i}, spec: FACT(latency, threshold: 300)}",
    ),
    (
        "whole",
        "timeWindow: [{duration: 7d, isRolling: true}], budgetingMethod: Occurrences, objectives: [\
         {target: 0.99, compositeWeight: 2, indicator: {metadata: {name: i}, spec: FACT(availability)}}, \
         {target: 0.8, indicator: {metadata: {name: j}, spec: FACT(cold_start_share)}}]",
    ),
];

/// Makes SLOs of the API and waits until each has events.
async fn set_slos(product: &Product) {
    for (name, spec) in SLOS {
        let spec = spec.replace(
            "FACT(",
            "{ratioMetric: {rawType: success, raw: {metricSource: {type: nephoscope, spec: {indicator: ",
        );
        // Facts end with the only closing parentheses there are.
        let spec = spec.replace(')', "}}}}}");
        let text = format!(
            "{{apiVersion: openslo/v1, kind: SLO, metadata: {{name: {name}}}, spec: {{service: shop, {spec}}}}}"
        );
        let url = format!("{}/api/v1/slos/{name}", product.dashboard);
        let taken = request("PUT", &url, &[], text.into_bytes()).await;
        assert_eq!(taken.status, 200, "{}", taken.text());
    }
    wait_for("SLOs to be measured", async || {
        let answer = get(&format!("{}/slos.json", product.dashboard)).await;
        let rows = answer.json()["slos"].as_array()?.clone();
        let has = |name: &str| {
            let mut own = rows.iter().filter(|row| row["slo"] == name);
            own.any(|row| row["total"].as_i64() > Some(0))
        };
        SLOS.iter().all(|(name, _)| has(name)).then_some(())
    })
    .await;
}

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
    seed::write(&store, &coldest).await;
    let now = store::clock::now();
    let threat = seed::threat(&coldest, now);
    store::findings::write(&store, &[threat], now)
        .await
        .expect("a threat written");
    set_slos(&product).await;
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
    // Meanwhile all that the fleet does in ordinary hours was looked at, and nobody attacked it.
    let threats = get(&format!("{}/threats.json", product.dashboard)).await;
    let told = threats.json()["findings"].as_array().expect("rows").clone();
    let invented = told.iter().filter(|one| one["id"] != seed::THREAT);
    let invented: Vec<_> = invented.collect();
    assert!(invented.is_empty(), "{invented:?}");
}

//! Real exporters: handlers wrapped by the Python and Node Lambda instrumentation, sending over every
//! protocol their SDKs have; what they say they sent is what is stored and shown.

use std::path::PathBuf;

use serde_json::Value;
use store::Store;
use tokio::process::Command;

use crate::harness::{Product, from_setup, get, number, rows, stored, wait_for};

async fn emit(mut command: Command, arguments: &[&str]) -> Value {
    let output = command
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .expect("it starts");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {words}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let truth: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(
        truth["warnings"],
        serde_json::json!([]),
        "the SDK complains: {truth}"
    );
    truth
}

fn emitters() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/emitters")
}

fn python() -> Command {
    let mut command = Command::new(from_setup("NEPHOSCOPE_TEST_PYTHON"));
    command.arg(emitters().join("python/emit.py"));
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", from_setup("NEPHOSCOPE_TEST_NODE_MODULES"));
    command.arg(emitters().join("node/emit.cjs"));
    command
}

/// Everything the emitter says it did stands in the tables under one function.
async fn check_tables(store: &Store, truth: &Value) {
    let name = truth["function"]["name"].as_str().expect("a name");
    let id = format!("aws:123456789012:eu-central-1:{name}");
    // Resource detectors do not tell the account; what comes before the first span has none.
    let ids = format!("('{id}', 'aws::eu-central-1:{name}')");
    let count = |table: &str| format!("SELECT count() FROM {table} WHERE FunctionId IN {ids}");
    let told = |key: &str| truth[key].as_u64().expect("a number");
    stored(store, &count("otel_traces"), told("spans")).await;
    stored(store, &count("otel_logs"), told("logs")).await;
    for metric in truth["metrics"].as_array().expect("metrics") {
        let metric = metric.as_str().expect("text");
        wait_for(&format!("{metric} of {name}"), async || {
            let mut found = 0;
            for table in ["sum", "histogram", "exp_histogram"] {
                let of = count(&format!("otel_metrics_{table}"));
                found += number(store, &format!("{of} AND MetricName = '{metric}'")).await;
            }
            (found > 0).then_some(())
        })
        .await;
    }
    let sql = format!(
        "SELECT invocation_id, status, trace_id, span_id, version, memory_size_mb, platform \
         FROM invocations WHERE function_id = '{id}'"
    );
    let told = truth["invocations"].as_array().expect("invocations");
    let invocations = wait_for(&format!("the invocations of {name}"), async || {
        let invocations = rows(store, &sql).await;
        (invocations.len() >= told.len()).then_some(invocations)
    })
    .await;
    assert_eq!(
        invocations.len(),
        told.len(),
        "invocations of {name}: {invocations:?}"
    );
    for invocation in told {
        let row = invocations
            .iter()
            .find(|row| row["invocation_id"] == invocation["request_id"]);
        let row = row.unwrap_or_else(|| panic!("{invocation} of {name} is missing"));
        assert_eq!(row["trace_id"], invocation["trace_id"], "{name}");
        assert_eq!(row["platform"], "aws_lambda", "{name}");
        if invocation["outcome"] == "error" {
            assert_eq!(row["status"], "error", "{name}");
        } else {
            assert_ne!(row["status"], "error", "{name}");
        }
    }
}

/// The function, one of its traces and its logs can be seen.
async fn check_pages(product: &Product, truth: &Value) {
    let name = truth["function"]["name"].as_str().expect("a name");
    let id = format!("aws%3A123456789012%3Aeu-central-1%3A{name}");
    let invocations = truth["invocations"].as_array().expect("invocations").len();
    wait_for("the function's page to count its invocations", async || {
        let page = get(&format!("{}/functions.json?from=now-1h", product.dashboard)).await;
        let text = page.text();
        (page.status == 200 && text.contains(name)).then_some(())
    })
    .await;
    let page = get(&format!("{}/functions/{id}?from=now-1h", product.dashboard)).await;
    assert_eq!(page.status, 200, "{name}");
    assert!(page.text().contains(name), "{name}");
    assert!(invocations > 0);
    let trace = truth["invocations"][0]["trace_id"]
        .as_str()
        .expect("a trace id");
    let page = get(&format!("{}/traces/{trace}", product.dashboard)).await;
    assert_eq!(page.status, 200, "trace {trace} of {name}");
    assert!(page.text().contains(name), "trace {trace} of {name}");
    let page = get(&format!("{}/connect", product.dashboard)).await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn python_s_lambda_instrumentation_arrives_over_every_protocol_it_has() {
    let product = Product::start(&[]).await;
    let store = product.store();
    for (protocol, endpoint, more) in [
        ("grpc", &product.grpc, &["--compression", "gzip"][..]),
        ("http/protobuf", &product.http, &[]),
        (
            "http/protobuf",
            &product.http,
            &["--compression", "gzip", "--bare"],
        ),
    ] {
        let name = format!("py-{}-{}", protocol.replace('/', "-"), more.len());
        let named = [
            "--protocol",
            protocol,
            "--endpoint",
            endpoint,
            "--function",
            &name,
        ];
        let truth = emit(python(), &[&named, more].concat()).await;
        check_tables(&store, &truth).await;
        check_pages(&product, &truth).await;
    }
}

#[tokio::test]
async fn node_s_lambda_instrumentation_arrives_over_every_protocol_it_has() {
    let product = Product::start(&[]).await;
    let store = product.store();
    for (protocol, endpoint, more) in [
        ("grpc", &product.grpc, &[][..]),
        ("http/protobuf", &product.http, &["--compression", "gzip"]),
        ("http/json", &product.http, &[]),
        ("http/json", &product.http, &["--bare"]),
    ] {
        let name = format!("node-{}-{}", protocol.replace('/', "-"), more.len());
        let named = [
            "--protocol",
            protocol,
            "--endpoint",
            endpoint,
            "--function",
            &name,
        ];
        let truth = emit(node(), &[&named, more].concat()).await;
        check_tables(&store, &truth).await;
        check_pages(&product, &truth).await;
    }
}

#[tokio::test]
async fn with_keys_set_only_those_who_know_one_may_send() {
    let folder = crate::harness::new_folder();
    std::fs::create_dir_all(&folder).expect("created");
    let config = folder.join("nephoscope.yaml");
    let text = "collector:\n  keys:\n    - name: shop\n      key: a-key-of-some-length\n";
    std::fs::write(&config, text).expect("written");
    let product = Product::start(&["--config", &config.display().to_string()]).await;
    let named = [
        "--protocol",
        "http/protobuf",
        "--endpoint",
        &product.http,
        "--function",
        "keyed",
    ];
    let header = ["--header", "authorization=Bearer a-key-of-some-length"];
    let truth = emit(node(), &[&named[..], &header].concat()).await;
    check_tables(&product.store(), &truth).await;

    let url = format!("{}/v1/traces", product.http);
    for key in ["", "Bearer wrong-key-of-length"] {
        let headers = [("content-type", "application/json"), ("authorization", key)];
        let answer = crate::harness::request("POST", &url, &headers, b"{}".to_vec()).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert!(!answer.text().contains("a-key-of-some-length"));
    }
    std::fs::remove_dir_all(folder).expect("removed");
}

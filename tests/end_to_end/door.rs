//! The door is shut by default.

use crate::harness::{Product, get, new_folder};

#[tokio::test]
async fn off_loopback_without_keys_it_refuses_to_start_and_says_what_to_set() {
    for (listen, want) in [
        ("--otlp-grpc-listen", "collector.grpc_listen"),
        ("--otlp-http-listen", "collector.http_listen"),
        ("--dashboard-listen", "dashboard.password"),
    ] {
        let (code, words) = Product::refusal(&new_folder(), &[listen, "0.0.0.0:0"]).await;
        assert_eq!(code, 1, "{listen}");
        assert!(words.contains(want), "{listen}: {words}");
    }
}

#[tokio::test]
async fn health_and_readiness_tell_the_truth() {
    let product = Product::start(&[]).await;
    for path in ["/-/healthy", "/-/ready"] {
        let answer = get(&format!("{}{path}", product.dashboard)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
}

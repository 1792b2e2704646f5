//! What every test needs: a product of its own, questions to its store, requests to its doors.

mod backtest;
mod http;
mod product;

pub use backtest::{backtest, lines};
pub use http::{Answer, get, post, request};
pub use product::{
    BINARY, Product, end_engine, engine_options, migrated_engine, new_folder, signal,
};

use std::time::Duration;

use store::Store;

/// Longest any state may take to come about before a test gives up: on two slow cores a watch that catches up
/// with days of history beside other tests takes minutes.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until `probe` gives something; the state is asked again and again, never assumed.
pub async fn wait_for<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = tokio::time::Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(
            begin.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain for: {what}"
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Rows of a query as JSON objects.
pub async fn rows(store: &Store, sql: &str) -> Vec<serde_json::Value> {
    let mut cursor = store.query(sql).fetch_bytes("JSONEachRow").expect("asked");
    let bytes = cursor
        .collect()
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The single number a query gives.
pub async fn number(store: &Store, sql: &str) -> u64 {
    store
        .query(sql)
        .fetch_one::<u64>()
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Waits until the number a query gives is `want`: acknowledged data is stored a moment later. More than
/// `want` would be something stored twice.
pub async fn stored(store: &Store, sql: &str, want: u64) {
    wait_for(&format!("{want} from {sql}"), async || {
        let got = number(store, sql).await;
        assert!(got <= want, "{got} instead of {want}: {sql}");
        (got == want).then_some(())
    })
    .await;
}

/// A path that `tests/setup.sh` prepared and `make test` hands over.
pub fn from_setup(variable: &str) -> std::ffi::OsString {
    std::env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: run `make test`, or eval \"$(tests/setup.sh)\" before")
    })
}

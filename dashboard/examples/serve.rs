//! Serves the dashboard against any ClickHouse with our schema: an aid for those who work on pages.
//!
//! `cargo run -p nephoscope-dashboard --example serve -- http://127.0.0.1:8123/otel [listen] [now-ms]`
//! In a debug build templates and styles are read from disk, so a restart shows a change.

use std::net::SocketAddr;
use std::sync::Arc;

use dashboard::{Clock, Config, Deps, IngestAddresses};
use store::Store;
use store::model::UnixNano;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .ok_or("which ClickHouse? http://user:password@host:8123/database")?;
    let listen: SocketAddr = arguments
        .next()
        .as_deref()
        .unwrap_or("127.0.0.1:8080")
        .parse()?;
    let clock: Clock = match arguments.next() {
        Some(now_ms) => {
            let now = UnixNano::from_millis(now_ms.parse()?);
            Arc::new(move || now)
        }
        None => Arc::new(store::clock::now),
    };
    let config = Config {
        listen,
        password: std::env::var("PASSWORD").ok(),
        ..Config::default()
    };
    let store = Store::new(&url)?;
    let asked = store.clone();
    let deps = Deps {
        slos: analyzers::slo::catalogue::Sources {
            files: std::sync::Arc::new(Vec::new),
            queries: analyzers::slo::catalogue::QueriesOf::Nobody,
        },
        store,
        books: Arc::new(analyzers::cost::Books::load(
            &analyzers::cost::Config::default(),
        )?),
        ingest: IngestAddresses {
            grpc: SocketAddr::from(([127, 0, 0, 1], 4317)),
            http: SocketAddr::from(([127, 0, 0, 1], 4318)),
        },
        ready: Arc::new(move || {
            let store = asked.clone();
            Box::pin(async move { store.ping().await.map_err(|error| error.to_string()) })
        }),
        live: Arc::new(|_| None),
        metrics: Arc::new(String::new),
        keys_required: std::env::var_os("KEYS").is_some(),
        alerting: None,
    };
    let dashboard = dashboard::start_with_clock(config, deps, clock).await?;
    eprintln!("http://{}", dashboard.addr());
    tokio::signal::ctrl_c().await?;
    dashboard.stop().await;
    Ok(())
}

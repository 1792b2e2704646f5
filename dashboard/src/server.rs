//! Starts and stops the dashboard.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use store::Store;
use store::model::UnixNano;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::alerting::Alerting;
use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::live::LiveCheck;
use crate::router;

/// How long requests in flight may take to end when the dashboard stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A future in a box.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// Says what time it is, ns since the epoch.
pub type Clock = Arc<dyn Fn() -> UnixNano + Send + Sync>;
/// Says whether data sent now is kept, or why not.
pub(crate) type ReadyCheck = Arc<dyn Fn() -> BoxFuture<Result<(), String>> + Send + Sync>;

/// Where the collector listens; shown on the Connect page.
#[derive(Clone, Copy, Debug)]
pub struct IngestAddresses {
    /// OTLP/gRPC.
    pub grpc: SocketAddr,
    /// OTLP/HTTP.
    pub http: SocketAddr,
}

/// What the dashboard needs from the others.
#[derive(Clone)]
pub struct Deps {
    /// The store to read.
    pub store: Store,
    /// What use is priced with.
    pub books: Arc<analyzers::cost::Books>,
    /// Where SLOs stand.
    pub slos: analyzers::slo::catalogue::Sources,
    /// Where the collector listens.
    pub ingest: IngestAddresses,
    /// Whether data sent now is kept and pages answer, or why not: `/-/ready`.
    pub ready: Arc<dyn Fn() -> BoxFuture<Result<(), String>> + Send + Sync>,
    /// How the collector of this process stands; for the Ingest page.
    pub live: LiveCheck,
    /// Our own state in Prometheus' text format: `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Whether the collector asks for an ingest key; the Connect page then shows where it goes.
    pub keys_required: bool,
    /// The alerting of this process, whose API is served beside the pages.
    pub alerting: Option<Alerting>,
}

/// Why the dashboard does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A template has a fault: a broken build.
    #[error("parsing the page templates")]
    Templates(#[from] tera::Error),
    /// A connect snippet has a fault: a broken build.
    #[error("reading the connect snippets: {0}")]
    Cards(String),
    /// The address cannot be listened on.
    #[error("listening on {address} for pages (dashboard.listen)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// A running dashboard.
pub struct Dashboard {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Dashboard {
    /// Where it listens; the true port when the configuration said 0.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, lets requests in flight end for at most 10 s, then drops them.
    pub async fn stop(mut self) {
        // The receiver is gone only when the server has ended already.
        let _ = self.stop.send(true);
        if tokio::time::timeout(STOP_WITHIN, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

/// Starts the dashboard on the machine's clock.
///
/// # Errors
/// [`StartError`] says which setting to change.
pub async fn start(config: Config, deps: Deps) -> Result<Dashboard, StartError> {
    start_with_clock(config, deps, Arc::new(store::clock::now)).await
}

/// Starts the dashboard on a clock of the caller's.
///
/// # Errors
/// [`StartError`] says which setting to change.
pub async fn start_with_clock(
    config: Config,
    deps: Deps,
    clock: Clock,
) -> Result<Dashboard, StartError> {
    config.validate()?;
    let (listener, address) = bind(config.listen).await?;
    // Hashing a plain password takes a moment; it must not hold up the other tasks.
    let app = tokio::task::spawn_blocking(move || App::new(config, deps, clock))
        .await
        .map_err(|_| StartError::Cards("the start was cancelled".to_owned()))??;
    Ok(listen(listener, address, router::router(Arc::new(app))))
}

/// Serves until it is told to stop.
pub(crate) fn listen(listener: TcpListener, address: SocketAddr, router: Router) -> Dashboard {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let (stop, mut stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        let until = async move {
            // An error means that the handle was dropped, which stops us too.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, service)
            .with_graceful_shutdown(until)
            .await
        {
            tracing::error!(%error, "the dashboard stopped listening");
        }
    });
    Dashboard {
        address,
        stop,
        task,
    }
}

/// Listens there; tells the true port when 0 was asked for.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

//! The collector as a whole: opened by [`start`], closed by [`Collector::stop`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use store::Store;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::admit::Budget;
use crate::config::{Config, ConfigError};
use crate::counters::Counters;
use crate::normalise::Normaliser;
use crate::observe::{self, Instance, Observer};
use crate::receive::{Door, KeyError, Keyring, Limits, Listener, router};
use crate::redact::Redact;
use crate::sender::Sender;
use crate::ship::{Owners, Shipper, Sink};
use crate::way::Way;

/// Why the collector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The section says something impossible.
    #[error("the collector's configuration: {}", list(.0))]
    Config(Vec<ConfigError>),
    /// An ingest key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The spool cannot be opened.
    #[error(
        "opening the spool in {folder}: {source}; make the folder writable, or set spool.folder"
    )]
    Spool {
        /// Its folder.
        folder: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The key of fingerprints cannot be read or made.
    #[error(
        "redact_secrets: the key of fingerprints in {folder}: {source}; make the folder writable, or set \
         spool.folder"
    )]
    Redaction {
        /// The spool's folder.
        folder: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A port cannot be had.
    #[error(
        "listening on {addr} for {key}: {source}; end what listens there, or set {key} to another \
         port"
    )]
    Listen {
        /// The key of the section.
        key: &'static str,
        /// The address asked for.
        addr: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

fn list(errors: &[ConfigError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A running collector. Dropping it cuts all connections; [`Collector::stop`] ends them in order.
pub struct Collector {
    grpc: Listener,
    http: Listener,
    owners: Owners,
    observer: Option<Observer>,
    instance: Instance,
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
    drain_timeout: Duration,
}

/// Opens both ports and begins to take requests for `store`, whose tables must be there.
///
/// # Errors
/// [`StartError`] naming the key of the configuration and what to do.
pub async fn start(config: Config, store: Store) -> Result<Collector, StartError> {
    start_with(config, store).await
}

/// What takes credentials out, where that is asked for.
fn redaction(config: &Config) -> Result<Option<Arc<Redact>>, StartError> {
    if !config.redact_secrets {
        return Ok(None);
    }
    let folder = config.spool.folder.clone();
    match Redact::open(&folder) {
        Ok(redact) => Ok(Some(Arc::new(redact))),
        Err(source) => Err(StartError::Redaction { folder, source }),
    }
}

pub(crate) async fn start_with(config: Config, sink: impl Sink) -> Result<Collector, StartError> {
    config.validate().map_err(StartError::Config)?;
    let keys = Keyring::load(&config.keys)?;
    let (grpc_socket, grpc_addr) = bind("grpc_listen", config.grpc_listen).await?;
    let (http_socket, http_addr) = bind("http_listen", config.http_listen).await?;

    let counters = Arc::new(Counters::of_keys(&config.keys));
    let hashes: Vec<u32> = Sender::all(&config.keys).iter().map(|s| s.hash()).collect();
    let normaliser = Normaliser::guarded(config.cardinality, &hashes);
    let limits_of_one = (config.max_request_bytes, config.max_in_flight_bytes);
    let (shipper, owners) = Shipper::start(
        sink,
        config.batch,
        &config.spool,
        limits_of_one,
        normaliser,
        &counters,
    )
    .map_err(|source| StartError::Spool {
        folder: config.spool.folder.clone(),
        source,
    })?;
    let redact = redaction(&config)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let budget = Budget::new(config.max_in_flight_bytes, config.keys.len() + 1);
    let instance = Instance::new(observe::host_name(), store::clock::now());
    let seen = observe::Deps {
        counters: Arc::clone(&counters),
        shipper: shipper.clone(),
        budget: budget.clone(),
    };
    let observer = Observer::start(config.self_metrics_interval_ms, instance.clone(), seen);
    let way = Way {
        budget,
        max_request_bytes: config.max_request_bytes,
        request_timeout: Duration::from_millis(config.request_timeout_ms),
        workers: Arc::new(Semaphore::new(cores)),
        redact,
        shipper,
        counters: Arc::clone(&counters),
    };
    let door = Door::new(
        way,
        keys,
        &config.cors.allowed_origins,
        Arc::clone(&counters),
    );
    let router = router(Arc::new(door));
    let (stop, stopping) = watch::channel(false);
    let limits = Limits {
        connections: config.max_connections,
        concurrent_streams: config.max_concurrent_streams,
        idle_timeout: Duration::from_millis(config.idle_timeout_ms),
        connection_age_max: (config.max_connection_age_ms > 0)
            .then(|| Duration::from_millis(config.max_connection_age_ms)),
    };
    let listen = |socket, addr| {
        let counters = Arc::clone(&counters);
        Listener::start(
            socket,
            addr,
            router.clone(),
            limits,
            counters,
            stopping.clone(),
        )
    };
    Ok(Collector {
        grpc: listen(grpc_socket, grpc_addr),
        http: listen(http_socket, http_addr),
        owners,
        observer,
        instance,
        counters,
        stop,
        drain_timeout: Duration::from_millis(config.drain_timeout_ms),
    })
}

async fn bind(
    key: &'static str,
    addr: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |source| StartError::Listen { key, addr, source };
    let socket = TcpListener::bind(addr).await.map_err(refused)?;
    let addr = socket.local_addr().map_err(refused)?;
    Ok((socket, addr))
}

impl Collector {
    /// Where OTLP/gRPC is listened for, with the port that was given where 0 was asked for.
    #[must_use]
    pub fn grpc_addr(&self) -> SocketAddr {
        self.grpc.addr
    }

    /// Where OTLP/HTTP is listened for, with the port that was given where 0 was asked for.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http.addr
    }

    /// What the collector has done so far.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Under which name it tells of itself.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Takes no more connections, answers the requests under way, and returns; at the latest after
    /// `drain_timeout_ms`, when what is left is cut.
    pub async fn stop(self) {
        let deadline = Instant::now() + self.drain_timeout;
        // Nobody listening any more is what is wanted.
        let _ = self.stop.send(true);
        let (grpc, http) = tokio::join!(self.grpc.drain(deadline), self.http.drain(deadline));
        // Nobody is answered any more: now the counters are final.
        if let Some(observer) = self.observer {
            observer.finish(deadline).await;
        }
        let shipped = self.owners.drain(deadline).await;
        if !(grpc && http && shipped) {
            tracing::warn!("requests were under way when the time to drain was over");
        }
    }
}

//! A port: accepts connections, limits them, and closes them in good order.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rand::RngExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval_at, sleep};
use tower::ServiceExt;

use crate::counters::Counters;

/// What the heads of requests may hold. Real exporters send about ten headers, 1 kB.
const HEADERS_MAX: usize = 64;
const HEADER_BYTES_MAX: u32 = 16 * 1024;
const READ_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Bytes in flight per stream and per connection before the sender must wait for us to read.
const STREAM_WINDOW_BYTES: u32 = 512 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// Peers that vanished are noticed by pings, not by the next write.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// After a failed accept (too many open files) the next try waits, or the loop would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How a port treats its connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) concurrent_streams: u32,
    pub(crate) idle_timeout: Duration,
    pub(crate) connection_age_max: Option<Duration>,
}

/// An open port.
pub(crate) struct Listener {
    /// The address it really has, where port 0 was asked for.
    pub(crate) addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Serves `router` on `socket` until `stop` changes.
    pub(crate) fn start(
        socket: TcpListener,
        addr: SocketAddr,
        router: Router,
        limits: Limits,
        counters: Arc<Counters>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let port = Port {
            router,
            limits,
            builder: builder(&limits),
            counters,
            stop,
        };
        Self {
            addr,
            task: tokio::spawn(port.accept(socket)),
        }
    }

    /// Waits until every connection has ended, at most until `deadline`; then they are cut.
    pub(crate) async fn drain(mut self, deadline: Instant) -> bool {
        let drained = tokio::time::timeout_at(deadline, &mut self.task)
            .await
            .is_ok();
        if !drained {
            self.task.abort();
        }
        drained
    }
}

struct Port {
    router: Router,
    limits: Limits,
    builder: Builder<TokioExecutor>,
    counters: Arc<Counters>,
    stop: watch::Receiver<bool>,
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Silence is judged per connection below, alike for both versions.
        .header_read_timeout(None)
        .max_headers(HEADERS_MAX)
        .max_buf_size(READ_BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(limits.concurrent_streams)
        .max_header_list_size(HEADER_BYTES_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

impl Port {
    async fn accept(mut self, socket: TcpListener) {
        let slots = Arc::new(Semaphore::new(
            self.limits.connections.min(Semaphore::MAX_PERMITS),
        ));
        let mut connections = JoinSet::new();
        loop {
            let stream = tokio::select! {
                _ = self.stop.changed() => break,
                Some(_) = connections.join_next() => continue,
                accepted = socket.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "accepting a connection");
                        sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            // Waiting for a slot would leave the caller hanging; a closed connection it can retry.
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                self.counters.connection_refused();
                continue;
            };
            let connection = Connection {
                router: self.router.clone(),
                limits: self.limits,
                builder: self.builder.clone(),
                stop: self.stop.clone(),
            };
            self.counters.connection_opened();
            let counters = Arc::clone(&self.counters);
            connections.spawn(async move {
                connection.serve(stream).await;
                drop(slot);
                counters.connection_closed();
            });
        }
        drop(socket);
        while connections.join_next().await.is_some() {}
    }
}

struct Connection {
    router: Router,
    limits: Limits,
    builder: Builder<TokioExecutor>,
    stop: watch::Receiver<bool>,
}

/// Requests of a connection: how many began, and how many have been answered.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    answered: AtomicU64,
}

impl Activity {
    /// The number of requests so far if none is under way.
    fn idle_after(&self) -> Option<u64> {
        let begun = self.begun.load(Relaxed);
        (begun == self.answered.load(Relaxed)).then_some(begun)
    }
}

/// Counts the end of a request even when the caller goes away first.
struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.answered.fetch_add(1, Relaxed);
    }
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        // Answers are small: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let activity = Arc::new(Activity::default());
        let service = self.service(&activity);
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(stream), service));
        let age_max = self.limits.connection_age_max;
        let mut old = pin!(sleep(age_max.map_or(Duration::MAX, jittered)));
        let idle = self.limits.idle_timeout;
        let mut watchdog = interval_at(Instant::now() + idle, idle);
        let mut quiet_since = Some(0);
        let mut closing = false;
        loop {
            let close = tokio::select! {
                // Whatever ended the connection, the caller knows; only it could do something.
                _ = connection.as_mut() => break,
                () = old.as_mut(), if !closing => true,
                _ = self.stop.changed(), if !closing => true,
                _ = watchdog.tick() => {
                    let now = activity.idle_after();
                    let idle = now.is_some() && now == quiet_since;
                    if idle && closing {
                        break;
                    }
                    quiet_since = now;
                    idle
                }
            };
            if close {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }

    /// The router, with the beginning and the end of each request noted.
    fn service(
        &self,
        activity: &Arc<Activity>,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response,
        Error = Infallible,
        Future: Send + 'static,
    > + use<> {
        let (router, activity) = (self.router.clone(), Arc::clone(activity));
        service_fn(move |request: Request<Incoming>| {
            activity.begun.fetch_add(1, Relaxed);
            let under_way = UnderWay(Arc::clone(&activity));
            let answer = router.clone().oneshot(request.map(Body::new));
            async move {
                let answer = answer.await;
                drop(under_way);
                answer
            }
        })
    }
}

/// The age, a tenth more or less, so that connections made together do not end together.
fn jittered(age: Duration) -> Duration {
    age.mul_f64(rand::rng().random_range(0.9..1.1))
}

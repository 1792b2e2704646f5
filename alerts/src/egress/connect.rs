//! Connections to checked addresses.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::literal::literal;
use super::{Error, Guard};

/// Longest wait for one connection. There are at most [`ADDRESSES_MAX`] of them, one after the other.
const PATIENCE: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 3;

/// Turns names into addresses.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`.
    fn resolve(
        &self,
        host: String,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
}

struct System;

impl Resolve for System {
    fn resolve(
        &self,
        host: String,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, port)).await?;
            Ok(found.collect())
        })
    }
}

/// Connects to what the guard permits. The address that was checked is the one connected to, so that a
/// name which changes its mind between two questions gains nothing.
#[derive(Clone)]
pub struct Connector {
    guard: Arc<Guard>,
    resolver: Arc<dyn Resolve>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl Connector {
    /// With the machine's own resolver.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        Self::with_resolver(guard, Arc::new(System))
    }

    /// With another resolver.
    #[must_use]
    pub fn with_resolver(guard: Guard, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            guard: Arc::new(guard),
            resolver,
        }
    }

    /// A connection to `host` (IPv6 in brackets).
    ///
    /// # Errors
    /// [`Error::Blocked`] when no address of the name may be connected to, [`Error::Resolve`],
    /// [`Error::Connect`].
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Error> {
        let found = match literal(host) {
            Ok(Some(address)) => vec![SocketAddr::new(address, port)],
            Ok(None) => {
                let found = self.resolver.resolve(host.to_owned(), port).await;
                found.map_err(|_| Error::Resolve(host.to_owned()))?
            }
            Err(()) => return Err(Error::Address("its host is a number, but no address")),
        };
        let mut refusal = Error::Resolve(host.to_owned());
        let mut open = Vec::new();
        for address in found {
            match self.guard.check(host, address.ip()) {
                Ok(()) => open.push(address),
                Err(inner) => {
                    refusal = Error::Blocked {
                        host: host.to_owned(),
                        inner,
                    }
                }
            }
        }
        for address in open.into_iter().take(ADDRESSES_MAX) {
            refusal = Error::Connect(host.to_owned());
            let connecting = TcpStream::connect(address);
            if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, connecting).await {
                // Messages are written whole; waiting to gather more only delays them.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
        Err(refusal)
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let host = uri.host().unwrap_or_default();
            let usual = if uri.scheme_str() == Some("https") {
                443
            } else {
                80
            };
            let stream = connector
                .connect(host, uri.port_u16().unwrap_or(usual))
                .await?;
            Ok(TokioIo::new(stream))
        })
    }
}

//! The two doors: OTLP over HTTP and over gRPC, and what they share.

mod body;
mod cors;
mod grpc;
mod http;
mod keys;
mod listen;
mod status;
mod unpack;

pub(crate) use body::read;
pub(crate) use grpc::{PREFIX_BYTES, unframe};
pub use keys::KeyError;
pub(crate) use keys::Keyring;
pub(crate) use listen::{Limits, Listener};
#[cfg(test)]
pub(crate) use status::{BadRequest, RetryInfo, Status};
pub(crate) use unpack::{Compression, unpack};

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;

use crate::counters::Counters;
use crate::refusal::Refusal;
use crate::sender::Sender;
use crate::signal::Signal;
use crate::way::{Head, Way};
use cors::Cors;

/// What both doors need to judge a request.
pub(crate) struct Door {
    pub(crate) way: Way,
    pub(crate) keys: Keyring,
    pub(crate) cors: Cors,
    pub(crate) counters: Arc<Counters>,
}

impl Door {
    pub(crate) fn new(
        way: Way,
        keys: Keyring,
        allowed_origins: &[String],
        counters: Arc<Counters>,
    ) -> Self {
        let cors = Cors::new(allowed_origins, keys.headers());
        Self {
            way,
            keys,
            cors,
            counters,
        }
    }

    /// Counts a request that was refused before its body was read.
    fn count(&self, signal: Signal, (sender, refusal): &(Sender, Refusal)) {
        self.counters.refused(Some(signal), refusal.reason);
        self.counters.keys.refused(*sender, signal, refusal.reason);
    }
}

/// What is known of a request before its body, or who sent it and why it is refused.
type Judged = Result<Head, (Sender, Refusal)>;

/// Every address of both doors. Each port gets all of them.
pub(crate) fn router(door: Arc<Door>) -> Router {
    let routes = http::routes().merge(grpc::routes());
    routes.fallback(no_such_path).with_state(door)
}

async fn no_such_path(State(door): State<Arc<Door>>, request: ::http::Request<Body>) -> Response {
    if grpc::is_grpc(request.headers()) {
        return grpc::no_such_method(&door, request);
    }
    http::no_such_path(&door, request)
}

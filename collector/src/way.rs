//! The way of a request, written once. Both doors lead here.
//!
//! | step | where | what it does |
//! |---|---|---|
//! | receive | `receive/` | the door: address, key, content type; then the bytes as they come |
//! | admit | `admit.rs` | counts them against one budget, shared fairly; over it: send again in a second |
//! | decode | `decode/` | takes the message out of its frame, decompresses it, checks it |
//! | redact | `redact.rs` | takes credentials out of it, where that is asked for |
//! | spool | `spool/` | the message to disk, together with all that came meanwhile |
//! | normalise | `normalise/` | checks each item, makes rows; now the caller is answered |
//! | ship | `ship/` | rows of many requests into one insert, repeated until they are stored |

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use store::model::UnixNano;
use tokio::sync::Semaphore;

use crate::admit::{Budget, Lease};
use crate::counters::Counters;
use crate::decode::{self, Encoding};
use crate::receive::{self, Compression};
use crate::redact::Redact;
use crate::refusal::Refusal;
use crate::sender::Sender;
use crate::ship::{Origin, Shipper};
use crate::signal::Signal;

/// Plain bodies up to this size are decoded where they are, in some 100 µs; bigger and compressed
/// ones go to a worker, for they would hold up every other request of the thread.
const DECODE_INLINE_BYTES: usize = 64 * 1024;

/// What a door knows of a request before its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) signal: Signal,
    pub(crate) sender: Sender,
    pub(crate) encoding: Encoding,
    pub(crate) framing: Framing,
}

/// How the message lies in the body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// The body is the message.
    Bare(Compression),
    /// A gRPC frame holds it, compressed as announced if the frame says so.
    Grpc(Compression),
}

/// A body as it was sent.
struct Sealed {
    head: Head,
    bytes: Bytes,
    lease: Lease,
    received: UnixNano,
}

/// A request on its way to the store.
pub(crate) struct Opened {
    pub(crate) signal: Signal,
    pub(crate) sender: Sender,
    pub(crate) origin: Origin,
    /// The message in protobuf, decompressed and sound.
    pub(crate) plain: Bytes,
    pub(crate) received: UnixNano,
    pub(crate) lease: Lease,
}

/// What became of a request that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Items stored.
    pub(crate) items: u64,
    /// Items refused for good.
    pub(crate) rejected: u64,
    /// Which and why; empty if none was.
    pub(crate) message: String,
}

/// Every step after the door, and what they share.
pub(crate) struct Way {
    pub(crate) budget: Budget,
    pub(crate) max_request_bytes: usize,
    pub(crate) request_timeout: Duration,
    /// Turns for decoding, one per core: more at once would only take more memory.
    pub(crate) workers: Arc<Semaphore>,
    /// Where credentials are taken out.
    pub(crate) redact: Option<Arc<Redact>>,
    pub(crate) shipper: Shipper,
    pub(crate) counters: Arc<Counters>,
}

impl Way {
    /// Carries one request from its head to its answer.
    pub(crate) async fn carry(&self, head: Head, body: Body) -> Result<Receipt, Refusal> {
        let outcome = self.steps(head, body).await;
        match &outcome {
            Ok(receipt) => {
                self.counters
                    .accepted(head.signal, receipt.items, receipt.rejected);
                self.counters
                    .keys
                    .accepted(head.sender, head.signal, receipt.items);
            }
            Err(refusal) => {
                let (signal, reason) = (head.signal, refusal.reason.as_str());
                tracing::debug!(%signal, reason, message = refusal.message, "request refused");
                self.counters.refused(Some(signal), refusal.reason);
                self.counters
                    .keys
                    .refused(head.sender, signal, refusal.reason);
            }
        }
        outcome
    }

    async fn steps(&self, head: Head, body: Body) -> Result<Receipt, Refusal> {
        let sealed = self.admit(head, body).await?;
        let opened = self.decode(sealed).await?;
        if opened.plain.is_empty() {
            return Ok(Receipt::default());
        }
        self.shipper.ship(opened).await
    }

    async fn admit(&self, head: Head, body: Body) -> Result<Sealed, Refusal> {
        let frame = match head.framing {
            Framing::Bare(_) => 0,
            Framing::Grpc(_) => receive::PREFIX_BYTES,
        };
        let (limit, within) = (self.max_request_bytes, self.request_timeout);
        let mut lease = self.budget.lease(head.sender);
        let bytes = receive::read(body, limit, frame, within, &mut lease).await?;
        self.counters.received(head.signal, bytes.len());
        Ok(Sealed {
            head,
            bytes,
            lease,
            received: store::clock::now(),
        })
    }

    async fn decode(&self, sealed: Sealed) -> Result<Opened, Refusal> {
        let signal = sealed.head.signal;
        let limit = self.max_request_bytes;
        let redact = self.redact.clone();
        let open = move |sealed| open(sealed, limit, redact.as_deref());
        let mut opened = if sealed.is_heavy() {
            // Never closed, so a turn always comes; it is held even when the caller goes away.
            let turn = Arc::clone(&self.workers).acquire_owned().await;
            let work = move || {
                let _turn = turn;
                open(sealed)
            };
            let outcome = tokio::task::spawn_blocking(work).await;
            outcome.unwrap_or_else(|_| Err(Refusal::internal("decoding the request")))?
        } else {
            open(sealed)?
        };
        self.counters.decompressed(signal, opened.plain.len());
        let bytes = opened.plain.len();
        opened.lease.grow_to(bytes).await?;
        opened.lease.shrink_to(bytes);
        Ok(opened)
    }
}

impl Sealed {
    fn is_heavy(&self) -> bool {
        let compressed = match self.head.framing {
            Framing::Bare(compression) => compression != Compression::Identity,
            Framing::Grpc(_) => self.bytes.first() == Some(&1),
        };
        compressed || self.bytes.len() > DECODE_INLINE_BYTES
    }
}

/// The request without frame and compression, in protobuf, and without credentials if that is asked for.
fn open(sealed: Sealed, limit: usize, redact: Option<&Redact>) -> Result<Opened, Refusal> {
    let Sealed {
        head,
        bytes,
        mut lease,
        received,
    } = sealed;
    let (packed, compression) = match head.framing {
        Framing::Bare(compression) => (bytes, compression),
        Framing::Grpc(announced) => receive::unframe(bytes, announced)?,
    };
    let plain = receive::unpack(packed, compression, limit, &mut lease)?;
    let plain = decode::decode(head.signal, head.encoding, plain)?;
    let plain = match redact {
        Some(redact) => redact.request(head.signal, plain, limit)?,
        None => plain,
    };
    Ok(Opened {
        signal: head.signal,
        sender: head.sender,
        origin: Origin::Users,
        plain,
        received,
        lease,
    })
}

impl Receipt {
    /// What `partial_success` holds, if it is to be sent: only when something was rejected.
    pub(crate) fn partial(&self) -> Option<(i64, &str)> {
        let rejected = i64::try_from(self.rejected).unwrap_or(i64::MAX);
        (rejected > 0).then_some((rejected, self.message.as_str()))
    }

    /// The response message of the signal's service.
    pub(crate) fn protobuf(&self, signal: Signal) -> Vec<u8> {
        let partial = self
            .partial()
            .map(|(rejected, message)| (rejected, message.to_owned()));
        match signal {
            Signal::Traces => ExportTraceServiceResponse {
                partial_success: partial.map(|(rejected_spans, error_message)| {
                    ExportTracePartialSuccess {
                        rejected_spans,
                        error_message,
                    }
                }),
            }
            .encode_to_vec(),
            Signal::Logs => ExportLogsServiceResponse {
                partial_success: partial.map(|(rejected_log_records, error_message)| {
                    ExportLogsPartialSuccess {
                        rejected_log_records,
                        error_message,
                    }
                }),
            }
            .encode_to_vec(),
            Signal::Metrics => ExportMetricsServiceResponse {
                partial_success: partial.map(|(rejected_data_points, error_message)| {
                    ExportMetricsPartialSuccess {
                        rejected_data_points,
                        error_message,
                    }
                }),
            }
            .encode_to_vec(),
        }
    }
}

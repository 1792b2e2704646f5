//! The bytes of a body: bounded in size, in time and in the collector's memory.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::admit::Lease;
use crate::refusal::{Reason, Refusal};

/// A refused body is read on for so long and so far. A client that is still sending cannot hear the
/// answer: closing at once would reset the connection and leave it with "broken pipe".
const LINGER: Duration = Duration::from_secs(5);
const LINGER_BYTES: usize = 256 * 1024 * 1024;

/// Reads a body of at most `limit` bytes and `frame` bytes around them. What is too large is known
/// before its first byte if the length is announced. The lease grows with what has arrived.
pub(crate) async fn read(
    mut body: Body,
    limit: usize,
    frame: usize,
    within: Duration,
    lease: &mut Lease,
) -> Result<Bytes, Refusal> {
    let bytes = match timeout(within, collect(&mut body, limit, frame, lease)).await {
        Ok(bytes) => bytes,
        Err(_) => Err(Refusal::new(
            Reason::Slow,
            format!("the body did not arrive within {} ms", within.as_millis()),
        )),
    };
    if bytes.is_err() {
        discard(body);
    }
    bytes
}

async fn collect(
    body: &mut Body,
    limit: usize,
    frame: usize,
    lease: &mut Lease,
) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::too_large(limit, "as sent");
    let most = limit.saturating_add(frame);
    if HttpBody::size_hint(body).lower() > most as u64 {
        return Err(too_large());
    }
    // Most bodies come in one piece, which is then not copied.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Refusal::new(
                Reason::Interrupted,
                "the connection broke in the middle of the body",
            )
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let total = first.len() + all.len() + data.len();
        if total > most {
            return Err(too_large());
        }
        lease.grow_to(total).await?;
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// Reads on without keeping anything, in the background, so that the answer can be heard.
pub(super) fn discard(mut body: Body) {
    if HttpBody::is_end_stream(&body) {
        return;
    }
    tokio::spawn(timeout(LINGER, async move {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > LINGER_BYTES {
                break;
            }
        }
    }));
}

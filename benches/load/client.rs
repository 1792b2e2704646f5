//! A gRPC client that sends bytes encoded beforehand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Sends every request once over `streams` parallel streams; a request is sent again while the server
/// says UNAVAILABLE. Gives the number of repetitions.
pub async fn send_all(
    address: &str,
    method: &'static str,
    requests: Arc<Vec<Bytes>>,
    streams: usize,
) -> anyhow::Result<usize> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..streams {
        let (requests, next) = (requests.clone(), next.clone());
        let url = format!("{address}{method}");
        tasks.push(tokio::spawn(async move {
            let client = Client::builder(TokioExecutor::new())
                .http2_only(true)
                .http2_initial_stream_window_size(4 << 20)
                .http2_initial_connection_window_size(16 << 20)
                .build_http::<Full<Bytes>>();
            let mut repeated = 0;
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut framed = BytesMut::with_capacity(request.len() + 5);
                framed.put_u8(0);
                framed.put_u32(u32::try_from(request.len())?);
                framed.put_slice(request);
                let framed = framed.freeze();
                loop {
                    let call = http::Request::post(&url)
                        .header("content-type", "application/grpc")
                        .header("te", "trailers")
                        .body(Full::new(framed.clone()))?;
                    let answer = client.request(call).await.context("sending")?;
                    let (parts, body) = answer.into_parts();
                    let collected = body.collect().await.context("reading the answer")?;
                    let status = parts.headers.get("grpc-status").cloned().or_else(|| {
                        collected
                            .trailers()
                            .and_then(|t| t.get("grpc-status").cloned())
                    });
                    match status.as_ref().and_then(|s| s.to_str().ok()) {
                        Some("0") => break,
                        Some("14") => repeated += 1,
                        other => bail!("gRPC status {other:?}"),
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
            Ok(repeated)
        }));
    }
    let mut repeated = 0;
    for task in tasks {
        repeated += task.await??;
    }
    Ok(repeated)
}

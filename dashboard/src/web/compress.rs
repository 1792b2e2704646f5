//! gzip for answers worth it.

use std::io::Write;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};

/// Smaller answers fit into a packet or two anyway, bytes.
const WORTH_IT: usize = 1_024;
/// Longest answer of ours, bytes: a CSV of 10,000 rows of 1 kB, twice.
const MAX_BODY: usize = 20 << 20;

/// Whether the other side takes gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            matches!(name.trim(), "gzip" | "*") && !refused
        })
}

/// The bytes as one gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    // Level 5: within 2 % of the best for our pages at half the time.
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(5));
    // Writing to memory cannot fail; an empty answer would say so loudly in tests.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map(Bytes::from).unwrap_or_default()
}

/// Compresses an answer of ours where that is worth it. All of them are whole in memory already.
pub(crate) async fn response(accepts: bool, response: Response) -> Response {
    let textual = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|t| t.to_str().ok())
        .is_some_and(|t| {
            t.starts_with("text/") || t.starts_with("application/json") || t.contains("svg")
        });
    if !textual || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts
        .headers
        .insert(VARY, HeaderValue::from_static("accept-encoding, cookie"));
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY).await else {
        parts.status = http::StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(
            parts,
            Body::from("the answer is too long; narrow the range\n"),
        );
    };
    if !accepts || bytes.len() < WORTH_IT {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts
        .headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(gzip(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn accepts(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
        accepts_gzip(&headers)
    }

    #[test]
    fn gzip_is_used_only_where_it_is_welcome() {
        assert!(accepts("gzip, deflate, br, zstd"));
        assert!(accepts("br;q=1.0, gzip;q=0.8"));
        assert!(accepts("*"));
        assert!(!accepts("br"));
        assert!(!accepts("gzip;q=0"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn long_text_is_compressed_and_short_text_is_not() {
        let long = "all the same ".repeat(500);
        let page = |text: &str| {
            Response::builder()
                .header(CONTENT_TYPE, "text/html")
                .body(Body::from(text.to_owned()))
        };
        let packed = response(true, page(&long).unwrap()).await;
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        let bytes = axum::body::to_bytes(packed.into_body(), MAX_BODY)
            .await
            .unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, long);
        let short = response(true, page("short").unwrap()).await;
        assert!(!short.headers().contains_key(CONTENT_ENCODING));
    }
}

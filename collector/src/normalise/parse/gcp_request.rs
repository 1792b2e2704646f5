//! The request logs of Cloud Run, whose `httpRequest` arrives as attributes in several layouts.

use serde::Deserialize;
use store::model::Attributes;

use super::scan;

/// A genuine `httpRequest` is shorter than 8 kB (URL and user agent included).
const JSON_BYTES: usize = 32 * 1024;

/// What a request log tells of a request.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Request {
    pub(in super::super) latency_ms: f64,
    pub(in super::super) status: Option<u16>,
}

/// The request as a map: Google's names are camelCase, the collector's snake_case, alike in these
/// two.
#[derive(Deserialize)]
struct HttpRequest {
    latency: Option<String>,
    status: Option<u16>,
}

/// Reads a request log; `None` for any other record.
pub(in super::super) fn request(attributes: Attributes<'_>) -> Option<Request> {
    let map = attributes.first(&["gcp.http_request", "httpRequest", "http_request"]);
    if let Some(map) = map.filter(|map| map.len() <= JSON_BYTES && map.starts_with('{')) {
        let told: HttpRequest = serde_json::from_str(map).ok()?;
        return Some(Request {
            latency_ms: latency_ms(&told.latency?)?,
            status: told.status,
        });
    }
    let latency = attributes.first(&[
        "httpRequest.latency",
        "gcp.http_request.latency",
        "http_request.latency",
    ])?;
    let status = attributes.first(&[
        "httpRequest.status",
        "gcp.http_request.status",
        "http_request.status",
        "http.response.status_code",
    ]);
    Some(Request {
        latency_ms: latency_ms(latency)?,
        status: status.and_then(|status| status.parse().ok()),
    })
}

/// A duration as protobuf's JSON writes it: `0.131234s`.
fn latency_ms(text: &str) -> Option<f64> {
    scan::decimal(text.trim().strip_suffix('s')?).map(|seconds| seconds * 1_000.0)
}

#[cfg(test)]
mod tests {
    use store::model::{AttributeList, AttributeValue};

    use super::*;

    fn attributes<'a>(pairs: &[(&'a str, &'a str)]) -> AttributeList<'a> {
        let pairs = pairs.iter();
        AttributeList::new(
            pairs
                .map(|(key, value)| (*key, AttributeValue::Borrowed(value)))
                .collect(),
        )
    }

    #[test]
    fn a_request_is_read_from_a_map_or_from_flat_attributes() {
        let expected = Some(Request {
            latency_ms: 250.0,
            status: Some(502),
        });
        let map = r#"{"latency":"0.250s","request_method":"GET","status":502}"#;
        let told = attributes(&[("gcp.http_request", map)]);
        assert_eq!(request(told.view()), expected);
        let flat = [
            ("httpRequest.latency", "0.250s"),
            ("httpRequest.status", "502"),
        ];
        assert_eq!(request(attributes(&flat).view()), expected);
    }

    #[test]
    fn other_records_are_refused() {
        for (key, value) in [
            ("gcp.http_request", "{"),
            ("gcp.http_request", r#"{"status":200}"#),
            ("httpRequest.latency", "fast"),
            ("httpRequest.latency", "-1s"),
            ("latency", "0.250s"),
        ] {
            assert_eq!(request(attributes(&[(key, value)]).view()), None, "{key}");
        }
    }
}

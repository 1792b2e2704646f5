//! The JSON encoding says what the protobuf says, in OTLP's spelling; `--print` shows it.

use std::collections::BTreeSet;

use fleet::function::Platform;
use fleet::otlp::batch::{Batcher, Body};
use fleet::print::print;
use fleet::wire::json;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use serde_json::Value;

use crate::said::{Said, hex, plan};

fn bodies() -> Vec<Body> {
    let mut batcher = Batcher::default();
    let mut requests = Vec::new();
    for item in Said::of(plan(2, 1, "")).items {
        requests.extend(batcher.add(item));
    }
    requests.extend(batcher.flush());
    requests.into_iter().map(|r| r.body).collect()
}

/// All values under these keys, one level of array after the other.
fn each<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    path.iter().fold(vec![value], |list, key| {
        list.into_iter()
            .flat_map(|v| v[*key].as_array().into_iter().flatten())
            .collect()
    })
}

#[test]
fn spans_have_hexadecimal_ids_and_times_as_strings() {
    let mut seen = 0;
    for body in bodies() {
        let Body::Traces(proto) = &body else { continue };
        let json = json::request(&body);
        let spans = each(&json, &["resourceSpans", "scopeSpans", "spans"]);
        let scopes = proto.resource_spans.iter().flat_map(|r| &r.scope_spans);
        let protos: Vec<_> = scopes.flat_map(|s| &s.spans).collect();
        assert_eq!(spans.len(), protos.len());
        for (json, proto) in spans.iter().zip(protos) {
            seen += 1;
            assert_eq!(json["traceId"], hex(&proto.trace_id));
            assert_eq!(json["spanId"], hex(&proto.span_id));
            assert_eq!(
                json["startTimeUnixNano"],
                proto.start_time_unix_nano.to_string()
            );
            assert_eq!(json["kind"], proto.kind);
            assert_eq!(
                json["parentSpanId"].is_string(),
                !proto.parent_span_id.is_empty()
            );
            let count = |key: &str| json[key].as_array().map_or(0, Vec::len);
            assert_eq!(count("attributes"), proto.attributes.len());
            assert_eq!(count("links"), proto.links.len());
            assert_eq!(
                json["status"]["code"].as_i64().unwrap_or(0) == 2,
                proto.status.is_some()
            );
        }
    }
    assert!(seen > 10_000);
}

#[test]
fn metrics_of_every_shape_keep_their_numbers() {
    let mut shapes = BTreeSet::new();
    for body in bodies() {
        let Body::Metrics(proto) = &body else {
            continue;
        };
        let json = json::request(&body);
        let metrics = each(&json, &["resourceMetrics", "scopeMetrics", "metrics"]);
        let scopes = proto.resource_metrics.iter().flat_map(|r| &r.scope_metrics);
        for (json, proto) in metrics.iter().zip(scopes.flat_map(|s| &s.metrics)) {
            let (shape, count) = match proto.data.as_ref().unwrap() {
                Data::Gauge(_) => ("gauge", None),
                Data::Sum(_) => ("sum", None),
                Data::Histogram(d) => ("histogram", Some(d.data_points[0].count)),
                Data::ExponentialHistogram(d) => {
                    ("exponentialHistogram", Some(d.data_points[0].count))
                }
                Data::Summary(d) => ("summary", Some(d.data_points[0].count)),
            };
            shapes.insert(shape);
            let point = &json[shape]["dataPoints"][0];
            assert!(point["timeUnixNano"].is_string(), "{json}");
            match count {
                Some(0) => assert!(point["count"].is_null(), "{json}"),
                Some(count) => assert_eq!(point["count"], count.to_string(), "{json}"),
                None => assert!(point["asInt"].is_string(), "{json}"),
            }
            let total = |v: &Value| -> u64 {
                let counts = v["bucketCounts"].as_array().into_iter().flatten();
                counts
                    .map(|c| c.as_str().unwrap().parse::<u64>().unwrap())
                    .sum()
            };
            match shape {
                "histogram" => assert_eq!(Some(total(point)), count, "{json}"),
                "exponentialHistogram" => assert_eq!(Some(total(&point["positive"])), count),
                _ => {}
            }
        }
    }
    assert_eq!(shapes.len(), 5, "{shapes:?}");
}

#[test]
fn print_shows_every_platform_and_signal() {
    let mut out = Vec::new();
    print(plan(2, 1, ""), 20, &mut out).unwrap();
    let mut shown = BTreeSet::new();
    for line in String::from_utf8(out).unwrap().lines() {
        let v: Value = serde_json::from_str(line).unwrap();
        shown.insert((
            v["platform"].as_str().unwrap().to_owned(),
            v["signal"].to_string(),
        ));
    }
    for platform in Platform::ALL {
        let mute = matches!(platform, Platform::CloudflareWorkers | Platform::Vercel);
        let signals = shown.iter().filter(|(p, _)| p == platform.name()).count();
        assert_eq!(signals, if mute { 2 } else { 3 }, "{platform:?}: {shown:?}");
    }
}

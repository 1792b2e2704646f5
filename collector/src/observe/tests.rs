use store::model::UnixNano;

use super::*;
use crate::counters::{KeySnapshot, Snapshot};
use crate::normalise::Kind as Limit;
use crate::refusal::Reason;
use crate::signal::Signal;

const START: UnixNano = UnixNano(1_700_000_000_000_000_000);

fn later(seconds: i64) -> UnixNano {
    UnixNano(START.0 + seconds * 1_000_000_000)
}

/// Value and start of a stream, by metric name and attribute values.
fn point(
    request: &opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest,
    name: &str,
    attributes: &[&str],
) -> Option<(f64, u64)> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let metric = metrics.iter().find(|metric| metric.name == name)?;
    let points = match metric.data.as_ref()? {
        Data::Sum(sum) => &sum.data_points,
        Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    };
    let texts =
        |kv: &opentelemetry_proto::tonic::common::v1::KeyValue| match kv.value.clone()?.value? {
            Value::StringValue(text) => Some(text),
            _ => None,
        };
    let point = points.iter().find(|point| {
        let found: Vec<String> = point.attributes.iter().filter_map(texts).collect();
        found == attributes
    })?;
    match point.value? {
        number_data_point::Value::AsDouble(value) => Some((value, point.start_time_unix_nano)),
        number_data_point::Value::AsInt(_) => None,
    }
}

fn exporter() -> Exporter {
    Exporter::new(Instance::new("host-1".into(), START))
}

#[test]
fn a_first_refusal_counts_in_full_because_its_stream_begins_where_it_was_still_zero() {
    let mut exporter = exporter();
    let mut snapshot = Snapshot::default();
    let name = "nephoscope.collector.requests.refused";
    let first = exporter.request(&of_collector(&snapshot, later(15)), later(15));
    assert_eq!(point(&first, name, &["traces", "malformed"]), None);
    snapshot.traces.refused = vec![(Reason::Malformed, 3)];
    snapshot.strays = vec![(Reason::Path, 1)];
    let second = exporter.request(&of_collector(&snapshot, later(30)), later(30));
    let began = u64::try_from(later(15).0).expect("positive");
    assert_eq!(
        point(&second, name, &["traces", "malformed"]),
        Some((3.0, began))
    );
    assert_eq!(point(&second, name, &["path"]), Some((1.0, began)));
    snapshot.traces.refused = vec![(Reason::Malformed, 4)];
    let third = exporter.request(&of_collector(&snapshot, later(45)), later(45));
    assert_eq!(
        point(&third, name, &["traces", "malformed"]),
        Some((4.0, began))
    );
}

#[test]
fn overflow_is_told_by_signal_and_kind_of_all_keys_together() {
    let key = |name: &str, overflowed| KeySnapshot {
        name: name.to_owned(),
        items_accepted: Signal::ALL.map(|signal| (signal, 0)),
        refused: Vec::new(),
        overflowed,
        overflow_examples: Vec::new(),
    };
    let mut exporter = exporter();
    let name = "nephoscope.collector.cardinality.overflowed";
    let nothing = exporter.request(&of_collector(&Snapshot::default(), later(15)), later(15));
    assert_eq!(point(&nothing, name, &["metrics", "series"]), None);
    let snapshot = Snapshot {
        keys: vec![
            key("shop", vec![(Signal::Metrics, Limit::Series, 15)]),
            key(
                "bank",
                vec![
                    (Signal::Metrics, Limit::Series, 4),
                    (Signal::Traces, Limit::Service, 1),
                ],
            ),
        ],
        ..Snapshot::default()
    };
    let request = exporter.request(&of_collector(&snapshot, later(30)), later(30));
    let began = u64::try_from(later(15).0).expect("positive");
    let of = |attributes: &[&str]| point(&request, name, attributes);
    assert_eq!(of(&["metrics", "series"]), Some((19.0, began)));
    assert_eq!(of(&["traces", "service"]), Some((1.0, began)));
    assert_eq!(of(&["traces", "series"]), None);
}

#[test]
fn counters_begin_with_the_process_and_gauges_begin_nowhere() {
    let mut snapshot = Snapshot::default();
    snapshot.logs.items_accepted = 7;
    snapshot.logs.waiting.oldest = Some(later(2));
    snapshot.logs.waiting.last_delay_ms = Some(40);
    let request = exporter().request(&of_collector(&snapshot, later(5)), later(5));
    let start = u64::try_from(START.0).expect("positive");
    let of = |name, attributes: &[&str]| point(&request, name, attributes);
    assert_eq!(
        of("nephoscope.collector.items.accepted", &["logs"]),
        Some((7.0, start))
    );
    assert_eq!(
        of("nephoscope.collector.items.accepted", &["traces"]),
        Some((0.0, start))
    );
    assert_eq!(
        of("nephoscope.collector.lag", &["logs"]),
        Some((3_000.0, 0))
    );
    assert_eq!(of("nephoscope.collector.lag", &["traces"]), Some((0.0, 0)));
    assert_eq!(of("nephoscope.collector.delay", &["logs"]), Some((40.0, 0)));
    assert_eq!(
        of("nephoscope.collector.delay", &["traces"]),
        None,
        "nothing was stored yet, and that is not 0 ms"
    );
}

#[test]
fn the_resource_says_who_speaks_and_no_two_processes_are_the_same() {
    let request = exporter().request(&[], later(1));
    let resource = request.resource_metrics[0].resource.clone().expect("one");
    let keys: Vec<&str> = resource
        .attributes
        .iter()
        .map(|kv| kv.key.as_str())
        .collect();
    let told = [
        "service.name",
        "service.version",
        "service.instance.id",
        "host.name",
    ];
    assert_eq!(keys, told);
    let (one, two) = (
        Instance::new("".into(), START),
        Instance::new("".into(), START),
    );
    assert_ne!(one.id, two.id);
    assert_eq!(one.id.len(), 36);
    assert_eq!(one.id.as_bytes()[14], b'4', "{}", one.id);
}

#[test]
fn every_metric_has_a_name_of_its_own_and_finite_values() {
    let mut all = of_collector(&Snapshot::default(), START);
    all.extend(of_process(&usage()));
    let mut names: Vec<&str> = all.iter().map(|metric| metric.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    let points = all.iter().flat_map(|metric| &metric.points);
    assert!(points.clone().count() > 50);
    assert!(
        points
            .clone()
            .all(|p| p.value.is_finite() && p.value >= 0.0)
    );
}

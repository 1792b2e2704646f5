//! What is beyond a limit: kept in another form, counted, told once.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint,
    exponential_histogram_data_point::Buckets, number_data_point::Value,
};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use serde_json::{Value as Json, json};

use super::super::tests::support::*;
use super::super::{Arrival, Normaliser};
use super::*;

const SHOP: u32 = 17;
const OTHER: u32 = 18;

/// One of each is allowed, of span names two.
const ONE: Cardinality = Cardinality {
    max_series_per_key: 1,
    max_services_per_key: 1,
    max_functions_per_key: 1,
    max_span_names_per_service: 2,
    max_span_names_per_key: 3,
};

fn by(key: u32, hours: i64) -> Arrival {
    Arrival {
        at: UnixNano(now().0 + hours * WINDOW_NANOS),
        key,
        again: false,
        is_ours: false,
    }
}

struct World(Normaliser);

impl World {
    fn new(limits: Cardinality) -> Self {
        Self(Normaliser::guarded(limits, &[SHOP, OTHER]))
    }

    /// One span of each name, in a service.
    fn spans(&mut self, arrival: Arrival, service: &str, names: &[&str]) -> (Recorder, Overflowed) {
        let named = names.iter().enumerate().map(|(i, name)| {
            let id = u8::try_from(i + 1).expect("few");
            let mut span = span(SpanKind::Internal, 1, id, 0, &[("a", "1"), ("z", "2")]);
            (*name).clone_into(&mut span.name);
            span
        });
        let request = traces(vec![spans(
            resource(&[("service.name", service)]),
            named.collect(),
        )]);
        let mut out = Recorder::default();
        let told = self.0.traces(&request.encode_to_vec(), arrival, &mut out);
        assert_eq!(told.expect("sound").count, 0);
        (out, self.0.overflowed(arrival))
    }

    fn metric(&mut self, arrival: Arrival, data: Data) -> (Vec<Json>, Overflowed) {
        let metric = Metric {
            name: "requests".into(),
            data: Some(data),
            ..Metric::default()
        };
        let request = metrics(resource(&[("service.name", "shop")]), vec![metric]);
        let mut out = Recorder::default();
        let told = self.0.metrics(&request.encode_to_vec(), arrival, &mut out);
        assert_eq!(told.expect("sound").count, 0);
        let rows = out.rows.into_iter().map(|(_, row)| row).collect();
        (rows, self.0.overflowed(arrival))
    }
}

fn number(id: &str, value: f64, start: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: pairs(&[("id", id)]),
        start_time_unix_nano: NOON - start,
        time_unix_nano: NOON,
        value: Some(Value::AsDouble(value)),
        ..NumberDataPoint::default()
    }
}

fn sum(points: &[(&str, f64, u64)]) -> Data {
    let points = points.iter();
    Data::Sum(Sum {
        data_points: points
            .map(|(id, value, start)| number(id, *value, *start))
            .collect(),
        aggregation_temporality: 2,
        is_monotonic: true,
    })
}

/// Attributes and value of each row.
fn values(rows: &[Json]) -> Vec<(Json, f64)> {
    let value = |row: &Json| row["value"].as_f64().expect("a number");
    rows.iter()
        .map(|row| (row["attributes"].clone(), value(row)))
        .collect()
}

fn mark() -> Json {
    json!({ "otel.metric.overflow": "true" })
}

#[test]
fn a_span_name_too_many_becomes_overflow_and_is_kept_as_an_attribute() {
    let mut world = World::new(ONE);
    let (rows, overflowed) = world.spans(by(SHOP, 0), "shop", &["a", "b", "id 1", "a", "id 2"]);
    assert_eq!(rows.column("name"), ["a", "b", OVERFLOW, "a", OVERFLOW]);
    assert_eq!(
        rows.rows[4].1["attributes"],
        json!({ "a": "1", SPAN_NAME: "id 2", "z": "2" })
    );
    assert_eq!(overflowed.counts[Kind::SpanName as usize], 2);
    assert_eq!(overflowed.news, [(Kind::SpanName, "shop".to_owned())]);
    let (rows, overflowed) = world.spans(by(SHOP, 0), "shop", &["b", "id 1"]);
    assert_eq!(rows.column("name"), ["b", OVERFLOW]);
    assert_eq!(overflowed.counts[Kind::SpanName as usize], 1);
    assert_eq!(overflowed.news, [], "it was told in this window");
}

#[test]
fn span_names_are_limited_by_service_and_by_key() {
    let limits = Cardinality {
        max_services_per_key: 0,
        ..ONE
    };
    let mut world = World::new(limits);
    let names = |world: &mut World, service: &str| {
        world
            .spans(by(SHOP, 0), service, &["a", "b"])
            .0
            .column("name")
    };
    assert_eq!(names(&mut world, "one"), ["a", "b"]);
    assert_eq!(names(&mut world, "two"), ["a", OVERFLOW], "three in all");
    assert_eq!(names(&mut world, "three"), [OVERFLOW, OVERFLOW]);
    let (rows, _) = world.spans(by(OTHER, 0), "one", &["x", "y"]);
    assert_eq!(rows.column("name"), ["x", "y"], "another key has its own");
}

#[test]
fn a_service_too_many_becomes_overflow_in_all_signals() {
    let mut world = World::new(ONE);
    world.spans(by(SHOP, 0), "shop", &["a"]);
    let (rows, overflowed) = world.spans(by(SHOP, 0), "random 1", &["a", "b"]);
    assert_eq!(rows.column("service_name"), [OVERFLOW, OVERFLOW]);
    assert_eq!(
        rows.rows[0].1["resource"],
        json!({ SERVICE_NAME: "random 1", "service.name": OVERFLOW })
    );
    assert_eq!(overflowed.counts[Kind::Service as usize], 2);
    assert_eq!(overflowed.news[0], (Kind::Service, "random 1".to_owned()));
    let request = logs(
        resource(&[("service.name", "random 2")]),
        vec![record("x", &[])],
    );
    let mut out = Recorder::default();
    let told = world
        .0
        .logs(&request.encode_to_vec(), by(SHOP, 0), &mut out);
    assert_eq!(told.expect("sound").count, 0);
    assert_eq!(out.column("service_name"), [OVERFLOW]);
    assert_eq!(
        world.0.overflowed(by(SHOP, 0)).counts[Kind::Service as usize],
        1
    );
}

#[test]
fn a_function_too_many_has_no_page_and_no_invocations_and_keeps_its_rows() {
    let mut world = World::new(ONE);
    for (name, has_room) in [("one", true), ("two", false), ("one", true)] {
        let of = resource(&[("cloud.platform", "aws_lambda"), ("faas.name", name)]);
        let entry = span(SpanKind::Server, 1, 1, 0, &[("faas.invocation_id", "i")]);
        let request = traces(vec![spans(of, vec![entry])]).encode_to_vec();
        let mut out = Recorder::default();
        let told = world.0.traces(&request, by(SHOP, 0), &mut out);
        assert_eq!(told.expect("sound").count, 0);
        assert_eq!(out.rows.len(), 1);
        assert_eq!(out.rows[0].1["resource"]["faas.name"], name);
        assert_eq!(out.rows[0].1["function_id"].is_string(), has_room, "{name}");
        assert_eq!(
            (out.facts.len(), out.sightings.len()),
            (usize::from(has_room), usize::from(has_room))
        );
        let counted = world.0.overflowed(by(SHOP, 0)).counts[Kind::Function as usize];
        assert_eq!(counted, u64::from(!has_room));
    }
}

#[test]
fn sums_of_series_too_many_are_added_up_by_start_and_time() {
    let mut world = World::new(ONE);
    let points = [
        ("a", 1.0, 9),
        ("b", 2.0, 9),
        ("a", 3.0, 9),
        ("c", 4.0, 9),
        ("d", 8.0, 5),
    ];
    let (rows, overflowed) = world.metric(by(SHOP, 0), sum(&points));
    let known = json!({ "id": "a" });
    assert_eq!(
        values(&rows),
        [
            (known.clone(), 1.0),
            (known, 3.0),
            (mark(), 6.0),
            (mark(), 8.0)
        ]
    );
    assert_eq!(rows[2]["start"], NOON - 9);
    assert_eq!(
        (&rows[2]["temporality"], &rows[2]["is_monotonic"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(overflowed.counts[Kind::Series as usize], 3);
    assert_eq!(overflowed.news, [(Kind::Series, "requests".to_owned())]);
}

#[test]
fn gauges_of_series_too_many_stay_apart() {
    let points = [("a", 1.0), ("b", 2.0), ("c", 4.0)];
    let data_points = points.iter().map(|(id, value)| number(id, *value, 0));
    let data = Data::Gauge(Gauge {
        data_points: data_points.collect(),
    });
    let (rows, _) = World::new(ONE).metric(by(SHOP, 0), data);
    assert_eq!(
        values(&rows),
        [(json!({ "id": "a" }), 1.0), (mark(), 2.0), (mark(), 4.0)]
    );
}

#[test]
fn histograms_of_equal_bounds_are_added_up() {
    let point = |id: &str, counts: &[u64], bounds: &[f64], min: Option<f64>| HistogramDataPoint {
        attributes: pairs(&[("id", id)]),
        time_unix_nano: NOON,
        count: counts.iter().sum(),
        sum: Some(10.0),
        bucket_counts: counts.to_vec(),
        explicit_bounds: bounds.to_vec(),
        min,
        max: Some(7.0),
        ..HistogramDataPoint::default()
    };
    let data = Data::Histogram(Histogram {
        data_points: vec![
            point("known", &[1, 0], &[5.0], None),
            point("b", &[1, 2], &[5.0], Some(3.0)),
            point("c", &[4, 0], &[6.0], Some(1.0)),
            point("d", &[3, 5], &[5.0], Some(2.0)),
            point("e", &[1, 0], &[6.0], None),
        ],
        aggregation_temporality: 2,
    });
    let (rows, _) = World::new(ONE).metric(by(SHOP, 0), data);
    let told = |row: &Json| {
        let of = |field: &str| row[field].clone();
        json!([
            of("bucket_counts"),
            of("explicit_bounds"),
            of("count"),
            of("sum"),
            of("min"),
            of("max")
        ])
    };
    assert_eq!(told(&rows[1]), json!([[4, 7], [5.0], 11, 20.0, 2.0, 7.0]));
    assert_eq!(
        told(&rows[2]),
        json!([[5, 0], [6.0], 5, 20.0, 0.0, 7.0]),
        "not all told a min"
    );
    assert_eq!(rows.len(), 3);
}

#[test]
fn exponential_histograms_and_summaries_are_added_up() {
    let point = |id: &str, scale, offset| ExponentialHistogramDataPoint {
        attributes: pairs(&[("id", id)]),
        time_unix_nano: NOON,
        count: 3,
        scale,
        zero_count: 1,
        positive: Some(Buckets {
            offset,
            bucket_counts: vec![1, 1],
        }),
        ..ExponentialHistogramDataPoint::default()
    };
    let data = Data::ExponentialHistogram(ExponentialHistogram {
        data_points: vec![point("a", 1, 2), point("b", 1, 2), point("c", 0, 0)],
        aggregation_temporality: 1,
    });
    let mut world = World::new(ONE);
    let (rows, _) = world.metric(by(SHOP, 0), data);
    let row = &rows[1];
    assert_eq!(
        (&row["count"], &row["zero_count"], &row["scale"]),
        (&json!(6), &json!(2), &json!(0))
    );
    assert_eq!(row["positive_bucket_counts"], json!([1, 3]));

    let quantile = opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile {
        quantile: 0.5,
        value: 2.0,
    };
    let point = |id: &str, start: u64| SummaryDataPoint {
        attributes: pairs(&[("id", id)]),
        start_time_unix_nano: NOON - start,
        time_unix_nano: NOON,
        count: 2,
        sum: 5.0,
        quantile_values: vec![quantile],
        ..SummaryDataPoint::default()
    };
    let data = Data::Summary(Summary {
        data_points: vec![point("b", 0), point("c", 0), point("d", 9)],
    });
    let (rows, _) = world.metric(by(SHOP, 0), data);
    let told: Vec<_> = rows
        .iter()
        .map(|row| json!([row["count"], row["sum"], row["quantiles"]]))
        .collect();
    assert_eq!(
        told,
        [json!([4, 10.0, null]), json!([2, 5.0, [[0.5, 2.0]]])]
    );
}

#[test]
fn points_without_attributes_and_other_instances_are_no_new_series() {
    let mut world = World::new(ONE);
    for instance in ["1", "2"] {
        let mut bare = number("", 1.0, 0);
        bare.attributes.clear();
        let data = Data::Gauge(Gauge {
            data_points: vec![number("a", 1.0, 0), bare],
        });
        let metric = Metric {
            name: "requests".into(),
            data: Some(data),
            ..Metric::default()
        };
        let of = resource(&[("service.name", "shop"), ("faas.instance", instance)]);
        let request = metrics(of, vec![metric]).encode_to_vec();
        let mut out = Recorder::default();
        let told = world.0.metrics(&request, by(SHOP, 0), &mut out);
        assert_eq!(told.expect("sound").count, 0);
        assert!(world.0.overflowed(by(SHOP, 0)).is_empty());
    }
}

#[test]
fn what_is_in_use_stays_and_what_is_not_makes_room_after_an_hour() {
    let mut world = World::new(ONE);
    let mut names =
        |hours: i64, names: &[&str]| world.spans(by(SHOP, hours), "shop", names).0.column("name");
    assert_eq!(names(0, &["used", "left"]), ["used", "left"]);
    assert_eq!(
        names(1, &["new", "used"]),
        [OVERFLOW, "used"],
        "an hour has not passed"
    );
    assert_eq!(
        names(2, &["new", "used", "left"]),
        ["new", "used", OVERFLOW]
    );
    assert_eq!(
        names(1, &["new", "left"]),
        ["new", OVERFLOW],
        "time does not go back"
    );
    assert_eq!(
        names(9, &["left", "other"]),
        ["left", "other"],
        "all were forgotten"
    );
}

#[test]
fn a_service_in_use_keeps_its_place_and_one_that_is_not_gives_it_up() {
    let mut world = World::new(ONE);
    let mut service = |hours: i64, name: &str| {
        let (rows, _) = world.spans(by(SHOP, hours), name, &["a"]);
        rows.column("service_name")[0].clone()
    };
    assert_eq!(service(0, "shop"), "shop");
    assert_eq!(service(1, "shop"), "shop");
    assert_eq!(service(2, "new"), OVERFLOW);
    assert_eq!(service(3, "new"), "new");
    assert_eq!(service(3, "shop"), OVERFLOW);
}

#[test]
fn keys_have_limits_of_their_own_and_unknown_ones_share_one() {
    let mut world = World::new(ONE);
    for (key, has_room) in [
        (SHOP, true),
        (OTHER, true),
        (0, true),
        (99, false),
        (98, false),
    ] {
        let (_, overflowed) = world.metric(by(key, 0), sum(&[(&key.to_string(), 1.0, 0)]));
        assert_eq!(overflowed.is_empty(), has_room, "{key}");
    }
}

#[test]
fn what_is_read_again_is_guarded_and_not_counted_again() {
    let mut world = World::new(ONE);
    world.metric(by(SHOP, 0), sum(&[("a", 1.0, 0)]));
    let again = Arrival {
        again: true,
        ..by(SHOP, 0)
    };
    let (rows, overflowed) = world.metric(again, sum(&[("b", 1.0, 0)]));
    assert_eq!(values(&rows), [(mark(), 1.0)]);
    assert_eq!(overflowed, Overflowed::default());
}

#[test]
fn what_the_collector_tells_of_itself_is_not_limited() {
    let mut world = World::new(ONE);
    world.metric(by(0, 0), sum(&[("a", 1.0, 0)]));
    let ours = Arrival {
        is_ours: true,
        ..by(0, 0)
    };
    for id in ["b", "c"] {
        let (rows, overflowed) = world.metric(ours, sum(&[(id, 1.0, 0)]));
        assert_eq!(values(&rows), [(json!({ "id": id }), 1.0)]);
        assert!(overflowed.is_empty());
    }
}

#[test]
fn without_limits_nothing_overflows() {
    let mut world = World::new(Cardinality::UNLIMITED);
    let names: Vec<String> = (0..200).map(|i| format!("id {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (rows, _) = world.spans(by(SHOP, 0), "shop", &names);
    assert_eq!(rows.column("name"), names);
    for id in &names {
        let (rows, overflowed) = world.metric(by(SHOP, 0), sum(&[(id, 1.0, 0)]));
        assert_eq!(rows[0]["attributes"], json!({ "id": id }));
        assert!(overflowed.is_empty());
    }
}

/// What the guard costs an item, ns, with as many series as most keys have and with all there may be,
/// which lie anywhere in memory; the attributes are at hand, as they are after reading. Asserts nothing
/// of it; to see the figures, optimised:
/// `cargo test -p nephoscope-collector --release cost_of_the_guard -- --nocapture`.
#[test]
fn cost_of_the_guard() {
    let routes: Vec<String> = (0..1_000).map(|i| format!("/api/v1/items/{i}")).collect();
    let sets: Vec<AttributeList<'_>> = routes
        .iter()
        .map(|route| {
            let pairs = [
                ("http.request.method", "GET"),
                ("http.response.status_code", "200"),
                ("http.route", route.as_str()),
                ("network.protocol.version", "1.1"),
            ];
            AttributeList::new(pairs.map(|(k, v)| (k, AttributeValue::Borrowed(v))).into())
        })
        .collect();
    for members in [20_000, 200_000] {
        let mut watch = Watch::new(Cardinality::default(), 7);
        let metrics: Vec<u64> = (0..members / sets.len())
            .map(|i| watch.metric("shop", "aws:1:eu-central-1:shop", &i.to_string()))
            .collect();
        let mut points = || {
            let begin = std::time::Instant::now();
            for metric in &metrics {
                assert!(
                    sets.iter()
                        .all(|set| watch.series(*metric, "m", set.view()))
                );
            }
            begin.elapsed().as_nanos() / members as u128
        };
        let (new, known) = (points(), points());
        eprintln!("{members} series: {new} ns for a point of a new one, {known} ns of a known one");
    }
    let mut watch = Watch::new(Cardinality::default(), 7);
    let (service, _) = watch.service("shop");
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        assert!(
            routes
                .iter()
                .all(|name| watch.span_name(service, "shop", name))
        );
    }
    let span = begin.elapsed().as_nanos() / (100 * routes.len()) as u128;
    eprintln!("{span} ns for a span");
}

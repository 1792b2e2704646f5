//! The nine rules that real emitters force on a normaliser.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Histogram, HistogramDataPoint, Metric};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use store::model::{InitKind, Status, ToldBy};

use super::super::Normaliser;
use super::super::azure_functions::function_resource_id;
use super::super::fields::memory_mb;
use super::support::*;

const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:checkout";
const REQUEST: &str = "459921b5-681c-4a96-beb0-81e0aa586026";

const LAMBDA: [(&str, &str); 6] = [
    ("cloud.account.id", "123456789012"),
    ("cloud.platform", "aws_lambda"),
    ("cloud.provider", "aws"),
    ("cloud.region", "eu-central-1"),
    ("faas.instance", "2026/03/10/[$LATEST]2f399eb1"),
    ("faas.name", "checkout"),
];

#[test]
fn rule_1_memory_is_told_in_bytes_or_in_megabytes_as_a_number_or_as_a_text() {
    let cases = [
        ("134217728", Some(128)),
        ("128", Some(128)),
        (" 512 ", Some(512)),
        ("10240", Some(10_240)),
        ("65536", Some(65_536)),
        ("1048576", Some(1)),
        ("10737418240", Some(10_240)),
        ("128.0", Some(128)),
        ("0", None),
        ("65537", None),
        ("1048575", None),
        ("-128", None),
        ("128 MB", None),
        ("NaN", None),
        ("", None),
    ];
    for (told, expected) in cases {
        assert_eq!(memory_mb(told), expected, "{told}");
    }
    let mut resource = resource(&LAMBDA).unwrap();
    resource
        .attributes
        .push(pair("faas.max_memory", 134_217_728_i64));
    let attrs = [("faas.invocation_id", REQUEST)];
    let told = of_spans(
        Some(resource),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert_eq!(told.fact().memory_size_mb, Some(128));
    assert_eq!(told.sightings[0].memory_size_mb, Some(128));
}

#[test]
fn rule_2_the_invocation_id_goes_by_its_new_name_or_by_its_old_one() {
    for key in ["faas.invocation_id", "faas.execution"] {
        let attrs = [(key, REQUEST)];
        let told = of_spans(
            resource(&LAMBDA),
            vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
        );
        assert_eq!(told.fact().invocation_id, REQUEST, "{key}");
    }
    let both = [("faas.execution", "old"), ("faas.invocation_id", "new")];
    let told = of_spans(
        resource(&LAMBDA),
        vec![span(SpanKind::Server, 1, 1, 0, &both)],
    );
    assert_eq!(told.fact().invocation_id, "new");
}

#[test]
fn rule_3_a_function_is_provider_account_region_and_name_without_alias_or_version() {
    let expected = "aws:123456789012:eu-central-1:checkout";
    let service = [("service.name", "my-service")];
    let alias = format!("{ARN}:live");
    let number = format!("{ARN}:42");
    for (key, arn) in [
        ("cloud.resource_id", ARN),
        ("faas.id", alias.as_str()),
        ("aws.lambda.invoked_arn", number.as_str()),
    ] {
        let attrs = [("faas.execution", REQUEST), (key, arn)];
        let told = of_spans(
            resource(&service),
            vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
        );
        assert_eq!(told.functions(), [expected], "{key}");
        assert_eq!(
            told.fact().version,
            if key == "aws.lambda.invoked_arn" {
                "42"
            } else {
                ""
            }
        );
    }
    // The region falls back to that of the caller's attributes, then to the ARN.
    let layer = [
        ("faas.invoked_provider", "aws"),
        ("faas.invoked_region", "us-east-1"),
        ("faas.name", "checkout"),
    ];
    let told = of_spans(
        resource(&layer),
        vec![span(SpanKind::Internal, 1, 1, 0, &[])],
    );
    assert_eq!(told.functions(), ["aws::us-east-1:checkout"]);
}

#[test]
fn rule_4_an_explicit_cold_start_goes_before_an_init_span_before_a_report_before_a_guess() {
    // An explicit one, as a bool or as a text; each source tells its own, the store ranks them.
    for (told, expected) in [("true", true), ("False", false), ("1", true)] {
        let attrs = [("faas.invocation_id", REQUEST), ("faas.coldstart", told)];
        let told = of_spans(
            resource(&LAMBDA),
            vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
        );
        assert_eq!(told.fact().cold_start, Some(expected));
        assert_eq!(told.fact().told_by, ToldBy::Span);
    }
    // An init span, linked by its trace.
    let mut init = span(SpanKind::Internal, 1, 2, 0, &[]);
    init.name = "init checkout".to_owned();
    init.attributes.push(pair("faas.coldstart", true));
    let invocation = span(
        SpanKind::Server,
        1,
        1,
        0,
        &[("faas.invocation_id", REQUEST)],
    );
    let told = of_spans(resource(&LAMBDA), vec![init, invocation]);
    let [by_span, by_init] = &told.facts[..] else {
        panic!("{:#?}", told.facts)
    };
    assert_eq!((by_span.told_by, by_span.cold_start), (ToldBy::Span, None));
    assert_eq!(
        (by_init.told_by, by_init.cold_start),
        (ToldBy::InitSpan, Some(true))
    );
    assert_eq!(by_init.invocation_id, REQUEST);
    assert_eq!(by_init.init_duration_ms, Some(100.0));
    // A report with an init duration.
    let body = format!(
        "REPORT RequestId: {REQUEST}\tDuration: 8.40 ms\tBilled Duration: 179 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 66 MB\tInit Duration: 170.13 ms\t\n"
    );
    let told = of_logs(resource(&LAMBDA), vec![record(&body, &[])]);
    assert_eq!(told.fact().cold_start, Some(true));
    assert_eq!(told.fact().init_duration_ms, Some(170.13));
    // The first invocation of an instance, where no emitter ever tells: marked as inferred.
    let run = [
        ("cloud.account.id", "my-project"),
        ("cloud.platform", "gcp_cloud_run"),
        ("cloud.region", "europe-west1"),
        ("faas.instance", "instance-1"),
        ("faas.name", "checkout"),
    ];
    let mut normaliser = Normaliser::new();
    let mut other = run;
    other[3].1 = "instance-0";
    let mut early = span(SpanKind::Server, 1, 1, 0, &[]);
    early.start_time_unix_nano -= 16 * MINUTE;
    after_traces(&mut normaliser, vec![spans(resource(&other), vec![early])]);
    let mut second = span(SpanKind::Server, 3, 3, 0, &[]);
    second.start_time_unix_nano += MS;
    let both = vec![second, span(SpanKind::Server, 2, 2, 0, &[])];
    let (told, _) = after_traces(&mut normaliser, vec![spans(resource(&run), both)]);
    let inferred: Vec<_> = told
        .facts
        .iter()
        .map(|f| (f.cold_start, f.cold_start_inferred))
        .collect();
    assert_eq!(inferred, [(Some(true), true), (Some(false), true)]);
}

#[test]
fn rule_5_provisioned_concurrency_is_never_cold_and_the_kind_of_init_is_kept() {
    let cases = [
        (
            "provisioned-concurrency",
            "init",
            InitKind::Provisioned,
            Some(false),
        ),
        (
            "lambda-managed-instances",
            "init",
            InitKind::ManagedInstance,
            Some(false),
        ),
        ("on-demand", "init", InitKind::OnDemand, Some(true)),
        ("on-demand", "invoke", InitKind::Suppressed, Some(true)),
        ("snap-start", "init", InitKind::SnapstartRestore, Some(true)),
    ];
    for (kind, phase, expected, cold_start) in cases {
        let init = serde_json::json!({ "type": "platform.initReport", "record": {
            "initializationType": kind, "phase": phase, "metrics": { "durationMs": 500.0 },
        }});
        let start = serde_json::json!({
            "type": "platform.start", "record": { "requestId": REQUEST },
        });
        let (init, start) = (init.to_string(), start.to_string());
        let told = of_logs(
            resource(&LAMBDA),
            vec![record(&init, &[]), record(&start, &[])],
        );
        assert_eq!(told.fact().init_kind, Some(expected), "{kind} {phase}");
        assert_eq!(told.fact().cold_start, cold_start, "{kind} {phase}");
        assert_eq!(told.fact().init_duration_ms, Some(500.0));
        assert_eq!(told.fact().invocation_id, REQUEST);
    }
}

#[test]
fn rule_6_a_report_without_a_span_makes_the_invocation_with_its_timeout_or_lack_of_memory() {
    let report = |tail: &str| {
        format!(
            "REPORT RequestId: {REQUEST} Duration: 3000.00 ms Billed Duration: 3000 ms \
             Memory Size: 128 MB Max Memory Used: 128 MB {tail}"
        )
    };
    let cases = [
        ("Status: timeout", Status::Timeout),
        (
            "Status: error Error Type: Runtime.OutOfMemory",
            Status::OutOfMemory,
        ),
        (
            "Status: error Error Type: Runtime.ExitError",
            Status::OutOfMemory,
        ),
        ("Status: error Error Type: Runtime.Unknown", Status::Error),
        ("", Status::Unknown),
    ];
    for (tail, expected) in cases {
        let told = of_logs(resource(&LAMBDA), vec![record(&report(tail), &[])]);
        let fact = told.fact();
        assert_eq!(fact.status, expected, "{tail}");
        assert_eq!(
            fact.function_id.to_string(),
            "aws:123456789012:eu-central-1:checkout"
        );
        assert_eq!(
            (fact.invocation_id.as_str(), fact.duration_ms),
            (REQUEST, Some(3000.0))
        );
        assert_eq!(fact.start.0 as u64, NOON - 3000 * MS);
        assert_eq!(fact.instance, "2026/03/10/[$LATEST]2f399eb1");
        assert_eq!(fact.version, "$LATEST");
    }
}

#[test]
fn rule_7_durations_of_functions_in_milliseconds_become_seconds() {
    let metric = |name: &str, unit: &str| Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        data: Some(Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                time_unix_nano: NOON,
                count: 2,
                sum: Some(1500.0),
                min: Some(500.0),
                max: Some(1000.0),
                bucket_counts: vec![1, 1],
                explicit_bounds: vec![750.0],
                ..HistogramDataPoint::default()
            }],
            aggregation_temporality: 2,
        })),
        ..Metric::default()
    };
    let list = vec![
        metric("faas.invoke_duration", "ms"),
        metric("faas.init_duration", "s"),
        metric("http.server.duration", "ms"),
    ];
    let mut recorder = Recorder::default();
    let request = metrics(resource(&LAMBDA), list).encode_to_vec();
    let rejected = Normaliser::new().metrics(&request, now(), &mut recorder);
    assert!(rejected.is_ok());
    assert_eq!(recorder.column("unit"), ["s", "s", "ms"]);
    assert_eq!(recorder.column("sum"), ["1.5", "1500.0", "1500.0"]);
    assert_eq!(recorder.column("min"), ["0.5", "500.0", "500.0"]);
    assert_eq!(recorder.column("max"), ["1.0", "1000.0", "1000.0"]);
    assert_eq!(
        recorder.column("explicit_bounds"),
        ["[0.75]", "[750.0]", "[750.0]"]
    );
}

#[test]
fn rule_8_every_spelling_of_a_cloud_platform_is_recognised() {
    let cases = [
        ("aws_lambda", "aws_lambda"),
        ("aws.lambda", "aws_lambda"),
        ("azure_functions", "azure.functions"),
        ("azure.functions", "azure.functions"),
        ("gcp_cloud_functions", "gcp_cloud_functions"),
        ("gcp.cloud_functions", "gcp_cloud_functions"),
        ("gcp_cloud_run", "gcp_cloud_run"),
        ("gcp.cloud_run", "gcp_cloud_run"),
        ("cloudflare.workers", "cloudflare.workers"),
        ("cloudflare_workers", "cloudflare.workers"),
        ("alibaba_cloud_fc", "alibaba_cloud_fc"),
        ("tencent_cloud_scf", "tencent_cloud_scf"),
    ];
    for (told, expected) in cases {
        for key in ["cloud.platform", "cloud.infrastructure_service"] {
            let attrs = [(key, told), ("faas.name", "app/f"), ("service.name", "s")];
            let told = of_spans(resource(&attrs), vec![span(SpanKind::Server, 1, 1, 0, &[])]);
            assert_eq!(told.sightings[0].platform, expected, "{key}");
        }
    }
}

#[test]
fn rule_9_an_azure_function_is_derived_from_its_site_and_its_name() {
    let site = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/shop-rg\
                /providers/Microsoft.Web/sites/shop";
    assert_eq!(
        function_resource_id(site, "OnOrder"),
        format!("{site}/functions/OnOrder")
    );
    let app = [
        ("cloud.platform", "azure.functions"),
        ("cloud.provider", "azure"),
        ("cloud.region", "West Europe"),
        ("cloud.resource_id", site),
        ("service.name", "shop"),
    ];
    let attrs = [("faas.name", "OnOrder"), ("faas.invocation_id", REQUEST)];
    let expected = "azure:0b1f6471-1bf0-4dda-aec3-cb9272f09590:westeurope:shop/OnOrder";
    let told = of_spans(
        resource(&app),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert_eq!(told.functions(), [expected]);
    // The function's own id says the same.
    let own = format!("{site}/functions/OnOrder");
    let attrs = [
        ("cloud.resource_id", own.as_str()),
        ("faas.invocation_id", REQUEST),
    ];
    let told = of_spans(
        resource(&app),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert_eq!(told.functions(), [expected]);
    // Without a site id the app is the service; the account is filled in once it is known.
    let flex = [app[0], app[1], app[2], app[4]];
    let attrs = [("faas.name", "OnOrder"), ("faas.invocation_id", REQUEST)];
    let told = of_spans(
        resource(&flex),
        vec![span(SpanKind::Server, 1, 1, 0, &attrs)],
    );
    assert_eq!(told.functions(), ["azure::westeurope:shop/OnOrder"]);
}

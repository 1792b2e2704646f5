//! Each platform speaks with its own accent (facts of real emitters, one test per platform).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use fleet::function::Platform;
use fleet::otlp::outbox::Item;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::said::{Said, attribute, body, hex, of_resource, on, plan};

/// Two hours of the fleet with a few timeouts everywhere; played once for all tests.
fn said() -> &'static Said {
    static SAID: LazyLock<Said> = LazyLock::new(|| {
        let timeouts = "incidents:\n\
            - { at: -1h, for: 1h, function: '*', kind: timeouts, rate: 0.02 }\n";
        Said::of(plan(7, 2, timeouts))
    });
    &SAID
}

/// Spans of function spans on AWS: those of the instrumentation scopes of Lambda.
fn lambda_spans<'a>(said: &'a Said, name: &'a str) -> Vec<(&'a Item, &'a Span)> {
    let own = move |item: &Item| {
        item.scope.name.to_lowercase().contains("lambda")
            && !item.scope.name.contains("telemetryapi")
            && of_resource(item, "faas.name").as_deref() == Some(&format!("s:{name}"))
    };
    said.spans().filter(|(item, _)| own(item)).collect()
}

#[test]
fn lambda_languages_name_things_differently() {
    let said = said();
    for (name, id, function, cold, memory) in [
        (
            "checkout",
            "faas.execution",
            "faas.id",
            true,
            Some("i:536870912"),
        ),
        (
            "cart",
            "faas.invocation_id",
            "cloud.resource_id",
            false,
            Some("i:256"),
        ),
        (
            "payment-webhook",
            "faas.execution",
            "faas.id",
            false,
            Some("i:134217728"),
        ),
        (
            "image-resize",
            "faas.invocation_id",
            "cloud.resource_id",
            false,
            Some("s:1024"),
        ),
        ("order-events", "faas.execution", "faas.id", true, None),
    ] {
        let spans = lambda_spans(said, name);
        assert!(!spans.is_empty(), "{name}");
        let other_id = if id == "faas.execution" {
            "faas.invocation_id"
        } else {
            "faas.execution"
        };
        for (item, span) in &spans {
            let get = |key| attribute(&span.attributes, key);
            assert!(get(id).is_some_and(|v| v.len() == 38), "{name}: {id}");
            assert_eq!(get(other_id), None, "{name}");
            let arn = get(function).unwrap();
            assert_eq!(arn.ends_with(":live"), name == "checkout", "{arn}");
            assert!(arn.contains(":function:"), "{arn}");
            assert_eq!(get("faas.coldstart").is_some(), cold, "{name}");
            assert_eq!(
                of_resource(item, "faas.max_memory").as_deref(),
                memory,
                "{name}"
            );
        }
        if cold {
            let is = |v: &str| {
                let v = Some(v.to_owned());
                spans
                    .iter()
                    .any(|(_, s)| attribute(&s.attributes, "faas.coldstart") == v)
            };
            assert!(is("b:true") && is("b:false"), "{name}");
        }
    }
}

#[test]
fn python_on_lambda_speaks_of_2021() {
    let said = said();
    let (item, span) = lambda_spans(said, "cart")[0];
    assert_eq!(span.name, "app.handler");
    assert!(
        attribute(&span.attributes, "http.method").is_some(),
        "Python's old names"
    );
    assert!(attribute(&span.attributes, "http.request.method").is_none());
    assert_eq!(
        item.scope.schema_url,
        "https://opentelemetry.io/schemas/1.11.0"
    );
}

#[test]
fn lambda_instances_are_log_streams_and_traces_are_x_rays() {
    let said = said();
    for (item, span) in lambda_spans(said, "checkout") {
        let instance = of_resource(item, "faas.instance").unwrap();
        let version = of_resource(item, "faas.version").unwrap();
        let number = version.strip_prefix("s:").unwrap();
        assert!(number.parse::<u32>().is_ok(), "{version}");
        assert!(instance.contains(&format!("[{number}]")), "{instance}");
        if span.parent_span_id.is_empty() {
            let seconds = u32::from_be_bytes(span.trace_id[..4].try_into().unwrap());
            let started = (span.start_time_unix_nano / 1_000_000_000) as u32;
            assert!(started.abs_diff(seconds) <= 10, "{}", hex(&span.trace_id));
        }
    }
}

#[test]
fn the_telemetry_api_receiver_has_a_poor_resource_and_orphan_init_spans() {
    let said = said();
    let functions: HashSet<_> = said
        .spans()
        .filter(|(i, _)| !i.scope.name.contains("telemetryapi"))
        .map(|(_, s)| s.trace_id.clone())
        .collect();
    let mut seen = 0;
    for (item, span) in said
        .spans()
        .filter(|(i, _)| i.scope.name.contains("telemetryapi"))
    {
        seen += 1;
        assert!(span.name.starts_with("init "), "{}", span.name);
        assert_eq!(
            attribute(&span.attributes, "faas.coldstart").as_deref(),
            Some("b:true")
        );
        assert!(span.parent_span_id.is_empty() && !functions.contains(&span.trace_id));
        for missing in [
            "cloud.provider",
            "cloud.account.id",
            "faas.instance",
            "cloud.platform",
        ] {
            assert_eq!(of_resource(item, missing), None);
        }
        assert_eq!(
            of_resource(item, "faas.invoked_provider").as_deref(),
            Some("s:aws")
        );
        let memory = of_resource(item, "faas.max_memory").unwrap();
        assert!(memory.starts_with("s:"), "{memory}");
    }
    assert!(seen > 10);
    let bytes = said
        .metrics()
        .find(|(_, m)| m.name == "faas.mem_usage")
        .unwrap()
        .1;
    let Some(Data::Histogram(h)) = &bytes.data else {
        panic!("{bytes:?}")
    };
    let point = &h.data_points[0];
    assert_eq!(
        point.bucket_counts.last(),
        Some(&point.count),
        "all in the overflow bucket"
    );
    assert_eq!(point.sum.unwrap() % 1e6, 0.0, "a megabyte is a million");
}

#[test]
fn a_lambda_that_timed_out_leaves_no_span_only_lines() {
    let said = said();
    let spans: HashSet<String> = said.spans().map(|(_, s)| hex(&s.span_id)).collect();
    let mut timeouts = 0;
    for t in said.truth.iter().filter(|t| t["status"] == "timeout") {
        if t["platform"] != "aws_lambda" {
            continue;
        }
        timeouts += 1;
        assert!(!spans.contains(t["span_id"].as_str().unwrap()));
    }
    assert!(timeouts > 5, "{timeouts}");
    let text = "Task timed out after 10.00 seconds";
    assert!(said.logs().any(|(_, l)| body(l).contains(text)));
}

#[test]
fn azure_has_two_spans_per_invocation_and_executed_lines() {
    let said = said();
    let mut spans: HashMap<String, Vec<(&Item, &Span)>> = HashMap::new();
    for (item, span) in said
        .spans()
        .filter(|(i, _)| on(i, Platform::AzureFunctions))
    {
        if let Some(id) = attribute(&span.attributes, "faas.invocation_id") {
            spans.entry(id).or_default().push((item, span));
        }
        let site = of_resource(item, "cloud.resource_id").unwrap();
        assert!(
            site.contains("/sites/") && !site.contains("/functions/"),
            "{site}"
        );
    }
    let pairs: Vec<_> = spans.values().filter(|s| s.len() == 2).collect();
    assert!(pairs.len() > 100 && pairs.len() * 20 > spans.len() * 18);
    for pair in &pairs {
        let (worker, host) = match pair[0].1.name.starts_with("function ") {
            true => (pair[0], pair[1]),
            false => (pair[1], pair[0]),
        };
        assert_eq!(worker.1.parent_span_id, host.1.span_id);
        assert_eq!(worker.0.scope.name, "Microsoft.Azure.Functions.Worker");
        assert!(host.1.start_time_unix_nano <= worker.1.start_time_unix_nano);
        assert_eq!(attribute(&worker.1.attributes, "faas.name"), None);
    }
    let any = |key: &str| {
        said.spans().any(|(i, s)| {
            on(i, Platform::AzureFunctions) && attribute(&s.attributes, key).is_some()
        })
    };
    assert!(any("azure.functions.coldstart_impacted") && any("faas.coldstart"));
    let platforms: HashSet<_> = said
        .spans()
        .filter(|(i, _)| on(i, Platform::AzureFunctions))
        .filter_map(|(i, _)| of_resource(i, "cloud.platform"))
        .collect();
    assert_eq!(platforms.len(), 2, "old and new spelling: {platforms:?}");
    for result in ["Succeeded", "Failed"] {
        let start = format!("Executed 'Functions.auth-token' ({result}, Id=");
        let line = said.logs().find(|(_, l)| body(l).starts_with(&start));
        assert!(
            line.is_some_and(|(_, l)| body(l).ends_with("ms)")),
            "{result}"
        );
    }
}

#[test]
fn google_tells_revisions_and_nothing_of_cold_starts() {
    let said = said();
    for platform in [Platform::GcpCloudRun, Platform::GcpCloudFunctions] {
        let wanted = format!("s:{}", platform.name());
        for (item, span) in said.spans().filter(|(i, _)| on(i, platform)) {
            assert_eq!(of_resource(item, "cloud.platform"), Some(wanted.clone()));
            let name = of_resource(item, "faas.name").unwrap();
            assert!(
                of_resource(item, "faas.version")
                    .unwrap()
                    .starts_with(&name)
            );
            assert!(of_resource(item, "faas.instance").unwrap().len() > 100);
            assert_eq!(attribute(&span.attributes, "faas.coldstart"), None);
            assert_eq!(of_resource(item, "faas.max_memory"), None);
        }
    }
    let exponential = said.metrics().find_map(|(_, m)| match &m.data {
        Some(Data::ExponentialHistogram(h)) => Some(h),
        _ => None,
    });
    assert!(
        !exponential.unwrap().data_points[0].exemplars[0]
            .trace_id
            .is_empty()
    );
    assert!(
        said.metrics()
            .any(|(_, m)| matches!(m.data, Some(Data::Gauge(_))))
    );
}

#[test]
fn workers_neither_take_nor_hand_on_traces() {
    let said = said();
    let (mine, others): (Vec<_>, Vec<_>) = said
        .spans()
        .partition(|(i, _)| on(i, Platform::CloudflareWorkers));
    let traces: HashSet<_> = mine.iter().map(|(_, s)| &s.trace_id).collect();
    assert!(traces.len() > 100);
    assert!(others.iter().all(|(_, s)| !traces.contains(&s.trace_id)));
    for (item, span) in &mine {
        assert_eq!(
            of_resource(item, "cloud.platform").as_deref(),
            Some("s:cloudflare.workers")
        );
        assert!(attribute(&span.attributes, "cloudflare.invocation.sequence.number").is_some());
        let root = attribute(&span.attributes, "cloudflare.ray_id").is_some();
        assert_eq!(root, span.parent_span_id.is_empty());
    }
}

#[test]
fn vercel_has_no_faas_attributes_but_a_commit() {
    let said = said();
    let mut seen = 0;
    for (item, span) in said.spans().filter(|(i, _)| on(i, Platform::Vercel)) {
        seen += 1;
        let keys = item
            .source
            .resource
            .attributes
            .iter()
            .chain(&span.attributes);
        assert!(keys.into_iter().all(|kv| !kv.key.starts_with("faas.")));
        assert!(of_resource(item, "vercel.sha").is_some_and(|sha| sha.len() == 42));
        assert_eq!(
            of_resource(item, "vercel.deployment_id"),
            of_resource(item, "service.version")
        );
    }
    assert!(seen > 100);
}

#[test]
fn knative_tells_through_its_queue_proxy_in_new_names_and_old() {
    let said = said();
    let names: HashSet<&str> = said
        .metrics()
        .filter(|(i, _)| on(i, Platform::Knative))
        .map(|(i, m)| {
            let revision = of_resource(i, "kn.revision.name").unwrap();
            assert!(revision.starts_with("s:catalog-api-000"), "{revision}");
            m.name.as_str()
        })
        .collect();
    let expected = [
        "kn.serving.invocation.duration",
        "kn.serving.queue.depth",
        "revision_request_latencies",
    ];
    assert_eq!(names, expected.into());
    let old = said
        .metrics()
        .find(|(_, m)| m.name == "revision_request_latencies")
        .unwrap()
        .1;
    assert!(matches!(old.data, Some(Data::Summary(_))) && old.unit == "ms");
}

#[test]
fn traces_are_whole_and_of_a_believable_size() {
    let said = said();
    let mut traces: HashMap<&[u8], Vec<&Span>> = HashMap::new();
    let mut ids = HashSet::new();
    for (_, span) in said.spans() {
        assert!(ids.insert(span.span_id.clone()), "span ids are unique");
        assert!(
            span.start_time_unix_nano <= span.end_time_unix_nano,
            "{span:?}"
        );
        traces.entry(&span.trace_id).or_default().push(span);
    }
    let largest = traces.values().map(Vec::len).max().unwrap();
    assert!((12..=60).contains(&largest), "{largest}");
    let checkouts = traces
        .values()
        .filter(|t| t.iter().any(|s| s.name == "checkout"));
    let sizes: Vec<usize> = checkouts.map(Vec::len).collect();
    let usual = sizes.iter().filter(|n| (4..=20).contains(*n)).count();
    assert!(usual * 10 > sizes.len() * 9, "{usual} of {}", sizes.len());
    let linked = said.spans().filter(|(_, s)| !s.links.is_empty());
    let mut links = 0;
    for (_, span) in linked {
        links += 1;
        assert_ne!(span.links[0].trace_id, span.trace_id);
    }
    assert!(links > 100);
    let exception = |s: &Span| s.events.iter().any(|e| e.name == "exception");
    let failed = said
        .spans()
        .filter(|(_, s)| exception(s))
        .collect::<Vec<_>>();
    assert!(failed.len() > 10);
    assert!(
        failed
            .iter()
            .all(|(_, s)| s.status.as_ref().is_some_and(|s| s.code == 2))
    );
    assert!(
        said.logs()
            .any(|(_, l)| l.severity_number == 17 && !l.trace_id.is_empty())
    );
}

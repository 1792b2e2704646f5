//! The ground truth agrees with what is said: every REPORT, every counter, every status.

use std::collections::HashMap;
use std::sync::LazyLock;

use fleet::function::Platform;
use fleet::time::HOUR;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use serde_json::Value as Json;

use crate::said::{START, Said, body, of_resource, on, plan};

/// The facts of a REPORT in any of its four forms.
#[derive(Debug)]
struct Report {
    id: String,
    duration_ms: f64,
    billed_ms: f64,
    memory_mb: f64,
    used_mb: f64,
    init_ms: Option<f64>,
    status: Option<String>,
}

fn report(text: &str) -> Option<Report> {
    if let Some(rest) = text.strip_prefix("REPORT RequestId: ") {
        let number = |key: &str| -> Option<f64> {
            let (before, after) = rest.split_once(&format!("{key}: "))?;
            // `Duration` must not be found inside `Billed Duration` or `Init Duration`.
            (key != "Duration" || before.len() <= 37).then_some(())?;
            after.split([' ', '\t']).next()?.parse().ok()
        };
        let status = rest.split_once("Status: ").map(|(_, s)| s);
        return Some(Report {
            id: rest.get(..36)?.to_owned(),
            duration_ms: number("Duration")?,
            billed_ms: number("Billed Duration")?,
            memory_mb: number("Memory Size")?,
            used_mb: number("Max Memory Used")?,
            init_ms: number("Init Duration"),
            status: status
                .and_then(|s| s.split([' ', '\t']).next())
                .map(str::to_owned),
        });
    }
    let json: Json = serde_json::from_str(text).ok()?;
    let record = if json["type"] == "platform.report" {
        &json["record"]
    } else {
        &json
    };
    let metrics = &record["metrics"];
    Some(Report {
        id: record["requestId"].as_str()?.to_owned(),
        duration_ms: metrics["durationMs"].as_f64()?,
        billed_ms: metrics["billedDurationMs"].as_f64()?,
        memory_mb: metrics["memorySizeMB"].as_f64()?,
        used_mb: metrics["maxMemoryUsedMB"].as_f64()?,
        init_ms: metrics["initDurationMs"].as_f64(),
        status: record["status"].as_str().map(str::to_owned),
    })
}

const TROUBLE: &str = "incidents:\n\
    - { at: -2h, for: 1h, function: 'aws_lambda/*', kind: timeouts, rate: 0.05 }\n\
    - { at: -1h, for: 1h, function: checkout, kind: leak, mb_per_invocation: 40 }\n\
    - { at: -1h, for: 1h, function: cart, kind: errors, rate: 0.2 }\n";

/// Three hours of the fleet with that trouble; played once for all tests.
fn troubled() -> &'static Said {
    static SAID: LazyLock<Said> = LazyLock::new(|| Said::of(plan(5, 3, TROUBLE)));
    &SAID
}

#[test]
fn every_report_adds_up_and_is_true() {
    let said = troubled();
    let truth = said.invocations();
    let mut reports: HashMap<String, u32> = HashMap::new();
    let mut forms = [0; 3];
    for (_, log) in said.logs() {
        let text = body(log);
        let Some(r) = report(text) else { continue };
        forms[match text.as_bytes()[0] {
            b'R' if text.contains('\t') => 0,
            b'R' => 1,
            _ => 2,
        }] += 1;
        let t = truth[r.id.as_str()];
        let whole = r.duration_ms + r.init_ms.unwrap_or(0.0);
        // The sum of two numbers of two decimals, not of two binary fractions.
        assert_eq!(
            r.billed_ms,
            ((whole * 100.0).round() / 100.0).ceil(),
            "{text}"
        );
        assert_eq!(t["billed_ms"].as_f64(), Some(r.billed_ms), "{text}");
        assert_eq!(t["duration_ms"].as_f64(), Some(r.duration_ms), "{text}");
        assert_eq!(t["init_ms"].as_f64(), r.init_ms, "{text}");
        assert_eq!(t["memory_mb"].as_f64(), Some(r.memory_mb), "{text}");
        assert!(r.used_mb <= r.memory_mb);
        let status = t["status"].as_str().unwrap();
        match status {
            "timeout" => assert_eq!(r.status.as_deref(), Some("timeout"), "{text}"),
            "oom" => {
                assert_eq!(r.status.as_deref(), Some("error"), "{text}");
                assert_eq!(r.used_mb, r.memory_mb, "{text}");
            }
            "ok" => assert!(
                matches!(r.status.as_deref(), None | Some("success")),
                "{text}"
            ),
            _ => {}
        }
        *reports.entry(r.id).or_default() += 1;
    }
    assert!(
        forms.iter().all(|n| *n > 20),
        "text, flat and JSON: {forms:?}"
    );
    for function in said
        .functions
        .iter()
        .filter(|f| f.platform == Platform::AwsLambda)
    {
        let once = function.report != fleet::function::Report::None;
        for t in said.true_of(&function.name) {
            let n = reports
                .get(t["invocation_id"].as_str().unwrap())
                .copied()
                .unwrap_or(0);
            assert_eq!(n, u32::from(once), "{t}");
        }
    }
}

#[test]
fn counters_of_the_receiver_count_what_happened() {
    let said = troubled();
    // Last value of each cumulative counter of each instance, then summed per function.
    let mut last: HashMap<(u64, &str), (String, u64)> = HashMap::new();
    for (item, metric) in said.metrics().filter(|(i, _)| on(i, Platform::AwsLambda)) {
        let Some(Data::Sum(sum)) = &metric.data else {
            continue;
        };
        if sum.aggregation_temporality != 2 {
            continue;
        }
        let Some(Value::AsInt(value)) = sum.data_points[0].value else {
            panic!("{metric:?}")
        };
        let name = of_resource(item, "faas.name").unwrap();
        last.insert((item.source.id, metric.name.as_str()), (name, value as u64));
    }
    let total = |function: &str, metric: &str| -> usize {
        let own = last
            .iter()
            .filter(|((_, m), (f, _))| *m == metric && f.strip_prefix("s:") == Some(function));
        own.map(|(_, (_, n))| *n as usize).sum()
    };
    for name in ["checkout", "payment-webhook", "order-events", "fraud-score"] {
        let count = |statuses: &[&str]| {
            let is = |t: &&Json| statuses.contains(&t["status"].as_str().unwrap());
            said.true_of(name).filter(is).count()
        };
        assert_eq!(total(name, "faas.invocations"), count(&["ok"]), "{name}");
        assert_eq!(
            total(name, "faas.errors"),
            count(&["error", "oom"]),
            "{name}"
        );
        assert_eq!(total(name, "faas.timeouts"), count(&["timeout"]), "{name}");
        let cold = said
            .true_of(name)
            .filter(|t| t["cold_start"] == true)
            .count();
        assert_eq!(total(name, "faas.coldstarts"), cold, "{name}");
        assert!(cold > 0, "{name}");
    }
    assert!(
        said.true_of("checkout").any(|t| t["status"] == "oom"),
        "the leak kills"
    );
}

#[test]
fn incidents_and_deploys_are_in_the_truth() {
    let said = Said::of(plan(5, 6, TROUBLE));
    let incidents: Vec<_> = said
        .truth
        .iter()
        .filter(|t| t["kind"] == "incident")
        .collect();
    assert_eq!(incidents.len(), 3);
    assert_eq!(incidents[1]["functions"][0]["name"], "checkout");
    assert_eq!(incidents[1]["from_unix_nano"].as_u64(), Some(START - HOUR));
    assert_eq!(incidents[1]["params"]["mb_per_invocation"], 40.0);
    let deploys: Vec<_> = said
        .truth
        .iter()
        .filter(|t| t["kind"] == "deploy")
        .collect();
    let checkout = deploys.iter().find(|d| d["name"] == "checkout").unwrap();
    assert_eq!(
        (checkout["version"].as_str(), checkout["cause"].as_str()),
        (Some("42"), Some("planned"))
    );
    // The cold starts themselves show it: 180 ms before, 260 ms after.
    let median = |version: &str| {
        let cold = said.true_of("checkout").filter(|t| t["version"] == version);
        let mut init: Vec<f64> = cold.filter_map(|t| t["init_ms"].as_f64()).collect();
        init.sort_by(f64::total_cmp);
        assert!(init.len() >= 25, "{} cold starts of {version}", init.len());
        init[init.len() / 2]
    };
    let (before, after) = (median("41"), median("42"));
    assert!((165.0..195.0).contains(&before), "{before}");
    assert!((238.0..285.0).contains(&after), "{after}");
}

#[test]
fn a_stopped_function_is_silent_and_its_messages_wait() {
    let stop = "incidents:\n- { at: -1h, for: 30m, function: order-events, kind: stop }\n";
    let said = Said::of(plan(5, 2, stop));
    let (from, until) = (START - HOUR, START - HOUR / 2);
    let arrived = |t: &Json| t["start_unix_nano"].as_u64().unwrap();
    let during = said
        .true_of("order-events")
        .filter(|t| (from..until).contains(&arrived(t)));
    assert_eq!(during.count(), 0);
    let minute_after = said
        .true_of("order-events")
        .filter(|t| (until..until + 70_000_000_000).contains(&arrived(t)));
    let caught_up = minute_after.count();
    assert!(
        caught_up > 100,
        "{caught_up} in the minute after half an hour of waiting"
    );
}

#[test]
fn a_retry_storm_multiplies_the_load() {
    let storm = "incidents:\n\
        - { at: -1h, for: 30m, function: payment-webhook, kind: retry_storm, \
            rate: 0.8, retries: 5 }\n";
    let count = |said: &Said| {
        let from = START - HOUR;
        let inside =
            |t: &&Json| (from..from + HOUR / 2).contains(&t["start_unix_nano"].as_u64().unwrap());
        said.true_of("payment-webhook").filter(inside).count() as f64
    };
    let (usual, hit) = (Said::of(plan(5, 2, "")), Said::of(plan(5, 2, storm)));
    let factor = count(&hit) / count(&usual);
    assert!((2.5..6.0).contains(&factor), "{factor}");
}

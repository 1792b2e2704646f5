//! What arrives over the wire, and what happens when the receiver says no.

use std::sync::LazyLock;

use clap::Parser as _;
use fleet::cli::Args;
use fleet::otlp::batch::{Counts, Request};
use fleet::run::run;
use fleet::sim::Sim;
use fleet::time::{HOUR, Ns};
use fleet::wire::{Protocol, Report, Sender};

use crate::receiver::{Say, start, target};
use crate::said::{START, plan};

/// The requests of half an hour of the fleet.
fn requests() -> Vec<Request> {
    static REQUESTS: LazyLock<Vec<Request>> = LazyLock::new(|| {
        let mut sim = Sim::new(plan(1, 1, ""));
        let until = START - HOUR / 2;
        sim.end_at(until);
        sim.advance(until);
        sim.finish(until);
        sim.requests(Ns::MAX, true)
    });
    REQUESTS.clone()
}

fn total(requests: &[Request]) -> Counts {
    let mut all = Counts::default();
    requests.iter().for_each(|r| all.add(&r.total()));
    all
}

async fn send(protocol: Protocol, script: Vec<Say>, requests: Vec<Request>) -> (Report, usize) {
    let (receiver, grpc, http) = start().await;
    receiver.0.lock().unwrap().script = script.into();
    let mut sender = Sender::new(target(grpc, http, protocol)).unwrap();
    for request in requests {
        sender.send(request).await;
    }
    let report = sender.finish().await;
    let calls = receiver.0.lock().unwrap().calls;
    (report, calls)
}

#[tokio::test]
async fn a_whole_run_arrives_in_all_three_encodings() {
    let (receiver, grpc, http) = start().await;
    let truth = std::env::temp_dir().join(format!("fleet-truth-{}.jsonl", std::process::id()));
    let line = format!(
        "fleet --endpoint http://{grpc} --http-endpoint http://{http} --backfill 20m \
         --duration 2m --speed 1000 --start 2026-03-02T16:00:00Z --header authorization=k \
         --truth-invocations --truth {}",
        truth.display()
    );
    let args = Args::try_parse_from(line.split_whitespace()).unwrap();
    let summary = run(&args, args.start.unwrap(), std::future::pending())
        .await
        .unwrap();
    assert!(summary.report.lossless(), "{:?}", summary.lines());
    let log = receiver.0.lock().unwrap();
    let mut sent = Counts::default();
    summary.report.sent.iter().for_each(|c| sent.add(c));
    let mut arrived = log.counts();
    for json in &log.json {
        let count = |path: [&str; 3]| -> u64 {
            let each =
                |v: &serde_json::Value, key: &str| v[key].as_array().cloned().unwrap_or_default();
            let scopes = each(json, path[0])
                .into_iter()
                .flat_map(|r| each(&r, path[1]));
            scopes.map(|s| each(&s, path[2]).len() as u64).sum()
        };
        arrived.spans += count(["resourceSpans", "scopeSpans", "spans"]);
        arrived.logs += count(["resourceLogs", "scopeLogs", "logRecords"]);
    }
    assert_eq!(arrived, sent);
    assert!(!log.json.is_empty() && !log.bodies.is_empty());
    assert!(log.tokens.len() == log.calls && log.tokens.iter().all(|t| t == "k"));
    let lines = std::fs::read_to_string(&truth).unwrap();
    std::fs::remove_file(&truth).unwrap();
    let invocations = lines
        .lines()
        .filter(|l| l.contains("\"kind\":\"invocation\""))
        .count();
    assert_eq!(invocations as u64, summary.invocations.iter().sum::<u64>());
    assert!(invocations > 1_000, "{invocations}");
}

#[tokio::test]
async fn what_may_be_retried_is_retried_until_it_arrives() {
    let all = requests();
    let want = total(&all);
    let busy = vec![
        Say::Grpc(tonic::Code::Unavailable),
        Say::Grpc(tonic::Code::Aborted),
    ];
    let (report, calls) = send(Protocol::Grpc, busy, all.clone()).await;
    assert!(report.lossless(), "{report:?}");
    assert_eq!((report.retries, calls), (2, all.len() + 2));
    let busy = vec![Say::Http(503), Say::Http(429), Say::Http(502)];
    let (report, calls) = send(Protocol::Http, busy, all.clone()).await;
    assert!(report.lossless(), "{report:?}");
    assert_eq!((report.retries, calls), (3, all.len() + 3));
    let mut sent = Counts::default();
    report.sent.iter().for_each(|c| sent.add(c));
    assert_eq!(sent, want);
}

#[tokio::test]
async fn what_is_refused_for_good_is_lost_and_said_so() {
    let one = || requests()[..1].to_vec();
    for (protocol, say) in [
        (Protocol::Grpc, Say::Grpc(tonic::Code::InvalidArgument)),
        (Protocol::Http, Say::Http(400)),
        (Protocol::Http, Say::Http(500)),
    ] {
        let (report, calls) = send(protocol, vec![say.clone()], one()).await;
        assert_eq!((report.lost, calls), (one()[0].total(), 1), "{say:?}");
        assert!(report.complaints[0].contains("as scripted"), "{report:?}");
    }
    let forever = vec![Say::Grpc(tonic::Code::Unavailable); 99];
    let (report, calls) = send(Protocol::Grpc, forever, one()).await;
    assert_eq!((report.lossless(), report.retries, calls), (false, 4, 5));
    assert!(
        report.complaints[0].contains("given up after 4 retries"),
        "{report:?}"
    );
}

#[tokio::test]
async fn partial_success_is_counted_and_never_retried() {
    use fleet::otlp::batch::Signal;
    let traces: Vec<_> = requests()
        .into_iter()
        .filter(|r| r.signal() == Signal::Traces)
        .take(1)
        .collect();
    let (report, calls) = send(Protocol::Grpc, vec![Say::Rejected(3)], traces).await;
    assert_eq!(
        (report.refused.spans, report.lossless(), calls),
        (3, false, 1)
    );
    assert!(report.complaints[0].contains("span_id"), "{report:?}");
}

#[tokio::test]
async fn nobody_listening_is_reported_after_the_last_try() {
    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for protocol in [Protocol::Grpc, Protocol::Http] {
        let mut sender = Sender::new(target(port, port, protocol)).unwrap();
        sender.send(requests().remove(0)).await;
        let report = sender.finish().await;
        assert_eq!(
            (report.lossless(), report.retries),
            (false, 4),
            "{report:?}"
        );
    }
    let mut tls = target(port, port, Protocol::Grpc);
    tls.grpc = "https://127.0.0.1:1".to_owned();
    assert!(Sender::new(tls).is_err());
}

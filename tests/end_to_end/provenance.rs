//! Which of several sources an invocation's figures are taken from, and what is said of where they come from.

use std::sync::Arc;

use serde_json::{Value, json};
use store::Store;
use store::model::{FunctionId, InitKind, InvocationFact, Status, ToldBy};
use store::write::{Attempt, Batch, RowSink};

use crate::harness::{end_engine, migrated_engine, rows};

fn fact(id: &str, told_by: ToldBy) -> InvocationFact {
    let function = FunctionId {
        provider: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        name: "checkout".into(),
    };
    InvocationFact::new(function, id.to_owned(), told_by, store::clock::now())
}

async fn insert(store: &Store, token: &str, facts: &[InvocationFact]) {
    let mut batch = Batch::default();
    facts.iter().for_each(|fact| batch.invocation(fact));
    let batch = Arc::new(batch);
    let refused = store.insert(&batch, token, Attempt::First, |_| true);
    assert!(refused.await.expect("inserted").is_empty());
}

/// The columns `of` of the invocation `id`.
async fn told(store: &Store, id: &str, of: &str) -> Value {
    let sql = format!("SELECT {of} FROM invocations WHERE invocation_id = '{id}'");
    let mut found = rows(store, &sql).await;
    assert_eq!(found.len(), 1, "{id}");
    found.remove(0)
}

/// A source, what it says of a cold start, and whether that is a guess.
type Said = (ToldBy, bool, bool);

/// Facts that say how an invocation started.
fn starts(id: &str, said: &[Said]) -> Vec<InvocationFact> {
    said.iter()
        .map(|(by, cold, inferred)| InvocationFact {
            cold_start: Some(*cold),
            cold_start_inferred: *inferred,
            ..fact(id, *by)
        })
        .collect()
}

#[tokio::test]
async fn each_figure_is_the_best_sources_and_says_so() {
    let (data, engine, store) = migrated_engine().await;
    cold_starts(&store).await;
    figures(&store).await;
    ends(&store).await;
    end_engine(data, engine).await;
}

/// An explicit word before an init span before a report before a guess; what was initialised ahead of need
/// is never cold.
async fn cold_starts(store: &Store) {
    let (span, init, report) = (ToldBy::Span, ToldBy::InitSpan, ToldBy::ReportLine);
    let cases: [(&str, &[Said], Value); 5] = [
        (
            "a",
            &[(span, false, false), (init, true, false)],
            json!([0, "measured"]),
        ),
        (
            "b",
            &[(init, true, false), (report, false, false)],
            json!([1, "measured"]),
        ),
        (
            "c",
            &[(report, true, false), (span, false, true)],
            json!([1, "derived"]),
        ),
        ("d", &[(span, true, true)], json!([1, "assumed"])),
        ("e", &[], json!([null, ""])),
    ];
    let mut facts = Vec::new();
    for (id, said, _) in &cases {
        facts.extend(starts(id, said));
        facts.push(fact(id, ToldBy::HostLog));
    }
    for (id, kind) in [
        ("f", InitKind::Provisioned),
        ("g", InitKind::ManagedInstance),
    ] {
        facts.extend(starts(id, &[(span, true, false), (report, true, false)]));
        facts.push(InvocationFact {
            init_kind: Some(kind),
            ..fact(id, ToldBy::PlatformReport)
        });
    }
    insert(store, "starts", &facts).await;
    for (id, said, expected) in cases {
        let row = told(store, id, "cold_start, cold_start_provenance").await;
        let row = json!([row["cold_start"], row["cold_start_provenance"]]);
        assert_eq!(row, expected, "{said:?}");
    }
    for id in ["f", "g"] {
        assert_eq!(told(store, id, "cold_start").await["cold_start"], 0, "{id}");
    }
}

/// What the platform counted before what the function said.
async fn figures(store: &Store) {
    let by_span = InvocationFact {
        duration_ms: Some(90.0),
        memory_size_mb: Some(1_024),
        trace_id: "aa".repeat(16),
        ..fact("h", ToldBy::Span)
    };
    let by_init = InvocationFact {
        init_duration_ms: Some(300.0),
        trace_id: "ff".repeat(16),
        ..fact("h", ToldBy::InitSpan)
    };
    insert(store, "function", &[by_span, by_init]).await;
    let of = "duration_ms, duration_provenance, memory_size_mb, memory_provenance, init_duration_ms, \
              init_provenance, billed_provenance, trace_id, with_span, synthesised, own_runtime";
    let expected = json!({"duration_ms": 90, "duration_provenance": "derived",
        "memory_size_mb": 1024, "memory_provenance": "derived", "init_duration_ms": 300,
        "init_provenance": "derived", "billed_provenance": "", "trace_id": "aa".repeat(16),
        "with_span": 1, "synthesised": 0, "own_runtime": 0});
    assert_eq!(told(store, "h", of).await, expected);
    let by_report = |id: &str| InvocationFact {
        duration_ms: Some(80.0),
        billed_duration_ms: Some(331.0),
        init_duration_ms: Some(250.5),
        platform_memory_size_mb: Some(512),
        platform_runtime: "provided:al2023.v66".into(),
        trace_id: "bb".repeat(16),
        ..fact(id, ToldBy::ReportLine)
    };
    insert(store, "platform", &[by_report("h"), by_report("i")]).await;
    let mut expected = json!({"duration_ms": 80, "duration_provenance": "measured",
        "memory_size_mb": 512, "memory_provenance": "measured", "init_duration_ms": 250.5,
        "init_provenance": "measured", "billed_provenance": "measured",
        "trace_id": "aa".repeat(16), "with_span": 1, "synthesised": 0, "own_runtime": 1});
    assert_eq!(told(store, "h", of).await, expected);
    // Without a span it is our reconstruction, in the platform's trace.
    expected["trace_id"] = json!("bb".repeat(16));
    (expected["with_span"], expected["synthesised"]) = (json!(0), json!(1));
    assert_eq!(told(store, "i", of).await, expected);
}

/// Killed with all memory used is out of memory, whoever tells which half; a throttled one never ran.
async fn ends(store: &Store) {
    let killed = |id: &str| InvocationFact {
        status: Status::Error,
        error_type: "Runtime.ExitError".into(),
        ..fact(id, ToldBy::HostLog)
    };
    let used = |id: &str, used_mb: u32| InvocationFact {
        platform_memory_size_mb: Some(128),
        memory_used_mb: Some(used_mb),
        ..fact(id, ToldBy::ReportLine)
    };
    let refused = InvocationFact {
        throttled: true,
        status: Status::Error,
        ..fact("n", ToldBy::RequestLog)
    };
    let facts = [
        killed("k"),
        used("k", 128),
        killed("l"),
        used("l", 127),
        killed("m"),
        refused,
    ];
    insert(store, "ends", &facts).await;
    for (id, status, throttled) in [
        ("k", "out_of_memory", 0),
        ("l", "error", 0),
        ("m", "error", 0),
        ("n", "error", 1),
    ] {
        let row = told(store, id, "status, throttled").await;
        assert_eq!(
            row,
            json!({"status": status, "throttled": throttled}),
            "{id}"
        );
    }
}

//! Who is behind a function's runs, before a change and since.

use store::model::UnixNano;
use store::read::Window;
use store::read::callers::{Caller, of};

use crate::harness::{end_engine, migrated_engine};

const ID: &str = "aws:1:eu-central-1:resize";
const SHOP: &str = "aws:1:eu-central-1:shop";

/// So many runs of `ID` in each of the two hours: of a client's span of the shop, of a message that the shop
/// sent, of itself, of nobody known; and a server's span within each run, which is none.
fn spans(hour: u32, [called, sent, own, unknown]: [u32; 4]) -> String {
    let mut rows = Vec::new();
    let mut span = |trace: &str,
                    span: &str,
                    parent: &str,
                    kind: &str,
                    function: &str,
                    link: &str| {
        let links = match link {
            "" => "[], []".to_owned(),
            link => format!("['{link}'], ['out']"),
        };
        rows.push(format!(
            "('2026-03-10 {hour}:10:00', '{trace}', '{span}', '{parent}', '{kind}', '{function}', {links})"
        ));
    };
    let mut run = |trace: &str, parent: &str, kind: &str, link: &str| {
        let run = format!("{trace}-run");
        span(trace, &run, parent, kind, ID, link);
        span(trace, &format!("{trace}-http"), &run, "Server", ID, "");
    };
    for n in 0..called {
        run(&format!("{hour}-called-{n}"), "out", "Server", "");
    }
    for n in 0..sent {
        run(
            &format!("{hour}-sent-{n}"),
            "",
            "Consumer",
            &format!("{hour}-sender-{n}"),
        );
    }
    for n in 0..own {
        run(&format!("{hour}-own-{n}"), "out", "Server", "");
    }
    for n in 0..unknown {
        run(&format!("{hour}-unknown-{n}"), "elsewhere", "Server", "");
    }
    for n in 0..called {
        span(&format!("{hour}-called-{n}"), "out", "", "Client", SHOP, "");
    }
    for n in 0..sent {
        span(
            &format!("{hour}-sender-{n}"),
            "out",
            "",
            "Producer",
            SHOP,
            "",
        );
    }
    for n in 0..own {
        span(&format!("{hour}-own-{n}"), "out", "", "Client", ID, "");
    }
    rows.join(", ")
}

#[tokio::test]
async fn runs_are_their_callers_over_calls_and_messages_and_calls_of_itself_are_its_own() {
    let (data, engine, store) = migrated_engine().await;
    for (hour, runs) in [(9, [3, 0, 0, 2]), (10, [4, 5, 6, 1]), (11, [9, 9, 9, 9])] {
        let insert = format!(
            "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanKind, FunctionId, \
             Links.TraceId, Links.SpanId) VALUES {}",
            spans(hour, runs)
        );
        store.query(&insert).execute().await.expect("inserted");
    }
    let at = |hour: i64| UnixNano::from_secs(1_773_100_800 + 3_600 * hour);
    let window = |hour| Window {
        from: at(hour),
        to: at(hour + 1),
    };
    let found = of(&store, ID, window(9), window(10)).await.expect("read");
    let caller = |after, caller: &str, runs| Caller {
        after,
        caller: caller.to_owned(),
        runs,
    };
    let expected = [
        caller(true, SHOP, 9),
        caller(true, ID, 6),
        caller(false, SHOP, 3),
        caller(false, "", 2),
        caller(true, "", 1),
    ];
    assert_eq!(found, expected);
    end_engine(data, engine).await;
}

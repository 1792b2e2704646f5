//! What is told apart by ingest key: who was taken, who was refused, who brought too much.

use prost::Message;

use super::*;
use crate::config::Cardinality;
use crate::counters::KeySnapshot;
use crate::normalise::Kind;
use crate::refusal::Reason;
use crate::signal::Signal;

const SHOP: (&str, &str) = ("authorization", "Bearer shop-shop-shop-shop");
const LAB: (&str, &str) = ("authorization", "Bearer lab-lab-lab-lab-lab");

fn two_keys() -> Config {
    let key = |name: &str, key: &str| Key {
        name: name.into(),
        key: Some(Secret::new(key)),
        key_file: None,
        header: "authorization: Bearer".into(),
    };
    Config {
        keys: vec![
            key("shop", "shop-shop-shop-shop"),
            key("lab", "lab-lab-lab-lab-lab"),
        ],
        cardinality: Cardinality {
            max_span_names_per_service: 2,
            ..Cardinality::default()
        },
        ..config()
    }
}

fn named(names: &[&str]) -> Vec<u8> {
    traces(names.iter().map(|name| span(name)).collect()).encode_to_vec()
}

fn of(collector: &Collector, name: &str) -> KeySnapshot {
    let keys = collector.counters().snapshot().keys;
    let key = keys.into_iter().find(|key| key.name == name);
    key.expect("a key of the configuration")
}

#[tokio::test]
async fn what_a_key_sent_was_refused_and_overflowed_is_counted_under_its_name() {
    let store = Script::default();
    let collector = run(two_keys(), &store).await;
    let send = async |key, content, body: Vec<u8>| {
        let answer = post(&collector, "/v1/traces", &[key, content], body).await;
        answer.status.as_u16()
    };
    assert_eq!(send(SHOP, PROTOBUF, named(&["a", "b"])).await, 200);
    assert_eq!(
        send(LAB, PROTOBUF, named(&["a", "b", "id 1", "id 2"])).await,
        200
    );
    assert_eq!(send(LAB, JSON, b"no JSON".to_vec()).await, 400);
    assert_eq!(send(LAB, ("content-type", "text/plain"), vec![]).await, 415);
    let stranger = ("authorization", "Bearer somebody-else-entirely");
    assert_eq!(send(stranger, PROTOBUF, named(&["a"])).await, 401);

    let (shop, lab, anyone) = (
        of(&collector, "shop"),
        of(&collector, "lab"),
        of(&collector, ""),
    );
    assert_eq!(shop.items_accepted[0], (Signal::Traces, 2));
    assert_eq!((shop.refused, shop.overflowed), (vec![], vec![]));
    assert_eq!(lab.items_accepted[0], (Signal::Traces, 4));
    let of_traces = |reason| (Signal::Traces, reason, 1);
    assert_eq!(
        lab.refused,
        [of_traces(Reason::ContentType), of_traces(Reason::Malformed)]
    );
    assert_eq!(lab.overflowed, [(Signal::Traces, Kind::SpanName, 2)]);
    let [example] = &lab.overflow_examples[..] else {
        panic!("one example: {:?}", lab.overflow_examples)
    };
    assert_eq!(
        (example.kind, example.of.as_str()),
        (Kind::SpanName, ""),
        "of no named service"
    );
    assert_eq!(anyone.refused, [of_traces(Reason::Key)]);
}

#[tokio::test]
async fn a_small_sender_is_answered_while_a_hog_fills_the_budget() {
    let mut small = two_keys();
    small.max_request_bytes = 1 << 20;
    small.max_in_flight_bytes = 2 << 20;
    let collector = Arc::new(run(small, &Script::default()).await);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    // 100 connections that send 400 kB each, again and again: 40 MB for a budget of 2.
    let body = Bytes::from(named(&["x".repeat(400_000).as_str()]));
    let hogs: Vec<_> = (0..100)
        .map(|_| {
            let (collector, body, stopped) =
                (Arc::clone(&collector), body.clone(), stopped.clone());
            tokio::spawn(async move {
                while !*stopped.borrow() {
                    post(&collector, "/v1/traces", &[SHOP, PROTOBUF], body.clone()).await;
                }
            })
        })
        .collect();
    until("the hog is refused at times", || {
        !of(&collector, "shop").refused.is_empty()
    })
    .await;
    for number in 0..50 {
        let body = named(&[&number.to_string()]);
        let answer = post(&collector, "/v1/traces", &[LAB, PROTOBUF], body).await;
        assert_eq!(answer.status, 200, "request {number} of the small sender");
    }
    stop.send_replace(true);
    for hog in hogs {
        hog.await.expect("it ended");
    }
    assert_eq!(of(&collector, "lab").refused, []);
}

//! The ports themselves: how many may come, how long they may be silent, how they are closed.

use std::io::{Read, Write};
use std::net::TcpStream;

use ::http::Method;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;

use super::*;
use crate::collector::StartError;
use crate::refusal::Reason;

/// Reads until the other side closes, on a thread of its own; an answer must come within 10 s.
async fn rest_of(mut stream: TcpStream) -> String {
    let read = move || {
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("set");
        let mut text = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    tokio::task::spawn_blocking(read).await.expect("no panic")
}

fn connect(addr: SocketAddr) -> TcpStream {
    TcpStream::connect(addr).expect("connected")
}

#[tokio::test]
async fn either_port_speaks_http_and_grpc() {
    let collector = run(config(), &Script::default()).await;
    let url = format!("http://{}/v1/traces", collector.grpc_addr());
    assert_eq!(
        send(false, Method::POST, &url, &[JSON], "{}").await.status,
        200
    );
    assert_eq!(
        send(true, Method::POST, &url, &[JSON], "{}").await.status,
        200
    );
    let address = format!("http://{}", collector.http_addr());
    let mut client = TraceServiceClient::connect(address)
        .await
        .expect("connected");
    client.export(traces(vec![span("a")])).await.expect("taken");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let hasty = Config {
        request_timeout_ms: 50,
        ..config()
    };
    let collector = run(hasty, &Script::default()).await;
    let mut stream = connect(collector.http_addr());
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 100\r\nconnection: close\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("sent");
    let mut first = [0; 200];
    let read = tokio::task::spawn_blocking(move || {
        stream
            .read(&mut first)
            .map(|n| String::from_utf8_lossy(&first[..n]).into_owned())
    });
    let answer = read.await.expect("no panic").expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 408 Request Timeout"),
        "{answer}"
    );
    assert_eq!(
        collector.counters().snapshot().traces.refused,
        [(Reason::Slow, 1)]
    );
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_leaves_nothing_behind() {
    let collector = run(config(), &Script::default()).await;
    let mut stream = connect(collector.http_addr());
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 1000000\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("sent");
    drop(stream);
    let counters = collector.counters();
    until("the connection is gone", || {
        counters.snapshot().connections_closed == 1
    })
    .await;
    // Everything it held is free again.
    let body = traces(vec![span("a")]).encode_to_vec();
    let url = format!("http://{}/v1/traces", collector.http_addr());
    assert_eq!(
        send(false, Method::POST, &url, &[PROTOBUF], body)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn silent_connections_are_closed_whatever_they_began() {
    let hasty = Config {
        idle_timeout_ms: 50,
        ..config()
    };
    let collector = run(hasty, &Script::default()).await;
    for beginning in [
        "",
        "PRI * HTT",
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\nx-slow: ",
    ] {
        for addr in [collector.http_addr(), collector.grpc_addr()] {
            let mut stream = connect(addr);
            stream.write_all(beginning.as_bytes()).expect("sent");
            assert_eq!(rest_of(stream).await, "", "{beginning:?}");
        }
    }
    let mut stream = connect(collector.http_addr());
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .expect("sent");
    assert!(
        rest_of(stream).await.starts_with("HTTP/1.1 200 OK"),
        "answered, then closed"
    );
}

#[tokio::test]
async fn more_connections_than_allowed_are_closed_at_once() {
    let narrow = Config {
        max_connections: 1,
        ..config()
    };
    let collector = run(narrow, &Script::default()).await;
    let counters = collector.counters();
    let held = connect(collector.http_addr());
    until("the first is open", || {
        counters.snapshot().connections_opened == 1
    })
    .await;
    assert_eq!(rest_of(connect(collector.http_addr())).await, "");
    assert_eq!(counters.snapshot().connections_refused, 1);
    drop(held);
    until("the first is closed", || {
        counters.snapshot().connections_closed == 1
    })
    .await;
    let url = format!("http://{}/", collector.http_addr());
    assert_eq!(send(false, Method::GET, &url, &[], "").await.status, 200);
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let collector = run(config(), &Script::default()).await;
    let mut stream = connect(collector.http_addr());
    let many = "x-a: b\r\n".repeat(1000);
    let head = format!("POST /v1/traces HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    // The collector may hang up before it has heard everything.
    let _ = stream.write_all(head.as_bytes());
    let answer = rest_of(stream).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
}

#[tokio::test]
async fn stopping_stores_what_was_taken_and_takes_nothing_more() {
    let (store, gate) = gated();
    let collector = run(config(), &store).await;
    let addr = collector.http_addr();
    let url = format!("http://{addr}/v1/traces");
    let body = traces(vec![span("a")]).encode_to_vec();
    let answer = send(false, Method::POST, &url, &[PROTOBUF], body).await;
    assert_eq!(answer.status, 200);
    store.asked(1).await;
    let idle = connect(collector.grpc_addr());
    let counters = collector.counters();
    let stopping = tokio::spawn(collector.stop());
    until("the port is closed", || TcpStream::connect(addr).is_err()).await;
    gate.add_permits(1);
    stopping.await.expect("stopped");
    assert_eq!(counters.snapshot().traces.rows_stored, 1);
    assert_eq!(rest_of(idle).await, "");
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever_and_the_next_start_goes_on() {
    let (store, _gate) = gated();
    let config = Config {
        drain_timeout_ms: 50,
        ..config()
    };
    let collector = run(config.clone(), &store).await;
    let url = format!("http://{}/v1/traces", collector.http_addr());
    let body = traces(vec![span("a")]).encode_to_vec();
    let answer = send(false, Method::POST, &url, &[PROTOBUF], body).await;
    assert_eq!(answer.status, 200);
    store.asked(1).await;
    collector.stop().await;

    let again = Script::default();
    let collector = run(config, &again).await;
    again.asked(1).await;
    until("it is stored", || {
        collector.counters().snapshot().traces.rows_stored == 1
    })
    .await;
    let token = |script: &Script| script.asked.lock().unwrap()[0].clone();
    assert_eq!(
        token(&again),
        token(&store),
        "the same rows under the same token"
    );
}

#[tokio::test]
async fn old_connections_are_closed_after_their_requests() {
    let young = Config {
        max_connection_age_ms: 20,
        ..config()
    };
    let collector = run(young, &Script::default()).await;
    let address = format!("http://{}", collector.grpc_addr());
    let mut client = TraceServiceClient::connect(address)
        .await
        .expect("connected");
    let connected = std::time::Instant::now();
    until("the connection is old", || {
        connected.elapsed() > Duration::from_millis(60)
    })
    .await;
    let outcome = client.export(traces(vec![span("a")])).await;
    outcome.expect("answered although the connection was old");
    let counters = collector.counters();
    until("the old connection is closed", || {
        counters.snapshot().connections_closed >= 1
    })
    .await;
    client
        .export(traces(vec![span("b")]))
        .await
        .expect("taken on a new connection");
    assert!(counters.snapshot().connections_opened >= 2);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let collector = run(config(), &Script::default()).await;
    let taken = Config {
        http_listen: collector.http_addr(),
        ..config()
    };
    let error = start_with(taken, Script::default())
        .await
        .err()
        .expect("refused");
    let text = error.to_string();
    let wanted = format!("listening on {} for http_listen: ", collector.http_addr());
    assert!(text.starts_with(&wanted), "{text}");
    assert!(text.ends_with("end what listens there, or set http_listen to another port"));
}

#[tokio::test]
async fn off_loopback_without_keys_it_does_not_start() {
    let open = Config {
        http_listen: SocketAddr::from(([0, 0, 0, 0], 0)),
        ..config()
    };
    let error = start_with(open, Script::default())
        .await
        .err()
        .expect("refused");
    assert!(matches!(error, StartError::Config(_)));
    assert!(
        error.to_string().contains("set keys, for example"),
        "{error}"
    );
}

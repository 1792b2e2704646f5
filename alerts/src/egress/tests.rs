//! The guard as tables, and a client against servers of every kind of bad manners.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::guard::classify;
use super::literal::literal;
use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

const INNER: &[&str] = &[
    "127.0.0.1",
    "127.255.255.255",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a00:1",
    "::127.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:1:2:3:4:5:6",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "2607:f8b0::5efe:10.0.0.1",
    "2607:f8b0::200:5efe:127.0.0.1",
    "100::1",
    "3fff::1",
    "5f00::1",
];

const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "169.253.0.1",
    "198.17.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
];

#[test]
fn inner_addresses_are_known_in_all_their_forms() {
    for text in INNER {
        assert!(classify(address(text)).is_some(), "{text}");
        assert!(
            Guard::default()
                .check("any.example", address(text))
                .is_err(),
            "{text}"
        );
    }
    for text in PUBLIC {
        assert_eq!(classify(address(text)), None, "{text}");
    }
}

#[test]
fn an_address_in_disguise_is_the_address() {
    let cases = [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("169.254.43518", "169.254.169.254"),
        ("0xa9.0xfe.0xa9.0xfe", "169.254.169.254"),
        ("0xA9FEA9FE.", "169.254.169.254"),
        ("8.8.8.8", "8.8.8.8"),
        ("[::1]", "::1"),
        ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
    ];
    for (text, is) in cases {
        assert_eq!(literal(text), Ok(Some(address(is))), "{text}");
    }
    for name in [
        "example.com",
        "a.1b",
        "10.example",
        "x",
        "0x.example",
        "localhost",
        "1e2.de",
    ] {
        assert_eq!(literal(name), Ok(None), "{name}");
    }
    let neither = [
        "256.1.1.1",
        "1.2.3.4.5",
        "127.0.0.08",
        "4294967296",
        "1.2.3.256",
        "[fe80::1%eth0]",
        "[1.2.3.4]",
        "a.1",
        "1..1",
        "[::1",
    ];
    for text in neither {
        assert_eq!(literal(text), Err(()), "{text}");
    }
}

#[test]
fn the_allow_list_opens_what_it_names_and_no_more() {
    let guard = Guard::new(&[
        "10.1.0.0/16",
        "[fd12::]/16",
        "alerts.internal",
        "*.svc.local",
        "192.168.3.4",
    ]);
    let guard = guard.expect("a list");
    let open = |host: &str, at: &str| guard.check(host, address(at)).is_ok();
    assert!(open("x", "10.1.255.255") && open("x", "::ffff:10.1.0.1") && open("x", "fd12::9"));
    assert!(open("x", "192.168.3.4") && !open("x", "192.168.3.5") && !open("x", "10.2.0.0"));
    assert!(open("alerts.internal", "10.9.9.9") && open("ALERTS.internal.", "127.0.0.1"));
    assert!(open("am.svc.local", "10.9.9.9") && !open("svc.local", "10.9.9.9"));
    assert!(
        !open("evilalerts.internal", "10.9.9.9") && !open("alerts.internal.evil.com", "10.9.9.9")
    );
    assert!(
        !open("alerts.internal", "169.254.169.254"),
        "a name alone opens no metadata"
    );
    assert!(
        !open("alerts.internal", "fd00:ec2::254"),
        "a name alone opens no metadata"
    );
    assert!(
        Guard::new(&["169.254.169.254"])
            .expect("a list")
            .check("x", address("169.254.169.254"))
            .is_ok()
    );
    for wrong in [
        "",
        "10.0.0.0/33",
        "10.0.0.0/x",
        "http://x",
        "a b",
        "*",
        "a/8",
        "x*.de",
    ] {
        assert!(Guard::new(&[wrong]).is_err(), "{wrong}");
    }
}

/// Whether an address that is written out is refused.
fn refused(target: &Target) -> bool {
    let address = literal(target.host())
        .expect("readable")
        .expect("an address");
    Guard::default().check(target.host(), address).is_err()
}

#[test]
fn targets_are_read_once_and_never_printed() {
    let target = Target::parse(" https://user:p%40ss@hooks.example:8443/services/T0/SECRET?x=1#y ")
        .expect("a target");
    assert_eq!(format!("{target:?}"), "Target(https://hooks.example/…)");
    assert_eq!(
        target.uri().to_string(),
        "https://hooks.example:8443/services/T0/SECRET?x=1"
    );
    assert_eq!(
        target.login(),
        Some(&("user".to_owned(), "p@ss".to_owned()))
    );
    let joined = Target::parse("https://api.example/base/").and_then(|t| t.join("v2/alerts?x=y"));
    assert_eq!(
        joined.expect("a target").uri().to_string(),
        "https://api.example/base/v2/alerts?x=y"
    );
    let wrong = [
        "",
        "x",
        "/x",
        "ftp://x/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://x:0/",
        "http://x:99999/",
        "http://x:/",
        "http://a b/",
        "http://256.256.256.256/",
        "http://[fe80::1%25eth0]/",
        "gopher://x",
        "http://\u{2460}.1/",
        "http://u@:80/",
    ];
    for text in wrong {
        let error = Target::parse(text).expect_err(text);
        assert!(matches!(error, Error::Address(_)), "{text}: {error}");
    }
    for inner in [
        "http://127.1/",
        "http://2852039166/latest",
        "http://[::ffff:7f00:1]/",
        "http://0x7f.0.0.1:80/",
    ] {
        let target = Target::parse(inner).expect(inner);
        assert!(refused(&target), "{inner}");
    }
}

proptest! {
    #[test]
    fn every_spelling_of_an_inner_address_is_refused(
        a in proptest::sample::select(vec![0_u8, 10, 127]), b: u8, c: u8, d: u8,
    ) {
        let sum = u32::from_be_bytes([a, b, c, d]);
        let spellings = [
            format!("{sum}"), format!("0x{sum:x}"), format!("0{sum:o}"),
            format!("{a}.{}", sum & 0xff_ffff), format!("{a}.{b}.0x{:x}", sum & 0xffff),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"), format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{:x}:{:x}]", sum >> 16, sum & 0xffff), format!("[2002:{:x}:{:x}::]", sum >> 16, sum & 0xffff),
        ];
        for host in spellings {
            let target = Target::parse(&format!("http://{host}/")).expect("an address");
            prop_assert!(refused(&target), "{}", host);
        }
    }
}

/// Names that resolve as a test wants them to, in turn.
struct Names(Vec<Vec<&'static str>>, AtomicUsize);

impl Resolve for Names {
    fn resolve(
        &self,
        _: String,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        let found = self.0[turn]
            .iter()
            .map(|text| SocketAddr::new(address(text), port))
            .collect();
        Box::pin(async move { Ok(found) })
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_whenever_it_does() {
    let names = Names(
        vec![vec!["127.0.0.1", "::1"], vec!["169.254.169.254"]],
        AtomicUsize::new(0),
    );
    let connector = Connector::with_resolver(Guard::default(), Arc::new(names));
    for _ in 0..3 {
        let error = connector
            .connect("rebinding.example", 80)
            .await
            .expect_err("refused");
        assert!(matches!(error, Error::Blocked { .. }), "{error}");
    }
}

#[tokio::test]
async fn of_several_addresses_only_permitted_ones_are_connected_to() {
    let server = Server::start(|mut stream| async move {
        let _ = stream.write_all(b"hello").await;
    });
    let names = Names(vec![vec!["10.255.255.1", "127.0.0.1"]], AtomicUsize::new(0));
    let guard = Guard::new(&["127.0.0.0/8"]).expect("a list");
    let connector = Connector::with_resolver(guard, Arc::new(names));
    let stream = connector
        .connect("both.example", server.port)
        .await
        .expect("connected");
    assert_eq!(
        stream.peer_addr().expect("a peer").ip(),
        address("127.0.0.1")
    );
}

/// A server of one behaviour, on a port of its own.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start<F, R>(behave: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(behave(stream));
            }
        });
        Self { port, connections }
    }

    /// Reads the request's head, then writes `answer`.
    fn answering(answer: &'static [u8]) -> Self {
        Self::start(move |mut stream| async move {
            head(&mut stream).await;
            let _ = stream.write_all(answer).await;
        })
    }
}

async fn head(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => seen.extend_from_slice(&buffer[..n]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}

fn client() -> Client {
    let guard = Guard::new(&["127.0.0.0/8", "localhost"]).expect("a list");
    Client::new(Connector::new(guard), &Tls::default(), "test").expect("a client")
}

fn post(url: &str, timeout: Duration) -> Request {
    Request {
        method: Method::POST,
        target: Target::parse(url).expect("a target"),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        timeout,
    }
}

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_answer_comes_back_with_its_status_and_when_to_retry() {
    let server = Server::answering(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
    let answer = client()
        .send(post(&format!("http://localhost:{}/x", server.port), SOON))
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.retry_after.as_deref(), answer.json),
        (429, Some("7"), true)
    );
    assert_eq!(&answer.body[..], b"{}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_goes_there() {
    let inner = Server::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let location = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\n\r\n",
        inner.port
    );
    let server = Server::answering(Box::leak(location.into_boxed_str()).as_bytes());
    let answer = client()
        .send(post(&format!("http://127.0.0.1:{}/x", server.port), SOON))
        .await
        .expect("an answer");
    assert_eq!(answer.status, 302);
    assert_eq!(inner.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_huge_answer_is_read_to_the_limit_only() {
    let server = Server::start(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
            .await;
        while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
    });
    let answer = client()
        .send(post(&format!("http://127.0.0.1:{}/", server.port), SOON))
        .await
        .expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (200, 64 << 10));
}

#[tokio::test]
async fn an_answer_that_drips_counts_by_its_status_when_time_is_over() {
    let server = Server::start(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 1000\r\n\r\nx")
            .await;
        std::future::pending::<()>().await;
    });
    let patience = Duration::from_millis(200);
    let answer = client()
        .send(post(
            &format!("http://127.0.0.1:{}/", server.port),
            patience,
        ))
        .await
        .expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (202, b"x".as_slice()));
}

#[tokio::test]
async fn who_never_answers_is_not_waited_for() {
    let server = Server::start(|mut stream| async move {
        head(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let begun = Instant::now();
    let patience = Duration::from_millis(100);
    let error = client()
        .send(post(
            &format!("http://127.0.0.1:{}/", server.port),
            patience,
        ))
        .await
        .expect_err("late");
    assert_eq!(
        error,
        Error::Timeout {
            host: "127.0.0.1".to_owned(),
            limit: patience
        }
    );
    assert!(begun.elapsed() < SOON);
}

#[tokio::test]
async fn each_kind_of_silence_has_its_name() {
    let closing = Server::start(|mut stream| async move {
        head(&mut stream).await;
    });
    let error = client()
        .send(post(&format!("http://127.0.0.1:{}/", closing.port), SOON))
        .await;
    assert_eq!(
        error.expect_err("closed"),
        Error::Broken("127.0.0.1".to_owned())
    );

    let plain = Server::start(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let error = client()
        .send(post(&format!("https://127.0.0.1:{}/", plain.port), SOON))
        .await;
    assert!(matches!(error, Err(Error::Tls { .. })), "{error:?}");

    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let error = client().send(post(&format!("http://{free}/"), SOON)).await;
    assert_eq!(
        error.expect_err("nobody"),
        Error::Connect("127.0.0.1".to_owned())
    );

    let strict =
        Client::new(Connector::new(Guard::default()), &Tls::default(), "test").expect("a client");
    let error = strict
        .send(post(
            &format!("http://localhost:{}/secret", plain.port),
            SOON,
        ))
        .await
        .expect_err("blocked");
    assert_eq!(
        error,
        Error::Blocked {
            host: "localhost".to_owned(),
            inner: Inner::Loopback
        }
    );
    assert!(!error.to_string().contains("secret"));
}

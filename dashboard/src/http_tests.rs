//! The dashboard from outside, over a store that does not answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER,
    SET_COOKIE, WWW_AUTHENTICATE,
};
use http::{Request, StatusCode};
use tower::ServiceExt;

use crate::config::Config;
use crate::{router, testing};

const PAGES: [&str; 19] = [
    "/",
    "/findings",
    "/findings/0123456789abcdef",
    "/slos",
    "/slos/checkout",
    "/slos/report",
    "/slos/checkout/report",
    "/dora",
    "/functions",
    "/functions/aws:1:eu:checkout",
    "/traces",
    "/traces/0123456789abcdef0123456789abcdef",
    "/logs",
    "/series",
    "/costs",
    "/costs/aws:1:eu:checkout",
    "/advice",
    "/ingest",
    "/connect",
];

fn dashboard(password: Option<&str>) -> Router {
    let config = Config {
        password: password.map(str::to_owned),
        ..Config::default()
    };
    let from = SocketAddr::from(([127, 0, 0, 1], 50_000));
    router::router(testing::app(config)).layer(MockConnectInfo(from))
}

async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    send(router, method, path, headers, "").await
}

async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:8080");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Body::from(body.to_owned()))
        .expect("a request");
    router.clone().oneshot(request).await.expect("an answer")
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[tokio::test]
async fn every_page_says_that_the_store_is_away_and_when_to_come_back() {
    let router = dashboard(None);
    for path in PAGES {
        let response = ask(&router, "GET", path, &[]).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.headers()[RETRY_AFTER], "5", "{path}");
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{path}");
        let page = text(response).await;
        assert!(
            page.contains("The store does not answer") && page.contains("Try again"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn tables_and_the_api_answer_errors_as_json() {
    let router = dashboard(None);
    let tables = [
        "/functions.json",
        "/logs.csv",
        "/functions/aws:1:eu:x.json",
        "/overview.csv",
        "/deploys.json",
        "/deploys.csv",
    ];
    for path in tables.into_iter().chain([
        "/api/v1/functions",
        "/api/v1/functions/aws:1:eu:x",
        "/api/v1/deploys",
    ]) {
        let response = ask(&router, "GET", path, &[]).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/json",
            "{path}"
        );
        assert!(text(response).await.contains("\"next\":"), "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_before_the_store_is_asked() {
    let router = dashboard(None);
    for path in [
        "/functions?from=yesterday",
        "/functions?sort=%27%3B%20DROP",
        "/traces?min=fast",
        "/traces/xyz",
        "/traces/0123456789abcdef0123456789abcdeg",
        "/logs?trace=%27%20OR%201%3D1",
        "/logs?before=1",
        "/series?page=-1&from=now-0h",
        "/slos/%27%20OR%201%3D1",
        "/slos/Checkout",
        "/slos/report?at=soon",
        "/slos/checkout/report?by=%27",
        "/dora?by=day",
        "/findings?state=ajar",
        "/findings?kind=%27%20OR%201%3D1",
        "/findings?severity=dire",
        "/findings?page=0",
        "/findings/0123456789ABCDEF",
        "/findings/0123456789abcde",
        "/findings/%27%20OR%201%3D1%20--%20x",
        "/?tz=Mars%2FOlympus",
        "/costs?month=2026-13",
        "/costs?by=colour",
        "/costs?if=book:none",
        "/costs?sort=%27",
        "/costs/focus.csv?month=soon",
    ] {
        let response = ask(&router, "GET", path, &[]).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let page = text(response).await;
        assert!(
            page.contains("cannot be understood") && !page.contains("DROP TABLE"),
            "{path}"
        );
    }
    let long = format!("/logs?q={}", "a".repeat(9_000));
    assert_eq!(
        ask(&router, "GET", &long, &[]).await.status(),
        StatusCode::URI_TOO_LONG
    );
}

const ANNOUNCEMENT: &str = r#"{"function":"aws:1:eu:checkout","version":"42"}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn an_announcement_that_cannot_be_taken_says_why_and_what_to_do() {
    let router = dashboard(None);
    let cases = [
        (JSON, "{", StatusCode::BAD_REQUEST, "no announcement"),
        (
            JSON,
            "{\"function\":\"f\",\"version\":\"\"}",
            StatusCode::BAD_REQUEST,
            "version",
        ),
        (
            ("content-type", "text/plain"),
            ANNOUNCEMENT,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "application/json",
        ),
        (
            JSON,
            ANNOUNCEMENT,
            StatusCode::SERVICE_UNAVAILABLE,
            "nothing is kept",
        ),
    ];
    for (kind, body, status, words) in cases {
        let response = send(&router, "POST", "/api/v1/deploys", &[kind], body).await;
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/json",
            "{body}"
        );
        let said = text(response).await;
        assert!(
            said.contains(words) && said.contains("\"next\":"),
            "{body}: {said}"
        );
    }
    let large = format!("[{ANNOUNCEMENT}{}]", " ".repeat(300_000));
    let response = send(&router, "POST", "/api/v1/deploys", &[JSON], &large).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let larger_than_a_form = format!("{ANNOUNCEMENT}{}", " ".repeat(20_000));
    let response = send(
        &router,
        "POST",
        "/api/v1/deploys",
        &[JSON],
        &larger_than_a_form,
    )
    .await;
    assert_eq!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "it was read"
    );
}

#[tokio::test]
async fn who_may_not_see_may_not_announce_and_another_site_never() {
    let router = dashboard(Some("a long enough password"));
    let path = "/api/v1/deploys";
    let stranger = send(&router, "POST", path, &[JSON], ANNOUNCEMENT).await;
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let bearer = ("authorization", "Bearer a long enough password");
    let caller = send(&router, "POST", path, &[JSON, bearer], ANNOUNCEMENT).await;
    assert_eq!(
        caller.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "let in, and the store is away"
    );
    let open = dashboard(None);
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let response = send(&open, "POST", path, &[JSON, foreign], ANNOUNCEMENT).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{foreign:?}");
    }
    let list = ask(&router, "GET", path, &[]).await;
    assert_eq!(list.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn unknown_addresses_are_pages_too_and_lead_nowhere_else() {
    let router = dashboard(None);
    let response = ask(&router, "GET", "/%3Cscript%3Ealert(1)'", &[]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(text(response).await.contains("alert(1)&#39;"), "escaped");
    let response = ask(&router, "GET", "/functions/?from=now-1h", &[]).await;
    assert_eq!(response.headers()[LOCATION], "/functions?from=now-1h");
    for path in ["//evil.example/", "/%5Cevil.example/"] {
        let response = ask(&router, "GET", path, &[]).await;
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|l| l.to_str().ok());
        assert!(
            location.is_none_or(|l| !l.starts_with("//") && !l.starts_with("/\\")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn with_a_password_nothing_is_shown_to_strangers() {
    let router = dashboard(Some("a long enough password"));
    for path in PAGES {
        let response = ask(&router, "GET", path, &[]).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        let location = response.headers()[LOCATION].to_str().expect("text");
        assert!(location.starts_with("/login?next=%2F"), "{location}");
    }
    for path in ["/functions.json", "/logs.csv", "/api/v1/logs", "/metrics"] {
        let response = ask(&router, "GET", path, &[]).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(response.headers().contains_key(WWW_AUTHENTICATE), "{path}");
    }
    for path in ["/-/healthy", "/login"] {
        assert_eq!(
            ask(&router, "GET", path, &[]).await.status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let bearer = [("authorization", "Bearer a long enough password")];
    assert_eq!(
        ask(&router, "GET", "/metrics", &bearer).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_login_opens_the_pages_and_a_wrong_password_says_so() {
    let router = dashboard(Some("a long enough password"));
    let wrong = send(&router, "POST", "/login", &[], "password=nope&next=%2Flogs").await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let page = text(wrong).await;
    assert!(
        page.contains("not the password") && page.contains("value=\"/logs\""),
        "{page}"
    );
    let form = "password=a+long+enough+password&next=https%3A%2F%2Fevil.example";
    let right = send(&router, "POST", "/login", &[], form).await;
    assert_eq!(right.status(), StatusCode::SEE_OTHER);
    assert_eq!(right.headers()[LOCATION], "/", "never to another site");
    let cookie = right.headers()[SET_COOKIE].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a value").to_owned();
    let inside = ask(&router, "GET", "/metrics", &[("cookie", &cookie)]).await;
    assert_eq!(inside.status(), StatusCode::OK);
    ask(&router, "POST", "/logout", &[("cookie", &cookie)]).await;
    let outside = ask(&router, "GET", "/metrics", &[("cookie", &cookie)]).await;
    assert_eq!(outside.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn other_sites_change_nothing_and_foreign_names_see_nothing() {
    let router = dashboard(None);
    let foreign = [("sec-fetch-site", "cross-site")];
    let response = send(&router, "POST", "/theme", &foreign, "theme=dark").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let own = [("sec-fetch-site", "same-origin")];
    let response = send(
        &router,
        "POST",
        "/theme",
        &own,
        "theme=dark&next=//evil.example",
    )
    .await;
    assert_eq!(response.headers()[LOCATION], "/");
    assert!(
        response.headers()[SET_COOKIE]
            .to_str()
            .is_ok_and(|c| c.contains("=dark;"))
    );
    let request = Request::builder()
        .uri("/functions")
        .header("host", "evil.example");
    let request = request.body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn health_tells_the_truth_and_files_are_kept_for_ever() {
    let router = dashboard(None);
    assert_eq!(
        ask(&router, "GET", "/-/healthy", &[]).await.status(),
        StatusCode::OK
    );
    let ready = ask(&router, "GET", "/-/ready", &[]).await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(ready).await.contains("the store is away"));
    assert!(
        text(ask(&router, "GET", "/metrics", &[]).await)
            .await
            .contains("nephoscope_up 1")
    );
    let page = text(ask(&router, "GET", "/login", &[]).await).await;
    let css = page
        .split("href=\"")
        .find(|p| p.starts_with("/static/app."))
        .expect("a style");
    let css = css.split('"').next().expect("a path");
    let file = ask(&router, "GET", css, &[("accept-encoding", "gzip")]).await;
    assert_eq!(file.status(), StatusCode::OK);
    assert_eq!(file.headers()[CONTENT_ENCODING], "gzip");
    assert!(
        file.headers()[CACHE_CONTROL]
            .to_str()
            .is_ok_and(|c| c.contains("immutable"))
    );
    let none = ask(&router, "GET", "/static/..%2F..%2FCargo.toml", &[]).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn it_starts_on_a_free_port_answers_and_stops() {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    let deps = testing::deps();
    let clock: crate::Clock = Arc::new(|| testing::NOW);
    let dashboard = crate::start_with_clock(config, deps, clock)
        .await
        .expect("a dashboard");
    let address = dashboard.addr();
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    drop(stream);
    dashboard.stop().await;
    assert!(
        tokio::net::TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}

//! Aids for tests: a context without a store behind it, and what every page must hold to.

use std::net::SocketAddr;
use std::sync::Arc;

use analyzers::cost::Books;
use http::HeaderMap;
use store::Store;
use store::model::finding::{BandPoint, Part, Side, Suspect};
use store::model::{Evidence, Finding, Scope, Severity, State, UnixNano, Usage};
use store::read::functions::FunctionRow;

use crate::app::App;
use crate::config::Config;
use crate::server::{Deps, IngestAddresses};
use crate::web::context::Format;
use crate::web::{Context, PageError, Reply};

/// 2026-11-23T12:25:09Z.
pub(crate) const NOW: UnixNano = UnixNano(1_795_436_709_000_000_000);

/// The dashboard over a store that nobody answers for.
pub(crate) fn app(config: Config) -> Arc<App> {
    Arc::new(App::new(config, deps(), Arc::new(|| NOW)).expect("a dashboard"))
}

/// Parts around the dashboard that do nothing.
pub(crate) fn deps() -> Deps {
    Deps {
        store: Store::new("http://127.0.0.1:1/otel").expect("an address"),
        books: Arc::new(books()),
        slos: analyzers::slo::catalogue::Sources {
            files: Arc::new(Vec::new),
            queries: analyzers::slo::catalogue::QueriesOf::Files,
        },
        ingest: IngestAddresses {
            grpc: SocketAddr::from(([127, 0, 0, 1], 4317)),
            http: SocketAddr::from(([127, 0, 0, 1], 4318)),
        },
        ready: Arc::new(|| Box::pin(async { Err("the store is away".to_owned()) })),
        live: Arc::new(|_| None),
        metrics: Arc::new(|| "nephoscope_up 1\n".to_owned()),
        keys_required: true,
        alerting: None,
    }
}

/// The price books of the product.
pub(crate) fn books() -> Books {
    Books::load(&analyzers::cost::Config::default()).expect("the books of the product")
}

/// Use of a Lambda function in us-east-1 on the first of the month of [`NOW`].
pub(crate) fn lambda_usage(name: &str, invocations: u64, each_ms: u64, memory_mb: u32) -> Usage {
    let billed_ms = invocations * each_ms;
    Usage {
        function_id: format!("aws:123456789012:us-east-1:{name}"),
        platform: "aws_lambda".into(),
        architecture: "x86_64".into(),
        from_s: 1_793_491_200,
        memory_mb,
        invocations,
        billed_measured: invocations,
        billed_ms,
        billed_mb_ms: billed_ms * u64::from(memory_mb),
        duration_us: billed_ms * 1_000,
        ..Usage::default()
    }
}

/// A request for a page.
pub(crate) fn context(path: &str, query: &str) -> Context {
    let app = app(Config::default());
    Context::read(app, path, query, Format::Html, &HeaderMap::new())
        .map_err(|e| e.0)
        .expect("a request")
}

/// Fills the template of a reply and checks what holds for every page: nothing hostile is markup,
/// nothing breaks the policy, nothing is NaN.
pub(crate) fn html(ctx: &Context, reply: Result<Reply, PageError>) -> String {
    let Ok(Reply::Page(page)) = reply else {
        panic!("a page")
    };
    let html = page.fill(&ctx.app).expect("a filled template");
    let lower = html.to_lowercase();
    let scripts = lower.matches("<script").count();
    assert_eq!(scripts, 1, "our own script only: {html}");
    for tag in lower
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
    {
        let name = tag
            .split([' ', '/', '\n'])
            .find(|part| !part.is_empty())
            .unwrap_or("");
        assert!(
            !matches!(name, "img" | "iframe" | "object" | "style" | "b>"),
            "<{tag}>"
        );
        for attribute in [" on", "\non", " style=", "=\"javascript:", "=\"data:"] {
            // Attribute values are escaped, so what looks like an attribute is one.
            let outside: String = tag.split('"').step_by(2).collect();
            assert!(
                !outside.contains(attribute) && !tag.contains("\"javascript:"),
                "<{tag}>"
            );
        }
    }
    assert!(!html.contains("NaN") && !html.contains("inf%"), "{html}");
    assert!(html.contains("<main id=\"main\""), "{html}");
    html
}

/// A function whose every text wants to be markup.
pub(crate) fn hostile_function(name: &str) -> FunctionRow {
    let id = store::model::FunctionId {
        provider: "aws".into(),
        account: "<b>1</b>".into(),
        region: "\"><script>region()</script>".into(),
        name: name.into(),
    };
    FunctionRow {
        function_id: id.to_string(),
        provider: id.provider,
        account: id.account,
        region: id.region,
        name: id.name,
        platform: "<i>platform</i>".into(),
        runtime: "'><img src=x onerror=alert(1)>".into(),
        architecture: "arm64".into(),
        service_name: "<script>service()</script>".into(),
        memory_size_mb: Some(512),
        first_seen_ms: NOW.as_millis() - 90_000_000,
        last_seen_ms: NOW.as_millis() - 5_000,
        sends_spans: true,
        sends_logs: true,
        sends_metrics: false,
    }
}

/// An open finding of a kind, with everything that one can carry.
pub(crate) fn finding(kind: &str) -> Finding {
    let ms = NOW.as_millis();
    Finding {
        id: "0123456789abcdef".into(),
        kind: kind.into(),
        scope: Scope::Function,
        subject: "aws:123456789012:eu-central-1:checkout".into(),
        function_id: "aws:123456789012:eu-central-1:checkout".into(),
        version: "42".into(),
        detail: String::new(),
        state: State::Open,
        severity: Severity::Medium,
        confidence: 0.99,
        p_value: Some(0.000_1),
        began_at: UnixNano::from_millis(ms - 7_200_000),
        detected_at: UnixNano::from_millis(ms - 3_600_000),
        updated_at: UnixNano::from_millis(ms - 60_000),
        closed_at: None,
        closed_because: String::new(),
        title: "Cold starts of checkout are 44 % slower since version 42".into(),
        sentence: "Cold starts of checkout take 260 ms since version 42, 180 ms before.".into(),
        relative: Some(0.44),
        interval: Some((0.38, 0.51)),
        before: Some(180.0),
        after: Some(260.0),
        unit: "ms".into(),
        ms_per_month: Some(10_800_000.0),
        micro_usd_per_month: Some(41_000_000),
        evidence: evidence(ms),
    }
}

fn evidence(now_ms: i64) -> Evidence {
    let side = |median: f64| Side {
        n: 120,
        quantiles: [0.8, 0.9, 1.0, 1.2, 1.6].map(|f| f * median),
        values: (0..40)
            .map(|i| median * (0.8 + f64::from(i) / 50.0))
            .collect(),
    };
    let point = |i: i64| BandPoint {
        at_s: now_ms / 1_000 / 3_600 * 3_600 - (23 - i) * 3_600,
        actual: (i < 18).then_some(2.0 + i as f64 / 10.0),
        expected: Some(2.0),
        low: Some(1.5),
        high: Some(2.5),
    };
    let part = |name: &str, value: f64| Part {
        name: name.into(),
        value,
        unit: "usd/h".into(),
        note: "1,200 → 3,400 an hour".into(),
    };
    Evidence {
        attack: vec!["T1190".to_owned()],
        matches: vec![store::model::Matched {
            field: "url.query".to_owned(),
            text: "<script>alert(1)</script>".to_owned(),
        }],
        events: 3,
        reasons: vec!["120 cold starts before, 40 since.".into()],
        suspects: vec![Suspect {
            what: "version 42".into(),
            why: "it appeared 3 min before".into(),
            weight: 0.9,
        }],
        parts: vec![part("more invocations", 1.2), part("shorter", -0.3)],
        before: Some(side(180.0)),
        after: Some(side(260.0)),
        band: (0..24).map(point).collect(),
        band_unit: "usd/h".into(),
        limit: Some(3.0),
        traces: vec!["ab".repeat(16), "no trace".into()],
        advice: vec!["Roll back to version 41.".into()],
        query: "SELECT 1".into(),
    }
}

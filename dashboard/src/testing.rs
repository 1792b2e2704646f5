//! Aids for tests: a context without a store behind it, and what every page must hold to.

use std::net::SocketAddr;
use std::sync::Arc;

use analyzers::cost::Books;
use http::HeaderMap;
use store::Store;
use store::model::{UnixNano, Usage};
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
        ingest: IngestAddresses {
            grpc: SocketAddr::from(([127, 0, 0, 1], 4317)),
            http: SocketAddr::from(([127, 0, 0, 1], 4318)),
        },
        ready: Arc::new(|| Box::pin(async { Err("the store is away".to_owned()) })),
        live: Arc::new(|_| None),
        metrics: Arc::new(|| "nephoscope_up 1\n".to_owned()),
        keys_required: true,
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

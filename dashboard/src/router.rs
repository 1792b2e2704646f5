//! Every URL of the dashboard, on one page.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, Method, StatusCode};

use crate::alerting;
use crate::app::App;
use crate::auth::local_path;
use crate::door;
use crate::pages::{self, PageFuture};
use crate::web::context::{Context, Format};
use crate::web::error::PageError;
use crate::web::render::{respond, respond_error};

/// Longest form we take, bytes: a password and a path.
const MAX_FORM_BYTES: usize = 8_192;
/// How long a page waits for its turn.
const WAIT_FOR_TURN: Duration = Duration::from_secs(5);

type Shared = State<Arc<App>>;
type Handler = for<'a> fn(&'a Context) -> PageFuture<'a>;

/// All pages.
pub(crate) fn router(app: Arc<App>) -> Router {
    let pages = Router::new()
        .page("/", "/overview", |ctx| Box::pin(pages::overview::page(ctx)))
        .page("/findings", "/findings", |ctx| {
            Box::pin(pages::findings::page(ctx))
        })
        .item("/findings/{id}", |ctx| {
            Box::pin(pages::findings::one::page(ctx))
        })
        .route(
            "/findings/{id}/feedback",
            post(pages::findings::feedback::form),
        )
        .route(
            "/api/v1/findings/{id}/feedback",
            post(pages::findings::feedback::api),
        )
        .page("/threats", "/threats", |ctx| {
            Box::pin(pages::threats::page(ctx))
        })
        .route(
            "/threats/layer.json",
            serve(|ctx| Box::pin(pages::threats::layer(ctx)), ""),
        )
        .page("/functions", "/functions", |ctx| {
            Box::pin(pages::functions::page(ctx))
        })
        .item("/functions/{id}", |ctx| {
            Box::pin(pages::function::page(ctx))
        })
        .page("/traces", "/traces", |ctx| {
            Box::pin(pages::traces::page(ctx))
        })
        .item("/traces/{id}", |ctx| Box::pin(pages::trace::page(ctx)))
        .page("/series", "/series", |ctx| {
            Box::pin(pages::series::page(ctx))
        })
        .page("/logs", "/logs", |ctx| Box::pin(pages::logs::page(ctx)))
        .page("/costs", "/costs", |ctx| Box::pin(pages::costs::page(ctx)))
        .route(
            "/costs/focus.csv",
            serve(
                |ctx| Box::pin(pages::costs::focus::page(ctx)),
                "/costs/focus",
            ),
        )
        .item("/costs/{id}", |ctx| {
            Box::pin(pages::costs::function::page(ctx))
        })
        .page("/dora", "/dora", |ctx| Box::pin(pages::dora::page(ctx)))
        .merge(slos())
        .merge(alerts())
        .merge(incidents())
        .page("/advice", "/advice", |ctx| {
            Box::pin(pages::advice::page(ctx))
        })
        .page("/ingest", "/ingest", |ctx| {
            Box::pin(pages::ingest::page(ctx))
        })
        .page("/connect", "/connect", |ctx| {
            Box::pin(pages::connect::page(ctx))
        })
        .route(
            "/deploys.json",
            serve(|ctx| Box::pin(pages::deploys::list(ctx)), "/deploys"),
        )
        .route(
            "/deploys.csv",
            serve(|ctx| Box::pin(pages::deploys::list(ctx)), "/deploys"),
        )
        .route(
            "/api/v1/deploys",
            serve(|ctx| Box::pin(pages::deploys::list(ctx)), "/deploys")
                .post(pages::deploys::announce::announce)
                .layer(DefaultBodyLimit::max(pages::deploys::body::BODY_BYTES)),
        )
        .route(
            "/api/v1/verdict",
            serve(|ctx| Box::pin(pages::verdict::page(ctx)), "/verdict"),
        )
        .route("/metrics", get(pages::ops::metrics))
        .route("/logout", post(pages::login::log_out))
        .merge(
            app.alerting
                .as_ref()
                .map_or_else(Router::new, alerting::routes),
        )
        .layer(from_fn_with_state(
            Arc::clone(&app.door),
            door::require_login,
        ));
    Router::new()
        .merge(pages)
        .route("/login", get(pages::login::form).post(pages::login::log_in))
        .route("/theme", post(pages::login::set_theme))
        .route("/-/healthy", get(pages::ops::healthy))
        .route("/-/ready", get(pages::ops::ready))
        // Whoever runs a runbook has no password but its token.
        .route(
            "/api/v1/incidents/{id}/runs/{run}/result",
            post(pages::incidents::result::take),
        )
        .route("/static/{name}", get(pages::ops::asset))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app.door), door::around))
        .with_state(app)
}

/// SLOs, with the addresses that change them.
fn slos() -> Router<Arc<App>> {
    let one = || serve(|ctx| Box::pin(pages::slos::one::page(ctx)), "");
    let list = || serve(|ctx| Box::pin(pages::slos::page(ctx)), "/slos");
    let report = || serve(|ctx| Box::pin(pages::slos::report::of_one(ctx)), "");
    Router::new()
        .route("/slos", list().post(pages::slos::write::form))
        .route("/slos.json", list())
        .route("/slos.csv", list())
        .route("/api/v1/slos", list())
        .route(
            "/api/v1/slos/proposed",
            serve(|ctx| Box::pin(pages::slos::proposed(ctx)), "/slos"),
        )
        .page("/slos/report", "/slos/report", |ctx| {
            Box::pin(pages::slos::report::all(ctx))
        })
        .item("/slos/{name}/report", |ctx| {
            Box::pin(pages::slos::report::of_one(ctx))
        })
        .route("/slos/{name}/report.json", report())
        .route("/slos/{name}/report.csv", report())
        .route("/slos/{name}", one().post(pages::slos::write::form))
        .route(
            "/slos/{name}/badge.svg",
            serve(|ctx| Box::pin(pages::slos::badge::page(ctx)), ""),
        )
        .route(
            "/api/v1/slos/{name}",
            one()
                .put(pages::slos::write::api)
                .delete(pages::slos::write::api),
        )
}

/// Alerts, with the forms that change something of them.
fn alerts() -> Router<Arc<App>> {
    Router::new()
        .page("/alerts", "/alerts", |ctx| {
            Box::pin(pages::alerts::page(ctx))
        })
        .item("/alerts/{id}", |ctx| Box::pin(pages::alerts::one(ctx)))
        .merge(alert_list(
            "/alerts/silences",
            |ctx| Box::pin(pages::alerts::silences(ctx)),
            post(pages::alerts::silence_form),
        ))
        .route(
            "/alerts/silences/new",
            serve(|ctx| Box::pin(pages::alerts::new_silence(ctx)), ""),
        )
        .item("/alerts/silences/{id}", |ctx| {
            Box::pin(pages::alerts::silence(ctx))
        })
        .merge(alert_list(
            "/alerts/deliveries",
            |ctx| Box::pin(pages::alerts::deliveries(ctx)),
            post(pages::alerts::deliveries_form),
        ))
        .merge(alert_list(
            "/alerts/routes",
            |ctx| Box::pin(pages::alerts::routes(ctx)),
            post(pages::alerts::routes_form),
        ))
        .merge(alert_list(
            "/alerts/dry-run",
            |ctx| Box::pin(pages::alerts::dry_run(ctx)),
            post(pages::alerts::dry_run_form),
        ))
}

/// A page with its table in other formats, and the form on it.
fn alert_list(
    path: &'static str,
    handler: Handler,
    form: MethodRouter<Arc<App>>,
) -> Router<Arc<App>> {
    Router::new()
        .route(path, serve(handler, path).merge(form))
        .route(&format!("{path}.json"), serve(handler, path))
        .route(&format!("{path}.csv"), serve(handler, path))
        .route(&format!("/api/v1{path}"), serve(handler, path))
}

/// Incidents, with what people want of them.
fn incidents() -> Router<Arc<App>> {
    let list = || {
        serve(
            |ctx| Box::pin(pages::incidents::page(ctx)),
            "/alerts/incidents",
        )
    };
    let one = || serve(|ctx| Box::pin(pages::incidents::one::page(ctx)), "");
    Router::new()
        .route("/alerts/incidents", list())
        .route("/alerts/incidents.json", list())
        .route("/alerts/incidents.csv", list())
        .route("/api/v1/incidents", list())
        .route(
            "/alerts/incidents/{id}",
            one().post(pages::incidents::act::form),
        )
        .route(
            "/api/v1/incidents/{id}",
            one().post(pages::incidents::act::api),
        )
}

trait Pages {
    /// A list: the page itself, its table as `.json` and `.csv`, and under `/api/v1`.
    fn page(self, path: &'static str, table: &'static str, handler: Handler) -> Self;
    /// One thing of a list; the format stands at the end of its id.
    fn item(self, path: &'static str, handler: Handler) -> Self;
}

impl Pages for Router<Arc<App>> {
    fn page(self, path: &'static str, table: &'static str, handler: Handler) -> Self {
        self.route(path, serve(handler, path))
            .route(&format!("{table}.json"), serve(handler, path))
            .route(&format!("{table}.csv"), serve(handler, path))
            .route(&format!("/api/v1{table}"), serve(handler, path))
    }

    fn item(self, path: &'static str, handler: Handler) -> Self {
        self.route(path, serve(handler, ""))
            .route(&format!("/api/v1{path}"), serve(handler, ""))
    }
}

/// A page as a route. `fixed` is the page's own path; empty for those whose path holds an id.
fn serve(handler: Handler, fixed: &'static str) -> MethodRouter<Arc<App>> {
    get(move |State(app): Shared, request: Request| async move {
        let raw = request.uri().path();
        let (path, format) = match raw.strip_prefix("/api/v1") {
            Some(path) => (path, Format::Json),
            None => Format::split(raw),
        };
        let path = if fixed.is_empty() { path } else { fixed };
        app.open.refresh(&app.store, app.now()).await;
        let query = request.uri().query().unwrap_or("");
        let ctx = match Context::read(Arc::clone(&app), path, query, format, request.headers()) {
            Ok(ctx) => ctx,
            Err((bad, ctx)) => return respond_error(&ctx, &PageError::Bad(bad)),
        };
        let turn = tokio::time::timeout(WAIT_FOR_TURN, app.pages.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return respond_error(&ctx, &PageError::Busy);
        };
        let answer = handler(&ctx).await;
        respond(&ctx, answer)
    })
}

async fn not_found(State(app): Shared, request: Request) -> Response {
    let path = request.uri().path();
    // A trailing slash is a slip of the finger, not another page.
    if let Some(stem) = path
        .strip_suffix('/')
        .filter(|stem| local_path(stem) == *stem)
        && request.method() == Method::GET
    {
        let query = request
            .uri()
            .query()
            .map_or(String::new(), |query| format!("?{query}"));
        if let Ok(location) = HeaderValue::from_str(&format!("{stem}{query}")) {
            let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
            response.headers_mut().insert(LOCATION, location);
            response
                .headers_mut()
                .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            return response;
        }
    }
    let (stem, format) = Format::split(path);
    let error = PageError::NotFound {
        what: format!("There is no page {}.", crate::format::bounded(path, 120)),
        help: "Choose one from the navigation.".to_owned(),
    };
    // Whoever asks for what is not there may be a stranger, who learns nothing of findings.
    let hidden = |ctx: Context| Context {
        open: Default::default(),
        ..ctx
    };
    match Context::read(app, stem, "", format, request.headers()) {
        Ok(ctx) => respond_error(&hidden(ctx), &error),
        Err((bad, ctx)) => respond_error(&hidden(*ctx), &PageError::Bad(bad)),
    }
}

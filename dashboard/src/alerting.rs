//! Alerting's own doors, `/api/v2` and `POST /-/reload`: beside the pages, or by themselves where
//! alerting runs alone. Whoever sees pages may also silence: there is one password.

use std::fmt;
use std::sync::Arc;

use alerts::run::Handle;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;

use crate::config::Config;
use crate::door::{self, Door};
use crate::pages::ops;
use crate::server::{BoxFuture, Clock, Dashboard, StartError, bind, listen};
use crate::web::render::with_type;

const TEXT: &str = "text/plain; charset=utf-8";

/// Alerting, as far as requests reach it.
#[derive(Clone)]
pub struct Alerting {
    /// The way to its owner.
    pub handle: Handle,
    /// Reads the configuration anew; the error says what is wrong with it, and the old one stays.
    pub reload: Arc<dyn Fn() -> BoxFuture<Result<(), String>> + Send + Sync>,
}

impl fmt::Debug for Alerting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alerting")
    }
}

/// What is served of it.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(alerting: &Alerting) -> Router<S> {
    let again = Arc::clone(&alerting.reload);
    let reload = move || async move { reloaded(again().await) };
    alerts::api::router(alerting.handle.clone()).route("/-/reload", post(reload))
}

fn reloaded(came: Result<(), String>) -> Response {
    match came {
        Ok(()) => with_type(StatusCode::OK, TEXT, String::new()),
        Err(reason) => with_type(
            StatusCode::INTERNAL_SERVER_ERROR,
            TEXT,
            format!("failed to reload config: {reason}\n"),
        ),
    }
}

/// Serves alerting without any pages, where `dashboard.listen` says.
///
/// # Errors
/// [`StartError`] says which setting to change.
pub async fn start_alone(
    config: Config,
    alerting: Alerting,
    metrics: Arc<dyn Fn() -> String + Send + Sync>,
) -> Result<Dashboard, StartError> {
    config.validate()?;
    let (listener, address) = bind(config.listen).await?;
    let clock: Clock = Arc::new(store::clock::now);
    // Hashing a plain password takes a moment; it must not hold up the other tasks.
    let door = tokio::task::spawn_blocking(move || Door::new(&config, clock));
    let door = door
        .await
        .map_err(|_| StartError::Cards("the start was cancelled".to_owned()))??;
    let door = Arc::new(door);
    let handle = alerting.handle.clone();
    let page = move || async move { ops::metrics_page(metrics()) };
    let shut = routes(&alerting)
        .route("/metrics", get(page))
        .layer(from_fn_with_state(Arc::clone(&door), door::require_login));
    let router = Router::new()
        .merge(shut)
        .route("/-/healthy", get(ops::healthy))
        .route(
            "/-/ready",
            get(move || async move { ops::ready_while(handle.is_running()) }),
        )
        .layer(from_fn_with_state(door, door::around));
    Ok(listen(listener, address, router))
}

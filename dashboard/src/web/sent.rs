//! What people and programs send to a page: the body's text, with the context of the page it is meant for.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;

use super::render::respond_error;
use super::{Context, Format};
use crate::app::App;
use crate::range::BadParameter;

/// Reads a request of at most so many bytes; what is not UTF-8 is replaced. `/api/v1` before the page's path
/// is left out, and `query` is what the page is to be read with.
///
/// # Errors
/// The answer that says what is wrong with it.
pub(crate) async fn sent(
    app: Arc<App>,
    request: Request,
    query: &str,
    format: Format,
    body_bytes_max: usize,
) -> Result<(Context, String), Response> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let ctx = match Context::read(app, path, query, format, &parts.headers) {
        Ok(ctx) => ctx,
        Err((bad, ctx)) => return Err(respond_error(&ctx, &bad.into())),
    };
    let Ok(body) = axum::body::to_bytes(body, body_bytes_max).await else {
        let reason = format!("at most {body_bytes_max} bytes are taken");
        let bad = BadParameter::new("body", "", reason);
        return Err(respond_error(&ctx, &bad.into()));
    };
    Ok((ctx, String::from_utf8_lossy(&body).into_owned()))
}

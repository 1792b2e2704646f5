//! What forms of these pages share: reading them, and going back to where they stand.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;

use crate::app::App;
use crate::range::BadParameter;
use crate::web::link::Params;
use crate::web::render::{respond, respond_error, see_other};
use crate::web::{Context, Format, PageError, Reply};

/// Longest form, bytes: a silence with the longest texts there are, each byte in three.
const BODY_BYTES_MAX: usize = 256 << 10;

/// What comes of a form.
pub(super) enum Done {
    /// Go there.
    See(String),
    /// This page, with what was sent still in it.
    Page(Reply),
}

/// Reads a form, lets `work` do what it says, and answers.
pub(super) async fn take(
    app: Arc<App>,
    request: Request,
    body_bytes_max: Option<usize>,
    work: impl AsyncFnOnce(&Context, &Params) -> Result<Done, PageError>,
) -> Response {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or("").to_owned();
    let path = parts.uri.path().to_owned();
    let ctx = match Context::read(app, &path, &query, Format::Html, &parts.headers) {
        Ok(ctx) => ctx,
        Err((bad, ctx)) => return respond_error(&ctx, &bad.into()),
    };
    let most = body_bytes_max.unwrap_or(BODY_BYTES_MAX);
    let Ok(body) = axum::body::to_bytes(body, most).await else {
        let reason = format!("at most {most} bytes are taken");
        return respond_error(&ctx, &BadParameter::new("body", "", reason).into());
    };
    let form = Params::parse(&String::from_utf8_lossy(&body));
    match work(&ctx, &form).await {
        Ok(Done::See(location)) => see_other(&location),
        Ok(Done::Page(reply)) => respond(&ctx, Ok(reply)),
        Err(error) => respond_error(&ctx, &error),
    }
}

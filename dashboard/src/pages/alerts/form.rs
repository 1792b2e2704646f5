//! What forms of these pages share: reading them, and going back to where they stand.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;

use crate::app::App;
use crate::web::link::Params;
use crate::web::render::{respond, respond_error, see_other};
use crate::web::{self, Context, Format, PageError, Reply};

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
    let query = request.uri().query().unwrap_or("").to_owned();
    let most = body_bytes_max.unwrap_or(BODY_BYTES_MAX);
    let (ctx, body) = match web::sent(app, request, &query, Format::Html, most).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let form = Params::parse(&body);
    match work(&ctx, &form).await {
        Ok(Done::See(location)) => see_other(&location),
        Ok(Done::Page(reply)) => respond(&ctx, Ok(reply)),
        Err(error) => respond_error(&ctx, &error),
    }
}

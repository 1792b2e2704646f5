//! Logging in and out, and the theme: the only things that are changed by a form.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::app::App;
use crate::auth::{Login, local_path};
use crate::web::context::{Context, Format, THEME_COOKIE, Theme};
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::Params;
use crate::web::render::{Reply, respond, respond_error, see_other};

#[derive(Serialize)]
struct LoginView {
    message: String,
    next: String,
    open: bool,
}

/// The login form.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    let params = Params::parse(request.uri().query().unwrap_or(""));
    page(
        app,
        request.headers(),
        params.get("next").unwrap_or("/"),
        String::new(),
    )
}

/// Tries the password of the form.
pub(crate) async fn log_in(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Params::parse(&body);
    let next = form.text("next");
    // `get` trims; a password may begin with a space.
    let attempt = form
        .iter()
        .find(|(key, _)| *key == "password")
        .map_or("", |(_, value)| value);
    match app.door.gate.log_in(attempt, address.ip(), app.now()).await {
        Login::Welcome(cookie) => with_cookie(see_other(local_path(&next)), &cookie),
        Login::Wrong => {
            let text = "That is not the password.".to_owned();
            let mut response = page(app, &headers, &next, text);
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
        Login::Hasty(seconds) => {
            let text = format!("Too many attempts. Try again in {seconds} seconds.");
            let mut response = page(app, &headers, &next, text);
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
    }
}

/// Ends the login.
pub(crate) async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let cookie = app.door.gate.log_out(&headers);
    with_cookie(see_other("/login"), &cookie)
}

/// Keeps the theme for a year.
pub(crate) async fn set_theme(body: String) -> Response {
    let form = Params::parse(&body);
    let theme = Theme::parse(form.get("theme").unwrap_or("")).as_str();
    let cookie = format!("{THEME_COOKIE}={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
    with_cookie(see_other(local_path(&form.text("next"))), &cookie)
}

fn page(app: Arc<App>, headers: &HeaderMap, next: &str, message: String) -> Response {
    let ctx = match Context::read(app, "/login", "", Format::Html, headers) {
        Ok(ctx) => ctx,
        Err((bad, ctx)) => return respond_error(&ctx, &bad.into()),
    };
    let open = !ctx.app.door.gate.is_shut();
    let sentence = Sentence::new(Tone::Quiet);
    let frame = Frame::new(&ctx, "Log in", sentence)
        .without_exports()
        .without_range();
    let view = LoginView {
        message,
        next: local_path(next).to_owned(),
        open,
    };
    respond(&ctx, Reply::page("login/page.html", frame, &view))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

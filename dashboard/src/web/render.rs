//! From a page's answer to an HTTP answer.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::context::{Context, Format};
use super::error::{PageError, Told};
use super::frame::{Frame, Sentence, Tone};
use super::table::Table;
use crate::app::App;
use crate::parts::markup::Svg;

/// A page before its template is filled.
pub(crate) struct Page {
    template: &'static str,
    frame: Frame,
    view: tera::Value,
}

impl Page {
    /// The page's HTML.
    ///
    /// # Errors
    /// A template that does not fit its view: a fault of ours.
    pub(crate) fn fill(self, app: &App) -> Result<String, tera::Error> {
        app.render(self.template, &self.frame, self.view)
    }
}

/// What a page answers.
pub(crate) enum Reply {
    /// A page.
    Page(Box<Page>),
    /// The table behind it.
    Table(Table),
    /// An answer for programs alone.
    Json(serde_json::Value),
    /// A drawing alone.
    Drawing(Svg),
    /// What was asked for has another address: a link of ours.
    Elsewhere(String),
}

impl Reply {
    /// A page: the template gets `frame` and `v`.
    pub(crate) fn page<V: Serialize>(
        template: &'static str,
        frame: Frame,
        view: &V,
    ) -> Result<Self, PageError> {
        let view = tera::Value::try_from_serializable(view)?;
        Ok(Self::Page(Box::new(Page {
            template,
            frame,
            view,
        })))
    }
}

/// The answer of a page as HTTP.
pub(crate) fn respond(ctx: &Context, answer: Result<Reply, PageError>) -> Response {
    let rendered = answer.and_then(|reply| match reply {
        Reply::Page(page) => {
            let html = page.fill(&ctx.app)?;
            Ok(with_type(StatusCode::OK, "text/html; charset=utf-8", html))
        }
        Reply::Table(table) => Ok(respond_table(ctx, &table)),
        Reply::Json(value) => Ok(with_type(
            StatusCode::OK,
            "application/json",
            value.to_string(),
        )),
        Reply::Drawing(svg) => Ok(with_type(
            StatusCode::OK,
            "image/svg+xml",
            svg.as_str().to_owned(),
        )),
        Reply::Elsewhere(link) => Ok(see_other(&link)),
    });
    rendered.unwrap_or_else(|error| respond_error(ctx, &error))
}

fn respond_table(ctx: &Context, table: &Table) -> Response {
    if ctx.format == Format::Csv {
        let mut response = with_type(StatusCode::OK, "text/csv; charset=utf-8", table.to_csv());
        let name = ctx
            .path
            .trim_matches('/')
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let disposition = format!("attachment; filename=\"nephoscope_{name}.csv\"");
        if let Ok(value) = HeaderValue::from_str(&disposition) {
            response.headers_mut().insert(CONTENT_DISPOSITION, value);
        }
        return response;
    }
    with_type(StatusCode::OK, "application/json", table.to_json(ctx))
}

/// An error in the format that was asked for.
pub(crate) fn respond_error(ctx: &Context, error: &PageError) -> Response {
    match error {
        PageError::Store(_) | PageError::Render(_) => {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, path = %ctx.path, "page failed");
        }
        _ => tracing::debug!(%error, path = %ctx.path, "page refused"),
    }
    let told = error.tell();
    let mut response = if ctx.format == Format::Html {
        error_page(ctx, &told)
    } else {
        let body = serde_json::json!({
            "error": told.title, "detail": told.what, "next": told.next,
        });
        with_type(told.status, "application/json", body.to_string())
    };
    if let Some(seconds) = told.retry_s {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[derive(Serialize)]
struct ErrorView<'a> {
    status: u16,
    what: &'a str,
    next: &'a str,
    again: String,
}

fn error_page(ctx: &Context, told: &Told) -> Response {
    let tone = if told.status.is_server_error() {
        Tone::Bad
    } else {
        Tone::Warn
    };
    let sentence = Sentence::new(tone).say(told.title);
    let frame = Frame::new(ctx, told.title, sentence).without_exports();
    let view = ErrorView {
        status: told.status.as_u16(),
        what: &told.what,
        next: &told.next,
        again: if told.retry_s.is_some() {
            ctx.here(&[])
        } else {
            String::new()
        },
    };
    let html = tera::Value::try_from_serializable(&view)
        .and_then(|view| ctx.app.render("error/page.html", &frame, view));
    match html {
        Ok(html) => with_type(told.status, "text/html; charset=utf-8", html),
        Err(_) => with_type(
            told.status,
            "text/plain; charset=utf-8",
            told.title.to_owned(),
        ),
    }
}

/// A whole answer of one type.
pub(crate) fn with_type(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// "See there": after a form was sent.
pub(crate) fn see_other(location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

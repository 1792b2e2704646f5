//! One request, understood: page, parameters, time range, format, viewer.

use std::sync::Arc;

use http::HeaderMap;
use store::Store;
use store::model::UnixNano;
use store::read::Window;

use super::link::{Params, with_query};
use crate::app::App;
use crate::auth::cookie;
use crate::open::Open;
use crate::range::{BadParameter, DEFAULT_FROM, DEFAULT_TO, TimeRange};

/// Name of the cookie that keeps the theme.
pub(crate) const THEME_COOKIE: &str = "nephoscope_theme";

/// How the answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A page for people.
    Html,
    /// The table behind it, for programs.
    Json,
    /// The table behind it, for spreadsheets.
    Csv,
}

impl Format {
    /// Splits the format off a raw path: `/functions.json` is `/functions` as JSON.
    pub(crate) fn split(path: &str) -> (&str, Self) {
        if let Some(stem) = path.strip_suffix(".json") {
            (stem, Self::Json)
        } else if let Some(stem) = path.strip_suffix(".csv") {
            (stem, Self::Csv)
        } else {
            (path, Self::Html)
        }
    }
}

/// Light, dark, or what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Everything a page may know about its request.
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    /// The page's path without format, escaped as in the URL.
    pub(crate) path: String,
    pub(crate) params: Params,
    pub(crate) range: TimeRange,
    pub(crate) now: UnixNano,
    pub(crate) format: Format,
    pub(crate) theme: Theme,
    /// Findings that are open, as of a few seconds ago, without their evidence.
    pub(crate) open: Open,
}

/// What `from` is on a page when the URL does not say: findings are few and last for days.
fn default_from(path: &str) -> &'static str {
    match path {
        "/findings" | "/alerts/incidents" => "now-30d",
        "/alerts" | "/alerts/deliveries" => "now-24h",
        _ => DEFAULT_FROM,
    }
}

impl Context {
    /// Reads a request.
    ///
    /// # Errors
    /// The parameter that cannot be understood, and a context with the default range to say so in.
    pub(crate) fn read(
        app: Arc<App>,
        path: &str,
        query: &str,
        format: Format,
        headers: &HeaderMap,
    ) -> Result<Self, (BadParameter, Box<Self>)> {
        let now = app.now();
        let params = Params::parse(query);
        let theme = Theme::parse(cookie(headers, THEME_COOKIE).unwrap_or(""));
        let from = params.get("from").or(Some(default_from(path)));
        let parsed = TimeRange::parse(from, params.get("to"), params.get("tz"), now);
        let path = path.to_owned();
        let open = app.open.last();
        match parsed {
            Ok(range) => Ok(Self {
                app,
                path,
                params,
                range,
                now,
                format,
                theme,
                open,
            }),
            Err(bad) => {
                let range = TimeRange::defaults(now);
                let params = Params::default();
                Err((
                    bad,
                    Box::new(Self {
                        app,
                        path,
                        params,
                        range,
                        now,
                        format,
                        theme,
                        open,
                    }),
                ))
            }
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app.store
    }

    pub(crate) fn window(&self) -> Window {
        self.range.window
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now.as_millis()
    }

    /// The parameters every link carries along: the time range and the zone, unless they are
    /// default.
    fn carried(&self) -> Vec<(&str, &str)> {
        let mut carried = Vec::with_capacity(3);
        if self.range.from != default_from(&self.path) {
            carried.push(("from", self.range.from.as_str()));
        }
        if self.range.to != DEFAULT_TO {
            carried.push(("to", self.range.to.as_str()));
        }
        if self.range.clock.name() != "UTC" {
            carried.push(("tz", self.range.clock.name()));
        }
        carried
    }

    /// A link to another page that keeps the time range.
    pub(crate) fn link(&self, path: &str, pairs: &[(&str, &str)]) -> String {
        with_query(path, pairs.iter().copied().chain(self.carried()))
    }

    /// A link to this page with some parameters changed; an empty value removes one.
    pub(crate) fn here(&self, changes: &[(&str, &str)]) -> String {
        self.with_changes(&self.path, changes)
    }

    /// This page's table in another format, all parameters kept.
    pub(crate) fn export(&self, suffix: &str) -> String {
        let path = if self.path == "/" {
            "/overview"
        } else {
            self.path.as_str()
        };
        self.with_changes(&format!("{path}.{suffix}"), &[])
    }

    fn with_changes(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let kept = self
            .params
            .iter()
            .filter(|(key, _)| !changes.iter().any(|(changed, _)| changed == key));
        with_query(path, kept.chain(changes.iter().copied()))
    }

    /// Hidden fields of a form that changes some parameters and keeps the others.
    pub(crate) fn hidden_fields(&self, changed: &[&str]) -> Vec<(String, String)> {
        self.params
            .iter()
            .filter(|(key, value)| !changed.contains(key) && !value.is_empty())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }
}

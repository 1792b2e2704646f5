//! Go's text templates, in which Alertmanager's users write their messages.
//!
//! The language is a library's ([`gotmpl`]); what is here are Alertmanager's data, its functions, the
//! templates that messages have when nobody writes others, and limits: a template ends, and so does
//! what it prints. Texts that come from alerts are escaped for the format of the receiver; a template's
//! own text never is.

mod escape;
mod funcs;
mod layout;
mod method;
mod rewrite;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gotmpl::parse::{ListNode, is_empty_tree};
use gotmpl::{TemplateError, Value};
use jiff::Timestamp;
use store::model::UnixNano;

pub use escape::{Format, link};
pub(crate) use value::quote_meta;

use crate::model::{Labels, Notification, NotifiedAlert};

/// Longest text that one template prints, bytes: twice what PagerDuty takes.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Iterations of all `range`s of one rendering: four nested over 17 alerts of 20 labels.
const ITERATIONS_MAX: u64 = 100_000;
/// Templates called in one rendering.
const CALLS_MAX: u32 = 100_000;
/// Longest source of one template file, bytes.
const SOURCE_BYTES_MAX: usize = 1 << 20;

/// The name that a text rendered once has among the defined ones.
const ROOT: &str = "_root";
/// What everything is rendered through.
const ENTRY: &str = r#"{{template "_root" .}}"#;
/// The texts of messages nobody wrote templates for, under the names that Alertmanager's users call.
const DEFAULTS: [(&str, &str); 2] = [
    ("default.tmpl", include_str!("../../templates/default.tmpl")),
    ("email.tmpl", include_str!("../../templates/email.tmpl")),
];

/// What is wrong with a template, or with what it does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template: {0}")]
pub struct Error(String);

impl Error {
    fn new(text: impl Into<String>) -> Self {
        let text: String = text.into();
        // A template may fail over a label of any length.
        Self(text.chars().take(500).collect())
    }

    fn of(error: &TemplateError) -> Self {
        match error {
            TemplateError::Write => {
                Self::new(format!("it prints more than {OUTPUT_BYTES_MAX} bytes"))
            }
            other => Self::new(other.to_string()),
        }
    }
}

/// All templates of a configuration: the defaults, and over them the operator's files.
#[derive(Clone)]
pub struct Templates {
    text: gotmpl::Template,
    html: gotmpl::html::Template,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.text.templates()).finish()
    }
}

impl Templates {
    /// Reads template files, as pairs of name and text; a later definition replaces an earlier one.
    ///
    /// # Errors
    /// [`Error`] with file and line.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut defined = BTreeMap::<String, ListNode>::new();
        let known = funcs::names();
        for (file, source) in DEFAULTS.into_iter().chain(files) {
            let named = |error: &Error| Error::new(format!("{file}: {}", error.0));
            if source.len() > SOURCE_BYTES_MAX {
                return Err(Error::new(format!(
                    "{file}: longer than {SOURCE_BYTES_MAX} bytes"
                )));
            }
            let (_, defines) = rewrite::parse(source, &known).map_err(|error| named(&error))?;
            for define in defines {
                // The first node is the step of each template; a template of nothing replaces nothing.
                let empty = define.body.nodes[1..].iter().all(is_empty_tree);
                if !(empty && defined.contains_key(define.name.as_str())) {
                    defined.insert(define.name.to_string(), define.body);
                }
            }
        }
        let entry = |error: &TemplateError| Error::of(error);
        let mut text = gotmpl::Template::new("").max_range_iters(ITERATIONS_MAX);
        let mut html = gotmpl::html::Template::new("").max_range_iters(ITERATIONS_MAX);
        text = text.parse(ENTRY).map_err(|error| entry(&error))?;
        html = html.parse(ENTRY).map_err(|error| entry(&error))?;
        for (name, tree) in defined {
            text = text.add_parse_tree(&name, tree.clone());
            html = html
                .add_parse_tree(&name, tree)
                .map_err(|error| entry(&error))?;
        }
        Ok(Self { text, html })
    }

    /// Whether `source` is a template, for the check of a configuration.
    ///
    /// # Errors
    /// [`Error`] with the line.
    pub fn check(source: &str) -> Result<(), Error> {
        rewrite::parse(source, &funcs::names()).map(|_| ())
    }

    fn render(&self, source: &str, format: Format, view: &View) -> Result<String, Error> {
        if !source.contains("{{") {
            return Ok(source.to_owned());
        }
        let (tree, defines) = rewrite::parse(source, &funcs::names())?;
        let mut functions = funcs::at(view.now);
        functions.insert(
            rewrite::SHOW.to_owned(),
            Arc::new(move |args| Ok(shown(args, format))),
        );
        for (_, name) in rewrite::ESCAPERS {
            let escaper = move |args: &[Value]| Ok(funcs::escaped(name, args, format));
            functions.insert(name.to_owned(), Arc::new(escaper));
        }
        let steps = AtomicU32::new(0);
        let step = move |_: &[Value]| match steps.fetch_add(1, Ordering::Relaxed) {
            0..CALLS_MAX => Ok(Value::Nil),
            _ => Err(TemplateError::Exec(format!(
                "it calls more than {CALLS_MAX} templates"
            ))),
        };
        functions.insert(rewrite::STEP.to_owned(), Arc::new(step));
        let labels = Arc::clone(&view.route_labels);
        functions.insert(
            "routeLabels".to_owned(),
            Arc::new(move |args| labels.value(args)),
        );

        let trees = defines
            .into_iter()
            .map(|define| (define.name.to_string(), define.body));
        let trees = trees.chain([(ROOT.to_owned(), tree)]);
        let mut out = Bounded(String::new());
        let done = if format == Format::Html {
            let html = self.html.clone().funcs(functions);
            let html = trees
                .into_iter()
                .try_fold(html, |html, (name, tree)| html.add_parse_tree(&name, tree));
            html.and_then(|html| html.execute_fmt(&mut out, &view.data))
        } else {
            let text = self.text.clone().funcs(functions);
            let text = trees
                .into_iter()
                .fold(text, |text, (name, tree)| text.add_parse_tree(&name, tree));
            text.execute_fmt(&mut out, &view.data)
        };
        done.map_err(|error| Error::of(&error))?;
        Ok(out.0)
    }
}

fn shown(args: &[Value], format: Format) -> Value {
    match args.first() {
        None => value::string(""),
        Some(safe @ Value::Safe { .. }) => safe.clone(),
        Some(value) => value::string(format.escape(&value::text(value))),
    }
}

struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > OUTPUT_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A notification as templates see it, at one moment.
#[derive(Clone)]
pub struct View {
    templates: Arc<Templates>,
    notification: Arc<Notification>,
    external_url: Arc<str>,
    data: Value,
    route_labels: Arc<RouteLabels>,
    now: Timestamp,
}

impl View {
    /// Looks at `notification` with `templates`; `external_url` is where we are reached.
    ///
    /// # Errors
    /// [`Error`] when a label of the route is a template that fails, or labels ask for each other.
    pub fn new(
        templates: &Arc<Templates>,
        notification: &Notification,
        external_url: &str,
        now: UnixNano,
    ) -> Result<Self, Error> {
        let raw = Arc::new(notification.route_labels.clone());
        let mut view = Self {
            templates: Arc::clone(templates),
            notification: Arc::new(notification.clone()),
            external_url: Arc::from(external_url.trim_end_matches('/')),
            data: Value::Nil,
            route_labels: Arc::new(RouteLabels::default()),
            now: Timestamp::from_nanosecond(now.0.into()).unwrap_or_default(),
        };
        view.data = value::data(&view.notification, &view.external_url);
        let open = RouteLabels {
            view: Some(view.clone()),
            labels: Arc::clone(&raw),
            asked: Vec::new(),
        };
        let rendered = raw
            .iter()
            .map(|(name, _)| Ok((name.to_owned(), open.render(name)?)));
        let labels: Labels = rendered
            .collect::<Result<Vec<_>, Error>>()?
            .into_iter()
            .collect();
        Arc::make_mut(&mut view.notification).route_labels = labels.clone();
        view.data = value::data(&view.notification, &view.external_url);
        view.route_labels = Arc::new(RouteLabels {
            labels: Arc::new(labels),
            ..RouteLabels::default()
        });
        Ok(view)
    }

    /// `source` rendered for a format.
    ///
    /// # Errors
    /// [`Error`] when it is no template, or fails.
    pub fn render(&self, source: &str, format: Format) -> Result<String, Error> {
        self.templates.render(source, format, self)
    }

    /// The notification, its route's labels rendered.
    #[must_use]
    pub fn notification(&self) -> &Notification {
        &self.notification
    }

    /// Where we are reached, without a slash at the end.
    #[must_use]
    pub fn external_url(&self) -> &str {
        &self.external_url
    }

    /// The same with so many of its alerts, those that fire first.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let mut fewer = (*self.notification).clone();
        fewer.alerts.sort_by_key(|alert| alert.status);
        fewer.alerts.truncate(count);
        let data = value::data(&fewer, &self.external_url);
        Self {
            notification: Arc::new(fewer),
            data,
            ..self.clone()
        }
    }

    /// One of its alerts, which is the dot then.
    #[must_use]
    pub fn alert(&self, alert: &NotifiedAlert) -> Self {
        Self {
            data: value::alert(alert),
            ..self.clone()
        }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}

/// Labels of a route, which may be templates and ask for each other: `routeLabels "team"`.
#[derive(Default)]
struct RouteLabels {
    /// What they are rendered with; none when they are.
    view: Option<View>,
    labels: Arc<Labels>,
    /// The labels being rendered just now.
    asked: Vec<String>,
}

impl RouteLabels {
    fn value(&self, args: &[Value]) -> gotmpl::Result<Value> {
        let name = args.first().and_then(Value::as_str).unwrap_or_default();
        self.render(name)
            .map(value::string)
            .map_err(|error| TemplateError::Exec(error.0))
    }

    fn render(&self, name: &str) -> Result<String, Error> {
        let raw = self.labels.value(name);
        let Some(view) = &self.view else {
            return Ok(raw.to_owned());
        };
        let mut asked = self.asked.clone();
        asked.push(name.to_owned());
        if self.asked.iter().any(|n| n == name) {
            return Err(Error::new(format!(
                "route labels ask for each other: {}",
                asked.join(" -> ")
            )));
        }
        let inner = Self {
            view: Some(view.clone()),
            labels: Arc::clone(&self.labels),
            asked,
        };
        let view = View {
            route_labels: Arc::new(inner),
            ..view.clone()
        };
        view.render(raw, Format::Plain)
    }
}

#[cfg(test)]
mod tests;

//! The frame around every page: navigation, the sentence, the time range, export links.

use serde::Serialize;

use super::context::{Context, Format};
use crate::format;
use crate::range::PRESETS;

/// How things stand. Always shown as a shape and words beside the colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// Nothing to judge.
    #[default]
    Quiet,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Needs somebody.
    Bad,
}

/// A part of the sentence, perhaps a link to its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Phrase {
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) tone: Tone,
    /// A name out of telemetry, set in another face.
    pub(crate) name: bool,
}

/// The one plain sentence that opens a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sentence {
    pub(crate) tone: Tone,
    pub(crate) phrases: Vec<Phrase>,
}

impl Sentence {
    pub(crate) fn new(tone: Tone) -> Self {
        Self {
            tone,
            phrases: Vec::new(),
        }
    }

    /// Plain words.
    pub(crate) fn say(self, text: impl Into<String>) -> Self {
        self.push(text.into(), String::new(), Tone::Quiet, false)
    }

    /// Words that lead to their proof.
    pub(crate) fn link(self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.push(text.into(), href.into(), Tone::Quiet, false)
    }

    /// A name out of telemetry that leads to its page.
    pub(crate) fn name(self, text: &str, href: impl Into<String>) -> Self {
        self.push(format::bounded(text, 60), href.into(), Tone::Quiet, true)
    }

    fn push(mut self, text: String, href: String, tone: Tone, name: bool) -> Self {
        self.phrases.push(Phrase {
            text,
            href,
            tone,
            name,
        });
        self
    }
}

/// An entry of the navigation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NavItem {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    pub(crate) icon: &'static str,
    pub(crate) active: bool,
    /// How many need somebody; empty for none.
    pub(crate) count: String,
    /// What is counted.
    pub(crate) counted: String,
}

/// All pages there are, in the order people need them.
const PAGES: [(&str, &str, &str); 13] = [
    ("Overview", "/", "overview"),
    ("Findings", "/findings", "findings"),
    ("Threats", "/threats", "threats"),
    ("Alerts", "/alerts", "alerts"),
    ("SLOs", "/slos", "slos"),
    ("Functions", "/functions", "functions"),
    ("Delivery", "/dora", "delivery"),
    ("Traces", "/traces", "traces"),
    ("Logs", "/logs", "logs"),
    ("Metrics", "/series", "metrics"),
    ("Costs", "/costs", "costs"),
    ("Ingest", "/ingest", "ingest"),
    ("Connect", "/connect", "connect"),
];

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Preset {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    pub(crate) active: bool,
}

/// The time range control.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RangeView {
    pub(crate) label: String,
    pub(crate) presets: Vec<Preset>,
    pub(crate) from_field: String,
    pub(crate) to_field: String,
    pub(crate) zone: String,
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) action: String,
    pub(crate) live: bool,
    pub(crate) earlier: String,
    pub(crate) later: String,
}

/// Everything around the page's own content.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) crumbs: Vec<(String, String)>,
    pub(crate) sentence: Sentence,
    pub(crate) nav: Vec<NavItem>,
    pub(crate) range: Option<RangeView>,
    pub(crate) json_href: String,
    pub(crate) csv_href: String,
    pub(crate) theme: &'static str,
    pub(crate) here: String,
    pub(crate) can_log_out: bool,
    pub(crate) css: String,
    pub(crate) js: String,
    pub(crate) icon: String,
    pub(crate) version: &'static str,
    pub(crate) now: String,
}

impl Frame {
    /// The frame of a page with a time range and a table behind it.
    pub(crate) fn new(ctx: &Context, title: impl Into<String>, sentence: Sentence) -> Self {
        let assets = &ctx.app.assets;
        Self {
            title: title.into(),
            crumbs: Vec::new(),
            sentence,
            nav: nav(ctx),
            range: Some(range_view(ctx)),
            json_href: ctx.export("json"),
            csv_href: ctx.export("csv"),
            theme: ctx.theme.as_str(),
            here: ctx.here(&[]),
            can_log_out: ctx.app.door.gate.is_shut(),
            css: assets.css.clone(),
            js: assets.js.clone(),
            icon: assets.icon.clone(),
            version: env!("CARGO_PKG_VERSION"),
            now: format!(
                "{} {}",
                ctx.range.clock.second(ctx.now_ms()),
                ctx.range.clock.name()
            ),
        }
    }

    /// The same frame without a table behind the page.
    pub(crate) fn without_exports(mut self) -> Self {
        self.json_href.clear();
        self.csv_href.clear();
        self
    }

    /// The same frame without a time range.
    pub(crate) fn without_range(mut self) -> Self {
        self.range = None;
        self
    }

    /// The same frame with the way back to the lists this page came from.
    pub(crate) fn with_crumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push((label.into(), href.into()));
        self
    }
}

fn nav(ctx: &Context) -> Vec<NavItem> {
    let open = ctx.open.len() as u64;
    let count = |path: &str| match (path, open) {
        ("/findings", 1..) => (format::count(open), "open".to_owned()),
        _ => Default::default(),
    };
    PAGES
        .into_iter()
        .map(|(label, path, icon)| NavItem {
            label,
            href: ctx.link(path, &[]),
            icon,
            count: count(path).0,
            counted: count(path).1,
            active: match path {
                "/" => ctx.path == "/",
                path => ctx
                    .path
                    .strip_prefix(path)
                    .is_some_and(|r| r.is_empty() || r.starts_with('/')),
            },
        })
        .collect()
}

fn range_view(ctx: &Context) -> RangeView {
    // Paging cursors make no sense in another range.
    const CURSORS: [(&str, &str); 3] = [("before", ""), ("after", ""), ("page", "")];
    let moved = |from: &str, to: &str| {
        let mut changes = CURSORS.to_vec();
        changes.extend([("from", from), ("to", to)]);
        ctx.here(&changes)
    };
    let range = &ctx.range;
    let (from, to) = (range.window.from.as_millis(), range.window.to.as_millis());
    let length = to - from;
    let shifted = |by: i64| moved(&(from + by).to_string(), &(to + by).to_string());
    RangeView {
        label: range.label(),
        presets: PRESETS
            .into_iter()
            .map(|(preset, label)| Preset {
                label,
                href: moved(preset, ""),
                active: range.is_live() && range.from == preset,
            })
            .collect(),
        from_field: range.clock.field(from),
        to_field: range.clock.field(to),
        zone: range.clock.name().to_owned(),
        hidden: ctx.hidden_fields(&["from", "to", "tz", "before", "after", "page"]),
        action: ctx.path.clone(),
        live: range.is_live() && ctx.format == Format::Html,
        earlier: shifted(-length),
        later: if range.is_live() || to + length > ctx.now_ms() {
            String::new()
        } else {
            shifted(length)
        },
    }
}

//! Attributes of spans, taken apart into texts: which come from strangers, and what is normal in each.

mod body;
mod query;

use std::borrow::Cow;

use super::Place;

/// Texts taken out of one input; more are left aside.
pub const PARTS_MAX: usize = 1_024;

/// A text that a stranger chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The attribute it stands in.
    pub field: &'a str,
    /// What it says: a stretch of the attribute, or what was put together from it.
    pub text: Cow<'a, [u8]>,
    /// What is normal there.
    pub place: Place,
}

/// Namespaces of what the platform, the SDK or the function itself says. What a stranger sent may show there
/// too, in a query or an exception: that is where an attack that came through is found, not where it came in.
const OURS: &[&str] = &[
    "db.",
    "exception.",
    "code.",
    "faas.",
    "cloud.",
    "service.",
    "telemetry.",
    "process.",
    "thread.",
    "otel.",
    "aws.",
    "gcp.",
    "azure.",
    "host.",
    "k8s.",
    "container.",
    "os.",
    "deployment.",
    "net.",
    "network.",
    "server.",
    "error.",
    "log.",
    "peer.",
    "security_rule.",
    "feature_flag.",
    "session.",
    "http.response.",
    "http.request.method",
    "http.status_code",
    "http.method",
    "http.scheme",
    "http.route",
    "http.host",
    "http.flavor",
    "http.server_name",
    "url.scheme",
    "url.port",
    "url.domain",
    "url.template",
    "client.port",
    "messaging.system",
    "messaging.operation",
    "messaging.destination",
    "messaging.client",
    "rpc.system",
    "rpc.method",
    "rpc.service",
    "graphql.",
    "gen_ai.",
    "jvm.",
    "v8js.",
    "nodejs.",
    "next.",
    "vercel.",
    "cpython.",
    "dotnet.",
    "go.",
    "sampling.",
    "sampler.",
    "internal.",
];

/// Words in the names of attributes that developers give to their own statements and pages.
const OUR_WORDS: &[&str] = &[
    "sql",
    "statement",
    "template",
    "stacktrace",
    "stack_trace",
    "html",
    "sampler",
    "span.",
    "trace",
];

/// Takes an attribute apart. An attribute that is ours gives nothing.
pub fn attribute<'a>(key: &'a str, value: &'a str, parts: &mut Vec<Part<'a>>) {
    let bytes = value.as_bytes();
    let header = key.strip_prefix("http.request.header.");
    match (key, header) {
        ("url.query", _) => query::query(key, bytes, parts),
        ("url.path", _) => add(parts, key, bytes, Place::Path),
        ("url.fragment", _) => add(parts, key, bytes, Place::Value),
        ("url.full" | "url.original" | "http.url" | "http.target", _) => {
            query::url(key, bytes, parts);
        }
        ("user_agent.original" | "http.user_agent", _) | (_, Some("user-agent")) => {
            add(parts, key, bytes, Place::UserAgent);
        }
        (_, Some("referer" | "origin")) => query::referer(key, bytes, parts),
        (_, Some("cookie")) => query::cookies(key, bytes, parts),
        (
            _,
            Some(
                "accept" | "host" | "accept-encoding" | "accept-language" | "connection"
                | "content-length" | "traceparent" | "authorization",
            ),
        ) => {
            add(parts, key, bytes, Place::UserAgent);
        }
        (_, Some(name)) if name.contains("file") => add(parts, key, bytes, Place::FileName),
        (_, Some(_)) => add(parts, key, bytes, Place::Header),
        _ if key.ends_with(".body")
            || key == "body"
            || key.ends_with(".payload")
            || key == "faas.event"
            || key.starts_with("graphql.variables") =>
        {
            body::body(key, bytes, parts);
        }
        _ if OURS.iter().any(|ours| key.starts_with(ours))
            || OUR_WORDS.iter().any(|word| key.contains(word)) => {}
        _ => add(parts, key, bytes, Place::Value),
    }
}

fn add<'a>(
    parts: &mut Vec<Part<'a>>,
    field: &'a str,
    text: impl Into<Cow<'a, [u8]>>,
    place: Place,
) {
    let text = text.into();
    if !text.is_empty() && parts.len() < PARTS_MAX {
        parts.push(Part { field, text, place });
    }
}

//! One span, log record or value, as detectors look at it.

use super::address;
use super::audit::{self, Audit};
use super::http::{self, Http};
use super::outbound::{self, Outbound};

/// Attributes kept of one event, its resource's included; more are left aside.
pub const ATTRIBUTES_MAX: usize = 512;
/// Exceptions and links kept of one event.
const LIST_MAX: usize = 16;

/// What telemetry brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signal {
    /// A span.
    #[default]
    Span,
    /// A log record.
    Log,
    /// One untrusted text.
    Value,
}

/// What a span is to the function that made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Nobody says, and nothing tells.
    #[default]
    Unknown,
    /// It answers a request.
    Server,
    /// It takes a message.
    Consumer,
    /// It asks somebody else.
    Client,
    /// It sends a message.
    Producer,
    /// It stays inside.
    Internal,
}

impl Kind {
    /// By its name: `server`, `SPAN_KIND_SERVER`, `Server`, or its number.
    pub fn named(word: &str) -> Self {
        let word = word.to_ascii_uppercase();
        match word.strip_prefix("SPAN_KIND_").unwrap_or(&word) {
            "SERVER" | "2" => Self::Server,
            "CLIENT" | "3" => Self::Client,
            "PRODUCER" | "4" => Self::Producer,
            "CONSUMER" | "5" => Self::Consumer,
            "INTERNAL" | "1" => Self::Internal,
            _ => Self::Unknown,
        }
    }
}

/// What is known of an event before anybody looks at it. Everything but the time may be empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raw {
    /// How the event is called in findings.
    pub id: String,
    /// When it happened, nanoseconds since 1970.
    pub time_ns: i64,
    /// What it is.
    pub signal: Signal,
    /// A span's kind, if it says.
    pub kind: Kind,
    /// Ids, in hexadecimal or whatever form they came in.
    pub trace: String,
    /// See [`Self::trace`].
    pub span: String,
    /// The span above.
    pub parent: String,
    /// Traces and spans that it follows from.
    pub links: Vec<(String, String)>,
    /// The span's name.
    pub name: String,
    /// The scope (library) that made it.
    pub scope: String,
    /// How long it took, milliseconds.
    pub duration_ms: Option<f64>,
    /// Whether it says that it failed.
    pub failed: bool,
    /// Its attributes and those of its resource, as text; a list gives one for each value.
    pub attributes: Vec<(String, String)>,
    /// A log's body, a request's body, or the value.
    pub body: String,
    /// Type and message of each exception.
    pub exceptions: Vec<String>,
}

/// An event with what was made of its attributes, whichever conventions they follow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// As it came; the attributes are in the order of their names.
    pub raw: Raw,
    /// The function that says it, or empty.
    pub function: String,
    /// The function's version, or empty.
    pub version: String,
    /// What it is to the function; [`Raw::kind`], or what attributes tell.
    pub kind: Kind,
    /// The client: an address, or empty.
    pub client: String,
    /// The person, if it says.
    pub user: String,
    /// A request answered.
    pub http: Option<Http>,
    /// Somebody else who is asked.
    pub outbound: Option<Outbound>,
    /// A call told by a cloud's audit log.
    pub audit: Option<Audit>,
}

const FUNCTION: &[&str] = &[
    "faas.name",
    "aws.lambda.function_name",
    "aws.lambda.function.name",
    "lambda.function_name",
    "function_name",
    "functionName",
    "function.name",
    "gcp.function.name",
    "azure.function.name",
    "cloud_function.name",
    "function",
];
const RESOURCE_ID: &[&str] = &[
    "cloud.resource_id",
    "faas.id",
    "aws.lambda.invoked_arn",
    "aws.lambda.function_arn",
];
const LOG_GROUP: &[&str] = &[
    "aws.log.group.names",
    "aws.log.group.name",
    "log_group",
    "logGroup",
];
const VERSION: &[&str] = &[
    "faas.version",
    "service.version",
    "aws.lambda.function_version",
];
const USER: &[&str] = &[
    "enduser.id",
    "user.id",
    "user.name",
    "enduser.name",
    "user.email",
    "enduser.email",
    "app.user.id",
    "usr.id",
    "username",
    "user",
    "login.username",
    "auth.username",
    "auth.user",
    "account.name",
    "email",
];

impl Event {
    /// Makes the most of what is known.
    pub fn new(mut raw: Raw) -> Self {
        raw.attributes.truncate(ATTRIBUTES_MAX);
        raw.attributes.sort();
        raw.links.truncate(LIST_MAX);
        raw.exceptions.truncate(LIST_MAX);
        let mut event = Self {
            raw,
            ..Self::default()
        };
        event.function = event.its_function();
        event.version = event.text(VERSION).unwrap_or_default().to_owned();
        event.kind = event.its_kind();
        event.user = event.text(USER).unwrap_or_default().to_owned();
        event.client = address::of_client(&event).unwrap_or_default();
        event.audit = audit::of(&event);
        if event.audit.is_none() {
            event.http = http::of(&event);
            event.outbound = outbound::of(&event);
        }
        if let Some(audit) = event.audit.as_ref().filter(|_| event.client.is_empty()) {
            event.client.clone_from(&audit.address);
        }
        event
    }

    /// The first of these attributes that is there and not empty.
    pub fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let values = self.values(name).iter().map(|(_, value)| value.as_str());
            values.clone().find(|value| !value.is_empty())
        })
    }

    /// All values of an attribute.
    fn values(&self, name: &str) -> &[(String, String)] {
        let all = &self.raw.attributes;
        let from = all.partition_point(|(key, _)| key.as_str() < name);
        let count = all[from..]
            .iter()
            .take_while(|(key, _)| key == name)
            .count();
        &all[from..from + count]
    }

    /// The first of these attributes that is there and a number.
    pub fn number(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|name| {
            let mut values = self.values(name).iter();
            values
                .find_map(|(_, value)| value.trim().parse::<f64>().ok())
                .filter(|number| number.is_finite())
        })
    }

    /// Whether one of these attributes says yes.
    pub fn yes(&self, names: &[&str]) -> bool {
        self.text(names)
            .is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// Whether this is an invocation's own span: the one that took the request, the message or the event.
    pub fn is_entry(&self) -> bool {
        self.raw.signal == Signal::Span && matches!(self.kind, Kind::Server | Kind::Consumer)
    }

    /// Whether a request or message that strangers may have sent is in it.
    pub fn is_inbound(&self) -> bool {
        !matches!(self.kind, Kind::Client | Kind::Producer)
    }

    /// Whether it failed: by its own word, by an exception, or by the answer's status.
    pub fn failed(&self) -> bool {
        self.raw.failed
            || !self.raw.exceptions.is_empty()
            || self.http.as_ref().is_some_and(|http| http.status >= 500)
    }

    fn its_function(&self) -> String {
        if let Some(name) = self.text(FUNCTION) {
            return bare(name).to_owned();
        }
        if let Some(id) = self.text(RESOURCE_ID) {
            return bare(id).to_owned();
        }
        let group = self.text(LOG_GROUP);
        if let Some(name) = group.and_then(|group| group.strip_prefix("/aws/lambda/")) {
            return name.to_owned();
        }
        self.text(&["service.name"]).unwrap_or_default().to_owned()
    }

    fn its_kind(&self) -> Kind {
        if self.raw.kind != Kind::Unknown || self.raw.signal != Signal::Span {
            return self.raw.kind;
        }
        let has = |names: &[&str]| self.text(names).is_some();
        if has(&[
            "db.query.text",
            "db.statement",
            "db.system",
            "db.system.name",
        ]) {
            return Kind::Client;
        }
        match self.text(&["messaging.operation.type", "messaging.operation"]) {
            Some("publish" | "send" | "create") => return Kind::Producer,
            Some(_) => return Kind::Consumer,
            None => {}
        }
        let answers = [
            "url.path",
            "http.target",
            "http.route",
            "client.address",
            "http.client_ip",
            "user_agent.original",
            "http.user_agent",
            "faas.trigger",
            "faas.invocation_id",
            "faas.execution",
            "faas.coldstart",
        ];
        let asks = [
            "url.full",
            "http.url",
            "server.address",
            "net.peer.name",
            "peer.service",
            "rpc.service",
            "aws.service",
        ];
        match (has(&answers), has(&asks)) {
            (true, _) => Kind::Server,
            (false, true) => Kind::Client,
            (false, false) => Kind::Unknown,
        }
    }
}

/// A function's name out of an ARN or a resource's path.
fn bare(name: &str) -> &str {
    let after = |mark: &str| name.split_once(mark).map(|(_, rest)| rest);
    if let Some(rest) = after(":function:") {
        return rest.split(':').next().unwrap_or(rest);
    }
    if name.contains('/') {
        return name
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(name);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(attributes: &[(&str, &str)]) -> Event {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Event::new(Raw {
            attributes: attributes.iter().map(pair).collect(),
            ..Raw::default()
        })
    }

    #[test]
    fn the_function_is_found_under_the_names_of_several_conventions() {
        for attribute in [
            ("faas.name", "checkout"),
            (
                "cloud.resource_id",
                "arn:aws:lambda:eu-central-1:1:function:checkout:live",
            ),
            (
                "faas.id",
                "//run.googleapis.com/projects/p/services/checkout",
            ),
            ("aws.log.group.names", "/aws/lambda/checkout"),
            ("service.name", "checkout"),
        ] {
            assert_eq!(span(&[attribute]).function, "checkout", "{attribute:?}");
        }
    }

    #[test]
    fn a_span_without_a_kind_is_what_its_attributes_tell() {
        assert_eq!(
            span(&[("url.path", "/"), ("server.address", "a")]).kind,
            Kind::Server
        );
        assert_eq!(span(&[("http.url", "https://a/")]).kind, Kind::Client);
        assert_eq!(span(&[("db.statement", "select 1")]).kind, Kind::Client);
        assert_eq!(
            span(&[("messaging.operation", "process")]).kind,
            Kind::Consumer
        );
        assert_eq!(span(&[]).kind, Kind::Unknown);
    }
}

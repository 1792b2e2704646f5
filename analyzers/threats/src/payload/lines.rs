//! Line ends that add a header, split a response, or give a mail server another command.

use super::text::{find, has, skip, starts};
use super::verdict::{Class, Hits};

const HEADERS: &[&str] = &[
    "set-cookie",
    "location",
    "content-type",
    "content-length",
    "content-disposition",
    "transfer-encoding",
    "x-",
    "host",
    "refresh",
    "status",
    "link",
    "access-control-",
    "cache-control",
    "to",
    "cc",
    "bcc",
    "from",
    "subject",
    "reply-to",
    "return-path",
    "mime-version",
    "sender",
    "connection",
    "user-agent",
    "cookie",
    "referer",
    "injected",
    "header",
    "last-modified",
];

const COMMANDS: &[&str] = &[
    "rcpt to",
    "mail from",
    "helo ",
    "ehlo ",
    "data\r",
    "data\n",
    "quit",
    "vrfy ",
    "expn ",
    "rset",
    "noop",
    "starttls",
    "auth ",
    "stat",
    "retr ",
    "dele ",
    "uidl",
    "select ",
    "fetch ",
    "login ",
    "authenticate ",
    "capability",
    "list ",
    "status ",
    "create ",
    "examine ",
    "flushall",
    "config set",
    "slaveof",
    "eval ",
];

/// Those that nobody begins a line of prose with.
const LINES: &[&str] = &[
    "rcpt to",
    "mail from",
    "helo ",
    "ehlo ",
    "vrfy ",
    "expn ",
    "starttls",
];

/// Looks at one view that was decoded, or came with line ends.
pub fn judge(text: &[u8], hits: &mut Hits) {
    for (at, byte) in text.iter().enumerate().take(8_192) {
        if !matches!(byte, b'\r' | b'\n') {
            continue;
        }
        let pair = *byte == b'\r' && text.get(at + 1) == Some(&b'\n');
        let line = skip(text, at, |b| matches!(b, b'\r' | b'\n' | b' ' | b'\t'));
        if line > at + 8 {
            continue;
        }
        let rest = &text[line..text.len().min(line + 80)];
        if starts(rest, 0, b"http/1.") || starts(rest, 0, b"http/2") {
            hits.add(Class::Crlf, "crlf.response", 0.9, (at, line + 8));
        }
        let name = skip(rest, 0, |b| b.is_ascii_alphanumeric() || b == b'-');
        let lower = rest.to_ascii_lowercase();
        if name > 0 && rest.get(name) == Some(&b':') {
            let known = HEADERS.iter().any(|header| {
                lower[..name] == *header.as_bytes()
                    || header.ends_with('-') && lower.starts_with(header.as_bytes())
            });
            let weight = match (known, pair) {
                (true, true) => 0.8,
                (true, false) => 0.6,
                (false, _) => 0.2,
            };
            hits.add(Class::Crlf, "crlf.header", weight, (at, line + name + 1));
        }
        let tagged = skip(&lower, 0, |b| b.is_ascii_alphanumeric());
        let after_tag = (lower
            .get(..tagged)
            .is_some_and(|tag| tag.iter().any(u8::is_ascii_digit))
            && lower.get(tagged) == Some(&b' '))
        .then(|| &lower[tagged + 1..]);
        if (pair || LINES.iter().any(|line| lower.starts_with(line.as_bytes())))
            && COMMANDS.iter().any(|command| {
                lower.starts_with(command.as_bytes())
                    || lower == command.trim_ascii().as_bytes()
                    || after_tag.is_some_and(|rest| rest.starts_with(command.as_bytes()))
            })
        {
            hits.add(
                Class::Crlf,
                "crlf.command",
                0.7,
                (at, line + rest.len().min(16)),
            );
        }
        if pair && rest.starts_with(b"<") && has(rest, b"script") {
            hits.add(Class::Crlf, "crlf.body", 0.7, (at, line + 8));
        }
    }
    if let Some(at) = find(text, "嘊嘍".as_bytes(), 0) {
        hits.add(Class::Crlf, "crlf.wide", 0.8, (at, at + 6));
    }
}

//! Hostile text for each format: what a label says must read as text, never as a command.

use std::fmt::Write as _;

/// A receiver's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Nothing in it is special.
    Plain,
    /// Slack's mrkdwn: `<!channel>` calls everybody, `<url|text>` links.
    Slack,
    /// Markdown of Discord, Teams, Mattermost and others: `[text](url)` links.
    Markdown,
    /// HTML; the engine escapes by context.
    Html,
}

impl Format {
    /// `text` so that it reads as itself.
    #[must_use]
    pub fn escape(self, text: &str) -> String {
        match self {
            Self::Plain | Self::Html => text.to_owned(),
            Self::Slack => slack(text),
            Self::Markdown => markdown(text),
        }
    }
}

/// The three characters that Slack's documentation asks for; it needs no more.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// An address stays one and is encoded where it would end a link; in all other texts what Markdown
/// means something by is written with a backslash.
fn markdown(text: &str) -> String {
    let address = text.starts_with("http://") || text.starts_with("https://");
    let mut out = String::with_capacity(text.len() + 8);
    if address && !text.contains(char::is_whitespace) {
        for c in text.chars() {
            match c {
                '(' | ')' | '<' | '>' | '"' | '\\' | '|' | '`' => {
                    let _ = write!(out, "%{:02X}", u32::from(c));
                }
                _ => out.push(c),
            }
        }
        return out;
    }
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '<' | '>' | '#' => {
                out.push('\\');
                out.push(c);
            }
            // A mention is one no longer with a joiner of no width in it.
            '@' => out.push_str("@\u{200b}"),
            _ => out.push(c),
        }
    }
    out
}

/// An address that may become a link: `http` or `https`, without blanks or controls.
#[must_use]
pub fn link(text: &str) -> Option<&str> {
    let text = text.trim();
    let web = text.starts_with("http://") || text.starts_with("https://");
    let clean = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    (web && clean && text.len() <= 2_000).then_some(text)
}

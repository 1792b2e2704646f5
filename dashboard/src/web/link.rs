//! Reading and writing URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Longest query string that is read, bytes.
pub(crate) const MAX_QUERY_BYTES: usize = 8_192;
/// Most parameters that are read.
const MAX_PARAMETERS: usize = 64;

/// What may stand unescaped in a path segment or a query value.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':');

/// The parameters of a query string or a form, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `a=b&c=d`; what is not UTF-8 becomes replacement characters.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .take(MAX_PARAMETERS);
        Self(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (unescape(key), unescape(value))
                })
                .collect(),
        )
    }

    /// The first value of `key`, trimmed; `None` when absent or empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The first value of `key`, or the empty text.
    pub(crate) fn text(&self, key: &str) -> String {
        self.get(key).unwrap_or("").to_owned()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

fn unescape(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// One path segment out of any text.
pub(crate) fn segment(text: &str) -> String {
    let escaped = utf8_percent_encode(text, PLAIN).to_string();
    // A name that ends like a format must not be taken for one, and dots alone are no segment.
    match escaped.rsplit_once('.') {
        Some((stem, suffix @ ("json" | "csv" | ""))) => format!("{stem}%2E{suffix}"),
        _ => escaped,
    }
}

/// A path segment back into text; `None` when it is not UTF-8.
pub(crate) fn unsegment(segment: &str) -> Option<String> {
    percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// `path?a=b&c=d`; empty values are left out.
pub(crate) fn with_query<'a>(
    path: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut out = path.to_owned();
    let mut separator = '?';
    for (key, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        out.push(separator);
        out.extend(utf8_percent_encode(key, PLAIN));
        out.push('=');
        out.extend(utf8_percent_encode(value, PLAIN));
        separator = '&';
    }
    out
}

/// The page of a function.
pub(crate) fn function_path(id: &str) -> String {
    format!("/functions/{}", segment(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_as_browsers_write_them() {
        let params = Params::parse("q=a+b%26c&empty=&flag&q=second&bad=%FF");
        assert_eq!(params.get("q"), Some("a b&c"));
        assert_eq!(params.get("empty"), None);
        assert_eq!(params.get("flag"), None);
        assert_eq!(params.get("bad"), Some("\u{fffd}"));
        assert_eq!(params.get("nothing"), None);
        assert_eq!(Params::parse(&"a=b&".repeat(500)).0.len(), MAX_PARAMETERS);
    }

    #[test]
    fn any_text_survives_a_path_segment() {
        let plain = "aws:123456789012:eu-central-1:checkout";
        assert_eq!(segment(plain), plain);
        for text in [
            "azure::x:app/fn",
            "<script>\"'&?#%",
            "a b",
            "x.json",
            "..",
            ".",
            "ü.csv",
        ] {
            let escaped = segment(text);
            assert_eq!(unsegment(&escaped).as_deref(), Some(text));
            assert!(
                !escaped.contains(['/', '?', '#', '<', '"', ' ']),
                "{escaped}"
            );
            assert!(
                !escaped.ends_with(".json") && !escaped.ends_with(".csv"),
                "{escaped}"
            );
        }
        assert_eq!(unsegment("%FF"), None);
    }

    #[test]
    fn links_leave_out_what_is_empty() {
        let link = with_query("/logs", [("q", "a b"), ("service", ""), ("from", "now-1h")]);
        assert_eq!(link, "/logs?q=a%20b&from=now-1h");
        assert_eq!(with_query("/", []), "/");
    }
}

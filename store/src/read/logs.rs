//! Search in log records, and how many there are over time.

use clickhouse::Row;
use clickhouse::query::Query;
use serde::Deserialize;

use super::{Window, all, ask_in};
use crate::model::UnixNano;
use crate::{Store, StoreError};

/// How a text is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TextMatch {
    /// No text asked for.
    #[default]
    Any,
    /// A whole word, any case: quick, through an index. Lower case, letters and digits only.
    Token(String),
    /// A part of the text, any case.
    Part(String),
}

impl TextMatch {
    /// Reads what a person typed: one word is looked for as a word; `*` at an end, quotes or
    /// several words mean "this part of the text".
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let typed = typed.trim();
        let quoted = typed.len() >= 2 && typed.starts_with('"') && typed.ends_with('"');
        let starred = typed.starts_with('*') || typed.ends_with('*');
        let bare = if quoted {
            &typed[1..typed.len() - 1]
        } else {
            typed.trim_matches('*')
        };
        match bare {
            "" => Self::Any,
            word if !quoted && !starred && word.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Self::Token(word.to_ascii_lowercase())
            }
            part => Self::Part(part.to_owned()),
        }
    }
}

/// What to look for: a record must meet all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Text in the body.
    pub text: TextMatch,
    /// Least severity number, 1 to 24; 0 for any.
    pub min_severity: u8,
    /// Function id; empty for any.
    pub function: String,
    /// `service.name`; empty for any.
    pub service: String,
    /// 32 hex characters; empty for any.
    pub trace_id: String,
    /// Attribute key, of the record or its resource; empty for any.
    pub key: String,
    /// Value of that attribute.
    pub value: String,
}

/// One log record.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct LogLine {
    /// When, ns since the epoch.
    pub at_ns: i64,
    /// Orders records of one nanosecond: a hash of what they say.
    pub tie: u64,
    /// Trace, or empty.
    pub trace_id: String,
    /// Span, or empty.
    pub span_id: String,
    /// Severity as its source spells it.
    pub severity_text: String,
    /// 0 (not told) to 24.
    pub severity_number: u8,
    /// `service.name`.
    pub service_name: String,
    /// Function id; may be empty.
    pub function_id: String,
    /// The body, at most 8,000 bytes of it.
    pub body: String,
    /// Length of the whole body, bytes.
    pub body_bytes: u64,
    /// Event name; may be empty.
    pub event_name: String,
    /// Instrumentation scope.
    pub scope_name: String,
    /// Attributes of the record.
    pub attributes: Vec<(String, String)>,
    /// Attributes of the resource.
    pub resource: Vec<(String, String)>,
}

/// Records per bucket.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct LogBucket {
    /// Start of the bucket, s since the epoch.
    pub bucket_s: u32,
    /// All records.
    pub records: u64,
    /// Of these, warnings.
    pub warnings: u64,
    /// Of these, errors and worse.
    pub errors: u64,
}

/// A place beside a record: its instant, and its place among the records of that very nanosecond.
/// No page shows a record twice or skips one, but for equal copies of one record at the edge of a
/// page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// ns since the epoch.
    pub at_ns: i64,
    /// [`LogLine::tie`] of the record.
    pub tie: u64,
}

/// Which way to read from a [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest records of the window.
    Newest,
    /// Records older than the cursor, newest first.
    Before(Cursor),
    /// Records newer than the cursor, oldest first.
    After(Cursor),
}

/// One page of records, at most `limit`: newest first, but oldest first for [`Page::After`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn search(
    store: &Store,
    window: Window,
    filter: &LogFilter,
    page: Page,
    limit: u32,
) -> Result<Vec<LogLine>, StoreError> {
    let (window, newest_first, cursor) = match page {
        Page::Newest => (window, true, Cursor { at_ns: 0, tie: 0 }),
        Page::Before(cursor) => {
            let to = UnixNano(cursor.at_ns.saturating_add(1)).min(window.to);
            (Window { to, ..window }, true, cursor)
        }
        Page::After(cursor) => {
            let from = UnixNano(cursor.at_ns).max(window.from);
            (Window { from, ..window }, false, cursor)
        }
    };
    let parts = if newest_first {
        window.newest_first()
    } else {
        vec![window]
    };
    let mut lines: Vec<LogLine> = Vec::new();
    for part in parts {
        let wanted = limit.saturating_sub(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        let query = bind(ask_in(store, part, include_str!("log_search.sql")), filter)
            .param("newest_first", newest_first)
            .param("cursor_ns", cursor.at_ns)
            .param("cursor_tie", cursor.tie)
            .param("limit", wanted);
        lines.extend(all::<LogLine>(query, "searching logs").await?);
        if lines.len() >= limit as usize {
            break;
        }
    }
    Ok(lines)
}

/// Records per bucket of `step_s` seconds, empty buckets left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn histogram(
    store: &Store,
    window: Window,
    filter: &LogFilter,
    step_s: u32,
) -> Result<Vec<LogBucket>, StoreError> {
    let query = bind(
        ask_in(store, window, include_str!("log_histogram.sql")),
        filter,
    );
    all(query.param("step", step_s.max(1)), "counting logs").await
}

fn bind(query: Query, filter: &LogFilter) -> Query {
    // hasToken refuses an empty needle even where it is never evaluated.
    let (by_token, token, part) = match &filter.text {
        TextMatch::Any => (false, "x", ""),
        TextMatch::Token(token) => (true, token.as_str(), ""),
        TextMatch::Part(part) => (false, "x", part.as_str()),
    };
    query
        .param("by_token", by_token)
        .param("token", token)
        .param("part", part)
        .param("min_severity", filter.min_severity)
        .param("function", &filter.function)
        .param("service", &filter.service)
        .param("trace_id", &filter.trace_id)
        .param("key", &filter.key)
        .param("value", &filter.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_is_a_token_and_anything_else_a_part() {
        let part = |text: &str| TextMatch::Part(text.to_owned());
        for (typed, want) in [
            ("", TextMatch::Any),
            ("  ", TextMatch::Any),
            ("Timeout", TextMatch::Token("timeout".into())),
            ("took_ms", part("took_ms")),
            ("two words", part("two words")),
            ("time*", part("time")),
            ("*out", part("out")),
            ("\"timeout\"", part("timeout")),
            ("ünicode", part("ünicode")),
            ("**", TextMatch::Any),
            ("\"", part("\"")),
        ] {
            assert_eq!(TextMatch::parse(typed), want, "{typed}");
        }
    }
}

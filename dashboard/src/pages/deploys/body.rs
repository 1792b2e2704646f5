//! What an announcement says, checked before anything is asked or kept.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use store::model::{DeployWords, TEXT_CHARS, UnixNano, WORD_CHARS, is_web_address};

use crate::format::bounded;

/// Largest body of a request, bytes: a thousand functions with their words.
pub(crate) const BODY_BYTES: usize = 262_144;
/// Most announcements of one request, and most functions of all of them together.
const ANNOUNCEMENTS_MAX: usize = 100;
const FUNCTIONS_MAX: usize = 1_000;
/// Longest text that can mean a function, bytes: an identity has at most 320 and may be percent-encoded.
const FUNCTION_BYTES: usize = 1_000;
/// How far a pipeline's clock may be ahead, and how old a deploy may be when it is told, ms.
const AHEAD_MS: f64 = 600_000.0;
const OLD_MS: f64 = 400.0 * 86_400_000.0;

/// One deploy of one or several functions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    function: Option<String>,
    functions: Option<Vec<String>>,
    version: String,
    at: Option<Value>,
    commit: Option<String>,
    url: Option<String>,
    by: Option<String>,
    note: Option<String>,
}

/// An announcement that can be understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// Texts that mean functions, at least one.
    pub(crate) functions: Vec<String>,
    pub(crate) version: String,
    /// `None` for now.
    pub(crate) at: Option<UnixNano>,
    pub(crate) words: DeployWords,
}

/// Reads a body: an announcement, or a list of them.
///
/// # Errors
/// What is wrong, and where, in a sentence that says what would be right.
pub(crate) fn read(body: &[u8], now: UnixNano) -> Result<Vec<Announcement>, String> {
    let is_list = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    let told = if is_list {
        serde_json::from_slice::<Vec<Told>>(body)
    } else {
        serde_json::from_slice::<Told>(body).map(|one| vec![one])
    };
    let told =
        told.map_err(|error| bounded(&format!("the body is no announcement: {error}"), 300))?;
    if told.is_empty() || told.len() > ANNOUNCEMENTS_MAX {
        return Err(format!(
            "a list holds 1 to {ANNOUNCEMENTS_MAX} announcements, not {}",
            told.len()
        ));
    }
    let read: Result<Vec<Announcement>, String> = told
        .into_iter()
        .enumerate()
        .map(|(i, one)| check(one, now).map_err(|fault| place(is_list, i, &fault)))
        .collect();
    let read = read?;
    let functions: usize = read.iter().map(|one| one.functions.len()).sum();
    if functions > FUNCTIONS_MAX {
        return Err(format!(
            "{functions} functions are named; a request may name {FUNCTIONS_MAX}"
        ));
    }
    Ok(read)
}

/// Where in a list a fault lies.
pub(crate) fn place(is_list: bool, i: usize, fault: &str) -> String {
    match is_list {
        true => format!("announcement {}: {fault}", i + 1),
        false => fault.to_owned(),
    }
}

fn check(told: Told, now: UnixNano) -> Result<Announcement, String> {
    let functions: Vec<String> = told
        .function
        .into_iter()
        .chain(told.functions.into_iter().flatten())
        .collect();
    if functions.is_empty() {
        return Err("`function` or `functions` must say which function was deployed".to_owned());
    }
    if functions
        .iter()
        .any(|text| text.is_empty() || text.len() > FUNCTION_BYTES)
    {
        return Err(format!("`function` must have 1 to {FUNCTION_BYTES} bytes"));
    }
    let url = text("url", told.url, TEXT_CHARS)?;
    if !(url.is_empty() || is_web_address(&url)) {
        return Err("`url` must begin with https:// or http://".to_owned());
    }
    let version = text("version", Some(told.version), WORD_CHARS)?;
    if version.is_empty() {
        return Err("`version` must be what the function reports as its version".to_owned());
    }
    Ok(Announcement {
        functions,
        version,
        at: told.at.map(|at| time(&at, now)).transpose()?,
        words: DeployWords {
            who: text("by", told.by, WORD_CHARS)?,
            commit: text("commit", told.commit, WORD_CHARS)?,
            note: text("note", told.note, TEXT_CHARS)?,
            url,
            changes: Vec::new(),
        },
    })
}

fn text(key: &str, told: Option<String>, chars: usize) -> Result<String, String> {
    let told = told.unwrap_or_default().trim().to_owned();
    if told.chars().count() > chars {
        return Err(format!("`{key}` is longer than {chars} characters"));
    }
    if told
        .chars()
        .any(|c| c.is_control() && !(key == "note" && c == '\n'))
    {
        return Err(format!("`{key}` holds control characters"));
    }
    Ok(told)
}

/// RFC 3339, or Unix time in seconds or milliseconds.
fn time(at: &Value, now: UnixNano) -> Result<UnixNano, String> {
    /// Milliseconds before 1973 are seconds of the year 5138: nobody means either.
    const MILLIS_FROM: i64 = 100_000_000_000;
    let told = match at {
        Value::String(text) => text
            .parse::<Timestamp>()
            .ok()
            .and_then(|at| i64::try_from(at.as_nanosecond()).ok())
            .map(UnixNano),
        Value::Number(number) => number.as_i64().map(|unix| match unix >= MILLIS_FROM {
            true => UnixNano::from_millis(unix),
            false => UnixNano::from_secs(unix),
        }),
        _ => None,
    };
    let told =
        told.ok_or("`at` must be a time as 2026-11-23T10:00:00Z, or Unix time as a number")?;
    if told > now.plus_millis(AHEAD_MS) || told < now.plus_millis(-OLD_MS) {
        return Err("`at` lies more than ten minutes ahead or 400 days back".to_owned());
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNano = UnixNano(1_795_436_709_000_000_000);

    fn fault(body: &str) -> String {
        read(body.as_bytes(), NOW).expect_err(body)
    }

    #[test]
    fn one_or_many_are_read_with_all_their_words() {
        let body = r#"{"function":"checkout","version":" 42 ","at":"2026-11-23T10:00:00Z","commit":"abc",
            "url":"https://git.example/c/abc","by":"ann","note":"two\nlines"}"#;
        let one = read(body.as_bytes(), NOW).expect("read").remove(0);
        assert_eq!(
            (one.version.as_str(), one.at),
            ("42", Some(UnixNano::from_secs(1_795_428_000)))
        );
        assert_eq!(
            (one.words.who.as_str(), one.words.note.as_str()),
            ("ann", "two\nlines")
        );
        let list = r#" [{"functions":["a","b"],"version":"1"},{"function":"c","version":"2","at":1795428000000}]"#;
        let many = read(list.as_bytes(), NOW).expect("read");
        assert_eq!(many[0].functions, ["a", "b"]);
        assert_eq!(many[1].at, Some(UnixNano::from_secs(1_795_428_000)));
        assert_eq!(many[0].at, None);
    }

    #[test]
    fn what_is_wrong_is_named_and_nothing_hostile_passes() {
        for (body, words) in [
            ("", "no announcement"),
            ("{\"function\":\"f\"}", "version"),
            ("{\"version\":\"1\"}", "function"),
            ("{\"function\":\"\",\"version\":\"1\"}", "bytes"),
            ("{\"function\":\"f\",\"version\":\"\"}", "version"),
            (
                "{\"function\":\"f\",\"version\":\"1\",\"verison\":\"2\"}",
                "unknown field",
            ),
            (
                "{\"function\":\"f\",\"version\":\"1\",\"at\":\"soon\"}",
                "RFC",
            ),
            (
                "{\"function\":\"f\",\"version\":\"1\",\"at\":1}",
                "400 days",
            ),
            (
                "{\"function\":\"f\",\"version\":\"1\",\"at\":\"2027-11-23T10:00:00Z\"}",
                "ahead",
            ),
            (
                "{\"function\":\"f\",\"version\":\"1\",\"url\":\"javascript:alert(1)\"}",
                "https://",
            ),
            ("{\"function\":\"f\",\"version\":\"1\\u0007\"}", "control"),
            ("[]", "1 to 100"),
            (
                "[{\"function\":\"f\",\"version\":\"1\"},{\"function\":\"f\",\"version\":\"\"}]",
                "announcement 2",
            ),
        ] {
            let said = fault(body);
            let words = if words == "RFC" {
                "2026-11-23T10:00:00Z"
            } else {
                words
            };
            assert!(said.contains(words), "{body}: {said}");
        }
        let long = format!("{{\"function\":\"f\",\"version\":\"{}\"}}", "x".repeat(161));
        assert!(fault(&long).contains("160"));
        let many: Vec<&str> = vec!["f"; 1_001];
        let body = serde_json::json!({"functions": many, "version": "1"}).to_string();
        assert!(fault(&body).contains("1000"));
        let list = serde_json::json!(vec![
            serde_json::json!({"function": "f", "version": "1"});
            101
        ]);
        assert!(fault(&list.to_string()).contains("1 to 100"));
    }
}

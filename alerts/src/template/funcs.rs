//! Alertmanager's functions, beside those that the engine has of its own.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use gotmpl::html::{HTML, URL};
use gotmpl::{FuncMap, TemplateError, Value};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use regex::{Regex, RegexBuilder};

use super::value::{as_nanos, as_time, duration, json, list, string, text, time};
use super::{Format, layout, link, method};

type Result = gotmpl::Result<Value>;
type Function = fn(&[Value]) -> Result;

/// Largest compiled regular expression, bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// The functions that need nothing but their arguments.
const PURE: [(&str, Function); 24] = [
    ("toUpper", |a| one(a, |s| Ok(string(s.to_uppercase())))),
    ("toLower", |a| one(a, |s| Ok(string(s.to_lowercase())))),
    ("title", |a| one(a, |s| Ok(string(title(s))))),
    ("trimSpace", |a| one(a, |s| Ok(string(s.trim())))),
    ("safeHtml", |a| one(a, |s| Ok(HTML::from(s).into()))),
    ("safeUrl", |a| one(a, |s| Ok(URL::from(s).into()))),
    ("urlUnescape", |a| one(a, url_unescape)),
    ("base64encode", |a| {
        one(a, |s| Ok(string(URL_SAFE.encode(s))))
    }),
    ("base64decode", |a| one(a, base64_decode)),
    ("join", join),
    ("match", |a| {
        two(a, |pattern, s| Ok(Value::Bool(regex(pattern)?.is_match(s))))
    }),
    ("reReplaceAll", replace),
    ("stringSlice", |a| {
        Ok(list(a.iter().map(|item| string(text(item)))))
    }),
    ("list", |a| Ok(list(a.iter().cloned()))),
    ("append", append),
    ("dict", dict),
    // Ours: an address that may become a link, or nothing.
    ("link", |a| {
        one(a, |s| Ok(string(link(s).unwrap_or_default())))
    }),
    ("index", index),
    ("toJson", to_json),
    ("date", date),
    ("tz", tz),
    ("humanizeDuration", humanize),
    ("toDate", |a| {
        two(a, |layout, s| {
            Ok(time(
                layout::parse(layout, s).unwrap_or(layout::ZERO),
                "UTC",
            ))
        })
    }),
    ("mustToDate", |a| two(a, must_to_date)),
];

/// Names of all functions that a template may call, beside the engine's.
pub fn names() -> Vec<&'static str> {
    let hidden = [
        super::rewrite::FIELD,
        super::rewrite::SHOW,
        super::rewrite::PLAIN,
    ];
    let bound = ["now", "since", "routeLabels", super::rewrite::STEP];
    PURE.iter()
        .map(|(name, _)| *name)
        .chain(bound)
        .chain(hidden)
        .collect()
}

/// The functions of one rendering, which know what time it is.
pub fn at(now: Timestamp) -> FuncMap {
    let mut map = FuncMap::new();
    for (name, function) in PURE {
        map.insert(name.to_owned(), Arc::new(function));
    }
    map.insert(
        "now".to_owned(),
        Arc::new(move |_: &[Value]| Ok(time(now, "UTC"))),
    );
    let since = move |args: &[Value]| {
        let (at, _) = args
            .first()
            .and_then(as_time)
            .ok_or_else(|| fault("since takes a time"))?;
        let nanos = now.as_nanosecond() - at.as_nanosecond();
        Ok(duration(i64::try_from(nanos).unwrap_or(i64::MAX)))
    };
    map.insert("since".to_owned(), Arc::new(since));
    map.insert(super::rewrite::FIELD.to_owned(), Arc::new(method::field));
    map.insert(super::rewrite::PLAIN.to_owned(), Arc::new(plain));
    map
}

/// What the engine's escapers print, as text; in HTML marked as escaped, so that it is not once more.
pub fn escaped(name: &str, args: &[Value], format: Format) -> Value {
    let whole: String = args.iter().map(text).collect();
    match (name, format) {
        ("_html", Format::Html) => HTML::from(gotmpl::html_escape(&whole)).into(),
        ("_urlquery", Format::Html) => URL::from(gotmpl::url_encode(&whole)).into(),
        ("_html", _) => string(gotmpl::html_escape(&whole)),
        ("_urlquery", _) => string(gotmpl::url_encode(&whole)),
        _ => string(gotmpl::js_escape(&whole)),
    }
}

/// The text of what has one of its own; other values stay what they are, for `printf "%d"`.
fn plain(args: &[Value]) -> Result {
    Ok(match args.first() {
        Some(value @ (Value::Map(_) | Value::List(_) | Value::Nil)) => string(text(value)),
        Some(value) => value.clone(),
        None => string(""),
    })
}

fn fault(text: &str) -> TemplateError {
    TemplateError::Exec(text.to_owned())
}

fn one(args: &[Value], f: impl Fn(&str) -> Result) -> Result {
    match args {
        [value] => f(&text(value)),
        _ => Err(fault("this function takes one text")),
    }
}

fn two(args: &[Value], f: impl Fn(&str, &str) -> Result) -> Result {
    match args {
        [first, second] => f(&text(first), &text(second)),
        _ => Err(fault("this function takes two texts")),
    }
}

/// Words with a capital and the rest small.
fn title(s: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric() || (inside && matches!(c, '\'' | '’' | '_'));
    }
    out
}

fn url_unescape(s: &str) -> Result {
    let spaced = s.replace('+', " ");
    let bytes = spaced.as_bytes();
    let whole = |i: usize| {
        bytes
            .get(i + 1..i + 3)
            .is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    if (0..bytes.len()).any(|i| bytes[i] == b'%' && !whole(i)) {
        return Err(fault(
            "urlUnescape: a % is followed by no two hexadecimal digits",
        ));
    }
    Ok(string(percent_decode_str(&spaced).decode_utf8_lossy()))
}

fn base64_decode(s: &str) -> Result {
    let bytes = URL_SAFE
        .decode(s)
        .map_err(|_| fault("base64decode: this is no base64"))?;
    Ok(string(String::from_utf8_lossy(&bytes)))
}

fn join(args: &[Value]) -> Result {
    match args {
        [by, Value::List(items)] => {
            let words: Vec<String> = items.iter().map(text).collect();
            Ok(string(words.join(&text(by))))
        }
        _ => Err(fault("join takes a separator and a list")),
    }
}

fn regex(pattern: &str) -> gotmpl::Result<Regex> {
    let built = RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES_MAX)
        .build();
    built.map_err(|_| TemplateError::Exec(format!("{pattern:?} is no regular expression")))
}

fn replace(args: &[Value]) -> Result {
    let [pattern, by, subject] = args else {
        return Err(fault(
            "reReplaceAll takes a pattern, a replacement and a text",
        ));
    };
    let replaced = regex(&text(pattern))?
        .replace_all(&text(subject), text(by))
        .into_owned();
    Ok(string(replaced))
}

fn append(args: &[Value]) -> Result {
    match args {
        [Value::List(items), rest @ ..] => Ok(list(items.iter().chain(rest).cloned())),
        _ => Err(fault("append takes a list first")),
    }
}

fn dict(args: &[Value]) -> Result {
    if !args.len().is_multiple_of(2) {
        return Err(fault("dict takes keys and values in turn"));
    }
    let pairs = args.chunks_exact(2).map(|two| {
        let key = two[0]
            .as_str()
            .ok_or_else(|| fault("the keys of a dict are texts"))?;
        Ok((Arc::from(key), two[1].clone()))
    });
    Ok(Value::Map(Arc::new(pairs.collect::<gotmpl::Result<_>>()?)))
}

fn index(args: &[Value]) -> Result {
    let [first, keys @ ..] = args else {
        return Err(fault("index takes a list or labels first"));
    };
    let found = keys
        .iter()
        .try_fold(first.clone(), |value, key| value.index(key))?;
    // A label that is absent is empty.
    Ok(if matches!(found, Value::Nil) {
        string("")
    } else {
        found
    })
}

fn to_json(args: &[Value]) -> Result {
    let [value] = args else {
        return Err(fault("toJson takes one value"));
    };
    let written = json(value).to_string();
    // As Go writes it: fit to stand inside HTML.
    let safe = written
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    Ok(string(safe))
}

fn date(args: &[Value]) -> Result {
    let [layout, value] = args else {
        return Err(fault("date takes a layout and a time"));
    };
    let (at, zone) = as_time(value).ok_or_else(|| fault("date takes a layout and a time"))?;
    Ok(string(layout::format(
        &text(layout),
        &at.to_zoned_datetime(zone),
    )))
}

fn tz(args: &[Value]) -> Result {
    let [name, value] = args else {
        return Err(fault("tz takes the name of a time zone and a time"));
    };
    let (at, _) = as_time(value).ok_or_else(|| fault("tz takes a time after the zone's name"))?;
    Ok(time(at, &method::zone(&text(name))?))
}

#[allow(clippy::cast_precision_loss)] // shown with four digits
fn humanize(args: &[Value]) -> Result {
    let [value] = args else {
        return Err(fault(
            "humanizeDuration takes a number of seconds or a duration",
        ));
    };
    let seconds = match value {
        Value::Map(_) => as_nanos(value).map(|nanos| nanos as f64 / 1e9),
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        other => text(other).parse().ok(),
    };
    let seconds = seconds.ok_or_else(|| fault("humanizeDuration takes a number of seconds"))?;
    Ok(string(layout::humanized(seconds)))
}

fn must_to_date(layout: &str, s: &str) -> Result {
    let at = layout::parse(layout, s);
    let at =
        at.ok_or_else(|| TemplateError::Exec(format!("{s:?} is not written as {layout:?}")))?;
    Ok(time(at, "UTC"))
}

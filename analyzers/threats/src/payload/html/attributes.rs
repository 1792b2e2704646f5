//! Attributes, inside of tags and where a text breaks out of one.

use super::super::text::{is_white, skip};
use super::super::verdict::Hits;
use super::{XSS, script, uri};

/// Attributes read of one tag.
const LIST_MAX: usize = 64;
/// Bytes of a tag that are read.
const TAG_BYTES_MAX: usize = 4_096;

/// Letters of an attribute's name, and some: `onwebkitplaybacktargetavailabilitychanged` has 41.
const NAME_BYTES_MAX: usize = 64;

/// An attribute and its value.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    pub begin: usize,
    pub end: usize,
}

/// Reads attributes up to the end of the tag; says where that is.
pub fn read(text: &[u8], from: usize) -> (Vec<Attribute<'_>>, usize) {
    let text = &text[..text.len().min(from + TAG_BYTES_MAX)];
    let mut list = Vec::new();
    let mut at = from;
    while at < text.len() && list.len() < LIST_MAX {
        // Whatever is no name separates.
        at = skip(text, at, |b| {
            is_white(b)
                || b < b' '
                || matches!(
                    b,
                    b'/' | b'"' | b'\'' | b'`' | b';' | b',' | b'=' | b'.' | b'\\' | b'(' | b')'
                )
        });
        match text.get(at) {
            None => break,
            Some(b'>') => return (list, at + 1),
            Some(_) => {}
        }
        let begin = at;
        let end = skip(text, at, |b| {
            !is_white(b) && b > b' ' && !matches!(b, b'=' | b'>' | b'/' | b'"' | b'\'' | b'`')
        });
        at = end.max(begin + 1);
        let equals = skip(text, at, |b| is_white(b) || b < b' ');
        let mut value: &[u8] = b"";
        if text.get(equals) == Some(&b'=') {
            (value, at) = read_value(text, equals + 1);
        }
        list.push(Attribute {
            name: &text[begin..end],
            value,
            begin,
            end: at,
        });
    }
    (list, at)
}

fn read_value(text: &[u8], from: usize) -> (&[u8], usize) {
    let begin = skip(text, from, |b| is_white(b) || b < b' ');
    match text.get(begin) {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            let end = skip(text, begin + 1, |b| b != *quote);
            (&text[begin + 1..end], (end + 1).min(text.len()))
        }
        _ => {
            let end = skip(text, begin, |b| !is_white(b) && b != b'>');
            (&text[begin..end], end)
        }
    }
}

/// Looks at an attribute of a tag.
pub fn judge(
    text: &[u8],
    tag: &str,
    attribute: &Attribute<'_>,
    range: (usize, usize),
    hits: &mut Hits,
) {
    let name: Vec<u8> = attribute
        .name
        .iter()
        .filter(|b| b.is_ascii_graphic())
        .map(u8::to_ascii_lowercase)
        .collect();
    let here = (range.0, attribute.end.min(text.len()));
    // `onload!#$%=`, `xlink:onload`: parsers of the time took them.
    let local = name.rsplit(|b| *b == b':').next().unwrap_or_default();
    let letters = skip(local, 0, |b| b.is_ascii_alphanumeric());
    if is_handler(&local[..letters]) && !attribute.value.is_empty() {
        hits.add(XSS, "xss.handler", 0.9, here);
    } else if is_handler(&local[..letters])
        && text.get(attribute.end.wrapping_sub(1)) == Some(&b'=')
    {
        hits.add(XSS, "xss.handler", 0.7, here);
    }
    match local {
        b"style" => uri::style(attribute.value, attribute.begin, hits),
        b"srcdoc" | b"xlink" | b"fscommand" | b"seeksegmenttime" | b"datasrc" | b"datafld"
        | b"implementation" => {
            hits.add(XSS, "xss.attribute", 0.6, here);
        }
        b"actuate" | b"allowscriptaccess" | b"http-equiv" | b"attributename" | b"classid"
        | b"event" | b"contentscripttype" | b"dynsrc" | b"lowsrc" => {
            hits.add(XSS, "xss.attribute", 0.45, here);
        }
        b"behavior" | b"expression" => hits.add(XSS, "xss.attribute", 0.6, here),
        _ => {}
    }
    let loads = matches!(tag, "link")
        && local == b"rel"
        && [&b"stylesheet"[..], b"import", b"preload"]
            .iter()
            .any(|kind| attribute.value.eq_ignore_ascii_case(kind));
    if loads {
        hits.add(XSS, "xss.attribute", 0.4, here);
    }
    uri::judge(attribute.value, tag, here, hits);
    if attribute.value.starts_with(b"&{") {
        hits.add(XSS, "xss.attribute", 0.7, here);
    }
}

/// What names of events begin with.
const EVENTS: &[&str] = &[
    "abort",
    "activate",
    "after",
    "animation",
    "aux",
    "before",
    "begin",
    "blur",
    "bounce",
    "cached",
    "cancel",
    "canplay",
    "cellchange",
    "change",
    "click",
    "close",
    "command",
    "context",
    "control",
    "copy",
    "cuechange",
    "cut",
    "data",
    "dblclick",
    "deactivate",
    "device",
    "drag",
    "drop",
    "duration",
    "emptied",
    "end",
    "error",
    "filterchange",
    "finish",
    "focus",
    "form",
    "fullscreen",
    "gesture",
    "gotpointer",
    "hash",
    "help",
    "input",
    "invalid",
    "key",
    "language",
    "layout",
    "load",
    "lose",
    "lostpointer",
    "media",
    "message",
    "mouse",
    "move",
    "moz",
    "ms",
    "offline",
    "online",
    "orientation",
    "outofsync",
    "page",
    "paste",
    "pause",
    "play",
    "pointer",
    "popstate",
    "progress",
    "propertychange",
    "ratechange",
    "ready",
    "redo",
    "rejection",
    "repeat",
    "reset",
    "resize",
    "resume",
    "reverse",
    "rows",
    "row",
    "scroll",
    "search",
    "security",
    "seek",
    "select",
    "show",
    "slot",
    "stalled",
    "start",
    "stop",
    "storage",
    "submit",
    "suspend",
    "synch",
    "syncrestored",
    "time",
    "toggle",
    "touch",
    "track",
    "transition",
    "undo",
    "unhandled",
    "unload",
    "url",
    "user",
    "volume",
    "waiting",
    "webkit",
    "wheel",
    "zoom",
    "content",
    "break",
    "fail",
    "dom",
    "visibility",
    "vr",
    "xr",
    "location",
    "afterprint",
];

/// Whether a name is that of an event handler. All begin with these, and new ones will.
fn is_handler(name: &[u8]) -> bool {
    name.strip_prefix(b"on").is_some_and(|event| {
        EVENTS
            .iter()
            .any(|known| event.starts_with(known.as_bytes()))
    })
}

/// Handlers outside of any tag: the text stands inside of one, or is put there.
pub fn loose(text: &[u8], hits: &mut Hits) {
    let mut at = 0;
    while let Some(equals) = text
        .get(at..)
        .and_then(|rest| rest.iter().position(|b| *b == b'='))
    {
        let equals = at + equals;
        at = equals + 1;
        let name_end = (0..equals)
            .rev()
            .find(|&i| !is_white(text[i]))
            .map_or(0, |i| i + 1);
        if equals - name_end > 8 {
            continue;
        }
        let begin = text[..name_end]
            .iter()
            .rposition(|b| !b.is_ascii_alphanumeric())
            .map_or(0, |i| i + 1);
        if name_end - begin > NAME_BYTES_MAX {
            continue;
        }
        let name = text[begin..name_end].to_ascii_lowercase();
        let (value, end) = read_value(&text[..text.len().min(at + 256)], at);
        if !is_handler(&name) {
            if name == b"style" && begin > 0 {
                uri::style(value, begin, hits);
            }
            // `'formaction=`: out of an attribute, into one that sends or loads.
            let quoted = begin > 0 && matches!(text[begin - 1], b'"' | b'\'' | b'`');
            if quoted
                && begin == 1
                && matches!(
                    &name[..],
                    b"formaction" | b"srcdoc" | b"href" | b"src" | b"action"
                )
            {
                hits.add(XSS, "xss.attribute", 0.55, (begin - 1, end));
            }
            continue;
        }
        let breaks = text[..begin]
            .iter()
            .any(|b| matches!(b, b'"' | b'\'' | b'<' | b'`'));
        let weight = match (script::runs(value), breaks) {
            (true, true) => 0.85,
            (true, false) if begin > 0 || name.len() > 5 => 0.7,
            (false, true) if !value.is_empty() => 0.6,
            (false, true) => 0.5,
            _ => continue,
        };
        hits.add(XSS, "xss.handler", weight, (begin, end));
    }
}

//! Expressions of template engines, and lookups of Log4j.
//!
//! Braces alone are nothing: what stands in them must compute, call or reach for an object.

use super::Place;
use super::text::{find, has, is_name, is_white, skip};
use super::verdict::{Class, Hits};

/// How engines open and close an expression.
const BRACES: &[(&[u8], &[u8])] = &[
    (b"{{", b"}}"),
    (b"{%", b"%}"),
    (b"${", b"}"),
    (b"#{", b"}"),
    (b"*{", b"}"),
    (b"<%", b"%>"),
    (b"@{", b"}"),
    (b"~{", b"}"),
    (b"%{", b"}"),
    (b"{php}", b"{"),
    (b"[[${", b"}"),
    (b"#set(", b")"),
    (b"{#", b"#}"),
    (b"{=", b"}"),
    (b"@(", b")"),
    (b"${{", b"}}"),
];

/// Bytes of an expression that are read.
const BODY_MAX: usize = 512;
/// Expressions of one kind looked at.
const EACH_MAX: usize = 16;

/// Objects and members that lead out of the template.
const GADGETS: &[&str] = &[
    "__class__",
    "__mro__",
    "__subclasses__",
    "__globals__",
    "__builtins__",
    "__import__",
    "__init__",
    "getruntime",
    "processbuilder",
    "java.lang",
    "java.util",
    "classloader",
    "getclass",
    "forname",
    "t(java",
    "freemarker",
    "?new(",
    "request.application",
    "config.items",
    "self._templatereference",
    "lipsum",
    "cycler",
    "joiner",
    "namespace.__",
    "app.request",
    "_self.env",
    "registerundefinedfiltercallback",
    "getfilter",
    "constructor",
    "process.mainmodule",
    "child_process",
    "require(",
    "system(",
    "exec(",
    "popen",
    "passthru",
    "shell_exec",
    "file_get_contents",
    "phpinfo",
    "smarty",
    "%x(",
    "io.popen",
    "kernel",
    "eval(",
    "dump(",
    "getparameter",
    "memberaccess",
    "ognl",
    "#context",
    "@java",
    "scriptengine",
    "settings.secret",
    "config.secret",
    "this.constructor",
    "env.",
    "os.environ",
    "sleep(",
    "print(",
    "include(",
    "fetch(",
    "|filter",
    "|map(",
    "sort(",
    "constant(",
    "$where",
    "assign(",
    "pageContext",
    "applicationscope",
    "sessionscope",
];

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    for (open, close) in BRACES {
        let mut at = 0;
        for _ in 0..EACH_MAX {
            let Some(begin) = find(text, open, at) else {
                break;
            };
            at = begin + open.len();
            let body = &text[at..text.len().min(at + BODY_MAX)];
            let end = find(body, close, 0);
            let closed = end.is_some();
            let body = &body[..end.unwrap_or(body.len())];
            if let Some(weight) = expression(body, open) {
                let weight = if closed { weight } else { weight * 0.8 };
                let weight = if place == Place::Log {
                    weight * 0.7
                } else {
                    weight
                };
                hits.add(
                    Class::Ssti,
                    "ssti.expression",
                    weight,
                    (begin, at + body.len()),
                );
            }
        }
    }
    lookups(text, hits);
}

/// What an expression is worth.
fn expression(body: &[u8], open: &[u8]) -> Option<f32> {
    if GADGETS.iter().any(|gadget| has(body, gadget.as_bytes())) {
        return Some(0.85);
    }
    let trimmed: Vec<u8> = body.iter().copied().filter(|b| !is_white(*b)).collect();
    let operator = trimmed
        .iter()
        .position(|b| matches!(b, b'*' | b'+' | b'-' | b'/' | b'%'));
    let quoted = |b: u8| b.is_ascii_digit() || b == b'\'' || b == b'"' || b == b')';
    let computes = operator.is_some_and(|at| {
        at > 0
            && quoted(trimmed[at - 1])
            && trimmed
                .get(at + 1)
                .is_some_and(|b| quoted(*b) || *b == b'(')
    });
    if computes {
        return Some(0.8);
    }
    if open == b"%{" && trimmed.starts_with(b"(#") {
        return Some(0.7);
    }
    let calls = trimmed
        .iter()
        .position(|b| *b == b'(')
        .is_some_and(|at| at > 0 && is_name(trimmed[at - 1]));
    match (open, calls) {
        (b"{{" | b"${" | b"#{" | b"<%" | b"%{" | b"*{" | b"@{" | b"[[${", true) => Some(0.6),
        (b"{%", true) => Some(0.6),
        (b"<%", false) if trimmed.starts_with(b"=") && trimmed.len() > 1 => Some(0.5),
        (b"{%", false) => [
            &b"import"[..],
            b"include",
            b"debug",
            b"extends",
            b"for",
            b"set",
        ]
        .iter()
        .any(|word| trimmed.starts_with(word))
        .then_some(0.5),
        (b"{php}", _) => Some(0.8),
        (b"${" | b"#{" | b"{{", false)
            if trimmed
                .first()
                .is_some_and(|b| matches!(b, b'\'' | b'"' | b'@'))
                && trimmed.len() > 2 =>
        {
            Some(0.5)
        }
        _ => None,
    }
}

/// `${jndi:…}` with its name hidden in other lookups.
fn lookups(text: &[u8], hits: &mut Hits) {
    let Some(first) = find(text, b"${", 0).or_else(|| find(text, b"$%7b", 0)) else {
        return;
    };
    let resolved = resolve(&text[first..text.len().min(first + 2_048)]);
    let range = (first, text.len().min(first + 128));
    let squeezed: Vec<u8> = resolved
        .iter()
        .filter(|b| !is_white(**b))
        .map(u8::to_ascii_lowercase)
        .collect();
    if has(&squeezed, b"jndi:") {
        hits.add(Class::Log4shell, "log4shell.jndi", 0.95, range);
        return;
    }
    let lower = text[first..].to_ascii_lowercase();
    let nested = lower.windows(2).filter(|two| two == b"${").take(8).count();
    let known = [
        "env:", "sys:", "java:", "lower:", "upper:", "date:", "ctx:", "::-", "main:", "hostname",
        "docker:", "k8s:", "log4j:", "bundle:", "base64:", "script:", "url:utf", "dns:",
    ]
    .iter()
    .filter(|name| {
        has(
            &lower[..lower.len().min(2_048)],
            format!("${{{name}").as_bytes(),
        )
    })
    .count();
    let weight = match (known, nested) {
        (0, _) => return,
        (_, 2..) => 0.8,
        _ => 0.5,
    };
    hits.add(Class::Log4shell, "log4shell.lookup", weight, range);
}

/// Takes nested lookups for what they give: `${lower:J}` is `j`, `${x:-y}` and `${::-y}` are `y`.
fn resolve(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match (&text[at..], open.last().copied()) {
            ([b'$', b'{', ..], _) => {
                open.push(out.len());
                out.extend_from_slice(b"${");
                at += 2;
            }
            ([b'}', ..], Some(begin)) => {
                open.pop();
                let body = out[begin + 2..].to_vec();
                let value = value(&body);
                match value {
                    Some(value) => {
                        out.truncate(begin);
                        out.extend_from_slice(value);
                    }
                    None => out.push(b'}'),
                }
                at += 1;
            }
            ([byte, ..], _) => {
                out.push(*byte);
                at += 1;
            }
            ([], _) => break,
        }
    }
    out
}

/// What a lookup gives, if it gives letters.
fn value(body: &[u8]) -> Option<&[u8]> {
    if has(&body[..body.len().min(5)], b"jndi:") {
        return None;
    }
    if let Some(at) = find(body, b":-", 0) {
        return Some(&body[at + 2..]);
    }
    let colon = body.iter().position(|b| *b == b':')?;
    let name = &body[..colon];
    let letters = skip(name, 0, |b| b.is_ascii_alphabetic()) == name.len();
    (letters
        && (name.eq_ignore_ascii_case(b"lower")
            || name.eq_ignore_ascii_case(b"upper")
            || name.eq_ignore_ascii_case(b"date")))
    .then(|| {
        body[colon + 1..]
            .strip_prefix(b"'")
            .unwrap_or(&body[colon + 1..])
    })
    .map(|value| value.strip_suffix(b"'").unwrap_or(value))
}

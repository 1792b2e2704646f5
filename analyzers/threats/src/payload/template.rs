//! Expressions of template engines, and lookups of Log4j.
//!
//! Braces alone are nothing: what stands in them must compute, call or reach for an object.

use std::sync::LazyLock;

use super::Place;
use super::signs::Signs;
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
static GADGETS: LazyLock<Signs> = LazyLock::new(|| Signs::new(GADGET_LIST));

const GADGET_LIST: &[(&str, f32)] = &[
    ("__class__", 0.85),
    ("__mro__", 0.85),
    ("__subclasses__", 0.85),
    ("__globals__", 0.85),
    ("__builtins__", 0.85),
    ("__import__", 0.85),
    ("__init__", 0.85),
    ("getruntime", 0.85),
    ("processbuilder", 0.85),
    ("java.lang", 0.85),
    ("java.util", 0.85),
    ("classloader", 0.85),
    ("getclass", 0.85),
    ("forname", 0.85),
    ("t(java", 0.85),
    ("freemarker", 0.85),
    ("?new(", 0.85),
    ("request.application", 0.85),
    ("config.items", 0.85),
    ("self._templatereference", 0.85),
    ("lipsum", 0.85),
    ("cycler", 0.85),
    ("joiner", 0.85),
    ("namespace.__", 0.85),
    ("app.request", 0.85),
    ("_self.env", 0.85),
    ("registerundefinedfiltercallback", 0.85),
    ("getfilter", 0.85),
    ("constructor", 0.85),
    ("process.mainmodule", 0.85),
    ("child_process", 0.85),
    ("require(", 0.85),
    ("system(", 0.85),
    ("exec(", 0.85),
    ("popen", 0.85),
    ("passthru", 0.85),
    ("shell_exec", 0.85),
    ("file_get_contents", 0.85),
    ("phpinfo", 0.85),
    ("smarty", 0.85),
    ("%x(", 0.85),
    ("io.popen", 0.85),
    ("kernel", 0.85),
    ("eval(", 0.85),
    ("dump(", 0.85),
    ("getparameter", 0.85),
    ("memberaccess", 0.85),
    ("ognl", 0.85),
    ("#context", 0.85),
    ("@java", 0.85),
    ("scriptengine", 0.85),
    ("settings.secret", 0.85),
    ("config.secret", 0.85),
    ("this.constructor", 0.85),
    ("env.", 0.85),
    ("os.environ", 0.85),
    ("sleep(", 0.85),
    ("print(", 0.85),
    ("include(", 0.85),
    ("fetch(", 0.85),
    ("|filter", 0.85),
    ("|map(", 0.85),
    ("sort(", 0.85),
    ("constant(", 0.85),
    ("$where", 0.85),
    ("assign(", 0.85),
    ("pagecontext", 0.85),
    ("applicationscope", 0.85),
    ("sessionscope", 0.85),
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

/// `${{ env.NAME }}`, `${{ steps.build.outputs.id }}`: a variable of a build's description, and nothing else.
fn is_build_variable(body: &[u8]) -> bool {
    const CONTEXTS: &[&[u8]] = &[
        b"env", b"steps", b"needs", b"secrets", b"github", b"inputs", b"matrix", b"vars",
        b"runner", b"build", b"job", b"jobs",
    ];
    let body = body.strip_prefix(b"{").unwrap_or(body).trim_ascii();
    let name = body.split(|b| *b == b'.').next().unwrap_or_default();
    CONTEXTS.contains(&name)
        && body.len() > name.len()
        && body.iter().all(|b| is_name(*b) || matches!(b, b'.' | b'-'))
}

/// What an expression is worth.
fn expression(body: &[u8], open: &[u8]) -> Option<f32> {
    if is_build_variable(body) {
        return None;
    }
    if let Some(gadget) = GADGETS.find(body).next() {
        return Some(gadget.weight);
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

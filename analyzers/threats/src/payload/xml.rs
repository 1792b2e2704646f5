//! XML that reads other documents, and directives of server-side includes.

use std::sync::LazyLock;

use super::signs::Signs;
use super::text::{find, has, skip, starts};
use super::verdict::{Class, Hits};

/// What reads another document.
static INCLUDES: LazyLock<Signs> = LazyLock::new(|| Signs::new(INCLUDE_LIST));

const INCLUDE_LIST: &[(&str, f32)] = &[
    ("xi:include", 0.8),
    ("www.w3.org/2001/xinclude", 0.7),
    ("xsi:schemalocation", 0.55),
    ("xsi:nonamespaceschemalocation", 0.6),
    ("xsl:include", 0.6),
    ("xsl:import", 0.6),
    ("msxsl:script", 0.8),
    ("document('file", 0.7),
];

/// Looks at one view.
pub fn judge(text: &[u8], hits: &mut Hits) {
    let mut at = 0;
    for _ in 0..16 {
        let Some(found) = find(text, b"<!", at) else {
            break;
        };
        at = found + 2;
        let rest = &text[at..text.len().min(at + 1_024)];
        if starts(rest, 0, b"entity") {
            entity(rest, found, hits);
        } else if starts(rest, 0, b"doctype") {
            let outer = rest
                .iter()
                .take_while(|b| **b != b'>' && **b != b'[')
                .count();
            let external = has(&rest[..outer], b"system")
                || (has(&rest[..outer], b"public") && !has(&rest[..outer], b"w3.org"));
            let remote = [&b"://"[..], b"\"/", b"'/", b"file:"]
                .iter()
                .any(|sign| has(&rest[..outer], sign));
            let weight = if external && remote {
                0.7
            } else if external {
                0.4
            } else if has(rest, b"<!entity") {
                0.5
            } else {
                0.1
            };
            hits.add(Class::Xxe, "xxe.doctype", weight, (found, at + outer));
        } else if starts(rest, 0, b"--#") {
            let word = skip(rest, 3, |b| b.is_ascii_alphabetic());
            let known = [
                &b"exec"[..],
                b"include",
                b"echo",
                b"printenv",
                b"config",
                b"set",
                b"fsize",
            ];
            if known
                .iter()
                .any(|known| rest[3..word].eq_ignore_ascii_case(known))
            {
                hits.add(Class::Ssi, "ssi.directive", 0.9, (found, at + word));
            }
        }
    }
    // Without its first sign, which a filter may have dropped.
    if let Some(at) = find(text, b"!entity", 0) {
        let rest = &text[at..text.len().min(at + 256)];
        if (at == 0 || text[at - 1] != b'<') && (has(rest, b" system") || has(rest, b" public")) {
            hits.add(Class::Xxe, "xxe.entity", 0.6, (at, at + 7));
        }
    }
    for sign in INCLUDES.find(text) {
        hits.add(
            Class::Xxe,
            "xxe.include",
            sign.weight,
            (sign.begin, sign.end),
        );
    }
}

/// `<!ENTITY x SYSTEM "…">`, `<!ENTITY % x …>`, and entities made of entities.
fn entity(rest: &[u8], found: usize, hits: &mut Hits) {
    let end = skip(rest, 0, |b| b != b'>');
    let body = &rest[..end];
    let weight = match () {
        () if has(body, b"system") || has(body, b"public") => 0.9,
        () if body.contains(&b'%') => 0.8,
        () if body.iter().filter(|b| **b == b'&').count() > 2 => 0.8,
        () => 0.5,
    };
    hits.add(Class::Xxe, "xxe.entity", weight, (found, found + 2 + end));
}

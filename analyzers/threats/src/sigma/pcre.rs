//! Regular expressions of Sigma (a subset of PCRE) in the syntax of the `regex` crate, which takes linear
//! time whatever the text. What needs backtracking is refused by name.

use std::fmt::Write;

use regex::{Regex, RegexBuilder};

use super::modifier::Modifiers;

/// Of one expression, as text.
const BYTES_MAX: usize = 16 << 10;
/// Of one expression, compiled.
const COMPILED_BYTES_MAX: usize = 4 << 20;

/// The compiled expression.
///
/// # Errors
/// With the reason.
pub(super) fn compile(text: &str, modifiers: &Modifiers) -> Result<Regex, String> {
    if text.len() > BYTES_MAX {
        return Err(format!(
            "a regular expression has at most {BYTES_MAX} bytes"
        ));
    }
    let mut translated = translate(text)?;
    // `startswith` and `endswith` alone each say where the expression stands; both leave it anywhere.
    if modifiers.startswith && !modifiers.open_start {
        translated = format!(r"\A(?:{translated})");
    }
    if modifiers.endswith && !modifiers.open_end {
        translated = format!(r"(?:{translated})\z");
    }
    RegexBuilder::new(&translated)
        .case_insensitive(modifiers.flag_i)
        .multi_line(modifiers.flag_m)
        .dot_matches_new_line(modifiers.flag_s)
        .size_limit(COMPILED_BYTES_MAX)
        .build()
        .map_err(|error| {
            let told = error.to_string();
            let reason = told
                .lines()
                .rfind(|line| !line.is_empty())
                .unwrap_or_default();
            format!(
                "{} is no regular expression: {reason}",
                super::fault::quoted(text)
            )
        })
}

/// Groups that only a backtracking engine knows, by how they begin.
const GROUPS_REFUSED: [(&str, &str); 10] = [
    ("(?=", "a lookahead"),
    ("(?!", "a negative lookahead"),
    ("(?<=", "a lookbehind"),
    ("(?<!", "a negative lookbehind"),
    ("(?>", "an atomic group"),
    ("(?(", "a conditional group"),
    ("(?|", "a branch reset"),
    ("(?R", "recursion"),
    ("(?&", "recursion"),
    ("(?P=", "a backreference"),
];

fn translate(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    // Possessive quantifiers: a `+` right after a quantifier.
    let mut quantified = false;
    while let Some(c) = rest.chars().next() {
        if let Some((_, name)) = GROUPS_REFUSED
            .iter()
            .find(|(start, _)| rest.starts_with(start))
        {
            return Err(format!(
                "{name} in a regular expression needs backtracking, which is not offered"
            ));
        }
        let after = &rest[c.len_utf8()..];
        let was_quantified = std::mem::take(&mut quantified);
        match c {
            '\\' => rest = escape(after, false, &mut out)?,
            '[' => rest = class(after, &mut out)?,
            '+' if was_quantified => {
                return Err(
                    "a possessive quantifier in a regular expression is not offered".to_owned(),
                );
            }
            '{' if !counts(after) => {
                // A brace that counts nothing stands for itself.
                out.push_str(r"\{");
                rest = after;
            }
            '{' => {
                let end = after.find('}').map_or(after.len(), |at| at + 1);
                let _ = write!(out, "{{{}", &after[..end]);
                quantified = true;
                rest = &after[end..];
            }
            c => {
                quantified = matches!(c, '*' | '+' | '?') && !was_quantified;
                out.push(c);
                rest = after;
            }
        }
    }
    Ok(out)
}

/// Whether what follows a brace is `3}`, `3,}` or `3,5}`.
fn counts(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else {
        return false;
    };
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// Writes what stands after a backslash; the rest of the text.
fn escape<'a>(after: &'a str, in_class: bool, out: &mut String) -> Result<&'a str, String> {
    let Some(c) = after.chars().next() else {
        return Err("a regular expression ends with a backslash".to_owned());
    };
    match c {
        '1'..='9' | 'k' | 'g' if !in_class => {
            return Err(
                "a backreference in a regular expression needs backtracking, which is not offered"
                    .to_owned(),
            );
        }
        'Z' if !in_class => out.push_str(r"\n?\z"),
        'h' => out.push_str(if in_class { r"\t " } else { r"[\t ]" }),
        'R' if !in_class => out.push_str(r"(?:\r\n|\n|\r)"),
        'e' => out.push_str(r"\x1B"),
        '0' => out.push_str(r"\x00"),
        'Q' | 'E' | 'K' | 'G' | 'X' | 'C' => {
            return Err(format!("`\\{c}` in a regular expression is not offered"));
        }
        // In the crate `\<` and `\>` are edges of words.
        '<' | '>' => out.push(c),
        // Letters keep their meaning; a letter without one is refused by the crate.
        c if c.is_ascii_alphanumeric() => {
            out.push('\\');
            out.push(c);
        }
        c => out.push_str(&regex::escape(&c.to_string())),
    }
    Ok(&after[c.len_utf8()..])
}

/// Writes a class of characters after its `[`; the rest of the text. The crate's set operations
/// (`&&`, `--`, `~~`, a `[` within) mean nothing here.
fn class<'a>(after: &'a str, out: &mut String) -> Result<&'a str, String> {
    out.push('[');
    let mut rest = after;
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    if let Some(bracket) = rest.strip_prefix(']') {
        out.push_str(r"\]");
        rest = bracket;
    }
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            ']' => {
                out.push(']');
                return Ok(after);
            }
            '\\' => {
                rest = escape(after, true, out)?;
                continue;
            }
            '[' if after.starts_with(':') && after.contains(":]") => {
                let end = after.find(":]").map_or(after.len(), |at| at + 2);
                out.push('[');
                out.push_str(&after[..end]);
                rest = &after[end..];
                continue;
            }
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            // A dash beside a dash, or at an end, is one.
            '-' if after.starts_with(['-', ']']) => out.push_str(r"\-"),
            c => out.push(c),
        }
        rest = after;
    }
    Err("a class of characters in a regular expression is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expression: &str, text: &str) -> bool {
        compile(expression, &Modifiers::default())
            .expect(expression)
            .is_match(text)
    }

    #[test]
    fn the_syntax_of_pcre_keeps_its_meaning() {
        assert!(matches(r"\<script\>", "<script>"));
        assert!(!matches(r"${jndi", "${jndi:ldap"), "`$` is an anchor");
        assert!(matches(r"\${jndi", "${jndi:ldap"));
        assert!(matches(r"a{,3}", "a{,3}"), "a brace that counts nothing");
        assert!(matches(r"^a{2,3}$", "aaa") && !matches(r"^a{2,3}$", "aaaa"));
        assert!(matches(r"[[]x", "[x") && matches(r"[^[]", "a") && !matches(r"^[^[]$", "["));
        assert!(matches(r"^[]a]+$", "a]"));
        assert!(matches(r"^[a&&b]+$", "a&b"));
        assert!(!matches(r"^[+--]$", ",") && matches(r"^[\w-]+$", "a-b"));
        assert!(matches(r"^[[:alpha:]_]+$", "a_b"));
        assert!(matches(r"\/etc\/passwd", "/etc/passwd") && matches(r"\-e\ \'", "-e '"));
        assert!(matches(r"a+?b", "aab"), "a lazy quantifier");
    }

    #[test]
    fn what_needs_backtracking_is_refused_by_name() {
        for (expression, name) in [
            (r"a(?=b)", "a lookahead"),
            (r"a(?!b)", "a negative lookahead"),
            (r"(?<=a)b", "a lookbehind"),
            (r"(?<!a)b", "a negative lookbehind"),
            (r"(a)\1", "a backreference"),
            (r"a++", "a possessive quantifier"),
            (r"(?>a)", "an atomic group"),
            (r"(a", "unclosed group"),
            (r"[a", "not closed"),
            (r"a\", "ends with a backslash"),
            (r"(a{1000}){1000}", "size limit"),
        ] {
            let refused = compile(expression, &Modifiers::default());
            let reason = refused.expect_err(expression);
            assert!(reason.contains(name), "{expression}: {reason}");
        }
        assert!(
            matches(r"\(?=a", "(=a"),
            "an escaped parenthesis begins no group"
        );
        assert!(matches(r"[(?=]", "?"), "nor does one in a class");
    }
}

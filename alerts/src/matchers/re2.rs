//! Regular expressions as Go reads them (RE2), for an engine that reads them a little differently.
//!
//! Go's `\d`, `\w`, `\s` and `\b` know ASCII alone, braces that are no repetition stand for themselves,
//! and brackets do not nest. The rest is the same in both.

use std::iter::Peekable;
use std::str::Chars;

/// Go's bound for `{n,m}`.
const REPEAT_MAX: u32 = 1_000;

/// `pattern` in the syntax of the `regex` crate.
///
/// # Errors
/// What Go refuses and the engine would take.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut reader = Reader {
        rest: pattern.chars().peekable(),
        out: String::with_capacity(pattern.len() + 8),
    };
    let mut repeated = false; // whether what stands before is a repetition already
    while let Some(c) = reader.rest.next() {
        let repetition = match c {
            '*' | '+' | '?' => Some(c.to_string()),
            '{' => reader.count()?,
            _ => None,
        };
        if let Some(repetition) = repetition {
            if repeated {
                return Err("a repetition of a repetition".to_owned());
            }
            reader.out.push_str(&repetition);
            if reader.rest.next_if_eq(&'?').is_some() {
                reader.out.push('?');
            }
            repeated = true;
            continue;
        }
        repeated = false;
        match c {
            '\\' => reader.escape(false)?,
            '[' => reader.class()?,
            '(' => reader.group()?,
            '{' | '}' => reader.literal(c),
            c => reader.out.push(c),
        }
    }
    Ok(reader.out)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

impl Reader<'_> {
    fn literal(&mut self, c: char) {
        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }

    /// After `{`: the repetition that begins there, if it is one.
    fn count(&mut self) -> Result<Option<String>, String> {
        let text: String = self.rest.clone().take_while(|c| *c != '}').collect();
        let closed = self.rest.clone().nth(text.chars().count()) == Some('}');
        let (low, high) = text.split_once(',').unwrap_or((&text, ""));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if !closed || low.is_empty() || !digits(low) || !digits(high) {
            return Ok(None);
        }
        let too_many =
            |text: &str| !text.is_empty() && text.parse().unwrap_or(u32::MAX) > REPEAT_MAX;
        if too_many(low) || too_many(high) {
            return Err(format!("{{{text}}} repeats more than {REPEAT_MAX} times"));
        }
        self.rest.nth(text.chars().count());
        Ok(Some(format!("{{{text}}}")))
    }

    /// After `(`: flags that only one of the two knows.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        let mut ahead = self.rest.clone();
        if ahead.next() == Some('?') {
            let flags = ahead.take_while(|c| c.is_ascii_alphabetic() || *c == '-');
            let named = self.rest.clone().nth(2) == Some('<');
            if let Some(flag) = flags.filter(|c| !"imsU-".contains(*c)).find(|_| !named) {
                return Err(format!("unknown flag `{flag}`"));
            }
            // The `?` here is no repetition.
            self.out.extend(self.rest.next());
        }
        Ok(())
    }

    /// After `[`, up to and with the closing bracket.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        self.out.extend(self.rest.next_if_eq(&'^'));
        if self.rest.next_if_eq(&']').is_some() {
            self.literal(']');
        }
        while let Some(c) = self.rest.next() {
            match c {
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest.peek() == Some(&':') => {
                    self.out.push('[');
                    while let Some(c) = self.rest.next_if(|c| *c != ']') {
                        self.out.push(c);
                    }
                    self.out.extend(self.rest.next());
                }
                '[' | '&' | '~' => self.literal(c),
                '-' => {
                    self.out.push('-');
                    if self.rest.next_if_eq(&'-').is_some() {
                        self.literal('-');
                    }
                }
                c => self.out.push(c),
            }
        }
        Err("the closing bracket is missing".to_owned())
    }

    /// After a backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let c = self.rest.next().ok_or("it ends with a backslash")?;
        let set = match c.to_ascii_lowercase() {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => "\\t\\n\\x0c\\r ",
            _ => "",
        };
        match c {
            'd' | 'w' | 's' if in_class => self.out.push_str(set),
            'd' | 'w' | 's' => self.out.push_str(&format!("[{set}]")),
            'D' | 'W' | 'S' => self.out.push_str(&format!("[^{set}]")),
            'b' | 'B' if !in_class => self.out.push_str(&format!("(?-u:\\{c})")),
            'A' | 'z' if !in_class => self.out.extend(['\\', c]),
            'Q' if !in_class => self.quote(),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P' => {
                self.out.extend(['\\', c]);
                // Their braces are no repetition.
                if self.rest.next_if_eq(&'{').is_some() {
                    self.out.push('{');
                    while let Some(c) = self.rest.next_if(|c| *c != '}') {
                        self.out.push(c);
                    }
                    self.out.extend(self.rest.next());
                }
            }
            '0'..='7' => self.octal(c)?,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => self.literal(c),
            c => return Err(format!("unknown escape `\\{c}`")),
        }
        Ok(())
    }

    /// After `\Q`: all is meant literally, up to `\E` or the end.
    fn quote(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(c);
        }
    }

    /// `\0` to `\377`; one digit other than 0 alone would refer to a group, which there is not.
    fn octal(&mut self, first: char) -> Result<(), String> {
        let mut value = first.to_digit(8).unwrap_or_default();
        let more = self.rest.peek().is_some_and(|c| c.is_digit(8));
        if first != '0' && !more {
            return Err(format!("unknown escape `\\{first}`"));
        }
        for _ in 0..2 {
            let Some(digit) = self.rest.next_if(|c| c.is_digit(8)) else {
                break;
            };
            value = value * 8 + digit.to_digit(8).unwrap_or_default();
        }
        let c = char::from_u32(value).ok_or("the octal escape is no character")?;
        self.literal(c);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::matchers::{Matcher, Operator};

    fn matches(pattern: &str, text: &str) -> Result<bool, String> {
        Matcher::new("a".into(), Operator::Matches, pattern.into())
            .map(|matcher| matcher.matches(text))
            .map_err(|error| error.reason)
    }

    #[test]
    fn expressions_mean_what_they_mean_to_go() {
        for (pattern, text, want) in [
            (r"\d+", "42", true),
            (r"\d", "٣", false), // ASCII alone
            (r"[\d\-x]+", "4-x", true),
            (r"\w", "ä", false),
            (r"[^\W]", "_", true),
            (r"\S\s", "a\t", true),
            (r"a\b-b", "a-b", true),
            ("a.b", "a\nb", false), // the dot is no line's end
            ("(?s)a.b", "a\nb", true),
            ("(?i:ab)", "AB", true),
            ("(?P<n>a)(?<m>b)?", "a", true),
            ("a{2}", "aa", true),
            ("a{2,}?b", "aaab", true),
            ("{{ x }}", "{{ x }}", true),
            ("a{,2}", "a{,2}", true),
            ("a}", "a}", true),
            ("[[a]", "[", true),
            ("[]a]+", "]a", true),
            ("[a&&b]+", "&ab", true),
            ("[+--]", ",", true),
            ("[[:alpha:]_]+", "a_", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\Qa.b", "axb", false),
            (r"\<\>\_", "<>_", true),
            (r"\x41\x{42}\103", "ABC", true),
            (r"\p{Greek}\pL", "αb", true),
            (r"\Aa\z", "a", true),
            ("api|web", "web", true),
            ("api|web", "web2", false),
        ] {
            assert_eq!(matches(pattern, text), Ok(want), "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in [
            "a**", "a+?*", "*a", "a{1001}", "(", "[a", r"\", r"\1", r"\u1234", r"\Z", "(?x)a",
            "(?=a)", "[b-a]", "a{2}{3}", r"\E",
        ] {
            assert!(matches(pattern, "a").is_err(), "{pattern}");
        }
    }
}

//! The few moves all line parsers are made of.

/// A cursor over a line; every move goes forward.
pub(super) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    /// At the beginning of `text`, of which no more than `bytes` are looked at.
    pub(super) fn new(text: &'a str, bytes: usize) -> Self {
        let end = (0..=bytes.min(text.len()))
            .rev()
            .find(|i| text.is_char_boundary(*i));
        Self {
            rest: &text[..end.unwrap_or(0)],
        }
    }

    /// A second cursor at the same place.
    pub(super) const fn fork(&self) -> Self {
        Self { rest: self.rest }
    }

    /// Whether nothing is left.
    pub(super) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Over white space of any kind.
    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Over `text`, if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The text up to white space, after skipping white space; empty at the end.
    pub(super) fn word(&mut self) -> &'a str {
        self.skip_space();
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// The text up to `end`, and over it.
    pub(super) fn until(&mut self, end: &str) -> Option<&'a str> {
        let (text, rest) = self.rest.split_once(end)?;
        self.rest = rest;
        Some(text)
    }

    /// A decimal number as [`decimal`] reads it, up to the first other character.
    pub(super) fn number(&mut self) -> Option<f64> {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let number = decimal(&self.rest[..end])?;
        self.rest = &self.rest[end..];
        Some(number)
    }
}

/// Digits with at most one point between them; no sign, no exponent, no infinity.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    // 2^53 has 16 digits: more would be no duration and no size.
    let sound = text.len() <= 24 && whole.len() <= 16 && are_digits(whole) && are_digits(part);
    if sound { text.parse().ok() } else { None }
}

/// Whether `text` has the form of a UUID. AWS masks documentation samples with letters beyond `f`,
/// which are let through: the form is what tells an id from other words.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_alphanumeric(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        assert_eq!(decimal("170.13"), Some(170.13));
        assert_eq!(decimal("0"), Some(0.0));
        for text in [
            "", ".", "1.", ".5", "-1", "1e9", "NaN", "inf", "1.2.3", "१", "0x1",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(decimal(&"9".repeat(400)), None);
    }

    #[test]
    fn the_cursor_never_splits_a_character() {
        let mut scan = Scan::new("aä b", 2);
        assert_eq!(scan.word(), "a");
        assert!(scan.is_done());
    }
}

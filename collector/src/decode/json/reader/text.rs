//! The letters of JSON: white space, words, numbers and texts.

use std::borrow::Cow;

use super::{MAX_DEPTH, Read, Reader};

impl<'a> Reader<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The next byte that is not white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes().get(self.at) {
            self.at += 1;
        }
        self.bytes().get(self.at).copied()
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8, name: &str) -> Read<()> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(self.broken(name))
        }
    }

    pub(super) fn open(&mut self, bracket: u8, name: &str) -> Read<()> {
        if !self.eat(bracket) {
            return Err(self.unexpected(name));
        }
        // Every container but the outermost is the value of exactly one step of the path.
        if self.path.len() >= MAX_DEPTH {
            return Err(self.fail(format!("nested deeper than {MAX_DEPTH} objects and arrays")));
        }
        Ok(())
    }

    /// After an item: whether a further one follows, or the container is closed.
    pub(super) fn more(&mut self, close: u8, wanted: &str) -> Read<bool> {
        if self.eat(b',') {
            return Ok(true);
        }
        self.expect(close, wanted).map(|()| false)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.text[self.at..].starts_with(word)
    }

    pub(super) fn word(&mut self, word: &str) -> Read<()> {
        if !self.is_word(word) {
            return Err(self.broken(word));
        }
        self.at += word.len();
        Ok(())
    }

    /// A number as it is written.
    pub(super) fn number(&mut self) -> Read<&'a str> {
        let start = self.at;
        self.at += usize::from(self.bytes().get(self.at) == Some(&b'-'));
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            self.at = start;
            return Err(self.broken("a number without leading zeros"));
        }
        if self.bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes().get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes().get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Read<&'a str> {
        let start = self.at;
        while self.bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if start == self.at {
            Err(self.broken("a digit"))
        } else {
            Ok(&self.text[start..self.at])
        }
    }

    /// A text in quotes; borrowed unless something in it is escaped.
    pub(super) fn quoted(&mut self, wanted: &str) -> Read<Cow<'a, str>> {
        self.expect(b'"', wanted)?;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest
                .bytes()
                .position(|b| b == b'"' || b == b'\\' || b < b' ')
            else {
                self.at = self.text.len();
                return Err(self.broken("the closing quote"));
            };
            if text.is_empty() {
                text = Cow::Borrowed(&rest[..end]);
            } else {
                text.to_mut().push_str(&rest[..end]);
            }
            self.at += end;
            match rest.as_bytes()[end] {
                b'"' => {
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => {
                    self.at += 1;
                    let escaped = self.escape()?;
                    text.to_mut().push(escaped);
                }
                _ => return Err(self.broken("a text without raw control characters")),
            }
        }
    }

    /// What follows a backslash. Half a surrogate pair, which JavaScript writes for text cut in the
    /// middle of a character, becomes U+FFFD rather than the loss of the request.
    fn escape(&mut self) -> Read<char> {
        let plain = match self.bytes().get(self.at) {
            Some(&c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.broken("an escape such as \\n or \\u0041")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Read<char> {
        let unit = self.hex_unit()?;
        if !(0xd800..0xdc00).contains(&unit) || !self.text[self.at..].starts_with("\\u") {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let back = self.at;
        self.at += 1;
        let low = self.hex_unit()?;
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at = back;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// `u` and four hex digits.
    fn hex_unit(&mut self) -> Read<u32> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let unit = digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.broken("four hex digits after \\u"))?;
        self.at += 5;
        Ok(unit)
    }
}

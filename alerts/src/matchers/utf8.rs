//! The UTF-8 grammar: names and values bare or in Go's double quotes.

use super::{Matcher, Operator, ParseError, reserved};

pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, ParseError> {
    let mut reader = Reader { text, at: 0 };
    let mut matchers = Vec::new();
    let braced = reader.accept("{");
    loop {
        reader.skip_space();
        if reader.rest().is_empty() || (braced && reader.rest().starts_with('}')) {
            break;
        }
        let begin = reader.at;
        let name = reader.word("a label name")?;
        let op = reader.operator()?;
        let value = reader.word("a label value")?;
        let placed = |error: ParseError| ParseError { at: begin, ..error };
        matchers.push(Matcher::new(name, op, value).map_err(placed)?);
        if !reader.accept(",") {
            break;
        }
    }
    if braced && !reader.accept("}") {
        return Err(reader.error("expected `,` or `}`"));
    }
    reader.skip_space();
    if !reader.rest().is_empty() {
        return Err(reader.error("expected `,` or the end"));
    }
    Ok(matchers)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, reason: impl Into<String>) -> ParseError {
        ParseError {
            reason: reason.into(),
            at: self.at,
        }
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn accept(&mut self, token: &str) -> bool {
        self.skip_space();
        let there = self.rest().starts_with(token);
        self.at += if there { token.len() } else { 0 };
        there
    }

    fn operator(&mut self) -> Result<Operator, ParseError> {
        let operators = [
            ("=~", Operator::Matches),
            ("!~", Operator::NotMatches),
            ("!=", Operator::NotEqual),
            ("=", Operator::Equal),
        ];
        for (token, operator) in operators {
            if self.accept(token) {
                return Ok(operator);
            }
        }
        Err(self.error("expected one of `=`, `!=`, `=~`, `!~`"))
    }

    fn word(&mut self, what: &str) -> Result<String, ParseError> {
        self.skip_space();
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let length = self.rest().find(reserved).unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.error(format!("expected {what}")));
        }
        let word = self.rest()[..length].to_owned();
        self.at += length;
        Ok(word)
    }

    fn quoted(&mut self) -> Result<String, ParseError> {
        let begin = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let Some(c) = self.rest().chars().next().filter(|c| *c != '\n') else {
                self.at = begin;
                return Err(self.error("the closing quote is missing"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => break,
                '\\' => self.escape(&mut bytes)?,
                _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        String::from_utf8(bytes).map_err(|_| ParseError {
            reason: "the text is not valid UTF-8".into(),
            at: begin,
        })
    }

    /// Go's escapes in an interpreted string; `\'` is not one of them.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ParseError> {
        let c = self
            .rest()
            .chars()
            .next()
            .ok_or_else(|| self.error("the escape is cut off"))?;
        let simple = match c {
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            '\\' => b'\\',
            '"' => b'"',
            'x' => return self.byte(1, 2, 16, out),
            '0'..='7' => return self.byte(0, 3, 8, out),
            'u' => return self.character(4, out),
            'U' => return self.character(8, out),
            _ => return Err(self.error(format!("unknown escape `\\{c}`"))),
        };
        self.at += 1;
        out.push(simple);
        Ok(())
    }

    fn digits(&mut self, skip: usize, count: usize, radix: u32) -> Result<u32, ParseError> {
        let digits = self.rest().get(skip..skip + count).unwrap_or_default();
        let valid = digits.len() == count && digits.chars().all(|c| c.is_digit(radix));
        let value = u32::from_str_radix(digits, radix).ok().filter(|_| valid);
        let value = value.ok_or_else(|| self.error("the escape's digits are wrong"))?;
        self.at += skip + count;
        Ok(value)
    }

    fn byte(
        &mut self,
        skip: usize,
        count: usize,
        radix: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), ParseError> {
        let value = self.digits(skip, count, radix)?;
        out.push(u8::try_from(value).map_err(|_| self.error("the escape is over 255"))?);
        Ok(())
    }

    fn character(&mut self, count: usize, out: &mut Vec<u8>) -> Result<(), ParseError> {
        let value = self.digits(1, count, 16)?;
        let c = char::from_u32(value).ok_or_else(|| self.error("the escape is no character"))?;
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

//! Text to tokens of SQL, dialects mixed: what any of the usual databases would read. Linear.

use super::super::text::{is_name, is_white, skip};
use super::super::work;
use super::words::{self, Key};

/// Tokens read of one view; a statement that means harm is shorter.
pub const TOKENS_MAX: usize = 4_096;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    /// A string; `open` if the text ends in it.
    Text {
        open: bool,
    },
    /// A name: of a column, a table.
    Word,
    Key(Key),
    /// `@x`, `@@version`, `:x`.
    Variable,
    /// `=`, `<`, `like` …
    Compare,
    /// `+`, `-`, `*`, `||` between strings …
    Compute,
    /// `and`, `or`, `xor`, `&&`, `||`.
    Join,
    Open,
    Close,
    Comma,
    Semicolon,
    /// A comment that runs to the end of the text.
    Tail,
    Other,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub begin: usize,
    pub end: usize,
    /// A comment stood before it, where a space would do.
    pub after_comment: bool,
}

/// Reads the text as it would stand in a statement: bare, or inside of quotes that are open already.
pub fn lex(text: &[u8], inside: Option<u8>) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
        after_comment: false,
        version: false,
        inside,
    };
    if let Some(quote) = inside {
        // A backslash does not save the text here: whether it does is what is being tried.
        match text.iter().position(|b| *b == quote) {
            Some(end) => lexer.push(Kind::Text { open: false }, end + 1),
            None => return Vec::new(),
        }
    }
    while lexer.at < text.len() && lexer.tokens.len() < TOKENS_MAX {
        let before = lexer.at;
        lexer.step();
        work::count(lexer.at - before);
    }
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    after_comment: bool,
    /// Inside of `/*!50000 … */`, which MySQL runs.
    version: bool,
    inside: Option<u8>,
}

impl Lexer<'_> {
    fn push(&mut self, kind: Kind, end: usize) {
        let end = end.min(self.text.len());
        let (begin, after_comment) = (self.at, self.after_comment);
        self.tokens.push(Token {
            kind,
            begin,
            end,
            after_comment,
        });
        self.after_comment = false;
        self.at = end;
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        let byte = self.peek(0);
        match byte {
            _ if is_white(byte) => self.at += 1,
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'*' if self.version && self.peek(1) == b'/' => {
                self.version = false;
                self.after_comment = true;
                self.at += 2;
            }
            b'-' if self.peek(1) == b'-' && self.peek(2) != b'>' => self.line_comment(),
            b'#' => self.line_comment(),
            b'\'' | b'"' => self.string(byte),
            b'`' => self.quoted_name(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'@' | b'$' | b':' => self.variable(byte),
            b'(' => self.push(Kind::Open, self.at + 1),
            b')' => self.push(Kind::Close, self.at + 1),
            b',' => self.push(Kind::Comma, self.at + 1),
            b';' => self.push(Kind::Semicolon, self.at + 1),
            b'=' | b'<' | b'>' => self.comparison(),
            b'!' if self.peek(1) == b'=' => self.push(Kind::Compare, self.at + 2),
            b'|' | b'&' if self.peek(1) == byte => self.push(Kind::Join, self.at + 2),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'|' | b'&' | b'~' | b'!' => {
                self.push(Kind::Compute, self.at + 1);
            }
            _ if is_name(byte) || byte >= 0x80 => self.word(),
            _ => self.push(Kind::Other, self.at + 1),
        }
    }

    fn block_comment(&mut self) {
        if self.peek(2) == b'!' {
            self.at = skip(self.text, self.at + 3, |b| b.is_ascii_digit());
            self.version = true;
            self.after_comment = true;
            return;
        }
        match self.text[self.at + 2..].windows(2).position(|w| w == b"*/") {
            Some(length) => {
                self.at += length + 4;
                self.after_comment = true;
            }
            None => self.push(Kind::Tail, self.text.len()),
        }
    }

    fn line_comment(&mut self) {
        match self.text[self.at..]
            .iter()
            .position(|b| matches!(b, b'\n' | b'\r'))
        {
            Some(length) if !self.text[self.at + length..].iter().all(|b| is_white(*b)) => {
                self.at += length;
                self.after_comment = true;
            }
            _ => self.push(Kind::Tail, self.text.len()),
        }
    }

    fn string(&mut self, quote: u8) {
        let mut at = self.at + 1;
        while at < self.text.len() {
            match self.text[at] {
                b'\\' => at += 2,
                byte if byte == quote => {
                    let doubled = self.text.get(at + 1) == Some(&quote) && at > self.at + 1;
                    if !doubled {
                        return self.push(Kind::Text { open: false }, at + 1);
                    }
                    at += 2;
                }
                _ => at += 1,
            }
        }
        self.push(Kind::Text { open: true }, self.text.len());
    }

    fn quoted_name(&mut self) {
        match self.text[self.at + 1..].iter().position(|b| *b == b'`') {
            Some(length) => self.push(Kind::Word, self.at + length + 2),
            None if self.inside == Some(b'`') => {
                self.push(Kind::Text { open: true }, self.text.len());
            }
            None => self.push(Kind::Other, self.at + 1),
        }
    }

    fn number(&mut self) {
        let digit = |b: u8| b.is_ascii_digit();
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X') {
            let end = skip(self.text, self.at + 2, |b| b.is_ascii_hexdigit());
            return self.push(Kind::Number, end);
        }
        let mut end = skip(self.text, self.at, digit);
        if self.text.get(end) == Some(&b'.') {
            end = skip(self.text, end + 1, digit);
        }
        if matches!(self.text.get(end), Some(b'e' | b'E')) {
            let power = skip(self.text, end + 1, digit);
            let letter = self
                .text
                .get(power)
                .is_some_and(|b| b.is_ascii_alphabetic());
            // `1e0union` is a number and a word, `5end` is not.
            if power > end + 1 || !letter {
                end = power;
            }
        }
        let name_end = skip(self.text, end, is_name);
        let rest = String::from_utf8_lossy(&self.text[end..name_end.min(end + 16)]).to_lowercase();
        let word = |rest: &str| words::joins(rest) || words::key(rest).is_some();
        // `1f` and `1d` are numbers of Oracle and MySQL.
        if let Some(suffixed) = rest.strip_prefix(['f', 'd']).filter(|rest| word(rest)) {
            let end = name_end - suffixed.len();
            return self.push(Kind::Number, end);
        }
        match rest.is_empty() || word(&rest) {
            true => self.push(Kind::Number, end),
            false => self.push(Kind::Word, name_end),
        }
    }

    fn variable(&mut self, sign: u8) {
        let begin = skip(self.text, self.at + 1, |b| {
            b == b'@' || (b == b':' && sign == b':')
        });
        let end = skip(self.text, begin, |b| is_name(b) || b == b'$');
        match (sign, end > begin) {
            (b'@', _) => self.push(Kind::Variable, end),
            (b'$', true) => self.push(Kind::Word, end),
            // `::int` is a cast; it goes with the operand before it.
            (b':', true) if begin > self.at + 1 => self.at = end,
            (b':', _) if self.peek(1) == b'=' => self.push(Kind::Compare, self.at + 2),
            _ => self.push(Kind::Other, self.at + 1),
        }
    }

    fn comparison(&mut self) {
        let end = skip(self.text, self.at, |b| {
            matches!(b, b'=' | b'<' | b'>' | b'!')
        });
        if matches!(&self.text[self.at..end], b"<<" | b">>") {
            return self.push(Kind::Compute, end);
        }
        // `==`, `=>`, `<<<` and longer are other languages.
        let known = matches!(
            &self.text[self.at..end],
            b"=" | b"<" | b">" | b"<=" | b">=" | b"<>" | b"<=>" | b"=!" | b"==" | b"!<" | b"!>"
        );
        self.push(if known { Kind::Compare } else { Kind::Other }, end);
    }

    fn word(&mut self) {
        let part = |b: u8| is_name(b) || b >= 0x80 || b == b'$';
        let mut end = skip(self.text, self.at, part);
        // `schema.table`, `master..table`, "`a`.`b`": one name.
        while self.text.get(end) == Some(&b'.') && end > self.at {
            let next = skip(self.text, end, |b| b == b'.');
            let after = skip(self.text, next, part);
            if after == next && next == end + 1 && self.text.get(next) == Some(&b'*') {
                // `u.*`: all columns.
                end = next + 1;
                break;
            }
            if after == next || next > end + 2 {
                break;
            }
            end = after;
        }
        let name =
            String::from_utf8_lossy(&self.text[self.at..end.min(self.at + 32)]).to_lowercase();
        let kind = match name.as_str() {
            name if words::joins(name) => Kind::Join,
            name if words::compares(name) => Kind::Compare,
            name if words::computes(name) => Kind::Compute,
            name => words::key(name).map_or(Kind::Word, Kind::Key),
        };
        self.push(kind, end);
    }
}

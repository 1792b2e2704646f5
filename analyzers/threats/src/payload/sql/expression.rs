//! Operands and conditions among tokens.

use super::lex::{Kind, Token};
use super::words::Key;

/// What an operand is made of: how surely it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operand {
    /// A name; any word of prose would do.
    Name,
    /// A number or a string.
    Literal,
    /// A call, a variable, a subquery.
    Strong,
}

/// Tokens of a text with their brackets matched.
pub struct Reader<'a> {
    pub text: &'a [u8],
    pub tokens: &'a [Token],
    /// For an opening bracket: the token after its closing one, or the end.
    closes: Vec<usize>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8], tokens: &'a [Token]) -> Self {
        let mut closes = vec![tokens.len(); tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => open.push(at),
                Kind::Close => {
                    if let Some(begin) = open.pop() {
                        closes[begin] = at + 1;
                    }
                }
                _ => {}
            }
        }
        Self {
            text,
            tokens,
            closes,
        }
    }

    /// The kind of a token; after the end, the end of a comment.
    pub fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    pub fn is(&self, at: usize, kind: Kind) -> bool {
        self.kind(at) == Some(kind)
    }

    pub fn is_key(&self, at: usize, key: Key) -> bool {
        self.is(at, Kind::Key(key))
    }

    /// Whether nothing but a comment or the end of the statement follows.
    pub fn is_over(&self, at: usize) -> bool {
        matches!(self.kind(at), None | Some(Kind::Tail | Kind::Semicolon))
    }

    /// A token's text in lower case, of at most 64 bytes.
    pub fn word(&self, at: usize) -> String {
        let Some(token) = self.tokens.get(at) else {
            return String::new();
        };
        let end = token.end.min(token.begin + 64);
        let bytes = self.text[token.begin..end].iter().filter(|b| **b != b'`');
        bytes.map(|b| b.to_ascii_lowercase() as char).collect()
    }

    /// The bytes from one token to another, both included.
    pub fn range(&self, from: usize, to: usize) -> (usize, usize) {
        let last = self.tokens.len() - 1;
        let begin = self.tokens[from.min(last)].begin;
        (begin, self.tokens[to.min(last)].end.max(begin))
    }

    /// The first token at or after `at` that is none of these.
    pub fn past(&self, mut at: usize, what: impl Fn(Kind) -> bool) -> usize {
        while self.kind(at).is_some_and(&what) {
            at += 1;
        }
        at
    }

    /// A single operand at `at`, and the token after it.
    fn operand(&self, at: usize) -> Option<(Operand, usize)> {
        let at = self.past(at, |kind| {
            matches!(
                kind,
                Kind::Key(Key::Not | Key::Exists | Key::Quantity) | Kind::Compute
            )
        });
        match self.kind(at)? {
            Kind::Number | Kind::Text { .. } | Kind::Key(Key::Null) => {
                Some((Operand::Literal, at + 1))
            }
            Kind::Variable => Some((Operand::Strong, at + 1)),
            Kind::Open => {
                let strong = self.is_key(at + 1, Key::Select);
                let what = if strong {
                    Operand::Strong
                } else {
                    Operand::Literal
                };
                Some((what, self.closes[at]))
            }
            Kind::Key(Key::Case) => {
                let near = self.tokens.len().min(at + 256);
                let end = (at..near).find(|&i| self.is_key(i, Key::End));
                Some((Operand::Strong, end.map_or(near, |i| i + 1)))
            }
            Kind::Word | Kind::Compare | Kind::Key(_) if self.is(at + 1, Kind::Open) => {
                Some((Operand::Strong, self.closes[at + 1]))
            }
            Kind::Word => Some((Operand::Name, at + 1)),
            _ => None,
        }
    }

    /// Operands joined by operators, at `at`: the surest of them, and the token after.
    pub fn expression(&self, at: usize) -> Option<(Operand, usize)> {
        let (mut what, mut end) = self.operand(at)?;
        while self.is(end, Kind::Compute) {
            match self.operand(end + 1) {
                Some((next, after)) => (what, end) = (what.max(next), after),
                None => break,
            }
        }
        Some((what, end))
    }

    /// A comparison at `at`: its two sides, and the token after it.
    pub fn condition(&self, at: usize) -> Option<Condition> {
        let at = self.past(at, |kind| matches!(kind, Kind::Open | Kind::Key(Key::Not)));
        let (left, end) = self.expression(at)?;
        let middle = self.past(end, |kind| {
            matches!(kind, Kind::Key(Key::Not) | Kind::Close)
        });
        match self.kind(middle)? {
            Kind::Compare => {
                let (right, end) =
                    self.expression(self.past(middle + 1, |k| k == Kind::Compare))?;
                Some(Condition {
                    left,
                    right,
                    end,
                    negates: middle > end,
                    doubled: self.word(middle) == "==",
                })
            }
            Kind::Key(Key::In) if self.is(middle + 1, Kind::Open) => {
                let right = Operand::Literal;
                Some(Condition {
                    left,
                    right,
                    end: self.closes[middle + 1],
                    negates: false,
                    doubled: false,
                })
            }
            Kind::Key(Key::Between) => {
                let (right, end) = self.expression(middle + 1)?;
                let (_, end) = self
                    .is(end, Kind::Join)
                    .then(|| self.expression(end + 1))??;
                Some(Condition {
                    left,
                    right,
                    end,
                    negates: false,
                    doubled: false,
                })
            }
            Kind::Key(Key::Is) => {
                let null = self.past(middle + 1, |kind| kind == Kind::Key(Key::Not));
                let right = Operand::Literal;
                self.is_key(null, Key::Null).then_some(Condition {
                    left,
                    right,
                    end: null + 1,
                    negates: false,
                    doubled: false,
                })
            }
            _ => None,
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    pub left: Operand,
    pub right: Operand,
    /// The token after it.
    pub end: usize,
    /// `not like`.
    pub negates: bool,
    /// `==`, which most databases do not know.
    pub doubled: bool,
}

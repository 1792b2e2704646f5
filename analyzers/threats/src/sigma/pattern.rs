//! Texts with wildcards: `*` stands for any characters, `?` for one.

use super::fold::{fold, undash};

/// A part of a value as the rule writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
}

/// Reads the wildcards of a value. A backslash takes the meaning from a wildcard or a backslash that
/// follows; before anything else it stands for itself.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '\\' => match rest.next_if(|next| matches!(next, '*' | '?' | '\\')) {
                Some(escaped) => Token::Char(escaped),
                None => Token::Char('\\'),
            },
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Char(c),
        });
    }
    tokens
}

/// How texts are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Manner {
    /// Capital and small letters differ.
    pub cased: bool,
    /// All dashes of Windows options are the same.
    pub dashes: bool,
}

/// A value made ready for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub manner: Manner,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Inside(String),
    /// What stands between the `*`, at least one part.
    Parts(Vec<Part>),
}

/// A stretch without `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// With `?`, which is None here.
    Holes(Vec<Option<char>>),
}

impl Pattern {
    pub fn new(tokens: &[Token], manner: Manner) -> Self {
        let mut parts: Vec<Part> = tokens
            .split(|token| *token == Token::Many)
            .map(|part| Part::new(part, manner))
            .collect();
        let empty = |part: &Part| *part == Part::Text(String::new());
        let last = parts.len() - 1;
        // `a**b` is `a*b`.
        let mut at = 0;
        parts.retain(|part| {
            at += 1;
            at == 1 || at == last + 1 || !empty(part)
        });
        let shape = match parts.as_mut_slice() {
            [Part::Text(text)] => Shape::Exact(std::mem::take(text)),
            [Part::Text(text), end] if empty(end) => Shape::Prefix(std::mem::take(text)),
            [start, Part::Text(text)] if empty(start) => Shape::Suffix(std::mem::take(text)),
            [start, Part::Text(text), end] if empty(start) && empty(end) => {
                Shape::Inside(std::mem::take(text))
            }
            _ => Shape::Parts(parts),
        };
        Self { manner, shape }
    }

    /// The whole text that it stands for, if it has no wildcard.
    pub fn exact(&self) -> Option<&str> {
        match &self.shape {
            Shape::Exact(text) => Some(text),
            _ => None,
        }
    }

    /// The longest text that whatever fits holds in its folded form; empty if there is none.
    pub fn longest_text(&self) -> String {
        let mut longest = String::new();
        let mut take = |text: &str| {
            // One dash stands for several: what lies between them is sure.
            for piece in text.split(|c| self.manner.dashes && c == '-') {
                if piece.len() > longest.len() {
                    piece.clone_into(&mut longest);
                }
            }
        };
        match &self.shape {
            Shape::Exact(text)
            | Shape::Prefix(text)
            | Shape::Suffix(text)
            | Shape::Inside(text) => {
                take(text);
            }
            Shape::Parts(parts) => {
                for part in parts {
                    match part {
                        Part::Text(text) => take(text),
                        Part::Holes(holes) => holes
                            .split(Option::is_none)
                            .map(|run| run.iter().flatten().collect::<String>())
                            .for_each(|run| take(&run)),
                    }
                }
            }
        }
        fold(&longest).into_owned()
    }

    /// Whether a text around its own does not matter.
    pub fn is_loose(&self) -> bool {
        let empty = |part: Option<&Part>| part == Some(&Part::Text(String::new()));
        match &self.shape {
            Shape::Inside(_) => true,
            Shape::Parts(parts) => empty(parts.first()) && empty(parts.last()),
            Shape::Prefix(text) | Shape::Suffix(text) => text.is_empty(),
            Shape::Exact(_) => false,
        }
    }

    /// Whether a text fits. `folded` is the text as [`fold`] gives it.
    pub fn matches(&self, text: &str, folded: &str) -> bool {
        let text = if self.manner.cased { text } else { folded };
        match self.manner.dashes {
            true => self.shape.matches(&undash(text)),
            false => self.shape.matches(text),
        }
    }
}

impl Part {
    fn new(tokens: &[Token], manner: Manner) -> Self {
        let text: String = tokens
            .iter()
            .map(|token| match token {
                Token::Char(c) => *c,
                Token::One | Token::Many => '\0',
            })
            .collect();
        let text = if manner.dashes { undash(&text) } else { text };
        let text = match manner.cased {
            true => text,
            false => fold(&text).into_owned(),
        };
        if !tokens.contains(&Token::One) {
            return Self::Text(text);
        }
        // Folding keeps the number of characters.
        let holes = text.chars().zip(tokens);
        Self::Holes(
            holes
                .map(|(c, token)| (*token != Token::One).then_some(c))
                .collect(),
        )
    }

    /// The length in bytes of what it takes at the start of a text.
    fn at_start(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(own) => text.starts_with(own.as_str()).then_some(own.len()),
            Self::Holes(holes) => {
                let mut rest = text.chars();
                for hole in holes {
                    let c = rest.next()?;
                    if hole.is_some_and(|own| own != c) {
                        return None;
                    }
                }
                Some(text.len() - rest.as_str().len())
            }
        }
    }

    /// Where it first stands in a text, and where that ends.
    fn find(&self, text: &str) -> Option<(usize, usize)> {
        match self {
            Self::Text(own) => text.find(own.as_str()).map(|at| (at, at + own.len())),
            Self::Holes(_) => text
                .char_indices()
                .map(|(at, _)| at)
                .find_map(|at| Some((at, at + self.at_start(&text[at..])?))),
        }
    }

    /// Whether a text ends with it.
    fn at_end(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => text.ends_with(own.as_str()),
            Self::Holes(holes) => {
                let mut rest = text.chars();
                holes.iter().rev().all(|hole| {
                    rest.next_back()
                        .is_some_and(|c| hole.is_none_or(|own| own == c))
                })
            }
        }
    }
}

impl Shape {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(own) => text == own,
            Self::Prefix(own) => text.starts_with(own.as_str()),
            Self::Suffix(own) => text.ends_with(own.as_str()),
            Self::Inside(own) => text.contains(own.as_str()),
            Self::Parts(parts) => fits(parts, text),
        }
    }
}

/// The first part stands at the start, the last at the end, and each other at the first place after the
/// one before it: leaving more room for what follows never hurts, so nothing is tried twice.
fn fits(parts: &[Part], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let Some(taken) = first.at_start(text) else {
        return false;
    };
    let mut text = &text[taken..];
    let Some((last, middle)) = rest.split_last() else {
        return text.is_empty();
    };
    for part in middle {
        let Some((_, end)) = part.find(text) else {
            return false;
        };
        text = &text[end..];
    }
    last.at_end(text)
}

//! The language of conditions: `selection and not 1 of filter_*`.

use super::fault::{At, Refusal, quoted, refuse};

/// Words and parentheses of one condition.
const TOKENS_MAX: usize = 2_000;
/// Parentheses and `not` within one another.
const DEPTH_MAX: usize = 64;

/// A condition over numbered things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    One(usize),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    /// So many of these hold.
    AtLeast(usize, Vec<Expression>),
}

impl Expression {
    /// Whether it holds, where `holds` says so of each thing.
    pub fn holds(&self, holds: &mut impl FnMut(usize) -> bool) -> bool {
        match self {
            Self::One(number) => holds(*number),
            Self::Not(inner) => !inner.holds(holds),
            Self::All(parts) => parts.iter().all(|part| part.holds(holds)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(holds)),
            Self::AtLeast(count, parts) => {
                let mut found = 0;
                // Stops as soon as it is known.
                parts.iter().any(|part| {
                    found += usize::from(part.holds(holds));
                    found >= *count
                })
            }
        }
    }
}

/// Reads a condition over things with these names.
pub(super) fn parse(text: &str, names: &[&str], at: At) -> Result<Expression, Refusal> {
    if text.contains('|') {
        return refuse(
            at,
            "an aggregation after `|` is not part of Sigma 2; write a correlation rule instead",
        );
    }
    let tokens = split(text);
    if tokens.len() > TOKENS_MAX {
        return refuse(at, format!("a condition has at most {TOKENS_MAX} words"));
    }
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        names,
        at,
    };
    let expression = parser.or(0)?;
    match parser.peek() {
        None => Ok(expression),
        Some(word) => refuse(
            at,
            format!(
                "{} stands where the condition should end, or `and` or `or` follow",
                quoted(word)
            ),
        ),
    }
}

/// Whether a name fits a pattern in which `*` stands for any characters.
pub(super) fn name_fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn split(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')']) {
            if at > 0 {
                tokens.push(&rest[..at]);
            }
            tokens.push(&rest[at..=at]);
            rest = &rest[at + 1..];
        }
        if !rest.is_empty() {
            tokens.push(rest);
        }
    }
    tokens
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    next: usize,
    names: &'a [&'a str],
    at: At,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.next).copied()
    }

    /// Takes the next word if it is this one, in any case.
    fn takes(&mut self, word: &str) -> bool {
        let taken = self
            .peek()
            .is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.next += usize::from(taken);
        taken
    }

    fn or(&mut self, depth: usize) -> Result<Expression, Refusal> {
        let mut parts = vec![self.and(depth)?];
        while self.takes("or") {
            parts.push(self.and(depth)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Expression::Any(parts),
        })
    }

    fn and(&mut self, depth: usize) -> Result<Expression, Refusal> {
        let mut parts = vec![self.not(depth)?];
        while self.takes("and") {
            parts.push(self.not(depth)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Expression::All(parts),
        })
    }

    fn not(&mut self, depth: usize) -> Result<Expression, Refusal> {
        if depth > DEPTH_MAX {
            return refuse(
                self.at,
                format!("more than {DEPTH_MAX} levels of parentheses and `not`"),
            );
        }
        if self.takes("not") {
            return Ok(Expression::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.takes("(") {
            let inner = self.or(depth + 1)?;
            return match self.takes(")") {
                true => Ok(inner),
                false => refuse(self.at, "a parenthesis of the condition is not closed"),
            };
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<Expression, Refusal> {
        let Some(word) = self.peek() else {
            return refuse(self.at, "the condition ends where a name should follow");
        };
        self.next += 1;
        let quantified = self
            .peek()
            .is_some_and(|next| next.eq_ignore_ascii_case("of"));
        if quantified {
            self.next += 1;
            return self.quantified(word);
        }
        let reserved = ["and", "or", "not", "of", "(", ")"];
        if reserved.iter().any(|r| word.eq_ignore_ascii_case(r)) {
            return refuse(self.at, format!("`{word}` stands where a name should"));
        }
        match self.names.iter().position(|name| *name == word) {
            Some(number) => Ok(Expression::One(number)),
            None => refuse(
                self.at,
                format!("the condition names {}, which is not defined", quoted(word)),
            ),
        }
    }

    /// `all of them`, `1 of selection_*`, `2 of (a, b)` without the last form.
    fn quantified(&mut self, quantity: &str) -> Result<Expression, Refusal> {
        let Some(pattern) = self.peek() else {
            return refuse(
                self.at,
                "`of` ends the condition; `them` or a pattern should follow",
            );
        };
        self.next += 1;
        let them = pattern.eq_ignore_ascii_case("them");
        let hidden = |name: &str| name.starts_with('_') && !pattern.starts_with('_');
        let fits = |name: &str| !hidden(name) && (them || name_fits(pattern, name));
        let members: Vec<Expression> = (0..self.names.len())
            .filter(|number| fits(self.names[*number]))
            .map(Expression::One)
            .collect();
        if members.is_empty() {
            return refuse(
                self.at,
                format!(
                    "nothing that is defined fits {} of the condition",
                    quoted(pattern)
                ),
            );
        }
        let all = quantity.eq_ignore_ascii_case("all");
        let any = quantity == "1" || quantity.eq_ignore_ascii_case("any");
        match quantity.parse::<usize>() {
            _ if all => Ok(Expression::All(members)),
            _ if any => Ok(Expression::Any(members)),
            Ok(0) => refuse(self.at, "`0 of` always holds; write `not 1 of`"),
            Ok(count) if count > members.len() => refuse(
                self.at,
                format!(
                    "{count} of {}, but only {} are defined",
                    quoted(pattern),
                    members.len()
                ),
            ),
            Ok(count) => Ok(Expression::AtLeast(count, members)),
            Err(_) => refuse(
                self.at,
                format!("{} of: expected `all`, `any` or a number", quoted(quantity)),
            ),
        }
    }
}

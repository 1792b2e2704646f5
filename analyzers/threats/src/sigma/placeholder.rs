//! Placeholders of the modifier `expand`: `%Servers%` stands for the names that a document
//! `placeholders:` gives.

use super::fault::{Refusal, quoted, refuse};
use super::pattern::{Token, tokens};
use super::value::Placeholders;
use super::yaml::Node;

/// Values that one value may stand for.
const VALUES_MAX: usize = 10_000;

/// Takes the names and values of a document of placeholders.
pub(super) fn read(node: &Node, into: &mut Placeholders) -> Result<(), Refusal> {
    let Some(entries) = node.entries() else {
        return refuse(node.at, "`placeholders` is a map of names to values");
    };
    for entry in entries {
        let values = node.texts(&entry.key)?;
        if values.is_empty() {
            return refuse(
                entry.at,
                format!("the placeholder {} has no value", quoted(&entry.key)),
            );
        }
        if into.insert(entry.key.clone(), values).is_some() {
            return refuse(
                entry.at,
                format!("the placeholder {} is given twice", quoted(&entry.key)),
            );
        }
    }
    Ok(())
}

/// Every value that `text` stands for. `\%` is a plain percent sign.
///
/// # Errors
/// If a placeholder has no value, or there are too many values.
pub(super) fn expand(text: &str, placeholders: &Placeholders) -> Result<Vec<Vec<Token>>, String> {
    let mut values: Vec<Vec<Token>> = vec![Vec::new()];
    for part in parts(text) {
        let choices: Vec<Vec<Token>> = match part {
            Part::Plain(plain) => vec![tokens(&plain)],
            Part::Name(name) => match placeholders.get(&name) {
                Some(values) => values.iter().map(|value| tokens(value)).collect(),
                None => {
                    return Err(format!(
                        "the placeholder %{name}% has no value; give it in a document `placeholders:`"
                    ));
                }
            },
        };
        if values.len().saturating_mul(choices.len()) > VALUES_MAX {
            return Err(format!(
                "the placeholders stand for more than {VALUES_MAX} values"
            ));
        }
        let joined = |value: &Vec<Token>| -> Vec<Vec<Token>> {
            choices
                .iter()
                .map(|choice| [value.as_slice(), choice].concat())
                .collect()
        };
        values = values.iter().flat_map(joined).collect();
    }
    Ok(values)
}

enum Part {
    Plain(String),
    Name(String),
}

/// Names of letters, digits, `_`, `-` and `.` between percent signs, and what stands between them.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(r"\%") {
            plain.push('%');
            rest = after;
            continue;
        }
        let name = rest
            .strip_prefix('%')
            .and_then(|after| after.split_once('%'));
        let fine = |name: &str| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-.".contains(c))
        };
        if let Some((name, after)) = name.filter(|(name, _)| fine(name)) {
            parts.push(Part::Plain(std::mem::take(&mut plain)));
            parts.push(Part::Name(name.to_owned()));
            rest = after;
            continue;
        }
        plain.push(c);
        rest = &rest[c.len_utf8()..];
    }
    parts.push(Part::Plain(plain));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<Vec<String>, String> {
        let placeholders = Placeholders::from([
            ("a".to_owned(), vec!["1".to_owned(), "2*".to_owned()]),
            ("b".to_owned(), vec!["x".to_owned()]),
        ]);
        let text_of = |value: Vec<Token>| {
            value
                .into_iter()
                .map(|token| match token {
                    Token::Char(c) => c,
                    Token::One => '?',
                    Token::Many => '*',
                })
                .collect()
        };
        Ok(expand(text, &placeholders)?
            .into_iter()
            .map(text_of)
            .collect())
    }

    #[test]
    fn placeholders_stand_for_their_values_and_escaped_percents_for_themselves() {
        assert_eq!(
            expanded("srv-%a%-%b%").expect("known"),
            ["srv-1-x", "srv-2*-x"]
        );
        assert_eq!(expanded(r"\%a%b%").expect("known"), ["%ax"]);
        assert_eq!(
            expanded("100 % of % all").expect("none"),
            ["100 % of % all"]
        );
        assert!(
            expanded("%unknown%")
                .expect_err("unknown")
                .contains("%unknown%")
        );
        assert!(
            expanded(&"%a%".repeat(20))
                .expect_err("many")
                .contains("more than")
        );
    }
}

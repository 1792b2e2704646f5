//! From the values of a rule and their modifiers to matchers.

use std::collections::HashMap;

use super::encode::encoded;
use super::fault::{Refusal, quoted, refuse};
use super::matcher::{Ask, Matcher, Number, Reference, gathered};
use super::modifier::{Kind, Modifiers};
use super::network::Network;
use super::pattern::{Manner, Pattern, Token, tokens};
use super::pcre;
use super::yaml::{Node, Yaml};

/// Values of one field, after placeholders and encodings.
const VALUES_MAX: usize = 10_000;

/// Values that stand for the placeholders of `expand`, by name.
pub(super) type Placeholders = HashMap<String, Vec<String>>;

/// What the values of a field (or, without a field, keywords) ask.
pub(super) fn ask(
    node: &Node,
    modifiers: &Modifiers,
    is_keyword: bool,
    placeholders: &Placeholders,
    field: &mut dyn FnMut(&str) -> usize,
) -> Result<Ask, Refusal> {
    if modifiers.kind == Kind::Exists {
        return match node.value {
            Yaml::Bool(wanted) => Ok(Ask::Exists(wanted)),
            _ => refuse(node.at, "`exists` is true or false"),
        };
    }
    let mut values: Vec<Vec<Matcher>> = Vec::new();
    let mut count = 0;
    for item in node.each() {
        let forms = match (modifiers.kind, &item.value) {
            (Kind::Field, Yaml::Text(name)) => vec![Matcher::Other(Reference {
                field: field(name),
                cased: modifiers.cased,
                open_start: modifiers.open_start,
                open_end: modifiers.open_end,
            })],
            _ => one(item, modifiers, is_keyword, placeholders).map_err(|reason| Refusal {
                at: item.at,
                reason,
            })?,
        };
        count += forms.len();
        if count > VALUES_MAX {
            return refuse(
                item.at,
                format!("a field has more than {VALUES_MAX} values"),
            );
        }
        values.push(forms);
    }
    if values.is_empty() {
        return refuse(node.at, "the list of values is empty");
    }
    let either = |values: Vec<Vec<Matcher>>| gathered(values.into_iter().flatten().collect());
    Ok(match (modifiers.not, modifiers.all) {
        (true, _) => Ask::None(either(values)),
        (false, true) => Ask::All(values.into_iter().map(gathered).collect()),
        (false, false) => Ask::Any(either(values)),
    })
}

/// One value in all its forms.
fn one(
    node: &Node,
    modifiers: &Modifiers,
    is_keyword: bool,
    placeholders: &Placeholders,
) -> Result<Vec<Matcher>, String> {
    let scalar = || {
        node.scalar()
            .ok_or_else(|| format!("{} stands where a value should", node.kind()))
    };
    let number = || {
        number(node).ok_or_else(|| match node.scalar() {
            Some(text) => format!("{} is no number", quoted(&text)),
            None => format!("{} is no number", node.kind()),
        })
    };
    let single = |matcher| Ok(vec![matcher]);
    match modifiers.kind {
        Kind::Regex => single(Matcher::Regex(pcre::compile(&scalar()?, modifiers)?)),
        Kind::Cidr => single(Matcher::Network(Network::read(&scalar()?)?)),
        Kind::Field => Err(format!("`fieldref` names a field, not {}", node.kind())),
        Kind::Exists => Err("`exists` is true or false".to_owned()),
        Kind::Order(order) => single(match modifiers.part {
            Some(part) => Matcher::Date(part, Some(order), number()?.float()),
            None => Matcher::Order(order, number()?.float()),
        }),
        Kind::Plain => match modifiers.part {
            Some(part) => single(Matcher::Date(part, None, number()?.float())),
            None => plain(node, modifiers, is_keyword, placeholders),
        },
    }
}

fn number(node: &Node) -> Option<Number> {
    match &node.value {
        Yaml::Int(number) => Some(Number::Int(*number)),
        Yaml::Float(number) => Some(Number::Float(*number)),
        Yaml::Text(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Some(Number::Float(number)),
            _ => None,
        },
        _ => None,
    }
}

fn plain(
    node: &Node,
    modifiers: &Modifiers,
    is_keyword: bool,
    placeholders: &Placeholders,
) -> Result<Vec<Matcher>, String> {
    let bare = !is_keyword
        && !modifiers.open_start
        && !modifiers.open_end
        && modifiers.encodings.is_empty();
    let text = match &node.value {
        Yaml::List(_) | Yaml::Map(_) => {
            return Err(format!("{} stands where a value should", node.kind()));
        }
        Yaml::Null if bare => return Ok(vec![Matcher::Null]),
        Yaml::Null => return Err("null takes no modifier and is no keyword".to_owned()),
        Yaml::Bool(truth) if bare => return Ok(vec![Matcher::Bool(*truth)]),
        Yaml::Int(number) if bare => return Ok(vec![Matcher::Number(Number::Int(*number))]),
        Yaml::Float(number) if bare => return Ok(vec![Matcher::Number(Number::Float(*number))]),
        Yaml::Bool(truth) => truth.to_string(),
        Yaml::Int(number) => number.to_string(),
        Yaml::Float(number) => number.to_string(),
        Yaml::Text(text) => text.clone(),
    };
    let values = match modifiers.expand {
        true => super::placeholder::expand(&text, placeholders)?,
        false => vec![tokens(&text)],
    };
    let manner = Manner {
        cased: modifiers.cased,
        dashes: modifiers.dashes && modifiers.encodings.is_empty(),
    };
    let mut matchers = Vec::new();
    for value in values {
        for mut value in forms(value, modifiers)? {
            if modifiers.open_start || is_keyword && !modifiers.open_end {
                value.insert(0, Token::Many);
            }
            if modifiers.open_end || is_keyword && !modifiers.open_start {
                value.push(Token::Many);
            }
            matchers.push(Matcher::Pattern(Pattern::new(&value, manner)));
        }
    }
    Ok(matchers)
}

/// A value, encoded if that is asked.
fn forms(value: Vec<Token>, modifiers: &Modifiers) -> Result<Vec<Vec<Token>>, String> {
    if modifiers.encodings.is_empty() {
        return Ok(vec![value]);
    }
    let text: Option<String> = value
        .iter()
        .map(|token| match token {
            Token::Char(c) => Some(*c),
            Token::One | Token::Many => None,
        })
        .collect();
    let Some(text) = text else {
        return Err("a value with wildcards cannot be encoded; escape them with `\\`".to_owned());
    };
    let forms = encoded(&text, modifiers.dashes, &modifiers.encodings)?;
    let chars = |form: String| form.chars().map(Token::Char).collect();
    Ok(forms.into_iter().map(chars).collect())
}

//! The section `detection` of a rule: named selections and a condition over them.

use super::alias::Aliases;
use super::condition::{self, Expression};
use super::event::View;
use super::fault::{Refusal, refuse};
use super::field::Fields;
use super::logsource::LogSource;
use super::matcher::Item;
use super::modifier::{Kind, Modifiers};
use super::value::{self, Placeholders};
use super::yaml::{Entry, Node, Yaml};

/// A longer name is no field's.
const FIELD_BYTES_MAX: usize = 1_024;

/// A detection, compiled.
#[derive(Debug, Clone)]
pub(super) struct Detection {
    pub selections: Vec<Test>,
    pub condition: Expression,
}

/// What a selection asks.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Item(Item),
    All(Vec<Test>),
    Any(Vec<Test>),
}

/// What the compilation of rules shares.
pub(super) struct Context<'a> {
    pub fields: &'a mut Fields,
    pub aliases: Option<&'a Aliases>,
    pub placeholders: &'a Placeholders,
}

impl Context<'_> {
    /// The number of a field of a rule for this source.
    pub fn field(&mut self, name: &str, source: &LogSource) -> usize {
        self.fields
            .number(Aliases::field(self.aliases, name, source))
    }
}

impl Detection {
    /// Compiles the map `node`; keys of `beside` are no selections.
    ///
    /// # Errors
    /// With every selection that cannot be used, and the condition.
    pub fn read(
        node: &Node,
        beside: &[&str],
        source: &LogSource,
        context: &mut Context<'_>,
    ) -> Result<Self, Vec<Refusal>> {
        let Some(entries) = node.entries() else {
            let reason = format!("a detection is a map of selections, not {}", node.kind());
            return Err(vec![Refusal {
                at: node.at,
                reason,
            }]);
        };
        let mut refusals = Vec::new();
        let (mut names, mut selections) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry.key.as_str() {
                "condition" => {}
                "timeframe" => refusals.push(Refusal {
                    at: entry.at,
                    reason: "`timeframe` is not part of Sigma 2; write a correlation rule instead"
                        .to_owned(),
                }),
                key if beside.contains(&key) => {}
                key => {
                    names.push(key);
                    match selection(&entry.value, source, context) {
                        Ok(test) => selections.push(test),
                        Err(refusal) => refusals.push(refusal),
                    }
                }
            }
        }
        let condition = match conditions(node, &names) {
            Ok(condition) => Some(condition),
            Err(refusal) => {
                refusals.push(refusal);
                None
            }
        };
        match condition {
            Some(condition) if refusals.is_empty() => Ok(Self {
                selections,
                condition,
            }),
            _ => Err(refusals),
        }
    }

    pub fn holds(&self, view: &View<'_>) -> bool {
        self.condition
            .holds(&mut |number| self.selections[number].holds(view))
    }
}

impl Test {
    fn holds(&self, view: &View<'_>) -> bool {
        match self {
            Self::Item(item) => item.holds(view),
            Self::All(tests) => tests.iter().all(|test| test.holds(view)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(view)),
        }
    }
}

/// One condition, or a list of which any may hold.
fn conditions(node: &Node, names: &[&str]) -> Result<Expression, Refusal> {
    let Some(given) = node.get("condition") else {
        return refuse(node.at, "`condition` is missing");
    };
    let mut any = Vec::new();
    for one in given.each() {
        match &one.value {
            Yaml::Text(text) => any.push(condition::parse(text, names, one.at)?),
            // A selection may be named by a number.
            Yaml::Int(number) => any.push(condition::parse(&number.to_string(), names, one.at)?),
            _ => return refuse(one.at, format!("a condition is a text, not {}", one.kind())),
        }
    }
    match any.len() {
        0 => refuse(given.at, "the list of conditions is empty"),
        1 => Ok(any.remove(0)),
        _ => Ok(Expression::Any(any)),
    }
}

fn selection(node: &Node, source: &LogSource, context: &mut Context<'_>) -> Result<Test, Refusal> {
    match &node.value {
        Yaml::Map(entries) => map(node, entries, source, context),
        Yaml::List(list) if list.is_empty() => refuse(node.at, "the selection is empty"),
        Yaml::List(list) => {
            let (maps, words): (Vec<&Node>, Vec<&Node>) =
                list.iter().partition(|item| item.entries().is_some());
            let mut any = Vec::new();
            for item in maps {
                any.push(selection(item, source, context)?);
            }
            if !words.is_empty() {
                let words = Node {
                    at: node.at,
                    value: Yaml::List(words.into_iter().cloned().collect()),
                };
                any.push(keywords(&words, &Modifiers::default(), source, context)?);
            }
            Ok(match any.len() {
                1 => any.remove(0),
                _ => Test::Any(any),
            })
        }
        Yaml::Null => refuse(node.at, "the selection is empty"),
        _ => keywords(node, &Modifiers::default(), source, context),
    }
}

/// Fields and values, all of which must hold.
fn map(
    node: &Node,
    entries: &[Entry],
    source: &LogSource,
    context: &mut Context<'_>,
) -> Result<Test, Refusal> {
    let mut all = Vec::new();
    for entry in entries {
        all.push(item(entry, source, context)?);
    }
    match all.len() {
        0 => refuse(node.at, "the selection is empty"),
        1 => Ok(all.remove(0)),
        _ => Ok(Test::All(all)),
    }
}

fn item(entry: &Entry, source: &LogSource, context: &mut Context<'_>) -> Result<Test, Refusal> {
    let mut parts = entry.key.split('|');
    let name = parts.next().unwrap_or_default();
    if name.len() > FIELD_BYTES_MAX {
        return refuse(
            entry.at,
            format!("a field's name has at most {FIELD_BYTES_MAX} bytes"),
        );
    }
    let modifiers = Modifiers::read(parts).map_err(|reason| Refusal {
        at: entry.at,
        reason,
    })?;
    if name.is_empty() {
        return keywords(&entry.value, &modifiers, source, context);
    }
    let placeholders = context.placeholders;
    let ask = value::ask(
        &entry.value,
        &modifiers,
        false,
        placeholders,
        &mut |other| context.field(other, source),
    )?;
    Ok(Test::Item(Item {
        field: Some(context.field(name, source)),
        ask,
    }))
}

/// Texts that are searched in the whole event.
fn keywords(
    node: &Node,
    modifiers: &Modifiers,
    source: &LogSource,
    context: &mut Context<'_>,
) -> Result<Test, Refusal> {
    if !matches!(modifiers.kind, Kind::Plain | Kind::Regex | Kind::Cidr) || modifiers.part.is_some()
    {
        return refuse(node.at, "such a modifier needs a field before it");
    }
    let placeholders = context.placeholders;
    let ask = value::ask(node, modifiers, true, placeholders, &mut |other| {
        context.field(other, source)
    })?;
    Ok(Test::Item(Item { field: None, ask }))
}

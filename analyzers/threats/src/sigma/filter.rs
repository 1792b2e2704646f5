//! Filters: what users add to rules that they do not want to edit.

use super::condition::Expression;
use super::detection::{Context, Detection};
use super::fault::{At, Refusal, quoted};
use super::header::Header;
use super::logsource::LogSource;
use super::rule::{Filter, Rule};
use super::yaml::{Node, Yaml};

/// Adds a filter to the rules that it names.
///
/// The specification's example suppresses what its condition says (`condition: selection`); its reference
/// implementation keeps it (`condition: not selection`). Both mean the same, so a condition that begins
/// with `not` says what is kept, any other what is lost.
pub(super) fn apply(
    node: &Node,
    file: &str,
    rules: &mut [Rule],
    context: &mut Context<'_>,
) -> Result<(), Vec<Refusal>> {
    let one = |refusal| vec![refusal];
    Header::read(node, file).map_err(one)?;
    let source = LogSource::read(node).map_err(one)?;
    let Some(filter) = node.get("filter") else {
        return Ok(());
    };
    let mut faults = Vec::new();
    let named = named(filter, rules, &mut faults).map_err(one)?;
    for (number, rule) in rules.iter_mut().enumerate() {
        let meant = named.as_ref().is_none_or(|named| named.contains(&number));
        if !meant || !source.includes(&rule.source) {
            continue;
        }
        let detection = Detection::read(filter, &["rules"], &rule.source, context)?;
        let keeps = matches!(detection.condition, Expression::Not(_));
        rule.filters.push(Filter { detection, keeps });
    }
    // It is read even if no rule is meant, so that its faults are told.
    Detection::read(filter, &["rules"], &source, context)?;
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults),
    }
}

/// The numbers of the rules that a filter names; None if it is for all.
fn named(
    filter: &Node,
    rules: &[Rule],
    faults: &mut Vec<Refusal>,
) -> Result<Option<Vec<usize>>, Refusal> {
    let Some(given) = filter
        .get("rules")
        .filter(|given| given.value != Yaml::Null)
    else {
        return Ok(None);
    };
    let names = filter.texts("rules")?;
    let any = |name: &str| name.eq_ignore_ascii_case("any");
    if names.is_empty() || matches!(names.as_slice(), [one] if any(one)) {
        return Ok(None);
    }
    let mut numbers = Vec::new();
    for name in names {
        let same = |own: &Option<String>| own.as_deref() == Some(name.as_str());
        match rules
            .iter()
            .position(|rule| same(&rule.header.id) || same(&rule.header.name))
        {
            Some(number) => numbers.push(number),
            None => faults.push(unknown(given.at, &name)),
        }
    }
    Ok(Some(numbers))
}

fn unknown(at: At, name: &str) -> Refusal {
    let reason = format!(
        "the filter names {}, which is no rule that is loaded",
        quoted(name)
    );
    Refusal { at, reason }
}

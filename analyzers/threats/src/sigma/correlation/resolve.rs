//! From names of rules to the rules, and from their events to what correlations are told.

use super::super::detection::Context;
use super::super::event::{Leaf, View};
use super::super::fault::{Fault, Refusal, quoted};
use super::super::logsource::LogSource;
use super::super::rule::Rule;
use super::read::{Child, Correlation};
use super::run::Fact;

/// Correlations of correlations.
const DEPTH_MAX: usize = 16;
/// Longest value to group by or to count, in bytes; what is longer is cut.
const VALUE_BYTES_MAX: usize = 1_024;
/// Longest text of several such values; what would make it longer is left out.
const TEXT_BYTES_MAX: usize = 4 * VALUE_BYTES_MAX;

/// Finds the rules of all correlations, and silences those that only serve them.
pub(in super::super) fn resolve(
    correlations: &mut [Correlation],
    rules: &mut [Rule],
) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    for number in 0..correlations.len() {
        let names = correlations[number].rules.clone();
        let found: Vec<Option<Child>> = names
            .iter()
            .map(|name| child(name, correlations, rules))
            .collect();
        let correlation = &mut correlations[number];
        for (name, child) in names.iter().zip(&found) {
            if child.is_none() {
                let reason = format!("{} is no rule that is loaded, by id or name", quoted(name));
                faults.push(fault(correlation, reason));
            }
        }
        correlation.children = found.into_iter().flatten().collect();
    }
    for (number, correlation) in correlations.iter().enumerate() {
        if depth(correlations, number, 0) > DEPTH_MAX {
            let reason =
                format!("it refers to itself, or through more than {DEPTH_MAX} correlations");
            faults.push(fault(correlation, reason));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut silent = Vec::new();
    let mut loud = Vec::new();
    for correlation in correlations.iter() {
        match correlation.generate {
            true => loud.extend(&correlation.children),
            false => silent.extend(&correlation.children),
        }
    }
    for child in silent.into_iter().filter(|child| !loud.contains(child)) {
        match child {
            Child::Rule(number) => rules[number].told = false,
            Child::Correlation(number) => correlations[number].told = false,
        }
    }
    Ok(())
}

fn fault(correlation: &Correlation, reason: String) -> Fault {
    Refusal {
        at: correlation.rules_at,
        reason,
    }
    .in_file(&correlation.header.file)
}

fn child(name: &str, correlations: &[Correlation], rules: &[Rule]) -> Option<Child> {
    let same = |own: &Option<String>| own.as_deref() == Some(name);
    let rule = rules
        .iter()
        .position(|rule| same(&rule.header.id) || same(&rule.header.name));
    let correlation = || {
        correlations
            .iter()
            .position(|other| same(&other.header.id) || same(&other.header.name))
    };
    rule.map(Child::Rule)
        .or_else(|| correlation().map(Child::Correlation))
}

/// How many correlations lie under one another; more than [`DEPTH_MAX`] in a circle.
fn depth(correlations: &[Correlation], number: usize, above: usize) -> usize {
    if above > DEPTH_MAX {
        return above;
    }
    let below = correlations[number]
        .children
        .iter()
        .map(|child| match child {
            Child::Rule(_) => above,
            Child::Correlation(inner) => depth(correlations, *inner, above + 1),
        });
    below.max().unwrap_or(above)
}

/// What a rule's event tells one correlation.
#[derive(Debug, Clone)]
pub(in super::super) struct Track {
    pub correlation: usize,
    /// Which of its rules this is.
    pub child: usize,
    /// The correlation under it that must match first; None if the rule itself is told.
    pub through: Option<usize>,
    group: Vec<usize>,
    fields: Vec<usize>,
}

/// For each rule, what its events tell: inner correlations before those over them.
pub(in super::super) fn tracks(
    correlations: &[Correlation],
    rules: &[Rule],
    context: &mut Context<'_>,
) -> Vec<Vec<Track>> {
    let mut all = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let mut tracks = Vec::new();
        let mut reached = vec![Child::Rule(number)];
        let mut next = 0;
        while let Some(below) = reached.get(next).copied() {
            next += 1;
            for (over, correlation) in correlations.iter().enumerate() {
                for (child, _) in correlation
                    .children
                    .iter()
                    .enumerate()
                    .filter(|(_, c)| **c == below)
                {
                    tracks.push(track(
                        correlation,
                        over,
                        child,
                        below,
                        &rule.source,
                        context,
                    ));
                    if !reached.contains(&Child::Correlation(over)) {
                        reached.push(Child::Correlation(over));
                    }
                }
            }
        }
        tracks.sort_by_key(|track| depth(correlations, track.correlation, 0));
        all.push(tracks);
    }
    all
}

fn track(
    correlation: &Correlation,
    number: usize,
    child: usize,
    below: Child,
    source: &LogSource,
    context: &mut Context<'_>,
) -> Track {
    let reference = &correlation.rules[child];
    let mut field = |name: &String| {
        let alias = correlation
            .aliases
            .get(name)
            .and_then(|names| names.get(reference));
        context.field(alias.unwrap_or(name), source)
    };
    Track {
        correlation: number,
        child,
        through: match below {
            Child::Rule(_) => None,
            Child::Correlation(inner) => Some(inner),
        },
        group: correlation.group_by.iter().map(&mut field).collect(),
        fields: correlation.condition.fields.iter().map(field).collect(),
    }
}

impl Track {
    /// What an event says here.
    pub fn facts(&self, view: &View<'_>) -> Fact {
        Fact {
            group: joined(&self.group, view),
            value: joined(&self.fields, view),
            number: match self.fields.as_slice() {
                [field] => view.field(*field).leaves.iter().find_map(Leaf::number),
                _ => None,
            },
        }
    }
}

/// The values of some fields together; None if one is not there.
fn joined(fields: &[usize], view: &View<'_>) -> Option<Box<str>> {
    let mut text = String::new();
    for field in fields {
        let leaves = &view.field(*field).leaves;
        let mut any = false;
        for leaf in leaves.iter().filter(|leaf| !leaf.value.is_null()) {
            if text.len() > TEXT_BYTES_MAX {
                break;
            }
            let own = leaf.text();
            let most = own.len().min(VALUE_BYTES_MAX);
            let cut = (0..=most)
                .rfind(|at| own.is_char_boundary(*at))
                .unwrap_or(0);
            text.push_str(&own[..cut]);
            text.push('\u{1f}');
            any = true;
        }
        if !any {
            return None;
        }
        text.push('\u{1e}');
    }
    Some(text.into_boxed_str())
}

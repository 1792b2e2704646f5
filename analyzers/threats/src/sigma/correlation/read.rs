//! The section `correlation` of a rule.

use std::collections::HashMap;

use super::super::fault::{At, Refusal, quoted, refuse};
use super::super::header::Header;
use super::super::yaml::{Node, Yaml, only};
use super::window::ENTRIES_MAX;

/// Rules that one correlation may refer to.
const RULES_MAX: usize = 100;
/// Fields to group by, or to count together.
const FIELDS_MAX: usize = 16;
/// Longest time span, in days.
const SPAN_DAYS_MAX: u64 = 366;

/// A rule over several events.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// What it says of itself.
    pub header: Header,
    /// What it looks at.
    pub kind: Type,
    /// The rules, by id or name.
    pub rules: Vec<String>,
    /// Events are counted apart for each of these fields' values.
    pub group_by: Vec<String>,
    /// For a field to group by, its name in the events of a rule.
    pub aliases: HashMap<String, HashMap<String, String>>,
    /// How long events are remembered, in nanoseconds.
    pub timespan_ns: i64,
    /// When it matches.
    pub condition: Condition,
    /// Whether the rules it refers to are told on their own too.
    pub generate: bool,
    /// Where the rules are named.
    pub(super) rules_at: At,
    /// By `rules`, once they are found.
    pub(super) children: Vec<Child>,
    /// False if it only serves other correlations.
    pub(in super::super) told: bool,
}

/// What a correlation refers to, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Child {
    Rule(usize),
    Correlation(usize),
}

/// What a correlation looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// How many events.
    EventCount,
    /// How many different values of fields.
    ValueCount,
    /// How many of the rules.
    Temporal,
    /// How many of the rules, in their order.
    TemporalOrdered,
    /// The sum of a field.
    ValueSum,
    /// Its mean.
    ValueAverage,
    /// The value that so many percent do not exceed.
    ValuePercentile(f64),
    /// How many percent of the events have the value of the newest.
    ValueShare,
}

/// When a correlation matches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    /// All must hold.
    pub bounds: Vec<(Operator, f64)>,
    /// The fields whose values are looked at.
    pub fields: Vec<String>,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names of the specification
pub enum Operator {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

impl Condition {
    /// Whether a number fits.
    pub fn holds(&self, number: f64) -> bool {
        self.bounds.iter().all(|(operator, limit)| match operator {
            Operator::Gt => number > *limit,
            Operator::Gte => number >= *limit,
            Operator::Lt => number < *limit,
            Operator::Lte => number <= *limit,
            Operator::Eq => number == *limit,
            Operator::Neq => number != *limit,
        })
    }
}

impl Type {
    /// Whether it looks at which rules matched.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered)
    }

    fn counts(self) -> bool {
        matches!(self, Self::EventCount | Self::ValueCount)
    }
}

impl Correlation {
    /// Reads one; its rules are not looked for yet.
    pub(in super::super) fn read(node: &Node, file: &str) -> Result<Self, Refusal> {
        let header = Header::read(node, file)?;
        let Some(section) = node.get("correlation") else {
            return refuse(node.at, "`correlation` is missing");
        };
        if section.entries().is_none() {
            return refuse(
                section.at,
                format!("`correlation` is a map, not {}", section.kind()),
            );
        }
        if let Some(detection) = node.get("detection") {
            return refuse(
                detection.at,
                "a correlation has no `detection`; write that as a rule of its own",
            );
        }
        const KEYS: [&str; 8] = [
            "type",
            "rules",
            "group-by",
            "timespan",
            "condition",
            "aliases",
            "generate",
            "field",
        ];
        only(section, &KEYS, "a correlation")?;
        let (kind, condition) = kind(section)?;
        let rules = section.texts("rules")?;
        let rules_at = section.get("rules").map_or(section.at, |given| given.at);
        if rules.is_empty() {
            return refuse(rules_at, "`rules` names no rule");
        }
        if rules.len() > RULES_MAX {
            return refuse(
                rules_at,
                format!("a correlation has at most {RULES_MAX} rules"),
            );
        }
        let group_by = section.texts("group-by")?;
        if group_by.len() > FIELDS_MAX {
            return refuse(
                section.at,
                format!("at most {FIELDS_MAX} fields to group by"),
            );
        }
        let condition = match condition {
            Some(condition) => condition,
            // All of the rules.
            None => Condition {
                bounds: vec![(Operator::Gte, rules.len() as f64)],
                fields: Vec::new(),
            },
        };
        Ok(Self {
            header,
            kind,
            group_by,
            aliases: aliases(section)?,
            timespan_ns: timespan(section)?,
            condition,
            generate: generate(node)? || generate(section)?,
            rules_at,
            rules,
            children: Vec::new(),
            told: true,
        })
    }
}

fn generate(node: &Node) -> Result<bool, Refusal> {
    match node.get("generate") {
        None => Ok(false),
        Some(given) => match given.value {
            Yaml::Bool(truth) => Ok(truth),
            _ => refuse(given.at, "`generate` is true or false"),
        },
    }
}

fn kind(section: &Node) -> Result<(Type, Option<Condition>), Refusal> {
    let Some(name) = section.text("type")? else {
        return refuse(section.at, "`type` of the correlation is missing");
    };
    let at = section.get("type").map_or(section.at, |given| given.at);
    let given = section.get("condition");
    let percentile = percentile(given)?;
    let kind = match name.as_str() {
        "event_count" => Type::EventCount,
        "value_count" => Type::ValueCount,
        "temporal" => Type::Temporal,
        "temporal_ordered" => Type::TemporalOrdered,
        "value_sum" => Type::ValueSum,
        "value_avg" => Type::ValueAverage,
        "value_median" => Type::ValuePercentile(50.0),
        "value_percentile" => percentile.map_or(Type::ValueShare, Type::ValuePercentile),
        _ => {
            return refuse(
                at,
                format!("{} is no type of correlation that is known", quoted(&name)),
            );
        }
    };
    let Some(given) = given else {
        return match kind.is_temporal() {
            true => Ok((kind, None)),
            false => refuse(section.at, format!("`{name}` needs a `condition`")),
        };
    };
    let condition = condition(section, given)?;
    let reason = match (condition.fields.len(), kind) {
        (1.., Type::EventCount | Type::Temporal | Type::TemporalOrdered) => {
            format!("`{name}` takes no `field`")
        }
        (0, Type::EventCount | Type::Temporal | Type::TemporalOrdered) => {
            return limited(kind, condition, given);
        }
        (0, _) => format!("`{name}` needs a `field` in its condition"),
        (2.., Type::ValueSum | Type::ValueAverage | Type::ValuePercentile(_)) => {
            format!("`{name}` takes one `field`")
        }
        _ => return limited(kind, condition, given),
    };
    refuse(given.at, reason)
}

/// What is counted is remembered only so far.
fn limited(
    kind: Type,
    condition: Condition,
    given: &Node,
) -> Result<(Type, Option<Condition>), Refusal> {
    let most = ENTRIES_MAX as f64;
    match kind.counts() && condition.bounds.iter().any(|(_, limit)| *limit >= most) {
        true => refuse(given.at, format!("events are counted up to {ENTRIES_MAX}")),
        false => Ok((kind, Some(condition))),
    }
}

fn percentile(condition: Option<&Node>) -> Result<Option<f64>, Refusal> {
    let Some(given) = condition.and_then(|condition| condition.get("percentile")) else {
        return Ok(None);
    };
    match number(given) {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Some(percent)),
        _ => refuse(given.at, "`percentile` is a number from 0 to 100"),
    }
}

fn condition(section: &Node, given: &Node) -> Result<Condition, Refusal> {
    let Some(entries) = given.entries() else {
        return refuse(
            given.at,
            format!(
                "the condition of a correlation is a map, not {}",
                given.kind()
            ),
        );
    };
    let mut condition = Condition {
        bounds: Vec::new(),
        fields: given.texts("field")?,
    };
    // Some rules write it beside the condition.
    condition.fields.extend(section.texts("field")?);
    if condition.fields.len() > FIELDS_MAX {
        return refuse(given.at, format!("at most {FIELDS_MAX} fields"));
    }
    for entry in entries {
        let operator = match entry.key.as_str() {
            "gt" => Operator::Gt,
            "gte" => Operator::Gte,
            "lt" => Operator::Lt,
            "lte" => Operator::Lte,
            "eq" => Operator::Eq,
            "neq" => Operator::Neq,
            "field" | "percentile" => continue,
            key => {
                return refuse(
                    entry.at,
                    format!(
                        "{} is no comparison: gt, gte, lt, lte, eq or neq",
                        quoted(key)
                    ),
                );
            }
        };
        match number(&entry.value) {
            Some(limit) => condition.bounds.push((operator, limit)),
            None => return refuse(entry.value.at, format!("`{}` takes a number", entry.key)),
        }
    }
    match condition.bounds.is_empty() {
        true => refuse(given.at, "the condition compares with nothing"),
        false => Ok(condition),
    }
}

fn number(node: &Node) -> Option<f64> {
    match node.value {
        Yaml::Int(number) => Some(number as f64),
        Yaml::Float(number) => number.is_finite().then_some(number),
        _ => None,
    }
}

fn aliases(section: &Node) -> Result<HashMap<String, HashMap<String, String>>, Refusal> {
    let mut aliases = HashMap::new();
    let Some(given) = section.get("aliases") else {
        return Ok(aliases);
    };
    let Some(entries) = given.entries() else {
        return refuse(
            given.at,
            "`aliases` is a map of names to maps of rules to fields",
        );
    };
    for entry in entries {
        let Some(fields) = entry.value.entries() else {
            return refuse(entry.value.at, "an alias is a map of rules to fields");
        };
        let mut names = HashMap::new();
        for field in fields {
            match field.value.scalar() {
                Some(name) => drop(names.insert(field.key.clone(), name)),
                None => return refuse(field.value.at, "an alias names a field"),
            }
        }
        aliases.insert(entry.key.clone(), names);
    }
    Ok(aliases)
}

/// Nanoseconds of `90m`.
fn timespan(section: &Node) -> Result<i64, Refusal> {
    let Some(text) = section.text("timespan")? else {
        return refuse(section.at, "`timespan` is missing");
    };
    let at = section.get("timespan").map_or(section.at, |given| given.at);
    let split = text.len() - text.chars().next_back().map_or(0, char::len_utf8);
    let (count, unit) = text.split_at(split);
    let unit_s: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => 0,
    };
    let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = count
        .parse::<u64>()
        .ok()
        .filter(|_| digits)
        .and_then(|count| count.checked_mul(unit_s))
        .filter(|seconds| (1..=SPAN_DAYS_MAX * 86_400).contains(seconds));
    match seconds.and_then(|seconds| i64::try_from(seconds).ok()) {
        Some(seconds) => Ok(seconds * 1_000_000_000),
        None => refuse(
            at,
            format!(
                "{} is no time span of at most {SPAN_DAYS_MAX} days, as 90s, 5m, 1h, 7d",
                quoted(&text)
            ),
        ),
    }
}

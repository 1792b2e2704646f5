//! `nephoscope backtest sigma`: which Sigma rules match the events of a file.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use threats::sigma::{Aliases, Correlator, Hit, LogSource, RuleSet, of_event};

use super::json_lines;
use crate::rules;

/// Matches that correlations look at; more events belong into several files.
const HITS_MAX: usize = 2_000_000;

/// Options of `nephoscope backtest sigma`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Events, one JSON object a line: `{"id","product","service","event":{…}}`, where it is known with
    /// `"category"`.
    #[arg(long)]
    input: PathBuf,
    /// A folder of rule files (`*.yml`, `*.yaml`), or one file; default: the rules that ship.
    #[arg(long)]
    rules: Option<PathBuf>,
    /// Look fields up under their names in native events, OCSF, ECS and OpenTelemetry too, and without
    /// regard to case; otherwise names are taken as they are written.
    #[arg(long)]
    field_aliases: bool,
}

/// Loads the rules, reads the events, prints `{"rule","event"}` for each match: in the order of events,
/// then of rules. A line that makes no sense is left out and told on standard error.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let aliases = match arguments.field_aliases {
        true => Some(Aliases::shipped().map_err(anyhow::Error::msg)?),
        false => None,
    };
    let set = rules::load(arguments.rules.as_deref(), aliases.as_ref())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut later = Later::default();
    let mut number = 0_usize;
    json_lines::read(&arguments.input, |line, object| {
        let event = match Event::read(object, line) {
            Ok(event) => event,
            Err(fault) => return Ok(Some(fault)),
        };
        let matched = set.matches(&event.sources, &event.event);
        let rules = matched.rules.iter().map(|rule| rule.header.label());
        if set.correlations().is_empty() {
            write(&mut out, &event.id, rules.collect())?;
            return Ok(None);
        }
        for mut hit in matched.hits {
            hit.time = hit.time.or(event.time);
            later.hits.push((number, hit));
        }
        if later.hits.len() > HITS_MAX {
            bail!("more than {HITS_MAX} matches for correlations to look at; split the file");
        }
        later.ids.push(event.id);
        later
            .matches
            .extend(rules.map(|rule| (number, rule.to_owned())));
        number += 1;
        Ok(None)
    })?;
    later.finish(&set, &mut out)?;
    out.flush().context("cannot write the answer")
}

/// One line of the file.
struct Event {
    id: Value,
    /// Empty if the line says nothing of it.
    sources: Vec<LogSource>,
    event: Value,
    time: Option<i64>,
}

impl Event {
    fn read(mut object: Map<String, Value>, line: usize) -> Result<Self, String> {
        let Some(event) = object.remove("event") else {
            return Err("no \"event\" in it".to_owned());
        };
        let id = match object.remove("id") {
            None | Some(Value::Null) => Value::from(line),
            Some(id @ (Value::String(_) | Value::Number(_))) => id,
            Some(_) => return Err("its \"id\" is neither a text nor a number".to_owned()),
        };
        let part = |key: &str| object.get(key).and_then(Value::as_str);
        let keys = ["category", "product", "service"];
        let known = keys.iter().any(|key| object.contains_key(*key));
        let source = LogSource::new(part("category"), part("product"), part("service"));
        Ok(Self {
            id,
            sources: if known { vec![source] } else { Vec::new() },
            event,
            time: of_event(&Value::Object(object)),
        })
    }
}

/// What is told when all events are read, because correlations take them in the order of time.
#[derive(Default)]
struct Later {
    ids: Vec<Value>,
    matches: Vec<(usize, String)>,
    hits: Vec<(usize, Hit)>,
}

impl Later {
    fn finish(mut self, set: &RuleSet, out: &mut impl Write) -> anyhow::Result<()> {
        // An event that says no time happened at that of the one before it in the file.
        let mut before = i64::MIN;
        for (_, hit) in &mut self.hits {
            before = *hit.time.get_or_insert(before);
        }
        self.hits.sort_by_key(|(_, hit)| hit.time);
        let mut correlator = Correlator::default();
        for (number, hit) in &self.hits {
            let completed = correlator.add(set, hit);
            self.matches.extend(
                completed
                    .iter()
                    .map(|c| (*number, c.header.label().to_owned())),
            );
        }
        self.matches.sort();
        for of_event in self.matches.chunk_by(|a, b| a.0 == b.0) {
            let rules = of_event.iter().map(|(_, rule)| rule.as_str()).collect();
            write(out, &self.ids[of_event[0].0], rules)?;
        }
        Ok(())
    }
}

fn write(out: &mut impl Write, id: &Value, mut rules: Vec<&str>) -> anyhow::Result<()> {
    rules.sort_unstable();
    let mut told = HashSet::new();
    for rule in rules.into_iter().filter(|rule| told.insert(*rule)) {
        serde_json::to_writer(&mut *out, &Match { rule, event: id })?;
        out.write_all(b"\n").context("cannot write the answer")?;
    }
    Ok(())
}

#[derive(serde::Serialize)]
struct Match<'a> {
    rule: &'a str,
    event: &'a Value,
}

//! Which rules are worth a try for an event: by its source, then by what a rule cannot do without.
//!
//! Of each rule it is known what an event must have ([`super::need`]): a value in a field, a text within
//! one, a field that is there at all. Values are looked up; the texts of all rules about a field are found
//! in one pass over its value. What a rule asks beyond that is asked of the few that are left.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::AhoCorasick;

use super::detection::Detection;
use super::event::{Leaf, View};
use super::logsource::LogSource;
use super::need::{Atom, needed};

/// The rules of a set by what an event must have.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The sources that rules ask for,
    sources: Vec<LogSource>,
    /// and by rule which of them.
    source_of: Vec<usize>,
    fields: Vec<Field>,
    /// Texts that may stand in any field, and the sources of the rules that need one.
    anywhere: (Texts, Vec<usize>),
    /// Rules that must always be tried.
    always: Vec<usize>,
}

/// What rules ask of one field.
#[derive(Debug, Default)]
struct Field {
    number: usize,
    /// Whole values, folded, and the rules that need one.
    values: HashMap<String, Vec<usize>>,
    texts: Texts,
    /// Rules that only need it to be there.
    present: Vec<usize>,
    /// The sources of all these rules.
    sources: Vec<usize>,
}

/// Texts of many rules, found together.
#[derive(Debug, Default)]
struct Texts {
    automaton: Option<AhoCorasick>,
    /// By text.
    rules: Vec<Vec<usize>>,
}

/// Gathers what an index is made of.
#[derive(Debug, Default)]
pub(super) struct Builder {
    index: Index,
    atoms: BTreeMap<Place, BTreeMap<String, Vec<usize>>>,
}

/// Where something is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Value(usize),
    Text(usize),
    Field(usize),
    Anywhere,
}

impl Builder {
    /// Takes the next rule; their numbers go up from 0.
    pub fn add(&mut self, source: &LogSource, detection: &Detection) {
        let rule = self.index.source_of.len();
        let sources = &mut self.index.sources;
        let known = sources.iter().position(|known| known == source);
        self.index.source_of.push(known.unwrap_or(sources.len()));
        if known.is_none() {
            sources.push(source.clone());
        }
        let Some(atoms) = needed(detection) else {
            self.index.always.push(rule);
            return;
        };
        for atom in atoms {
            let (place, text) = match atom {
                Atom::Value(field, text) => (Place::Value(field), text),
                Atom::Text(field, text) => (Place::Text(field), text),
                Atom::Field(field) => (Place::Field(field), String::new()),
                Atom::Anywhere(text) => (Place::Anywhere, text),
            };
            let rules = self.atoms.entry(place).or_default();
            rules.entry(text).or_default().push(rule);
        }
    }

    /// The index.
    pub fn finish(self) -> Index {
        let mut index = self.index;
        let mut fields: BTreeMap<usize, Field> = BTreeMap::new();
        for (place, by_text) in self.atoms {
            let all = by_text.values().flatten().copied();
            let (Place::Value(number) | Place::Text(number) | Place::Field(number)) = place else {
                let rules: Vec<usize> = all.collect();
                match Texts::new(by_text) {
                    Some(texts) => index.anywhere = (texts, index.sources_of(&rules)),
                    None => index.always.extend(rules),
                }
                continue;
            };
            let field = fields.entry(number).or_default();
            field.number = number;
            let rules: Vec<usize> = all.collect();
            field.sources.extend(index.sources_of(&rules));
            match place {
                Place::Value(_) => field.values = by_text.into_iter().collect(),
                Place::Text(_) => match Texts::new(by_text) {
                    Some(texts) => field.texts = texts,
                    None => field.present.extend(rules),
                },
                _ => field.present.extend(rules),
            }
        }
        index.fields = fields.into_values().collect();
        index
    }
}

impl Index {
    /// The rules worth a try for an event, in their order; of all sources if it has none.
    pub fn candidates(&self, sources: &[LogSource], view: &View<'_>) -> Vec<usize> {
        let covers =
            |own: &LogSource| sources.is_empty() || sources.iter().any(|source| own.covers(source));
        let open: Vec<bool> = self.sources.iter().map(covers).collect();
        let any_open = |own: &[usize]| own.iter().any(|source| open[*source]);
        let mut found = Found {
            open: &open,
            source_of: &self.source_of,
            rules: Vec::new(),
        };
        found.extend(&self.always);
        for field in &self.fields {
            if !any_open(&field.sources) || !view.may_have(field.number) {
                continue;
            }
            let there = view.field(field.number);
            if there.present {
                found.extend(&field.present);
            }
            for leaf in &there.leaves {
                if let Some(rules) = field.values.get(leaf.folded()) {
                    found.extend(rules);
                }
                field.texts.find(leaf, &mut found);
            }
        }
        let (texts, sources) = &self.anywhere;
        if any_open(sources) {
            for leaf in view.leaves() {
                texts.find(leaf, &mut found);
            }
        }
        let mut rules = found.rules;
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

impl Index {
    /// The sources of some rules, each once.
    fn sources_of(&self, rules: &[usize]) -> Vec<usize> {
        let mut sources: Vec<usize> = rules.iter().map(|rule| self.source_of[*rule]).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }
}

/// Rules that were found, of sources that are open.
struct Found<'a> {
    open: &'a [bool],
    source_of: &'a [usize],
    rules: Vec<usize>,
}

impl Found<'_> {
    fn extend(&mut self, rules: &[usize]) {
        let open = rules
            .iter()
            .filter(|rule| self.open[self.source_of[**rule]]);
        self.rules.extend(open);
    }
}

impl Texts {
    /// None if they are too many for an automaton.
    fn new(by_text: BTreeMap<String, Vec<usize>>) -> Option<Self> {
        let automaton = AhoCorasick::new(by_text.keys()).ok()?;
        Some(Self {
            automaton: Some(automaton),
            rules: by_text.into_values().collect(),
        })
    }

    /// The rules of which a value holds a text; each is told once, so that a long value costs no more.
    fn find(&self, leaf: &Leaf<'_>, found: &mut Found<'_>) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        let mut seen = Vec::new();
        // A text that may stand anywhere may stand anywhere in an object.
        for text in std::iter::once(leaf).chain(leaf.inner()).map(Leaf::folded) {
            for hit in automaton.find_overlapping_iter(text) {
                let number = hit.pattern().as_usize();
                seen.resize(self.rules.len(), false);
                if !std::mem::replace(&mut seen[number], true) {
                    found.extend(&self.rules[number]);
                }
            }
        }
    }
}

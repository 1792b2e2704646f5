//! All rules together: from files to something that events are put to.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::alias::Aliases;
use super::correlation::{Correlation, Hit, Track, tracks};
use super::detection::Context;
use super::event::View;
use super::fault::{At, Fault, Refusal, quoted};
use super::field::Fields;
use super::files::{self, Source};
use super::header::Header;
use super::index::{self, Index};
use super::logsource::LogSource;
use super::rule::Rule;
use super::value::Placeholders;
use super::yaml::Node;
use super::{document, filter, moment, placeholder};

/// Rules and correlations of one set.
const RULES_MAX: usize = 20_000;

/// Rules, compiled and indexed.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    correlations: Vec<Correlation>,
    /// By rule: what its matches tell correlations.
    tracks: Vec<Vec<Track>>,
    fields: Fields,
    index: Index,
    aliases: Option<Aliases>,
}

/// What an event matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched<'a> {
    /// The rules to tell of, in the order of their files.
    pub rules: Vec<&'a Rule>,
    /// What correlations are to be told.
    pub hits: Vec<Hit>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header
    }
}

impl RuleSet {
    /// Loads all rule files under a folder, or one file.
    ///
    /// # Errors
    /// With every fault found; nothing is loaded then.
    pub fn load(path: &Path, aliases: Option<&Aliases>) -> Result<Self, Vec<Fault>> {
        Self::build(&files::read(path)?, aliases)
    }

    /// The rules that ship.
    ///
    /// # Errors
    /// If a file in the repository is not sound, which a test excludes.
    pub fn shipped(aliases: Option<&Aliases>) -> Result<Self, Vec<Fault>> {
        Self::build(&super::shipped::sources(), aliases)
    }

    /// The rules that ship, and those of a folder beside them.
    ///
    /// # Errors
    /// With every fault found; nothing is loaded then.
    pub fn load_beside_shipped(
        folder: Option<&Path>,
        aliases: Option<&Aliases>,
    ) -> Result<Self, Vec<Fault>> {
        let mut sources = super::shipped::sources();
        if let Some(folder) = folder {
            sources.extend(files::read(folder)?);
        }
        Self::build(&sources, aliases)
    }

    /// Compiles rule files.
    ///
    /// # Errors
    /// With every fault found.
    pub fn build(sources: &[Source], aliases: Option<&Aliases>) -> Result<Self, Vec<Fault>> {
        let mut builder = Builder::default();
        let documents = builder.documents(sources);
        builder.compile(&documents, aliases);
        builder.finish(&documents, aliases)
    }

    /// Whether there is nothing to put events to.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.correlations.is_empty()
    }

    /// The rules over single events.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules over several events.
    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// What an event matches. An event may be of several sources; one of which nothing is known has none, and
    /// every rule is tried on it.
    pub fn matches(&self, sources: &[LogSource], event: &Value) -> Matched<'_> {
        let texts = self.texts(event);
        let view = self.view(event, &texts);
        let (mut rules, mut hits) = (Vec::new(), Vec::new());
        for number in self.index.candidates(sources, &view) {
            let rule = &self.rules[number];
            if !rule.holds(&view) {
                continue;
            }
            if rule.told {
                rules.push(rule);
            }
            let tracks = &self.tracks[number];
            if !tracks.is_empty() {
                hits.push(Hit {
                    rule: number,
                    time: moment::of_event(event),
                    facts: tracks.iter().map(|track| track.facts(&view)).collect(),
                });
            }
        }
        Matched { rules, hits }
    }

    /// What lies in an event as text.
    fn texts(&self, event: &Value) -> Vec<Value> {
        let aliases = self.aliases.as_ref();
        aliases
            .map(|aliases| aliases.texts(event))
            .unwrap_or_default()
    }

    fn view<'a>(&'a self, event: &'a Value, texts: &'a [Value]) -> View<'a> {
        let roots = match &self.aliases {
            Some(aliases) => aliases.roots(event, texts),
            None => vec![event],
        };
        View::new(event, roots, &self.fields)
    }

    /// The rules that an event matches, each tried, without the index: what that must come to.
    #[cfg(test)]
    pub(super) fn matches_of_all(&self, sources: &[LogSource], event: &Value) -> Vec<&Rule> {
        let texts = self.texts(event);
        let view = self.view(event, &texts);
        let covered = |rule: &Rule| {
            sources.is_empty() || sources.iter().any(|source| rule.source.covers(source))
        };
        let holds = |rule: &&Rule| covered(rule) && rule.told && rule.holds(&view);
        self.rules.iter().filter(holds).collect()
    }

    /// What the hits of a rule tell correlations.
    pub(super) fn tracks(&self, rule: usize) -> &[Track] {
        &self.tracks[rule]
    }
}

/// A document of a file.
struct Document {
    file: String,
    node: Node,
}

#[derive(Default)]
struct Builder {
    fields: Fields,
    placeholders: Placeholders,
    rules: Vec<Rule>,
    faults: Vec<Fault>,
}

impl Builder {
    /// The documents of all files; those with placeholders are taken at once.
    fn documents(&mut self, sources: &[Source]) -> Vec<Document> {
        let mut documents = Vec::new();
        for Source { file, text } in sources {
            match document::read(text) {
                Ok(nodes) => documents.extend(nodes.into_iter().map(|node| Document {
                    file: file.clone(),
                    node,
                })),
                Err(refusal) => self.faults.push(refusal.in_file(file)),
            }
        }
        if let Some(last) = documents.get(RULES_MAX) {
            let reason = format!("more than {RULES_MAX} rules");
            self.faults.push(
                Refusal {
                    at: last.node.at,
                    reason,
                }
                .in_file(&last.file),
            );
            documents.truncate(RULES_MAX);
        }
        documents.retain(|Document { file, node }| match node.get("placeholders") {
            Some(given) if node.get("detection").is_none() => {
                let read = placeholder::read(given, &mut self.placeholders);
                self.faults
                    .extend(read.err().map(|refusal| refusal.in_file(file)));
                false
            }
            _ => true,
        });
        documents
    }

    /// Rules first, for filters and correlations name them.
    fn compile(&mut self, documents: &[Document], aliases: Option<&Aliases>) {
        let mut context = Context {
            fields: &mut self.fields,
            aliases,
            placeholders: &self.placeholders,
        };
        let is_filter =
            |node: &Node| node.get("filter").is_some() && node.get("detection").is_none();
        for Document { file, node } in documents {
            if node.get("correlation").is_some() || is_filter(node) {
                continue;
            }
            match Rule::read(node, file, &mut context) {
                Ok(rule) => self.rules.push(rule),
                Err(refusals) => {
                    let faults = refusals.into_iter().map(|refusal| refusal.in_file(file));
                    self.faults.extend(faults);
                }
            }
        }
        for Document { file, node } in documents
            .iter()
            .filter(|document| is_filter(&document.node))
        {
            if let Err(refusals) = filter::apply(node, file, &mut self.rules, &mut context) {
                let faults = refusals.into_iter().map(|refusal| refusal.in_file(file));
                self.faults.extend(faults);
            }
        }
    }

    fn finish(
        mut self,
        documents: &[Document],
        aliases: Option<&Aliases>,
    ) -> Result<RuleSet, Vec<Fault>> {
        let mut correlations = Vec::new();
        for Document { file, node } in documents {
            if node.get("correlation").is_some() {
                match Correlation::read(node, file) {
                    Ok(correlation) => correlations.push(correlation),
                    Err(refusal) => self.faults.push(refusal.in_file(file)),
                }
            }
        }
        self.duplicates(&correlations);
        // A rule that was refused is missing only because of that.
        if self.faults.is_empty() {
            let resolved = super::correlation::resolve(&mut correlations, &mut self.rules);
            self.faults.extend(resolved.err().into_iter().flatten());
        }
        if !self.faults.is_empty() {
            let mut faults = self.faults;
            faults.sort_by(|a, b| (&a.file, a.at).cmp(&(&b.file, b.at)));
            faults.dedup();
            return Err(faults);
        }
        let mut context = Context {
            fields: &mut self.fields,
            aliases,
            placeholders: &self.placeholders,
        };
        let tracks = tracks(&correlations, &self.rules, &mut context);
        let mut index = index::Builder::default();
        for rule in &self.rules {
            index.add(&rule.source, &rule.detection);
        }
        Ok(RuleSet {
            rules: self.rules,
            correlations,
            tracks,
            fields: self.fields,
            index: index.finish(),
            aliases: aliases.cloned(),
        })
    }

    fn duplicates(&mut self, correlations: &[Correlation]) {
        let rules = self.rules.iter().map(|rule| &rule.header);
        let headers: Vec<&Header> = rules
            .chain(correlations.iter().map(|c| &c.header))
            .collect();
        let mut known: HashMap<(&str, &str), (&str, At)> = HashMap::new();
        for header in &headers {
            for (kind, value) in [("id", &header.id), ("name", &header.name)] {
                let Some(value) = value else { continue };
                let place = (header.file.as_str(), header.at);
                if let Some((file, at)) = known.insert((kind, value), place) {
                    self.faults.push(Fault {
                        file: header.file.clone(),
                        at: header.at,
                        reason: format!(
                            "the {kind} {} is that of another rule, in {file}:{}",
                            quoted(value),
                            at.line
                        ),
                    });
                }
            }
        }
    }
}

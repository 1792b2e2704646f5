//! All SLOs there are: files beside the configuration, and objects of the API. Files win.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use store::slos::StoredSlo;

use super::Plan;
use super::indicator::Indicator;
use super::measure::{Question, question};
use super::openslo::{Library, Object, Resolved, write};
use super::plan::plans;

/// Files of the folder `slos`: name and text, or why it cannot be read; asked anew at each look.
pub type Files = Arc<dyn Fn() -> Vec<(String, Result<String, String>)> + Send + Sync>;

/// Whose SLOs may ask ClickHouse with queries of their own: `slos.queries` of the configuration. A query
/// reads all that is stored, so this is a right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueriesOf {
    /// Nobody's.
    Nobody,
    /// Those of files beside the configuration, which only this machine's owner writes.
    #[default]
    Files,
    /// Also those of the API and the forms, whoever may use them.
    Everybody,
}

impl QueriesOf {
    /// Whether an SLO that stands there may.
    ///
    /// # Errors
    /// With what would have to be allowed.
    pub fn allow(self, origin: &Origin) -> Result<(), String> {
        let (is_allowed, needed) = match origin {
            Origin::File(_) => (self != Self::Nobody, "files"),
            Origin::Api => (self == Self::Everybody, "everybody"),
        };
        match is_allowed {
            true => Ok(()),
            false => Err(format!(
                "it asks queries of `type: clickhouse`, which read all that is stored and are not allowed here; \
                 set slos.queries to `{needed}`, or write the SLO into a file of the folder slos"
            )),
        }
    }
}

/// Where SLOs stand beside the API's, and what they may ask.
#[derive(Clone)]
pub struct Sources {
    /// Files.
    pub files: Files,
    /// Whose queries are asked.
    pub queries: QueriesOf,
}

impl Sources {
    /// All there are now, with `objects` of the API.
    #[must_use]
    pub fn read(&self, objects: &[StoredSlo]) -> Catalogue {
        Catalogue::read((self.files)(), objects, self.queries)
    }
}

/// SLOs that are evaluated, counted by objective. More are told as faults.
pub const PLANS_MAX: usize = 2_000;

/// Where an SLO stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In this file, which is edited where it lies.
    File(String),
    /// It came through the API.
    Api,
}

/// An SLO, or one objective of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is reckoned.
    pub plan: Plan,
    /// The SLO's display name, or its name.
    pub title: String,
    /// What it is grouped by.
    pub service: String,
    /// Where it stands.
    pub origin: Origin,
    /// OpenSLO, as it was written, or the SLO alone where its file holds more.
    pub text: Arc<str>,
    /// What each objective of the plan asks, or why nothing measures it.
    pub questions: Result<Vec<Question>, String>,
}

impl Entry {
    /// The name, with the objective where there are several.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.plan.objective {
            Some(objective) => format!("{}/{objective}", self.plan.name),
            None => self.plan.name.clone(),
        }
    }
}

/// A text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file or the name.
    pub source: String,
    /// Why, with line and column where there are any.
    pub reason: String,
}

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By name.
    pub entries: Vec<Entry>,
    /// What could not be used.
    pub faults: Vec<Fault>,
}

/// The name under which an object of the API is told of.
fn api(name: &str) -> String {
    format!("api/{name}")
}

impl Catalogue {
    /// Reads all texts. One that is wrong leaves the others whole.
    #[must_use]
    pub fn read(
        files: Vec<(String, Result<String, String>)>,
        objects: &[StoredSlo],
        queries: QueriesOf,
    ) -> Self {
        let mut catalogue = Self::default();
        let mut library = Library::default();
        for (file, text) in files {
            let added = text.and_then(|text| add(&mut library, &file, &text));
            catalogue.note(&file, added);
        }
        let mut texts = BTreeMap::new();
        for object in objects {
            let file = api(&object.name);
            let added = add(&mut library, &file, &object.text)
                .map_err(|reason| format!("{reason}; a file of the folder slos wins over the API"));
            catalogue.note(&file, added);
            texts.insert(file, Arc::<str>::from(object.text.as_str()));
        }
        let (slos, unresolved) = library.slos();
        for unresolved in unresolved.into_iter().filter(|one| one.needed) {
            let (file, reason) = (unresolved.error.file.clone(), unresolved.error.to_string());
            catalogue.note(&file, Err(reason));
        }
        for slo in &slos {
            let (origin, text) = match texts.get(slo.file()) {
                Some(text) => (Origin::Api, Some(Arc::clone(text))),
                None => (Origin::File(slo.file().to_owned()), None),
            };
            match entries(slo, &origin, text, queries) {
                Ok(entries) => catalogue.entries.extend(entries),
                Err(reason) => catalogue.note(slo.file(), Err(reason)),
            }
        }
        if catalogue.entries.len() > PLANS_MAX {
            let reason = format!("only the first {PLANS_MAX} objectives are evaluated");
            catalogue.note("all SLOs", Err(reason));
            catalogue.entries.truncate(PLANS_MAX);
        }
        catalogue
    }

    fn note(&mut self, source: &str, done: Result<(), String>) {
        if let Err(reason) = done {
            self.faults.push(Fault {
                source: source.to_owned(),
                reason,
            });
        }
    }

    /// The entries of an SLO: one, or one for each objective.
    #[must_use]
    pub fn of(&self, name: &str) -> Vec<&Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.plan.name == name)
            .collect()
    }
}

/// A text alone first: one that is wrong leaves nothing behind.
fn add(library: &mut Library, file: &str, text: &str) -> Result<(), String> {
    let mut alone = Library::default();
    alone.add(file, text).map_err(|error| error.to_string())?;
    library.add(file, text).map_err(|error| error.to_string())
}

fn entries(
    slo: &Resolved<'_>,
    origin: &Origin,
    text: Option<Arc<str>>,
    queries: QueriesOf,
) -> Result<Vec<Entry>, String> {
    let plans = plans(slo).map_err(|error| error.to_string())?;
    let text = match text {
        Some(text) => text,
        None => write(&[Object::Slo(Box::new(slo.slo.clone()))])?.into(),
    };
    let about = &slo.slo.metadata;
    let asked = |indicator: Option<&Indicator>| {
        if let Some(Indicator::Queries(_)) = indicator {
            queries.allow(origin)?;
        }
        question(indicator)
    };
    let entry = |plan: Plan| Entry {
        title: about.display_name.clone().unwrap_or(about.name.clone()),
        service: slo.slo.spec.service.clone(),
        origin: origin.clone(),
        text: Arc::clone(&text),
        questions: plan
            .objectives
            .iter()
            .map(|one| asked(one.indicator.as_ref()))
            .collect(),
        plan,
    };
    Ok(plans.into_iter().map(entry).collect())
}

/// Checks a text that came through the API: one SLO of this name, and what it refers to, in one text.
///
/// # Errors
/// With line and column, what is wrong; or why nothing measures it.
pub fn check(name: &str, text: &str, queries: QueriesOf) -> Result<Vec<Entry>, String> {
    let mut library = Library::default();
    library.add(name, text).map_err(|error| error.to_string())?;
    let (slos, unresolved) = library.slos();
    if let Some(unresolved) = unresolved.into_iter().find(|one| one.needed) {
        return Err(unresolved.error.to_string());
    }
    let [slo] = &slos[..] else {
        return Err(format!(
            "the text holds {} SLOs; it must hold one",
            slos.len()
        ));
    };
    let own = &slo.slo.metadata.name;
    if own != name {
        return Err(format!(
            "the SLO's name is `{own}`, and the address says `{name}`"
        ));
    }
    let entries = entries(slo, &Origin::Api, None, queries)?;
    for entry in &entries {
        entry.questions.as_ref().map_err(Clone::clone)?;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn slo(name: &str, indicator: &str) -> String {
        format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}}}\nspec:\n  service: shop\n  \
             timeWindow: [{{duration: 30d, isRolling: true}}]\n  budgetingMethod: Occurrences\n  \
             objectives: [{{targetPercent: 99.9}}]\n  indicator:\n    metadata: {{name: i}}\n    spec: \
             {{ratioMetric: {{rawType: success, raw: {{metricSource: {{type: nephoscope, spec: \
             {{indicator: {indicator}}}}}}}}}}}\n"
        )
    }

    #[test]
    fn files_win_over_the_api_and_one_fault_leaves_the_others_whole() {
        let stored = |name: &str, text: String| StoredSlo {
            name: name.to_owned(),
            text,
            updated_ms: 0,
        };
        let files = vec![
            ("a.yaml".to_owned(), Ok(slo("a", "availability"))),
            ("b.yaml".to_owned(), Ok("kind: [".to_owned())),
        ];
        let objects = [
            stored("a", slo("a", "coverage")),
            stored("c", slo("c", "availability")),
        ];
        let all = Catalogue::read(files, &objects, QueriesOf::Files);
        let origins: Vec<_> = all
            .entries
            .iter()
            .map(|e| (e.key(), e.origin.clone()))
            .collect();
        assert_eq!(
            origins,
            [
                ("a".to_owned(), Origin::File("a.yaml".to_owned())),
                ("c".to_owned(), Origin::Api)
            ]
        );
        let sources: Vec<&str> = all.faults.iter().map(|f| f.source.as_str()).collect();
        assert_eq!(sources, ["b.yaml", "api/a"]);
        assert!(all.faults[1].reason.contains("wins over the API"));
    }

    #[test]
    fn a_text_of_the_api_is_one_slo_of_its_name_that_can_be_measured() {
        assert!(check("a", &slo("a", "availability"), QueriesOf::Nobody).is_ok());
        for (name, text, part) in [
            ("b", slo("a", "availability"), "`a`"),
            ("a", String::new(), "0 SLOs"),
            ("a", slo("a", "availability, group_by: [queue]"), "`queue`"),
            ("a", slo("a", "speed"), "speed"),
            ("a", "kind: SLO".to_owned(), "a:1:1"),
        ] {
            let refused = check(name, &text, QueriesOf::Files).expect_err(&text);
            assert!(refused.contains(part), "{refused}");
        }
    }

    #[test]
    fn queries_are_asked_for_those_with_the_right_and_refused_by_name_for_others() {
        let source = |query: &str| {
            format!("{{metricSource: {{type: clickhouse, spec: {{query: {query}}}}}}}")
        };
        let text = slo("a", "availability").replace(
            "{rawType: success, raw: {metricSource: {type: nephoscope, spec: {indicator: availability}}}}",
            &format!("{{good: {}, total: {}}}", source("SELECT 1"), source("SELECT 2")),
        );
        assert!(check("a", &text, QueriesOf::Everybody).is_ok());
        for queries in [QueriesOf::Nobody, QueriesOf::Files] {
            let refused = check("a", &text, queries).expect_err("refused");
            assert!(refused.contains("slos.queries"), "{refused}");
        }
        let file = || vec![("a.yaml".to_owned(), Ok(text.clone()))];
        let asks = |queries| {
            Catalogue::read(file(), &[], queries).entries[0]
                .questions
                .is_ok()
        };
        assert!(asks(QueriesOf::Files) && !asks(QueriesOf::Nobody));
    }
}

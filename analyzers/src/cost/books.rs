//! All price books and what the configuration says about them: the one thing costs are computed with.

use std::collections::BTreeMap;

use store::model::{RoundingRule, Size};

use super::book::{self, Book, BookError, PayerScope, ProviderBook};
use super::config::{Config, milli};
use super::pattern::{FunctionPattern, Pattern};
use super::standing::{self, Stands};

const BOOKS_MAX: usize = 64;
const FUNCTIONS_MAX: usize = 10_000;
const PAYERS_MAX: usize = 1_000;

/// The price books, which one prices which provider, and what functions are that telemetry does not tell.
#[derive(Clone, Debug)]
pub struct Books {
    all: BTreeMap<String, Book>,
    /// Provider to book.
    used: BTreeMap<String, String>,
    terms: Vec<(FunctionPattern, Terms)>,
    payers: Vec<(String, String, Vec<Pattern>)>,
    pub(super) standing: Vec<Stands>,
    pub(super) free_tier: bool,
}

/// What the configuration tells about a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Plan, memory, processors, architecture.
    pub size: Size,
    /// Ephemeral storage, MiB; 0 for what is included.
    pub ephemeral_storage_mb: u32,
    /// Its time limit, ms; 0 for not told.
    pub timeout_ms: u32,
    /// Requests that run at once on an instance; at least 1.
    pub concurrency: u32,
    /// Its language, where a price depends on it.
    pub runtime: String,
}

/// Why costs cannot be computed with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// A book's own fault.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A book's file cannot be read.
    #[error("reading the price book {file}: {source}")]
    File {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The `costs:` section.
    #[error("costs.{0}")]
    Config(String),
}

impl Books {
    /// The lists that come with the product and the files that `config` names, all checked.
    ///
    /// # Errors
    /// With the file, the place and the reason of the first fault.
    pub fn load(config: &Config) -> Result<Self, BooksError> {
        let mut all = BTreeMap::new();
        for (file, text) in book::LISTS {
            let book = book::load(file, text, &all)?;
            all.insert(book.id.clone(), book);
        }
        let say = |fault: String| Err(BooksError::Config(fault));
        if config.books.len() > BOOKS_MAX {
            return say(format!("books: at most {BOOKS_MAX} files"));
        }
        for path in &config.books {
            let file = path.display().to_string();
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(source) => return Err(BooksError::File { file, source }),
            };
            let book = book::load(&file, &text, &all)?;
            all.insert(book.id.clone(), book);
        }
        let mut used: BTreeMap<String, String> = ["aws", "azure", "gcp", "cloudflare"]
            .map(|provider| (provider.to_owned(), provider.to_owned()))
            .into();
        used.extend(config.use_books.clone());
        let mut books = Self {
            all,
            used,
            terms: terms(config).map_err(BooksError::Config)?,
            payers: payers(config).map_err(BooksError::Config)?,
            standing: Vec::new(),
            free_tier: config.free_tier,
        };
        books.check_use().map_err(BooksError::Config)?;
        books.standing = standing::read(&books, &config.standing).map_err(BooksError::Config)?;
        Ok(books)
    }

    fn check_use(&self) -> Result<(), String> {
        for (provider, id) in &self.used {
            let Some(book) = self.all.get(id) else {
                return Err(format!(
                    "use.{provider}: there is no book `{id}`; {}",
                    self.names()
                ));
            };
            if !book.providers.contains_key(provider) {
                return Err(format!(
                    "use.{provider}: book `{id}` has no prices of {provider}"
                ));
            }
        }
        self.currency().map(|_| ()).map_err(|(one, other)| {
            format!(
                "use: prices in {one} and in {other} cannot be added up; give every provider a book in \
                 one currency, with `extends` and `exchange_rate`"
            )
        })
    }

    /// The one currency of all used books, or two that differ.
    fn currency(&self) -> Result<String, (String, String)> {
        let mut currencies = self
            .used
            .values()
            .filter_map(|id| self.all.get(id))
            .map(|b| &b.currency);
        let first = currencies.next().cloned().unwrap_or_default();
        match currencies.find(|currency| **currency != first) {
            Some(other) => Err((first, other.clone())),
            None => Ok(first),
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.all.keys().map(String::as_str).collect();
        format!("there are {}", names.join(", "))
    }

    /// Every book, by its id.
    pub fn all(&self) -> impl Iterator<Item = &Book> {
        self.all.values()
    }

    /// The same books and terms, with all that book `id` prices priced by it: a what-if. Providers of
    /// which it has no prices keep their book.
    ///
    /// # Errors
    /// When there is no such book, or its currency is not the others'.
    pub fn using(&self, id: &str) -> Result<Self, BooksError> {
        let mut books = self.clone();
        let Some(book) = self.all.get(id) else {
            let text = format!("use: there is no book `{id}`; {}", self.names());
            return Err(BooksError::Config(text));
        };
        for provider in book.providers.keys() {
            books.used.insert(provider.clone(), id.to_owned());
        }
        books.check_use().map_err(BooksError::Config)?;
        Ok(books)
    }

    /// Only book `id`: providers of which it has no prices have none then.
    ///
    /// # Errors
    /// When there is no such book.
    pub fn only(&self, id: &str) -> Result<Self, BooksError> {
        let mut books = self.clone();
        books.used.clear();
        books.standing.clear();
        books.using(id)
    }

    /// The same, with free grants taken off or not.
    #[must_use]
    pub fn with_free_tier(mut self, free_tier: bool) -> Self {
        self.free_tier = free_tier;
        self
    }

    /// Whether free grants are taken off.
    #[must_use]
    pub fn free_tier(&self) -> bool {
        self.free_tier
    }

    /// The book that prices a provider, and the provider's part of it.
    #[must_use]
    pub fn of(&self, provider: &str) -> Option<(&Book, &ProviderBook)> {
        let book = self.all.get(self.used.get(provider)?)?;
        Some((book, book.providers.get(provider)?))
    }

    /// Providers that are priced, in order.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.used.keys().map(String::as_str)
    }

    /// How invocations are rounded by the used books; plans of their own before the usual ones, which
    /// fit every plan. The first that fits holds.
    #[must_use]
    pub fn rules(&self) -> Vec<RoundingRule> {
        let plans = self
            .providers()
            .filter_map(|p| self.of(p))
            .flat_map(|(_, p)| &p.plans);
        let (usual, named): (Vec<_>, Vec<_>) = plans.partition(|plan| plan.id.is_empty());
        named
            .into_iter()
            .chain(usual)
            .flat_map(|plan| plan.rounding.iter().map(|rounding| rounding.rule(plan)))
            .collect()
    }

    /// What the configuration says of a function's size, with the plan as its book spells it.
    #[must_use]
    pub fn size_of(&self, function_id: &str) -> Size {
        self.terms_of(function_id).size
    }

    /// All that the configuration says of a function.
    #[must_use]
    pub fn terms_of(&self, function_id: &str) -> Terms {
        let found = self
            .terms
            .iter()
            .find(|(pattern, _)| pattern.matches(function_id));
        let mut terms = found.map_or_else(Terms::default, |(_, terms)| terms.clone());
        terms.concurrency = terms.concurrency.max(1);
        let provider = function_id.split(':').next().unwrap_or_default();
        if let Some((_, prices)) = self.of(provider)
            && !terms.size.plan.is_empty()
        {
            let plans = prices.platforms.iter().map(|(platform, _)| platform);
            let mut plans = plans.filter_map(|platform| prices.plan(platform, &terms.size.plan));
            // `flex` or `gen2`, whatever the spelling, is one plan to all who compare.
            if let Some(plan) = plans.find(|plan| !plan.id.is_empty()) {
                terms.size.plan.clone_from(&plan.id);
            }
        }
        terms
    }

    /// Who gets the bill for an account.
    #[must_use]
    pub fn payer(&self, provider: &str, account: &str) -> String {
        let named = self.payers.iter().find(|(_, of, accounts)| {
            of == provider && accounts.iter().any(|pattern| pattern.matches(account))
        });
        match (named, self.of(provider).map(|(_, prices)| prices.payer)) {
            (Some((name, ..)), _) => name.clone(),
            (None, Some(PayerScope::Account)) => account.to_owned(),
            (None, _) => String::new(),
        }
    }
}

fn terms(config: &Config) -> Result<Vec<(FunctionPattern, Terms)>, String> {
    if config.functions.len() > FUNCTIONS_MAX {
        return Err(format!("functions: at most {FUNCTIONS_MAX}"));
    }
    let mut out = Vec::new();
    for (at, function) in config.functions.iter().enumerate() {
        let place = |fault| format!("functions[{at}]: {fault}");
        let size = Size {
            plan: function.plan.clone(),
            memory_mb: function.memory_mb,
            vcpu_milli: milli(function.vcpu).map_err(place)?,
            architecture: architecture(&function.architecture)
                .map_err(place)?
                .to_owned(),
        };
        let terms = Terms {
            size,
            ephemeral_storage_mb: function.ephemeral_storage_mb,
            timeout_ms: function.timeout_ms,
            concurrency: function.concurrency,
            runtime: function.runtime.to_ascii_lowercase(),
        };
        out.push((
            FunctionPattern::new(&function.function).map_err(place)?,
            terms,
        ));
    }
    Ok(out)
}

fn payers(config: &Config) -> Result<Vec<(String, String, Vec<Pattern>)>, String> {
    if config.payers.len() > PAYERS_MAX {
        return Err(format!("payers: at most {PAYERS_MAX}"));
    }
    let mut out = Vec::new();
    for (at, payer) in config.payers.iter().enumerate() {
        if payer.name.is_empty() || payer.accounts.is_empty() {
            return Err(format!("payers[{at}]: it needs a name and accounts"));
        }
        let accounts = payer
            .accounts
            .iter()
            .map(|account| Pattern::new(account))
            .collect();
        out.push((payer.name.clone(), payer.provider.clone(), accounts));
    }
    Ok(out)
}

/// The canonical spelling of an architecture; empty stays empty.
///
/// # Errors
/// When it is none that is priced.
pub(super) fn architecture(told: &str) -> Result<&'static str, String> {
    match told.to_ascii_lowercase().as_str() {
        "" => Ok(""),
        "x86_64" | "x86-64" | "x86" | "amd64" | "x64" | "intel" => Ok("x86_64"),
        "arm64" | "arm" | "aarch64" | "graviton" | "graviton2" => Ok("arm64"),
        _ => Err(format!(
            "architecture `{}` is unknown: x86_64 or arm64",
            told.chars().take(40).collect::<String>()
        )),
    }
}

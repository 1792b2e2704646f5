//! gitleaks' configuration format, as far as it speaks of texts.

use std::path::Path;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::check::Check;
use super::rule::{Allowlist, Rule, Target};

/// A rule file's size, bytes: gitleaks' own is 250 kB.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Rules of one file.
const RULES_MAX: usize = 2_000;
/// A compiled pattern's size, bytes: counted repetitions of large classes need much.
const REGEX_BYTES_MAX: usize = 16 << 20;

/// Why a rule file was refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It could not be read.
    #[error("reading secret rules from {name}: {why}")]
    Read {
        /// The file.
        name: String,
        /// The system's word.
        why: String,
    },
    /// It is no TOML of this form.
    #[error("secret rules in {name} are not understood: {why}")]
    Form {
        /// The file.
        name: String,
        /// The parser's word, with line and column.
        why: String,
    },
    /// A pattern does not compile.
    #[error(
        "secret rule {rule:?} in {name} has a pattern that cannot be used: {why}; correct it or leave the rule out"
    )]
    Pattern {
        /// The file.
        name: String,
        /// The rule.
        rule: String,
        /// The compiler's word.
        why: String,
    },
    /// The keywords make no automaton.
    #[error("the keywords of secret rules in {name} cannot be used: {why}")]
    Keywords {
        /// The file.
        name: String,
        /// The builder's word.
        why: String,
    },
}

/// A file, compiled.
pub struct File {
    pub rules: Vec<Rule>,
    pub allowed: Vec<Allowlist>,
    pub extends_default: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFile {
    #[serde(default)]
    extend: Extend,
    #[serde(default)]
    rules: Vec<RawRule>,
    allowlist: Option<RawAllowlist>,
    #[serde(default)]
    allowlists: Vec<RawAllowlist>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extend {
    use_default: bool,
    disabled_rules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    id: String,
    /// Rules about file names alone have none, and nothing to say here.
    regex: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    entropy: Option<f64>,
    #[serde(default)]
    secret_group: usize,
    /// Ours alone; see [`Rule::token_run`].
    #[serde(default)]
    token_run: usize,
    /// Ours alone; see [`Rule::random`].
    #[serde(default)]
    random: bool,
    allowlist: Option<RawAllowlist>,
    #[serde(default)]
    allowlists: Vec<RawAllowlist>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAllowlist {
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    regex_target: String,
    #[serde(default)]
    condition: String,
    /// Files and commits are nothing that telemetry has.
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, RuleError> {
    let name = path.display().to_string();
    let failed = |why: String| RuleError::Read {
        name: name.clone(),
        why,
    };
    let size = std::fs::metadata(path)
        .map_err(|error| failed(error.to_string()))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(failed(format!(
            "it has {size} bytes, at most {FILE_BYTES_MAX} are taken; split it"
        )));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

/// Compiles a file's text.
pub fn parse(text: &str, name: &str) -> Result<File, RuleError> {
    let form = |why: String| RuleError::Form {
        name: name.to_owned(),
        why,
    };
    let raw: RawFile = toml::from_str(text).map_err(|error| form(error.to_string()))?;
    if raw.rules.len() > RULES_MAX {
        return Err(form(format!(
            "it has {} rules, at most {RULES_MAX} are taken",
            raw.rules.len()
        )));
    }
    let mut rules = Vec::new();
    for raw_rule in raw.rules {
        if !raw.extend.disabled_rules.contains(&raw_rule.id) {
            rules.extend(rule(raw_rule, name)?);
        }
    }
    let lists = raw.allowlist.into_iter().chain(raw.allowlists);
    Ok(File {
        rules,
        allowed: allowlists(lists, "allowlist", name)?,
        extends_default: raw.extend.use_default,
    })
}

fn rule(raw: RawRule, name: &str) -> Result<Option<Rule>, RuleError> {
    let Some(pattern) = &raw.regex else {
        return Ok(None);
    };
    let regex = compile(pattern, &raw.id, name)?;
    if raw.secret_group >= regex.captures_len() {
        let why = format!("secretGroup {} is not in it", raw.secret_group);
        return Err(RuleError::Pattern {
            name: name.to_owned(),
            rule: raw.id,
            why,
        });
    }
    let lists = raw.allowlist.into_iter().chain(raw.allowlists);
    Ok(Some(Rule {
        allowed: allowlists(lists, &raw.id, name)?,
        regex,
        keywords: raw
            .keywords
            .iter()
            .map(|word| word.to_lowercase())
            .collect(),
        entropy: raw.entropy,
        group: raw.secret_group,
        token_run: raw.token_run,
        random: raw.random,
        check: Check::of(&raw.id),
        id: raw.id,
    }))
}

fn allowlists(
    raw: impl Iterator<Item = RawAllowlist>,
    rule: &str,
    name: &str,
) -> Result<Vec<Allowlist>, RuleError> {
    let list = |raw: RawAllowlist| {
        let regexes = raw
            .regexes
            .iter()
            .map(|pattern| compile(pattern, rule, name));
        let of_files = !raw.paths.is_empty() || !raw.commits.is_empty();
        let all = raw.condition.eq_ignore_ascii_case("and");
        Ok(Allowlist {
            target: match raw.regex_target.as_str() {
                "match" => Target::Match,
                "line" => Target::Line,
                _ => Target::Secret,
            },
            // Bound to files as well, it never holds for what is in none.
            regexes: if all && of_files {
                Vec::new()
            } else {
                regexes.collect::<Result<_, _>>()?
            },
            stopwords: if all && of_files {
                Vec::new()
            } else {
                raw.stopwords
                    .iter()
                    .map(|word| word.to_lowercase())
                    .collect()
            },
            all,
        })
    };
    raw.map(list).collect()
}

/// Go's patterns are RE2's, which these are, too: linear, and `\w`, `\d`, `\s` and case are ASCII's.
fn compile(pattern: &str, rule: &str, name: &str) -> Result<Regex, RuleError> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| RuleError::Pattern {
            name: name.to_owned(),
            rule: rule.to_owned(),
            why: error.to_string(),
        })
}

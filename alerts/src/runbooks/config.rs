//! `alerts.runbooks`: which webhooks may be called for which incidents.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::Secret;
use crate::delivery::signature::{KEYS_MAX, Key};
use crate::egress::Target;
use crate::incidents::Member;
use crate::matchers::{self, Matchers};
use crate::model::Labels;

/// Most runbooks.
pub const RUNBOOKS_MAX: usize = 100;
/// Longest time a run may take, ms: a day.
const TIMEOUT_MS_MAX: u64 = 86_400_000;
/// Longest cool-down, ms: a month.
const COOL_DOWN_MS_MAX: u64 = 31 * 86_400_000;

/// A runbook as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What it is called, once.
    pub name: String,
    /// What it does, in a sentence; shown where somebody has to approve it.
    #[serde(default)]
    pub does: String,
    /// Where it is asked for. Inner addresses must stand in `alerts.allow`.
    pub url: Secret,
    /// Signing keys, `whsec_…` or `whsk_…`; one at least.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Files that hold such keys, read at the start.
    #[serde(default)]
    pub secret_files: Vec<PathBuf>,
    /// An incident is meant when one of its findings has all of these labels: `kind`, `severity`,
    /// `provider`, `account`, `region`, `function`, `place`, `version`, and `cause` (`true` for findings at
    /// the place of the incident's cause).
    pub matchers: Vec<String>,
    /// It does not run again for the same incident, nor for the same place, within so long, ms. Default an
    /// hour.
    #[serde(default = "an_hour")]
    pub cool_down_ms: u64,
    /// Runs of it at the same time; others wait. Default 1.
    #[serde(default = "one")]
    pub concurrency: usize,
    /// A run that has told no result after so long has failed, ms; its token is worth nothing then. Default
    /// ten minutes.
    #[serde(default = "ten_minutes")]
    pub timeout_ms: u64,
    /// Only write on the timeline what would be asked for.
    #[serde(default)]
    pub dry_run: bool,
    /// Wait for a person to press the button.
    #[serde(default)]
    pub approval: bool,
}

fn an_hour() -> u64 {
    3_600_000
}

fn ten_minutes() -> u64 {
    600_000
}

fn one() -> usize {
    1
}

/// What is wrong with a runbook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alerts.runbooks, {name:?}: {reason}")]
pub struct ConfigError {
    /// Which one.
    pub name: String,
    /// What, and what to write.
    pub reason: String,
}

/// A runbook, ready to be asked for.
#[derive(Debug)]
pub struct Runbook {
    /// As it is written.
    pub config: Config,
    /// Who is meant.
    pub matchers: Matchers,
    /// Where to.
    pub target: Target,
    /// What signs.
    pub keys: Vec<Key>,
}

impl Runbook {
    /// Checks and reads all of them.
    ///
    /// # Errors
    /// [`ConfigError`]; no secret is in it.
    pub fn all(configs: &[Config]) -> Result<Vec<Self>, ConfigError> {
        let fault = |name: &str, reason: &str| ConfigError {
            name: name.to_owned(),
            reason: reason.to_owned(),
        };
        if configs.len() > RUNBOOKS_MAX {
            return Err(fault("", &format!("at most {RUNBOOKS_MAX} are kept")));
        }
        let mut all: Vec<Self> = Vec::new();
        for config in configs {
            let runbook = Self::new(config).map_err(|reason| fault(&config.name, &reason))?;
            if all.iter().any(|other| other.config.name == config.name) {
                return Err(fault(&config.name, "two runbooks have this name"));
            }
            all.push(runbook);
        }
        Ok(all)
    }

    fn new(config: &Config) -> Result<Self, String> {
        if config.name.is_empty() || config.name.len() > 100 {
            return Err("a name has 1 to 100 bytes".to_owned());
        }
        if !(1_000..=TIMEOUT_MS_MAX).contains(&config.timeout_ms) {
            return Err(format!("timeout_ms is 1000 to {TIMEOUT_MS_MAX}"));
        }
        if config.cool_down_ms > COOL_DOWN_MS_MAX {
            return Err(format!("cool_down_ms is at most {COOL_DOWN_MS_MAX}"));
        }
        if !(1..=100).contains(&config.concurrency) {
            return Err("concurrency is 1 to 100".to_owned());
        }
        if config.matchers.is_empty() {
            return Err("matchers are missing: it would run for every incident".to_owned());
        }
        let mut all = Vec::new();
        for text in &config.matchers {
            let read = matchers::parse(text);
            all.extend(read.map_err(|error| format!("the matcher {text:?}: {error}"))?);
        }
        let target = Target::parse(config.url.expose().trim());
        Ok(Self {
            config: config.clone(),
            matchers: all.into_iter().collect(),
            target: target.map_err(|error| format!("url: {error}"))?,
            keys: keys(config)?,
        })
    }

    /// Whether a finding of an incident, whose cause is at `cause`, is one it is for.
    #[must_use]
    pub fn is_for(&self, member: &Member, cause: &str) -> bool {
        let mut function = member.place.splitn(4, ':');
        let mut part = || function.next().unwrap_or_default();
        let (provider, account, region, name) = (part(), part(), part(), part());
        let own = |text| if name.is_empty() { "" } else { text };
        let labels: Labels = [
            ("kind", member.kind.as_str()),
            ("severity", member.severity.as_str()),
            ("provider", own(provider)),
            ("account", own(account)),
            ("region", own(region)),
            ("function", name),
            ("place", &member.place),
            ("version", &member.version),
            (
                "cause",
                if member.place == cause {
                    "true"
                } else {
                    "false"
                },
            ),
        ]
        .into_iter()
        .collect();
        self.matchers.matches(&labels)
    }
}

fn keys(config: &Config) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    for secret in &config.secrets {
        keys.push(Key::parse(secret.expose()).map_err(|error| error.to_string())?);
    }
    for file in &config.secret_files {
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|error| format!("reading {}: {error}", file.display()))?;
        keys.push(Key::parse(&text).map_err(|error| error.to_string())?);
    }
    if keys.is_empty() {
        return Err(
            "secrets are missing: whoever is called must know that it was we who called; write \
             whsec_ and the base64 of 32 random bytes"
                .to_owned(),
        );
    }
    if keys.len() > KEYS_MAX {
        return Err(format!("at most {KEYS_MAX} signing keys are used at once"));
    }
    Ok(keys)
}

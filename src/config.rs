//! The configuration: one YAML file, every key optional, each overridable by the environment. This is the
//! only reader of the file and of the environment; each part's section belongs to that part.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Everything `nephoscope.yaml` may hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Data folder. Default `./nephoscope-data`.
    pub data: Option<PathBuf>,
    /// An external ClickHouse; absent means the embedded engine.
    #[serde(deserialize_with = "section")]
    pub clickhouse: ClickHouse,
    /// The embedded engine.
    #[serde(deserialize_with = "section")]
    pub engine: EngineSection,
    /// How long data is kept.
    #[serde(deserialize_with = "section")]
    pub retention: store::retention::Retention,
    /// OTLP in.
    #[serde(deserialize_with = "section")]
    pub collector: collector::Config,
    /// Pages and API.
    #[serde(deserialize_with = "section")]
    pub dashboard: dashboard::Config,
    /// What functions cost.
    #[serde(deserialize_with = "section")]
    pub costs: analyzers::cost::Config,
    /// What is watched.
    #[serde(deserialize_with = "section")]
    pub analyzers: analyzers::detectors::Config,
    /// How threats are looked for.
    #[serde(deserialize_with = "section")]
    pub threats: analyzers::threat_watch::Section,
    /// Budgets, at most 100.
    #[serde(deserialize_with = "section")]
    pub budgets: Vec<analyzers::detectors::limits::BudgetConfig>,
    /// What SLOs may ask.
    #[serde(deserialize_with = "section")]
    pub slos: SloSection,
    /// Alert routing in Alertmanager's format; its own reader names the place of every fault.
    pub alerting: Option<Value>,
    /// How alerting runs.
    #[serde(deserialize_with = "section")]
    pub alerts: crate::alerting::Section,
    /// Our own log.
    #[serde(deserialize_with = "section")]
    pub log: Log,
}

/// A section whose keys are all commented out is null in YAML; it means the defaults.
fn section<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Where ClickHouse is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClickHouse {
    /// `http://user:password@host:8123/database`.
    pub url: Option<String>,
    /// A file that holds the address, for secrets kept outside the configuration.
    pub url_file: Option<PathBuf>,
}

/// The embedded engine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSection {
    /// `libchdb.so` or its folder; default: where `make engine` puts it.
    pub library: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 (default) takes any free one.
    pub http_port: u16,
    /// Most memory for the engine, MiB; default 60 % of the machine's.
    pub memory_limit_mb: Option<u64>,
}

/// What SLOs may ask. Where they stand is not configured: in the folder `slos` beside the configuration,
/// and in the API.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SloSection {
    /// Whose SLOs may ask ClickHouse with queries of their own, which read all that is stored: `nobody`'s,
    /// those of `files` (default), or `everybody`'s who may use the API and the forms.
    pub queries: analyzers::slo::catalogue::QueriesOf,
}

/// Our own log, to standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info` (default), `debug`, or a filter such as `collector=debug,info`.
    pub level: String,
    /// `text` (default) or `json`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The default file, read if it is there.
pub const DEFAULT_FILE: &str = "nephoscope.yaml";
const ENV_PREFIX: &str = "NEPHOSCOPE_";

/// Reads `file` (or the default one if present), lays the environment over it and validates all.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<Config> {
    let document = match file {
        Some(path) => read(path)?,
        None if Path::new(DEFAULT_FILE).exists() => read(Path::new(DEFAULT_FILE))?,
        None => Value::Object(serde_json::Map::new()),
    };
    let document = overlay(document, environment)?;
    let config: Config = serde_json::from_value(document).context("reading the configuration")?;
    config.validate()?;
    Ok(config)
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    // Typed first: this is what finds unknown keys and wrong types, with their line and column.
    serde_saphyr::from_str::<Config>(&text).map_err(|error| located(path, &error))?;
    serde_saphyr::from_str::<Value>(&text).map_err(|error| located(path, &error))
}

fn located(path: &Path, error: &serde_saphyr::Error) -> anyhow::Error {
    let place = error
        .location()
        .map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
    let text = error.without_snippet().to_string();
    anyhow!(
        "{}{place}: {}",
        path.display(),
        text.lines().next().unwrap_or_default()
    )
}

/// Lays every `NEPHOSCOPE_SECTION__KEY=value` over the document. A value is read as YAML first
/// (`8080`, `true`), and as plain text where the key wants text.
fn overlay(
    mut document: Value,
    environment: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<Value> {
    let mut variables: Vec<(String, String)> = environment
        .filter(|(name, _)| name.starts_with(ENV_PREFIX))
        // The one key without a section; other names without `__` belong to scripts and tests.
        .filter(|(name, _)| name.contains("__") || name == "NEPHOSCOPE_DATA")
        .collect();
    variables.sort();
    for (name, text) in variables {
        let path = name[ENV_PREFIX.len()..].to_lowercase();
        let path: Vec<&str> = path.split("__").collect();
        let typed = serde_saphyr::from_str::<Value>(&text)
            .ok()
            .filter(|v| !v.is_null());
        let candidates = typed.into_iter().chain([Value::String(text)]);
        let mut refused = None;
        let accepted = candidates.into_iter().find_map(|value| {
            let with = set(document.clone(), &path, value)?;
            match serde_json::from_value::<Config>(with.clone()) {
                Ok(_) => Some(with),
                Err(error) => {
                    refused = Some(error.to_string());
                    None
                }
            }
        });
        let Some(accepted) = accepted else {
            // The value may be a secret: name the variable, never what it holds.
            bail!(
                "environment variable {name}: it names no key, or its value has the wrong type; {}",
                refused
                    .filter(|r| r.contains("unknown field"))
                    .unwrap_or_default()
            );
        };
        document = accepted;
    }
    Ok(document)
}

fn set(mut document: Value, path: &[&str], value: Value) -> Option<Value> {
    let mut place = &mut document;
    for key in path {
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = place
            .as_object_mut()?
            .entry((*key).to_owned())
            .or_insert(Value::Null);
    }
    *place = value;
    Some(document)
}

impl Config {
    /// Checks what types cannot say, all of it at once.
    pub fn validate(&self) -> anyhow::Result<()> {
        let mut faults = Vec::new();
        let mut say = |section: &str, fault: String| faults.push(format!("{section}{fault}"));
        if let Err(errors) = self.collector.validate() {
            errors
                .iter()
                .for_each(|error| say("collector.", error.to_string()));
        }
        if let Err(error) = self.dashboard.validate() {
            say("", error.to_string());
        }
        if self
            .engine
            .memory_limit_mb
            .is_some_and(|mb| !(256..=1 << 24).contains(&mb))
        {
            say(
                "",
                "engine.memory_limit_mb must be 256 to 16777216 MiB".into(),
            );
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log.level) {
            say("", format!("log.level is no level and no filter: {error}"));
        }
        if let Some(Err(error)) = self.clickhouse.url.as_deref().map(store::Store::new) {
            say("clickhouse.url: ", error.to_string());
        }
        // Reads the books it names: a fault of theirs is one of the configuration.
        if let Err(error) = analyzers::cost::Books::load(&self.costs) {
            say("", error.to_string());
        }
        if let Err(fault) = self.detectors().validate() {
            say("", fault);
        }
        if let Err(fault) = self.alerts.validate() {
            say("", format!("{fault:#}"));
        }
        if let Err(fault) = self.retention.validate() {
            say("", fault);
        }
        if let Err(fault) = self.detectors().validate() {
            say("", fault);
        }
        if self.clickhouse.url.is_some() && self.clickhouse.url_file.is_some() {
            say(
                "",
                "clickhouse.url and clickhouse.url_file exclude each other; keep one".into(),
            );
        }
        if faults.is_empty() {
            Ok(())
        } else {
            bail!("{}", faults.join("; "))
        }
    }

    /// What is configured of detectors.
    pub fn detectors(&self) -> analyzers::detectors::Settings {
        analyzers::detectors::Settings {
            section: self.analyzers.clone(),
            budgets: self.budgets.clone(),
        }
    }

    /// The external ClickHouse's address, if one is named.
    pub fn clickhouse_url(&self) -> anyhow::Result<Option<String>> {
        let Some(file) = &self.clickhouse.url_file else {
            return Ok(self.clickhouse.url.clone());
        };
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("reading clickhouse.url_file {}", file.display()))?;
        Ok(Some(text.trim().to_owned()))
    }

    /// The data folder.
    pub fn data_folder(&self) -> PathBuf {
        self.data
            .clone()
            .unwrap_or_else(|| PathBuf::from("nephoscope-data"))
    }
}

#[cfg(test)]
mod tests;

//! The `costs:` section of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

/// How costs are computed. Every key is optional.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Files with price books of one's own, at most 64.
    #[serde(deserialize_with = "list")]
    pub books: Vec<PathBuf>,
    /// Which book prices a provider: `aws: my-aws`. Default: the provider's list prices.
    #[serde(rename = "use", deserialize_with = "map")]
    pub use_books: BTreeMap<String, String>,
    /// Whether free grants are taken off. Default true.
    pub free_tier: bool,
    /// What telemetry does not tell about functions; of those that match, the first holds. At most 10,000.
    #[serde(deserialize_with = "list")]
    pub functions: Vec<FunctionTerms>,
    /// What costs without invocations, at most 10,000.
    #[serde(deserialize_with = "list")]
    pub standing: Vec<Standing>,
    /// Accounts that get one bill together. Default: all accounts of a provider, but on Azure and
    /// Cloudflare each by itself. At most 1,000.
    #[serde(deserialize_with = "list")]
    pub payers: Vec<Payer>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            books: Vec::new(),
            use_books: BTreeMap::new(),
            free_tier: true,
            functions: Vec::new(),
            standing: Vec::new(),
            payers: Vec::new(),
        }
    }
}

// Keys that are there but empty are null in YAML.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(from).map(Option::unwrap_or_default)
}

fn map<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    Option::<BTreeMap<_, _>>::deserialize(from).map(Option::unwrap_or_default)
}

/// What telemetry does not tell about functions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionTerms {
    /// `provider:account:region:name`, each with `*`.
    pub function: String,
    /// The plan it runs under; empty for the usual one.
    #[serde(default)]
    pub plan: String,
    /// Memory, MiB; 0 for what telemetry says.
    #[serde(default)]
    pub memory_mb: u32,
    /// Processors, to the thousandth; 0 for what the platform gives.
    #[serde(default)]
    pub vcpu: f64,
    /// `x86_64` or `arm64`; empty for what telemetry says.
    #[serde(default)]
    pub architecture: String,
    /// Ephemeral storage, MiB; 0 for what is included.
    #[serde(default)]
    pub ephemeral_storage_mb: u32,
    /// Its time limit, ms; 0 for not told.
    #[serde(default)]
    pub timeout_ms: u32,
    /// Requests that run at once on an instance, on average; 0 or 1: one.
    #[serde(default)]
    pub concurrency: u32,
    /// Its language, where a price depends on it (`java`).
    #[serde(default)]
    pub runtime: String,
}

/// Something that costs without invocations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// A standing charge of the provider's book: `provisioned-concurrency`, `snapstart-cache`,
    /// `flex-always-ready`, `premium`, `cloud-run-instance`, `workers-for-platforms`, …
    pub charge: String,
    /// Whose: `provider:account:region:name`, the name may be empty.
    pub function: String,
    /// How many. Default 1.
    #[serde(default = "one")]
    pub count: u32,
    /// Memory of each, MiB.
    #[serde(default)]
    pub memory_mb: u32,
    /// Processors of each, to the thousandth.
    #[serde(default)]
    pub vcpu: f64,
    /// `x86_64` (default) or `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// The language, where a price depends on it.
    #[serde(default)]
    pub runtime: String,
    /// When it begins, RFC 3339. Default: always.
    #[serde(default)]
    pub from: Option<String>,
    /// When it ends, RFC 3339. Default: never.
    #[serde(default)]
    pub until: Option<String>,
}

fn one() -> u32 {
    1
}

/// Accounts that get one bill together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// A name for people.
    pub name: String,
    /// `aws`, `azure`, …
    pub provider: String,
    /// Accounts, each with `*`.
    pub accounts: Vec<String>,
}

/// Processors in thousandths.
///
/// # Errors
/// When there are less than none or more than 1,000.
pub(super) fn milli(vcpu: f64) -> Result<u32, String> {
    match (vcpu * 1000.0).round() {
        milli @ 0.0..=1_000_000.0 => Ok(milli as u32),
        _ => Err(format!("vcpu is {vcpu}; it must be 0 to 1000")),
    }
}

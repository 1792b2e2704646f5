//! The `collector:` section of the configuration. The field comments are its manual.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

mod cardinality;

pub use cardinality::Cardinality;
pub(crate) use cardinality::LIMIT_MAX;

const MIB: usize = 1024 * 1024;

/// Keys shorter than this can be guessed over the network.
const KEY_CHARS_MIN: usize = 16;

/// The `collector:` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where OTLP/gRPC is listened for. Off loopback, `keys` must be set. Either port speaks both
    /// gRPC and HTTP, so an exporter pointed at the wrong one works too.
    pub grpc_listen: SocketAddr,
    /// Where OTLP/HTTP is listened for. Off loopback, `keys` must be set.
    pub http_listen: SocketAddr,
    /// Biggest request taken, bytes, as sent and after decompression; at least 1024. Bigger ones
    /// are answered with 413 or RESOURCE_EXHAUSTED, which exporters do not repeat.
    pub max_request_bytes: usize,
    /// Bytes of all requests in memory, from their first byte to their answer: as sent
    /// and decompressed; at least `max_request_bytes`. When full, exporters hear 429 or
    /// UNAVAILABLE and send again; one key alone may use all of it, and when several send each is
    /// served first up to an equal share. Columns on their way to ClickHouse come on top: per signal
    /// one insert under way and one forming, each about `batch.max_bytes`, so with the defaults
    /// 256 + 3 × 2 × 64 = 640 MiB with everything full at once. Rows made from one request never
    /// take more than this either.
    pub max_in_flight_bytes: usize,
    /// Connections open at once on each port, at least 1. Each may buffer up to 1 MiB.
    pub max_connections: usize,
    /// Requests one HTTP/2 connection may have under way at once, at least 1. High, because an
    /// exporter's throughput is streams × batch / latency.
    pub max_concurrent_streams: u32,
    /// Time to send one request's body, milliseconds, at least 1.
    pub request_timeout_ms: u64,
    /// A connection without a request for this long is closed, milliseconds, at least 1.
    pub idle_timeout_ms: u64,
    /// A connection this old is closed after its requests, milliseconds, so that load balancers can
    /// spread clients anew; spread by a tenth either way. 0 means never.
    pub max_connection_age_ms: u64,
    /// Time that `stop` gives to requests under way, milliseconds.
    pub drain_timeout_ms: u64,
    /// How often the collector tells of itself, milliseconds; at least 100, or 0 for never. About 60
    /// metric points each time, which go into the store like those of the users and are on the Ingest
    /// page. `/metrics` does not depend on it.
    pub self_metrics_interval_ms: u64,
    /// Takes credentials out of every text of a request before it is kept: default false. What stands in
    /// the place of one, `[redacted:RULE:LENGTH:FINGERPRINT]`, says by which rule it was found, its
    /// length (`1-16`, `17-64`, `65-512`, `513-` bytes) and a fingerprint that equal ones share, under a
    /// key in `redaction.key` of the spool's folder. Neither the spool nor ClickHouse ever holds what was
    /// found.
    pub redact_secrets: bool,
    /// Where requests are kept until they are stored.
    pub spool: SpoolSection,
    /// How requests are put together into inserts.
    pub batch: Batch,
    /// Who may send. Empty means everyone who reaches the ports, which is allowed on loopback only.
    pub keys: Vec<Key>,
    /// How many different names and series one key may bring.
    pub cardinality: Cardinality,
    /// Telemetry straight from browsers; off by default.
    pub cors: Cors,
}

/// Where requests are kept, from their acknowledgement until they are in ClickHouse.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolSection {
    /// Its folder; default `spool` in the data folder. A disk of its own makes acknowledgements faster.
    pub folder: PathBuf,
    /// Most bytes on disk, of all signals together, a third each; default 10 GiB or a tenth of the
    /// disk, whichever is less. When full, exporters hear 503 or UNAVAILABLE and send again.
    pub max_bytes: Option<u64>,
    /// What an acknowledgement promises: `disk` (default), that the request survives a power cut, or
    /// `memory`, that it survives a kill of this process but not of the machine: faster acknowledgements
    /// on slow disks.
    pub durability: Durability,
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// On the disk.
    #[default]
    Disk,
    /// With the operating system, to be written soon.
    Memory,
}

impl Default for SpoolSection {
    fn default() -> Self {
        let folder = PathBuf::from("nephoscope-data/spool");
        Self {
            folder,
            max_bytes: None,
            durability: Durability::Disk,
        }
    }
}

/// The default of `spool.max_bytes`, if the disk is ten times as large.
const SPOOL_BYTES: u64 = 10 << 30;

impl SpoolSection {
    /// Most bytes on disk.
    ///
    /// # Errors
    /// When the folder cannot be made or its disk not be asked.
    pub(crate) fn disk_bytes_max(&self) -> std::io::Result<u64> {
        if let Some(bytes) = self.max_bytes {
            return Ok(bytes);
        }
        std::fs::create_dir_all(&self.folder)?;
        let disk = rustix::fs::statvfs(&self.folder)?;
        Ok(SPOOL_BYTES.min(disk.f_blocks * disk.f_frsize / 10))
    }
}

/// How requests are put together into inserts. An insert happens when one limit is reached, or when
/// nothing is waiting and the first request has waited for `max_delay_ms`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Batch {
    /// Rows in one insert, about; at least 1. Bigger inserts cost ClickHouse less per row.
    pub max_rows: usize,
    /// Bytes of one insert in memory, about; at least 1. ClickHouse sees up to four times as many.
    pub max_bytes: usize,
    /// Longest a request waits for company, milliseconds; 0 means not at all. While ClickHouse has more
    /// than 150 parts of a partition to merge, up to 20 times as long.
    pub max_delay_ms: u64,
}

/// One sender, or a group of senders that share a key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Who this is, for people; must not be empty and not occur twice.
    pub name: String,
    /// The key itself, at least 16 characters, or `sha256:` and the 64 hex digits of its SHA-256.
    #[serde(default)]
    pub key: Option<Secret>,
    /// A file holding what `key` would, so that no secret lies in the configuration. White space
    /// around it does not count. Exactly one of `key` and `key_file` must be set.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// The header the key comes in, and a word before it: `authorization: Bearer` (the default)
    /// means `Authorization: Bearer <key>`, `x-api-key` means `X-Api-Key: <key>`.
    #[serde(default = "bearer")]
    pub header: String,
}

/// Which web pages may send telemetry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins such as `https://shop.example`, or `*` for all. Empty: browsers are refused.
    pub allowed_origins: Vec<String>,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

fn bearer() -> String {
    "authorization: Bearer".to_owned()
}

impl Default for Config {
    fn default() -> Self {
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self {
            grpc_listen: loopback(4317),
            http_listen: loopback(4318),
            max_request_bytes: 64 * MIB,
            max_in_flight_bytes: 256 * MIB,
            max_connections: 1000,
            max_concurrent_streams: 1000,
            request_timeout_ms: 30_000,
            idle_timeout_ms: 300_000,
            max_connection_age_ms: 1_800_000,
            drain_timeout_ms: 10_000,
            self_metrics_interval_ms: 15_000,
            redact_secrets: false,
            spool: SpoolSection::default(),
            batch: Batch::default(),
            keys: Vec::new(),
            cardinality: Cardinality::default(),
            cors: Cors::default(),
        }
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            max_rows: 100_000,
            max_bytes: 64 * MIB,
            max_delay_ms: 1_000,
        }
    }
}

/// What is wrong with one key of the section.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct ConfigError {
    /// The key, from the section's own root: `keys[0].header`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

impl Config {
    /// Checks what types cannot say. Reads no file.
    ///
    /// # Errors
    /// Every [`ConfigError`] there is, at least one.
    pub fn validate(&self) -> Result<(), Vec<ConfigError>> {
        let mut errors = Vec::new();
        let mut say = |key: &str, problem: &str| {
            errors.push(ConfigError {
                key: key.to_owned(),
                problem: problem.to_owned(),
            });
        };
        let least = [
            ("max_request_bytes", self.max_request_bytes as u64, 1024),
            (
                "max_in_flight_bytes",
                self.max_in_flight_bytes as u64,
                self.max_request_bytes as u64,
            ),
            ("max_connections", self.max_connections as u64, 1),
            (
                "max_concurrent_streams",
                self.max_concurrent_streams.into(),
                1,
            ),
            ("request_timeout_ms", self.request_timeout_ms, 1),
            ("idle_timeout_ms", self.idle_timeout_ms, 1),
            (
                "self_metrics_interval_ms",
                // 0 is allowed, and means never.
                match self.self_metrics_interval_ms {
                    0 => u64::MAX,
                    interval_ms => interval_ms,
                },
                100,
            ),
            (
                "spool.max_bytes",
                self.spool.max_bytes.unwrap_or(u64::MAX),
                8 * self.max_request_bytes as u64,
            ),
            ("batch.max_rows", self.batch.max_rows as u64, 1),
            ("batch.max_bytes", self.batch.max_bytes as u64, 1),
        ];
        for (key, value, least) in least {
            if value < least {
                say(
                    key,
                    &format!("{value} is too small; write at least {least}"),
                );
            }
        }
        self.cardinality.check(&mut say);
        self.say_open_doors(&mut say);
        for (i, key) in self.keys.iter().enumerate() {
            if let Err((field, problem)) = key.check(&self.keys[..i]) {
                say(&format!("keys[{i}].{field}"), problem);
            }
        }
        for (i, origin) in self.cors.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                let key = format!("cors.allowed_origins[{i}]");
                say(
                    &key,
                    "no origin; write `*`, or scheme and host as in `https://shop.example`",
                );
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// Names each address that others can reach while nobody needs a key.
    fn say_open_doors(&self, say: &mut impl FnMut(&str, &str)) {
        for (key, listen) in [
            ("grpc_listen", self.grpc_listen),
            ("http_listen", self.http_listen),
        ] {
            if self.keys.is_empty() && !listen.ip().to_canonical().is_loopback() {
                say(
                    key,
                    &format!(
                        "{listen} can be reached from other machines and no keys are set, so \
                         anyone could send; set keys, for example `keys: [{{name: functions, \
                         key_file: /etc/nephoscope/ingest.key}}]`, or listen on 127.0.0.1"
                    ),
                );
            }
        }
    }
}

impl Key {
    fn check(&self, earlier: &[Self]) -> Result<(), (&'static str, &'static str)> {
        if self.name.is_empty() {
            return Err(("name", "empty; say who sends with this key"));
        }
        if earlier.iter().any(|other| other.name == self.name) {
            return Err(("name", "used twice; give every key its own name"));
        }
        match (&self.key, &self.key_file) {
            (None, None) => return Err(("key", "missing; set key or key_file")),
            (Some(_), Some(_)) => return Err(("key_file", "set beside key; keep one of them")),
            (Some(key), None) => {
                digest(key.reveal()).map_err(|problem| ("key", problem))?;
            }
            (None, Some(_)) => {}
        }
        self.header_and_scheme()
            .map_err(|problem| ("header", problem))?;
        Ok(())
    }

    /// The header's name, and the word that stands before the key in its value.
    pub(crate) fn header_and_scheme(&self) -> Result<(http::HeaderName, &str), &'static str> {
        let (name, scheme) = self.header.split_once(':').unwrap_or((&self.header, ""));
        let scheme = scheme.trim();
        let name = http::HeaderName::try_from(name.trim())
            .map_err(|_| "no header name; write for example `x-api-key`")?;
        if !scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return Err("only one word may follow the `:`, as in `authorization: Bearer`");
        }
        Ok((name, scheme))
    }
}

/// The SHA-256 of a key, given as itself or as `sha256:<hex>`.
pub(crate) fn digest(key: &str) -> Result<[u8; 32], &'static str> {
    use sha2::Digest;
    let key = key.trim();
    if let Some(digits) = key.strip_prefix("sha256:") {
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest)
            .map_err(|_| "`sha256:` must be followed by 64 hex digits")?;
        return Ok(digest);
    }
    if key.chars().count() < KEY_CHARS_MIN {
        return Err(
            "too short to be safe; make one of at least 16 characters with \
                    `openssl rand -hex 16`",
        );
    }
    Ok(sha2::Sha256::digest(key).into())
}

fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    text == "*"
        || host.is_some_and(|host| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b);
            !host.is_empty() && host.bytes().all(allowed)
        })
}

#[cfg(test)]
mod tests;

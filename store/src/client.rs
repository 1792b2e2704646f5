//! The connection to ClickHouse, embedded or not: one HTTP client, one error type.

use clickhouse::query::Query;
use clickhouse::{Client, Compression};

/// Why ClickHouse did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is not one we can use.
    #[error(
        "reading the ClickHouse address: {reason}; \
         expected http://user:password@host:8123/database"
    )]
    BadUrl {
        /// What is wrong with it; never the address itself, which holds a password.
        reason: &'static str,
    },
    /// ClickHouse refused or could not be reached.
    #[error("{deed}: {source}")]
    Query {
        /// What was being done, e.g. "listing functions".
        deed: String,
        /// ClickHouse's own answer.
        source: clickhouse::error::Error,
    },
    /// A shipped migration differs from the one already applied.
    #[error(
        "migration {name} was applied with other contents than this version ships; \
         run the version of Nephoscope that made this database, or restore its backup"
    )]
    MigrationChanged {
        /// `NNNN_name/NN_step`.
        name: String,
    },
}

impl StoreError {
    /// Wraps a client error with what was being done.
    pub fn query(deed: impl Into<String>) -> impl FnOnce(clickhouse::error::Error) -> Self {
        let deed = deed.into();
        move |source| Self::Query { deed, source }
    }

    /// Whether the same request may succeed later: the server is away, restarting or overloaded.
    /// A refusal for the data's sake (bad types, unknown column) never changes by waiting.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::BadUrl { .. } | Self::MigrationChanged { .. } => false,
            Self::Query { source, .. } => match source {
                clickhouse::error::Error::Network(_) | clickhouse::error::Error::TimedOut => true,
                clickhouse::error::Error::BadResponse(text) => OVERLOAD_CODES
                    .iter()
                    .any(|code| text.trim_start().starts_with(code)),
                _ => false,
            },
        }
    }
}

/// ClickHouse error codes that pass by themselves: files that cannot be read, opened or written, timeouts,
/// too many queries, network, aborted, memory limit, read-only table, no space, too many parts, unknown
/// status, cancelled, system error, keeper.
const OVERLOAD_CODES: [&str; 17] = [
    "Code: 74.",
    "Code: 75.",
    "Code: 76.",
    "Code: 159.",
    "Code: 202.",
    "Code: 203.",
    "Code: 209.",
    "Code: 210.",
    "Code: 236.",
    "Code: 241.",
    "Code: 242.",
    "Code: 243.",
    "Code: 252.",
    "Code: 319.",
    "Code: 394.",
    "Code: 425.",
    "Code: 999.",
];

/// A handle on one ClickHouse database. Cheap to clone; connections are pooled.
#[derive(Clone)]
pub struct Store {
    client: Client,
    database: String,
    /// Whether inserts are compressed with zstd.
    compresses_inserts: bool,
}

impl Store {
    /// From `http://user:password@host:8123/database` (user, password and database optional;
    /// the database defaults to `otel`). Does not connect yet.
    ///
    /// # Errors
    /// [`StoreError::BadUrl`] when the address cannot be read.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let bad = |reason| StoreError::BadUrl { reason };
        let (scheme, rest) = url
            .split_once("://")
            .ok_or(bad("it has no http:// or https://"))?;
        if !matches!(scheme, "http" | "https") {
            return Err(bad("only http and https are spoken"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials), host),
            None => (None, authority),
        };
        if host.is_empty() {
            return Err(bad("it names no host"));
        }
        let database = path.split('?').next().unwrap_or("").trim_end_matches('/');
        let database = if database.is_empty() {
            "otel"
        } else {
            database
        };
        if !database
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            return Err(bad("the database name may hold letters, digits and _ only"));
        }
        let mut client = Client::default()
            .with_url(format!("{scheme}://{host}"))
            .with_database(database)
            .with_product_info("nephoscope", env!("CARGO_PKG_VERSION"));
        if is_loopback(host) {
            // Compressing costs more than all else about an insert, and saves nothing here.
            client = client.with_compression(Compression::None);
        }
        if let Some(credentials) = credentials {
            let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
            let decode = |text: &str| {
                percent_decode(text).ok_or(bad("user or password is not valid percent-encoding"))
            };
            client = client
                .with_user(decode(user)?)
                .with_password(decode(password)?);
        }
        Ok(Self {
            client,
            database: database.to_owned(),
            compresses_inserts: !is_loopback(host),
        })
    }

    /// The database all tables live in.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// A query whose values are bound server-side: write `{name:Type}` and call `.param`.
    /// Question marks in the text are plain text.
    pub fn query(&self, sql: &str) -> Query {
        self.client.query_raw(sql)
    }

    /// The same handle with a ClickHouse setting on every request.
    #[must_use]
    pub fn with_setting(self, name: &str, value: &str) -> Self {
        Self {
            client: self.client.with_setting(name, value),
            ..self
        }
    }

    /// The same handle with inserts compressed or not. By itself it compresses them on their way to another
    /// machine: zstd takes a third less of the network than LZ4 and costs ClickHouse hardly more.
    #[must_use]
    pub fn compressing_inserts(self, compresses_inserts: bool) -> Self {
        Self {
            compresses_inserts,
            ..self
        }
    }

    pub(crate) fn compresses_inserts(&self) -> bool {
        self.compresses_inserts
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Runs one statement without a result.
    ///
    /// # Errors
    /// [`StoreError::Query`] with `deed` in front.
    pub async fn execute(&self, deed: &str, sql: &str) -> Result<(), StoreError> {
        self.query(sql)
            .execute()
            .await
            .map_err(StoreError::query(deed))
    }

    /// Whether ClickHouse answers.
    ///
    /// # Errors
    /// [`StoreError::Query`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.execute(
            "asking ClickHouse whether it is there",
            "SELECT 1 FORMAT Null",
        )
        .await
    }

    /// Whether the server answers, whatever databases it has.
    ///
    /// # Errors
    /// [`StoreError::Query`] when it does not.
    pub async fn ping_server(&self) -> Result<(), StoreError> {
        let client = self.client.clone().with_database("default");
        let query = client.query_raw("SELECT 1 FORMAT Null");
        query
            .execute()
            .await
            .map_err(StoreError::query("asking ClickHouse whether it is there"))
    }

    /// Whether a table or view of this name exists; false, too, when the database does not.
    pub(crate) async fn exists(&self, table: &str) -> Result<bool, StoreError> {
        let client = self.client.clone().with_database("default");
        let sql = "SELECT count() > 0 FROM system.tables \
                   WHERE database = {database:String} AND name = {table:String}";
        let query = client
            .query_raw(sql)
            .param("database", &self.database)
            .param("table", table);
        query
            .fetch_one::<bool>()
            .await
            .map_err(StoreError::query(format!("looking for {table}")))
    }

    /// Creates the database if it is missing, speaking to the server's default one.
    ///
    /// # Errors
    /// [`StoreError::Query`], for example when the user may not create databases.
    pub async fn create_database(&self) -> Result<(), StoreError> {
        let sql = format!("CREATE DATABASE IF NOT EXISTS {}", self.database);
        let client = self.client.clone().with_database("default");
        client
            .query_raw(&sql)
            .execute()
            .await
            .map_err(StoreError::query("creating the database"))
    }
}

/// Whether the address is this machine's own.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<std::net::IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_who_and_which_database() {
        let store = Store::new("http://u%40x:p%3Aw@localhost:8123/events").expect("valid");
        assert_eq!(store.database(), "events");
        assert_eq!(
            Store::new("http://localhost:8123")
                .expect("valid")
                .database(),
            "otel"
        );
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for host in [
            "localhost",
            "localhost:8123",
            "127.0.0.1:8123",
            "[::1]:8123",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "clickhouse:8123",
            "10.0.0.1",
            "localhost.example.com",
            "[2001:db8::1]:1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn an_address_we_cannot_use_is_refused_without_repeating_its_password() {
        for url in [
            "localhost:8123",
            "tcp://u:secret@h:9000/x",
            "http://u:secret@h/a;b",
            "http:///x",
        ] {
            let error = Store::new(url).err().expect("refused").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

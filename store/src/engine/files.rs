//! The engine's own files: configuration, users, password.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rand::Rng;
use sha2::{Digest, Sha256};

use super::{EngineError, EngineOptions};

/// The engine's folder with its files written and its address chosen.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) folder: PathBuf,
    pub(super) config: PathBuf,
    pub(super) log: PathBuf,
    pub(super) http_port: u16,
    pub(super) password: String,
}

/// Our user at the engine. The engine's `default` user has no password and, therefore, no rights.
pub(super) const USER: &str = "nephoscope";

/// Writes configuration and users for this start.
pub(super) fn prepare(options: &EngineOptions) -> Result<Prepared, EngineError> {
    let folder = options.data.join("engine");
    fs::create_dir_all(&folder).map_err(EngineError::file("creating", &folder))?;
    let folder = folder
        .canonicalize()
        .map_err(EngineError::file("finding", &folder))?;
    let http_port = match options.http_port {
        0 => free_port().map_err(|source| EngineError::Spawn { source })?,
        port => port,
    };
    let password = password(&folder.join("password"))?;
    let config = folder.join("config.xml");
    write_private(&config, &config_xml(http_port, options.memory_limit_bytes))?;
    write_private(&folder.join("users.xml"), &users_xml(&password))?;
    Ok(Prepared {
        log: folder.join("engine.log"),
        folder,
        config,
        http_port,
        password,
    })
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

/// The password of [`USER`], generated once per data folder so that tools of the user's keep working.
fn password(path: &Path) -> Result<String, EngineError> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= 32 => Ok(text.trim().to_owned()),
        Ok(_) => new_password(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => new_password(path),
        Err(error) => Err(EngineError::file("reading", path)(error)),
    }
}

fn new_password(path: &Path) -> Result<String, EngineError> {
    let mut bytes = [0_u8; 24];
    rand::rng().fill_bytes(&mut bytes);
    let password = hex::encode(bytes);
    write_private(path, &password)?;
    Ok(password)
}

fn write_private(path: &Path, text: &str) -> Result<(), EngineError> {
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(EngineError::file("writing", path))
}

fn config_xml(http_port: u16, memory_limit_bytes: Option<u64>) -> String {
    let memory = match memory_limit_bytes {
        Some(bytes) => format!("<max_server_memory_usage>{bytes}</max_server_memory_usage>"),
        None => "<max_server_memory_usage_to_ram_ratio>0.6</max_server_memory_usage_to_ram_ratio>"
            .to_owned(),
    };
    format!(
        "<clickhouse>
    <http_port>{http_port}</http_port>
    <listen_host>127.0.0.1</listen_host>
    <users_config>users.xml</users_config>
    {memory}
    <max_concurrent_queries>64</max_concurrent_queries>
    <mark_cache_size>268435456</mark_cache_size>
    <keep_alive_timeout>60</keep_alive_timeout>
</clickhouse>
"
    )
}

/// The session that opens the listener logs in as `default`, which cannot have a password, so it may do
/// just what that session does and nothing else: no table, no file, no address can be reached with it.
/// Everything else is done by [`USER`].
fn users_xml(password: &str) -> String {
    let hash = hex::encode(Sha256::digest(password.as_bytes()));
    format!(
        "<clickhouse>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <password/>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants>
                <query>GRANT SYSTEM LISTEN ON *.*</query>
                <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
            </grants>
        </default>
        <{USER}>
            <password_sha256_hex>{hash}</password_sha256_hex>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <access_management>1</access_management>
        </{USER}>
    </users>
</clickhouse>
"
    )
}

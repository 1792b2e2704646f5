//! The `dashboard:` section of the configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// Settings of the dashboard. Every key is optional; unknown keys are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port of pages, API, health and `/metrics`. Off loopback a password is required.
    pub listen: SocketAddr,
    /// The password of the dashboard: an argon2id hash (`$argon2id$…`) or the password itself.
    /// Without one, whoever reaches `listen` sees everything.
    pub password: Option<String>,
    /// A file whose first line is the password or its hash; instead of `password`.
    pub password_file: Option<PathBuf>,
    /// How long a login lasts, hours, 1 to 8,760. A login unused for a quarter of it ends as well.
    pub session_hours: u32,
    /// The address people type, `https://observe.example.com`, when a proxy stands in front. With
    /// `https` the session cookie is bound to it.
    pub public_url: Option<String>,
    /// Where functions reach the OTLP/gRPC door, shown on the Connect page:
    /// `https://otlp.example.com:4317`. Default: the address it listens on.
    pub public_otlp_grpc_url: Option<String>,
    /// Where functions reach the OTLP/HTTP door, shown on the Connect page:
    /// `https://otlp.example.com`. Default: the address it listens on.
    pub public_otlp_http_url: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            password: None,
            password_file: None,
            session_hours: 168,
            public_url: None,
            public_otlp_grpc_url: None,
            public_otlp_http_url: None,
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dashboard.{key}: {reason}")]
pub struct ConfigError {
    /// The key inside `dashboard:`.
    pub key: &'static str,
    /// What is wrong and what would be right; never a secret.
    pub reason: String,
}

impl ConfigError {
    pub(crate) fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self {
            key,
            reason: reason.into(),
        }
    }
}

impl Config {
    /// Checks everything that can be checked without opening a file or a socket.
    ///
    /// # Errors
    /// [`ConfigError`] names the key.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=8_760).contains(&self.session_hours) {
            return Err(ConfigError::new("session_hours", "must be 1 to 8760"));
        }
        if self.password.is_some() && self.password_file.is_some() {
            let reason = "is set beside dashboard.password_file; keep one of them";
            return Err(ConfigError::new("password", reason));
        }
        if let Some(password) = &self.password {
            crate::auth::check_password_setting(password)?;
        }
        for (key, url) in [
            ("public_url", &self.public_url),
            ("public_otlp_grpc_url", &self.public_otlp_grpc_url),
            ("public_otlp_http_url", &self.public_otlp_http_url),
        ] {
            if let Some(url) = url {
                check_url(key, url)?;
            }
        }
        if !self.listen.ip().is_loopback() && !self.has_password() {
            return Err(ConfigError::new(
                "listen",
                format!(
                    "{} can be reached from other machines, and no password is set. \
                     Set dashboard.password or dashboard.password_file \
                     (NEPHOSCOPE_DASHBOARD__PASSWORD), or listen on 127.0.0.1",
                    self.listen
                ),
            ));
        }
        Ok(())
    }

    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some() || self.password_file.is_some()
    }
}

fn check_url(key: &'static str, url: &str) -> Result<(), ConfigError> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|r| r.split('/').next()).unwrap_or("");
    let clean = url
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'@'));
    if host.is_empty() || !clean {
        return Err(ConfigError::new(
            key,
            "must be http:// or https:// with a host, no user name",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        config.validate().expect_err("refused").to_string()
    }

    #[test]
    fn the_default_listens_on_loopback_and_is_valid() {
        let config = Config::default();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn off_loopback_a_password_is_required_and_the_message_says_what_to_set() {
        let message = refused(|c| c.listen = SocketAddr::from(([0, 0, 0, 0], 8080)));
        assert!(message.contains("dashboard.password"), "{message}");
        let mut config = Config {
            listen: SocketAddr::from(([0; 4], 8080)),
            ..Config::default()
        };
        config.password = Some("a long enough password".into());
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn faults_name_their_key_and_never_the_password() {
        assert!(refused(|c| c.session_hours = 0).starts_with("dashboard.session_hours"));
        assert!(refused(|c| c.public_url = Some("ftp://x".into())).contains("public_url"));
        assert!(refused(|c| c.public_url = Some("https://".into())).contains("public_url"));
        let short = refused(|c| c.password = Some("hunter2".into()));
        assert!(
            short.contains("dashboard.password") && !short.contains("hunter2"),
            "{short}"
        );
        let hash = refused(|c| c.password = Some("$argon2id$v=19$broken".into()));
        assert!(hash.contains("hash") && !hash.contains("broken"), "{hash}");
        let both = refused(|c| {
            c.password = Some("a long enough password".into());
            c.password_file = Some("/x".into());
        });
        assert!(both.contains("password_file"), "{both}");
    }
}

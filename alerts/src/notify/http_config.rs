//! `http_config`: how a receiver wants to be spoken to, with Alertmanager's keys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::Unmade;
use super::settings::{Text, basic, read_file, secret, set_secret};
use crate::config::Secret;
use crate::egress::{Error, Tls};

/// The block as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    basic_auth: Option<BasicAuth>,
    authorization: Option<Authorization>,
    bearer_token: Option<Secret>,
    bearer_token_file: Option<PathBuf>,
    http_headers: BTreeMap<String, Header>,
    tls_config: TlsConfig,
    /// Accepted since files have it; redirects are never followed, they lead where nobody checked.
    #[serde(rename = "follow_redirects")]
    _follow_redirects: Option<bool>,
    /// Accepted; messages go one by one, so HTTP/1.1 does.
    #[serde(rename = "enable_http2")]
    _enable_http2: Option<bool>,
    oauth2: Option<serde_json::Value>,
    proxy_url: Option<Text>,
    no_proxy: Option<Text>,
    proxy_from_environment: Option<bool>,
    proxy_connect_header: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BasicAuth {
    username: Text,
    username_file: Option<PathBuf>,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    #[serde(rename = "type", default)]
    scheme: Text,
    credentials: Option<Secret>,
    credentials_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Header {
    values: Vec<Text>,
    secrets: Vec<Secret>,
    files: Vec<PathBuf>,
}

/// `tls_config`, of HTTP and of mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    ca: Option<Text>,
    ca_file: Option<PathBuf>,
    cert: Option<Text>,
    cert_file: Option<PathBuf>,
    key: Option<Secret>,
    key_file: Option<PathBuf>,
    server_name: Option<Text>,
    insecure_skip_verify: bool,
    /// Accepted: 1.2 is the least, as it is with Alertmanager.
    #[serde(rename = "min_version")]
    _min_version: Option<Text>,
    #[serde(rename = "max_version")]
    _max_version: Option<Text>,
}

impl TlsConfig {
    /// What must hold.
    pub fn check(&self) -> Result<(), String> {
        if self.insecure_skip_verify {
            return Err(
                "insecure_skip_verify would send secrets to anyone who answers; name the \
                        receiver's own authority in ca_file instead"
                    .to_owned(),
            );
        }
        let both = |a: bool, b: bool| a && b;
        if both(self.ca.is_some(), self.ca_file.is_some())
            || both(self.cert.is_some(), self.cert_file.is_some())
            || both(self.key.is_some(), self.key_file.is_some())
        {
            return Err("of ca, cert and key, each and its _file exclude one another".to_owned());
        }
        let cert = self.cert.is_some() || self.cert_file.is_some();
        let key = self.key.is_some() || self.key_file.is_some();
        if cert != key {
            return Err(
                "a client certificate needs cert and key, or cert_file and key_file".to_owned(),
            );
        }
        Ok(())
    }

    /// Certificates and keys, files read.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn tls(&self) -> Result<Tls, Error> {
        let pem = |text: Option<&str>, file: &Option<PathBuf>| match (text, file) {
            (Some(text), _) => Ok(Some(text.as_bytes().to_vec())),
            (None, Some(file)) => read_file(file).map(|text| Some(text.into_bytes())),
            (None, None) => Ok(None),
        };
        let cert = pem(self.cert.as_ref().map(|t| t.0.as_str()), &self.cert_file)?;
        let key = pem(self.key.as_ref().map(Secret::expose), &self.key_file)?;
        Ok(Tls {
            ca: pem(self.ca.as_ref().map(|t| t.0.as_str()), &self.ca_file)?,
            identity: cert.zip(key),
            server_name: self.server_name.as_ref().map(|name| name.0.clone()),
        })
    }
}

impl HttpConfig {
    /// Reads the block.
    ///
    /// # Errors
    /// What is wrong, and what to write; no secret is in it.
    pub fn read(value: serde_json::Value) -> Result<Self, String> {
        let read: Self = serde_json::from_value(value).map_err(|_| {
            "http_config has an unknown key, or a value of the wrong kind".to_owned()
        })?;
        let proxies = read.proxy_url.is_some()
            || read.no_proxy.is_some()
            || read.proxy_from_environment == Some(true)
            || read.proxy_connect_header.is_some();
        if proxies {
            return Err(
                "proxies are not used, for a proxy would connect to addresses that nobody \
                        checked; remove the proxy keys and allow the inner address instead"
                    .to_owned(),
            );
        }
        if read.oauth2.is_some() {
            return Err(
                "oauth2 cannot be used yet; write authorization with credentials_file, which is \
                        read anew for each message"
                    .to_owned(),
            );
        }
        let ways = [
            read.basic_auth.is_some(),
            read.authorization.is_some(),
            read.bearer_token.is_some() || read.bearer_token_file.is_some(),
        ];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            return Err(
                "at most one of basic_auth, authorization & bearer_token must be configured"
                    .to_owned(),
            );
        }
        let basic = |a: &Authorization| a.scheme.0.trim().eq_ignore_ascii_case("basic");
        if read.authorization.as_ref().is_some_and(basic) {
            return Err(
                "authorization type cannot be set to \"basic\", use basic_auth instead".to_owned(),
            );
        }
        read.tls_config.check()?;
        Ok(read)
    }

    /// Whether it says who we are, which some services cannot do without.
    #[must_use]
    pub fn authorizes(&self) -> bool {
        self.authorization.is_some()
            || self.bearer_token.is_some()
            || self.bearer_token_file.is_some()
    }

    /// Certificates and keys, files read.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn tls(&self) -> Result<Tls, Error> {
        self.tls_config.tls()
    }

    /// Adds its headers to a request's, files read.
    ///
    /// # Errors
    /// [`Unmade`] when a file cannot be read, or holds what no header can.
    pub fn add_to(&self, headers: &mut HeaderMap) -> Result<(), Unmade> {
        if let Some(login) = &self.basic_auth {
            let name = match &login.username_file {
                Some(file) => read_file(file)?.trim().to_owned(),
                None => login.username.0.clone(),
            };
            let none = Some(Secret::default()).filter(|_| login.password_file.is_none());
            let given = login.password.clone().or(none);
            basic(
                headers,
                &name,
                secret(&given, &login.password_file)?.expose(),
            )?;
        }
        if let Some(Authorization {
            scheme,
            credentials,
            credentials_file,
        }) = &self.authorization
        {
            let credentials = secret(credentials, credentials_file)?;
            let value = format!("{} {}", scheme.or("Bearer").trim(), credentials.expose());
            set_secret(headers, http::header::AUTHORIZATION, &value)?;
        }
        if self.bearer_token.is_some() || self.bearer_token_file.is_some() {
            super::settings::bearer(
                headers,
                &secret(&self.bearer_token, &self.bearer_token_file)?,
            )?;
        }
        for (name, header) in &self.http_headers {
            let parsed: HeaderName = name.parse().map_err(|_| {
                Unmade::Content(format!("http_headers: {name:?} is no header's name"))
            })?;
            let files = header
                .files
                .iter()
                .map(|file| read_file(file).map(|t| t.trim().to_owned()));
            let files = files.collect::<Result<Vec<_>, _>>()?;
            let plain = header.values.iter().map(|text| text.0.as_str());
            let hidden = header.secrets.iter().map(Secret::expose);
            let all: Vec<&str> = plain
                .chain(hidden)
                .chain(files.iter().map(String::as_str))
                .collect();
            set_secret(headers, parsed, &all.join(", "))?;
        }
        Ok(())
    }
}

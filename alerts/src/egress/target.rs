//! Where a request goes: an address as an operator writes it, taken apart once.

use std::fmt;

use http::Uri;
use percent_encoding::percent_decode_str;

use super::Error;
use super::literal::literal;

/// Longest address, bytes; services' webhooks take some 300.
const BYTES_MAX: usize = 8_192;

/// An `http` or `https` address. Its path and query are secrets of the receiver (whoever knows a chat's
/// webhook may write there), so it prints as its host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
    login: Option<(String, String)>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}://{}/…)", self.scheme(), self.host())
    }
}

impl Target {
    /// Reads an address; a name and password in it become a login (HTTP Basic).
    ///
    /// # Errors
    /// [`Error::Address`]; its text never repeats the address.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() > BYTES_MAX {
            return Err(Error::Address("it is longer than 8192 bytes"));
        }
        let text = text.split('#').next().unwrap_or_default();
        let uri: Uri = text.parse().map_err(|_| Error::Address("it is no URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(Error::Address("it does not begin with http:// or https://"));
        }
        let authority = uri
            .authority()
            .ok_or(Error::Address("it names no host"))?
            .as_str();
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host.to_owned()),
            None => (None, authority.to_owned()),
        };
        if uri.host().is_none_or(str::is_empty) || host.starts_with(':') {
            return Err(Error::Address("it names no host"));
        }
        let port = host
            .strip_prefix(uri.host().unwrap_or_default())
            .unwrap_or_default();
        if !port.is_empty() && uri.port_u16().is_none_or(|port| port == 0) {
            return Err(Error::Address("its port is no number from 1 to 65535"));
        }
        literal(uri.host().unwrap_or_default())
            .map_err(|()| Error::Address("its host is a number, but no address"))?;
        let login = login.map(|login| {
            let (name, password) = login.split_once(':').unwrap_or((login, ""));
            let plain = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
            (plain(name), plain(password))
        });
        let mut parts = uri.into_parts();
        parts.authority = Some(
            host.parse()
                .map_err(|_| Error::Address("its host cannot be read"))?,
        );
        if parts.path_and_query.is_none() {
            parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
        }
        let uri = Uri::from_parts(parts).map_err(|_| Error::Address("it is no URL"))?;
        Ok(Self { uri, login })
    }

    /// The address with `path` after its own, as APIs are written: `https://host/base` and `v2/alerts`.
    ///
    /// # Errors
    /// [`Error::Address`] when both together are no URL.
    pub fn join(&self, path: &str) -> Result<Self, Error> {
        let base = self.uri.path().trim_end_matches('/');
        let text = format!("{}://{}{base}/{path}", self.scheme(), self.authority());
        Ok(Self {
            login: self.login.clone(),
            ..Self::parse(&text)?
        })
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.uri.scheme_str().unwrap_or("http")
    }

    /// The host, without a port; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    fn authority(&self) -> &str {
        self.uri.authority().map_or("", |a| a.as_str())
    }

    /// The whole address, for tests of what is sent.
    #[cfg(test)]
    pub(crate) fn address_with_secrets(&self) -> String {
        self.uri.to_string()
    }

    /// The address without its login.
    #[must_use]
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Name and password, if the address holds them.
    #[must_use]
    pub(super) fn login(&self) -> Option<&(String, String)> {
        self.login.as_ref()
    }
}

//! Who may pass: the session cookie, Basic or Bearer credentials, and where requests may come from.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::{HeaderMap, Uri};
use store::model::UnixNano;

use super::limiter::Limiter;
use super::password::Password;
use super::session::Sessions;
use crate::config::{Config, ConfigError};

/// The door of the dashboard.
pub(crate) struct Gate {
    password: Option<Password>,
    sessions: Mutex<Sessions>,
    limiter: Mutex<Limiter>,
    session_seconds: u64,
    public_host: Option<String>,
    secure: bool,
}

/// What the door thinks of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// There is no password: everybody on this machine is welcome.
    Everybody,
    /// Logged in by cookie.
    LoggedIn,
    /// Sent the password with the request.
    Caller,
    /// Unknown.
    Stranger,
    /// Tried too often; seconds to wait.
    Hasty(u64),
}

/// How a login ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// The `Set-Cookie` value.
    Welcome(String),
    /// Not the password.
    Wrong,
    /// Too many attempts; seconds to wait.
    Hasty(u64),
}

impl Gate {
    /// From the configuration; reads the password file.
    ///
    /// # Errors
    /// [`ConfigError`] when the password cannot be read or used.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let setting = match (&config.password, &config.password_file) {
            (Some(password), _) => Some(password.clone()),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let reason = format!("cannot read {}: {error}", path.display());
                    ConfigError::new("password_file", reason)
                })?;
                Some(text.lines().next().unwrap_or("").trim_end().to_owned())
            }
            (None, None) => None,
        };
        let public = config
            .public_url
            .as_deref()
            .and_then(|url| url.parse::<Uri>().ok());
        Ok(Self {
            password: setting.as_deref().map(Password::new).transpose()?,
            sessions: Mutex::new(Sessions::new(config.session_hours)),
            limiter: Mutex::new(Limiter::default()),
            session_seconds: u64::from(config.session_hours) * 3_600,
            secure: public
                .as_ref()
                .is_some_and(|uri| uri.scheme_str() == Some("https")),
            public_host: public.and_then(|uri| uri.authority().map(|a| a.as_str().to_owned())),
        })
    }

    /// Whether there is a password at all.
    pub(crate) fn is_shut(&self) -> bool {
        self.password.is_some()
    }

    /// Who sent these headers?
    pub(crate) async fn visitor(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        now: UnixNano,
    ) -> Visitor {
        let Some(password) = &self.password else {
            return Visitor::Everybody;
        };
        if let Some(token) = cookie(headers, self.cookie_name())
            && self.sessions().is_valid(token, now)
        {
            return Visitor::LoggedIn;
        }
        let Some(attempt) = credentials(headers) else {
            return Visitor::Stranger;
        };
        if let Err(seconds) = self.limiter().take(address, now) {
            return Visitor::Hasty(seconds);
        }
        if password.is(&attempt).await {
            self.limiter().forget(address);
            return Visitor::Caller;
        }
        Visitor::Stranger
    }

    /// Tries a password typed into the form.
    pub(crate) async fn log_in(&self, attempt: &str, address: IpAddr, now: UnixNano) -> Login {
        let Some(password) = &self.password else {
            return Login::Wrong;
        };
        if let Err(seconds) = self.limiter().take(address, now) {
            return Login::Hasty(seconds);
        }
        if !password.is(attempt).await {
            return Login::Wrong;
        }
        self.limiter().forget(address);
        let token = self.sessions().create(now);
        Login::Welcome(self.set_cookie(&token, self.session_seconds))
    }

    /// Ends the login of this cookie and says which `Set-Cookie` removes it.
    pub(crate) fn log_out(&self, headers: &HeaderMap) -> String {
        if let Some(token) = cookie(headers, self.cookie_name()) {
            self.sessions().remove(token);
        }
        self.set_cookie("", 0)
    }

    /// Whether a request that changes something comes from our own pages. Browsers say so in
    /// `Sec-Fetch-Site`, older ones in `Origin`; callers that are no browsers send neither.
    pub(crate) fn is_own_request(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(site) = text("sec-fetch-site") {
            return matches!(site, "same-origin" | "none");
        }
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let origin = origin.to_str().ok().and_then(|o| o.parse::<Uri>().ok());
        let Some(authority) = origin.as_ref().and_then(Uri::authority) else {
            return false;
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        Some(authority.as_str()) == host || Some(authority.as_str()) == self.public_host.as_deref()
    }

    /// Whether the `Host` is one of ours. Without a password, a foreign name that leads here is
    /// somebody's attempt to read our pages through a visitor's browser (DNS rebinding).
    pub(crate) fn is_own_host(&self, headers: &HeaderMap) -> bool {
        if self.is_shut() {
            return true;
        }
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
            return true; // HTTP/1.0 and HTTP/2 callers; browsers always send it
        };
        if Some(host) == self.public_host.as_deref() {
            return true;
        }
        let name = host.rsplit_once(':').map_or(host, |(name, port)| {
            if port.bytes().all(|b| b.is_ascii_digit()) {
                name
            } else {
                host
            }
        });
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost")
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    fn cookie_name(&self) -> &'static str {
        // The __Host- prefix binds the cookie to this very host, but browsers take it by TLS only.
        if self.secure {
            "__Host-nephoscope"
        } else {
            "nephoscope"
        }
    }

    fn set_cookie(&self, token: &str, seconds: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.cookie_name();
        format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The password out of `Authorization: Basic` (any user name) or `Bearer`.
fn credentials(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    decoded
        .split_once(':')
        .map(|(_, password)| password.to_owned())
}

/// `path` if it leads to one of our own pages, else the overview: a login must not send people away.
pub(crate) fn local_path(path: &str) -> &str {
    let own = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/\\")
        && path.len() <= 2_000
        && path.bytes().all(|b| b.is_ascii_graphic());
    if own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const NOW: UnixNano = UnixNano(1_795_436_709_000_000_000);

    /// The hash of "correct horse" at the least cost there is: tests compare it dozens of times.
    fn cheap_hash() -> String {
        use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
        let params = Params::new(8, 1, 1, None).expect("the least parameters");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2
            .hash_password(b"correct horse")
            .expect("a hash")
            .to_string()
    }

    fn gate(change: impl FnOnce(&mut Config)) -> Gate {
        let mut config = Config {
            password: Some(cheap_hash()),
            ..Config::default()
        };
        change(&mut config);
        Gate::new(&config).expect("a gate")
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_str(v).unwrap()))
            .collect()
    }

    #[tokio::test]
    async fn a_login_gives_a_cookie_that_opens_and_a_logout_takes_it_back() {
        let gate = gate(|_| {});
        assert_eq!(gate.log_in("wrong", HERE, NOW).await, Login::Wrong);
        let Login::Welcome(cookie) = gate.log_in("correct horse", HERE, NOW).await else {
            panic!("the right password");
        };
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        let sent = cookie.split(';').next().unwrap();
        let headers = headers(&[("cookie", &format!("a=b; {sent}"))]);
        assert_eq!(gate.visitor(&headers, HERE, NOW).await, Visitor::LoggedIn);
        assert!(gate.log_out(&headers).contains("Max-Age=0"));
        assert_eq!(gate.visitor(&headers, HERE, NOW).await, Visitor::Stranger);
    }

    #[tokio::test]
    async fn callers_may_send_the_password_with_each_request() {
        let gate = gate(|_| {});
        let basic = format!("Basic {}", STANDARD.encode("prometheus:correct horse"));
        for value in [basic.as_str(), "Bearer correct horse"] {
            let headers = headers(&[("authorization", value)]);
            assert_eq!(
                gate.visitor(&headers, HERE, NOW).await,
                Visitor::Caller,
                "{value}"
            );
        }
        for value in ["Basic !!!", "Bearer wrong", "Digest x", ""] {
            let headers = headers(&[("authorization", value)]);
            assert_eq!(
                gate.visitor(&headers, HERE, NOW).await,
                Visitor::Stranger,
                "{value}"
            );
        }
    }

    #[tokio::test]
    async fn guessing_is_slowed_down() {
        let gate = gate(|_| {});
        let headers = headers(&[("authorization", "Bearer wrong")]);
        for _ in 0..8 {
            assert_eq!(gate.visitor(&headers, HERE, NOW).await, Visitor::Stranger);
        }
        assert!(matches!(
            gate.visitor(&headers, HERE, NOW).await,
            Visitor::Hasty(1..)
        ));
        assert!(matches!(
            gate.log_in("correct horse", HERE, NOW).await,
            Login::Hasty(1..)
        ));
    }

    #[test]
    fn changes_are_taken_from_our_own_pages_only() {
        let gate = gate(|c| c.public_url = Some("https://observe.example".into()));
        for (pairs, own) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("origin", "http://h:8080"), ("host", "h:8080")], true),
            (vec![("origin", "http://evil"), ("host", "h:8080")], false),
            (
                vec![("origin", "https://observe.example"), ("host", "10.0.0.1")],
                true,
            ),
            (vec![("origin", "null"), ("host", "h")], false),
            (vec![("host", "h")], true),
        ] {
            assert_eq!(gate.is_own_request(&headers(&pairs)), own, "{pairs:?}");
        }
    }

    #[test]
    fn without_a_password_only_our_own_host_names_are_answered() {
        let open = gate(|c| c.password = None);
        for (host, own) in [
            ("localhost:8080", true),
            ("127.0.0.1", true),
            ("[::1]:8080", true),
            ("evil.example", false),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
        ] {
            assert_eq!(open.is_own_host(&headers(&[("host", host)])), own, "{host}");
        }
        assert!(gate(|_| {}).is_own_host(&headers(&[("host", "anything.example")])));
    }

    #[test]
    fn a_login_leads_to_our_own_pages_only() {
        for path in [
            "//evil",
            "/\\evil",
            "https://evil",
            "",
            "/a\nb",
            "javascript:x",
        ] {
            assert_eq!(local_path(path), "/", "{path}");
        }
        assert_eq!(
            local_path("/functions?from=now-1h"),
            "/functions?from=now-1h"
        );
    }

    #[test]
    fn by_tls_the_cookie_is_bound_to_the_host() {
        let gate = gate(|c| c.public_url = Some("https://observe.example".into()));
        let cookie = gate.set_cookie("t", 60);
        assert!(cookie.starts_with("__Host-nephoscope=t; ") && cookie.ends_with("Secure"));
    }
}

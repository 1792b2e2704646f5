//! Logins: which events are one, by whom, and whether it succeeded.

use super::event::{Event, Signal};

/// A login that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The account, in small letters, or empty.
    pub user: String,
    /// From where, or empty.
    pub client: String,
    /// Whether it succeeded.
    pub succeeded: bool,
}

/// Segments of paths at which people log in.
const PLACES: &[&str] = &[
    "login",
    "log-in",
    "log_in",
    "signin",
    "sign-in",
    "sign_in",
    "logon",
    "auth",
    "authenticate",
    "authentication",
    "authorize",
    "token",
    "session",
    "sessions",
    "password",
    "passwd",
    "otp",
    "mfa",
    "2fa",
    "verify",
    "wp-login.php",
    "xmlrpc.php",
    "passcode",
    "pin",
    "unlock",
    "login.php",
    "login.aspx",
];
/// Segments of paths at which software renews what it has, or people leave.
const NO_PLACES: &[&str] = &[
    "refresh",
    "logout",
    "signout",
    "sign-out",
    "callback",
    "revoke",
    "introspect",
];
/// What logs say of a login that failed.
const FAILURES: &[&str] = &[
    "login failed",
    "failed login",
    "login failure",
    "authentication failed",
    "authentication failure",
    "failed authentication",
    "invalid password",
    "wrong password",
    "incorrect password",
    "bad password",
    "invalid credentials",
    "invalid username or password",
    "bad credentials",
    "failed password",
    "password mismatch",
    "notauthorizedexception",
    "login_failed",
    "auth_failed",
    "authentication_failed",
    "login.failed",
    "login.failure",
    "user.login.failed",
    "login_failure",
];
const SUCCESSES: &[&str] = &[
    "login succeeded",
    "login successful",
    "successful login",
    "logged in",
    "authentication succeeded",
    "accepted password",
    "login_succeeded",
    "login_success",
    "login.success",
    "user.login.success",
];

/// Reads it; None if the event is no login.
pub fn of(event: &Event) -> Option<Attempt> {
    if !event.is_inbound() {
        return None;
    }
    let (succeeded, user) = audit(event)
        .or_else(|| told(event))
        .or_else(|| request(event))
        .or_else(|| log(event))?;
    let user = match user {
        Some(user) => user,
        None if event.user.is_empty() => in_request(event).unwrap_or_default(),
        None => event.user.clone(),
    };
    let client = match event.client.is_empty() {
        true => address_in(&event.raw.body).unwrap_or_default(),
        false => event.client.clone(),
    };
    Some(Attempt {
        user: user.to_lowercase(),
        client,
        succeeded,
    })
}

type Read = (bool, Option<String>);

/// Logins to consoles and directories.
fn audit(event: &Event) -> Option<Read> {
    let audit = event.audit.as_ref()?;
    let action = audit.action.to_ascii_lowercase();
    let logins = [
        "consolelogin",
        "sign-in activity",
        "initiateauth",
        "admininitiateauth",
        "signinlogs",
    ];
    if !logins.contains(&action.as_str()) {
        return None;
    }
    let refused = event.raw.body.contains("\"ConsoleLogin\":\"Failure\"")
        || event.raw.body.contains("\"ConsoleLogin\": \"Failure\"");
    Some((!(audit.failed || refused), Some(audit.principal.clone())))
}

/// Where an attribute says it.
fn told(event: &Event) -> Option<Read> {
    let name = event.text(&["event.name", "event.action", "event.type", "auth.event"]);
    let name = name.unwrap_or_default().to_ascii_lowercase();
    if FAILURES.contains(&name.as_str()) {
        return Some((false, None));
    }
    if SUCCESSES.contains(&name.as_str()) {
        return Some((true, None));
    }
    let direct = [
        "login.success",
        "auth.success",
        "authentication.success",
        "login.succeeded",
    ];
    if let Some(word) = event.text(&direct) {
        return Some((word.eq_ignore_ascii_case("true"), None));
    }
    let outcome = event
        .text(&[
            "event.outcome",
            "auth.result",
            "auth.outcome",
            "authentication.outcome",
            "login.result",
            "outcome",
        ])?
        .to_ascii_lowercase();
    let about = event
        .text(&["event.category"])
        .unwrap_or_default()
        .contains("authentication")
        || ["login", "auth", "signin", "sign_in"]
            .iter()
            .any(|word| name.contains(word))
        || event
            .text(&[
                "auth.result",
                "auth.outcome",
                "authentication.outcome",
                "login.result",
            ])
            .is_some();
    let good = ["success", "succeeded", "ok", "allow", "allowed"];
    about.then(|| (good.contains(&outcome.as_str()), None))
}

/// By the path and the status of the answer.
fn request(event: &Event) -> Option<Read> {
    if let Some(code) = event.number(&["rpc.grpc.status_code"]) {
        let call = event
            .text(&["rpc.method"])
            .unwrap_or_default()
            .to_ascii_lowercase();
        let login = ["login", "authenticate", "signin"].contains(&call.as_str());
        return login.then_some((code == 0.0, None));
    }
    let http = event.http.as_ref().filter(|http| http.status != 0)?;
    let path = http.path.to_ascii_lowercase();
    let mut parts = path.split('/');
    if parts.clone().any(|part| NO_PLACES.contains(&part))
        || !parts.any(|part| PLACES.contains(&part))
    {
        return None;
    }
    // A page that shows the form, or asks whether somebody is logged in, is no attempt.
    let sends = matches!(http.method.as_str(), "POST" | "PUT" | "PATCH" | "");
    let is_login =
        sends || http.query.contains("pass") || http.status == 401 && !event.user.is_empty();
    if !is_login {
        return None;
    }
    match http.status {
        200..=399 => Some((true, None)),
        400 | 401 | 403 | 422 | 423 | 429 => Some((false, None)),
        _ => None,
    }
}

/// By the words of a log.
fn log(event: &Event) -> Option<Read> {
    if event.raw.signal != Signal::Log {
        return None;
    }
    let head: String = event.raw.body.chars().take(400).collect();
    let text = head.to_lowercase();
    let succeeded = match FAILURES.iter().any(|words| text.contains(words)) {
        true => false,
        false => SUCCESSES
            .iter()
            .any(|words| text.contains(words))
            .then_some(true)?,
    };
    let user = ["for user ", "user=", "username=", "user ", "for "]
        .iter()
        .find_map(|mark| {
            let rest = &text[text.find(mark)? + mark.len()..];
            let end = rest
                .find([' ', ',', ';', '"', '\'', ')'])
                .unwrap_or(rest.len());
            let name = rest[..end].trim_matches(['"', '\'', ':', '.']);
            (!name.is_empty()).then(|| name.to_owned())
        });
    Some((succeeded, user.filter(|_| event.user.is_empty())))
}

/// The account that a form or a JSON body names.
fn in_request(event: &Event) -> Option<String> {
    let query = event
        .http
        .as_ref()
        .map(|http| http.query.as_str())
        .unwrap_or_default();
    let body = event.text(&["http.request.body", "http.request.body.content"]);
    let names = ["username", "user", "email", "login", "userName"];
    [query, body.unwrap_or(&event.raw.body)]
        .iter()
        .find_map(|text| {
            let text: String = text.chars().take(2_000).collect();
            names.iter().find_map(|name| {
                let form = text
                    .split('&')
                    .find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
                let json = || {
                    let rest = &text[text.find(&format!("\"{name}\""))? + name.len() + 2..];
                    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
                    rest.strip_prefix('"')?.split('"').next()
                };
                form.or_else(json).map(str::to_owned)
            })
        })
}

/// The first address of IPv4 that stands in a text.
fn address_in(text: &str) -> Option<String> {
    let head: String = text.chars().take(400).collect();
    head.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .find(|part| part.parse::<std::net::Ipv4Addr>().is_ok())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::event::Raw;
    use super::*;

    fn attempt(
        signal: Signal,
        body: &str,
        attributes: &[(&str, &str)],
    ) -> Option<(bool, String, String)> {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let event = Event::new(Raw {
            signal,
            body: body.to_owned(),
            attributes: attributes.iter().map(pair).collect(),
            ..Raw::default()
        });
        of(&event).map(|attempt| (attempt.succeeded, attempt.user, attempt.client))
    }

    fn some(succeeded: bool, user: &str, client: &str) -> Option<(bool, String, String)> {
        Some((succeeded, user.to_owned(), client.to_owned()))
    }

    #[test]
    fn logins_are_known_by_paths_attributes_and_words() {
        let post = |path: &'static str, status: &'static str| {
            let attributes = [
                ("http.request.method", "POST"),
                ("url.path", path),
                ("http.response.status_code", status),
                ("enduser.id", "Bob"),
                ("client.address", "203.0.113.7"),
            ];
            attempt(Signal::Span, "", &attributes)
        };
        assert_eq!(post("/api/login", "401"), some(false, "bob", "203.0.113.7"));
        assert_eq!(post("/api/login", "200"), some(true, "bob", "203.0.113.7"));
        assert_eq!(
            post("/api/login", "503"),
            None,
            "nobody looked at the password"
        );
        assert_eq!(post("/oauth/token/refresh", "401"), None);
        assert_eq!(post("/orders", "401"), None);
        assert_eq!(
            attempt(
                Signal::Log,
                "Login failed for user bob from 203.0.113.7",
                &[]
            ),
            some(false, "bob", "203.0.113.7")
        );
        assert_eq!(
            attempt(
                Signal::Log,
                "",
                &[("event.name", "login_failed"), ("user.id", "bob")]
            ),
            some(false, "bob", "")
        );
        assert_eq!(attempt(Signal::Log, "order 17 paid", &[]), None);
    }
}

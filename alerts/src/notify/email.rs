//! Mail: a text and a page, in a thread with its group's other mails if that is wanted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailboxes, MessageBuilder, MultiPart, SinglePart};
use serde::Deserialize;
use store::model::UnixNano;

use super::http_config::TlsConfig;
use super::pagerduty::group_hash;
use super::settings::{Checked, Text, secret};
use super::{Message, Service, Unmade, fit};
use crate::config::Secret;
use crate::egress::Tls;
use crate::template::{Format, View};

/// Text and page each, bytes: far below what mail servers take.
const PART_BYTES_MAX: usize = 512 << 10;
const HEADER_CHARS_MAX: usize = 900;
const HEADERS_MAX: usize = 50;
const RECIPIENTS_MAX: usize = 100;
/// The port that speaks TLS from the first byte.
const SUBMISSIONS: u16 = 465;
/// Headers that we write ourselves.
const OURS: [&str; 5] = ["from", "to", "subject", "message-id", "date"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    to: Text,
    from: Text,
    hello: Text,
    smarthost: Text,
    auth_username: Text,
    auth_password: Option<Secret>,
    auth_password_file: Option<PathBuf>,
    auth_secret: Option<Secret>,
    auth_secret_file: Option<PathBuf>,
    auth_identity: Text,
    headers: BTreeMap<String, Text>,
    html: Option<Text>,
    text: Option<Text>,
    require_tls: Option<bool>,
    tls_config: TlsConfig,
    force_implicit_tls: Option<bool>,
    threading: Threading,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Threading {
    enabled: bool,
    thread_by_date: Text,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smarthost {
    /// Name or address.
    pub host: String,
    /// Mostly 25, 465 or 587.
    pub port: u16,
}

/// A mail on its way.
#[derive(Clone)]
pub struct Mail {
    /// Who takes it.
    pub smarthost: Smarthost,
    /// As whom we greet.
    pub hello: String,
    /// From whom to whom.
    pub envelope: Envelope,
    /// Headers and body.
    pub bytes: Vec<u8>,
    /// Name and password.
    pub login: Option<(String, Secret)>,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    /// Whether a server without STARTTLS gets nothing.
    pub require_tls: bool,
    /// Whom we believe.
    pub tls: Tls,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Mail({}, {} bytes)",
            self.smarthost.host,
            self.bytes.len()
        )
    }
}

impl Checked for Settings {
    fn check(&self) -> Result<(), String> {
        self.server()?;
        self.tls_config.check()?;
        let secret = self.auth_secret.is_some() || self.auth_secret_file.is_some();
        let password = self.auth_password.is_some() || self.auth_password_file.is_some();
        if secret && !password {
            return Err("auth_secret is for CRAM-MD5, which is not spoken; write auth_password and let TLS \
                        protect it"
                .to_owned());
        }
        let identity = &self.auth_identity.0;
        if !identity.is_empty() && *identity != self.auth_username.0 {
            return Err(
                "auth_identity must be the same as auth_username, or be left out".to_owned(),
            );
        }
        let mut names = Vec::new();
        for name in self.headers.keys() {
            if HeaderName::new_from_ascii(name.clone()).is_err() {
                return Err(format!("{name:?} is no name of a header"));
            }
            let lower = name.to_ascii_lowercase();
            if names.contains(&lower) {
                return Err(format!("duplicate header {name:?} in email config"));
            }
            names.push(lower);
        }
        if names.len() > HEADERS_MAX {
            return Err(format!("at most {HEADERS_MAX} headers can be set"));
        }
        let threads = names
            .iter()
            .any(|name| name == "references" || name == "in-reply-to");
        if self.threading.enabled && threads {
            return Err(
                "threading.enabled sets References and In-Reply-To itself; remove the headers"
                    .to_owned(),
            );
        }
        if self.threading.enabled
            && !["none", "daily"].contains(&self.threading.thread_by_date.0.as_str())
        {
            return Err("threading.thread_by_date must be either 'none' or 'daily'".to_owned());
        }
        Ok(())
    }
}

impl Service for Settings {
    fn message(&self, view: &View, now: UnixNano) -> Result<Message, Unmade> {
        let smarthost = self.server().map_err(Unmade::Content)?;
        let from = self.addresses(view, &self.from, "from")?;
        let to = self.addresses(view, &self.to, "to")?;
        let sender = from.iter().next().map(|mailbox| mailbox.email.clone());
        let recipients: Vec<_> = to
            .iter()
            .take(RECIPIENTS_MAX)
            .map(|m| m.email.clone())
            .collect();
        let fault = |error: lettre::error::Error| Unmade::Content(error.to_string());
        let envelope = Envelope::new(sender, recipients).map_err(fault)?;
        let mail = self.headers(view, lettre::Message::builder(), (&from, &to), now)?;
        let mail = self.parts(view, mail)?;
        let login = match self.auth_username.0.is_empty() {
            true => None,
            false => {
                let password = secret(&self.auth_password, &self.auth_password_file)?;
                Some((self.auth_username.0.clone(), password))
            }
        };
        Ok(Message::Mail(Box::new(Mail {
            implicit_tls: self
                .force_implicit_tls
                .unwrap_or(smarthost.port == SUBMISSIONS),
            require_tls: self.require_tls.unwrap_or(true),
            smarthost,
            hello: self.hello.or("localhost").to_owned(),
            envelope,
            bytes: mail.formatted(),
            login,
            tls: self.tls_config.tls()?,
        })))
    }
}

impl Settings {
    fn server(&self) -> Result<Smarthost, String> {
        let fault = || "smarthost is written host:port, as in smtp.example:587".to_owned();
        let (host, port) = self.smarthost.0.rsplit_once(':').ok_or_else(fault)?;
        let port = port
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(fault)?;
        if host.is_empty() {
            return Err(fault());
        }
        Ok(Smarthost {
            host: host.to_owned(),
            port,
        })
    }

    fn addresses(&self, view: &View, text: &Text, key: &str) -> Result<Mailboxes, Unmade> {
        let text = fit::one_line(&view.render(&text.0, Format::Plain)?);
        let read = text
            .parse::<Mailboxes>()
            .ok()
            .filter(|all| all.iter().next().is_some());
        read.ok_or_else(|| Unmade::Content(format!("{key} holds no mail address on these alerts")))
    }

    /// What stands above a mail. Values are one line each: nothing that an alert says begins a header.
    fn headers(
        &self,
        view: &View,
        mut mail: MessageBuilder,
        (from, to): (&Mailboxes, &Mailboxes),
        now: UnixNano,
    ) -> Result<MessageBuilder, Unmade> {
        let given = |name: &str| {
            let mut headers = self.headers.iter();
            headers
                .find(|(given, _)| given.eq_ignore_ascii_case(name))
                .map(|(_, text)| text.0.as_str())
        };
        let line = |source: &str| fit::line(view, source, Format::Plain, HEADER_CHARS_MAX);
        let shown = |name: &str, usual: &Mailboxes| match given(name) {
            None => Ok(usual.clone()),
            Some(source) => self.addresses(view, &Text(source.to_owned()), name),
        };
        for sender in shown("from", from)?.iter().take(1) {
            mail = mail.from(sender.clone());
        }
        for recipient in shown("to", to)?.iter().take(RECIPIENTS_MAX) {
            mail = mail.to(recipient.clone());
        }
        let subject = given("subject").unwrap_or(r#"{{ template "email.default.subject" . }}"#);
        mail = mail.subject(line(subject)?);
        // The same in each attempt, so that a server that has it already may tell.
        let id = match given("message-id") {
            Some(source) => line(source)?,
            None => format!(
                "<{}@nephoscope>",
                hex::encode(view.notification().id.as_bytes())
            ),
        };
        mail = mail.message_id(Some(fit::bytes(&id, HEADER_CHARS_MAX)));
        let since_epoch = Duration::from_nanos(now.0.unsigned_abs());
        mail = mail.date(UNIX_EPOCH + since_epoch);
        for (name, source) in &self.headers {
            if !OURS.contains(&name.to_ascii_lowercase().as_str()) {
                mail = raw(mail, name, line(&source.0)?);
            }
        }
        if self.threading.enabled {
            let root = self.thread(view, now);
            mail = raw(raw(mail, "References", root.clone()), "In-Reply-To", root);
        }
        Ok(mail)
    }

    /// A mail that nobody ever sent, to which all mails of a group reply.
    fn thread(&self, view: &View, now: UnixNano) -> String {
        let day = match self.threading.thread_by_date.0.as_str() {
            "daily" => {
                let at = Timestamp::from_nanosecond(now.0.into()).unwrap_or_default();
                at.strftime("%Y-%m-%d").to_string()
            }
            _ => String::new(),
        };
        format!("<alert-{}-{day}@nephoscope>", &group_hash(view)[..16])
    }

    fn parts(&self, view: &View, mail: MessageBuilder) -> Result<lettre::Message, Unmade> {
        let fits = |text: &str| text.len() <= PART_BYTES_MAX;
        let part = |given: &Option<Text>, usual: &str, format| {
            let source = given.as_ref().map_or(usual, |text| text.0.as_str());
            fit::text(view, source, format, fits)
        };
        let text = part(
            &self.text,
            r#"{{ template "email.default.text" . }}"#,
            Format::Plain,
        )?;
        let html = part(
            &self.html,
            r#"{{ template "email.default.html" . }}"#,
            Format::Html,
        )?;
        let built = match (text.trim().is_empty(), html.trim().is_empty()) {
            (_, true) => mail.singlepart(SinglePart::plain(text)),
            (true, false) => mail.singlepart(SinglePart::html(html)),
            (false, false) => mail.multipart(MultiPart::alternative_plain_html(text, html)),
        };
        built.map_err(|error| Unmade::Content(error.to_string()))
    }
}

fn raw(mail: MessageBuilder, name: &str, value: String) -> MessageBuilder {
    match HeaderName::new_from_ascii(name.to_owned()) {
        Ok(name) => mail.raw_header(HeaderValue::new(name, value)),
        // Checked when the configuration was read.
        Err(_) => mail,
    }
}

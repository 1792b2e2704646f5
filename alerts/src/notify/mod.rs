//! What each service is sent: one file each, with its settings, its payload and how its answers read.
//!
//! Settings bear Alertmanager's names. A message never fails for its size: it is cut where the service
//! would refuse it, and says where the rest is.

mod alertmanager;
mod cloudevents;
mod discord;
mod email;
mod fit;
mod http_config;
mod links;
mod mattermost;
mod msteams;
mod ntfy;
mod ocsf;
mod opsgenie;
mod pagerduty;
mod payload;
mod pushover;
mod rocketchat;
mod settings;
mod slack;
mod telegram;
mod webex;
mod webhook;

use serde_json::Value;
use store::model::UnixNano;

use crate::delivery::retry::Outcome;
use crate::egress::{self, Answer, Request};
use crate::template::{self, View};

pub use email::{Mail, Smarthost};
pub use http_config::HttpConfig;

/// A service that takes messages.
pub trait Service: Send + Sync {
    /// What it is sent for a notification.
    ///
    /// # Errors
    /// [`Unmade`] when no message can be made.
    fn message(&self, view: &View, now: UnixNano) -> Result<Message, Unmade>;

    /// What its answer says. The status decides, unless a service says more in the body.
    fn outcome(&self, answer: &Answer, now: UnixNano) -> Outcome {
        Outcome::of_status(answer.status, answer.retry_after.as_deref(), now)
    }
}

/// What the answer of a service says whose 429 names the seconds to wait in its body, where `seconds` finds
/// them.
fn outcome_by_body(
    answer: &Answer,
    now: UnixNano,
    seconds: impl FnOnce(&Value) -> Option<String>,
) -> Outcome {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let wait = seconds(&said).filter(|_| answer.status == 429);
    let wait = wait.as_deref().or(answer.retry_after.as_deref());
    Outcome::of_status(answer.status, wait, now)
}

/// What goes out for one notification.
#[derive(Debug)]
pub enum Message {
    /// Requests, one after the other; each may be repeated without harm.
    Requests(Vec<Request>),
    /// A mail.
    Mail(Box<Mail>),
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Requests(vec![request])
    }
}

/// Why no message can be made. Texts hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmade {
    /// A template fails on these alerts.
    #[error(transparent)]
    Template(#[from] template::Error),
    /// The address is none, or a file cannot be read.
    #[error(transparent)]
    Egress(#[from] egress::Error),
    /// What came out of a template cannot be sent.
    #[error("{0}")]
    Content(String),
}

impl Unmade {
    /// Whether the same notification may be made later: files come and go, templates stay.
    #[must_use]
    pub fn again(&self) -> bool {
        matches!(self, Self::Egress(egress::Error::File { .. }))
    }
}

/// Reads the settings of a service of this kind, with all that `global` gives, `http_config` and
/// `send_resolved` taken out.
///
/// # Errors
/// What is wrong with them, and what to write; no secret is in it.
pub fn service(kind: &str, settings: Value) -> Result<Box<dyn Service>, String> {
    match kind {
        "alertmanager" => settings::read::<alertmanager::Settings>(settings),
        "discord" => settings::read::<discord::Settings>(settings),
        "email" => settings::read::<email::Settings>(settings),
        "mattermost" => settings::read::<mattermost::Settings>(settings),
        "msteamsv2" => settings::read::<msteams::Settings>(settings),
        "ntfy" => settings::read::<ntfy::Settings>(settings),
        "opsgenie" => settings::read::<opsgenie::Settings>(settings),
        "pagerduty" => settings::read::<pagerduty::Settings>(settings),
        "pushover" => settings::read::<pushover::Settings>(settings),
        "rocketchat" => settings::read::<rocketchat::Settings>(settings),
        "slack" => settings::read::<slack::Settings>(settings),
        "telegram" => settings::read::<telegram::Settings>(settings),
        "webex" => settings::read::<webex::Settings>(settings),
        "webhook" => settings::read::<webhook::Settings>(settings),
        other => Err(format!("there is no service {other:?}")),
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

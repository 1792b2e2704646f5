//! What the delivery log keeps of one attempt.

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::retry::{Failure, Next, Outcome, next};
use crate::model::{Integration, Notification};

/// Longest text of a reason, characters.
const REASON_CHARS_MAX: usize = 300;

/// One attempt to deliver one message. Neither its body nor the answer's is kept: both may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The message's, the same in all its attempts.
    pub id: String,
    /// Where it went.
    pub integration: Integration,
    /// Which group, for whoever looks for it.
    pub group_key: String,
    /// From 1.
    pub attempt: u32,
    /// When it began.
    pub at: UnixNano,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// `POST hooks.slack.com, 1234 bytes`; empty when no message could be made.
    pub request: String,
    /// HTTP status or SMTP code of the last answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed; none when it was delivered.
    pub failure: Option<Failure>,
    /// The failure in words that hold no secret.
    pub reason: String,
    /// When it is tried again; none when it has arrived or is dead.
    pub retry_at: Option<UnixNano>,
    /// Whether the receiver named that time, by `Retry-After`.
    #[serde(default)]
    pub named: bool,
    /// Whether the receiver should be asked no more until someone mends it.
    pub disable: bool,
}

/// What came of an attempt, before anything is decided.
#[derive(Clone, Debug)]
pub struct Result {
    /// The message as the log shows it.
    pub request: String,
    /// HTTP status or SMTP code.
    pub status: Option<u16>,
    /// What it means.
    pub outcome: Outcome,
    /// Why it failed, in words.
    pub reason: String,
}

impl Result {
    /// No request was made.
    pub fn unmade(outcome: Outcome, reason: String) -> Self {
        Self {
            request: String::new(),
            status: None,
            outcome,
            reason,
        }
    }
}

impl Attempt {
    /// Decides what becomes of `notification` after this attempt, which began and ended then.
    pub fn decide(
        notification: &Notification,
        attempt: u32,
        (began, ended): (UnixNano, UnixNano),
        result: Result,
    ) -> Self {
        let Notification {
            id,
            integration,
            group_key,
            ..
        } = notification;
        let decided = next(id, attempt, &result.outcome, ended);
        let (failure, retry_at, disable) = match decided {
            Next::Done => (None, None, false),
            Next::Retry { at, failure } => (Some(failure), Some(at), false),
            Next::Dead { failure, disable } => (Some(failure), None, disable),
        };
        Self {
            id: id.clone(),
            integration: integration.clone(),
            group_key: group_key.clone(),
            attempt,
            at: began,
            took_ms: u64::try_from((ended.0 - began.0) / 1_000_000).unwrap_or(0),
            request: result.request,
            status: result.status,
            failure,
            reason: result.reason.chars().take(REASON_CHARS_MAX).collect(),
            retry_at,
            named: retry_at.is_some() && result.outcome.names_a_time(),
            disable,
        }
    }

    /// An attempt that ended in a fault of ours.
    pub(super) fn panicked(
        notification: &Notification,
        attempt: u32,
        times: (UnixNano, UnixNano),
    ) -> Self {
        let came = Result::unmade(
            Outcome::failed(Failure::Other, true),
            "making the message failed by a fault of ours; please report it".to_owned(),
        );
        Self::decide(notification, attempt, times, came)
    }

    /// An attempt under a configuration that has no such integration any more.
    pub(super) fn without_a_way(notification: &Notification, attempt: u32, now: UnixNano) -> Self {
        let came = Result::unmade(
            Outcome::failed(Failure::Unmade, false),
            format!(
                "the configuration has no {} any more",
                notification.integration
            ),
        );
        Self::decide(notification, attempt, (now, now), came)
    }

    /// Whether the receiver has it.
    #[must_use]
    pub fn delivered(&self) -> bool {
        self.failure.is_none()
    }

    /// Whether it is tried no more although it has not arrived.
    #[must_use]
    pub fn dead(&self) -> bool {
        self.failure.is_some() && self.retry_at.is_none()
    }
}

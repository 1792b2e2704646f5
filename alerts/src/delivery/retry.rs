//! Whether a message is tried again, and when: a pure rule over what came of the attempt.
//!
//! Attempts follow the standard's example: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h,
//! 14 h, 20 h and 24 h, 75 hours and 35 minutes in all, each delay up to a fifth longer by chance. A
//! receiver that says when to come back is believed.

use std::fmt;

use serde::{Deserialize, Serialize};
use store::model::UnixNano;
use xxhash_rust::xxh3::xxh3_64;

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The wait after the first, the second … attempt, nanoseconds.
const WAITS: [i64; 9] = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// Attempts of one message; the longest wait is the last.
pub const ATTEMPTS_MAX: u32 = WAITS.len() as u32 + 1;
/// Receivers that are overrun are left alone at least this long.
const SLOW_DOWN: i64 = MINUTE;
/// A page may come within this time at the latest, whatever a receiver says.
const RETRY_AFTER_MAX: i64 = 24 * HOUR;

/// Why an attempt failed; the first seven words are Alertmanager's, as its metrics have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Failure {
    /// Anything else, such as an answer that is no error and no success.
    Other,
    /// The receiver refuses the message as it is.
    ClientError,
    /// The receiver is broken.
    ServerError,
    /// We stopped waiting since we were told to end.
    ContextCanceled,
    /// No answer in time.
    ContextDeadlineExceeded,
    /// Key, password or token are wrong.
    AuthError,
    /// Too many messages.
    RateLimited,
    /// No connection, or no secure one.
    NetworkError,
    /// The address leads where no message may go.
    Blocked,
    /// The receiver is gone for good and says so (410).
    Gone,
    /// No message could be made: a template fails, a file cannot be read.
    Unmade,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "other",
            Self::ClientError => "clientError",
            Self::ServerError => "serverError",
            Self::ContextCanceled => "contextCanceled",
            Self::ContextDeadlineExceeded => "contextDeadlineExceeded",
            Self::AuthError => "authError",
            Self::RateLimited => "rateLimited",
            Self::NetworkError => "networkError",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
            Self::Unmade => "unmade",
        })
    }
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// It has not.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether the same message may succeed later.
        again: bool,
        /// The receiver is overrun: come back late rather than soon.
        slow_down: bool,
        /// When the receiver says to come back, nanoseconds from now.
        after_nanos: Option<i64>,
    },
}

impl Outcome {
    /// A failure that nothing more is known of.
    #[must_use]
    pub fn failed(failure: Failure, again: bool) -> Self {
        Self::Failed {
            failure,
            again,
            slow_down: false,
            after_nanos: None,
        }
    }

    /// Whether the receiver said when to come back, or that it is overrun.
    #[must_use]
    pub fn names_a_time(&self) -> bool {
        matches!(self, Self::Failed { slow_down, after_nanos, .. } if *slow_down || after_nanos.is_some())
    }

    /// What an HTTP status says, with `Retry-After` as it was sent.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<&str>, now: UnixNano) -> Self {
        let (failure, again) = match status {
            200..=299 => return Self::Delivered,
            410 => (Failure::Gone, false),
            429 => (Failure::RateLimited, true),
            // A wrong key is often a key in change: whoever mends it wants the page.
            401 | 403 => (Failure::AuthError, true),
            // The message itself is refused, and it does not change.
            400 | 405 | 406 | 411 | 413..=415 | 422 | 431 => (Failure::ClientError, false),
            // All others may pass, a 404 while somebody deploys too.
            400..=499 => (Failure::ClientError, true),
            500..=599 => (Failure::ServerError, true),
            // Redirects are never followed: the address in the configuration must be mended.
            _ => (Failure::Other, true),
        };
        Self::Failed {
            failure,
            again,
            slow_down: matches!(status, 429 | 502 | 504),
            after_nanos: retry_after.and_then(|text| wait(text, now)),
        }
    }
}

/// Reads `Retry-After`: whole seconds or an HTTP date.
fn wait(text: &str, now: UnixNano) -> Option<i64> {
    let text = text.trim();
    let nanos = match text.parse::<u32>() {
        Ok(seconds) => i64::from(seconds) * SECOND,
        // Some services send fractions.
        Err(_) => match text.parse::<f64>() {
            #[allow(clippy::cast_possible_truncation)] // clamped below, and casts saturate
            Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => (seconds * 1e9) as i64,
            Ok(_) => return None,
            Err(_) => {
                let at = jiff::fmt::rfc2822::DateTimeParser::new()
                    .parse_timestamp(text)
                    .ok()?;
                i64::try_from(at.as_nanosecond())
                    .ok()?
                    .saturating_sub(now.0)
            }
        },
    };
    Some(nanos.clamp(0, RETRY_AFTER_MAX))
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has arrived.
    Done,
    /// It is tried again then.
    Retry {
        /// When.
        at: UnixNano,
        /// Why the last attempt failed.
        failure: Failure,
    },
    /// It is tried no more; a person may replay it.
    Dead {
        /// Why the last attempt failed.
        failure: Failure,
        /// Whether the receiver should be asked no more until someone mends it.
        disable: bool,
    },
}

/// What becomes of message `id` after its `attempt` (from 1) ended at `now`.
#[must_use]
pub fn next(id: &str, attempt: u32, outcome: &Outcome, now: UnixNano) -> Next {
    let Outcome::Failed {
        failure,
        again,
        slow_down,
        after_nanos,
    } = *outcome
    else {
        return Next::Done;
    };
    if !again || attempt >= ATTEMPTS_MAX {
        return Next::Dead {
            failure,
            disable: failure == Failure::Gone,
        };
    }
    let step = usize::try_from(attempt.saturating_sub(1))
        .unwrap_or(0)
        .min(WAITS.len() - 1);
    let mut nanos = WAITS[step];
    if slow_down && after_nanos.is_none() {
        nanos = nanos.max(SLOW_DOWN);
    }
    // Somebody who knows better than our table: sooner as well as later.
    let nanos = after_nanos.unwrap_or(nanos);
    Next::Retry {
        at: UnixNano(now.0.saturating_add(nanos + jitter(id, attempt, nanos))),
        failure,
    }
}

/// Up to a fifth of the wait, and a second at least, by chance that is the same after a restart: what
/// failed together does not come back together.
fn jitter(id: &str, attempt: u32, nanos: i64) -> i64 {
    let dice = i64::try_from(xxh3_64(format!("{id}/{attempt}").as_bytes()) >> 1).unwrap_or(0);
    dice % (nanos / 5).max(SECOND)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixNano = UnixNano(1_800_000_000 * SECOND);

    fn failed(status: u16) -> Outcome {
        Outcome::of_status(status, None, NOW)
    }

    fn after(attempt: u32, outcome: &Outcome) -> i64 {
        match next("id", attempt, outcome, NOW) {
            Next::Retry { at, .. } => at.0 - NOW.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_is_tried_for_three_days_and_then_is_dead() {
        let waits: i64 = (1..ATTEMPTS_MAX)
            .map(|attempt| after(attempt, &failed(500)))
            .sum();
        let least = 75 * HOUR + 35 * MINUTE + 5 * SECOND;
        assert!(
            (least..=least + least / 5 + 10 * SECOND).contains(&waits),
            "{waits}"
        );
        let dead = Next::Dead {
            failure: Failure::ServerError,
            disable: false,
        };
        assert_eq!(next("id", ATTEMPTS_MAX, &failed(500), NOW), dead);
    }

    #[test]
    fn each_status_has_its_consequence() {
        let dead = |failure, disable| Some(Next::Dead { failure, disable });
        let cases = [
            (200, None),
            (204, None),
            (400, dead(Failure::ClientError, false)),
            (422, dead(Failure::ClientError, false)),
            (410, dead(Failure::Gone, true)),
            (413, dead(Failure::ClientError, false)),
        ];
        for (status, expected) in cases {
            assert_eq!(
                next("id", 1, &failed(status), NOW),
                expected.unwrap_or(Next::Done),
                "{status}"
            );
        }
        let again = [
            (301, Failure::Other),
            (401, Failure::AuthError),
            (403, Failure::AuthError),
            (404, Failure::ClientError),
            (408, Failure::ClientError),
            (425, Failure::ClientError),
            (429, Failure::RateLimited),
            (500, Failure::ServerError),
            (503, Failure::ServerError),
            (504, Failure::ServerError),
        ];
        for (status, expected) in again {
            let Next::Retry { failure, .. } = next("id", 1, &failed(status), NOW) else {
                panic!("{status}")
            };
            assert_eq!(failure, expected, "{status}");
        }
        assert!(after(1, &failed(500)) < 7 * SECOND);
        for overrun in [429, 502, 504] {
            assert!(after(1, &failed(overrun)) >= MINUTE, "{overrun}");
        }
    }

    #[test]
    fn a_receiver_that_says_when_to_come_back_is_believed() {
        let wait = |text: &str| after(1, &Outcome::of_status(429, Some(text), NOW)) / SECOND;
        assert!((120..=144).contains(&wait("120")));
        assert!((2..=3).contains(&wait(" 2 ")));
        assert!((0..=1).contains(&wait("0.3")));
        assert!(
            (90..=108).contains(&wait("Fri, 15 Jan 2027 08:01:30 GMT")),
            "{NOW:?}"
        );
        assert!(
            (0..=1).contains(&wait("Fri, 15 Jan 2027 07:00:00 GMT")),
            "in the past: now"
        );
        assert!(
            (24 * 3600..=24 * 3600 * 6 / 5).contains(&wait("4000000000")),
            "a page waits a day at most"
        );
        assert!(
            (60..=72).contains(&wait("soon")),
            "what cannot be read is not believed"
        );
        assert!((60..=72).contains(&wait("-5")));
    }

    proptest! {
        #[test]
        fn a_retry_lies_ahead_and_is_the_same_after_a_restart(
            id in ".{0,20}", attempt in 1_u32..20, status in 300_u16..600, header in proptest::option::of(".{0,12}"),
        ) {
            let outcome = Outcome::of_status(status, header.as_deref(), NOW);
            let first = next(&id, attempt, &outcome, NOW);
            prop_assert_eq!(first, next(&id, attempt, &outcome, NOW));
            if let Next::Retry { at, .. } = first {
                prop_assert!(at >= NOW && at.0 - NOW.0 <= 24 * HOUR * 6 / 5 + SECOND);
            }
        }
    }
}

//! What a runbook does about an incident, step by step, and what the steps come to.

use std::collections::BTreeMap;

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::model::UnixNano;
use store::model::finding::plain;

use crate::incidents::{Event, What};

/// Longest text of a result, bytes.
const RESULT_BYTES_MAX: usize = 2_000;

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The run: `run_` and 16 hexadecimal digits.
    pub run: String,
    /// The runbook's name.
    pub runbook: String,
    /// What happened.
    pub stage: Stage,
}

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// It is wanted.
    Wanted {
        /// The finding it is wanted for.
        finding: String,
        /// The place it is about.
        place: String,
        /// Whether somebody has to approve it.
        approval: bool,
    },
    /// Nothing is asked for: this would have been.
    Rehearsed {
        /// What.
        what: String,
    },
    /// Somebody pressed the button.
    Approved,
    /// Somebody does not want it.
    Declined,
    /// It is being asked for.
    Started {
        /// SHA-256 of the token that its result must bring, hexadecimal.
        token_sha256: String,
        /// Until when the token is worth something.
        expires_at: UnixNano,
    },
    /// Whoever was asked has taken it.
    Taken {
        /// HTTP status.
        status: u16,
    },
    /// Nobody has taken it yet.
    Refused {
        /// Why; no secret.
        reason: String,
        /// When it is asked for again; none when it is given up.
        again_at: Option<UnixNano>,
    },
    /// It told its result.
    Answered {
        /// Whether it did what it is for.
        succeeded: bool,
        /// What it says. Hostile text.
        text: String,
        /// A link to more; may be empty. Hostile text.
        url: String,
    },
    /// It told none in time.
    TimedOut,
}

/// A run, as its steps come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Whose run it is.
    pub runbook: String,
    /// The incident.
    pub incident: String,
    /// The finding it is for.
    pub finding: String,
    /// The place it is about.
    pub place: String,
    /// When it was wanted.
    pub wanted_at: UnixNano,
    /// Whether somebody has to approve it and has not yet.
    pub waits: bool,
    /// Tokens, hashed, of whom each may bring the result.
    pub tokens: Vec<String>,
    /// Until when.
    pub expires_at: Option<UnixNano>,
    /// How often it was asked for in vain.
    pub refusals: u32,
    /// When it is asked for next; none unless it was refused.
    pub again_at: Option<UnixNano>,
    /// Whether it was taken.
    pub taken: bool,
    /// How it ended.
    pub ended: Option<Stage>,
}

impl Run {
    /// Whether it was asked for and has not ended.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.ended.is_none() && self.expires_at.is_some()
    }
}

/// All runs, by id.
#[derive(Clone, Debug, Default)]
pub struct Runs(BTreeMap<String, Run>);

impl Runs {
    /// Of events in their order.
    #[must_use]
    pub fn of(events: &[Event]) -> Self {
        let mut runs = Self::default();
        events.iter().for_each(|event| runs.add(event));
        runs
    }

    /// Adds an event; what is not about runbooks changes nothing.
    pub fn add(&mut self, event: &Event) {
        let What::Runbook(Step {
            run,
            runbook,
            stage,
        }) = &event.what
        else {
            return;
        };
        if let Stage::Wanted {
            finding,
            place,
            approval,
        } = stage
        {
            self.0.entry(run.clone()).or_insert_with(|| Run {
                id: run.clone(),
                runbook: runbook.clone(),
                incident: event.incident.clone(),
                finding: finding.clone(),
                place: place.clone(),
                wanted_at: event.at,
                waits: *approval,
                tokens: Vec::new(),
                expires_at: None,
                refusals: 0,
                again_at: None,
                taken: false,
                ended: None,
            });
            return;
        }
        // What has ended stays as it ended: a second result changes nothing.
        let Some(run) = self.0.get_mut(run).filter(|run| run.ended.is_none()) else {
            return;
        };
        match stage {
            Stage::Approved => run.waits = false,
            Stage::Started {
                token_sha256,
                expires_at,
            } => {
                run.tokens.push(token_sha256.clone());
                // Asked for again after a restart, it has no more time than before.
                run.expires_at.get_or_insert(*expires_at);
                run.again_at = None;
            }
            Stage::Taken { .. } => run.taken = true,
            Stage::Refused {
                again_at: Some(at), ..
            } => {
                run.refusals += 1;
                run.again_at = Some(*at);
            }
            ended => run.ended = Some(ended.clone()),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Run> {
        self.0.values()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Run> {
        self.0.get(id)
    }

    /// Forgets runs that were wanted before.
    pub fn forget(&mut self, before: UnixNano) {
        self.0.retain(|_, run| run.wanted_at >= before);
    }
}

/// What a run's result must bring: told once, kept hashed.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// A new one: 256 bits of chance.
    ///
    /// # Errors
    /// When the machine gives no chance.
    pub fn new() -> Result<Self, ring::error::Unspecified> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// As it is told to whoever runs the runbook.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As it is kept.
    #[must_use]
    pub fn hashed(&self) -> String {
        hashed(&self.0)
    }
}

fn hashed(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The step that a result with this token makes of a run; none where the token is worth nothing: unknown,
/// used, or too late. Which of these is nobody's business who has no token.
#[must_use]
pub fn answered(
    run: &Run,
    token: &str,
    (succeeded, text, url): (bool, &str, &str),
    now: UnixNano,
) -> Option<Step> {
    let in_time = run.expires_at.is_some_and(|at| now < at);
    let hash = hashed(token);
    // Hashes may be compared in any time: whoever measures it learns of a hash, and not of its token.
    let same = |known: &String| *known == hash;
    let valid = run.ended.is_none() && in_time && run.tokens.iter().any(same);
    valid.then(|| Step {
        run: run.id.clone(),
        runbook: run.runbook.clone(),
        stage: Stage::Answered {
            succeeded,
            text: plain(text.trim(), RESULT_BYTES_MAX),
            url: plain(url.trim(), RESULT_BYTES_MAX),
        },
    })
}

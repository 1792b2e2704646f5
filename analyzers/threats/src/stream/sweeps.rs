//! Secrets that are read one after another by one principal, as audit logs and the spans of SDKs tell it.

use serde::{Deserialize, Serialize};

use super::audit;
use super::detector::{self, Context, Detector, S, Seen, hash};
use super::event::Event;
use super::finding::{Claim, Mark, Severity, Subject};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};

const WINDOW_NS: i64 = 600 * S;
const READS_MAX: usize = 500;
const PRINCIPALS_MAX: usize = 5_000;
/// Different secrets, whoever reads them.
const SECRETS_MIN: usize = 15;
/// The same by somebody who has listed them first, or is refused again and again.
const SEEKING_MIN: usize = 5;
/// Refusals that make somebody one who seeks.
const REFUSED_MIN: usize = 4;
/// So many more than this principal ever read in a window, and at least this many.
const MORE_FACTOR: usize = 4;
const MORE_MIN: usize = 8;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Read {
    secret: u64,
    lists: bool,
    refused: bool,
    mark: Mark,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Reads {
    recent: Recent<Read>,
    /// Most different secrets in a window so far, while calm; and windows that were.
    usual: usize,
    calm_until_ns: i64,
    windows: u32,
    suspicion: u32,
}

impl Ranked for Reads {
    fn suspicion(&self) -> u32 {
        self.suspicion
    }
    fn newest_ns(&self) -> i64 {
        self.recent.newest_ns()
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sweeps {
    principals: Table<Reads>,
}

impl Default for Sweeps {
    fn default() -> Self {
        Self {
            principals: Table::new(PRINCIPALS_MAX),
        }
    }
}

impl Detector for Sweeps {
    fn name(&self) -> &'static str {
        "sweeps"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some((principal, secret, lists, refused)) = read(event) else {
            return;
        };
        let reads = self.principals.entry(&principal);
        let new = Read {
            secret: hash(&secret),
            lists,
            refused,
            mark: Mark::of(event),
        };
        reads.add(event.raw.time_ns, new);
        let function = match event.audit {
            Some(_) => "",
            None => event.function.as_str(),
        };
        let subject = Subject::function(function)
            .client(&event.client)
            .principal(&principal);
        if let Some(claim) = reads.judge(subject) {
            context.claim(claim.shows("secret", &secret));
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

/// Who reads which secret; or lists them; and whether that was refused.
fn read(event: &Event) -> Option<(String, String, bool, bool)> {
    if let Some(audit) = &event.audit {
        let (reads, lists) = (audit.reads_secret(), audit.lists_secrets());
        // The cloud's own services read for many.
        if !(reads || lists) || audit.by_service {
            return None;
        }
        return Some((
            audit.principal.clone(),
            audit.target.clone(),
            lists,
            audit.failed,
        ));
    }
    let to = event.outbound.as_ref()?;
    if !audit::reads_secret(&to.call) {
        return None;
    }
    let secret = event.text(&[
        "aws.secretsmanager.secret.arn",
        "aws.secretsmanager.secret.id",
        "aws.request.secret_id",
        "aws.ssm.parameter.name",
        "aws.request.name",
        "secret.name",
        "gcp.secretmanager.secret",
        "url.path",
        "url.full",
    ]);
    let principal = format!("function {}", event.function);
    Some((principal, secret?.to_owned(), false, event.failed()))
}

impl Reads {
    fn add(&mut self, time_ns: i64, read: Read) {
        self.recent.add(time_ns, read, WINDOW_NS, READS_MAX);
        let secrets = self.secrets();
        self.suspicion = u32::try_from(secrets).unwrap_or(u32::MAX);
        if time_ns >= self.calm_until_ns {
            // A window is over: what was read in it is usual, unless it was told of.
            if secrets < SECRETS_MIN {
                self.usual = self.usual.max(secrets);
                self.windows += u32::from(self.calm_until_ns > 0);
            }
            self.calm_until_ns = time_ns + WINDOW_NS;
        }
    }

    fn secrets(&self) -> usize {
        self.recent
            .distinct(|read| (!read.lists).then_some(read.secret))
    }

    fn judge(&self, subject: Subject) -> Option<Claim> {
        let secrets = self.secrets();
        let listed = self.recent.iter().any(|read| read.lists);
        let refused = self.recent.iter().filter(|read| read.refused).count();
        let seeks = listed || refused >= REFUSED_MIN;
        let more = self.windows >= 1 && secrets >= MORE_MIN.max(MORE_FACTOR * self.usual);
        if !(secrets >= SECRETS_MIN || (seeks && secrets >= SEEKING_MIN) || more) {
            return None;
        }
        let confidence = if secrets >= SECRETS_MIN || listed {
            0.85
        } else {
            0.7
        };
        let severity = if refused * 2 > self.recent.len() {
            Severity::Medium
        } else {
            Severity::High
        };
        let mut claim = Claim::new(&rules::SWEEP, subject, confidence)
            .severity(severity)
            .marks(self.recent.iter().map(|read| read.mark.clone()))
            .because(format!(
                "{secrets} different secrets were asked for within ten minutes"
            ));
        if listed {
            claim = claim.because("the secrets were listed first");
        }
        if refused > 0 {
            claim = claim.because(format!("{refused} times it was refused"));
        }
        if self.windows >= 1 {
            claim = claim.because(format!(
                "it never asked for more than {} before",
                self.usual
            ));
        }
        Some(claim)
    }
}

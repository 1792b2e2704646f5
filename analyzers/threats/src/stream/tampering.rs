//! Code and layers that are changed by somebody who never deploys.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::audit::Audit;
use super::detector::{self, Context, Detector, Seen};
use super::finding::{Claim, Severity, Subject};
use super::rules;

/// Accounts, and people who deploy in one.
const ACCOUNTS_MAX: usize = 1_000;
const DEPLOYERS_MAX: usize = 500;
/// Changes by others after which somebody new is news.
const CHANGES_MIN: u32 = 2;
/// Changes by somebody new after which he deploys too, if they lie so far apart.
const LEARNT_AFTER: u32 = 3;
const LEARNT_APART_NS: i64 = 86_400 * detector::S;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Deployer {
    changes: u32,
    first_ns: i64,
    /// Whether he was told of when he came.
    told: bool,
}

/// See the module.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tampering {
    accounts: HashMap<String, HashMap<String, Deployer>>,
}

impl Detector for Tampering {
    fn name(&self) -> &'static str {
        "tampering"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some(audit) = event.audit.as_ref().filter(|audit| audit.changes_code()) else {
            return;
        };
        if audit.failed || audit.by_service {
            return;
        }
        let function = function_of(&audit.target);
        let who = who(audit);
        let subject = Subject::function(function).principal(&audit.principal);
        let claim = |confidence, reason: String| {
            Claim::new(&rules::TAMPERING, subject.clone(), confidence)
                .event(event)
                .because(reason)
                .shows("call", &audit.action)
                .shows("from", &format!("{} {}", audit.address, audit.agent))
        };
        if is_function(audit, context) {
            let reason = "the call was made with a function's own credentials; functions do not deploy functions";
            context.claim(claim(0.95, reason.to_owned()).severity(Severity::Critical));
            return;
        }
        if self.accounts.len() >= ACCOUNTS_MAX && !self.accounts.contains_key(&audit.account) {
            return;
        }
        let deployers = self.accounts.entry(audit.account.clone()).or_default();
        let of_others: u32 = deployers
            .iter()
            .filter(|(name, deployer)| **name != who && !deployer.told)
            .map(|(_, deployer)| deployer.changes)
            .sum();
        if deployers.len() >= DEPLOYERS_MAX && !deployers.contains_key(&who) {
            return;
        }
        let time_ns = event.raw.time_ns;
        let known = deployers.len();
        let deployer = deployers.entry(who.clone()).or_insert_with(|| Deployer {
            first_ns: time_ns,
            told: of_others >= CHANGES_MIN,
            ..Deployer::default()
        });
        deployer.changes += 1;
        if deployer.changes >= LEARNT_AFTER && time_ns - deployer.first_ns >= LEARNT_APART_NS {
            deployer.told = false;
        }
        if deployer.told {
            let reason = format!(
                "{of_others} changes before were made by {known} others, none by {}",
                super::finding::shown(&who)
            );
            context.claim(claim(
                if by_hand(&audit.agent) { 0.85 } else { 0.7 },
                reason,
            ));
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

/// The one who deploys: the role of a session, whatever its name, or the principal.
fn who(audit: &Audit) -> String {
    match audit.role.is_empty() {
        true => audit.principal.clone(),
        false => format!("role {}", audit.role),
    }
}

/// Whether the credentials are a function's.
fn is_function(audit: &Audit, context: &Context<'_>) -> bool {
    audit.agent.contains("exec-env/AWS_Lambda")
        || (!audit.session.is_empty() && context.functions.get(&audit.session).is_some())
}

/// Whether a person typed it: consoles and command lines.
fn by_hand(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    [
        "aws-cli",
        "console",
        "mozilla/",
        "azurecli",
        "gcloud",
        "powershell",
    ]
    .iter()
    .any(|word| agent.contains(word))
}

/// The function's name in the target of a call.
pub fn function_of(target: &str) -> &str {
    let target = match target.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => target,
    };
    target.rsplit('/').next().unwrap_or(target)
}

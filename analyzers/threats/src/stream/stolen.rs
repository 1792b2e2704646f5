//! Credentials in foreign hands: calls of a function's role that no invocation made, and principals that are
//! suddenly somewhere else with other tools.

use serde::{Deserialize, Serialize};

use super::address;
use super::audit::Audit;
use super::detector::{self, Context, Detector, S, Seen};
use super::finding::{Claim, Mark, Severity, Subject};
use super::first_seen::{FirstSeen, Newness};
use super::http;
use super::rules;
use super::table::{Ranked, Table};

const PRINCIPALS_MAX: usize = 20_000;
/// Calls that wait for a span that may still come.
const WAITING_MAX: usize = 2_000;
/// An invocation lasts so long at most; its span is sent at its end.
const INVOCATION_NS: i64 = 900 * S;
/// A call waits so long for the span of its invocation.
const PATIENCE_NS: i64 = 60 * S;
/// Spans of a function that must have come before their absence means anything.
const SPANS_MIN: u64 = 20;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Principal {
    places: FirstSeen,
    tools: FirstSeen,
    /// Calls from within a function's environment, and all.
    inside: u64,
    calls: u64,
    newest_ns: i64,
}

impl Ranked for Principal {
    fn suspicion(&self) -> u32 {
        u32::try_from(self.calls).unwrap_or(u32::MAX)
    }
    fn newest_ns(&self) -> i64 {
        self.newest_ns
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    function: String,
    principal: String,
    client: String,
    action: String,
    agent: String,
    mark: Mark,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    principals: Table<Principal>,
    waiting: Vec<Waiting>,
}

/// See the module.
#[derive(Debug)]
pub struct Stolen(State);

impl Default for Stolen {
    fn default() -> Self {
        Self(State {
            principals: Table::new(PRINCIPALS_MAX),
            waiting: Vec::new(),
        })
    }
}

impl Detector for Stolen {
    fn name(&self) -> &'static str {
        "stolen"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some(audit) = event.audit.as_ref().filter(|audit| is_call(audit)) else {
            return;
        };
        let function = its_function(audit, context);
        let subject = Subject::function(function.as_deref().unwrap_or_default())
            .principal(&audit.principal)
            .client(&audit.address);
        let key = match audit.role.is_empty() {
            true => audit.principal.clone(),
            false => format!("role {} {}", audit.role, audit.account),
        };
        let principal = self.0.principals.entry(&key);
        let strange = principal.see(
            audit,
            event.raw.time_ns,
            context.warm_up_ns,
            function.is_some(),
        );
        let claim = |confidence| {
            let rule = if function.is_some() {
                &rules::STOLEN
            } else {
                &rules::IMPOSSIBLE
            };
            Claim::new(rule, subject.clone(), confidence)
                .event(event)
                .shows("call", &audit.action)
                .shows("from", &audit.address)
                .shows("with", &audit.agent)
        };
        if let Some(reasons) = strange {
            let mut claim = claim(0.85);
            for reason in reasons {
                claim = claim.because(reason);
            }
            context.claim(claim);
            return;
        }
        if function.is_some() && by_hand(&audit.agent) {
            let reason = "the credentials are a function's, the tool is a person's";
            context.claim(claim(0.9).because(reason));
            return;
        }
        let Some(function) = function else { return };
        let known = context
            .functions
            .get(&function)
            .is_some_and(|known| known.spans >= SPANS_MIN);
        if known && self.0.waiting.len() < WAITING_MAX {
            self.0.waiting.push(Waiting {
                function,
                principal: audit.principal.clone(),
                client: audit.address.clone(),
                action: audit.action.clone(),
                agent: audit.agent.clone(),
                mark: Mark::of(event),
            });
        }
    }

    /// Calls whose invocation's span has not come.
    fn tick(&mut self, context: &mut Context<'_>) {
        let now_ns = context.now_ns;
        let due = |call: &Waiting| now_ns - call.mark.time_ns >= PATIENCE_NS;
        let (due, waiting) = std::mem::take(&mut self.0.waiting)
            .into_iter()
            .partition(due);
        self.0.waiting = waiting;
        for call in Vec::from_iter::<Vec<Waiting>>(due) {
            let Some(function) = context.functions.get(&call.function) else {
                continue;
            };
            // Usual gaps between spans are no sign; a function that is seldom called may be running long.
            let per_span = (function.span_ns - function.first_ns)
                / i64::try_from(function.spans).unwrap_or(1).max(1);
            let near = (20 * per_span).clamp(120 * S, INVOCATION_NS);
            if (function.span_ns - call.mark.time_ns).abs() <= near
                || function.span_ns > call.mark.time_ns
            {
                continue;
            }
            let subject = Subject::function(&call.function)
                .principal(&call.principal)
                .client(&call.client);
            let silent_s = (call.mark.time_ns - function.span_ns) / S;
            let claim = Claim::new(&rules::STOLEN, subject, 0.7)
                .severity(Severity::High)
                .marks([call.mark])
                .because(format!(
                    "the function's role made this call, but no span of the function came for {silent_s} s before it"
                ))
                .shows("call", &call.action)
                .shows("with", &call.agent);
            context.claim(claim);
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(&self.0)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(&mut self.0, state)
    }
}

/// Whether somebody calls, and not the cloud for itself; logins are judged elsewhere.
fn is_call(audit: &Audit) -> bool {
    !audit.by_service && !audit.principal.is_empty() && !audit.address.ends_with(".amazonaws.com")
}

/// The function whose credentials these are: the session bears its name.
fn its_function(audit: &Audit, context: &Context<'_>) -> Option<String> {
    if audit.session.is_empty() {
        return None;
    }
    let known = context.functions.get(&audit.session).is_some();
    let inside = audit.agent.contains("exec-env/AWS_Lambda");
    (known || inside).then(|| audit.session.clone())
}

/// Tools that people use, and systems that attackers use; software inside a function is neither.
fn by_hand(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    if agent.contains("exec-env/aws_lambda") {
        return false;
    }
    [
        "aws-cli",
        "kali",
        "parrot",
        "pentoo",
        "pacu",
        "cloudfox",
        "scoutsuite",
        "prowler",
        "mozilla/",
        "curl/",
        "powershell",
        "awsconsole",
        "console.amazonaws.com",
        "s3 browser",
        "cyberduck",
        "aws-sdk-go-v2/ os/macos",
    ]
    .iter()
    .any(|word| agent.contains(word))
}

impl Principal {
    /// Takes a call; why it is strange, if it is: place and tool are both new, where neither ever was.
    fn see(
        &mut self,
        audit: &Audit,
        now_ns: i64,
        warm_up_ns: i64,
        function: bool,
    ) -> Option<Vec<String>> {
        self.calls += 1;
        self.newest_ns = self.newest_ns.max(now_ns);
        let inside = audit.agent.contains("exec-env/AWS_Lambda");
        self.inside += u64::from(inside);
        let place = address::neighbourhood(&audit.address).unwrap_or_else(|| audit.address.clone());
        let tool = http::family(&audit.agent).to_ascii_lowercase();
        let place_new = self.places.see(&place, now_ns, warm_up_ns, false);
        let tool_new = self.tools.see(&tool, now_ns, warm_up_ns, false);
        let is_new = |newness| matches!(newness, Newness::New { .. });
        let left = function && !inside && self.inside >= 10 && self.inside * 10 >= self.calls * 9;
        let mut reasons = Vec::new();
        if left {
            reasons.push(format!(
                "{} calls before came from inside the function, this one does not",
                self.inside
            ));
        }
        if is_new(place_new) {
            reasons.push(format!(
                "{} calls before came from {} other networks",
                self.calls - 1,
                self.places.len()
            ));
        }
        if is_new(tool_new) {
            reasons.push(format!(
                "{} calls before were made with other tools",
                self.calls - 1
            ));
        }
        (left || (is_new(place_new) && is_new(tool_new))).then_some(reasons)
    }
}

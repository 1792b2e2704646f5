//! What a function does or meets for the first time: hosts, services, triggers, callers, libraries.
//!
//! Exact sets decide ([`FirstSeen`]); what comes with a deploy is the deploy's. Some places need no set:
//! where stolen data is dropped, and where machines give out credentials.

mod places;

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, Seen};
use super::event::{Event, Kind, Signal};
use super::finding::{Claim, Rule, Severity, Subject};
use super::first_seen::{FirstSeen, Newness};
use super::outbound::Outbound;
use super::rules;
use super::table::{Ranked, Table};

/// Functions with sets; each has at most five of 256 values.
const FUNCTIONS_MAX: usize = 5_000;
/// Observations of a set before a place that is only sometimes bad is held against a function.
const OBSERVED_MIN: u64 = 20;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Sets {
    hosts: FirstSeen,
    callees: FirstSeen,
    triggers: FirstSeen,
    principals: FirstSeen,
    libraries: FirstSeen,
    newest_ns: i64,
}

impl Ranked for Sets {
    fn suspicion(&self) -> u32 {
        u32::try_from(self.libraries.seen() + self.hosts.seen()).unwrap_or(u32::MAX)
    }
    fn newest_ns(&self) -> i64 {
        self.newest_ns
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Novelty {
    functions: Table<Sets>,
}

impl Default for Novelty {
    fn default() -> Self {
        Self {
            functions: Table::new(FUNCTIONS_MAX),
        }
    }
}

impl Detector for Novelty {
    fn name(&self) -> &'static str {
        "novelty"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        if let Some((function, principal)) = invoker(event) {
            let sets = self.functions.entry(&function);
            let look = Look {
                event,
                function: &function,
                fresh: context.is_fresh(&function),
                warm_up_ns: context.warm_up_ns,
            };
            let claim = look.at(
                &mut sets.principals,
                &principal,
                &rules::PRINCIPAL,
                "principal",
            );
            context.claims.extend(claim);
        }
        if event.function.is_empty() || event.audit.is_some() || event.raw.signal == Signal::Value {
            return;
        }
        let sets = self.functions.entry(&event.function);
        sets.newest_ns = sets.newest_ns.max(event.raw.time_ns);
        let look = Look {
            event,
            function: &event.function,
            fresh: context.is_fresh(&event.function),
            warm_up_ns: context.warm_up_ns,
        };
        if let Some(to) = &event.outbound {
            context.claims.extend(look.outbound(sets, to));
        }
        if let Some(source) = trigger(event) {
            let claim = look.at(&mut sets.triggers, &source, &rules::TRIGGER, "trigger");
            context.claims.extend(claim);
        }
        // A log's scope is the name of a logger: a part of the program that speaks when something is amiss.
        if event.raw.signal == Signal::Span && !event.raw.scope.is_empty() {
            let claim = look.at(
                &mut sets.libraries,
                &event.raw.scope,
                &rules::LIBRARY,
                "otel.scope.name",
            );
            context.claims.extend(claim);
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

/// One event, looked at.
struct Look<'a> {
    event: &'a Event,
    function: &'a str,
    fresh: bool,
    warm_up_ns: i64,
}

impl Look<'_> {
    fn at(&self, set: &mut FirstSeen, value: &str, rule: &Rule, field: &str) -> Option<Claim> {
        let now_ns = self.event.raw.time_ns;
        match set.see(value, now_ns, self.warm_up_ns, self.fresh) {
            Newness::New { known, seen, quiet_ns } => Some(
                Claim::new(rule, Subject::function(self.function).detail(value), confidence(seen))
                    .event(self.event)
                    .because(format!(
                        "{seen} observations before knew {known} others, and nothing new came for {} minutes",
                        quiet_ns / (60 * detector::S)
                    ))
                    .shows(field, value),
            ),
            Newness::Known | Newness::Learning => None,
        }
    }

    fn outbound(&self, sets: &mut Sets, to: &Outbound) -> Option<Claim> {
        let service = match to.call.is_empty() {
            true => to.service.clone(),
            false => format!("{} {}", to.service, to.call),
        };
        let host = match to.host.is_empty() {
            true => None,
            false => self.host(&mut sets.hosts, to),
        };
        let callee = match service.is_empty() {
            true => None,
            false => self.at(&mut sets.callees, &service, &rules::CALLEE, "service"),
        };
        let grave = callee.map(|claim| match places::is_powerful(&to.service) {
            true => claim.severity(Severity::High),
            false => claim,
        });
        host.or(grave)
    }

    fn host(&self, set: &mut FirstSeen, to: &Outbound) -> Option<Claim> {
        let owner = to.owner();
        let (known, seen) = (set.knows(&owner), set.seen());
        let subject = Subject::function(self.function).detail(&to.host);
        let claim = |rule: &Rule, confidence, reason: &str| {
            Claim::new(rule, subject.clone(), confidence)
                .event(self.event)
                .because(reason)
                .shows("server.address", &to.host)
        };
        if places::is_drop(&to.host) && !known {
            return Some(claim(
                &rules::DROP_HOST,
                0.9,
                "such hosts take whatever is sent to them, for anybody",
            ));
        }
        let few = seen >= OBSERVED_MIN && !known;
        if places::is_sometimes_drop(&to.host) && few {
            set.see(&owner, self.event.raw.time_ns, self.warm_up_ns, false);
            return Some(claim(
                &rules::DROP_HOST,
                0.7,
                "messages to such hosts leave no trace elsewhere",
            ));
        }
        if places::is_metadata(&to.host) {
            let new = few
                || matches!(
                    set.see(&owner, self.event.raw.time_ns, self.warm_up_ns, false),
                    Newness::New { .. }
                );
            return new.then(|| claim(&rules::METADATA, 0.8, "it never asked for them before"));
        }
        if to.host.parse::<std::net::IpAddr>().is_ok() && !to.is_bare_address() {
            return None; // inside the network addresses change
        }
        let claim = self.at(set, &owner, &rules::EGRESS, "server.address")?;
        Some(match to.is_bare_address() {
            true => claim
                .severity(Severity::High)
                .because("the host is a bare address, no name"),
            false => claim,
        })
    }
}

/// The longer nothing was new, the surer.
fn confidence(seen: u64) -> f32 {
    match seen {
        0..=99 => 0.55,
        100..=999 => 0.7,
        _ => 0.8,
    }
}

/// What invokes the function, where it is no person's request.
fn trigger(event: &Event) -> Option<String> {
    if !event.is_entry() {
        return None;
    }
    let kind = event.text(&["faas.trigger"]).unwrap_or_default();
    let source = event.text(&[
        "aws.lambda.event_source_arn",
        "aws.event.source_arn",
        "faas.event_source",
        "faas.trigger.source",
        "messaging.destination.name",
        "messaging.destination",
        "messaging.source.name",
        "faas.document.collection",
        "cloudevents.event_source",
        "cloudevents.source",
        "aws.event_source",
    ]);
    match (kind, source) {
        ("", None) => event.http.as_ref().map(|_| "http".to_owned()),
        (kind, None) => Some(kind.to_owned()),
        (kind, Some(source)) if event.kind == Kind::Consumer || kind != "http" => {
            Some(format!("{kind} {source}"))
        }
        (kind, _) => Some(kind.to_owned()),
    }
}

/// A function and the principal that invoked it, where the platform or its audit log says so. People who log
/// in are many and come and go; machines' principals are few.
fn invoker(event: &Event) -> Option<(String, String)> {
    if let Some(audit) = &event.audit {
        let invokes = audit.action.eq_ignore_ascii_case("Invoke")
            || audit.action.eq_ignore_ascii_case("InvokeFunction");
        let function = super::tampering::function_of(&audit.target).to_owned();
        let who = match audit.role.is_empty() {
            true => audit.principal.clone(),
            false => audit.role.clone(),
        };
        return (invokes && !audit.failed && !function.is_empty()).then_some((function, who));
    }
    let named = event.text(&[
        "faas.invoker",
        "aws.iam.principal",
        "aws.principal.arn",
        "caller.arn",
        "caller.principal",
        "cloud.caller",
        "client.principal",
        "tls.client.subject",
        "aws.lambda.invoked_by",
    ]);
    let user = [event.user.as_str()];
    let machine = user.iter().copied().find(|user| {
        user.starts_with("arn:")
            || user.ends_with(".gserviceaccount.com")
            || user.starts_with("spiffe://")
    });
    let principal = named
        .or(machine)
        .filter(|_| event.is_entry() && !event.function.is_empty())?;
    Some((event.function.clone(), principal.to_owned()))
}

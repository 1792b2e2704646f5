//! What the stream tells, as findings: one id each from the first word to an hour after the last.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};
use store::model::finding::{Matched, Suspect, plain};
use store::model::{Evidence, Finding, Scope, Severity, State, UnixNano};
use threats::stream::{self, Stream, Subject, Told};

use super::NAME;
use super::names::Names;
use super::said::Words;
use crate::findings::kinds::{self, KINDS};

/// Counts are written anew so often, ms.
const REWRITE_MS: f64 = 60_000.0;
/// Findings remembered as open.
const OPEN_MAX: usize = 20_000;

/// The open findings, those that are kept without telling too, and what people said.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// By the text that stands in `detail` and the subject.
    open: BTreeMap<(String, String), Finding>,
    words: Words,
}

impl Book {
    /// From the findings that are open in the store.
    pub(super) fn restore(findings: Vec<Finding>) -> Self {
        let own = |one: &Finding| kinds::find(&one.kind).is_some_and(|kind| kind.detector == NAME);
        let open = findings
            .into_iter()
            .filter(|one| own(one) && one.closed_at.is_none());
        Self {
            open: open
                .map(|one| ((one.detail.clone(), one.subject.clone()), one))
                .collect(),
            words: Words::default(),
        }
    }

    /// What people have said.
    pub(super) fn hear(&mut self, words: Words) {
        self.words = words;
    }

    /// The finding that something told makes.
    pub(super) fn tell(&mut self, told: &Told, names: &Names, now: UnixNano) -> Option<Finding> {
        let mut finding = finding(told.finding(), names, now);
        let key = (finding.detail.as_str(), finding.subject.as_str());
        if let Some(reason) = self.words.hold(key, finding.severity, now) {
            finding.state = State::Held;
            reason.clone_into(&mut finding.closed_because);
        }
        let key = (finding.detail.clone(), finding.subject.clone());
        match self.open.get(&key) {
            Some(known) => {
                finding.id.clone_from(&known.id);
                finding.began_at = known.began_at;
                finding.detected_at = known.detected_at;
            }
            None if self.open.len() >= OPEN_MAX => {
                tracing::warn!(
                    kind = finding.kind,
                    "{OPEN_MAX} threats are open; a further one is not kept"
                );
                return None;
            }
            None => {}
        }
        self.open.insert(key, finding.clone());
        Some(finding)
    }

    /// Counts that grew since they were written, and findings that are over.
    pub(super) fn keep(&mut self, stream: &Stream, names: &Names, now: UnixNano) -> Vec<Finding> {
        let mut counts = HashMap::new();
        for (rule, subject, count, seen_ns) in stream.open() {
            let key = (detail(rule, subject), whose(subject, names).1);
            counts.insert(key, (count, seen_ns));
        }
        let mut changed = Vec::new();
        self.open.retain(|key, finding| match counts.get(key) {
            Some((count, _)) if finding.evidence.events == *count => true,
            Some((count, _)) => {
                if finding.updated_at.plus_millis(REWRITE_MS) <= now {
                    finding.evidence.events = *count;
                    finding.updated_at = now;
                    changed.push(finding.clone());
                }
                true
            }
            None if finding.state == State::Held => false,
            None => {
                finding.state = State::Closed;
                finding.closed_at = Some(now);
                finding.updated_at = now;
                "Nothing more was seen of it for an hour.".clone_into(&mut finding.closed_because);
                changed.push(finding.clone());
                false
            }
        });
        changed
    }
}

/// Scope, subject and function.
fn whose(subject: &Subject, names: &Names) -> (Scope, String, String) {
    match names.id(&subject.function) {
        Some(id) => (Scope::Function, id.clone(), id.clone()),
        None if subject.principal.is_empty() => (Scope::Fleet, String::new(), String::new()),
        None => (Scope::Fleet, plain(&subject.principal, 200), String::new()),
    }
}

fn finding(found: &stream::Finding, names: &Names, now: UnixNano) -> Finding {
    let claim = &found.claim;
    let (scope, subject, function_id) = whose(&claim.subject, names);
    let detail = detail(&claim.rule.id, &claim.subject);
    let opened = UnixNano(found.opened_ns);
    let began = claim
        .marks
        .iter()
        .map(|mark| mark.time_ns)
        .min()
        .map_or(opened, UnixNano);
    Finding {
        id: id(&detail, &subject, found.opened_ns),
        kind: kind(&claim.rule.id).to_owned(),
        scope,
        subject,
        function_id,
        version: String::new(),
        detail,
        state: State::Open,
        severity: severity(claim.severity),
        confidence: f64::from(claim.confidence),
        p_value: None,
        began_at: began.min(opened),
        detected_at: opened,
        updated_at: now,
        closed_at: None,
        closed_because: String::new(),
        title: title(claim),
        sentence: sentence(claim),
        relative: None,
        interval: None,
        before: None,
        after: None,
        unit: "count".to_owned(),
        ms_per_month: None,
        micro_usd_per_month: None,
        evidence: evidence(found),
    }
}

/// What tells it apart: the rule and whoever does it.
fn detail(rule: &str, subject: &Subject) -> String {
    let parts = [rule, &subject.client, &subject.principal, &subject.detail];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    plain(&parts.join(" · "), 400)
}

fn id(detail: &str, subject: &str, opened_ns: i64) -> String {
    let digest = Sha256::digest(format!("{NAME}\n{detail}\n{subject}\n{opened_ns}"));
    hex::encode(&digest[..8])
}

/// The kind that a rule's findings are of.
fn kind(rule: &str) -> &'static str {
    let name = match rule {
        "scanner" | "scan" | "enumeration" => "threat_scan",
        "credential_stuffing" | "password_spraying" | "brute_force" => "threat_login",
        "denial_of_wallet" => "threat_wallet",
        "recursion" => "threat_recursion",
        "mining" => "threat_mining",
        "secrets_sweep" => "threat_secrets",
        "stolen_credentials" | "impossible_change" | "metadata_call" => "threat_credentials",
        "code_tampering" => "threat_tampering",
        "telemetry_silence" => "threat_silence",
        "new_egress" | "drop_host" | "bytes_out" => "threat_exfiltration",
        "new_callee" | "new_trigger" | "new_principal" | "new_library" => "threat_behaviour",
        "secret_in_telemetry" => "threat_leak",
        rule if rule.starts_with("payload_") => "threat_payload",
        rule if rule.starts_with("executed_") => "threat_executed",
        _ => "threat_rule",
    };
    KINDS
        .iter()
        .find(|kind| kind.name == name)
        .map_or("threat_rule", |kind| kind.name)
}

fn severity(severity: stream::Severity) -> Severity {
    match severity {
        stream::Severity::Low => Severity::Low,
        stream::Severity::Medium => Severity::Medium,
        stream::Severity::High => Severity::High,
        stream::Severity::Critical => Severity::Critical,
    }
}

fn title(claim: &stream::Claim) -> String {
    match claim.subject.function.as_str() {
        "" => claim.rule.title.to_string(),
        function => plain(&format!("{}: {function}", claim.rule.title), 300),
    }
}

fn sentence(claim: &stream::Claim) -> String {
    let who = match (
        claim.subject.client.as_str(),
        claim.subject.principal.as_str(),
    ) {
        ("", "") => String::new(),
        (client, "") => format!(" From {client}."),
        ("", principal) => format!(" By {principal}."),
        (client, principal) => format!(" By {principal} from {client}."),
    };
    let why = claim
        .reasons
        .first()
        .map(|reason| format!(" It is said because {reason}."));
    plain(
        &format!("{}.{who}{}", claim.rule.title, why.unwrap_or_default()),
        900,
    )
}

fn evidence(found: &stream::Finding) -> Evidence {
    let claim = &found.claim;
    let mut traces: Vec<String> = Vec::new();
    for mark in claim
        .marks
        .iter()
        .rev()
        .filter(|mark| !mark.trace.is_empty())
    {
        if !traces.contains(&mark.trace) {
            traces.push(mark.trace.clone());
        }
    }
    let whom = [
        ("client", &claim.subject.client),
        ("principal", &claim.subject.principal),
    ];
    let suspect = |(what, name): (&str, &String)| Suspect {
        what: format!("{what} {name}"),
        why: claim.rule.title.to_string(),
        weight: f64::from(claim.confidence),
    };
    let silence = "If it is known and meant, say so below, or mute it for a while under Alerts.";
    let mut evidence = Evidence {
        reasons: claim.reasons.clone(),
        suspects: whom
            .into_iter()
            .filter(|(_, name)| !name.is_empty())
            .map(suspect)
            .collect(),
        traces,
        advice: vec![claim.rule.advice.to_string(), silence.to_owned()],
        attack: claim
            .rule
            .attack
            .split(' ')
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect(),
        matches: claim
            .evidence
            .iter()
            .map(|(field, text)| Matched {
                field: field.clone(),
                text: text.clone(),
            })
            .collect(),
        events: found.count,
        ..Evidence::default()
    };
    evidence.bound();
    evidence
}

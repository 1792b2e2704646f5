//! A finding as a log record, by OpenTelemetry's conventions for security rules.

use store::model::finding::plain;
use store::model::{Finding, Severity, State};
use store::security_logs::SecurityLog;
use threats::stream::{Told, rules};

/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 1_000;

/// The record of something told; none for what is kept without telling.
pub(super) fn of(told: &Told, finding: &Finding) -> Option<SecurityLog> {
    if finding.state == State::Held {
        return None;
    }
    let claim = &told.finding().claim;
    let rule = &claim.rule;
    let built_in = rules::is_built_in(&rule.id);
    let ruleset = if built_in { "nephoscope" } else { "sigma" };
    let techniques = rule.attack.to_string();
    let attributes = [
        ("security_rule.name", rule.title.to_string()),
        ("security_rule.uuid", rule.id.to_string()),
        ("security_rule.category", finding.kind.clone()),
        ("security_rule.description", rule.advice.to_string()),
        ("security_rule.ruleset.name", ruleset.to_owned()),
        (
            "security_rule.version",
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
        (
            "security_rule.reference",
            reference(&rule.attack).unwrap_or_default(),
        ),
        ("threat.technique.id", techniques),
        ("client.address", claim.subject.client.clone()),
        ("enduser.id", claim.subject.principal.clone()),
        ("faas.name", claim.subject.function.clone()),
        ("nephoscope.finding.id", finding.id.clone()),
        ("nephoscope.finding.reasons", claim.reasons.join("; ")),
    ];
    let attributes = attributes
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), plain(&value, VALUE_BYTES_MAX)));
    let shown = claim
        .marks
        .iter()
        .rev()
        .find(|mark| is_hex(&mark.trace, 32));
    let (trace_id, span_id) = shown.map_or_else(Default::default, |mark| {
        let span = if is_hex(&mark.span, 16) {
            mark.span.as_str()
        } else {
            ""
        };
        (mark.trace.clone(), span.to_owned())
    });
    let (severity_number, severity_text) = severity(finding.severity);
    Some(SecurityLog {
        at: finding.updated_at,
        trace_id,
        span_id,
        severity_number,
        severity_text,
        body: finding.sentence.clone(),
        attributes: attributes.collect(),
        function_id: finding.function_id.clone(),
    })
}

/// Where the first technique is described.
fn reference(attack: &str) -> Option<String> {
    let id = attack.split(' ').find(|id| !id.is_empty())?;
    let path = id.replace('.', "/");
    Some(format!("https://attack.mitre.org/techniques/{path}/"))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// OpenTelemetry's number and name.
fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Info | Severity::Low => (9, "INFO"),
        Severity::Medium => (13, "WARN"),
        Severity::High => (17, "ERROR"),
        Severity::Critical => (21, "FATAL"),
    }
}

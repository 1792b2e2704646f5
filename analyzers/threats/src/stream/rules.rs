//! Everything that the stream's own detectors can find. Rules of Sigma bring their own words.

use std::borrow::Cow;

use super::finding::{Rule, Severity};
use crate::payload::Class;

const fn rule(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    attack: &'static str,
    advice: &'static str,
) -> Rule {
    Rule {
        id: Cow::Borrowed(id),
        title: Cow::Borrowed(title),
        severity,
        attack: Cow::Borrowed(attack),
        advice: Cow::Borrowed(advice),
    }
}

const ROTATE: &str = "Take the credential out of use first, then look at what was done with it.";

/// See its title.
pub const SCANNER: Rule = rule(
    "scanner",
    "A scanner names itself",
    Severity::Medium,
    "T1595.002",
    "See what it found: answers below 400 to its requests. Block it at the gateway if nobody ordered the scan.",
);
/// See its title.
pub const SCAN: Rule = rule(
    "scan",
    "Names of pages and files are guessed",
    Severity::Medium,
    "T1595.003",
    "See what it found: answers below 400 to its requests. Block the client at the gateway.",
);
/// See its title.
pub const ENUMERATION: Rule = rule(
    "enumeration",
    "Ids are tried one after another",
    Severity::Medium,
    "T1595.003 T1213",
    "Look at the ids that were answered: do they belong to the caller? Limit the rate by client.",
);
/// See its title.
pub const STUFFING: Rule = rule(
    "credential_stuffing",
    "Stolen passwords are tried on many accounts",
    Severity::High,
    "T1110.004",
    "Look for successful logins among the attempts and end their sessions; ask for a second factor; limit the rate.",
);
/// See its title.
pub const SPRAYING: Rule = rule(
    "password_spraying",
    "A few passwords are tried slowly on many accounts",
    Severity::High,
    "T1110.003",
    "Look for successful logins among the attempts and end their sessions; ask for a second factor.",
);
/// See its title.
pub const BRUTE_FORCE: Rule = rule(
    "brute_force",
    "Passwords of an account are guessed",
    Severity::High,
    "T1110.001",
    "Lock or slow down logins of the account, and see whether one succeeded.",
);
/// See its title.
pub const FLOOD: Rule = rule(
    "denial_of_wallet",
    "Somebody makes the function run up costs",
    Severity::High,
    "T1499 T1496",
    "Limit the rate at the gateway, or the function's concurrency; block the clients named here.",
);
/// See its title.
pub const LOOP: Rule = rule(
    "recursion",
    "Functions call each other in a loop",
    Severity::High,
    "T1499",
    "Set the concurrency of one of them to zero, and change where its output goes before giving it back.",
);
/// See its title.
pub const MINING: Rule = rule(
    "mining",
    "The function's time is used by somebody else",
    Severity::High,
    "T1496.001",
    "Go back to the version before, and look at what was loaded that does not belong to it.",
);
/// See its title.
pub const SWEEP: Rule = rule(
    "secrets_sweep",
    "Many secrets are read by one principal",
    Severity::High,
    "T1555.006",
    "Take the principal's credentials out of use; rotate the secrets that it read.",
);
/// See its title.
pub const STOLEN: Rule = rule(
    "stolen_credentials",
    "A function's credentials are used by somebody else",
    Severity::Critical,
    "T1078.004 T1552.005",
    ROTATE,
);
/// See its title.
pub const IMPOSSIBLE: Rule = rule(
    "impossible_change",
    "A principal is suddenly somewhere else, with other tools",
    Severity::High,
    "T1078.004",
    ROTATE,
);
/// See its title.
pub const TAMPERING: Rule = rule(
    "code_tampering",
    "A function's code was changed by somebody who does not deploy",
    Severity::High,
    "T1525 T1648",
    "Ask the person. If nobody knows of it: deploy the version before, and take the principal's credentials out of use.",
);
/// See its title.
pub const SILENCE: Rule = rule(
    "telemetry_silence",
    "The function runs, but its telemetry has stopped",
    Severity::Medium,
    "T1562.008",
    "Compare the function's code and layers with the last deploy; see whether the exporter was turned off.",
);
/// See its title.
pub const EGRESS: Rule = rule(
    "new_egress",
    "The function calls a host that it never called",
    Severity::Medium,
    "T1041 T1567",
    "Find the call in the trace. If no deploy explains it, look at what was sent and where the address came from.",
);
/// See its title.
pub const DROP_HOST: Rule = rule(
    "drop_host",
    "The function calls a place where data is dropped",
    Severity::High,
    "T1567",
    "See what was sent and where the address came from; rotate what the function could read.",
);
/// See its title.
pub const METADATA: Rule = rule(
    "metadata_call",
    "The function asks for the machine's credentials",
    Severity::High,
    "T1552.005",
    "Find the request that made it do so; rotate the function's credentials.",
);
/// See its title.
pub const CALLEE: Rule = rule(
    "new_callee",
    "The function uses a service that it never used",
    Severity::Medium,
    "T1526 T1078.004",
    "Find the call in the trace, and what made it. Take rights away that the function does not need.",
);
/// See its title.
pub const TRIGGER: Rule = rule(
    "new_trigger",
    "The function is invoked by a source that never did",
    Severity::Medium,
    "T1546",
    "See who connected the source; remove it if nobody knows of it.",
);
/// See its title.
pub const PRINCIPAL: Rule = rule(
    "new_principal",
    "The function is invoked by a principal that never did",
    Severity::Medium,
    "T1078.004",
    "See where the principal got the right to invoke it.",
);
/// See its title.
pub const LIBRARY: Rule = rule(
    "new_library",
    "A library speaks that was not there, and nothing was deployed",
    Severity::Medium,
    "T1195.002 T1574",
    "Compare the function's code and layers with the last deploy.",
);
/// See its title.
pub const BYTES: Rule = rule(
    "bytes_out",
    "Far more data leaves than ever",
    Severity::Medium,
    "T1041 T1030",
    "See what was sent in the trace, and to whom.",
);
/// See its title.
pub const SECRET: Rule = rule(
    "secret_in_telemetry",
    "A credential stands in telemetry",
    Severity::Medium,
    "T1552.001",
    "Rotate the credential; take it out of the log line or attribute named here.",
);

/// All that are here; each class of payload comes as attempted and as executed beside them.
pub const ALL: &[&Rule] = &[
    &SCANNER,
    &SCAN,
    &ENUMERATION,
    &STUFFING,
    &SPRAYING,
    &BRUTE_FORCE,
    &FLOOD,
    &LOOP,
    &MINING,
    &SWEEP,
    &STOLEN,
    &IMPOSSIBLE,
    &TAMPERING,
    &SILENCE,
    &EGRESS,
    &DROP_HOST,
    &METADATA,
    &CALLEE,
    &TRIGGER,
    &PRINCIPAL,
    &LIBRARY,
    &BYTES,
    &SECRET,
];

/// Classes of payloads that come out of requests.
pub const CLASSES: &[Class] = &[
    Class::Sqli,
    Class::Xss,
    Class::Traversal,
    Class::Command,
    Class::Ssrf,
    Class::Xxe,
    Class::Ssti,
    Class::Nosql,
    Class::Ldap,
    Class::Crlf,
    Class::Deserialisation,
    Class::Log4shell,
    Class::Shellshock,
    Class::PrototypePollution,
    Class::Code,
    Class::Ssi,
];

/// What a class is called in a title.
fn words(class: Class) -> &'static str {
    match class {
        Class::Sqli => "SQL injection",
        Class::Xss => "cross-site scripting",
        Class::Traversal => "path traversal",
        Class::Command => "command injection",
        Class::Ssrf => "server-side request forgery",
        Class::Xxe => "external XML entities",
        Class::Ssti => "template injection",
        Class::Nosql => "NoSQL injection",
        Class::Ldap => "LDAP injection",
        Class::Crlf => "header injection",
        Class::Deserialisation => "deserialisation of foreign objects",
        Class::Log4shell => "Log4Shell",
        Class::Shellshock => "Shellshock",
        Class::PrototypePollution => "prototype pollution",
        Class::Code => "code injection",
        Class::Ssi => "server-side includes",
        Class::Secret => "a credential",
    }
}

fn techniques(class: Class) -> &'static str {
    match class {
        Class::Xss => "T1059.007 T1189",
        Class::Command | Class::Shellshock | Class::Code => "T1190 T1059",
        Class::Ssrf => "T1190 T1552.005",
        Class::Traversal | Class::Xxe => "T1190 T1083",
        Class::Secret => "T1552.001",
        _ => "T1190",
    }
}

/// Whether a rule is one of these, and none of Sigma.
pub fn is_built_in(id: &str) -> bool {
    let of_class = ["payload_", "executed_"];
    of_class.iter().any(|start| id.starts_with(start)) || ALL.iter().any(|rule| rule.id == id)
}

/// A payload of a class was sent.
pub fn attempted(class: Class) -> Rule {
    Rule {
        id: Cow::Owned(format!("payload_{}", class.name())),
        title: Cow::Owned(format!("Attempt: {}", words(class))),
        severity: Severity::Medium,
        attack: Cow::Borrowed(techniques(class)),
        advice: Cow::Borrowed(
            "See in the traces whether the function did what the text asks for; block the client at the gateway.",
        ),
    }
}

/// A payload of a class did something.
pub fn executed(class: Class) -> Rule {
    Rule {
        id: Cow::Owned(format!("executed_{}", class.name())),
        title: Cow::Owned(format!("Executed: {}", words(class))),
        severity: Severity::Critical,
        attack: Cow::Borrowed(techniques(class)),
        advice: Cow::Borrowed(
            "Treat what the function can reach as read. Close the hole named in the trace, rotate its credentials.",
        ),
    }
}

//! Azure's activity log about function apps. It numbers no versions and speaks of whole apps.

use store::model::{DeployWords, FunctionId};

use super::Audited;
use super::entry::Entry;

/// Operations that change an app, in lower case.
const OPERATIONS: [(&str, &str); 6] = [
    ("microsoft.web/sites/write", "app updated"),
    ("microsoft.web/sites/config/write", "configuration updated"),
    ("microsoft.web/sites/publish/action", "published"),
    ("microsoft.web/sites/deployments/write", "deployed"),
    ("microsoft.web/sites/slotsswap/action", "slots swapped"),
    (
        "microsoft.web/sites/slots/slotsswap/action",
        "slots swapped",
    ),
];
/// Where an identity's claims hold a person's name.
const CLAIMS: [&str; 3] = [
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "name",
];

/// The change an entry tells of, if it is one of an app that took place.
pub(super) fn read(entry: &Entry) -> Option<Audited> {
    let operation = entry.text(&[
        &["operationName", "value"],
        &["operationName"],
        &["azure", "operation", "name"],
        &["authorization", "action"],
    ])?;
    let operation = operation.to_ascii_lowercase();
    let (_, note) = OPERATIONS.iter().find(|(name, _)| *name == operation)?;
    // An operation is told at its start, when it was accepted, and at its end.
    let outcome = entry.text(&[
        &["resultType"],
        &["status", "value"],
        &["status"],
        &["azure", "result", "type"],
        &["properties", "status"],
    ]);
    let is_over = outcome.is_none_or(|outcome| {
        let outcome = outcome.to_ascii_lowercase();
        matches!(outcome.as_str(), "success" | "succeeded")
    });
    if !is_over {
        return None;
    }
    let resource = entry.text(&[
        &["resourceId"],
        &["cloud", "resource_id"],
        &["azure", "resource", "id"],
    ])?;
    let after = |label: &str| {
        let mut parts = resource.split('/');
        parts.find(|part| part.eq_ignore_ascii_case(label))?;
        parts.next().map(str::to_owned)
    };
    let region = entry.text(&[
        &["location"],
        &["properties", "location"],
        &["cloud", "region"],
    ]);
    Some(Audited {
        function: FunctionId {
            provider: "azure".to_owned(),
            account: after("subscriptions")
                .unwrap_or_default()
                .to_ascii_lowercase(),
            region: region
                .unwrap_or_default()
                .to_ascii_lowercase()
                .replace(' ', ""),
            name: after("sites")?,
        },
        is_app: true,
        version: String::new(),
        at: entry.time(&[&["eventTimestamp"], &["time"]]),
        words: DeployWords {
            who: who(entry),
            note: (*note).to_owned(),
            ..DeployWords::default()
        },
    })
}

fn who(entry: &Entry) -> String {
    let claims = [&["identity", "claims"][..], &["claims"]];
    let named = CLAIMS
        .iter()
        .flat_map(|claim| claims.map(|at| entry.text(&[&[at, &[*claim]].concat()])));
    let caller = || {
        entry.text(&[
            &["caller"],
            &["identity", "authorization", "evidence", "principalId"],
        ])
    };
    named.flatten().next().or_else(caller).unwrap_or_default()
}

//! CloudTrail's entries about Lambda.

use serde_json::Value;
use store::model::{Change, DeployWords, FunctionId};

use super::Audited;
use super::entry::{Entry, plain};

/// Fields of a request that say what changed, and what we call it.
const CHANGES: [(&[&str], &str); 10] = [
    (&["memorySize"], "memory_mb"),
    (&["runtime"], "runtime"),
    (&["architectures"], "architecture"),
    (&["layers"], "layers"),
    (&["packageType"], "package"),
    (&["timeout"], "timeout_s"),
    (&["handler"], "handler"),
    (&["snapStart", "applyOn"], "snap_start"),
    (&["ephemeralStorage", "size"], "ephemeral_storage_mb"),
    (&["imageUri"], "image"),
];

/// The change an entry tells of, if it is one of a Lambda function that took place.
pub(super) fn read(entry: &Entry) -> Option<Audited> {
    let event = entry.text(&[&["eventName"], &["rpc", "method"], &["event", "name"]])?;
    let source = entry
        .text(&[&["eventSource"], &["rpc", "service"]])
        .unwrap_or_default();
    // The name goes on with the version of the interface: `UpdateFunctionCode20150331v2`.
    let event = event
        .split_once("2015")
        .map_or(event.as_str(), |(name, _)| name);
    let is_failed = entry.text(&[&["errorCode"], &["error", "type"]]).is_some();
    if is_failed || !(source.is_empty() || source.starts_with("lambda")) {
        return None;
    }
    let version = match event {
        "UpdateFunctionCode" | "UpdateFunctionConfiguration" => {
            response(entry, "version").unwrap_or_else(|| "$LATEST".to_owned())
        }
        "PublishVersion" => response(entry, "version")?,
        "UpdateAlias" => moved_to(entry)?,
        _ => return None,
    };
    Some(Audited {
        function: function(entry)?,
        is_app: false,
        version,
        at: entry.time(&[&["eventTime"]]),
        words: DeployWords {
            who: who(entry),
            commit: response(entry, "codeSha256").unwrap_or_default(),
            note: note(entry, event),
            changes: changes(entry),
            ..DeployWords::default()
        },
    })
}

fn response(entry: &Entry, field: &str) -> Option<String> {
    entry.text(&[
        &["responseElements", field],
        &["aws", "response_elements", field],
    ])
}

fn request<'a>(entry: &'a Entry, path: &[&str]) -> Option<&'a Value> {
    let at = |root: &[&str]| entry.get(&[root, path].concat());
    at(&["requestParameters"]).or_else(|| at(&["aws", "request_parameters"]))
}

/// The version an alias sends traffic to: the one it is being moved to, where it is moved by and by.
fn moved_to(entry: &Entry) -> Option<String> {
    let weights = request(entry, &["routingConfig", "additionalVersionWeights"]);
    let next = weights
        .and_then(Value::as_object)
        .and_then(|weights| weights.keys().next().cloned());
    next.or_else(|| plain(request(entry, &["functionVersion"])?))
        .or_else(|| response(entry, "functionVersion"))
}

/// By the ARN where there is one, else by what the entry says around the bare name.
fn function(entry: &Entry) -> Option<FunctionId> {
    let named = plain(request(entry, &["functionName"])?)?;
    let arn = [
        response(entry, "functionArn"),
        response(entry, "aliasArn"),
        Some(named.clone()),
    ];
    let of_arn = arn.into_iter().flatten().find_map(|arn| {
        let mut parts = arn.split(':').skip(3);
        let (region, account, kind, name) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (kind == "function").then(|| id(account, region, name))
    });
    of_arn.or_else(|| {
        let account = entry.text(&[
            &["recipientAccountId"],
            &["userIdentity", "accountId"],
            &["cloud", "account", "id"],
        ]);
        let region = entry.text(&[&["awsRegion"], &["cloud", "region"]]);
        // `123456789012:function:name` and `name:alias` are names, too.
        let bare = named
            .split_once(":function:")
            .map_or(named.as_str(), |(_, name)| name);
        let bare = bare.split(':').next().unwrap_or(bare);
        Some(id(
            &account.unwrap_or_default(),
            &region.unwrap_or_default(),
            bare,
        ))
    })
}

fn id(account: &str, region: &str, name: &str) -> FunctionId {
    FunctionId {
        provider: "aws".to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
    }
}

/// The role or user without the account before it, which stands with the function.
fn who(entry: &Entry) -> String {
    let arn = entry.text(&[
        &["userIdentity", "arn"],
        &["aws", "user_identity", "arn"],
        &["userIdentity", "userName"],
        &["userIdentity", "invokedBy"],
        &["userIdentity", "principalId"],
        &["user", "name"],
    ]);
    let arn = arn.unwrap_or_default();
    let last = arn.rsplit(':').next().unwrap_or_default();
    if arn.starts_with("arn:") {
        last.to_owned()
    } else {
        arn
    }
}

fn note(entry: &Entry, event: &str) -> String {
    match (event, request(entry, &["name"]).and_then(plain)) {
        ("UpdateAlias", Some(alias)) => format!("alias {alias}"),
        _ => request(entry, &["description"])
            .and_then(plain)
            .unwrap_or_default(),
    }
}

fn changes(entry: &Entry) -> Vec<Change> {
    let change = |what: &str, after: String| Change {
        what: what.to_owned(),
        before: String::new(),
        after,
    };
    let mut changes: Vec<Change> = CHANGES
        .iter()
        .filter_map(|(path, what)| Some(change(what, told(request(entry, path)?)?)))
        .collect();
    // Values of the environment and of the network are nobody's business but the cloud's.
    for (field, what) in [
        ("environment", "environment"),
        ("vpcConfig", "vpc"),
        ("role", "role"),
    ] {
        if request(entry, &[field]).is_some() {
            changes.push(change(what, "changed".to_owned()));
        }
    }
    changes
}

/// A value as text; of a list the last part of each ARN, which is what differs.
fn told(value: &Value) -> Option<String> {
    let short = |text: String| match text.split_once(":layer:") {
        Some((_, layer)) => layer.to_owned(),
        None => text,
    };
    match value {
        Value::Array(items) => {
            let one = |item: &Value| plain(item.get("arn").unwrap_or(item)).map(short);
            let items: Vec<String> = items.iter().take(10).filter_map(one).collect();
            Some(items.join(", ")) // an empty list is a change, too: all are gone
        }
        other => plain(other),
    }
}

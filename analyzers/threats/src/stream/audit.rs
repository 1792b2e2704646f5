//! Calls that a cloud's audit log tells of: CloudTrail, Azure's activity, sign-in and vault logs, Google's
//! audit logs; as a log's body or as attributes, in the cloud's own names or in those of ECS and OCSF.

use std::collections::HashMap;

use serde_json::Value;

use super::event::{Event, Signal};

/// Fields read of one entry.
const FIELDS_MAX: usize = 2_000;
/// A longer body is no entry of an audit log.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A call that an audit log tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// The call, without a version: `UpdateFunctionCode`.
    pub action: String,
    /// The service: `lambda`.
    pub service: String,
    /// Who calls, in full: an ARN, a name, an address of mail.
    pub principal: String,
    /// The role of a session, or empty.
    pub role: String,
    /// The session's name: for a function's own credentials the function's name; or empty.
    pub session: String,
    /// The account that is called, or empty.
    pub account: String,
    /// From where.
    pub address: String,
    /// With what.
    pub agent: String,
    /// What the call is about: a function, a secret; or empty.
    pub target: String,
    /// Whether it was refused or failed.
    pub failed: bool,
    /// Whether a service of the cloud calls for somebody.
    pub by_service: bool,
}

const ACTION: &[&str] = &[
    "eventName",
    "protoPayload.methodName",
    "methodName",
    "operationName.value",
    "operationName",
    "OperationNameValue",
    "operation_name",
    "api.operation",
    "gcp.audit.method_name",
    "event.action",
    "aws.cloudtrail.event_name",
    "aws.event_name",
];
const SERVICE: &[&str] = &[
    "eventSource",
    "protoPayload.serviceName",
    "serviceName",
    "resourceProviderName.value",
    "ResourceProviderValue",
    "resourceProvider",
    "api.service.name",
    "event.provider",
    "gcp.audit.service_name",
    "category",
];
const PRINCIPAL: &[&str] = &[
    "userIdentity.arn",
    "user_identity.arn",
    "protoPayload.authenticationInfo.principalEmail",
    "authenticationInfo.principalEmail",
    "gcp.audit.authentication_info.principal_email",
    "caller",
    "Caller",
    "userPrincipalName",
    "identity.claim.upn",
    "identity.claims.name",
    "identity.claim.appid",
    "identity",
    "actor.user.uid",
    "actor.user.name",
    "userIdentity.principalId",
    "userIdentity.userName",
    "userIdentity.invokedBy",
    "user.name",
    "enduser.id",
    "user.id",
    "principal",
];
const ADDRESS: &[&str] = &[
    "sourceIPAddress",
    "source_ip_address",
    "protoPayload.requestMetadata.callerIp",
    "requestMetadata.callerIp",
    "gcp.audit.request_metadata.caller_ip",
    "callerIpAddress",
    "CallerIPAddress",
    "httpRequest.clientIpAddress",
    "ipAddress",
    "src_endpoint.ip",
    "source.ip",
    "source.address",
    "client.address",
    "client.ip",
];
const AGENT: &[&str] = &[
    "userAgent",
    "user_agent.original",
    "protoPayload.requestMetadata.callerSuppliedUserAgent",
    "requestMetadata.callerSuppliedUserAgent",
    "gcp.audit.request_metadata.caller_supplied_user_agent",
    "http_request.user_agent",
    "clientInfo",
    "properties.clientInfo",
];
const TARGET: &[&str] = &[
    "requestParameters.functionName",
    "requestParameters.secretId",
    "requestParameters.name",
    "requestParameters.names",
    "requestParameters.path",
    "requestParameters.layerName",
    "requestParameters.roleName",
    "requestParameters.userName",
    "requestParameters.bucketName",
    "requestParameters.keyId",
    "protoPayload.resourceName",
    "resourceName",
    "gcp.audit.resource_name",
    "id",
    "requestUri",
    "resourceId",
    "ResourceId",
    "resources.name",
    "resources.ARN",
    "cloud.resource_id",
    "aws.secretsmanager.secret.arn",
];
const FAILED: &[&str] = &[
    "errorCode",
    "error_code",
    "protoPayload.status.code",
    "status.code",
    "gcp.audit.status.code",
    "api.response.error",
    "error.type",
];
/// What an entry may be wrapped in.
const WRAPPERS: &[&str] = &[
    "detail.",
    "body.",
    "event.",
    "data.",
    "properties.",
    "attributes.",
    "aws.cloudtrail.",
    "cloudtrail.",
    "gcp.",
    "azure.",
];

/// Reads it; None if the event is no entry of an audit log.
pub fn of(event: &Event) -> Option<Audit> {
    if event.raw.signal != Signal::Log && !event.raw.attributes.iter().any(|(key, _)| is_sure(key))
    {
        return None;
    }
    let fields = Fields::of(event);
    if !fields.0.keys().any(|key| is_sure(key)) {
        return None;
    }
    let text = |names: &[&str]| fields.first(names).unwrap_or_default();
    let action = text(ACTION);
    let principal = text(PRINCIPAL);
    if action.is_empty() || (principal.is_empty() && text(ADDRESS).is_empty()) {
        return None;
    }
    let (role, session) = session(&principal);
    let by_service = fields
        .first(&["userIdentity.invokedBy"])
        .is_some_and(|by| by.ends_with(".amazonaws.com"))
        || fields.first(&["userIdentity.type"]).as_deref() == Some("AWSService");
    let failed = fields.first(FAILED).is_some_and(|code| code != "0")
        || fields
            .first(&[
                "resultType",
                "ResultType",
                "status.value",
                "ActivityStatusValue",
            ])
            .is_some_and(|word| {
                let bad = ["fail", "denied", "error", "unauthorized"];
                bad.iter()
                    .any(|bad| word.to_ascii_lowercase().contains(bad))
                    || word.parse::<u32>().is_ok_and(|code| code != 0)
            });
    Some(Audit {
        action: bare_action(&action),
        service: bare_service(&text(SERVICE)),
        role,
        session,
        account: text(&[
            "recipientAccountId",
            "userIdentity.accountId",
            "cloud.account.id",
            "subscriptionId",
        ]),
        address: text(ADDRESS),
        agent: text(AGENT),
        target: text(TARGET),
        principal,
        failed,
        by_service,
    })
}

/// Fields that nothing but an entry of an audit log has.
fn is_sure(key: &str) -> bool {
    let ends = [
        "eventName",
        "protoPayload.methodName",
        "operationName",
        "operationName.value",
        "OperationNameValue",
        "gcp.audit.method_name",
        "aws.cloudtrail.event_name",
        "aws.event_name",
        "api.operation",
    ];
    ends.iter().any(|end| {
        key == *end || (key.ends_with(end) && key[..key.len() - end.len()].ends_with('.'))
    })
}

/// The values of an entry by the names of their fields, with and without what they are wrapped in.
struct Fields(HashMap<String, String>);

impl Fields {
    fn of(event: &Event) -> Self {
        let mut fields = Self(HashMap::new());
        for (key, value) in &event.raw.attributes {
            fields.add(key, value);
        }
        let body = event.raw.body.trim_start();
        if body.starts_with('{')
            && body.len() <= BODY_BYTES_MAX
            && let Ok(value) = serde_json::from_str::<Value>(body)
        {
            fields.flatten(value);
        }
        fields
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.0.get(*name).cloned())
    }

    fn add(&mut self, key: &str, value: &str) {
        if value.is_empty() || self.0.len() >= FIELDS_MAX {
            return;
        }
        let mut key = key;
        loop {
            self.0
                .entry(key.to_owned())
                .or_insert_with(|| value.to_owned());
            let Some(inner) = WRAPPERS
                .iter()
                .find_map(|wrapper| key.strip_prefix(wrapper))
            else {
                return;
            };
            key = inner;
        }
    }

    /// Without recursion; the JSON parser has bounded its depth.
    fn flatten(&mut self, value: Value) {
        let mut open = vec![(String::new(), value)];
        while let Some((key, value)) = open.pop() {
            if self.0.len() >= FIELDS_MAX {
                return;
            }
            let below = |name: &str| match key.as_str() {
                "" => name.to_owned(),
                key => format!("{key}.{name}"),
            };
            match value {
                Value::Object(fields) => {
                    open.extend(
                        fields
                            .into_iter()
                            .map(|(name, value)| (below(&name), value)),
                    );
                }
                Value::Array(values) => {
                    open.extend(values.into_iter().rev().map(|value| (key.clone(), value)));
                }
                Value::Null => {}
                Value::String(text) => self.add(&key, &text),
                other => self.add(&key, &other.to_string()),
            }
        }
    }
}

/// `UpdateFunctionCode20150331v2` is `UpdateFunctionCode`; `google.x.Y.Call` is `Call`.
fn bare_action(action: &str) -> String {
    let action = match action.contains('/') {
        true => action,
        false => action.rsplit('.').next().unwrap_or(action),
    };
    let mut end = action.len();
    if let Some(at) = action.find("201").or_else(|| action.find("202")) {
        let dated = action[at..]
            .bytes()
            .take(8)
            .filter(u8::is_ascii_digit)
            .count();
        if at > 0 && (dated == 8 || action[at + 4..].starts_with('_')) {
            end = at;
        }
    }
    action[..end].trim_end_matches('_').to_owned()
}

fn bare_service(service: &str) -> String {
    service
        .split('.')
        .next()
        .unwrap_or(service)
        .to_ascii_lowercase()
}

/// Role and session of `arn:aws:sts::1:assumed-role/role/session`.
fn session(principal: &str) -> (String, String) {
    let Some((_, rest)) = principal.split_once(":assumed-role/") else {
        return (String::new(), String::new());
    };
    let (role, session) = rest.split_once('/').unwrap_or((rest, ""));
    (role.to_owned(), session.to_owned())
}

/// Calls that put other code, or other things around it, into a function.
const TAMPERING: &[&str] = &[
    "updatefunctioncode",
    "updatefunctionconfiguration",
    "publishlayerversion",
    "publishversion",
    "updatealias",
    "createalias",
    "updatefunction",
    "replaceservice",
    "microsoft.web/sites/publish/action",
    "microsoft.web/sites/write",
    "microsoft.web/sites/zipdeploy",
    "microsoft.web/sites/functions/write",
    "microsoft.web/sites/config/write",
    "microsoft.web/sites/slots/slotsswap/action",
];

/// Calls that read one secret.
const SECRETS: &[&str] = &[
    "getsecretvalue",
    "batchgetsecretvalue",
    "getparameter",
    "getparameters",
    "getparametersbypath",
    "accesssecretversion",
    "secretget",
    "microsoft.keyvault/vaults/secrets/read",
    "microsoft.keyvault/vaults/secrets/getsecret/action",
];

/// Calls that list secrets.
const LISTS: &[&str] = &["listsecrets", "secretlist", "describeparameters"];

impl Audit {
    /// Whether it changes a function's code, or what is loaded with it.
    pub fn changes_code(&self) -> bool {
        self.is(TAMPERING)
    }

    /// Whether it reads a secret.
    pub fn reads_secret(&self) -> bool {
        reads_secret(&self.action)
    }

    /// Whether it lists secrets.
    pub fn lists_secrets(&self) -> bool {
        self.is(LISTS)
    }

    fn is(&self, calls: &[&str]) -> bool {
        let action = self.action.to_ascii_lowercase();
        calls.contains(&action.as_str())
    }
}

/// Whether a call of this name reads a secret.
pub fn reads_secret(call: &str) -> bool {
    let call = call.to_ascii_lowercase();
    SECRETS.contains(&call.rsplit('.').next().unwrap_or(&call)) || SECRETS.contains(&call.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::event::Raw;
    use super::*;
    use serde_json::json;

    fn log(body: &Value) -> Option<Audit> {
        Event::new(Raw {
            signal: Signal::Log,
            body: body.to_string(),
            ..Raw::default()
        })
        .audit
    }

    #[test]
    fn entries_of_three_clouds_say_who_did_what() {
        let trail = json!({
            "eventVersion": "1.08", "eventSource": "lambda.amazonaws.com",
            "eventName": "UpdateFunctionCode20150331v2", "sourceIPAddress": "203.0.113.7",
            "userAgent": "aws-cli/2", "recipientAccountId": "1",
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/deploy/ci"},
            "requestParameters": {"functionName": "checkout"},
        });
        for body in [trail.clone(), json!({"detail": trail})] {
            let audit = log(&body).expect("an entry");
            assert_eq!(
                (
                    audit.action.as_str(),
                    audit.service.as_str(),
                    audit.target.as_str()
                ),
                ("UpdateFunctionCode", "lambda", "checkout")
            );
            assert_eq!(
                (audit.role.as_str(), audit.session.as_str()),
                ("deploy", "ci")
            );
            assert!(audit.changes_code() && !audit.failed);
        }
        let google = log(&json!({"protoPayload": {
            "methodName": "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
            "authenticationInfo": {"principalEmail": "a@b"}, "resourceName": "secrets/x",
            "requestMetadata": {"callerIp": "203.0.113.7"}, "status": {"code": 7}}}));
        let google = google.expect("an entry");
        assert!(google.reads_secret() && google.failed && google.target == "secrets/x");
        let azure = log(
            &json!({"operationName": "SecretGet", "callerIpAddress": "203.0.113.7",
            "resourceId": "/v", "properties": {"id": "https://v/secrets/x"}, "identity": {"claim": {"appid": "a"}}}),
        );
        let azure = azure.expect("an entry");
        assert!(
            azure.reads_secret() && azure.target == "https://v/secrets/x" && azure.principal == "a"
        );
        assert_eq!(log(&json!({"message": "all is well"})), None);
    }
}

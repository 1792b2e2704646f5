//! The names that a field has in native events, in OCSF, in ECS and in OpenTelemetry.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::field::Field;
use super::logsource::LogSource;

/// The table that ships, with the order of looking.
const SHIPPED: &str = include_str!("../../data/sigma/aliases.yaml");
/// Names that one field may be looked up under.
const NAMES_MAX: usize = 64;
/// A longer text is not looked into for a wrapped event.
const WRAPPED_BYTES_MAX: usize = 1 << 20;

/// Names of the same things.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    /// What events may lie in, as `body`.
    wrappers: Vec<String>,
    tables: Vec<Table>,
}

/// Names for the rules of some sources.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The sources; a part that is not named is any.
    sources: Vec<LogSource>,
    /// Each list is names of one thing; the order is the order of looking.
    same: Vec<Vec<String>>,
}

impl Aliases {
    /// The table that ships.
    ///
    /// # Errors
    /// If the file in the repository is not sound, which a test excludes.
    pub fn shipped() -> Result<Self, String> {
        serde_saphyr::from_str(SHIPPED).map_err(|error| format!("data/sigma/aliases.yaml: {error}"))
    }

    /// Where a field of a rule for `source` may lie: its own name first. Without aliases that alone.
    pub(super) fn field(aliases: Option<&Self>, name: &str, source: &LogSource) -> Field {
        Field {
            names: match aliases {
                Some(aliases) => aliases.names(name, source),
                None => vec![name.to_owned()],
            },
            any_case: aliases.is_some(),
        }
    }

    fn names(&self, name: &str, source: &LogSource) -> Vec<String> {
        let mut names = vec![name.to_owned()];
        // Without what the rule wraps it in.
        let bare = self
            .wrappers
            .iter()
            .find_map(|wrapper| name.strip_prefix(wrapper.as_str())?.strip_prefix('.'));
        names.extend(bare.map(str::to_owned));
        for own in names.clone() {
            for table in &self.tables {
                if table.sources.iter().any(|wanted| wanted.includes(source)) {
                    names.extend(table.same.iter().flat_map(|same| others(same, &own)));
                }
            }
        }
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.truncate(NAMES_MAX);
        names
    }

    /// The objects that lie in an event as texts, as a log's body may.
    pub(super) fn texts(&self, event: &Value) -> Vec<Value> {
        let text = |wrapper: &String| {
            let text = event.get(wrapper)?.as_str()?;
            let object = text.trim_start().starts_with('{') && text.len() <= WRAPPED_BYTES_MAX;
            serde_json::from_str(text).ok().filter(|_| object)
        };
        self.wrappers.iter().filter_map(text).collect()
    }

    /// An event and whatever lies in it: where fields are looked up.
    pub(super) fn roots<'a>(&self, event: &'a Value, texts: &'a [Value]) -> Vec<&'a Value> {
        let mut roots = vec![event];
        let within = |wrapper: &String| {
            let mut inner = event.get(wrapper);
            if inner.is_none() && wrapper.contains('.') {
                inner = wrapper
                    .split('.')
                    .try_fold(event, |value, key| value.get(key));
            }
            inner.filter(|value| value.is_object())
        };
        roots.extend(self.wrappers.iter().filter_map(within));
        roots.extend(texts);
        roots
    }
}

/// The other names of `name`, if it or what it lies in is one of `same`.
fn others(same: &[String], name: &str) -> Vec<String> {
    let below = |one: &String| -> Option<String> {
        let (start, rest) = name.split_at_checked(one.len())?;
        (start.eq_ignore_ascii_case(one) && (rest.is_empty() || rest.starts_with('.')))
            .then(|| rest.to_owned())
    };
    match same.iter().find_map(below) {
        Some(rest) => same.iter().map(|one| format!("{one}{rest}")).collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(name: &str, source: (&str, &str, &str), event: &Value) -> Vec<Value> {
        let aliases = Aliases::shipped().expect("sound");
        let source = LogSource::new(Some(source.0), Some(source.1), Some(source.2));
        let field = Aliases::field(Some(&aliases), name, &source);
        let texts = aliases.texts(event);
        let roots: Vec<_> = aliases
            .roots(event, &texts)
            .into_iter()
            .map(super::super::field::Root::new)
            .collect();
        field.values(&roots).into_iter().cloned().collect()
    }

    #[test]
    fn a_field_is_found_under_any_of_its_names() {
        let (gcp, aws) = (("", "gcp", "gcp.audit"), ("", "aws", "cloudtrail"));
        let web = ("webserver", "", "");
        for (name, source, event) in [
            (
                "gcp.audit.method_name",
                gcp,
                json!({"protoPayload": {"methodName": 1}}),
            ),
            (
                "data.protoPayload.methodName",
                gcp,
                json!({"protoPayload": {"methodName": 1}}),
            ),
            (
                "protoPayload.methodName",
                gcp,
                json!({"gcp.audit.method_name": 1}),
            ),
            ("data.protoPayload.logName", gcp, json!({"logName": 1})),
            (
                "protoPayload.methodName",
                gcp,
                json!({"jsonPayload": {"protoPayload": {"methodName": 1}}}),
            ),
            (
                "OperationNameValue",
                ("", "azure", "activitylogs"),
                json!({"operationName": {"value": 1, "localizedValue": 2}}),
            ),
            (
                "operationName",
                ("", "azure", "activitylogs"),
                json!({"OPERATIONNAME": 1}),
            ),
            (
                "properties.message",
                ("", "azure", "auditlogs"),
                json!({"activityDisplayName": 1}),
            ),
            (
                "Initiatied.By",
                ("", "azure", "auditlogs"),
                json!({"properties": {"initiatedBy": 1}}),
            ),
            (
                "ResultType",
                ("", "azure", "signinlogs"),
                json!({"properties": {"status": {"errorCode": 1}}}),
            ),
            (
                "requestParameters.bucketName",
                aws,
                json!({"api": {"request": {"data": {"bucketName": 1}}}}),
            ),
            ("eventName", aws, json!({"body": "{\"eventName\": 1}"})),
            ("api.operation", aws, json!({"eventName": 1})),
            ("c-useragent", web, json!({"user_agent.original": 1})),
            ("cs-uri-query", web, json!({"attributes": {"url.query": 1}})),
            (
                "CommandLine",
                ("process_creation", "linux", ""),
                json!({"process.command_line": 1}),
            ),
            (
                "objectRef.resource",
                ("", "kubernetes", "audit"),
                json!({"kubernetes": {"audit": {"objectRef": {"resource": 1}}}}),
            ),
        ] {
            assert_eq!(
                values(name, source, &event),
                [json!(1)],
                "{name} in {event}"
            );
        }
        assert!(
            values("c-useragent", aws, &json!({"user_agent.original": 1})).is_empty(),
            "another source"
        );
    }

    #[test]
    fn its_own_name_comes_first_and_the_case_of_letters_last() {
        let aws = ("", "aws", "cloudtrail");
        let event = json!({"EVENTNAME": 3, "event.action": 2, "eventName": 1});
        assert_eq!(values("eventName", aws, &event), [json!(1)]);
        assert_eq!(values("event.action", aws, &event), [json!(2)]);
        let event = json!({"EVENTNAME": 3, "event.action": 2});
        assert_eq!(values("eventName", aws, &event), [json!(2)]);
        assert_eq!(
            values("eventName", aws, &json!({"EVENTNAME": 3})),
            [json!(3)]
        );
    }

    #[test]
    fn no_name_stands_in_two_lists_of_one_table() {
        for table in Aliases::shipped().expect("sound").tables {
            let mut seen = HashSet::new();
            for name in table.same.iter().flatten() {
                // Some conventions have one name for what native events tell apart.
                let wide = [
                    "cloud.account.id",
                    "properties.message",
                    "api.operation",
                    "url.path",
                ];
                assert!(
                    seen.insert(name.clone()) || wide.contains(&name.as_str()),
                    "{name}"
                );
            }
        }
    }
}

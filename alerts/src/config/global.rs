//! What a block takes from `global`, and what must hold of it then.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::kinds::{self, Kind, Rule};
use super::{Duration, Fault, HIDDEN, Settings, Way};

/// `global` with its defaults, checked.
pub(super) fn with_defaults(mut global: Settings) -> Result<Settings, Fault> {
    global.check_keys(kinds::GLOBAL_KEYS)?;
    let anywhere = Location::UNKNOWN;
    for pair in kinds::GLOBAL_PAIRS {
        at_most_one(&global, pair, &anywhere)?;
    }
    let token = ["slack_app_token", "slack_app_token_file"];
    let url = ["slack_api_url", "slack_api_url_file"];
    // The token's own address may stand under the older key too.
    let same = global.get("slack_api_url") == global.get("slack_app_url");
    if token.iter().any(|k| global.has(k)) && url.iter().any(|k| global.has(k)) && !same {
        let place = url.iter().find_map(|key| global.place(key));
        let reason = "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file \
                      must be configured";
        return Err(Fault::at(place.unwrap_or(&anywhere), reason));
    }
    check_urls(&global, kinds::GLOBAL_URLS)?;
    for (key, value) in kinds::GLOBAL_DEFAULTS {
        if !global.has(key) {
            global.set(key, Value::from(*value));
        }
    }
    if global.get("smtp_require_tls").is_none() {
        global.set("smtp_require_tls", Value::from(true));
    }
    Ok(global)
}

/// Takes a duration out.
pub(super) fn duration(settings: &mut Settings, key: &str) -> Result<Option<Duration>, Fault> {
    let place = *settings.place(key).unwrap_or(&Location::UNKNOWN);
    let text = settings.take(key).map(|value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    });
    text.as_deref()
        .map(Duration::parse)
        .transpose()
        .map_err(|reason| Fault::at(&place, format!("{key}: {reason}")))
}

/// A block of a receiver, filled in from `global` and checked.
pub(super) fn way(
    kind: &'static Kind,
    index: usize,
    block: Spanned<Option<Settings>>,
    global: &Settings,
) -> Result<Way, Fault> {
    let place = block.referenced;
    let mut settings = match block.value {
        Some(settings) => settings,
        None if kind.may_be_empty => Settings::default(),
        None => {
            let reason = format!(
                "missing {} config; an entry of the list is empty",
                kind.name
            );
            return Err(Fault::at(&place, reason));
        }
    };
    settings.check_keys(&format!("send_resolved http_config {}", kind.keys))?;
    check_urls(&settings, kind.urls)?;
    for group in kind.global {
        if group.iter().any(|(own, _)| settings.has(own)) {
            continue;
        }
        for (own, global_key) in *group {
            if let Some(value) = global.get(global_key) {
                settings.set(own, value.clone());
            }
        }
    }
    for rule in kind.rules {
        check_rule(kind, &settings, *rule, &place)?;
    }
    if let Some(value) = global
        .get("http_config")
        .filter(|_| !settings.has("http_config"))
    {
        settings.set("http_config", value.clone());
    }
    let send_resolved = match settings.take("send_resolved") {
        None => kind.sends_resolved,
        Some(value) => value
            .as_bool()
            .ok_or_else(|| Fault::at(&place, "send_resolved must be true or false".to_owned()))?,
    };
    Ok(Way {
        kind,
        index,
        send_resolved,
        settings,
        line: place.line(),
        column: place.column(),
    })
}

fn check_rule(kind: &Kind, settings: &Settings, rule: Rule, place: &Location) -> Result<(), Fault> {
    match rule {
        Rule::Any(keys) if !keys.iter().any(|key| settings.has(key)) => {
            let keys = keys.join(" or ");
            let globals: BTreeMap<&str, &str> =
                kind.global.iter().copied().flatten().copied().collect();
            let global = keys.split(" or ").find_map(|key| globals.get(key));
            let hint = global.map_or(String::new(), |key| format!(", here or as {key} in global"));
            let reason = format!("{} config needs {keys}{hint}", kind.name);
            Err(Fault::at(place, reason))
        }
        Rule::AtMostOne(keys) => at_most_one(settings, keys, place),
        Rule::In(key, texts) => match settings.get(key).map(|value| value.as_str()) {
            Some(text) if !text.is_some_and(|text| texts.contains(&text)) => {
                let place = settings.place(key).unwrap_or(place);
                let reason = format!("unknown {key}; write one of {}", texts.join(", "));
                Err(Fault::at(place, reason))
            }
            _ => Ok(()),
        },
        Rule::Any(_) => Ok(()),
    }
}

fn at_most_one(settings: &Settings, keys: &[&str], place: &Location) -> Result<(), Fault> {
    let mut given = keys.iter().filter(|key| settings.has(key));
    match (given.next(), given.next()) {
        (Some(_), Some(second)) => {
            let reason = format!("at most one of {} must be configured", keys.join(" & "));
            let place = settings.place(second).unwrap_or(place);
            Err(Fault::at(place, reason))
        }
        _ => Ok(()),
    }
}

/// The values are as good as secrets: never shown.
fn check_urls(settings: &Settings, keys: &str) -> Result<(), Fault> {
    for key in keys.split(' ') {
        let Some(value) = settings.get(key) else {
            continue;
        };
        let text = value.as_str().unwrap_or_default();
        let known = text.is_empty() && value.is_string() || text.contains("{{") || text == HIDDEN;
        if !known && !is_http(text) {
            let place = settings.place(key).unwrap_or(&Location::UNKNOWN);
            let reason =
                format!("{key} is no address; write http://host/path or https://host/path");
            return Err(Fault::at(place, reason));
        }
    }
    Ok(())
}

fn is_http(text: &str) -> bool {
    let lower = text
        .get(..8.min(text.len()))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let rest = ["https://", "http://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map(|scheme| &text[scheme.len()..]);
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let blank = |c: char| c.is_whitespace() || c.is_control();
        !host.is_empty() && !text.contains(blank)
    })
}

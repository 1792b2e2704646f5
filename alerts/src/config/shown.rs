//! The configuration as it may be shown: what decides, and no secret.

use serde_json::{Map, Value, json};

use super::{Config, GroupBy, RouteConfig};
use crate::matchers::Matchers;

impl Config {
    /// Routes, inhibition and the receivers' names, as YAML that Alertmanager's tools read. What a
    /// receiver is reached by is left out: most of it is secret.
    #[must_use]
    pub fn shown(&self) -> String {
        let rules = self.inhibit_rules.iter().map(|rule| {
            json!({
                "source_matchers": texts(&rule.source),
                "target_matchers": texts(&rule.target),
                "equal": rule.equal,
            })
        });
        let names = self.receivers.iter();
        let names = names.map(|receiver| json!({ "name": receiver.name }));
        let shown = json!({
            "global": { "resolve_timeout": self.resolve_timeout.to_string() },
            "route": route(&self.root),
            "inhibit_rules": rules.collect::<Vec<_>>(),
            "receivers": names.collect::<Vec<_>>(),
        });
        // JSON is YAML.
        serde_json::to_string_pretty(&shown).unwrap_or_default()
    }
}

fn texts(matchers: &Matchers) -> Vec<String> {
    matchers.iter().map(ToString::to_string).collect()
}

fn route(route: &RouteConfig) -> Value {
    let mut shown = Map::new();
    let mut set = |key: &str, value: Value| {
        shown.insert(key.to_owned(), value);
    };
    if let Some(receiver) = &route.receiver {
        set("receiver", json!(receiver));
    }
    match &route.group_by {
        Some(GroupBy::All) => set("group_by", json!(["..."])),
        Some(GroupBy::Labels(names)) => set("group_by", json!(names)),
        None => {}
    }
    if !route.matchers.is_empty() {
        set("matchers", json!(texts(&route.matchers)));
    }
    if route.continues {
        set("continue", json!(true));
    }
    for (key, duration) in [
        ("group_wait", &route.group_wait),
        ("group_interval", &route.group_interval),
        ("repeat_interval", &route.repeat_interval),
    ] {
        if let Some(duration) = duration {
            set(key, json!(duration.to_string()));
        }
    }
    if !route.routes.is_empty() {
        let routes = route.routes.iter().map(self::route);
        set("routes", routes.collect());
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again_and_holds_no_secret() {
        let config = Config::parse(
            "
receivers:
- {name: a, webhook_configs: [{url: 'http://x/hunter2'}]}
- {name: b}
route:
  receiver: a
  group_by: [x]
  routes:
  - {matchers: ['t=~\"a|b\"', 'u!=1'], receiver: b, continue: true, group_wait: 1m30s, group_by: ['...']}
inhibit_rules:
- {source_matchers: [s=1], target_matchers: [s=2], equal: [x]}
",
        );
        let config = config.expect("a configuration");
        let shown = config.shown();
        assert!(!shown.contains("hunter2"), "{shown}");
        let again = Config::parse(&shown).expect("shown");
        assert_eq!(again.shown(), shown);
        assert_eq!(format!("{:?}", again.root), format!("{:?}", config.root));
    }
}

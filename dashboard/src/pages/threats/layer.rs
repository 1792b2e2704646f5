//! What is covered, as a layer of the ATT&CK Navigator.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use threats::stream::rules;

use crate::web::{Context, PageError, Reply};

/// `GET /threats/layer.json`: techniques that rules of the stream and shipped rules of Sigma look for.
pub(crate) async fn page(_ctx: &Context) -> Result<Reply, PageError> {
    Ok(Reply::Json(layer()))
}

fn layer() -> Value {
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let classes = rules::CLASSES.iter().map(|class| rules::attempted(*class));
    for rule in rules::ALL.iter().map(|rule| (*rule).clone()).chain(classes) {
        for id in rule.attack.split(' ').filter(|id| !id.is_empty()) {
            covered
                .entry(id.to_owned())
                .or_default()
                .push(rule.title.to_string());
        }
    }
    let techniques = covered.into_iter().map(|(id, titles)| {
        json!({"techniqueID": id, "score": titles.len(), "comment": titles.join("; "), "enabled": true})
    });
    json!({
        "name": "Nephoscope",
        "versions": {"layer": "4.5", "navigator": "5.1.0"},
        "domain": "enterprise-attack",
        "description": "Techniques that are looked for in telemetry of functions; the score is how many rules do.",
        "techniques": techniques.collect::<Vec<_>>(),
        "gradient": {"colors": ["#e8f1fa", "#2a6fb0"], "minValue": 0, "maxValue": 8},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_named_as_attack_does() {
        let layer = layer();
        let techniques = layer["techniques"].as_array().expect("a list");
        assert!(techniques.len() > 15);
        for technique in techniques {
            let id = technique["techniqueID"].as_str().unwrap_or_default();
            assert!(
                id.starts_with('T') && id[1..].chars().all(|c| c.is_ascii_digit() || c == '.'),
                "{id}"
            );
        }
    }
}

//! The documents of a rule file: rules, correlations, filters and placeholders, after the actions of old
//! collections (`global`, `reset`, `repeat`) are carried out.

use super::fault::{Refusal, quoted, refuse};
use super::yaml::{Entry, Node, Yaml, documents};

/// Documents in one file.
const DOCUMENTS_MAX: usize = 1_000;

/// The documents of a file, each a map and whole in itself.
pub(super) fn read(text: &str) -> Result<Vec<Node>, Refusal> {
    let documents = documents(text)?;
    if let Some(first) = documents.get(DOCUMENTS_MAX) {
        return refuse(
            first.at,
            format!("a rule file has at most {DOCUMENTS_MAX} documents"),
        );
    }
    let mut whole = Vec::new();
    let mut global: Option<Node> = None;
    let mut previous: Option<Node> = None;
    for mut document in documents {
        let Yaml::Map(entries) = &mut document.value else {
            return refuse(
                document.at,
                format!("a rule is a map, not {}", document.kind()),
            );
        };
        let action = entries.iter().position(|entry| entry.key == "action");
        let action = action.map(|at| entries.remove(at));
        let name = action.as_ref().and_then(|entry| entry.value.scalar());
        match (action, name.as_deref()) {
            (None, _) => {
                if let Some(global) = &global {
                    merge(&mut document, global);
                }
                previous = Some(document.clone());
                whole.push(document);
            }
            (Some(_), Some("global")) => match &mut global {
                // What is given later counts.
                Some(global) => {
                    merge(&mut document, global);
                    *global = document;
                }
                None => global = Some(document),
            },
            (Some(_), Some("reset")) => global = None,
            (Some(action), Some("repeat")) => {
                let Some(previous) = &mut previous else {
                    return refuse(action.at, "`action: repeat` has no rule before it");
                };
                merge(&mut document, previous);
                *previous = document.clone();
                whole.push(document);
            }
            (Some(action), _) => {
                let name = action.value.scalar().unwrap_or_default();
                return refuse(
                    action.value.at,
                    format!(
                        "the action {} is not known: global, reset or repeat",
                        quoted(&name)
                    ),
                );
            }
        }
    }
    Ok(whole)
}

/// Adds to a document what another has and it has not, map by map.
fn merge(document: &mut Node, other: &Node) {
    let (Yaml::Map(own), Yaml::Map(others)) = (&mut document.value, &other.value) else {
        return;
    };
    for Entry { key, at, value } in others {
        match own.iter_mut().find(|entry| entry.key == *key) {
            Some(entry) => merge(&mut entry.value, value),
            None => own.push(Entry {
                key: key.clone(),
                at: *at,
                value: value.clone(),
            }),
        }
    }
}

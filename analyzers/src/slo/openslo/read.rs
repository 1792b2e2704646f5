//! From a file's text to its objects, each with the tree that knows where its parts stand.

use serde::Deserialize;

use super::decode::Fault;
use super::node::{Node, Place, Value};
use super::rules;
use super::shape::{API_VERSION, Kind, Named, Object};

/// More text is no set of SLOs: 1,000 objects of 4 kB.
pub const TEXT_BYTES_MAX: usize = 4 << 20;
/// Objects of one file.
pub const OBJECTS_MAX: usize = 10_000;

/// A file that cannot be used: where and why.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct OpenSloError {
    /// The file, as it was named.
    pub file: String,
    /// From 1; 0 where the file has no such place.
    pub line: u64,
    /// From 1.
    pub column: u64,
    /// What is wrong and what to write instead.
    pub reason: String,
}

impl OpenSloError {
    pub(super) fn at(file: &str, place: Place, reason: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            reason: reason.into(),
        }
    }
}

/// An object and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub file: String,
    pub object: Object,
    pub node: Node,
}

impl Placed {
    /// The error at what `path` names within the object.
    pub fn fault(&self, path: &[String], reason: impl Into<String>) -> OpenSloError {
        OpenSloError::at(&self.file, self.node.place(path), reason)
    }
}

/// Reads the objects of a text: documents, each an object or a list of objects.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Placed>, OpenSloError> {
    let nowhere = Place::default();
    if text.len() > TEXT_BYTES_MAX {
        let reason = format!("it is larger than {TEXT_BYTES_MAX} bytes; split it");
        return Err(OpenSloError::at(file, nowhere, reason));
    }
    let documents: Vec<Node> = serde_saphyr::from_multiple(text).map_err(|error| {
        let told = error.without_snippet().to_string();
        let line = told.lines().next().unwrap_or_default();
        // The place stands before the reason already.
        let line = line.split(" at line ").next().unwrap_or_default();
        let place = error.location().map(Place::from).unwrap_or_default();
        OpenSloError::at(file, place, line.chars().take(300).collect::<String>())
    })?;
    let mut placed = Vec::new();
    for document in documents {
        let items = match document.value {
            Value::List(items) => items,
            Value::Null => continue,
            _ => vec![document],
        };
        for node in items {
            if placed.len() == OBJECTS_MAX {
                let reason = format!("a file holds at most {OBJECTS_MAX} objects; split it");
                return Err(OpenSloError::at(file, node.at, reason));
            }
            placed.push(one(file, node)?);
        }
    }
    Ok(placed)
}

fn one(file: &str, node: Node) -> Result<Placed, OpenSloError> {
    let object = object(&node).map_err(|fault| {
        let place = fault.at.unwrap_or(node.at);
        OpenSloError::at(file, place, fault.reason)
    })?;
    let placed = Placed {
        file: file.to_owned(),
        object,
        node,
    };
    match rules::check(&placed.object) {
        Ok(()) => Ok(placed),
        Err(broken) => Err(placed.fault(&broken.path, broken.reason)),
    }
}

/// The version and the kind decide what the rest may be.
fn object(node: &Node) -> Result<Object, Fault> {
    let fault = |node: &Node, reason: String| Fault {
        at: Some(node.at),
        reason,
    };
    if !matches!(node.value, Value::Map(_)) {
        let reason = "an OpenSLO object is a map with apiVersion, kind, metadata and spec";
        return Err(fault(node, reason.to_owned()));
    }
    let missing = |key: &str| fault(node, format!("`{key}` is missing"));
    let version = node
        .get("apiVersion")
        .ok_or_else(|| missing("apiVersion"))?;
    match &version.value {
        Value::Text(text) if text == API_VERSION => {}
        Value::Text(text) => {
            let shown: String = text.chars().take(60).collect();
            let reason = format!("apiVersion `{shown}` is not supported; write {API_VERSION}");
            return Err(fault(version, reason));
        }
        _ => {
            return Err(fault(
                version,
                format!("apiVersion is a text: {API_VERSION}"),
            ));
        }
    }
    let kind = node.get("kind").ok_or_else(|| missing("kind"))?;
    Ok(match Kind::deserialize(kind)? {
        Kind::DataSource => Object::DataSource(named(node)?),
        Kind::Slo => Object::Slo(Box::new(named(node)?)),
        Kind::Sli => Object::Sli(Box::new(named(node)?)),
        Kind::AlertPolicy => Object::AlertPolicy(named(node)?),
        Kind::AlertCondition => Object::AlertCondition(named(node)?),
        Kind::AlertNotificationTarget => Object::AlertNotificationTarget(named(node)?),
        Kind::Service => Object::Service(named(node)?),
    })
}

/// `metadata` and `spec`; the two keys that were looked at already are left out.
fn named<S: for<'a> Deserialize<'a>>(node: &Node) -> Result<Named<S>, Fault> {
    let Value::Map(entries) = &node.value else {
        return Err(Fault {
            at: Some(node.at),
            reason: "an object is a map".to_owned(),
        });
    };
    let known = |name: &str| name == "apiVersion" || name == "kind";
    let rest = entries.iter().filter(|(key, _)| !known(&key.name));
    let mut entries: Vec<_> = rest.cloned().collect();
    // A Service may be no more than a name.
    let is_service = node
        .get("kind")
        .is_some_and(|kind| matches!(&kind.value, Value::Text(t) if t == "Service"));
    if is_service && node.get("spec").is_none() {
        let key = super::node::Key {
            at: node.at,
            name: "spec".to_owned(),
        };
        entries.push((
            key,
            Node {
                at: node.at,
                value: Value::Null,
            },
        ));
    }
    let node = Node {
        at: node.at,
        value: Value::Map(entries),
    };
    Named::deserialize(&node)
}

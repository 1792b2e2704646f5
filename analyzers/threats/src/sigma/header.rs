//! What every rule says of itself.

use super::fault::{At, Refusal, quoted, refuse};
use super::yaml::{Node, Yaml};

/// Longest title and name, in bytes.
const TITLE_BYTES_MAX: usize = 1_024;

/// How grave a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Enriches events, never alerts.
    Informational,
    /// Notable, rarely an incident.
    Low,
    /// To be reviewed now and then.
    Medium,
    /// To be reviewed soon.
    High,
    /// An incident, almost surely.
    Critical,
}

/// What a rule says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// A line that says what is found.
    pub title: String,
    /// Unique, mostly a UUID.
    pub id: Option<String>,
    /// Unique, for correlations to refer to.
    pub name: Option<String>,
    /// What is found and why it matters.
    pub description: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// SPDX.
    pub license: Option<String>,
    /// How grave a match is.
    pub level: Option<Level>,
    /// As `attack.t1190`.
    pub tags: Vec<String>,
    /// Where more is said.
    pub references: Vec<String>,
    /// Known innocent causes.
    pub falsepositives: Vec<String>,
    /// Fields worth a look when it matches.
    pub fields: Vec<String>,
    /// The file it comes from.
    pub file: String,
    /// Where it begins there.
    pub at: At,
}

impl Header {
    pub(super) fn read(node: &Node, file: &str) -> Result<Self, Refusal> {
        let title = match node.text("title")? {
            Some(title) if title.len() <= TITLE_BYTES_MAX => title,
            Some(_) => {
                return refuse(
                    node.at,
                    format!("a title has at most {TITLE_BYTES_MAX} bytes"),
                );
            }
            None => return refuse(node.at, "`title` is missing"),
        };
        status(node)?;
        Ok(Self {
            title,
            id: node.text("id")?,
            name: node.text("name")?,
            description: node.text("description")?,
            author: author(node),
            license: node.text("license")?,
            level: level(node)?,
            tags: node.texts("tags")?,
            references: loose(node, "references"),
            falsepositives: loose(node, "falsepositives"),
            fields: loose(node, "fields"),
            file: file.to_owned(),
            at: node.at,
        })
    }

    /// The id, or the title of a rule without one.
    pub fn label(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.title)
    }
}

/// Nothing depends on these, so what is odd in them is left out.
fn loose(node: &Node, key: &str) -> Vec<String> {
    let list = node.get(key).map(Node::each).unwrap_or_default();
    list.iter().filter_map(Node::scalar).collect()
}

fn author(node: &Node) -> Option<String> {
    let authors = loose(node, "author");
    (!authors.is_empty()).then(|| authors.join(", "))
}

fn level(node: &Node) -> Result<Option<Level>, Refusal> {
    let Some(given) = node.get("level").filter(|given| given.value != Yaml::Null) else {
        return Ok(None);
    };
    Ok(Some(match given.scalar().as_deref() {
        Some("informational") => Level::Informational,
        Some("low") => Level::Low,
        Some("medium") => Level::Medium,
        Some("high") => Level::High,
        Some("critical") => Level::Critical,
        other => {
            let other = quoted(other.unwrap_or_default());
            return refuse(
                given.at,
                format!("{other} is no level: informational, low, medium, high or critical"),
            );
        }
    }))
}

fn status(node: &Node) -> Result<(), Refusal> {
    const KNOWN: [&str; 5] = [
        "stable",
        "test",
        "experimental",
        "deprecated",
        "unsupported",
    ];
    match node.get("status").filter(|given| given.value != Yaml::Null) {
        Some(given) => match given.scalar() {
            Some(status) if KNOWN.contains(&status.as_str()) => Ok(()),
            other => refuse(
                given.at,
                format!(
                    "{} is no status: {}",
                    quoted(&other.unwrap_or_default()),
                    KNOWN.join(", ")
                ),
            ),
        },
        None => Ok(()),
    }
}

//! A configuration made ready: routing, ways out, templates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::{Config, Fault};
use crate::delivery::Outlet;
use crate::dispatch::Routing;
use crate::egress::Connector;
use crate::model::Integration;
use crate::template::{self, Templates};

/// Everything that a reload replaces.
#[derive(Debug)]
pub struct Setup {
    /// What decides.
    pub routing: Routing,
    /// The ways out.
    pub outlets: BTreeMap<Integration, Outlet>,
    /// What tells the settings of each way out from others, and no secret.
    pub settings: BTreeMap<Integration, String>,
    /// The texts of messages.
    pub templates: Templates,
    /// The configuration as it may be shown.
    pub shown: String,
}

/// Why a configuration cannot be used; the one before stays.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// At a place of the file.
    #[error("{0}")]
    Fault(Fault),
    /// A template file.
    #[error("reading the template file {path}: {source}")]
    File {
        /// The file, or the folder of a pattern.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A template.
    #[error(transparent)]
    Template(#[from] template::Error),
}

impl Setup {
    /// Of a checked configuration whose file lies in `folder`; without one there is nobody to tell.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(
        config: Option<&Config>,
        folder: &Path,
        connector: &Connector,
    ) -> Result<Self, SetupError> {
        let Some(config) = config else {
            return Ok(Self {
                routing: Routing::default(),
                outlets: BTreeMap::new(),
                settings: BTreeMap::new(),
                templates: Templates::new([])?,
                shown: String::new(),
            });
        };
        let (mut outlets, mut settings) = (BTreeMap::new(), BTreeMap::new());
        for receiver in &config.receivers {
            for way in &receiver.ways {
                let outlet = Outlet::new(way.kind.name, way.settings.to_value(), connector);
                let outlet = outlet.map_err(|reason| {
                    SetupError::Fault(Fault {
                        line: way.line,
                        column: way.column,
                        reason,
                    })
                })?;
                let integration = Integration {
                    receiver: receiver.name.clone(),
                    kind: way.kind.name.to_owned(),
                    index: way.index,
                };
                settings.insert(integration.clone(), told_apart(&way.settings.to_value()));
                outlets.insert(integration, outlet);
            }
        }
        let files = templates(&config.templates, folder)?;
        let files = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        Ok(Self {
            routing: Routing::new(config),
            outlets,
            settings,
            templates: Templates::new(files)?,
            shown: config.shown(),
        })
    }
}

/// 64 bits of a hash: enough to see that settings were changed, too few to learn a secret by.
fn told_apart(settings: &serde_json::Value) -> String {
    hex::encode(&Sha256::digest(settings.to_string().as_bytes())[..8])
}

/// Reads the files of all patterns, whose last part may hold `*`; each file once, by name.
fn templates(patterns: &[String], folder: &Path) -> Result<Vec<(String, String)>, SetupError> {
    let mut files = BTreeMap::new();
    for pattern in patterns {
        let pattern = folder.join(pattern);
        for path in matching(&pattern)? {
            let text = std::fs::read_to_string(&path).map_err(|source| SetupError::File {
                path: path.clone(),
                source,
            })?;
            files.insert(path.display().to_string(), text);
        }
    }
    Ok(files.into_iter().collect())
}

fn matching(pattern: &Path) -> Result<Vec<PathBuf>, SetupError> {
    let name = pattern.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains('*') {
        return Ok(vec![pattern.to_owned()]);
    }
    let folder = pattern.parent().unwrap_or(Path::new("."));
    let failed = |source| SetupError::File {
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        // As with Alertmanager, a pattern may fit nothing.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        if fits(&file, &name) && path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether a name fits a pattern in which `*` is any text.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return name == pattern;
    };
    let Some(rest) = name.strip_prefix(before) else {
        return false;
    };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| fits(&rest[at..], after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (name, pattern, want) in [
            ("a.tmpl", "*.tmpl", true),
            (".tmpl", "*.tmpl", true),
            ("a.tmpl.bak", "*.tmpl", false),
            ("slack-ü-1.tmpl", "slack*1*", true),
            ("mail", "slack*", false),
        ] {
            assert_eq!(fits(name, pattern), want, "{name} {pattern}");
        }
    }
}

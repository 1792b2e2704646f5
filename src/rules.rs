//! Sigma rules from a folder, with what is wrong with them told.

use std::path::{Path, PathBuf};

use anyhow::bail;
use threats::sigma::{Aliases, RuleSet};

/// The folder of Sigma rules: `rules`, beside the configuration.
pub fn folder(config: Option<&Path>) -> PathBuf {
    let beside = config.and_then(Path::parent).unwrap_or(Path::new(""));
    beside.join("rules")
}

/// Loads the rules of a folder or file, or those that ship. Every fault is told on standard error with its
/// place; any makes the whole an error.
pub fn load(path: Option<&Path>, aliases: Option<&Aliases>) -> anyhow::Result<RuleSet> {
    let (loaded, name) = match path {
        Some(path) => (RuleSet::load(path, aliases), path.display().to_string()),
        None => (RuleSet::shipped(aliases), "the rules that ship".to_owned()),
    };
    match loaded {
        Ok(set) if set.is_empty() => bail!("{name}: no rule in any file *.yml or *.yaml"),
        Ok(set) => Ok(set),
        Err(faults) => {
            for fault in &faults {
                eprintln!("{fault}");
            }
            let count = faults.len();
            let faults = if count == 1 { "fault" } else { "faults" };
            bail!("{name}: {count} {faults}, told above; nothing was loaded")
        }
    }
}

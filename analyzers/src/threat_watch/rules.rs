//! The rules of Sigma: those that ship and those of a folder, read anew when the folder changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use threats::sigma::{Aliases, RuleSet};

/// The folder is looked at so often, turns.
const TURNS_PER_LOOK: u32 = 10;
/// Entries of the folder that are looked at.
const ENTRIES_MAX: usize = 20_000;

/// What a folder holds: when each file was written, and its size.
type Print = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// The folder, and what was loaded of it last.
#[derive(Debug, Default)]
pub(super) struct Folder {
    path: Option<PathBuf>,
    print: Option<Print>,
    turns: u32,
}

impl Folder {
    /// Not read yet.
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    /// Other rules, if the folder has changed. Rules with a fault are told of, and those before go on.
    pub(super) fn changed(&mut self) -> Option<Arc<RuleSet>> {
        let due = self.turns.is_multiple_of(TURNS_PER_LOOK);
        self.turns = self.turns.wrapping_add(1);
        if !due {
            return None;
        }
        let print = self.path.as_deref().map(print).unwrap_or_default();
        if self.print.as_ref() == Some(&print) {
            return None;
        }
        let first = self.print.replace(print).is_none();
        match self.load() {
            Ok(rules) => Some(Arc::new(rules)),
            Err(faults) => {
                tracing::error!(
                    faults,
                    "the rules in the folder are left aside; `nephoscope check` tells all faults"
                );
                // At the start there are none to go on with but those that ship.
                first
                    .then(|| Self::default().load().ok().map(Arc::new))
                    .flatten()
            }
        }
    }

    fn load(&self) -> Result<RuleSet, String> {
        let aliases = Aliases::shipped()?;
        let folder = self.path.as_deref().filter(|path| path.is_dir());
        RuleSet::load_beside_shipped(folder, Some(&aliases)).map_err(|faults| {
            let told: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
            told.join("; ")
        })
    }
}

/// What a folder holds, subfolders too; a fault there shows as something missing.
fn print(folder: &Path) -> Print {
    let (mut open, mut print) = (vec![folder.to_owned()], Print::new());
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten().take(ENTRIES_MAX) {
            let path = entry.path();
            match entry.metadata() {
                Ok(data) if data.is_dir() && open.len() < ENTRIES_MAX => open.push(path),
                Ok(data) if print.len() < ENTRIES_MAX => {
                    print.insert(path, (data.modified().ok(), data.len()));
                }
                _ => {}
            }
        }
    }
    print
}

//! Rule files from a folder.

use std::path::{Path, PathBuf};

use super::fault::{At, Fault};
use super::yaml::FILE_BYTES_MAX;

/// Rule files of one folder.
const FILES_MAX: usize = 20_000;
/// Folders within one another.
const DEPTH_MAX: usize = 16;

/// A rule file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How to name it in messages.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Every `*.yml` and `*.yaml` under a folder, in the order of names, or the one file `path` itself.
/// Hidden files and tests (`*.test.yml`) are left out.
///
/// # Errors
/// With every file that cannot be read.
pub fn read(path: &Path) -> Result<Vec<Source>, Vec<Fault>> {
    let mut paths = Vec::new();
    match path.is_dir() {
        true => walk(path, 0, &mut paths).map_err(|fault| vec![fault])?,
        false => paths.push(path.to_owned()),
    }
    paths.sort();
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match read_one(&path) {
            Ok(text) => sources.push(Source {
                file: path.display().to_string(),
                text,
            }),
            Err(reason) => faults.push(fault(&path, reason)),
        }
    }
    match faults.is_empty() {
        true => Ok(sources),
        false => Err(faults),
    }
}

fn read_one(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    if metadata.len() > FILE_BYTES_MAX as u64 {
        return Err(format!("a rule file has at most {FILE_BYTES_MAX} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Fault> {
    if depth > DEPTH_MAX {
        return Err(fault(
            folder,
            format!("more than {DEPTH_MAX} folders within one another"),
        ));
    }
    let unreadable = |error: std::io::Error| fault(folder, format!("cannot be read: {error}"));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, depth + 1, paths)?;
        } else if is_rule(&name) {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            return Err(fault(folder, format!("more than {FILES_MAX} rule files")));
        }
    }
    Ok(())
}

/// Whether a file of this name holds rules.
pub(super) fn is_rule(name: &str) -> bool {
    let name = name.to_lowercase();
    let stem = name
        .strip_suffix(".yml")
        .or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| !stem.ends_with(".test"))
}

fn fault(path: &Path, reason: String) -> Fault {
    Fault {
        file: path.display().to_string(),
        at: At::default(),
        reason,
    }
}

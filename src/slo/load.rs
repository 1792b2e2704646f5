//! Files of SLOs: one, or all of a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use analyzers::slo::catalogue::Files;
use analyzers::slo::openslo::{Library, Resolved, TEXT_BYTES_MAX, Unresolved};
use analyzers::slo::{Plan, plan};
use anyhow::{Context, bail};

/// Files of one folder.
const FILES_MAX: usize = 10_000;

/// The objects of a file, or of all files of a folder that end in `.yaml` or `.yml`.
pub fn library(path: &Path) -> anyhow::Result<Library> {
    let mut library = Library::default();
    let files = match path.is_dir() {
        true => files(path)?,
        false => vec![path.to_owned()],
    };
    for file in files {
        let name = file.display().to_string();
        let text = read(&file).with_context(|| format!("reading {name}"))?;
        library.add(&name, &text)?;
    }
    Ok(library)
}

/// Reads a folder anew at each look: what is edited there counts within a minute. No folder is no SLO.
pub fn watched(folder: PathBuf) -> Files {
    Arc::new(move || {
        if !folder.is_dir() {
            return Vec::new();
        }
        let name = |file: &Path| file.display().to_string();
        match files(&folder) {
            Err(error) => vec![(name(&folder), Err(format!("{error:#}")))],
            Ok(files) => {
                let told = |error| format!("{error:#}");
                let text = |file: PathBuf| (name(&file), read(&file).map_err(told));
                files.into_iter().map(text).collect()
            }
        }
    })
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let place = folder.display();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {place}"))? {
        let path = entry.with_context(|| format!("reading {place}"))?.path();
        if path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml")
        {
            files.push(path);
        }
    }
    if files.len() > FILES_MAX {
        bail!("{place} holds more than {FILES_MAX} files; put several SLOs into one file");
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::metadata(file)?.len();
    if bytes > TEXT_BYTES_MAX as u64 {
        bail!("it is larger than {TEXT_BYTES_MAX} bytes; split it");
    }
    Ok(std::fs::read_to_string(file)?)
}

/// Checks all SLOs of a folder, what they refer to among it, and says how many there are. Notification
/// targets that are not defined, and what policies lack that no SLO uses, are told on standard error.
///
/// # Errors
/// The first fault, with its place.
pub fn check(folder: &Path) -> anyhow::Result<usize> {
    let library = library(folder)?;
    let (slos, unresolved) = library.slos();
    for Unresolved { error, needed } in unresolved {
        if needed {
            return Err(error.into());
        }
        eprintln!("{error}");
    }
    for slo in &slos {
        plan::plans(slo)?;
    }
    Ok(slos.len())
}

/// The one SLO that is meant: by its name, or because there is no other.
pub fn one<'a>(
    slos: &'a [Resolved<'a>],
    name: Option<&str>,
    place: &str,
) -> anyhow::Result<&'a Resolved<'a>> {
    let names = || -> Vec<&str> {
        slos.iter()
            .map(|one| one.slo.metadata.name.as_str())
            .take(20)
            .collect()
    };
    match (slos, name) {
        ([], _) => bail!("{place} holds no SLO"),
        (_, Some(name)) => {
            let found = slos.iter().find(|one| one.slo.metadata.name == name);
            found.with_context(|| {
                format!(
                    "{place} holds no SLO `{name}`; there are {}",
                    names().join(", ")
                )
            })
        }
        ([one], None) => Ok(one),
        _ => bail!(
            "{place} holds several SLOs; say which with --name: {}",
            names().join(", ")
        ),
    }
}

/// The objective that is meant: by its name or number, or the first.
pub fn objective<'a>(plans: &'a [Plan], name: Option<&str>) -> anyhow::Result<&'a Plan> {
    let names: Vec<&str> = plans
        .iter()
        .filter_map(|plan| plan.objective.as_deref())
        .collect();
    let first = plans.first().context("the SLO has no objective")?;
    let Some(name) = name else {
        if plans.len() > 1 {
            eprintln!(
                "the SLO has {} objectives; this is `{}`, ask for another with --objective: {}",
                plans.len(),
                names[0],
                names[1..].join(", ")
            );
        }
        return Ok(first);
    };
    let number = name
        .parse::<usize>()
        .ok()
        .and_then(|n| plans.get(n.checked_sub(1)?));
    let named = plans
        .iter()
        .find(|plan| plan.objective.as_deref() == Some(name));
    named.or(number).with_context(|| match names[..] {
        [] => "the SLO has one objective; leave out --objective".to_owned(),
        _ => format!(
            "the SLO has no objective `{name}`; there are {}",
            names.join(", ")
        ),
    })
}

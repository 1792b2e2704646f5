//! The rules that ship: `data/sigma/*.yml`, each beside its `*.test.yml`.

use rust_embed::RustEmbed;

use super::files::{Source, is_rule};

#[derive(RustEmbed)]
#[folder = "data/sigma"]
struct Data;

/// The files, in the order of names.
pub(super) fn sources() -> Vec<Source> {
    let mut names: Vec<_> = Data::iter()
        .filter(|name| is_rule(name) && **name != *ALIASES)
        .collect();
    names.sort();
    let read =
        |name: &str| Data::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
    names
        .iter()
        .filter_map(|name| {
            Some(Source {
                file: format!("shipped/{name}"),
                text: read(name)?,
            })
        })
        .collect()
}

/// The table of names is no rule.
const ALIASES: &str = "aliases.yaml";

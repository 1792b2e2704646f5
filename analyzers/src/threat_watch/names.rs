//! How the stream calls functions: by their bare names, and those of one name in several accounts or
//! regions apart.
//!
//! Detectors and audit logs speak of `checkout`. The first function that is heard of under a name bears it; a
//! further one is `checkout (aws 123456789012 eu-west-1)`, for as long as it is remembered.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use store::model::FunctionId;

/// Functions that are told apart; further ones go by their bare names.
const NAMES_MAX: usize = 50_000;

/// The functions that were heard of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Names {
    /// By the text of an id: its name in the stream.
    given: HashMap<String, String>,
    /// By that name: the id, as it was heard of last.
    ids: HashMap<String, String>,
}

impl Names {
    /// The name of a function; empty for what is no function's id.
    pub(super) fn of(&mut self, function_id: &str) -> String {
        if let Some(known) = self.given.get(function_id) {
            return known.clone();
        }
        let Ok(id) = function_id.parse::<FunctionId>() else {
            return String::new();
        };
        let bare = bare(&id);
        let name = match self.ids.get(&bare) {
            Some(other) if !are_one(other, &id) => apart(&id, &bare),
            _ => bare,
        };
        if self.given.len() < NAMES_MAX {
            self.given.insert(function_id.to_owned(), name.clone());
            self.ids.insert(name.clone(), function_id.to_owned());
        }
        name
    }

    /// The id of the function of this name.
    pub(super) fn id(&self, name: &str) -> Option<&String> {
        self.ids.get(name)
    }
}

/// What stands behind the last slash: the stream takes no more of a name.
fn bare(id: &FunctionId) -> String {
    let name = id.name.trim_end_matches('/');
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// With everything that tells it apart.
fn apart(id: &FunctionId, bare: &str) -> String {
    let name = if id.name == bare { "" } else { &id.name };
    let parts = [&id.provider, id.account.as_str(), &id.region, name];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{bare} ({})", parts.join(" ").replace('/', "·"))
}

/// Whether two ids may be of one function: a part of telemetry does not tell the account.
fn are_one(known: &str, id: &FunctionId) -> bool {
    known.parse::<FunctionId>().is_ok_and(|known| {
        let accounts = [&known.account, &id.account];
        known.key() == id.key()
            && (accounts[0] == accounts[1] || accounts.iter().any(|account| account.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_one_name_in_several_places_are_several() {
        let mut names = Names::default();
        assert_eq!(names.of("aws::eu-central-1:checkout"), "checkout");
        let fuller = "aws:1:eu-central-1:checkout";
        assert_eq!(names.of(fuller), "checkout", "the same, its account learnt");
        assert_eq!(names.id("checkout").map(String::as_str), Some(fuller));
        let other = names.of("aws:1:us-east-1:checkout");
        assert_eq!(other, "checkout (aws 1 us-east-1)");
        let third = names.of("azure:1:us-east-1:shop/checkout");
        assert_eq!(third, "checkout (azure 1 us-east-1 shop·checkout)");
        assert_eq!(names.of("aws:1:us-east-1:checkout"), other);
        assert_eq!(
            names.id(&other).map(String::as_str),
            Some("aws:1:us-east-1:checkout")
        );
        assert_eq!(names.of("nothing of ours"), "");
    }
}

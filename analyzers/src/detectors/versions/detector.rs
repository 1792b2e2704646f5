//! Versions under watch: what looks at new versions say, as findings.
//!
//! A look comes from the store ([`crate::watch`]) and holds all that is known of a version at its time.
//! What it found is remembered, because nothing in closed buckets says it again: history that is shown again
//! leaves it as it is, and only a look that says otherwise or time ends it. A newer version does not by
//! itself: it ends when a look at that version sees it mended.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::look::Look;
use super::say;
use super::told::{KINDS, Later, Told};
use crate::detectors::keyed::Keyed;
use crate::detectors::names::{FunctionNo, Names};
use crate::detectors::news::News;
use crate::detectors::price::Price;
use crate::detectors::signal::Signal;
use crate::detectors::{BadState, Detector};

/// The detector's name.
pub const NAME: &str = "versions";
/// The form of what is saved.
const FORM: u32 = 2;
/// Most regressions that are told at once, 2 KB each; as many findings can be open.
const TOLD_MAX: usize = 10_000;

/// What is remembered of a function.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Known {
    /// One of each kind at most.
    told: Vec<Told>,
    /// The newest version, and when it came into use, ns since the epoch.
    newest: Option<(String, i64)>,
    price: Price,
}

/// The detector. Its state is about 100 bytes a function and what is told.
#[derive(Debug, Default)]
pub struct Versions {
    functions: Keyed<Known>,
}

impl Detector for Versions {
    fn name(&self) -> &'static str {
        NAME
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for deployed in news.deploys.iter().filter(|d| !d.is_baseline) {
            let version = news.names.version_name(deployed.version);
            let known = self
                .functions
                .or_insert_with(deployed.function, Known::default);
            known.begins(version, deployed.at);
        }
        for look in news.verdicts {
            self.take(look, news);
        }
        for hour in news.hours {
            let known = self.functions.or_insert_with(hour.function, Known::default);
            known.price.take(hour);
        }
        let mut signals = Vec::new();
        for (function, known) in self.functions.iter_mut() {
            known.told.retain(|told| !told.is_old(news.now.day()));
            // In history that is shown again it is not certain before it was.
            let certain = known.told.iter().filter(|t| t.detected_ns <= news.now.0);
            signals.extend(certain.map(|told| say::of(told, function, known.price, news.names)));
        }
        signals.sort_by(|a, b| a.key.cmp(&b.key));
        signals
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        let known = self.functions.iter_mut();
        let wrong = known.filter(|(function, _)| functions.contains(function));
        wrong.for_each(|(_, known)| known.price = Price::default());
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        self.functions.save(FORM, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        self.functions.load(FORM, pieces, names)
    }
}

impl Versions {
    fn take(&mut self, look: &Look, news: &News<'_>) {
        let all: usize = self
            .functions
            .iter()
            .map(|(_, known)| known.told.len())
            .sum();
        let version = news.names.version_name(look.version);
        let known = self.functions.or_insert_with(look.function, Known::default);
        if !known.begins(version, look.began_at) {
            return;
        }
        known.mend(look, version, news.now);
        for (kind, measures) in KINDS {
            let at = known.told.iter().position(|told| told.kind() == kind);
            let found = Told::of(look, version, measures);
            match (at, found) {
                (Some(at), _) if known.told[at].version != version => {}
                (Some(at), Some(found)) => known.told[at].update(found),
                (Some(at), None) if look.says(measures) => drop(known.told.remove(at)),
                (None, Some(found)) if all < TOLD_MAX && !found.is_explained(look) => {
                    known.told.push(found);
                }
                _ => {}
            }
        }
    }
}

impl Known {
    /// A version came into use, perhaps not for the first time one hears of it. Tells whether it is the
    /// newest one.
    fn begins(&mut self, version: &str, at: UnixNano) -> bool {
        let newer = |(other, since): &(String, i64)| other != version && *since > at.0;
        if self.newest.as_ref().is_some_and(newer) {
            return false;
        }
        self.newest = Some((version.to_owned(), at.0));
        true
    }

    /// What earlier versions brought is over where this one mended it.
    fn mend(&mut self, look: &Look, version: &str, now: UnixNano) {
        self.told.retain_mut(|told| {
            if told.version == version {
                return true;
            }
            match told.later(look, now) {
                Later::Mended => return false,
                Later::Lasts => version.clone_into(&mut told.lasts_in),
                Later::Unknown => {}
            }
            true
        });
    }
}

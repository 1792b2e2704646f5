//! What else changed with the version that a finding names, and who calls what costs more: asked once, when
//! the finding opens, because what telemetry told then is not kept as long as findings are.

use std::collections::HashMap;

use store::model::finding::Suspect;
use store::model::{Finding, State, UnixNano};
use store::read::around::{self, Around};
use store::read::{Window, deploys};
use store::{Store, StoreError};

use super::callers;
use crate::deploys::changed;

/// Most findings whose suspects are remembered; beyond, all are asked for anew.
const KNOWN_MAX: usize = 10_000;
/// Most findings asked for in one turn, 20 ms each; others have theirs with their next update.
const ASKED_MAX: usize = 64;
/// A finding begins so long after its deploy at most, ms.
const SINCE_MS: f64 = -7.0 * 86_400_000.0;
/// Deploys of a function looked at within that time.
const DEPLOYS_MAX: u32 = 50;

/// Suspects of findings by id.
#[derive(Debug, Default)]
pub struct Suspects(HashMap<String, Vec<Suspect>>);

impl Suspects {
    /// Adds theirs to the open findings that name a version or are about spend.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn add(&mut self, store: &Store, findings: &mut [Finding]) -> Result<(), StoreError> {
        let mut asked = 0;
        let open = |f: &&mut Finding| f.state == State::Open && !f.function_id.is_empty();
        let asks = |f: &&mut Finding| !f.version.is_empty() || callers::may_explain(f);
        for finding in findings.iter_mut().filter(open).filter(asks) {
            if !self.0.contains_key(&finding.id) {
                if asked == ASKED_MAX {
                    continue;
                }
                asked += 1;
                if self.0.len() >= KNOWN_MAX {
                    self.0.clear();
                }
                let mut found = Vec::new();
                if !finding.version.is_empty() {
                    found = ask(store, finding).await?;
                }
                if callers::may_explain(finding) {
                    found.extend(callers::ask(store, finding).await?);
                }
                self.0.insert(finding.id.clone(), found);
            }
            let found = self.0.get(&finding.id).into_iter().flatten();
            join(&mut finding.evidence.suspects, found);
        }
        Ok(())
    }
}

/// Puts what was found beside what the detector suspects, the strongest first.
fn join<'a>(suspects: &mut Vec<Suspect>, found: impl Iterator<Item = &'a Suspect>) {
    for one in found {
        if !suspects.iter().any(|known| known.what == one.what) {
            suspects.push(one.clone());
        }
    }
    suspects.sort_by(|a, b| b.weight.total_cmp(&a.weight));
}

async fn ask(store: &Store, finding: &Finding) -> Result<Vec<Suspect>, StoreError> {
    let window = Window {
        from: finding.began_at.plus_millis(SINCE_MS),
        to: finding.detected_at,
    };
    let id = &finding.function_id;
    let known = deploys::list(store, window, id, DEPLOYS_MAX).await?;
    let own = known.iter().find(|row| row.version == finding.version);
    let at = own.map_or(finding.began_at, |row| UnixNano::from_millis(row.at_ms));
    let version = &finding.version;
    let service = "";
    let told = around::told(
        store,
        Around {
            id,
            service,
            version,
            at,
        },
    )
    .await?;
    let announced = own.map(deploys::DeployRow::changes).unwrap_or_default();
    let all = changed::changed(&told, &announced);
    let suspect = |s: changed::Suspect| Suspect {
        what: match (s.change.before.as_str(), s.change.after.as_str()) {
            ("", after) => format!("{} {after}", s.change.what),
            (before, after) => format!("{} {before} → {after}", s.change.what),
        },
        why: s.why,
        weight: s.weight,
    };
    Ok(all.into_iter().map(suspect).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspect(what: &str, weight: f64) -> Suspect {
        Suspect {
            what: what.to_owned(),
            why: String::new(),
            weight,
        }
    }

    #[test]
    fn what_is_known_twice_stands_once_and_the_strongest_stands_first() {
        let mut own = vec![suspect("version 42", 0.7)];
        let found = [
            suspect("memory_mb 512 → 256", 1.0),
            suspect("version 42", 0.1),
        ];
        join(&mut own, found.iter());
        let whats: Vec<&str> = own.iter().map(|s| s.what.as_str()).collect();
        assert_eq!(whats, ["memory_mb 512 → 256", "version 42"]);
    }
}

//! Looks at new versions: asks the store what each version did and has it judged.

use store::model::UnixNano;
use store::{Store, StoreError};

use super::ask::{self, Asked};
use super::drive::MINUTE_GRACE_S;
use super::schedule::Schedule;
use crate::detectors::news::Deployed;
use crate::detectors::versions::Look;
use crate::detectors::{FunctionNo, Names};

/// Most looks of one turn. With a turn each five seconds a deploy of 10,000 functions is looked at in about
/// an hour; other work of the turn waits for them.
const LOOKS_MAX: usize = 16;
/// Stretches of time that a version is looked at in, s.
const STRETCH_S: i64 = 300;

/// The looks that are to come.
#[derive(Debug, Default)]
pub struct Verdicts(Schedule);

impl Verdicts {
    /// These versions came into use, or what they did is better known by now.
    pub fn hear<'a>(
        &mut self,
        deploys: impl IntoIterator<Item = &'a Deployed>,
        names: &Names,
        now: UnixNano,
    ) {
        for deployed in deploys.into_iter().filter(|d| !d.is_baseline) {
            let version = names.version_name(deployed.version);
            (self.0).add(deployed.function, version, deployed.at, now.as_secs());
        }
    }

    /// Closed hours of a function changed.
    pub fn late(&mut self, function: FunctionNo, now_s: i64) {
        self.0.late(function, now_s);
    }

    /// Makes the looks that are due.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn look(
        &mut self,
        store: &Store,
        names: &mut Names,
        now: UnixNano,
    ) -> Result<Vec<Look>, StoreError> {
        let mut looks = Vec::new();
        for due in self.0.due(now.as_secs(), LOOKS_MAX) {
            let asked = Asked {
                id: &names.of(due.function).id,
                version: &due.version,
                begin_s: due.began_at.as_secs(),
                until: closed(now),
            };
            let (cells, new) = ask::cells(store, asked).await?;
            let whose = (due.function, names.version(&due.version));
            let judge = move || Look::of(whose, due.began_at, &cells, new);
            match tokio::task::spawn_blocking(judge).await {
                Ok(look) => looks.push(look),
                // A fault of one must not silence the others.
                Err(error) => {
                    tracing::error!(%error, "judging a version failed; please report it");
                }
            }
        }
        Ok(looks)
    }
}

/// The end of the last stretch whose minutes have closed: half a stretch would count as a quiet one.
fn closed(now: UnixNano) -> UnixNano {
    let closed_s = now.as_secs() - i64::from(MINUTE_GRACE_S);
    UnixNano::from_secs(closed_s.div_euclid(STRETCH_S) * STRETCH_S)
}

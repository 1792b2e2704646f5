//! What is open now: every page shows how many findings are, some show which. One small question serves
//! them all for a few seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::findings::{self, Filter};
use store::model::{Finding, UnixNano};
use store::{Store, StoreError};

/// An answer serves so long, ms.
const SERVES_MS: i64 = 5_000;
/// A page waits so long for a new one, then takes the old: findings never hold up a page about something
/// else.
const WAIT: Duration = Duration::from_millis(250);

/// Open findings without their evidence, the newest first; at most `store::findings::FINDINGS_MAX`.
pub(crate) type Open = Arc<Vec<Finding>>;

#[derive(Default)]
struct Known {
    asked_ms: Option<i64>,
    open: Open,
}

/// Remembers what is open.
#[derive(Default)]
pub(crate) struct OpenFindings(Mutex<Known>);

impl OpenFindings {
    /// What was known last.
    pub(crate) fn last(&self) -> Open {
        Arc::clone(&self.lock().open)
    }

    /// Asks the store unless it was asked a few seconds ago. A store that does not answer leaves what was
    /// known: the page itself will say that it is away.
    pub(crate) async fn refresh(&self, store: &Store, now: UnixNano) {
        if !self.takes_turn(now.as_millis()) {
            return;
        }
        let asked = tokio::time::timeout(WAIT, ask(store)).await;
        if let Ok(Ok(found)) = asked {
            self.lock().open = Arc::new(found);
        }
    }

    /// Whether it is time to ask; who is told so asks, and nobody else for a while.
    fn takes_turn(&self, now_ms: i64) -> bool {
        let mut known = self.lock();
        let due = known
            .asked_ms
            .is_none_or(|asked| !(asked..asked + SERVES_MS).contains(&now_ms));
        if due {
            known.asked_ms = Some(now_ms);
        }
        due
    }

    /// Makes the next page ask anew.
    pub(crate) fn forget(&self) {
        self.lock().asked_ms = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let filter = Filter {
        state: "open".to_owned(),
        ..Filter::default()
    };
    findings::heads(store, &filter).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_page_asks_and_the_others_take_what_is_known_for_a_few_seconds() {
        let open = OpenFindings::default();
        assert!(open.takes_turn(1_000));
        assert!(!open.takes_turn(1_000) && !open.takes_turn(5_999));
        assert!(open.takes_turn(6_000));
        assert!(open.takes_turn(10), "a clock that went back");
        open.forget();
        assert!(open.takes_turn(11));
    }

    #[tokio::test]
    async fn a_store_that_is_away_leaves_what_was_known() {
        let open = OpenFindings::default();
        open.lock().open = Arc::new(vec![crate::testing::finding("cold_start_regression")]);
        let store = Store::new("http://127.0.0.1:1/otel").expect("an address");
        open.refresh(&store, crate::testing::NOW).await;
        assert_eq!(open.last().len(), 1);
    }
}

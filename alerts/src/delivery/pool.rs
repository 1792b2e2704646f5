//! Many receivers at once, each with its own few hands: one that is slow holds up nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::model::UnixNano;
use tokio::sync::{Semaphore, mpsc};

use super::{Attempt, Outlet};
use crate::model::{Integration, Notification};
use crate::template::Templates;

/// Messages on their way to one integration at once. Services allow about one a second; a receiver that
/// takes 30 s to time out is still tried eight times in a minute.
const HANDS: usize = 4;

/// Sends messages and tells what came of each. Dropping it lets attempts under way end by themselves.
///
/// It takes whatever it is given: what waits here waits in the outbox too, which bounds it (one message
/// for a group and an integration) and keeps it over a restart.
#[derive(Clone)]
pub struct Pool {
    ways: Arc<BTreeMap<Integration, Way>>,
    templates: Arc<Templates>,
    external_url: Arc<str>,
    told: mpsc::UnboundedSender<Attempt>,
    clock: fn() -> UnixNano,
}

struct Way {
    outlet: Arc<Outlet>,
    hands: Arc<Semaphore>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.ways.keys()).finish()
    }
}

impl Pool {
    /// A pool of these outlets. `external_url` is where we are reached; `clock` tells when attempts begin
    /// and end. Each message given to [`Pool::send`] is told of exactly once to `told`.
    #[must_use]
    pub fn new(
        outlets: BTreeMap<Integration, Outlet>,
        templates: Templates,
        external_url: &str,
        clock: fn() -> UnixNano,
        told: mpsc::UnboundedSender<Attempt>,
    ) -> Self {
        let way = |(name, outlet)| {
            let hands = Arc::new(Semaphore::new(HANDS));
            (
                name,
                Way {
                    outlet: Arc::new(outlet),
                    hands,
                },
            )
        };
        Self {
            ways: Arc::new(outlets.into_iter().map(way).collect()),
            templates: Arc::new(templates),
            external_url: Arc::from(external_url),
            told,
            clock,
        }
    }

    /// The same under another configuration; what is on its way under the old one goes on.
    #[must_use]
    pub fn reloaded(&self, outlets: BTreeMap<Integration, Outlet>, templates: Templates) -> Self {
        Self::new(
            outlets,
            templates,
            &self.external_url,
            self.clock,
            self.told.clone(),
        )
    }

    /// Makes the `attempt`-th attempt (from 1) of a message as soon as a hand is free.
    pub fn send(&self, notification: Notification, attempt: u32) {
        let pool = self.clone();
        tokio::spawn(async move {
            let began = (pool.clock)();
            let delivery = tokio::spawn(pool.clone().deliver(notification.clone(), attempt));
            // A message that makes us panic is tried again like one that fails, and holds up nobody.
            let attempt = delivery.await.unwrap_or_else(|_| {
                Attempt::panicked(&notification, attempt, (began, (pool.clock)()))
            });
            // Nobody listens any more when we are ending; the message is still in the outbox.
            let _ = pool.told.send(attempt);
        });
    }

    async fn deliver(self, notification: Notification, attempt: u32) -> Attempt {
        let Some(way) = self.ways.get(&notification.integration) else {
            let now = (self.clock)();
            return Attempt::without_a_way(&notification, attempt, now);
        };
        // The semaphore is never closed.
        let _hand = way.hands.acquire().await;
        let (templates, url) = (&self.templates, &self.external_url);
        way.outlet
            .deliver(templates, url, &notification, attempt, self.clock)
            .await
    }
}

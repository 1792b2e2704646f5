//! Counts again what is kept when the terms have changed: day by day, the newest first, a page at a time.

use super::Terms;
use super::hours::{self, Touched};
use crate::{Store, StoreError, marks};

/// The mark of the terms that all of what is kept was counted under.
const COUNTED: &str = "usage.terms";
/// The mark of a count under way: the terms' fingerprint and the day reached, `fingerprint day`.
const REACHED: &str = "usage.recount";

/// A count under way.
#[derive(Debug)]
pub(super) struct History {
    /// Days still to be counted, as days since the epoch, the next one last.
    days: Vec<u16>,
    /// The last pair counted of that day.
    last: Touched,
}

impl History {
    /// What is to be counted again under these terms; nothing if all of it was.
    pub(super) async fn open(store: &Store, terms: &Terms) -> Result<Option<Self>, StoreError> {
        let fingerprint = terms.fingerprint();
        if marks::read(store, COUNTED).await?.as_deref() == Some(fingerprint) {
            return Ok(None);
        }
        let reached = marks::read(store, REACHED).await?;
        let reached = reached.as_deref().and_then(|mark| mark.split_once(' '));
        let before = match reached {
            Some((of, day)) if of == fingerprint => day.parse().unwrap_or(u16::MAX),
            _ => u16::MAX,
        };
        let mut days = days(store).await?;
        days.retain(|day| *day <= before);
        Ok(Some(Self {
            days,
            last: Touched::default(),
        }))
    }

    /// Counts a page, or as many quiet days as fill one; tells whether there may be more.
    pub(super) async fn step(&mut self, store: &Store, terms: &Terms) -> Result<bool, StoreError> {
        let mut counted = 0;
        while counted < hours::PAGE as usize {
            let Some(day) = self.days.last().copied() else {
                marks::write(store, COUNTED, terms.fingerprint()).await?;
                return Ok(false);
            };
            let query = store.query(include_str!("day_hours.sql")).param("day", day);
            let deed = "finding the hours of a day that is counted again";
            let page = hours::page(query, &self.last, deed).await?;
            hours::recompute(store, terms, &page).await?;
            counted += page.len();
            match page.last() {
                Some(pair) => self.last = pair.clone(),
                None => {
                    self.days.pop();
                    self.last = Touched::default();
                    let reached = format!("{} {day}", terms.fingerprint());
                    marks::write(store, REACHED, &reached).await?;
                }
            }
        }
        Ok(true)
    }
}

/// The days of which facts are kept, ascending.
async fn days(store: &Store) -> Result<Vec<u16>, StoreError> {
    let sql = "\
SELECT DISTINCT toUInt16(toDate(parseDateTimeBestEffortOrZero(partition))) AS day
FROM system.parts
WHERE database = currentDatabase() AND table = 'invocation_facts' AND active
ORDER BY day";
    let query = store.query(sql);
    query
        .fetch_all::<u16>()
        .await
        .map_err(StoreError::query("listing the days of invocations"))
}

//! What will run out: budgets of money, accounts' concurrency, the store's own disk.
//!
//! Each is a series by the hour and a line that it must not cross. Once a day a forecast of the series
//! ([`crate::forecast`]) says whether it will, and when ([`ahead`]): what adds up within a month (money),
//! or a level (invocations at once, bytes). What has crossed its line already is a plain fact and told at
//! every hour.

pub mod ahead;
pub mod budget;
pub mod concurrency;
pub mod config;
pub mod disk;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use self::budget::Budgets;
use self::concurrency::Concurrency;
pub use self::config::{BudgetConfig, ConcurrencyConfig};
use self::disk::Disk;
use super::news::Step;
use super::{BadState, Detector, FunctionNo, Names, News, Signal};

/// The shape of what is saved: raise it when a field changes.
const FORM: u32 = 1;

/// See the module.
#[derive(Debug, Default)]
pub struct Limits {
    budgets: Budgets,
    concurrency: Concurrency,
    disk: Disk,
    said: Vec<Signal>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    form: u32,
    budgets: budget::Saved,
    concurrency: concurrency::Saved,
    disk: Disk,
}

impl Limits {
    /// Without memory.
    #[must_use]
    pub fn new(budgets: &[BudgetConfig], limits: &[ConcurrencyConfig]) -> Self {
        Self {
            budgets: Budgets::new(budgets),
            concurrency: Concurrency::new(limits),
            disk: Disk::default(),
            said: Vec::new(),
        }
    }

    fn tell(&mut self) {
        self.said = self.budgets.signals();
        self.said.extend(self.concurrency.signals());
        self.said.extend(self.disk.signals());
    }
}

impl Detector for Limits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        if news.only.is_some() {
            // Sums of all cannot be put right from some: they are when all is shown again.
            return self.said.clone();
        }
        if news.step == Step::Minute {
            self.concurrency.minute(news);
        }
        if let Some(hour_s) = news.hour_s {
            self.budgets.hour(news, hour_s);
            self.concurrency.hour(news, hour_s);
            self.disk.hour(news, hour_s);
            self.tell();
        }
        self.said.clone()
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        if self.budgets.is_known_within(functions) {
            self.budgets.forget();
            self.concurrency.forget();
            self.tell();
        }
    }

    fn save(&self, _: &Names) -> Vec<Vec<u8>> {
        let saved = Saved {
            form: FORM,
            budgets: self.budgets.save(),
            concurrency: self.concurrency.save(),
            disk: self.disk.clone(),
        };
        postcard::to_allocvec(&saved).into_iter().collect()
    }

    fn load(&mut self, pieces: &[Vec<u8>], _: &mut Names) -> Result<(), BadState> {
        let damaged = |error: postcard::Error| BadState(format!("its bytes are damaged ({error})"));
        let bytes = pieces
            .first()
            .ok_or_else(|| BadState("it is empty".to_owned()))?;
        let (form, _) = postcard::take_from_bytes::<u32>(bytes).map_err(damaged)?;
        if form != FORM {
            return Err(BadState(format!(
                "it has form {form}, this version writes {FORM}"
            )));
        }
        let saved: Saved = postcard::from_bytes(bytes).map_err(damaged)?;
        self.budgets.load(saved.budgets);
        self.concurrency.load(saved.concurrency);
        self.disk = saved.disk;
        self.tell();
        Ok(())
    }
}

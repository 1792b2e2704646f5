//! What rows cost.

use std::sync::Arc;

use store::read::watch::{HourRow, MinuteRow};

use crate::cost::rate::Of;
use crate::cost::{Books, Rates};
use crate::detectors::names::Function;

/// Finds prices in the books and keeps them.
#[derive(Debug)]
pub struct Prices {
    books: Arc<Books>,
    rates: Rates,
}

impl Prices {
    /// None found yet.
    #[must_use]
    pub fn new(books: Arc<Books>) -> Self {
        Self {
            rates: Rates::new(Arc::clone(&books)),
            books,
        }
    }

    /// What an hour costs at list price, and of that its requests; nothing where no book has a price.
    #[allow(clippy::cast_precision_loss)] // sums of an hour stay far below 2⁵³
    pub fn of_hour(&mut self, row: &HourRow) -> (f64, f64) {
        let of = Of {
            platform: &row.platform,
            plan: &row.plan,
            architecture: &row.architecture,
            init_kind: &row.init_kind,
            memory_mb: row.memory_mb,
            vcpu_milli: row.vcpu_milli,
        };
        let rate = self.rates.rate(&row.function_id, of, row.hour_s.into());
        let invocations = row.invocations as f64;
        rate.map_or((0.0, 0.0), |rate| {
            let usd = rate.usd(invocations, row.billed_ms as f64, row.billed_mb_ms as f64);
            (usd, rate.per_invocation * invocations)
        })
    }

    /// The same of a minute, about: nothing tells yet how its invocations are rounded, so their mean duration
    /// is, and initialisations are left out.
    #[allow(clippy::cast_precision_loss)] // as above
    pub fn of_minute(&mut self, row: &MinuteRow, function: &Function) -> (f64, f64) {
        let size = self.books.size_of(&row.function_id);
        let told = [
            size.memory_mb,
            row.memory_size_mb,
            function.memory_size_mb.unwrap_or(0),
        ];
        let memory_mb = told.into_iter().find(|mb| *mb > 0).unwrap_or(0);
        let of = Of {
            platform: &function.platform,
            plan: &size.plan,
            architecture: match size.architecture.is_empty() {
                true => &function.architecture,
                false => &size.architecture,
            },
            init_kind: "",
            memory_mb,
            vcpu_milli: size.vcpu_milli,
        };
        let rate = self.rates.rate(&row.function_id, of, row.minute_s.into());
        let invocations = row.invocations as f64;
        rate.map_or((0.0, 0.0), |rate| {
            let billed_ms = row.duration_ms_sum;
            let usd = rate.usd(invocations, billed_ms, billed_ms * f64::from(memory_mb));
            (usd, rate.per_invocation * invocations)
        })
    }
}

//! What is billed of one invocation's time and memory. The rollup does the same arithmetic in the
//! database (`store::usage`), from the same rules.

use store::model::{BilledInit, BilledMemory, BilledTime, RoundingRule};

use super::book::{Plan, Rounding, Validity};
use super::decimal::{Decimal, up_to_step};

impl Rounding {
    /// Billed memory of `memory_mb`, MiB.
    #[must_use]
    pub fn billed_memory_mb(&self, memory_mb: &Decimal) -> Decimal {
        let stepped = match self.memory_step_mb {
            Some(step) => up_to_step(memory_mb, step),
            None => memory_mb.clone(),
        };
        let billed = stepped.max(Decimal::from(self.memory_min_mb));
        match self.memory_max_mb {
            0 => billed,
            most => billed.min(Decimal::from(most)),
        }
    }

    /// Billed time of `time_ms`, ms, whatever is part of it.
    #[must_use]
    pub fn billed_ms(&self, time_ms: &Decimal) -> Decimal {
        let stepped = match self.time_step_ms {
            Some(step) => up_to_step(time_ms, step),
            None => time_ms.clone(),
        };
        stepped.max(Decimal::from(self.time_min_ms))
    }

    /// Whether the initialisation is billed, on a runtime of the user's own or another.
    #[must_use]
    pub fn bills_init(&self, own_runtime: bool) -> bool {
        match self.init {
            BilledInit::Always => true,
            BilledInit::OwnRuntimes => own_runtime,
            BilledInit::Never => false,
        }
    }

    /// As the rollup is told it. A rollup counts whole ms and MiB, so what is billed exactly is billed
    /// by steps of 1 there.
    #[must_use]
    pub fn rule(&self, plan: &Plan) -> RoundingRule {
        let Validity { from_s, until_s } = self.valid;
        let seconds = |at: i64| u32::try_from(at.max(0)).unwrap_or(u32::MAX);
        RoundingRule {
            platform: plan.platform.clone(),
            plan: plan.id.clone(),
            from_s: seconds(from_s),
            until_s: until_s.map_or(u32::MAX, seconds),
            time_step_ms: self.time_step_ms.unwrap_or(1),
            time_min_ms: self.time_min_ms,
            memory_step_mb: self.memory_step_mb.unwrap_or(1),
            memory_min_mb: self.memory_min_mb,
            memory_max_mb: self.memory_max_mb,
            memory: self.memory,
            time: self.time,
            init: self.init,
            believes_reported: self.believes_reported,
        }
    }

    /// Whether processor time is what is billed.
    #[must_use]
    pub fn bills_cpu(&self) -> bool {
        self.time == BilledTime::Cpu
    }

    /// Whether used memory is what is billed.
    #[must_use]
    pub fn bills_used_memory(&self) -> bool {
        self.memory == BilledMemory::Used
    }
}

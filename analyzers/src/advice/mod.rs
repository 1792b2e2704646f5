//! Advice in dollars and milliseconds, from recorded traffic, with its reasoning.
//!
//! Pure: what was recorded of a function and the price books go in; for each kind of advice either a piece
//! of advice or the reason why there is none comes out. A kind is one file here and one line in [`KINDS`].

mod arm64;
pub mod elsewhere;
mod memory_down;
mod memory_up;
mod prices;
mod provisioned;
mod provisioned_idle;
mod recorded;
mod schedule;
mod snapstart;
mod telemetry;
#[cfg(test)]
mod testing;
mod timeout;
mod unused;
pub(crate) mod words;

use store::model::UnixNano;

pub use prices::{NoPrice, Prices, Standing};
pub use recorded::{Configured, Hour, Recorded, TelemetryTime};
pub use words::Range;

use crate::cost::Provenance;
use crate::money::Usd;

/// Fewest invocations that advice is drawn from. With 100 of them a thing that happens in 1 of 30 was
/// seen with 97 % certainty.
pub const INVOCATIONS_MIN: u64 = 100;
/// Fewest days of them: a week has each day once.
pub const DAYS_MIN: u32 = 7;
/// A month in hundredths of a day: 365.25 / 12.
const MONTH_CENTIDAYS: u64 = 3_044;

/// What a piece of advice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Less memory.
    MemoryDown,
    /// More memory: faster and cheaper.
    MemoryUp,
    /// The other architecture.
    Arm64,
    /// Sandboxes kept ready at some hours.
    Provisioned,
    /// Fewer sandboxes kept ready.
    ProvisionedIdle,
    /// Start from a snapshot.
    SnapStart,
    /// A lower time limit.
    Timeout,
    /// Nobody calls it.
    Unused,
    /// What telemetry itself costs.
    Telemetry,
}

impl Topic {
    /// The name in addresses and exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemoryDown => "memory-down",
            Self::MemoryUp => "memory-up",
            Self::Arm64 => "arm64",
            Self::Provisioned => "provisioned-concurrency",
            Self::ProvisionedIdle => "provisioned-idle",
            Self::SnapStart => "snapstart",
            Self::Timeout => "timeout",
            Self::Unused => "unused",
            Self::Telemetry => "telemetry",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MemoryDown => "Less memory",
            Self::MemoryUp => "More memory",
            Self::Arm64 => "arm64",
            Self::Provisioned => "Provisioned concurrency",
            Self::ProvisionedIdle => "Idle provisioned concurrency",
            Self::SnapStart => "SnapStart",
            Self::Timeout => "Time limit",
            Self::Unused => "Unused function",
            Self::Telemetry => "Cost of telemetry",
        }
    }
}

/// How sure the advice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It rests on something assumed.
    Low,
    /// The figures are measured, what follows is arithmetic with an assumption that is named.
    Medium,
    /// Measured figures and exact prices.
    High,
}

impl Confidence {
    /// As a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A step of the reasoning: a sentence with the figures it uses, and where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The sentence. Names in it are telemetry, so hostile text.
    pub text: String,
    /// Where its figures come from.
    pub provenance: Provenance,
}

/// One piece of advice.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What it is about.
    pub topic: Topic,
    /// The function.
    pub function_id: String,
    /// What to do, in one sentence.
    pub what: String,
    /// Dollars saved each month; negative where it costs.
    pub saving: Range<Usd>,
    /// What the dollars are reckoned with: "at list price, before free grants".
    pub basis: &'static str,
    /// Change of an invocation's duration, ms; negative is faster. `None` where it does not change.
    pub duration_ms: Option<Range<f64>>,
    /// How sure this is.
    pub confidence: Confidence,
    /// The reasoning.
    pub steps: Vec<Step>,
    /// What would make it wrong.
    pub wrong_if: Vec<String>,
}

impl Advice {
    fn new(topic: Topic, of: &Recorded<'_>, what: String, saving: Range<Usd>) -> Self {
        Self {
            topic,
            function_id: of.function_id.to_owned(),
            what,
            saving,
            basis: "at list price, before free grants",
            duration_ms: None,
            confidence: Confidence::Medium,
            steps: Vec::new(),
            wrong_if: Vec::new(),
        }
    }

    fn measured(self, text: impl Into<String>) -> Self {
        self.step(text, Provenance::Measured)
    }

    fn derived(self, text: impl Into<String>) -> Self {
        self.step(text, Provenance::Derived)
    }

    fn assumed(self, text: impl Into<String>) -> Self {
        self.step(text, Provenance::Assumed)
    }

    fn step(mut self, text: impl Into<String>, provenance: Provenance) -> Self {
        let text = text.into();
        self.steps.push(Step { text, provenance });
        self
    }

    fn wrong_if(mut self, text: impl Into<String>) -> Self {
        self.wrong_if.push(text.into());
        self
    }

    fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    fn changes_ms(mut self, low: f64, high: f64) -> Self {
        self.duration_ms = Some(Range { low, high });
        self
    }
}

/// Why there is no advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// What advice was looked for.
    pub topic: Topic,
    /// Why there is none, with the figures: "too few invocations: 12 of 100".
    pub reason: String,
}

/// What is asked of each kind of advice.
trait Kind: Sync {
    fn topic(&self) -> Topic;
    /// The advice, or why there is none.
    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        now: UnixNano,
    ) -> Result<Advice, String>;
}

/// Every kind of advice.
const KINDS: [&dyn Kind; 9] = [
    &memory_down::MemoryDown,
    &memory_up::MemoryUp,
    &arm64::Arm64,
    &provisioned::Provisioned,
    &provisioned_idle::ProvisionedIdle,
    &snapstart::SnapStart,
    &timeout::TimeLimit,
    &unused::Unused,
    &telemetry::Telemetry,
];

/// What can be said about one function: advice by what it saves, and why there is no other.
#[must_use]
pub fn advise(
    of: &Recorded<'_>,
    prices: &dyn Prices,
    now: UnixNano,
) -> (Vec<Advice>, Vec<Declined>) {
    let (mut advice, mut declined) = (Vec::new(), Vec::new());
    for kind in KINDS {
        match kind.consider(of, prices, now) {
            Ok(piece) => advice.push(piece),
            Err(reason) => declined.push(Declined {
                topic: kind.topic(),
                reason,
            }),
        }
    }
    sort(&mut advice);
    (advice, declined)
}

/// Most dollars first.
pub fn sort(advice: &mut [Advice]) {
    let key = |a: &Advice| (a.saving.high, a.saving.low);
    advice.sort_by(|a, b| {
        key(b)
            .cmp(&key(a))
            .then_with(|| a.function_id.cmp(&b.function_id))
            .then(a.topic.cmp(&b.topic))
    });
}

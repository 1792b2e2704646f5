//! What was used of a platform, in the units its bill counts: the noun between invocations and money.
//!
//! A bill rounds each invocation and then multiplies, so what is rounded is summed as whole numbers here
//! and any price list can be laid over the sums. Money itself is not kept: it follows from these rows
//! and a price book, and a better book prices the same rows again.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

/// How a platform rounds one invocation before it bills it. The first rule of a list that fits an
/// invocation holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundingRule {
    /// `aws_lambda`, `azure.functions`, … as in `invocations.platform`.
    pub platform: String,
    /// The plan the function runs under, as configured; empty fits every plan.
    pub plan: String,
    /// Holds for invocations that start at or after this moment, Unix seconds.
    pub from_s: u32,
    /// Holds for invocations that start before this moment, Unix seconds.
    pub until_s: u32,
    /// Time is rounded up to a multiple of this, ms; at least 1.
    pub time_step_ms: u32,
    /// and is at least this, ms.
    pub time_min_ms: u32,
    /// Memory is rounded up to a multiple of this, MiB; at least 1.
    pub memory_step_mb: u32,
    /// and is at least this, MiB.
    pub memory_min_mb: u32,
    /// and at most this, MiB; 0 for no limit.
    pub memory_max_mb: u32,
    /// Which memory is billed.
    pub memory: BilledMemory,
    /// Which time is billed.
    pub time: BilledTime,
    /// Whether the initialisation of a cold start is billed.
    pub init: BilledInit,
    /// Whether a billed duration that the platform itself reports is believed before this arithmetic.
    pub believes_reported: bool,
}

/// Which memory a platform bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BilledMemory {
    /// What is configured.
    Configured,
    /// What was used, as measured; what is configured where nothing tells.
    Used,
}

/// Which time a platform bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BilledTime {
    /// From the beginning to the end, waiting included.
    Wall,
    /// Only what the processor worked.
    Cpu,
}

/// Whether the initialisation of a cold start is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BilledInit {
    /// It is: time = init and duration, rounded up together.
    Always,
    /// It is not, except on runtimes that the user brings (`provided…`, container images) and where it was
    /// provisioned.
    OwnRuntimes,
    /// It never is.
    Never,
}

/// What telemetry does not tell about a function and its owner has configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The plan; empty for the platform's usual one.
    pub plan: String,
    /// Memory, MiB; 0 for "as telemetry says".
    pub memory_mb: u32,
    /// Processors, thousandths; 0 for "as the platform gives".
    pub vcpu_milli: u32,
    /// Architecture; empty for "as telemetry says".
    pub architecture: String,
}

/// What a function used within an hour, or within a day of its platform's billing calendar.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct Usage {
    /// The text form of [`super::FunctionId`].
    pub function_id: String,
    /// Deployed version.
    pub version: String,
    /// `aws_lambda`, …
    pub platform: String,
    /// Plan, as configured; empty for the platform's usual one.
    pub plan: String,
    /// `x86_64`, `arm64`; empty when nobody says.
    pub architecture: String,
    /// Billed memory, MiB, after rounding; 0 when nobody says.
    pub memory_mb: u32,
    /// Configured processors, thousandths; 0 when not configured.
    pub vcpu_milli: u32,
    /// What called it.
    pub trigger: String,
    /// How sandboxes began: as [`super::InitKind`]; empty for warm invocations and where nobody says.
    pub init_kind: String,
    /// First second of the hour or day, Unix seconds.
    pub from_s: u32,
    /// Invocations.
    pub invocations: u64,
    /// Of these: nothing is known of their duration, so their time is not priced (their request is).
    pub unpriced: u64,
    /// Of these: the billed time is the platform's own word,
    pub billed_measured: u64,
    /// computed from a measured duration and memory,
    pub billed_derived: u64,
    /// or computed from something assumed (a default memory, wall time instead of processor time).
    pub billed_assumed: u64,
    /// Billed time, ms, rounded per invocation.
    pub billed_ms: u64,
    /// Of this: what is billed only for initialisations (billed with, less billed without them), ms.
    pub billed_init_ms: u64,
    /// Of this: what is billed only because of a minimum or a step of time, µs.
    pub rounding_us: u64,
    /// Billed time multiplied by billed memory, ms · MiB.
    pub billed_mb_ms: u64,
    /// Measured durations, µs.
    pub duration_us: u64,
    /// Measured initialisations, µs.
    pub init_us: u64,
    /// Processor time, µs, where told.
    pub cpu_us: u64,
    /// Cold starts.
    pub cold_starts: u64,
    /// Failed ones: errors, timeouts and out-of-memory.
    pub errors: u64,
    /// Ended at their time limit.
    pub timeouts: u64,
    /// Ended at their memory limit.
    pub out_of_memory: u64,
    /// Refused by the platform for too many at once; these never ran and are not in `invocations`.
    pub throttles: u64,
    /// Of the invocations: a span of the function arrived.
    pub with_span: u64,
    /// Most memory used, MiB; 0 when nobody says.
    pub memory_used_mb_max: u32,
    /// Longest duration, ms, rounded up.
    pub duration_ms_max: u32,
}

//! What closed: the rows that detectors read.

use std::collections::HashSet;

use store::model::UnixNano;

use super::names::{FunctionNo, Names, VersionNo};
use super::versions::Look;

/// What one version of a function did in a minute (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Minute {
    /// The function.
    pub function: FunctionNo,
    /// The version.
    pub version: VersionNo,
    /// Begin of the minute, s since the epoch.
    pub minute_s: u32,
    /// Invocations that started in it and ran.
    pub invocations: u32,
    /// Of these, failed in any way.
    pub errors: u32,
    /// Of the errors, ended at the time limit.
    pub timeouts: u32,
    /// Of the errors, ended at the memory limit.
    pub out_of_memory: u32,
    /// Turned away by the platform; not in `invocations`.
    pub throttles: u32,
    /// Known to have started cold,
    pub cold_starts: u32,
    /// and of how many that is known.
    pub cold_start_known: u32,
    /// Of how many the duration is known.
    pub duration_count: u32,
    /// Sum of durations, ms.
    pub duration_ms_sum: f64,
    /// Median and 95th percentile of durations, ms; NaN without any.
    pub duration_ms_p50: f32,
    /// See `duration_ms_p50`.
    pub duration_ms_p95: f32,
    /// Longest duration, ms; 0 if none is known.
    pub duration_ms_max: f32,
    /// Configured memory, MiB; 0 if not told.
    pub memory_size_mb: u32,
    /// Most memory used, MiB; 0 if not told.
    pub memory_used_mb_max: u32,
    /// What it costs at list price, about, in the currency of the books; 0 where no book has a price.
    pub usd: f64,
    /// Of it: for requests, whatever they took.
    pub usd_requests: f64,
}

/// What one version of a function did in an hour (UTC), under one trigger.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hour {
    /// The function.
    pub function: FunctionNo,
    /// The version.
    pub version: VersionNo,
    /// What called it: a word of [`Names`].
    pub trigger: VersionNo,
    /// Begin of the hour, s since the epoch.
    pub hour_s: u32,
    /// Invocations that started in it and ran.
    pub invocations: u32,
    /// Of these, failed in any way.
    pub errors: u32,
    /// Of the errors, ended at the time limit.
    pub timeouts: u32,
    /// Of the errors, ended at the memory limit.
    pub out_of_memory: u32,
    /// Turned away by the platform; not in `invocations`.
    pub throttles: u32,
    /// Cold starts.
    pub cold_starts: u32,
    /// Measured durations, ms.
    pub duration_ms: f64,
    /// Measured initialisations, ms.
    pub init_ms: f64,
    /// Billed time, ms.
    pub billed_ms: f64,
    /// Of it: only for initialisations, ms.
    pub billed_init_ms: f64,
    /// Billed time times billed memory, MiB · ms.
    pub billed_mb_ms: f64,
    /// What it costs at list price, in the currency of the books; 0 where no book has a price.
    pub usd: f64,
    /// Of it: for requests, whatever they took.
    pub usd_requests: f64,
    /// Billed memory, MiB; 0 if not told.
    pub memory_mb: u32,
    /// Most memory used, MiB; 0 if not told.
    pub memory_used_mb_max: u32,
    /// Longest duration, ms.
    pub duration_ms_max: u32,
}

impl Hour {
    /// Whether it is of the same function, version, trigger and hour.
    #[must_use]
    pub fn is_with(&self, other: &Self) -> bool {
        let key = |h: &Self| (h.function, h.version, h.trigger, h.hour_s);
        key(self) == key(other)
    }

    /// Adds what the same version did in the same hour under another price.
    pub fn add(&mut self, other: &Self) {
        let counts = [
            (&mut self.invocations, other.invocations),
            (&mut self.errors, other.errors),
            (&mut self.timeouts, other.timeouts),
            (&mut self.out_of_memory, other.out_of_memory),
            (&mut self.throttles, other.throttles),
            (&mut self.cold_starts, other.cold_starts),
        ];
        for (count, more) in counts {
            *count = count.saturating_add(more);
        }
        self.duration_ms += other.duration_ms;
        self.init_ms += other.init_ms;
        self.billed_ms += other.billed_ms;
        self.billed_init_ms += other.billed_init_ms;
        self.billed_mb_ms += other.billed_mb_ms;
        self.usd += other.usd;
        self.usd_requests += other.usd_requests;
        self.memory_mb = self.memory_mb.max(other.memory_mb);
        self.memory_used_mb_max = self.memory_used_mb_max.max(other.memory_used_mb_max);
        self.duration_ms_max = self.duration_ms_max.max(other.duration_ms_max);
    }
}

/// One cold start whose length is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColdStart {
    /// The function.
    pub function: FunctionNo,
    /// The version.
    pub version: VersionNo,
    /// How it began: a word of [`Names`], as [`store::model::InitKind`] spells it; may be the empty word.
    pub init_kind: VersionNo,
    /// Architecture: a word of [`Names`].
    pub architecture: VersionNo,
    /// When.
    pub at: UnixNano,
    /// Configured memory, MiB; 0 if not told.
    pub memory_size_mb: u32,
    /// How long it took, ms.
    pub init_ms: f32,
    /// The trace, as the number its 32 digits spell; 0 if there is none.
    pub trace_id: u128,
}

/// What a metric says of a queue, a stream or a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// What is measured.
    pub measure: Measure,
    /// The queue, topic or stream: a word of [`Names`], the empty one where the metric names none.
    pub resource: VersionNo,
    /// The function, where the metric is one's.
    pub function: Option<FunctionNo>,
    /// The value, in the unit of its measure.
    pub value: f64,
    /// Begin of the minute of the value, s since the epoch. Metrics come late: it may lie before what
    /// closed, and the same minute may be shown again.
    pub minute_s: u32,
}

/// What a [`Gauge`] measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// How old the newest record is that a stream's function has read, s.
    IteratorAge,
    /// How old the oldest message is that waits, s.
    OldestAge,
    /// Messages that wait.
    Waiting,
    /// Messages in a dead-letter queue.
    DeadWaiting,
    /// Messages that became dead letters within the minute.
    DeadLettered,
    /// Attempts turned away within the minute.
    Throttled,
}

/// A version came into use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deployed {
    /// The function.
    pub function: FunctionNo,
    /// The version.
    pub version: VersionNo,
    /// When.
    pub at: UnixNano,
    /// The first version ever seen: where history begins and not a change.
    pub is_baseline: bool,
}

/// The disk of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSample {
    /// Bytes of what is stored.
    pub stored_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
}

/// How finely time is cut in this look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A minute closed; with the last minute of an hour the hour closed, too.
    Minute,
    /// An hour closed, and its minutes are not shown: history is shown again.
    Hour,
}

/// What closed since the last look.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// The time: when the bucket closed, not before everything in it was there.
    pub now: UnixNano,
    /// How finely time is cut.
    pub step: Step,
    /// First second after what closed, s since the epoch.
    pub until_s: u32,
    /// The minute's rows, where `step` is a minute; whoever did nothing has none.
    pub minutes: &'a [Minute],
    /// The hour that closed, begin in s since the epoch, if one did.
    pub hour_s: Option<u32>,
    /// Its rows.
    pub hours: &'a [Hour],
    /// Cold starts that became known, in order of time; some may lie before the bucket.
    pub cold_starts: &'a [ColdStart],
    /// Deploys that became known; some may lie before the bucket.
    pub deploys: &'a [Deployed],
    /// The store's disk, with an hour that closes now; not known of history.
    pub disk: Option<DiskSample>,
    /// The functions whose history is shown again; `None` when all are shown. Of the others nothing is
    /// told, which does not mean that they did nothing: see [`News::shows`].
    pub only: Option<&'a HashSet<FunctionNo>>,
    /// What metrics say of queues, streams and functions: the newest minutes known of each.
    pub gauges: &'a [Gauge],
    /// What looks at new versions found; not of history, for each is asked of the store at its time.
    pub verdicts: &'a [Look],
    /// Who the numbers are.
    pub names: &'a Names,
}

impl News<'_> {
    /// Whether what a function did is told. If so and it has no row, it did nothing; if not, whatever is
    /// remembered of it has to stay as it is.
    #[must_use]
    pub fn shows(&self, function: FunctionNo) -> bool {
        self.only.is_none_or(|only| only.contains(&function))
    }
}

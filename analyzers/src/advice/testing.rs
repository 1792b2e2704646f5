//! Hand-made usage for the tests of advice, priced by the embedded books.

use store::model::{BilledInit, BilledMemory, BilledTime, RoundingRule, UnixNano, Usage};

use super::{Advice, Configured, Hour, Kind, Prices, Recorded, TelemetryTime};
use crate::cost::{Books, Config};

/// 2026-11-23T12:25:09Z.
pub(super) const NOW: UnixNano = UnixNano(1_795_436_709_000_000_000);
const DAY_S: u32 = 86_400;
/// 2026-10-24T00:00:00Z.
const FIRST_DAY_S: u32 = 1_792_800_000;

/// A Lambda function with a thousand invocations of 100 ms on each of `n` days, changed as a case needs.
pub(super) fn days(n: u32, change: impl Fn(&mut Usage)) -> Vec<Usage> {
    let day = |i: u32| {
        let mut row = Usage {
            function_id: "aws:123456789012:us-east-1:checkout".into(),
            version: "1".into(),
            platform: "aws_lambda".into(),
            architecture: "x86_64".into(),
            from_s: FIRST_DAY_S + i * DAY_S,
            invocations: 1_000,
            memory_used_mb_max: 80,
            duration_ms_max: 400,
            ..Usage::default()
        };
        take(&mut row, 512, 100);
        let (memory_mb, billed_ms) = (row.memory_mb, row.billed_ms);
        change(&mut row);
        if (row.memory_mb, row.billed_ms) != (memory_mb, billed_ms) && row.billed_ms == billed_ms {
            row.billed_mb_ms = row.billed_ms * u64::from(row.memory_mb);
        }
        row.billed_measured = row.invocations;
        row
    };
    (0..n).map(day).collect()
}

/// Lets each invocation of a row take `each_ms` at `memory_mb`.
pub(super) fn take(row: &mut Usage, memory_mb: u32, each_ms: u64) {
    row.memory_mb = memory_mb;
    row.billed_ms = row.invocations * each_ms;
    row.billed_mb_ms = row.billed_ms * u64::from(memory_mb);
    row.duration_us = row.billed_ms * 1_000;
}

/// Every hour of the week, so many times, with as many sandboxes busy as `busy` says.
pub(super) fn week(times: u32, busy: impl Fn(u8) -> f64) -> Vec<Hour> {
    let hour = |hour_of_week: u8| Hour {
        hour_of_week,
        times,
        invocations: u64::from(times) * 100,
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        billed_ms: (busy(hour_of_week) * f64::from(times) * 3_600_000.0) as u64,
        cold_starts: u64::from(times) * 2,
    };
    (0..168).map(hour).collect()
}

/// A rule that rounds nothing.
pub(super) fn rule() -> RoundingRule {
    RoundingRule {
        platform: String::new(),
        plan: String::new(),
        from_s: 0,
        until_s: u32::MAX,
        time_step_ms: 1,
        time_min_ms: 0,
        memory_step_mb: 1,
        memory_min_mb: 0,
        memory_max_mb: 0,
        memory: BilledMemory::Configured,
        time: BilledTime::Wall,
        init: BilledInit::Always,
        believes_reported: true,
    }
}

/// One function to be advised.
pub(super) struct Case {
    pub(super) rows: Vec<Usage>,
    hours: Vec<Hour>,
    runtime: String,
    configured: Configured,
    telemetry: Option<TelemetryTime>,
    last_seen_s: i64,
    books: Books,
}

impl Case {
    pub(super) fn new(rows: Vec<Usage>) -> Self {
        Self {
            rows,
            hours: Vec::new(),
            runtime: String::new(),
            configured: Configured::default(),
            telemetry: None,
            last_seen_s: NOW.as_secs(),
            books: Books::load(&Config::default()).expect("the books of the product"),
        }
    }

    pub(super) fn hours(mut self, hours: Vec<Hour>) -> Self {
        self.hours = hours;
        self
    }

    pub(super) fn runtime(mut self, runtime: &str) -> Self {
        self.runtime = runtime.to_owned();
        self
    }

    pub(super) fn timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.configured.timeout_ms = timeout_ms;
        self
    }

    pub(super) fn provisioned(mut self, kept: u32) -> Self {
        self.configured.provisioned = kept;
        self
    }

    pub(super) fn telemetry(mut self, time: TelemetryTime) -> Self {
        self.telemetry = Some(time);
        self
    }

    pub(super) fn silent_days(mut self, days: i64) -> Self {
        self.last_seen_s = NOW.as_secs() - days * i64::from(DAY_S);
        self
    }

    pub(super) fn prices(&self) -> &dyn Prices {
        &self.books
    }

    pub(super) fn recorded(&self) -> Recorded<'_> {
        let window_days = u32::try_from(self.rows.len()).expect("few").max(1);
        Recorded {
            function_id: "aws:123456789012:us-east-1:checkout",
            runtime: &self.runtime,
            usage: &self.rows,
            hours: &self.hours,
            window_days,
            configured: self.configured,
            telemetry: self.telemetry,
            last_seen_s: self.last_seen_s,
        }
    }

    pub(super) fn ask(&self, kind: &dyn Kind) -> Result<Advice, String> {
        kind.consider(&self.recorded(), self.prices(), NOW)
    }
}

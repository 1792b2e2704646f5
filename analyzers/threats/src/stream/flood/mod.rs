//! Denial of wallet: somebody makes a function run up costs.
//!
//! That a function is busier than ever is no threat: so it is when a campaign begins, when a partner tries
//! again, when a test of load runs. What tells an attack is **who** comes: the slope of spend is laid
//! against the mix of clients ([`mix`]). A busy minute becomes a finding only when a few clients make it, or
//! many that are all alike, and something else speaks against it too. Minutes that were busy so are not
//! learnt.

mod cost;
mod mix;

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, S, Seen};
use super::event::Event;
use super::finding::{Claim, Subject};
use super::lanes::{Lane, Lanes, Looks, Window};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};
use mix::{Call, Usual};

/// A slice in which calls are counted.
const SLICE_NS: i64 = 10 * S;
/// What is looked at together.
const WINDOW_NS: i64 = 60 * S;
/// Calls remembered of one function; when they come faster the window is shorter, never blind.
const CALLS_MAX: usize = 6_000;
const FUNCTIONS_MAX: usize = 2_000;
/// Calls within the window from which on a function is worth a look.
const CALLS_MIN: usize = 150;
/// So many times its usual rate, a function is busy.
const BUSY_FACTOR: f64 = 4.0;
/// Slices that must have been seen before "usual" means anything.
const SLICES_MIN: u32 = 6;
/// Evidence that makes a finding.
const SCORE_MIN: u32 = 3;
/// A test of load that says what it is is let alone until it costs so much, in dollars an hour: whoever takes
/// its name has that much, and no more.
const DECLARED_TEST_USD_PER_HOUR_MAX: f64 = 100.0;
/// How long apart looks are: each walks over the window.
const LOOK_NS: i64 = 2 * S;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AtFunction {
    calls: Lanes<Calls>,
    usual: Usual,
    slice_ns: i64,
    slice: mix::Slice,
    /// Calls since it was heard of first.
    count: u64,
}

/// Calls within a window.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Calls {
    recent: Recent<Call>,
    looks: Looks,
}

impl Window for Calls {
    fn newest_ns(&self) -> i64 {
        self.recent.newest_ns()
    }
}

impl Ranked for AtFunction {
    fn suspicion(&self) -> u32 {
        u32::try_from(self.count).unwrap_or(u32::MAX)
    }
    fn newest_ns(&self) -> i64 {
        self.calls.newest_ns()
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Flood {
    functions: Table<AtFunction>,
}

impl Default for Flood {
    fn default() -> Self {
        Self {
            functions: Table::new(FUNCTIONS_MAX),
        }
    }
}

impl Detector for Flood {
    fn name(&self) -> &'static str {
        "flood"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        if !is_call(event) {
            return;
        }
        let call = Call::of(event);
        let time_ns = event.raw.time_ns;
        let at = self.functions.entry(&event.function);
        let lane = at.calls.of(time_ns, WINDOW_NS);
        if lane == Lane::Timely {
            // What is usual is learnt from what comes in time: a queue would make one slice of many.
            at.close_slices(time_ns);
            at.slice.add(&call);
        }
        at.count += 1;
        let calls = at.calls.get_mut(lane);
        calls.recent.add(time_ns, call, WINDOW_NS, CALLS_MAX);
        if !calls.are_due() {
            return;
        }
        let name = event.function.as_str();
        let Some(times) = at.times_busier(lane) else {
            return;
        };
        let others = self.others_busy(name, lane);
        let fresh = context.is_fresh(name);
        if let Some(at) = self.functions.get(name)
            && let Some(claim) = at.judge(name, lane, (times, others, fresh))
        {
            context.claim(claim);
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

impl Calls {
    /// Whether they are to be looked at.
    fn are_due(&mut self) -> bool {
        let (newest_ns, len) = (self.recent.newest_ns(), self.recent.len());
        len >= CALLS_MIN && self.looks.are_due(newest_ns, len, LOOK_NS)
    }
}

/// An invocation's own span, or a log that stands for one.
fn is_call(event: &Event) -> bool {
    event.audit.is_none()
        && !event.function.is_empty()
        && (event.is_entry() || event.http.is_some())
}

impl Flood {
    /// Whether other functions are as much busier: a campaign makes a whole shop busy.
    fn others_busy(&self, but: &str, lane: Lane) -> bool {
        let others = self
            .functions
            .iter()
            .filter(|(name, at)| *name != but && at.usual.is_known());
        let (mut busy, mut all) = (0, 0);
        for (_, at) in others {
            all += 1;
            busy += usize::from(at.factor(lane) >= BUSY_FACTOR / 2.0);
        }
        all > 0 && busy * 2 >= all
    }
}

impl AtFunction {
    /// Ends slices that are over; one that was busy is not learnt.
    fn close_slices(&mut self, time_ns: i64) {
        let start_ns = time_ns - time_ns.rem_euclid(SLICE_NS);
        if self.slice_ns == 0 {
            self.slice_ns = start_ns;
        }
        while self.slice_ns < start_ns {
            let slice = std::mem::take(&mut self.slice);
            self.usual.learn(&slice, BUSY_FACTOR);
            let gap = (start_ns - self.slice_ns) / SLICE_NS;
            // After a long silence the slices between are not walked one by one.
            self.slice_ns += if gap > 360 {
                (gap - 360) * SLICE_NS
            } else {
                SLICE_NS
            };
        }
    }

    /// Calls a second over a window, against those of usual slices; 0 for an empty one.
    fn factor(&self, lane: Lane) -> f64 {
        let calls = &self.calls.get(lane).recent;
        let span_ns = calls.newest_ns().saturating_sub(calls.oldest_ns());
        let rate = calls.len() as f64 / (span_ns.clamp(SLICE_NS, WINDOW_NS) as f64 / S as f64);
        rate / self.usual.rate_per_s().max(0.05)
    }

    /// How many times busier than usual it is; None if it is not, or where nothing is known and no single
    /// client makes it.
    fn times_busier(&self, lane: Lane) -> Option<f64> {
        let calls = &self.calls.get(lane).recent;
        if self.usual.slices() < SLICES_MIN {
            return (calls.len() >= 4 * CALLS_MIN).then_some(0.0);
        }
        let recent = calls.since(calls.newest_ns() - 2 * SLICE_NS).count();
        let rate = recent as f64 / (2 * SLICE_NS / S) as f64;
        let times = (rate / self.usual.rate_per_s().max(0.05)).max(self.factor(lane));
        (times >= BUSY_FACTOR).then_some(times)
    }

    fn judge(
        &self,
        name: &str,
        lane: Lane,
        (times, others_busy, fresh): (f64, bool, bool),
    ) -> Option<Claim> {
        let calls = &self.calls.get(lane).recent;
        let mix = mix::Mix::of(calls, &self.usual);
        let verdict = mix.judge(times, others_busy, fresh);
        if !verdict.speaks || verdict.score < SCORE_MIN {
            return None;
        }
        let usd_per_hour = cost::usd_per_hour(calls, WINDOW_NS);
        if mix.declared_test && usd_per_hour < DECLARED_TEST_USD_PER_HOUR_MAX {
            return None;
        }
        let client = mix.client();
        let confidence = (0.5 + 0.1 * verdict.score as f32).min(0.95);
        let mut claim = Claim::new(
            &rules::FLOOD,
            Subject::function(name).client(&client),
            confidence,
        )
        .marks(mix.marks(calls))
        .because(match times {
            0.0 => format!("{} calls within a minute", calls.len()),
            times => format!("{times:.0} times its usual rate"),
        })
        .because(format!(
            "it costs {usd_per_hour:.2} dollars an hour at this rate, at list price"
        ));
        for reason in verdict.reasons {
            claim = claim.because(reason);
        }
        Some(claim)
    }
}

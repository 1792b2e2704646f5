//! Telemetry that falls silent while the platform goes on counting: somebody may have turned it off.

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, S, Seen};
use super::event::{Event, Signal};
use super::finding::{Claim, Mark, Subject};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};

const FUNCTIONS_MAX: usize = 5_000;
const WINDOW_NS: i64 = 180 * S;
/// Invocations that the platform counts without any span.
const COUNTED_MIN: usize = 15;
/// Spans and counts that make a function one that has both.
const BOTH_MIN: u64 = 20;
/// Spans come so late at most.
const LATE_NS: i64 = 60 * S;
/// No span for so long is silence.
const SILENT_NS: i64 = LATE_NS + 30 * S;
/// Share of functions silent at once from which on it is the exporter's way that is broken.
const ALL_SHARE: f64 = 0.5;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AtFunction {
    spans: u64,
    counts: u64,
    span_ns: i64,
    /// When its newest span arrived.
    arrived_ns: i64,
    counted: Recent<(u32, Mark)>,
}

impl Ranked for AtFunction {
    fn suspicion(&self) -> u32 {
        u32::try_from(self.spans.min(self.counts)).unwrap_or(u32::MAX)
    }
    fn newest_ns(&self) -> i64 {
        self.counted.newest_ns().max(self.span_ns)
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Silence {
    functions: Table<AtFunction>,
}

impl Default for Silence {
    fn default() -> Self {
        Self {
            functions: Table::new(FUNCTIONS_MAX),
        }
    }
}

impl Detector for Silence {
    fn name(&self) -> &'static str {
        "silence"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        if event.function.is_empty() || event.audit.is_some() {
            return;
        }
        let time_ns = event.raw.time_ns;
        match counted(event) {
            Some(count) => {
                let at = self.functions.entry(&event.function);
                at.counts += u64::from(count);
                at.counted.add(
                    time_ns,
                    (count, Mark::of(event)),
                    WINDOW_NS + LATE_NS,
                    1_000,
                );
            }
            None if event.is_entry() => {
                let at = self.functions.entry(&event.function);
                at.spans += 1;
                at.span_ns = at.span_ns.max(time_ns);
                at.arrived_ns = at.arrived_ns.max(context.arrived_ns);
            }
            None => {}
        }
    }

    fn tick(&mut self, context: &mut Context<'_>) {
        let now_ns = context.now_ns;
        let both = self.functions.iter().filter(|(_, at)| at.has_both());
        let (mut silent, mut all) = (Vec::new(), 0_usize);
        for (name, at) in both {
            let running = at.counted.newest_ns() > now_ns - WINDOW_NS;
            all += usize::from(running);
            if running && at.is_silent(now_ns, context.arrived_ns) {
                silent.push((name, at));
            }
        }
        if all > 1 && silent.len() as f64 > ALL_SHARE * all as f64 {
            return;
        }
        for (name, at) in silent {
            if context.is_fresh(name) {
                continue;
            }
            let since_s = (now_ns - at.span_ns) / S;
            let claim = Claim::new(&rules::SILENCE, Subject::function(name), 0.7)
                .marks(at.since_silence().map(|(_, mark)| mark.clone()))
                .because(format!(
                    "the platform counted {} invocations in {since_s} s, and no span came",
                    at.since_silence().map(|(count, _)| *count).sum::<u32>()
                ))
                .because("other functions go on sending, and nothing was deployed");
            context.claims.push(claim);
        }
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

impl AtFunction {
    /// Whether it used to send spans for most of what the platform counted.
    fn has_both(&self) -> bool {
        self.spans >= BOTH_MIN
            && self.counts >= BOTH_MIN
            && self.spans * 2 >= self.counts.min(2 * BOTH_MIN)
    }

    fn since_silence(&self) -> impl Iterator<Item = &(u32, Mark)> {
        self.counted
            .since(self.span_ns + 1)
            .map(|(_, counted)| counted)
    }

    fn is_silent(&self, now_ns: i64, arrived_ns: i64) -> bool {
        let counted: u32 = self.since_silence().map(|(count, _)| *count).sum();
        let silent_ns = (now_ns - self.span_ns).min(arrived_ns - self.arrived_ns);
        silent_ns >= SILENT_NS && counted as usize >= COUNTED_MIN
    }
}

/// How many invocations the platform counts here; None if it is no word of the platform.
fn counted(event: &Event) -> Option<u32> {
    if let Some(count) = event.number(&[
        "faas.invocations",
        "aws.lambda.invocations",
        "platform.invocations",
    ]) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
        return Some(count.clamp(0.0, 1e6) as u32);
    }
    if event.raw.signal != Signal::Log {
        return None;
    }
    let body = event.raw.body.trim_start();
    let report = body.starts_with("REPORT RequestId") || body.contains("\"platform.report\"");
    let other =
        body.starts_with("Function execution took") || body.starts_with("Executed 'Functions.");
    let kind = event.text(&["event.name", "type", "aws.lambda.log.type"]);
    (report || other || kind == Some("platform.report")).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_known_by_what_arrives_and_history_arrives_within_seconds() {
        let mut at = AtFunction::default();
        for second in 1..=20 {
            let counted = (1, Mark::default());
            at.counted.add(second * S, counted, WINDOW_NS, 100);
        }
        assert!(at.is_silent(100 * S, 100 * S));
        assert!(
            !at.is_silent(100 * S, 10 * S),
            "its spans are still to come"
        );
        assert!(!at.is_silent(20 * S, 100 * S));
    }
}

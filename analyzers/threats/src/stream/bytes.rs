//! More data that leaves a function than ever did: in one call, or in many.

use serde::{Deserialize, Serialize};

use super::detector::{self, Context, Detector, S, Seen};
use super::event::Event;
use super::finding::{Claim, Mark, Subject};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};

const FLOWS_MAX: usize = 10_000;
const WINDOW_NS: i64 = 60 * S;
/// Calls that "usual" is made of.
const USUAL_MIN: u32 = 40;
/// So many times the most that one call ever sent, and at least so much.
const ONE_FACTOR: f64 = 10.0;
const ONE_BYTES_MIN: f64 = 1e6;
/// Several calls within a minute, each so many times the usual, together so much.
const MANY_MIN: usize = 5;
const MANY_FACTOR: f64 = 10.0;
const MANY_BYTES_MIN: f64 = 5e6;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Flow {
    count: u32,
    mean: f64,
    most: f64,
    large: Recent<(f64, Mark)>,
    newest_ns: i64,
}

impl Ranked for Flow {
    fn suspicion(&self) -> u32 {
        self.count
    }
    fn newest_ns(&self) -> i64 {
        self.newest_ns
    }
}

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct Bytes {
    flows: Table<Flow>,
}

impl Default for Bytes {
    fn default() -> Self {
        Self {
            flows: Table::new(FLOWS_MAX),
        }
    }
}

impl Detector for Bytes {
    fn name(&self) -> &'static str {
        "bytes"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some((way, bytes)) = leaves(event).filter(|_| !event.function.is_empty()) else {
            return;
        };
        let flow = self.flows.entry(&format!("{} {way}", event.function));
        flow.newest_ns = flow.newest_ns.max(event.raw.time_ns);
        let known = flow.count >= USUAL_MIN && !context.is_fresh(&event.function);
        if !known || bytes < flow.mean * MANY_FACTOR || bytes < 1e5 {
            flow.learn(bytes);
            return;
        }
        flow.large
            .add(event.raw.time_ns, (bytes, Mark::of(event)), WINDOW_NS, 200);
        let sum: f64 = flow.large.iter().map(|(bytes, _)| bytes).sum();
        let one = bytes >= ONE_BYTES_MIN && bytes >= ONE_FACTOR * flow.most;
        let many = flow.large.len() >= MANY_MIN && sum >= MANY_BYTES_MIN && bytes > 2.0 * flow.most;
        if !one && !many {
            if bytes <= 2.0 * flow.most {
                flow.learn(bytes);
            }
            return;
        }
        let mb = |bytes: f64| bytes / 1e6;
        let host = event
            .outbound
            .as_ref()
            .map(|to| to.host.as_str())
            .unwrap_or_default();
        let claim = Claim::new(&rules::BYTES, Subject::function(&event.function).detail(way), 0.7)
            .marks(flow.large.iter().map(|(_, mark)| mark.clone()))
            .because(format!(
                "{:.1} MB in {} calls within a minute; a call sends {:.3} MB on average, and sent {:.2} MB at most",
                mb(sum), flow.large.len(), mb(flow.mean), mb(flow.most)
            ))
            .shows("server.address", host);
        context.claim(claim);
    }

    fn save(&self) -> Vec<u8> {
        detector::save(self)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(self, state)
    }
}

impl Flow {
    fn learn(&mut self, bytes: f64) {
        self.count = (self.count + 1).min(10_000);
        self.mean += (bytes - self.mean) / f64::from(self.count);
        self.most = self.most.max(bytes);
    }
}

/// Bytes that leave, and which way.
fn leaves(event: &Event) -> Option<(&'static str, f64)> {
    if let Some(to) = &event.outbound {
        return to.bytes.map(|bytes| ("requests to others", bytes));
    }
    event.http.as_ref()?;
    let bytes = event.number(&[
        "http.response.body.size",
        "http.response.size",
        "http.response.body.bytes",
        "http.response_content_length",
        "http.response.header.content-length",
    ]);
    bytes.map(|bytes| ("answers to clients", bytes))
}

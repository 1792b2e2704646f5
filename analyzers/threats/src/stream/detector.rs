//! What a detector of the stream is.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event::Event;
use super::finding::Claim;
use super::functions::Functions;
use crate::inspect::Verdict;

/// Nanoseconds of a second.
pub const S: i64 = 1_000_000_000;

/// Telemetry comes so late and still meets what it belongs to, nanoseconds.
const LATE_NS: i64 = 900 * S;

/// An event, and what payload inspection says of it.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The event.
    pub event: &'a Event,
    /// What its texts are; nothing is said of what nobody outside could have written.
    pub verdict: Option<&'a Verdict>,
}

/// What detectors know beside their own memory, and where they say what they find.
pub struct Context<'a> {
    /// The newest time that was seen: the stream's clock.
    pub now_ns: i64,
    /// When what is seen arrived; the stream's clock where nobody tells. What shows by what does not come
    /// shows by this: history comes in hours of its own time, spans of it after its logs.
    pub arrived_ns: i64,
    /// How long nothing may be new before something new is news.
    pub warm_up_ns: i64,
    /// What is known of functions.
    pub functions: &'a Functions,
    /// What is found.
    pub claims: Vec<Claim>,
}

impl Context<'_> {
    /// Says that something holds.
    pub fn claim(&mut self, claim: Claim) {
        self.claims.push(claim);
    }

    /// What counts for so long is forgotten if it is older than this: somewhat later than it ceases to
    /// count, for what is told late.
    pub fn forgotten_before_ns(&self, span_ns: i64) -> i64 {
        self.now_ns.saturating_sub(span_ns + LATE_NS)
    }

    /// Whether a function was deployed a short while ago, so that what is new belongs to the deploy.
    pub fn is_fresh(&self, function: &str) -> bool {
        self.functions.is_fresh(function, self.now_ns)
    }
}

/// Finds one kind of threat, or a few that are seen in the same facts. It is pure: events in, claims out,
/// and what it remembers is bounded and can be saved. Events come about in the order of time, some seconds
/// late at most; it may claim the same thing again and again, which [`super::book`] makes one finding of.
pub trait Detector: Send {
    /// Its name, under which its state is saved. Never changed once released.
    fn name(&self) -> &'static str;

    /// Looks at an event.
    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>);

    /// Every few seconds of the stream's time: for what shows by what does not come.
    fn tick(&mut self, _context: &mut Context<'_>) {}

    /// What it remembers.
    fn save(&self) -> Vec<u8>;

    /// Remembers what [`Self::save`] gave; false if that cannot be read, and it begins anew.
    fn load(&mut self, state: &[u8]) -> bool;
}

/// A detector's memory as bytes.
pub fn save<T: Serialize>(state: &T) -> Vec<u8> {
    postcard::to_allocvec(state).unwrap_or_default()
}

/// The other way; false if it is not that.
pub fn load<T: DeserializeOwned>(state: &mut T, bytes: &[u8]) -> bool {
    match postcard::from_bytes(bytes) {
        Ok(read) => {
            *state = read;
            true
        }
        Err(_) => false,
    }
}

/// A text as a number, for counting different ones without keeping them.
pub fn hash(text: &str) -> u64 {
    // FNV-1a: short, and the same in every release, so that saved states stay true.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

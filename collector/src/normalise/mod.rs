//! From OTLP to rows: pure, one request at a time, never a panic, never a whole batch refused.
//!
//! The way of a request: check every item (`check`), turn its values to text (`value`), decide
//! whose it is (`identity` by the table [`PLATFORMS`], `attribution` for spans, `memory` for what
//! earlier requests taught), write its row, then draw from it what it tells of invocations
//! (`invocations` for spans, `telling` for logs). `cardinality` watches over what is new. To add a
//! platform: one file here and one line in [`PLATFORMS`].

mod arn;
mod arrival;
mod attribution;
mod aws_lambda;
mod aws_telling;
mod azure_functions;
mod cardinality;
mod check;
mod cloudflare_workers;
mod facts;
mod fields;
mod gcp_cloud_run;
mod gcp_functions;
mod identity;
mod invocations;
mod knative;
mod logs;
mod memory;
mod metrics;
mod other;
mod parse;
mod points;
mod recent;
mod rejected;
mod release;
mod sightings;
mod source;
mod telling;
#[cfg(test)]
mod tests;
mod traces;
mod vercel;

use std::fmt;

use store::model::{Attributes, UnixNano};
use store::write::RowSink;

pub use arrival::Arrival;
pub use cardinality::{Kind, Overflowed};
pub use identity::{Identity, Provenance};
pub use rejected::{RejectReason, Rejected};

use crate::config::Cardinality;
use crate::decode::wire::Extent;
use crate::decode::{DecodeError, protobuf, wire};
use crate::signal::Signal;
use cardinality::{Guards, Watch};
use fields::{Outcome, Times};
use identity::{Clues, Seen};
use memory::Memory;
use telling::{LogView, Telling};

/// The platforms in the order they are asked; the first that recognises its own decides.
///
/// Those that run on another's machines come before it: Vercel's functions are Lambdas underneath,
/// a Cloud Run service is a Knative service. `Other` takes whatever has a name.
static PLATFORMS: [&dyn Platform; 8] = [
    &vercel::Vercel,
    &cloudflare_workers::CloudflareWorkers,
    &aws_lambda::AwsLambda,
    &azure_functions::AzureFunctions,
    &gcp_functions::GcpFunctions,
    &gcp_cloud_run::GcpCloudRun,
    &knative::Knative,
    &other::Other,
];

/// What differs from platform to platform; the defaults are the semantic conventions.
trait Platform: fmt::Debug + Sync {
    /// Whether this comes from the platform, and what gives it away.
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance>;

    /// The parts of the function's identity that can be read here.
    fn clues(&self, seen: &Seen<'_>) -> Clues;

    /// Whether one resource serves many functions, so that a span speaks only for its own trace.
    fn many_per_resource(&self) -> bool {
        false
    }

    /// Whether the platform numbers its invocations: a span without such an id then proves little.
    fn has_invocation_ids(&self) -> bool {
        false
    }

    /// Whether some emitter of the platform tells cold starts; where none does, they are inferred.
    fn tells_cold_starts(&self) -> bool {
        true
    }

    /// Whether the platform marks cold invocations and says nothing of warm ones.
    fn tells_only_cold(&self) -> bool {
        false
    }

    /// Whether the outermost span with an invocation id is the invocation although it is internal.
    fn outermost_is_invocation(&self) -> bool {
        true
    }

    /// Deployed version or revision; empty when not told.
    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.get("faas.version").unwrap_or_default()
    }

    /// Sandbox or container; empty when not told.
    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.get("faas.instance").unwrap_or_default()
    }

    /// The runtime as the platform itself calls it; empty when not told.
    fn platform_runtime<'a>(&self, seen: &Seen<'a>) -> &'a str {
        let _ = seen;
        ""
    }

    /// What the platform counted of an invocation and tells in the attributes of its span.
    fn times(&self, seen: &Seen<'_>) -> Times {
        let _ = seen;
        Times::default()
    }

    /// What the platform's own attributes add to the outcome of a span.
    fn outcome(&self, seen: &Seen<'_>, outcome: Outcome) -> Outcome {
        let _ = seen;
        outcome
    }

    /// The function a log line or its category names, where attributes do not.
    fn function_in_log<'a>(&self, log: &LogView<'a>) -> Option<&'a str> {
        let _ = log;
        None
    }

    /// What a log line of the platform tells of an invocation.
    fn telling(&self, log: &LogView<'_>) -> Option<Telling> {
        let _ = log;
        None
    }
}

/// Turns OTLP requests into rows and remembers, within bounds, what they teach about identities.
///
/// One per collector, fed in the order of receipt. What it forgets costs links between signals,
/// never rows. Its memory is bounded by the limits in `memory`: about 30 MB once every map is full
/// of ordinary texts, 75 MB if all of them are the longest that are believed; and by those of
/// `cardinality`, for each key.
pub struct Normaliser {
    memory: Memory,
    guards: Guards,
}

impl Default for Normaliser {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Normaliser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Normaliser").finish_non_exhaustive()
    }
}

impl Normaliser {
    /// A normaliser that has learnt nothing yet and knows no keys, with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::guarded(Cardinality::default(), &[])
    }

    /// The same with limits for each of these keys, told by the hash of its name, and for all who send
    /// without one.
    #[must_use]
    pub fn guarded(limits: Cardinality, keys: &[u32]) -> Self {
        Self {
            memory: Memory::new(),
            guards: Guards::new(limits, keys),
        }
    }

    /// What the last request of this sender had too many of; the next one begins anew.
    pub fn overflowed(&mut self, arrival: Arrival) -> Overflowed {
        self.guards.overflowed(arrival)
    }

    /// Spans to `otel_traces`, invocation facts and sightings;
    /// `arrival` tells when it came and from whom.
    ///
    /// Bad spans are counted in the result, all others become rows.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are no such request in protobuf; then nothing was written.
    pub fn traces(
        &mut self,
        request: &[u8],
        arrival: impl Into<Arrival>,
        out: &mut dyn RowSink,
    ) -> Result<Rejected, DecodeError> {
        let read = wire::Traces::read(request, Extent::Whole);
        let request = read.map_err(|_| protobuf::explain(Signal::Traces, request))?;
        let arrival = arrival.into();
        let watch = self.guards.watch(arrival);
        Ok(traces::normalise(
            &mut self.memory,
            watch,
            &request,
            arrival.at,
            out,
        ))
    }

    /// Log records to `otel_logs`, invocation facts and sightings;
    /// `arrival` tells when it came and from whom.
    ///
    /// Bad records are counted in the result, all others become rows.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are no such request in protobuf; then nothing was written.
    pub fn logs(
        &mut self,
        request: &[u8],
        arrival: impl Into<Arrival>,
        out: &mut dyn RowSink,
    ) -> Result<Rejected, DecodeError> {
        let read = wire::Logs::read(request, Extent::Whole);
        let request = read.map_err(|_| protobuf::explain(Signal::Logs, request))?;
        let arrival = arrival.into();
        let watch = self.guards.watch(arrival);
        Ok(logs::normalise(
            &mut self.memory,
            watch,
            &request,
            arrival.at,
            out,
        ))
    }

    /// Metric points to the `otel_metrics_*` tables and sightings;
    /// `arrival` tells when it came and from whom.
    ///
    /// Bad points are counted in the result, all others become rows.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are no such request in protobuf; then nothing was written.
    pub fn metrics(
        &mut self,
        request: &[u8],
        arrival: impl Into<Arrival>,
        out: &mut dyn RowSink,
    ) -> Result<Rejected, DecodeError> {
        let read = wire::Metrics::read(request, Extent::Whole);
        let request = read.map_err(|_| protobuf::explain(Signal::Metrics, request))?;
        let arrival = arrival.into();
        let watch = self.guards.watch(arrival);
        Ok(metrics::normalise(
            &mut self.memory,
            watch,
            &request,
            arrival.at,
            out,
        ))
    }

    /// Which function these attributes alone tell, with the reason for each part; `None` when no
    /// name can be found. Uses nothing learnt.
    #[must_use]
    pub fn explain(resource: Attributes<'_>, item: Attributes<'_>) -> Option<Identity> {
        identify(&Seen::new(resource, item))
    }
}

/// What [`Normaliser`] would refuse of a request, found without looking at the attributes of its items,
/// which have no say in it. The rows that `out` sees lack them; nothing is learnt.
pub(crate) fn skim(
    signal: Signal,
    request: &[u8],
    now: UnixNano,
    out: &mut dyn RowSink,
) -> Result<Rejected, wire::Malformed> {
    let memory = &mut Memory::new();
    let watch = &mut Watch::new(Cardinality::UNLIMITED, 0);
    let extent = Extent::Skim;
    Ok(match signal {
        Signal::Traces => traces::normalise(
            memory,
            watch,
            &wire::Traces::read(request, extent)?,
            now,
            out,
        ),
        Signal::Logs => {
            logs::normalise(memory, watch, &wire::Logs::read(request, extent)?, now, out)
        }
        Signal::Metrics => metrics::normalise(
            memory,
            watch,
            &wire::Metrics::read(request, extent)?,
            now,
            out,
        ),
    })
}

/// The first platform that recognises what is seen, and why.
fn recognise(seen: &Seen<'_>) -> Option<(&'static dyn Platform, Provenance)> {
    PLATFORMS
        .iter()
        .find_map(|rules| Some((*rules, rules.recognise(seen)?)))
}

/// The function that is seen.
fn identify(seen: &Seen<'_>) -> Option<Identity> {
    let (rules, from) = recognise(seen)?;
    Identity::new(rules, from, rules.clues(seen))
}

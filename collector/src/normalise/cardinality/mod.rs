//! Limits on how many different things one sender may bring: a client that puts an id into a span's
//! name, a metric's attribute or a service's name must not spoil the tables for everyone.
//!
//! Counted per ingest key: metric series, services, functions, and span names by service. What is
//! beyond a limit is kept in another form (see [`crate::config::Cardinality`]); nothing is refused.
//!
//! Time goes by the requests' receipt, in windows of an hour: a member not seen for a whole window is
//! forgotten and makes room. So a member in use stays one, and the overflow does not change its makeup
//! from window to window, which for cumulative sums would look like resets. A request that was received
//! before the current window, as a replay may be, counts as of the current one.
//!
//! Memory, per key: 11 to 21 bytes for each member of a [`Census`], and 130 bytes more for a service.
//! With the default limits that is, once all of them are reached, 4 MB of series, 4 MB of span names,
//! 1 MB of services and 0.5 MB of functions.

mod buckets;
mod census;
mod fold;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use store::model::{AttributeList, AttributeValue, Attributes, UnixNano};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::arrival::Arrival;
use super::identity::Identity;
use crate::config::{Cardinality, LIMIT_MAX};
use crate::decode::printable;
use census::Census;
pub(super) use fold::Fold;

/// What stands where a name was one too many.
pub(super) const OVERFLOW: &str = "(overflow)";
/// The OpenTelemetry SDK specification's own mark of a point that stands for series beyond a limit.
pub(super) const METRIC_OVERFLOW: &str = "otel.metric.overflow";
/// Where a span's own name is kept.
pub(super) const SPAN_NAME: &str = "nephoscope.span.name";
/// Where a resource's own service name is kept.
pub(super) const SERVICE_NAME: &str = "nephoscope.service.name";

/// An hour, ns.
const WINDOW_NANOS: i64 = 3_600_000_000_000;

/// Services whose span names are counted although the services themselves are not limited: 13 MB.
const SERVICES_TRACKED_MAX: usize = 100_000;

/// Attribute sets up to this size are hashed in one piece.
const SMALL_BYTES: usize = 1024;

/// What there was one too many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A metric's attribute set.
    Series,
    /// A span's name.
    SpanName,
    /// A `service.name`.
    Service,
    /// A function.
    Function,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Series, Self::SpanName, Self::Service, Self::Function];

    /// The label value in our own metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Series => "series",
            Self::SpanName => "span_name",
            Self::Service => "service",
            Self::Function => "function",
        }
    }
}

/// What one request had too many of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overflowed {
    /// Items concerned, by kind.
    pub counts: [u64; Kind::ALL.len()],
    /// The kinds that overflowed for the first time in this window, and in which metric (series),
    /// service (span names), service or function; at most 200 printable characters.
    pub news: Vec<(Kind, String)>,
}

impl Overflowed {
    /// Whether there was not too much of anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }
}

/// The guards of all keys.
pub(super) struct Guards {
    /// By the hash of the key's name.
    keys: HashMap<u32, Watch>,
    /// Over requests without a key, or of one that is no longer configured.
    anyone: Watch,
    /// Over what the collector tells of itself: it limits nothing.
    ourselves: Watch,
}

impl Guards {
    /// Guards for senders without a key and for these keys.
    pub(super) fn new(limits: Cardinality, keys: &[u32]) -> Self {
        // A secret seed: who knows it could make fingerprints that crowd together.
        let seed = RandomState::new().hash_one(0);
        let keys = keys.iter();
        Self {
            keys: keys.map(|key| (*key, Watch::new(limits, seed))).collect(),
            anyone: Watch::new(limits, seed),
            ourselves: Watch::new(Cardinality::UNLIMITED, seed),
        }
    }

    /// The guard over a request.
    pub(super) fn watch(&mut self, arrival: Arrival) -> &mut Watch {
        let watch = self.of(arrival);
        watch.begin(arrival);
        watch
    }

    /// What the last request of the sender had too many of.
    pub(super) fn overflowed(&mut self, arrival: Arrival) -> Overflowed {
        std::mem::take(&mut self.of(arrival).overflowed)
    }

    fn of(&mut self, arrival: Arrival) -> &mut Watch {
        if arrival.is_ours {
            return &mut self.ourselves;
        }
        match self.keys.get_mut(&arrival.key) {
            Some(watch) => watch,
            None => &mut self.anyone,
        }
    }
}

/// The guard over one key.
pub(super) struct Watch {
    limits: Cardinality,
    seed: u64,
    window: i64,
    /// Numbers of services in `names`, by fingerprint.
    services: HashMap<u64, usize>,
    names: Vec<Service>,
    functions: Census,
    series: Census,
    /// Span names of all services.
    name_count: usize,
    again: bool,
    overflowed: Overflowed,
    /// A small attribute set on its way to a fingerprint.
    text: Vec<u8>,
    /// The last window in which each kind was told of.
    told: [i64; Kind::ALL.len()],
}

/// A service and its span names.
#[derive(Default)]
struct Service {
    fingerprint: u64,
    /// The last window it was seen in.
    seen: i64,
    names: Census,
}

/// Where the span names of a service are counted, during one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServiceNumber(Option<usize>);

impl Watch {
    pub(super) fn new(limits: Cardinality, seed: u64) -> Self {
        Self {
            limits,
            seed,
            window: 0,
            services: HashMap::new(),
            // The first stands for all services beyond the limit.
            names: vec![Service::default()],
            functions: Census::default(),
            series: Census::default(),
            name_count: 0,
            again: false,
            overflowed: Overflowed::default(),
            text: Vec::new(),
            told: [i64::MIN; Kind::ALL.len()],
        }
    }

    fn begin(&mut self, arrival: Arrival) {
        self.again = arrival.again;
        self.overflowed = Overflowed::default();
        let window = window(arrival.at);
        let passed = window.saturating_sub(self.window);
        for _ in 0..passed.min(2) {
            self.functions.turn();
            self.series.turn();
        }
        if passed > 0 {
            self.turn_services(passed);
            self.window = window;
        }
    }

    fn turn_services(&mut self, passed: i64) {
        let ending = self.window;
        let mut is_first = true;
        self.names.retain_mut(|service| {
            for _ in 0..passed.min(2) {
                service.names.turn();
            }
            std::mem::take(&mut is_first) || (passed == 1 && service.seen == ending)
        });
        let numbers = self.names.iter().enumerate().skip(1);
        self.services = numbers.map(|(i, s)| (s.fingerprint, i)).collect();
        self.name_count = self.names.iter().map(|service| service.names.len()).sum();
    }

    /// The service of that name, and whether there is room for it; if not it is [`OVERFLOW`].
    pub(super) fn service(&mut self, name: &str) -> (ServiceNumber, bool) {
        let limit = self.limits.max_services_per_key;
        if limit == 0 && self.limits.max_span_names() == 0 {
            return (ServiceNumber(None), true);
        }
        let fingerprint = self.hash(name);
        if let Some(number) = self.services.get(&fingerprint) {
            self.names[*number].seen = self.window;
            return (ServiceNumber(Some(*number)), true);
        }
        let most = if limit == 0 {
            SERVICES_TRACKED_MAX
        } else {
            limit
        };
        if self.services.len() < most {
            let number = self.names.len();
            self.services.insert(fingerprint, number);
            self.names.push(Service {
                fingerprint,
                seen: self.window,
                names: Census::default(),
            });
            return (ServiceNumber(Some(number)), true);
        }
        if limit == 0 {
            return (ServiceNumber(None), true);
        }
        self.tell(Kind::Service, name);
        (ServiceNumber(Some(0)), false)
    }

    /// Whether a span of the service may keep its name.
    #[inline]
    pub(super) fn span_name(
        &mut self,
        service: ServiceNumber,
        service_name: &str,
        name: &str,
    ) -> bool {
        let most = self.limits.max_span_names();
        let Some(number) = service.0.filter(|_| most > 0) else {
            return true;
        };
        let fingerprint = self.hash(name);
        let names = &mut self.names[number].names;
        let before = names.len();
        let room = self.limits.all_span_names().saturating_sub(self.name_count);
        if names.admit(fingerprint, most.min(before + room)) {
            self.name_count += names.len() - before;
            return true;
        }
        self.count(Kind::SpanName, 1);
        self.tell(Kind::SpanName, service_name);
        false
    }

    /// Whether there is room for the function, whatever its account: that is often told only later.
    pub(super) fn function(&mut self, identity: &Identity) -> bool {
        let limit = self.limits.max_functions_per_key;
        let id = &identity.id;
        let parts = [&id.provider, &id.region, &id.name].into_iter();
        let fingerprint = parts.fold(self.seed, |seed, part| hash(seed, part));
        let has_room = limit == 0 || self.functions.admit(fingerprint, limit);
        if !has_room {
            self.tell(Kind::Function, &identity.text);
        }
        has_room
    }

    /// What the series of a metric have in common. The service and the function and not the whole
    /// resource: its instances come and go by the thousands and are no fault of anyone's, and taking
    /// attributes from their points would not make them fewer.
    pub(super) fn metric(&self, service: &str, function: &str, metric: &str) -> u64 {
        let parts = [service, function, metric].into_iter();
        parts.fold(self.seed, hash)
    }

    /// Whether a point of the metric may keep its attributes.
    #[inline]
    pub(super) fn series(&mut self, metric: u64, name: &str, attributes: Attributes<'_>) -> bool {
        let limit = self.limits.max_series_per_key;
        // Without attributes there is nothing to take away.
        if limit == 0 || attributes.is_empty() {
            return true;
        }
        let fingerprint = self.fingerprint(metric, attributes);
        if self.series.admit(fingerprint, limit) {
            return true;
        }
        self.count(Kind::Series, 1);
        self.tell(Kind::Series, name);
        false
    }

    /// Of a small set all at once: the hash of one long text costs half of those of many short ones.
    fn fingerprint(&mut self, metric: u64, attributes: Attributes<'_>) -> u64 {
        let pairs = attributes.iter();
        if attributes.bytes() > SMALL_BYTES {
            return pairs.fold(metric, |seed, (key, value)| hash(hash(seed, key), value));
        }
        self.text.clear();
        for (key, value) in pairs {
            // With their lengths, so that no two sets make one text.
            let lengths = (key.len() as u32) << 16 | value.len() as u32;
            self.text.extend_from_slice(&lengths.to_le_bytes());
            self.text.extend_from_slice(key.as_bytes());
            self.text.extend_from_slice(value.as_bytes());
        }
        xxh3_64_with_seed(&self.text, metric)
    }

    /// Counts items that were one too many.
    pub(super) fn count(&mut self, kind: Kind, items: usize) {
        if !self.again {
            self.overflowed.counts[kind as usize] += items as u64;
        }
    }

    fn tell(&mut self, kind: Kind, name: &str) {
        let told = &mut self.told[kind as usize];
        if !self.again && *told != self.window {
            *told = self.window;
            self.overflowed.news.push((kind, printable(name)));
        }
    }

    fn hash(&self, text: &str) -> u64 {
        hash(self.seed, text)
    }
}

impl Cardinality {
    /// Most span names of a service; 0 if they are not counted.
    fn max_span_names(&self) -> usize {
        match (self.max_span_names_per_service, self.max_span_names_per_key) {
            (0, all) => all,
            (one, _) => one,
        }
    }

    fn all_span_names(&self) -> usize {
        match self.max_span_names_per_key {
            0 => LIMIT_MAX,
            all => all,
        }
    }
}

fn window(at: UnixNano) -> i64 {
    at.0.div_euclid(WINDOW_NANOS)
}

fn hash(seed: u64, text: &str) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), seed)
}

/// Attributes with one more, or with another value for one.
pub(super) fn with<'a>(
    attributes: Attributes<'a>,
    more: &[(&'static str, &'a str)],
) -> AttributeList<'a> {
    let pairs = attributes.iter().chain(more.iter().copied());
    AttributeList::new(
        pairs
            .map(|(key, value)| (key, AttributeValue::Borrowed(value)))
            .collect(),
    )
}

/// Lets functions through while there is room for them. Items come in runs of one function, so the
/// last one is remembered.
#[derive(Default)]
pub(super) struct Gate {
    last: Option<Arc<Identity>>,
    is_open: bool,
}

impl Gate {
    /// The function, if there is room for it.
    pub(super) fn pass(
        &mut self,
        watch: &mut Watch,
        function: Option<Arc<Identity>>,
    ) -> Option<Arc<Identity>> {
        let function = function?;
        let is_last = self
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(last, &function));
        if !is_last {
            self.is_open = watch.function(&function);
            self.last = Some(Arc::clone(&function));
        }
        if !self.is_open {
            watch.count(Kind::Function, 1);
        }
        Some(function).filter(|_| self.is_open)
    }
}

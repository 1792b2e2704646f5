//! From what happened in the fleet to the rows that detectors read, as the store would give them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use analyzers::cost::rate::Of;
use analyzers::cost::{Books, Config, Rates};
use analyzers::detectors::names::{self, FunctionNo, Names, VersionNo};
use analyzers::detectors::news::{ColdStart, Deployed, Hour, Minute};
use analyzers::watch::rows::Rows;
use fleet::function::{Function, Platform};
use fleet::history::Fact;
use fleet::time::{Ns, to_ms};
use store::model::UnixNano;

const MINUTE_S: u32 = 60;
const HOUR_S: u32 = 3_600;
/// Each invocation costs as much as so many: a function of a thousand invocations a day costs a tenth of a
/// cent, of which no detector of money should speak. The noise stays that of a thousand.
const STANDS_FOR: f64 = 10_000.0;

/// Collects facts until the buckets they lie in are closed.
pub struct Collector {
    minutes: BTreeMap<(u32, FunctionNo, VersionNo), (Minute, Vec<f32>)>,
    hours: BTreeMap<(u32, FunctionNo, VersionNo, VersionNo), Hour>,
    cold_starts: Vec<ColdStart>,
    deploys: Vec<Deployed>,
    seen: HashMap<FunctionNo, HashSet<VersionNo>>,
    rates: Rates,
}

impl Collector {
    /// Of nothing yet.
    pub fn new() -> Self {
        let books = Books::load(&Config::default()).expect("the books that come along");
        Self {
            minutes: BTreeMap::new(),
            hours: BTreeMap::new(),
            cold_starts: Vec::new(),
            deploys: Vec::new(),
            seen: HashMap::new(),
            rates: Rates::new(Arc::new(books)),
        }
    }

    /// Takes a fact; says whose it is.
    pub fn take(&mut self, fact: &Fact, names: &mut Names) -> Option<FunctionNo> {
        let spec = &fact.version.spec;
        let function = number(spec, names)?;
        let version = names.version(&fact.version.label);
        let at = UnixNano(i64::try_from(fact.started).ok()?);
        let versions = self.seen.entry(function).or_default();
        if versions.is_empty() || !versions.contains(&version) {
            self.deploys.push(Deployed {
                function,
                version,
                at,
                is_baseline: versions.is_empty(),
            });
            versions.insert(version);
        }
        let trigger = names.version(spec.trigger.name());
        self.minute(fact, function, version);
        self.hour(fact, function, version, trigger);
        if let Some(init) = fact.init.filter(|_| tells_cold_starts(spec)) {
            self.cold_starts.push(ColdStart {
                function,
                version,
                init_kind: names.version("on-demand"),
                architecture: names.version(spec.arch.name()),
                at,
                memory_size_mb: spec.memory_mb,
                init_ms: to_ms(init) as f32,
                trace_id: u128::from(fact.started),
            });
        }
        Some(function)
    }

    fn minute(&mut self, fact: &Fact, function: FunctionNo, version: VersionNo) {
        let spec = &fact.version.spec;
        let minute_s = seconds(fact.started) / MINUTE_S * MINUTE_S;
        let (row, durations) = self
            .minutes
            .entry((minute_s, function, version))
            .or_insert_with(|| {
                let row = Minute {
                    function,
                    version,
                    minute_s,
                    ..Minute::default()
                };
                (row, Vec::new())
            });
        row.invocations += 1;
        row.errors += u32::from(fact.status != "ok");
        row.timeouts += u32::from(fact.status == "timeout");
        row.out_of_memory += u32::from(fact.status == "oom");
        row.duration_ms_max = row.duration_ms_max.max(to_ms(fact.duration()) as f32);
        if tells_cold_starts(spec) {
            row.cold_starts += u32::from(fact.init.is_some());
            row.cold_start_known += 1;
            row.memory_size_mb = spec.memory_mb;
            row.memory_used_mb_max = row.memory_used_mb_max.max(fact.memory_used_mb);
        }
        row.duration_count += 1;
        row.duration_ms_sum += to_ms(fact.duration());
        durations.push(to_ms(fact.duration()) as f32);
    }

    fn hour(&mut self, fact: &Fact, function: FunctionNo, version: VersionNo, trigger: VersionNo) {
        let spec = &fact.version.spec;
        let hour_s = seconds(fact.started) / HOUR_S * HOUR_S;
        let row = self
            .hours
            .entry((hour_s, function, version, trigger))
            .or_insert(Hour {
                function,
                version,
                trigger,
                hour_s,
                ..Hour::default()
            });
        row.invocations += 1;
        row.errors += u32::from(fact.status != "ok");
        row.timeouts += u32::from(fact.status == "timeout");
        row.out_of_memory += u32::from(fact.status == "oom");
        row.duration_ms += to_ms(fact.duration());
        row.duration_ms_max = row.duration_ms_max.max(to_ms(fact.duration()) as u32);
        let billed_ms = fact.billed_ms.unwrap_or_default() as f64;
        row.billed_ms += billed_ms;
        row.billed_init_ms += fact.init.map(to_ms).unwrap_or_default();
        row.billed_mb_ms += billed_ms * f64::from(spec.memory_mb);
        row.memory_mb = spec.memory_mb;
        if tells_cold_starts(spec) {
            row.cold_starts += u32::from(fact.init.is_some());
            row.init_ms += fact.init.map(to_ms).unwrap_or_default();
            row.memory_used_mb_max = row.memory_used_mb_max.max(fact.memory_used_mb);
        }
    }

    /// Moves what lies before `until_s` to the rows that are shown.
    pub fn close(&mut self, until_s: u32, names: &Names, rows: &mut Rows) {
        let nobody = (FunctionNo(0), VersionNo(0));
        let later = self.minutes.split_off(&(until_s, nobody.0, nobody.1));
        let closed = std::mem::replace(&mut self.minutes, later);
        for (mut row, durations) in closed.into_values() {
            // A minute is priced by what ran: nothing tells of its rounding yet.
            (row.usd, row.usd_requests) = self.price(
                names.of(row.function),
                row.minute_s,
                row.invocations,
                row.duration_ms_sum,
            );
            rows.minutes.push(with_quantiles(row, durations));
        }
        let later = self
            .hours
            .split_off(&(until_s, nobody.0, nobody.1, nobody.1));
        let closed = std::mem::replace(&mut self.hours, later);
        for mut row in closed.into_values() {
            (row.usd, row.usd_requests) = self.price(
                names.of(row.function),
                row.hour_s,
                row.invocations,
                row.billed_ms,
            );
            rows.hours.push(row);
        }
        let until = UnixNano::from_secs(until_s.into());
        self.cold_starts.sort_by_key(|row| row.at);
        let count = self.cold_starts.partition_point(|row| row.at < until);
        rows.cold_starts.extend(self.cold_starts.drain(..count));
        self.deploys.sort_by_key(|row| row.at);
        let count = self.deploys.partition_point(|row| row.at < until);
        rows.deploys.extend(self.deploys.drain(..count));
    }

    /// What so much costs, and of that its requests.
    fn price(
        &mut self,
        function: &names::Function,
        at_s: u32,
        invocations: u32,
        billed_ms: f64,
    ) -> (f64, f64) {
        let memory_mb = function.memory_size_mb.unwrap_or_default();
        let of = Of {
            platform: &function.platform,
            architecture: &function.architecture,
            memory_mb,
            ..Of::default()
        };
        let rate = self.rates.rate(&function.id, of, at_s.into());
        let invocations = f64::from(invocations);
        rate.map_or((0.0, 0.0), |rate| {
            let usd = rate.usd(invocations, billed_ms, billed_ms * f64::from(memory_mb));
            (
                STANDS_FOR * usd,
                STANDS_FOR * rate.per_invocation * invocations,
            )
        })
    }
}

/// The platforms that tell how long a cold start took and how much memory was used.
fn tells_cold_starts(spec: &Function) -> bool {
    spec.platform == Platform::AwsLambda
}

/// The function's number, with what is known of it.
pub fn number(spec: &Function, names: &mut Names) -> Option<FunctionNo> {
    let name = match spec.platform {
        Platform::AzureFunctions => format!("{}/{}", spec.app, spec.name),
        _ => spec.name.clone(),
    };
    let id = format!(
        "{}:{}:{}:{name}",
        spec.platform.provider(),
        spec.account,
        spec.region
    );
    let number = names.function(&id)?;
    let known = names.of_mut(number);
    if known.platform.is_empty() {
        known.platform = spec.platform.name().to_owned();
    }
    if known.runtime != spec.runtime.sdk_language() {
        known.runtime = spec.runtime.sdk_language().to_owned();
    }
    if known.architecture != spec.arch.name() {
        known.architecture = spec.arch.name().to_owned();
    }
    known.memory_size_mb = Some(spec.memory_mb);
    known.timeout_ms = Some(to_ms(spec.timeout.0) as u32);
    Some(number)
}

pub fn seconds(at: Ns) -> u32 {
    u32::try_from(at / 1_000_000_000).unwrap_or(u32::MAX)
}

fn with_quantiles(mut row: Minute, mut durations: Vec<f32>) -> Minute {
    durations.sort_by(f32::total_cmp);
    let rank = |part: usize| durations[(durations.len() - 1) * part / 100];
    (row.duration_ms_p50, row.duration_ms_p95) = (rank(50), rank(95));
    row
}

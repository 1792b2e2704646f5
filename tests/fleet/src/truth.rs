//! The ground truth: what really happened, one JSON object per line.
//!
//! `kind` is `incident`, `deploy`, `invocation` or `bill` (bill.rs); the README lists the keys of each.

use serde_json::{Value, json};

use crate::function::{Function, Platform};
use crate::invocation::Invocation;
use crate::random::to_hex;
use crate::scenario::{Effect, Incident};
use crate::time::{MILLI, Ns, parse_moment, rfc3339, to_ms};
use crate::versions::Version;

/// From here on AWS bills the cold start of every function; before, only of custom runtimes.
const AWS_BILLS_INIT_FROM: &str = "2025-08-01T00:00:00Z";

/// Milliseconds rounded up, what most platforms bill.
fn ceil_ms(ns: Ns) -> u64 {
    ns.div_ceil(MILLI)
}

/// The milliseconds a platform bills for one invocation; `None` where it has no such number.
///
/// AWS: the duration as its REPORT states it (two decimals), with the cold start since August 2025,
/// rounded up to 1 ms. Azure (consumption plan): whole ms as its host writes them, at least 100.
/// Google: rounded up to 100 ms, as if no other request shared the instance. Cloudflare: CPU time.
pub fn billed_ms(inv: &Invocation<'_>) -> Option<u64> {
    let f = inv.function;
    match f.platform {
        Platform::AwsLambda => {
            let from = parse_moment(AWS_BILLS_INIT_FROM).unwrap_or(0);
            let own_runtime = f.runtime == crate::function::Runtime::Go;
            let init = inv
                .init
                .filter(|_| inv.started >= from || own_runtime)
                .unwrap_or(0);
            Some(ceil_ms(hundredths(inv.duration()) + hundredths(init)))
        }
        Platform::AzureFunctions => Some(whole_ms(inv.duration()).max(100)),
        Platform::GcpCloudRun | Platform::GcpCloudFunctions => {
            Some(inv.duration().div_ceil(100 * MILLI) * 100)
        }
        Platform::CloudflareWorkers => Some(inv.cpu_ms.ceil() as u64),
        Platform::Vercel | Platform::Knative => None,
    }
}

/// A length rounded to whole milliseconds, as the Azure host writes it.
fn whole_ms(ns: Ns) -> u64 {
    (ns + MILLI / 2) / MILLI
}

/// A length rounded to hundredths of a millisecond, as REPORT lines print it.
pub fn hundredths(ns: Ns) -> Ns {
    const STEP: Ns = MILLI / 100;
    (ns + STEP / 2) / STEP * STEP
}

/// The parts of a function's identity.
pub(crate) fn identity(f: &Function) -> Value {
    json!({
        "provider": f.platform.provider(),
        "platform": f.platform.name(),
        "account": f.account,
        "region": f.region,
        "app": (!f.app.is_empty() && f.platform == Platform::AzureFunctions).then_some(&f.app),
        "name": f.name,
    })
}

/// One object with the keys of both.
pub(crate) fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// The line of an incident.
pub fn incident(i: &Incident, functions: &[&Function]) -> Value {
    let hit = i.functions.iter().filter_map(|n| functions.get(*n));
    json!({
        "kind": "incident",
        "incident": i.kind,
        "name": i.name,
        "from": rfc3339(i.from),
        "until": i.until.map(rfc3339),
        "from_unix_nano": i.from,
        "until_unix_nano": i.until,
        "functions": hit.map(|f| identity(f)).collect::<Vec<_>>(),
        "params": i.params.to_json(),
        "deploy": matches!(i.effect, Effect::Deploy(_)),
        "seasonal": i.seasonal(),
    })
}

/// The line of a deploy.
pub fn deploy(before: &Version, v: &Version) -> Value {
    let f = &v.spec;
    let init_ms = |v: &Version| v.spec.median_init_ms() * v.quality.init_factor;
    let line = json!({
        "kind": "deploy",
        "at": rfc3339(v.at),
        "at_unix_nano": v.at,
        "version": v.label,
        "previous_version": before.label,
        "sha": v.sha,
        "cause": v.cause.name(),
        "init_factor": init_ms(v) / init_ms(before),
        "duration_factor": v.quality.duration_factor / before.quality.duration_factor,
        "memory_factor": v.quality.memory_factor / before.quality.memory_factor,
        "life_factor": v.quality.life_factor / before.quality.life_factor,
        "error_rate": v.quality.error_rate,
        "timeout_rate": v.quality.timeout_rate,
        "init_ms_median": init_ms(v),
        "memory_mb": f.memory_mb,
        "runtime": f.runtime.sdk_language(),
        "arch": f.arch.name(),
    });
    with(identity(f), line)
}

/// The line of an invocation. Durations have the two decimals that REPORT lines have.
pub fn invocation(inv: &Invocation<'_>) -> Value {
    let f = inv.function;
    let line = json!({
        "kind": "invocation",
        "invocation_id": inv.id,
        "trace_id": to_hex(&inv.context.trace),
        "span_id": to_hex(&inv.context.span),
        "time": rfc3339(inv.started),
        "start_unix_nano": inv.started,
        "end_unix_nano": inv.ended,
        "duration_ms": to_ms(hundredths(inv.duration())),
        "init_ms": inv.init.map(|ns| to_ms(hundredths(ns))),
        "billed_ms": billed_ms(inv),
        "memory_mb": f.memory_mb,
        "memory_used_mb": inv.memory_used_mb,
        "arch": f.arch.name(),
        "version": inv.instance.version.label,
        "instance": inv.instance.id,
        "status": inv.outcome.name(),
        "cold_start": inv.init.is_some(),
        "trigger": f.trigger.name(),
    });
    with(identity(f), line)
}

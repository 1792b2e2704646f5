//! Which functions the fleet has: the named ones of `data/fleet.yaml`, then generated ones.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::function::{
    Arch, Burst, Deed, Encoding, Fault, Function, Length, Level, LogLine, Platform, Report,
    Runtime, Step, Trigger,
};
use crate::random::{Random, hash_text};
use crate::time::{MINUTE, SECOND};

const NAMED: &str = include_str!("../data/fleet.yaml");

/// Most functions one fleet may have: each keeps a few kB per live instance.
pub const FUNCTIONS_MAX: usize = 20_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    functions: Vec<Function>,
}

/// The named functions of the default fleet, in the file's order.
pub fn named() -> Result<Vec<Function>> {
    let file: File = serde_saphyr::from_str(NAMED).context("read the catalogue data/fleet.yaml")?;
    Ok(file.functions)
}

/// A fleet of `count` functions (`None`: the named ones): the named first, then generated ones.
///
/// A generated function depends on the seed and its own number only, so a larger fleet contains
/// the smaller one unchanged.
pub fn fleet(seed: u64, count: Option<usize>) -> Result<Vec<Function>> {
    let mut functions = named()?;
    let count = count.unwrap_or(functions.len());
    if count == 0 || count > FUNCTIONS_MAX {
        bail!("a fleet has 1 to {FUNCTIONS_MAX} functions, not {count}");
    }
    functions.truncate(count);
    let first = functions.len();
    functions.extend((first..count).map(|number| generated(seed, number as u64)));
    Ok(functions)
}

const FIRST: [&str; 20] = [
    "customer", "order", "invoice", "ticket", "device", "price", "basket", "voucher", "claim",
    "sensor", "account", "media", "report", "route", "parcel", "partner", "loyalty", "survey",
    "booking", "tax",
];
const SECOND_WORD: [&str; 16] = [
    "sync", "api", "export", "notify", "lookup", "ingest", "cleanup", "enrich", "validate",
    "archive", "score", "webhook", "render", "match", "import", "audit",
];

struct Home {
    platform: Platform,
    account: &'static str,
    regions: &'static [&'static str],
}

const HOMES: [Home; 6] = [
    Home {
        platform: Platform::AwsLambda,
        account: "271828182845",
        regions: &["eu-central-1", "us-east-1", "eu-west-1"],
    },
    Home {
        platform: Platform::AwsLambda,
        account: "314159265358",
        regions: &["eu-central-1", "us-east-1"],
    },
    Home {
        platform: Platform::AwsLambda,
        account: "141421356237",
        regions: &["ap-southeast-2", "us-west-2"],
    },
    Home {
        platform: Platform::GcpCloudRun,
        account: "shop-prod-2718",
        regions: &["europe-west1", "us-central1"],
    },
    Home {
        platform: Platform::GcpCloudFunctions,
        account: "shop-data-1618",
        regions: &["europe-west3", "us-east1"],
    },
    Home {
        platform: Platform::AzureFunctions,
        account: "5b7c2f6e-41d8-4c1a-9f1d-0a9e3c7b2d11",
        regions: &["westeurope", "northeurope"],
    },
];

const RUNTIMES: [Runtime; 5] = [
    Runtime::Node,
    Runtime::Python,
    Runtime::Go,
    Runtime::Java,
    Runtime::Dotnet,
];
const TRIGGERS: [Trigger; 4] = [
    Trigger::Http,
    Trigger::Http,
    Trigger::Datasource,
    Trigger::Timer,
];
const REPORTS: [Report; 4] = [
    Report::Flat,
    Report::Text,
    Report::JsonRecord,
    Report::JsonEvent,
];
const ENCODINGS: [Encoding; 4] = [
    Encoding::Grpc,
    Encoding::Grpc,
    Encoding::HttpProtobuf,
    Encoding::HttpJson,
];

/// The generated function of this number. Its rate falls with the number as popularity does
/// (1 / rank), so a fleet of thousands stays affordable: most functions are called rarely.
fn generated(seed: u64, number: u64) -> Function {
    let mut r = Random::named(seed, hash_text("generated"), "function", number);
    let (first, second) = (word(&FIRST, &mut r), word(&SECOND_WORD, &mut r));
    let home = &HOMES[r.below(HOMES.len() as u64) as usize];
    let aws = home.platform == Platform::AwsLambda;
    let runtime = RUNTIMES[r.below(5) as usize];
    let trigger = TRIGGERS[r.below(4) as usize];
    let timer = trigger == Trigger::Timer;
    Function {
        name: format!("{first}-{second}-{number:04}"),
        platform: home.platform,
        account: home.account.to_owned(),
        region: word(home.regions, &mut r).to_owned(),
        app: format!("app-{}", number % 40),
        runtime,
        memory_mb: [128, 256, 512, 1024, 2048][r.below(5) as usize],
        arch: if aws && r.chance(0.4) {
            Arch::Arm64
        } else {
            Arch::X86_64
        },
        trigger,
        route: format!("POST /{first}/{second}"),
        version: 1 + r.below(90) as u32,
        rate: if timer {
            0.0
        } else {
            1.2 / (number as f64 + 8.0)
        },
        every: timer.then(|| Length((5 + r.below(25)) * MINUTE)),
        burst: generated_burst(&mut r),
        peak_hour: r.between(8.0, 20.0),
        swing: Random::named(seed, hash_text("generated"), "swing", number).between(0.45, 0.78),
        weekend: r.between(0.4, 1.2),
        compute_ms: r.lognormal(12.0, 0.8),
        spread: r.between(0.25, 0.5),
        init_ms: None,
        timeout: Length([6, 15, 30, 60][r.below(4) as usize] * SECOND),
        error_rate: r.lognormal(0.004, 0.9).min(0.2),
        timeout_rate: if r.chance(0.1) { 0.003 } else { 0.0 },
        oom_rate: 0.0,
        concurrency: if aws { 1 } else { 8 },
        memory_used: r.between(0.25, 0.65),
        deploys: Vec::new(),
        churn: 0.03,
        report: REPORTS[r.below(4) as usize],
        xray: false,
        encoding: ENCODINGS[r.below(4) as usize],
        steps: generated_steps(&mut r, home.platform),
        logs: vec![generated_line()],
        faults: vec![fault(runtime)],
    }
}

fn word(list: &[&'static str], r: &mut Random) -> &'static str {
    r.pick(list).copied().unwrap_or("x")
}

fn generated_burst(r: &mut Random) -> Option<Burst> {
    let every = Length((300 + r.below(1_500)) * SECOND);
    let size = 3 + r.below(6);
    r.chance(0.3).then_some(Burst { every, size })
}

fn generated_line() -> LogLine {
    LogLine {
        level: Level::Info,
        text: "handled {key} in {ms} ms".to_owned(),
        chance: 0.7,
    }
}

fn generated_steps(r: &mut Random, platform: Platform) -> Vec<Step> {
    let (table, store) = match platform {
        Platform::AwsLambda => (Deed::Dynamodb, Deed::S3),
        Platform::AzureFunctions => (Deed::Cosmosdb, Deed::Blob),
        _ => (Deed::Firestore, Deed::Gcs),
    };
    let step = |deed, what: &str, on: &str, ms, chance| Step {
        deed,
        what: what.to_owned(),
        on: on.to_owned(),
        ms,
        chance,
        times: 1,
        error_rate: 0.001,
        fatal: 0.5,
    };
    let choices = [
        step(table, "GetItem", "items", 6.0, 1.0),
        step(store, "GetObject", "files", 34.0, 0.6),
        step(
            Deed::Sql,
            "SELECT id, state FROM items WHERE id = $1",
            "items",
            5.0,
            0.9,
        ),
        step(Deed::Http, "GET /v1/items", "partner.example", 70.0, 0.8),
        step(Deed::Work, "transform", "", 12.0, 1.0),
        step(Deed::Redis, "GET item:{key}", "cache.internal", 1.0, 1.0),
    ];
    let count = 1 + r.below(3);
    (0..count)
        .filter_map(|_| r.pick(&choices).cloned())
        .collect()
}

fn fault(runtime: Runtime) -> Fault {
    let (kind, message) = match runtime {
        Runtime::Node => (
            "TypeError",
            "Cannot read properties of undefined (reading 'id')",
        ),
        Runtime::Python => ("KeyError", "'id'"),
        Runtime::Go => ("*errors.errorString", "context deadline exceeded"),
        Runtime::Java => ("java.lang.IllegalStateException", "item {key} is locked"),
        Runtime::Dotnet => ("System.NullReferenceException", "Object reference not set"),
    };
    Fault {
        kind: kind.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let fleet = named().unwrap();
        let names: HashSet<_> = fleet.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names.len(), fleet.len(), "names are unique");
        for f in &fleet {
            assert!(!f.faults.is_empty(), "{} cannot throw", f.name);
            assert!(
                f.rate > 0.0 || f.every.is_some() || called(&fleet, &f.name),
                "{}",
                f.name
            );
            for s in &f.steps {
                let refers = matches!(s.deed, Deed::Call | Deed::Queue);
                assert!(
                    !refers || names.contains(s.on.as_str()),
                    "{} -> {}",
                    f.name,
                    s.on
                );
                assert!(s.times >= 1 && s.ms > 0.0);
            }
        }
        for platform in Platform::ALL {
            assert!(
                fleet.iter().any(|f| f.platform == platform),
                "{platform:?} is missing"
            );
        }
    }

    fn called(fleet: &[Function], name: &str) -> bool {
        fleet.iter().flat_map(|f| &f.steps).any(|s| s.on == name)
    }

    #[test]
    fn a_larger_fleet_contains_the_smaller() {
        let (small, large) = (fleet(5, Some(40)).unwrap(), fleet(5, Some(400)).unwrap());
        for (a, b) in small.iter().zip(&large) {
            assert_eq!(format!("{a:?}"), format!("{b:?}"));
        }
        let names: HashSet<_> = large.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names.len(), 400);
        assert!(fleet(5, Some(0)).is_err());
        assert_eq!(fleet(5, Some(3)).unwrap().len(), 3);
    }
}

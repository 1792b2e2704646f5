//! Series with lines that will be crossed, and some that will not.

use super::*;
use crate::detectors::costs::words::nano;
use crate::detectors::news::{DiskSample, Hour};
use crate::detectors::signal::Subject;
use store::model::{Scope, Severity};

const HOUR_S: u32 = 3_600;
/// 2025-10-01 00:00 UTC.
const OCTOBER_S: u32 = 1_759_276_800;

struct World {
    names: Names,
    limits: Limits,
    function: FunctionNo,
    hour_s: u32,
}

impl World {
    fn new(limits: Limits) -> Self {
        let mut names = Names::default();
        let function = names
            .function("aws:123:eu-central-1:checkout")
            .expect("sound");
        names.of_mut(function).tags = vec![("team".into(), "shop".into())];
        Self {
            names,
            limits,
            function,
            hour_s: OCTOBER_S,
        }
    }

    fn hour(&mut self, usd: f64, duration_ms: f64, disk: Option<DiskSample>) -> Vec<Signal> {
        let word = self.names.version("");
        let row = Hour {
            function: self.function,
            version: word,
            trigger: word,
            hour_s: self.hour_s,
            invocations: 1_000,
            errors: 0,
            timeouts: 0,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: 0,
            duration_ms,
            init_ms: 0.0,
            billed_ms: duration_ms,
            billed_init_ms: 0.0,
            billed_mb_ms: 0.0,
            usd,
            usd_requests: 0.0,
            memory_mb: 128,
            memory_used_mb_max: 0,
            duration_ms_max: 0,
        };
        let until_s = self.hour_s + HOUR_S;
        let news = News {
            now: nano(until_s),
            step: Step::Hour,
            until_s,
            minutes: &[],
            hour_s: Some(self.hour_s),
            hours: &[row],
            cold_starts: &[],
            deploys: &[],
            disk,
            gauges: &[],
            verdicts: &[],
            only: None,
            names: &self.names,
        };
        self.hour_s = until_s;
        self.limits.look(&news)
    }
}

fn day_shape(h: u32) -> f64 {
    1.0 + 0.5 * (f64::from(h % 24) / 24.0 * std::f64::consts::TAU).sin()
}

fn budget(yaml: &str) -> BudgetConfig {
    serde_saphyr::from_str(yaml).expect("a budget")
}

#[test]
fn a_budget_that_will_be_exceeded_is_told_with_the_day_and_then_as_a_fact() {
    let shop = budget("{name: shop, scope: 'tag:team=shop', amount_usd: 1000}");
    let other = budget("{name: other, scope: 'provider:gcp', amount_usd: 1}");
    let mut world = World::new(Limits::new(&[shop, other], &[]));
    // Two dollars an hour: a thousand are spent on the 21st at 20:00.
    let mut said = Vec::new();
    for h in 0..12 * 24 {
        said = world.hour(2.0 * day_shape(h), 0.0, None);
    }
    assert_eq!(said.len(), 1, "{said:?}");
    let foreseen = &said[0];
    assert_eq!(foreseen.key.kind, "budget_forecast");
    assert_eq!(
        foreseen.key.subject,
        Subject::Wide(Scope::Budget, "shop".into())
    );
    assert!(
        foreseen
            .sentence
            .contains("will be exceeded on the 21st (90 %:"),
        "{}",
        foreseen.sentence
    );
    assert_eq!(foreseen.evidence.limit, Some(1_000.0));
    let future = foreseen
        .evidence
        .band
        .iter()
        .filter(|point| point.actual.is_none());
    assert!(future.count() >= 18, "a fan of the days to come");

    let pieces = world.limits.save(&world.names);
    let (mut loaded, mut names) = (
        World::new(Limits::new(
            &[budget(
                "{name: shop, scope: 'tag:team=shop', amount_usd: 1000}",
            )],
            &[],
        ))
        .limits,
        Names::default(),
    );
    loaded.load(&pieces, &mut names).expect("sound");
    assert_eq!(loaded.said, said, "a restart says the same");

    for h in 12 * 24..17 * 24 {
        said = world.hour(2.0 * day_shape(h), 0.0, None);
    }
    let spent = said
        .iter()
        .find(|s| s.key.kind == "budget_exceeded")
        .expect("80 % are spent");
    assert_eq!(
        (spent.severity, spent.title.as_str()),
        (Severity::Low, "80 % of budget shop is spent")
    );
    for h in 17 * 24..22 * 24 {
        said = world.hour(2.0 * day_shape(h), 0.0, None);
    }
    assert_eq!(said.len(), 1, "the forecast is a fact now");
    assert_eq!(
        (said[0].key.kind, said[0].severity),
        ("budget_exceeded", Severity::High)
    );
    for h in 22 * 24..32 * 24 {
        said = world.hour(0.1 * day_shape(h), 0.0, None);
    }
    assert!(said.is_empty(), "a new month begins with nothing");
}

#[test]
fn a_budget_that_suffices_is_not_told() {
    let mut world = World::new(Limits::new(&[budget("{name: all, amount_usd: 2000}")], &[]));
    for h in 0..20 * 24 {
        assert!(
            world.hour(2.0 * day_shape(h), 0.0, None).is_empty(),
            "hour {h}"
        );
    }
}

#[test]
fn an_account_that_grows_into_its_limit_is_told_before_it_is_throttled() {
    let mut world = World::new(Limits::new(&[], &[]));
    // 250 at once on average, peaks taken for twice as many, growing by 12 a day.
    let mut first = None;
    for h in 0..35 * 24 {
        let at_once = (250.0 + 12.0 * f64::from(h) / 24.0) * day_shape(h) / 1.5;
        let said = world.hour(0.0, at_once * 3_600_000.0, None);
        if let (Some(signal), None) = (said.first(), first) {
            assert_eq!(signal.key.kind, "concurrency_forecast");
            assert_eq!(signal.key.detail, "123");
            first = Some(h / 24);
        }
    }
    // Twice (250 + 12 d) reaches 1,000 after 20.8 days.
    let day = first.expect("it is told");
    assert!((6..=21).contains(&day), "day {day}");
}

#[test]
fn a_disk_that_fills_is_told_with_the_day_and_one_that_does_not_is_not() {
    let gib = 1_u64 << 30;
    let sample = |h: u32, per_day: u64| DiskSample {
        stored_bytes: 40 * gib + u64::from(h) * per_day / 24,
        free_bytes: 60 * gib - u64::from(h) * per_day / 24,
    };
    let mut world = World::new(Limits::new(&[], &[]));
    let mut said = Vec::new();
    for h in 0..14 * 24 {
        said = world.hour(0.0, 0.0, Some(sample(h, 2 * gib)));
    }
    assert_eq!(
        said.iter().map(|s| s.key.kind).collect::<Vec<_>>(),
        ["disk_forecast"],
        "full in 16 days"
    );
    assert!(
        said[0].sentence.contains("It will be full about"),
        "{}",
        said[0].sentence
    );
    let mut steady = World::new(Limits::new(&[], &[]));
    for h in 0..14 * 24 {
        assert!(steady.hour(0.0, 0.0, Some(sample(h, gib / 64))).is_empty());
    }
}

//! One invocation, one rule, one bill: every edge of the arithmetic as a row of a table.

use store::model::{BilledInit, BilledMemory, BilledTime, RoundingRule, Size};
use store::usage::{Roller, Terms};

use super::{aws, roll, tell, used};
use crate::harness::{end_engine, migrated_engine};

/// What is told of an invocation, the rule, and what is billed for it: ms, of these for the init, µs of
/// rounding, MiB, and where the figure comes from.
type Case = (
    &'static str,
    Vec<(&'static str, &'static str)>,
    RoundingRule,
    (u64, u64, u64, u64, &'static str),
);

const MB: (&str, &str) = ("platform_memory_size_mb", "512");

fn computed(init: BilledInit) -> RoundingRule {
    RoundingRule {
        init,
        believes_reported: false,
        ..aws()
    }
}

fn steps(step_ms: u32, min_ms: u32) -> RoundingRule {
    RoundingRule {
        time_step_ms: step_ms,
        time_min_ms: min_ms,
        ..computed(BilledInit::Never)
    }
}

fn azure() -> RoundingRule {
    RoundingRule {
        memory: BilledMemory::Used,
        memory_step_mb: 128,
        memory_min_mb: 128,
        memory_max_mb: 1_536,
        ..steps(1, 100)
    }
}

// Tables are for reading: a row on a line.
#[rustfmt::skip]
fn time_cases() -> Vec<Case> {
    let took = |text| vec![("platform_duration_ms", text), MB];
    let cpu = || RoundingRule { time: BilledTime::Cpu, ..steps(1, 0) };
    vec![
        ("nothing took no time", took("0"), steps(1, 0), (0, 0, 0, 512, "derived")),
        ("nothing, at least 100", took("0"), steps(1, 100), (100, 0, 100_000, 512, "derived")),
        ("exactly on a step", took("300"), steps(100, 0), (300, 0, 0, 512, "derived")),
        ("a nanosecond over", took("300.000001"), steps(100, 0), (400, 0, 99_999, 512, "derived")),
        ("a nanosecond under", took("299.999999"), steps(100, 0), (300, 0, 0, 512, "derived")),
        ("a binary fraction on a step", took("0.1 + 0.2 + 299.7"), steps(100, 0), (300, 0, 0, 512, "derived")),
        ("just over a ms", took("15.01"), steps(1, 0), (16, 0, 990, 512, "derived")),
        ("less than the minimum", took("800"), steps(100, 1_000), (1_000, 0, 200_000, 512, "derived")),
        ("beyond the minimum", took("1000.5"), steps(100, 1_000), (1_100, 0, 99_500, 512, "derived")),
        ("fifteen minutes", took("900000"), steps(1, 0), (900_000, 0, 0, 512, "derived")),
        ("nobody knows how long", vec![MB], steps(1, 100), (0, 0, 0, 512, "unpriced")),
        ("a clock gone mad", took("1e15"), steps(1, 0), (0, 0, 0, 512, "unpriced")),
        ("less than nothing", took("-3"), steps(1, 0), (0, 0, 0, 512, "unpriced")),
        ("no number", took("nan"), steps(1, 0), (0, 0, 0, 512, "unpriced")),
        ("waiting is not billed", vec![("platform_duration_ms", "900"), ("cpu_ms", "6.2")], cpu(), (7, 0, 800, 0, "derived")),
        ("waiting for want of better", vec![("platform_duration_ms", "9.5")], cpu(), (10, 0, 500, 0, "assumed")),
    ]
}

#[rustfmt::skip]
fn init_cases() -> Vec<Case> {
    use BilledInit::{Always, Never, OwnRuntimes};
    let cold = || vec![("platform_duration_ms", "15.74"), ("init_duration_ms", "130.49"), ("cold_start_report", "1"), MB];
    let and = |more| [cold(), vec![more]].concat();
    let told = |billed| and(("billed_duration_ms", billed));
    let kind = |kind| and(("init_kind", kind));
    let restored = [("platform_duration_ms", "13.82"), ("billed_duration_ms", "129"), ("init_duration_ms", "204.27"),
        ("init_kind", "'snapstart-restore'"), MB];
    let hundred = RoundingRule { init: Always, ..steps(100, 0) };
    let own = ("platform_runtime", "'provided.al2023'");
    let warm = [("platform_duration_ms", "100"), ("billed_duration_ms", "101"), MB];
    vec![
        ("the documented cold start", cold(), computed(Always), (147, 131, 770, 512, "derived")),
        ("before inits were billed", cold(), computed(OwnRuntimes), (16, 0, 260, 512, "derived")),
        ("an own runtime, even then", and(own), computed(OwnRuntimes), (147, 131, 770, 512, "derived")),
        ("provisioned, even then", kind("'provisioned'"), computed(OwnRuntimes), (147, 131, 770, 512, "derived")),
        ("never", cold(), computed(Never), (16, 0, 260, 512, "derived")),
        ("inside the invocation already", kind("'suppressed'"), computed(Always), (16, 0, 260, 512, "derived")),
        ("of a restore nobody knows", kind("'snapstart-restore'"), computed(Always), (16, 0, 260, 512, "derived")),
        ("init and duration in one step", cold(), hundred, (200, 100, 53_770, 512, "derived")),
        ("the platform's word", told("147"), aws(), (147, 131, 770, 512, "measured")),
        ("its word that the init is free", told("16"), aws(), (16, 0, 0, 512, "measured")),
        ("its word, not believed", told("16"), computed(Always), (147, 131, 770, 512, "derived")),
        ("its word on a restore", restored.to_vec(), aws(), (129, 115, 180, 512, "measured")),
        ("its word alone", vec![("billed_duration_ms", "129"), MB], aws(), (129, 0, 0, 512, "measured")),
        ("warm, and its word is more", warm.to_vec(), aws(), (101, 0, 1_000, 512, "measured")),
    ]
}

#[rustfmt::skip]
fn memory_cases() -> Vec<Case> {
    let used = |text| vec![("platform_duration_ms", "250"), ("memory_used_mb", text)];
    let told = |text| vec![("platform_duration_ms", "250"), ("platform_memory_size_mb", text)];
    let nowhere = [told("512"), vec![("platform", "'nowhere'")]].concat();
    vec![
        ("used, rounded up", used("160"), azure(), (250, 0, 0, 256, "derived")),
        ("used, exactly on a step", used("256"), azure(), (250, 0, 0, 256, "derived")),
        ("used, just over", used("257"), azure(), (250, 0, 0, 384, "derived")),
        ("used, at least", used("90"), azure(), (250, 0, 0, 128, "derived")),
        ("used, at most", used("1700"), azure(), (250, 0, 0, 1_536, "derived")),
        ("used before told", [used("90"), vec![MB]].concat(), azure(), (250, 0, 0, 128, "derived")),
        ("told in the place of used", told("512"), azure(), (250, 0, 0, 512, "assumed")),
        ("nobody says", vec![("platform_duration_ms", "250")], azure(), (250, 0, 0, 0, "assumed")),
        ("no rule fits", nowhere, azure(), (250, 0, 0, 512, "derived")),
        ("more than there is", told("4294967295"), steps(1, 0), (250, 0, 0, 1 << 20, "derived")),
    ]
}

#[tokio::test]
async fn each_invocation_is_rounded_as_its_rule_says_and_says_where_the_figure_comes_from() {
    let cases = [time_cases(), init_cases(), memory_cases()].concat();
    let platform = |number: usize| format!("platform-{number:03}");
    let rules = cases.iter().enumerate().map(|(number, case)| RoundingRule {
        platform: platform(number),
        ..case.2.clone()
    });
    let (data, engine, store) = migrated_engine().await;
    let mut roller = Roller::new(Terms::new(rules.collect(), "", |_| Size::default()));
    roll(&mut roller, &store).await;
    for (number, (_, facts, ..)) in cases.iter().enumerate() {
        let key = format!("'x::y:{number:03}'");
        let named = format!("'{}'", platform(number));
        let mut fact = vec![("function_key", key.as_str()), ("invocation_id", "'i'")];
        fact.push(("start_min", "toDateTime64('2026-01-01 00:00:00', 9, 'UTC')"));
        if !facts.iter().any(|(name, _)| *name == "platform") {
            fact.push(("platform", &named));
        }
        fact.extend(facts.iter().copied());
        tell(&store, &[&fact]).await;
    }
    roll(&mut roller, &store).await;
    let columns = "function_id, billed_ms, billed_init_ms, rounding_us, toUInt64(memory_mb) AS mb, billed_mb_ms, \
                   multiIf(unpriced = 1, 'unpriced', billed_measured = 1, 'measured', \
                   billed_derived = 1, 'derived', billed_assumed = 1, 'assumed', '') AS provenance, \
                   invocations, unpriced + billed_measured + billed_derived + billed_assumed AS parts";
    let got = used(&store, "usage_1d", columns).await;
    assert_eq!(got.len(), cases.len());
    for (row, (name, _, _, (ms, init_ms, rounding_us, mb, provenance))) in got.iter().zip(&cases) {
        let want = serde_json::json!({"function_id": row["function_id"], "billed_ms": ms,
            "billed_init_ms": init_ms, "rounding_us": rounding_us, "mb": mb, "billed_mb_ms": ms * mb,
            "provenance": provenance, "invocations": 1, "parts": 1});
        assert_eq!(*row, want, "{name}");
    }
    end_engine(data, engine).await;
}

#[tokio::test]
async fn what_was_throttled_never_ran_and_failures_are_counted_by_kind() {
    let (data, engine, store) = migrated_engine().await;
    let mut roller = Roller::new(Terms::new(vec![aws()], "", |_| Size::default()));
    roll(&mut roller, &store).await;
    let each: [&[(&str, &str)]; 5] = [
        &[
            ("throttled", "1"),
            ("platform_duration_ms", "5"),
            ("status_rank", "2"),
        ],
        &[
            ("platform_duration_ms", "5.5"),
            ("status_rank", "1"),
            ("told_by", "3"),
        ],
        &[
            ("platform_duration_ms", "7"),
            ("status_rank", "2"),
            ("memory_used_mb", "90"),
        ],
        &[
            ("platform_duration_ms", "3000"),
            ("status_rank", "3"),
            ("cold_start_report", "1"),
        ],
        &[
            ("platform_duration_ms", "9"),
            ("status_rank", "4"),
            ("memory_used_mb", "128"),
        ],
    ];
    for (number, more) in each.iter().enumerate() {
        let id = format!("'{number}'");
        let mut fact = vec![
            ("function_key", "'aws::eu:f'"),
            ("invocation_id", id.as_str()),
            ("platform", "'aws_lambda'"),
            ("platform_memory_size_mb", "128"),
            ("start_min", "toDateTime64('2026-01-01 05:00:00', 9, 'UTC')"),
        ];
        fact.extend(more.iter().copied());
        tell(&store, &[&fact]).await;
    }
    roll(&mut roller, &store).await;
    let columns = "invocations, throttles, errors, timeouts, out_of_memory, cold_starts, with_span, billed_ms, \
                   duration_us, memory_used_mb_max, duration_ms_max";
    let want = serde_json::json!({"invocations": 4, "throttles": 1, "errors": 3, "timeouts": 1,
        "out_of_memory": 1, "cold_starts": 1, "with_span": 1, "billed_ms": 6 + 7 + 3_000 + 9,
        "duration_us": 3_021_500, "memory_used_mb_max": 128, "duration_ms_max": 3_000});
    assert_eq!(
        used(&store, "usage_1h", columns).await,
        std::slice::from_ref(&want)
    );
    assert_eq!(used(&store, "usage_1d", columns).await, [want]);
    end_engine(data, engine).await;
}

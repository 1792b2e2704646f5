//! Where rounding, tiers, months and the change of what is billed have their edges.

use store::model::InitKind;

use super::super::{NoPrice, Provenance, init_change};
use super::*;

#[test]
fn time_is_rounded_up_from_just_over_a_step_on() {
    let billed = |one: &OneInvocation| text(&priced(one).billed_ms);
    let plain = |ms: &str| invocation(ms);
    let azure = |ms: &str| on("azure", "azure.functions", invocation(ms));
    let flex = |ms: &str| OneInvocation {
        plan: "flex".into(),
        ..azure(ms)
    };
    let gen1 = |ms: &str| on("gcp", "gcp_cloud_functions", invocation(ms));
    let old = |ms: &str| OneInvocation {
        start_s: 1_606_780_799,
        ..plain(ms)
    };
    let new = |ms: &str| OneInvocation {
        start_s: 1_606_780_800,
        ..plain(ms)
    };
    for (case, one, want) in [
        ("nothing", plain("0"), "0"),
        ("on a step", plain("7"), "7"),
        ("just over", plain("7.000001"), "8"),
        ("azure: nothing costs the minimum", azure("0"), "100"),
        ("azure: the minimum", azure("100"), "100"),
        ("azure: just over it", azure("100.000001"), "101"),
        ("flex: nothing", flex("0"), "1000"),
        ("flex: the minimum", flex("1000"), "1000"),
        ("flex: just over it", flex("1000.000001"), "1100"),
        ("gen1: nothing", gen1("0"), "0"),
        ("gen1: on a step", gen1("300"), "300"),
        ("gen1: just over", gen1("300.000001"), "400"),
        ("the last second of 100 ms steps", old("16"), "100"),
        ("the first second of 1 ms steps", new("16"), "16"),
    ] {
        assert_eq!(billed(&one), want, "{case}");
    }
}

#[test]
fn azure_memory_is_rounded_up_to_128_mb_from_128_to_1536() {
    for (used_mb, want) in [
        ("1", "128"),
        ("128", "128"),
        ("128.5", "256"),
        ("1536", "1536"),
        ("1537", "1536"),
    ] {
        let one = on(
            "azure",
            "azure.functions",
            OneInvocation {
                memory_used_mb: Some(d(used_mb)),
                memory_mb: Some(d("1024")),
                ..invocation("1000")
            },
        );
        assert_eq!(priced(&one).gb_s * d("1024"), d(want), "{used_mb}");
    }
}

#[test]
fn a_tier_ends_exactly_at_its_border() {
    let border = 6_000_000_000;
    let first = |gb_s: &str| d(gb_s) * d("0.0000166667");
    let of = |rows: &[Usage]| november_of(&gross_books(), rows).amount();
    assert_eq!(of(&[gb_s(border)]), first("6000000000"));
    assert_eq!(of(&[gb_s(border + 1)]), first("6000000000") + d("0.000015"));
    // Two functions of a payer fill one tier together, but each region has its own.
    let other = Usage {
        function_id: "aws:2:us-east-1:g".into(),
        ..gb_s(1)
    };
    assert_eq!(
        of(&[gb_s(border), other]),
        first("6000000000") + d("0.000015")
    );
    let west = Usage {
        function_id: "aws:2:us-west-2:g".into(),
        ..gb_s(1)
    };
    assert_eq!(of(&[gb_s(border), west]), first("6000000001"));
}

#[test]
fn a_cold_start_bills_its_init_if_it_begins_at_or_after_the_change() {
    let change_s = 1_754_006_400; // 2025-08-01 00:00 UTC
    let billed = |start_s: i64, own_runtime: bool, plan: &str| {
        text(
            &priced(&OneInvocation {
                init_ms: Some(d("1293.83")),
                start_s,
                own_runtime,
                plan: plan.to_owned(),
                ..invocation("1049.63")
            })
            .billed_ms,
        )
    };
    assert_eq!(billed(change_s - 1, false, ""), "1050");
    assert_eq!(billed(change_s, false, ""), "2344");
    assert_eq!(billed(change_s - 1, true, ""), "2344");
    assert_eq!(
        billed(change_s - 1, false, "provisioned-concurrency"),
        "2344"
    );
    for (init, duration, want) in [
        ("1307.68", "1058.15", "2366"),
        ("1258.24", "1002.25", "2261"),
    ] {
        let one = OneInvocation {
            init_ms: Some(d(init)),
            ..invocation(duration)
        };
        assert_eq!(text(&priced(&one).billed_ms), want);
    }
}

#[test]
fn an_init_within_the_invocation_and_a_restore_are_not_added_to_it() {
    let of = |kind| {
        let one = OneInvocation {
            init_ms: Some(d("204.27")),
            init_kind: Some(kind),
            runtime: "java".into(),
            ..invocation("13.82")
        };
        let priced = priced(&one);
        (text(&priced.billed_ms), priced.provenance)
    };
    assert_eq!(of(InitKind::Suppressed), ("14".into(), Provenance::Derived));
    assert_eq!(
        of(InitKind::SnapstartRestore),
        ("14".into(), Provenance::Assumed)
    );
}

#[test]
fn months_of_google_cloud_begin_at_midnight_in_los_angeles() {
    let books = books();
    let (_, gcp) = books.of("gcp").expect("gcp");
    let (first_s, end_s) = november().month.range_s(&gcp.calendar);
    // 07:00 UTC in summer time, 08:00 in winter time.
    assert_eq!((first_s, end_s), (1_761_980_400, 1_764_576_000));
    assert_eq!(Month::of(first_s - 1, &gcp.calendar).to_string(), "2025-10");
    let (_, aws) = books.of("aws").expect("aws");
    assert_eq!(Month::of(first_s - 1, &aws.calendar).to_string(), "2025-11");
}

#[test]
fn standing_time_is_rounded_up_to_five_minutes_and_a_snapshot_costs_three_hours() {
    let one = |charge: &str, until: &str| {
        let books = configured(&format!(
            "standing: [{{charge: {charge}, function: 'aws:1:us-east-1:f', memory_mb: 1024, \
              from: 2025-11-01T00:00:00Z, until: 2025-11-01T{until}Z}}]"
        ));
        text(&november_of(&books, &[]).payers[0].lines[0].quantity)
    };
    assert_eq!(one("provisioned-concurrency", "00:00:01"), "300");
    assert_eq!(one("provisioned-concurrency", "00:05:00"), "300");
    assert_eq!(one("provisioned-concurrency", "00:05:01"), "600");
    assert_eq!(one("snapstart-cache", "01:00:00"), "10800");
    assert_eq!(one("snapstart-cache", "03:00:01"), "10801");
}

#[test]
fn what_stands_ready_is_charged_until_now_in_a_month_that_is_not_over() {
    let books = configured(
        "standing: [{charge: flex-always-ready, function: 'azure:s:eastus:', memory_mb: 1024}]",
    );
    let period = Period {
        until_s: Some(i64::from(NOVEMBER_S) + 60),
        ..november()
    };
    let bill = bill(&books, &[], period);
    assert_eq!(text(&bill.payers[0].lines[0].quantity), "60");
}

#[test]
fn rows_grants_standing_and_rounding_add_up_to_the_bill_exactly() {
    let books = configured(
        "standing: [{charge: provisioned-concurrency, function: 'aws:1:us-east-1:f', memory_mb: 769}]",
    );
    let rows: Vec<Usage> = (1..40_u64)
        .map(|n| {
            let usage = lambda(n * 77_777, 13 * n + 1, 128 + 7 * n as u32);
            let usage = if n % 3 == 0 { arm(usage) } else { usage };
            let region = if n % 5 == 0 {
                "eu-central-1"
            } else {
                "us-east-1"
            };
            Usage {
                function_id: format!("aws:{}:{region}:f{n}", n % 4),
                ..usage
            }
        })
        .chain([used(
            "gcp:p:us-central1:g",
            "gcp_cloud_run",
            3_333_333,
            100,
            300,
        )])
        .collect();
    let bill = november_of(&books, &rows);
    let of_rows: Decimal = bill.rows.iter().map(|row| &row.amount).sum();
    let parts: Decimal = bill
        .rows
        .iter()
        .flat_map(|row| &row.parts)
        .map(|(_, part)| part)
        .sum();
    assert_eq!(of_rows, parts);
    assert!(bill.granted() > 0 && bill.standing() > 0);
    assert_eq!(
        of_rows + bill.standing() - bill.granted() + bill.rounding(),
        bill.cents()
    );
    // One free grant for all accounts, regions and architectures together.
    let free = bill.payers[0]
        .lines
        .iter()
        .filter(|l| l.price.dimension == Dimension::GbS);
    assert_eq!(
        free.map(|line| &line.free_quantity).sum::<Decimal>(),
        d("400000")
    );
}

#[test]
fn each_azure_subscription_has_free_grants_of_its_own_unless_they_are_one_payer() {
    let row = |sub: &str| {
        used(
            &format!("azure:{sub}:eastus:f"),
            "azure.functions",
            1_000_000,
            100,
            128,
        )
    };
    let rows = [row("one"), row("two")];
    assert_eq!(cents(&books(), &rows), "0.00");
    let together = configured("payers: [{name: shop, provider: azure, accounts: ['*']}]");
    assert_eq!(cents(&together, &rows), "0.20");
}

#[test]
fn requests_at_once_share_the_time_of_their_instance() {
    let books =
        configured("{free_tier: false, functions: [{function: 'gcp:*:*:f', concurrency: 80}]}");
    let row = used("gcp:p:us-central1:f", "gcp_cloud_run", 10_000_000, 200, 512);
    let bill = november_of(&books, &[row]);
    assert_eq!(amount(&bill, Dimension::VcpuS), d("0.6"));
    assert_eq!(amount(&bill, Dimension::Requests), d("4"));
}

#[test]
fn beyond_provisioned_concurrency_invocations_spill_over_to_the_usual_price() {
    let mut spilled = plan(lambda(1000, 1000, 1024), "provisioned-concurrency");
    "on-demand".clone_into(&mut spilled.init_kind);
    assert_eq!(
        november_of(&gross_books(), &[spilled]).amount(),
        november_of(&gross_books(), &[lambda(1000, 1000, 1024)]).amount()
    );
}

#[test]
fn what_nobody_tells_is_assumed_and_said() {
    let one = OneInvocation {
        memory_mb: None,
        architecture: String::new(),
        region: "mars-north-1".into(),
        ..invocation("10")
    };
    let priced = priced(&one);
    assert_eq!(priced.provenance, Provenance::Assumed);
    assert_eq!(
        priced.assumptions,
        [
            "the memory is not told: 128 MiB",
            "the architecture is not told: x86_64",
            "the book does not know the region's price: priced as us-east-1",
        ]
    );
    let measured = OneInvocation {
        billed_ms: Some(d("10")),
        ..invocation("9.5")
    };
    assert_eq!(super::priced(&measured).provenance, Provenance::Measured);
}

#[test]
fn what_has_no_price_is_refused_with_the_reason() {
    let of = |one: &OneInvocation| price_one(&books(), one).expect_err("no price").to_string();
    let early = OneInvocation {
        start_s: 1,
        ..invocation("1")
    };
    assert!(
        of(&early).contains("1970-01-01: its first is of 2014-11-13"),
        "{}",
        of(&early)
    );
    let arm = OneInvocation {
        start_s: 1_600_000_000,
        architecture: "arm64".into(),
        ..invocation("1")
    };
    assert!(
        of(&arm).contains("its first is of 2021-09-29"),
        "{}",
        of(&arm)
    );
    let unknown = OneInvocation {
        plan: "lunar".into(),
        ..invocation("1")
    };
    assert!(of(&unknown).contains("no plan `lunar`"), "{}", of(&unknown));
    let timeless = OneInvocation {
        duration_ms: None,
        ..invocation("1")
    };
    assert_eq!(
        price_one(&books(), &timeless).err(),
        Some(NoPrice::Duration)
    );
    let foreign = used("vercel:::f", "vercel", 1, 1, 128);
    let bill = bill(&books(), &[foreign], november());
    assert_eq!(bill.unpriced.len(), 1);
}

#[test]
fn the_init_change_costs_the_difference_of_two_bills() {
    let mut cold = lambda(2_000_000, 1147, 1024);
    cold.billed_init_ms = 2_000_000 * 147;
    let change = init_change(&gross_books(), &[cold.clone()], november());
    assert_eq!(change.amount, d("294000") * d("0.0000166667"));
    assert_eq!(change.billed_init_ms, 294_000_000);
    assert!(
        change.explanation.contains("Since 2025-08-01"),
        "{}",
        change.explanation
    );
    let row = &november_of(&gross_books(), &[cold.clone()]).rows[0];
    assert_eq!(row.init, change.amount);
    // Before the change, and where it was billed all along, nothing has changed.
    let before = Usage {
        from_s: 1_751_328_000,
        ..cold.clone()
    };
    let provisioned = plan(cold, "provisioned-concurrency");
    for row in [before, provisioned] {
        assert_eq!(
            init_change(&gross_books(), &[row], november()).amount,
            d("0")
        );
    }
}

#[test]
fn the_rollup_is_told_how_each_plan_rounds_the_special_ones_first() {
    let rules = books().rules();
    let first = |platform: &str, plan: &str| {
        let fits = |rule: &&store::model::RoundingRule| {
            rule.platform == platform
                && (rule.plan == plan || rule.plan.is_empty())
                && (rule.from_s..rule.until_s).contains(&NOVEMBER_S)
        };
        rules.iter().find(fits).expect("a rule")
    };
    assert_eq!(first("azure.functions", "flex").time_min_ms, 1000);
    assert_eq!(first("azure.functions", "").time_min_ms, 100);
    assert_eq!(first("azure.functions", "unheard-of").memory_step_mb, 128);
    assert_eq!(first("gcp_cloud_functions", "gen2").time_step_ms, 100);
    assert!(first("aws_lambda", "").believes_reported);
    assert!(
        rules
            .iter()
            .all(|rule| rule.time_step_ms > 0 && rule.memory_step_mb > 0)
    );
    let books = configured(
        "functions: [{function: 'gcp:*:*:img-*', plan: 2nd gen, vcpu: 0.583, memory_mb: 1024}]",
    );
    let size = books.size_of("gcp:p:us-central1:img-resize");
    assert_eq!(
        (size.plan.as_str(), size.vcpu_milli, size.memory_mb),
        ("gen2", 583, 1024)
    );
}

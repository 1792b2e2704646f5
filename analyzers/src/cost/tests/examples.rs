//! The worked examples, in their order.

use super::*;

const AZURE: &str = "azure:sub:eastus:app/f";
const GCP: &str = "gcp:project:us-central1:f";
const GCP_TIER_2: &str = "gcp:project:europe-west3:f";

fn azure(count: u64, billed_ms: u64, memory_mb: u32) -> Usage {
    used(AZURE, "azure.functions", count, billed_ms, memory_mb)
}

fn standing(yaml: &str) -> Books {
    configured(&format!("standing: [{yaml}]"))
}

#[test]
fn example_1_lambda_of_3_million_seconds_at_half_a_gb() {
    let bill = november_of(&books(), &[lambda(3_000_000, 1000, 512)]);
    assert_eq!(amount(&bill, Dimension::GbS), d("18.33337"));
    assert_eq!(amount(&bill, Dimension::Requests), d("0.4"));
    assert_eq!(money(&bill.cents()), "18.73");
}

#[test]
fn example_2_lambda_of_a_gb_and_a_half() {
    assert_eq!(cents(&books(), &[lambda(3_000_000, 120, 1536)]), "2.73");
}

#[test]
fn example_3_x86_goes_through_three_tiers() {
    let bill = november_of(&gross_books(), &[gb_s(30_000_000_000)]);
    let tiers = &bill.payers[0].lines[0].tiers;
    let amounts: Vec<String> = tiers.iter().map(|tier| money(&tier.amount)).collect();
    assert_eq!(amounts, ["100000.20", "135000.00", "200001.00"]);
    assert_eq!(money(&bill.cents()), "435001.20");
}

#[test]
fn example_4_arm_goes_through_three_tiers() {
    let bill = november_of(&gross_books(), &[arm(gb_s(37_500_000_000))]);
    let tiers = &bill.payers[0].lines[0].tiers;
    let amounts: Vec<Decimal> = tiers.iter().map(|tier| tier.amount.clone()).collect();
    assert_eq!(amounts, [d("100000.5"), d("135001.125"), d("200000.625")]);
}

#[test]
fn example_5_a_million_cold_starts_before_and_after_init_is_billed() {
    let cold = OneInvocation {
        init_ms: Some(d("130.49")),
        requests: 1_000_000,
        ..invocation("15.74")
    };
    let before = OneInvocation {
        start_s: 1_754_006_399,
        ..cold.clone()
    };
    let (now, before) = (priced(&cold), priced(&before));
    assert_eq!((&now.billed_ms, &before.billed_ms), (&d("147"), &d("16")));
    let in_cents = |priced: &Priced| {
        let lines = priced
            .charges
            .iter()
            .map(|c| super::super::decimal::cents(&c.list_amount()));
        money(&lines.sum())
    };
    assert_eq!(
        (in_cents(&now), in_cents(&before)),
        ("0.51".into(), "0.23".into())
    );
}

#[test]
fn example_6_provisioned_concurrency_on_arm() {
    let books = standing(
        "{charge: provisioned-concurrency, function: 'aws:1:us-east-1:f', count: 10000, memory_mb: 1024, \
          architecture: arm64, from: 2025-11-01T00:00:00Z, until: 2025-11-01T00:15:00Z}",
    );
    let mut busy = plan(arm(gb_s(1_750_000)), "provisioned-concurrency");
    busy.invocations = 10_000_000;
    let bill = november_of(&books, &[busy]);
    assert_eq!(bill.standing(), d("30.0006"));
    assert_eq!(amount(&bill, Dimension::Requests), d("2"));
    assert_eq!(money(&bill.cents()), "45.61");
}

#[test]
fn example_7_provisioned_concurrency_on_x86() {
    let books = standing(
        "{charge: provisioned-concurrency, function: 'aws:1:us-east-1:f', count: 100, memory_mb: 1024, \
          from: 2025-11-03T10:00:00Z, until: 2025-11-03T12:00:00Z}",
    );
    let busy = plan(lambda(1_200_000, 500, 1024), "provisioned-concurrency");
    assert_eq!(cents(&books, &[busy]), "9.07");
}

#[test]
fn example_8_provisioned_concurrency_pays_from_60_percent_of_use() {
    let books = books();
    let (_, aws) = books.of("aws").expect("aws");
    let price = |prices: &[std::sync::Arc<super::super::book::Price>]| {
        let fits = prices.iter().find(|price| {
            price.dimension == Dimension::GbS
                && price.valid.holds(NOVEMBER_S.into())
                && price.arch.as_deref() == Some("x86_64")
        });
        fits.expect("a price").list_price()
    };
    let plan = |id| &aws.plan("aws_lambda", id).expect("a plan").prices;
    let idle = price(
        &aws.standing("provisioned-concurrency")
            .expect("standing")
            .prices,
    );
    let saved = price(plan("")) - price(plan("provisioned-concurrency"));
    let share = super::super::decimal::divided(&idle, &saved, 4);
    assert_eq!(share, d("0.5999") + d("0.0001"));
}

#[test]
fn example_9_ephemeral_storage_beyond_512_mb() {
    let books = configured(
        "{free_tier: false, functions: [{function: 'aws:*:*:f', ephemeral_storage_mb: 10240}]}",
    );
    let bill = november_of(&books, &[lambda(1_000_000, 3000, 128)]);
    assert_eq!(amount(&bill, Dimension::EphemeralGbS), d("0.88065"));
    let exactly = configured("functions: [{function: 'aws:*:*:f', ephemeral_storage_mb: 512}]");
    let bill = november_of(&exactly, &[lambda(1_000_000, 3000, 128)]);
    assert_eq!(amount(&bill, Dimension::EphemeralGbS), d("0"));
}

#[test]
fn example_10_a_snapshot_kept_for_30_days_and_100_000_restores() {
    let books = standing(
        "{charge: snapstart-cache, function: 'aws:1:us-east-1:f', memory_mb: 1024, \
          from: 2025-11-01T00:00:00Z}",
    );
    let mut restores = lambda(100_000, 0, 1024);
    "snapstart-restore".clone_into(&mut restores.init_kind);
    let bill = november_of(&books, &[restores.clone()]);
    assert_eq!(money(&bill.standing()), "3.89"); // 3.8999…, cut
    assert_eq!(
        money(&super::super::decimal::cents(&bill.standing())),
        "3.90"
    );
    assert_eq!(amount(&bill, Dimension::RestoreGb), d("13.97998"));
    let java = configured("functions: [{function: 'aws:*:*:f', runtime: java}]");
    let bill = november_of(&java, &[restores]);
    assert_eq!(amount(&bill, Dimension::RestoreGb), d("0"));
}

#[test]
fn example_11_lambda_at_the_edge() {
    let row = plan(lambda(10_000_000, 5, 128), "edge");
    assert_eq!(cents(&books(), &[row]), "6.31");
}

#[test]
fn example_12_azure_consumption_rounds_memory_up_to_128_mb() {
    let one = on(
        "azure",
        "azure.functions",
        OneInvocation {
            memory_mb: Some(d("160")),
            ..invocation("250")
        },
    );
    assert_eq!(priced(&one).gb_s, d("0.0625"));
    let rows = [azure(5_000_000, 250, 256)];
    assert_eq!(cents(&gross_books(), &rows), "6.00");
    assert_eq!(cents(&books(), &rows), "0.80");
}

#[test]
fn example_13_azure_consumption_has_a_minimum_of_time_and_memory() {
    let one = on(
        "azure",
        "azure_functions",
        OneInvocation {
            memory_mb: Some(d("90")),
            requests: 10_000_000,
            ..invocation("40")
        },
    );
    let priced = priced(&one);
    assert_eq!((priced.billed_ms, priced.cost), (d("100"), d("4")));
    assert_eq!(priced.rounding_ms, d("60"));
}

#[test]
fn example_14_azure_execution_units_are_mb_milliseconds() {
    let row = Usage {
        invocations: 0,
        billed_mb_ms: 1_110_000_000,
        ..azure(0, 0, 128)
    };
    let bill = november_of(&gross_books(), &[row]);
    assert_eq!(bill.payers[0].lines[0].quantity, d("1083.984375"));
    assert_eq!(bill.amount(), d("0.01734375"));
}

#[test]
fn example_15_azure_by_the_hour_the_day_and_nine_days() {
    let hours = |hours: u64| {
        let row = Usage {
            billed_mb_ms: hours * 90_305_037_184,
            ..azure(hours * 6_500_012, 0, 128)
        };
        money(&super::super::decimal::cents(
            &november_of(&gross_books(), &[row]).amount(),
        ))
    };
    assert_eq!(
        [hours(1), hours(24), hours(216)],
        ["2.71", "65.06", "585.58"]
    );
}

#[test]
fn example_16_azure_of_3_million_seconds() {
    assert_eq!(cents(&books(), &[azure(3_000_000, 1000, 1536)]), "66.00");
}

#[test]
fn example_17_azure_flex_and_an_instance_that_is_always_ready() {
    let one = on(
        "azure",
        "azure.functions",
        OneInvocation {
            plan: "flex".into(),
            memory_mb: Some(d("2048")),
            ..invocation("800")
        },
    );
    assert_eq!(priced(&one).billed_ms, d("1000"));
    let row = plan(azure(1_000_000, 1000, 2048), "flex");
    assert_eq!(cents(&books(), &[row]), "49.70");
    let ready = standing(
        "{charge: flex-always-ready, function: 'azure:sub:eastus:', memory_mb: 2048, \
          from: 2025-11-01T00:00:00Z, until: 2025-12-01T00:00:00Z}",
    );
    assert_eq!(cents(&ready, &[]), "20.74");
}

#[test]
fn example_18_cloud_functions_gen1_by_gb_and_ghz() {
    let rows = [used(GCP, "gcp_cloud_functions", 10_000_000, 300, 256)];
    let gross = november_of(&gross_books(), &rows);
    assert_eq!(amount(&gross, Dimension::GbS), d("1.875"));
    assert_eq!(amount(&gross, Dimension::GhzS), d("12"));
    assert_eq!(amount(&gross, Dimension::Requests), d("4"));
    assert_eq!(money(&gross.cents()), "17.88");
    let net = november_of(&books(), &rows);
    assert_eq!(net.amount(), d("14.075"));
    assert_eq!(money(&net.cents()), "14.08");
}

#[test]
fn example_19_cloud_run_with_its_free_tier_in_dollars() {
    let rows = [used(GCP, "gcp_cloud_run", 10_000_000, 200, 512)];
    assert_eq!(cents(&gross_books(), &rows), "54.50");
    let net = november_of(&books(), &rows);
    assert_eq!(net.granted(), d("6.02"));
    assert_eq!(money(&net.cents()), "48.48");
}

#[test]
fn example_20_cloud_run_in_a_tier_2_region() {
    let seconds = |vcpu_s: u64, gib_s: u64, requests: u64| Usage {
        invocations: requests,
        billed_ms: vcpu_s * 1000,
        billed_mb_ms: gib_s * 1_024_000,
        vcpu_milli: 1000,
        ..used(GCP_TIER_2, "gcp_cloud_run", 0, 0, 512)
    };
    let request_based = seconds(1_800_000, 900_000, 500_000);
    assert_eq!(cents(&gross_books(), &[request_based]), "63.83");
    let instance_based = plan(seconds(5_256_000, 2_628_000, 500_000), "instance-based");
    assert_eq!(cents(&gross_books(), &[instance_based]), "119.84");
}

#[test]
fn example_21_workers_with_the_fee_that_includes_some() {
    let row = used(
        "cloudflare:acc::f",
        "cloudflare.workers",
        15_000_000,
        7,
        128,
    );
    assert_eq!(cents(&books(), &[row]), "8.00");
}

#[test]
fn example_22_the_same_load_everywhere() {
    let (count, ms, mb) = (10_000_000, 200, 512);
    let books = gross_books();
    let gen1 = [used(GCP, "gcp_cloud_functions", count, ms, mb)];
    assert_eq!(cents(&books, &[lambda(count, ms, mb)]), "18.67");
    assert_eq!(cents(&books, &[arm(lambda(count, ms, mb))]), "15.33");
    assert_eq!(cents(&books, &[azure(count, ms, mb)]), "18.00");
    assert_eq!(cents(&books, &gen1), "22.50");
    assert_eq!(
        cents(&books.using("seed-2025").expect("a book"), &gen1),
        "6.50"
    );
}

#[test]
fn the_seed_book_prices_what_it_says_and_nothing_else() {
    let seed = books().using("seed-2025").expect("a book");
    let row = lambda(3_000_000, 120, 512);
    assert_eq!(cents(&seed, std::slice::from_ref(&row)), "3.60");
    assert_eq!(cents(&seed, &[arm(row)]), "3.00");
    let gen1 = used(GCP, "gcp_cloud_functions", 10_000_000, 300, 256);
    let bill = november_of(&seed, &[gen1]);
    assert_eq!((bill.amount(), bill.granted()), (d("5.875"), d("0")));
    assert_eq!(money(&bill.cents()), "5.88");
    // What the list price has in addition: GHz-seconds.
    assert_eq!(d("17.875") - bill.amount(), d("12"));
    let exact = price_one(
        &seed,
        &OneInvocation {
            init_ms: Some(d("500")),
            ..invocation("100.4")
        },
    );
    assert_eq!(exact.expect("a price").billed_ms, d("100.4"));
    let premium = configured(
        "{use: {azure: seed-2025}, standing: [{charge: premium, function: 'azure:sub:eastus:', \
          from: 2025-11-01T00:00:00Z, until: 2025-11-02T00:00:00Z}]}",
    );
    assert_eq!(cents(&premium, &[]), "4.32");
}

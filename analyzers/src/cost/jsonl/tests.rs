use super::*;
use crate::cost::Config;

fn books() -> Books {
    Books::load(&Config::default()).expect("valid lists")
}

fn priced(line: &str) -> Result<String, String> {
    Pricer::new(&books()).price(line)
}

const LINE: &str = r#"{"provider":"aws","platform":"aws_lambda","region":"us-east-1","arch":"x86_64","memory_mb":128,"duration_ms":15.740,"init_ms":130.49,"time":"2025-09-01T00:00:00Z"}"#;

#[test]
fn a_line_comes_back_as_it_was_with_its_price_behind() {
    let answer = priced(LINE).expect("a price");
    assert!(answer.starts_with(LINE.trim_end_matches('}')), "{answer}");
    assert!(
        answer.ends_with(
            r#""billed_ms":147,"gb_s":"0.018375","cost_usd":"0.0000005062506125","book":"aws","provenance":"derived"}"#
        ),
        "{answer}"
    );
}

#[test]
fn a_billed_duration_that_is_told_stays_and_makes_the_price_measured() {
    let line = LINE.replace("\"time\"", "\"billed_ms\":200,\"time\"");
    let answer = priced(&line).expect("a price");
    assert!(answer.contains(r#""gb_s":"0.025""#), "{answer}");
    assert!(answer.contains(r#""provenance":"measured""#), "{answer}");
    assert_eq!(answer.matches("billed_ms").count(), 1);
    // null is not told
    let null = LINE.replace("\"time\"", "\"billed_ms\":null,\"time\"");
    assert!(
        priced(&null)
            .expect("a price")
            .contains(r#""billed_ms":147"#)
    );
}

#[test]
fn an_answer_can_be_priced_again() {
    let once = priced(LINE).expect("a price");
    let twice = priced(&once).expect("a price");
    assert_eq!(once.replace("derived", "measured").len(), twice.len());
    assert_eq!(twice.matches("cost_usd").count(), 1);
}

#[test]
fn usual_spellings_mean_the_same() {
    let same = |changes: &[(&str, &str)]| {
        let line = changes.iter().fold(LINE.to_owned(), |line, (a, b)| {
            assert!(line.contains(a), "{a}");
            line.replace(a, b)
        });
        let answer = priced(&line).expect("a price");
        assert!(
            answer.contains(r#""cost_usd":"0.0000005062506125""#),
            "{answer}"
        );
    };
    same(&[("\"aws_lambda\"", "\"lambda\""), ("x86_64", "amd64")]);
    same(&[("\"2025-09-01T00:00:00Z\"", "1756684800")]);
    same(&[("\"2025-09-01T00:00:00Z\"", "1756684800.75")]);
    same(&[("2025-09-01T00:00:00Z", "2025-09-01T02:00:00+02:00")]);
    same(&[("\"provider\":\"aws\",", "")]);
    same(&[("us-east-1", "us-west-2"), ("128", "\"128\"")]);
    for kind in ["on-demand", "on_demand", "image", "cold"] {
        same(&[("\"time\"", &format!("\"kind\":\"{kind}\",\"time\""))]);
    }
}

#[test]
fn every_kind_of_the_platforms_is_priced() {
    let of = |rest: &str| {
        let line = format!(r#"{{"duration_ms":1000,"memory_mb":1024,"time":1762000000,{rest}}}"#);
        let answer = priced(&line).unwrap_or_else(|reason| panic!("{line}: {reason}"));
        let cost = answer.split("\"cost_usd\":\"").nth(1).expect("a cost");
        cost.split('"').next().expect("its end").to_owned()
    };
    let aws = |kind: &str| {
        of(&format!(
            r#""platform":"lambda","region":"us-east-1","arch":"x86","runtime":"python","kind":"{kind}""#
        ))
    };
    assert_eq!(aws(""), "0.0000168667");
    assert_eq!(aws("provisioned"), "0.0000099222");
    assert_eq!(aws("provisioned-concurrency"), "0.0000099222");
    assert_eq!(aws("snap-start"), "0.0001566665");
    assert_eq!(aws("edge"), "0.00005061");
    assert_eq!(aws("suppressed"), "0.0000168667");
    let azure = |kind: &str| {
        of(&format!(
            r#""platform":"azure_functions","region":"East US","kind":"{kind}""#
        ))
    };
    assert_eq!(azure("consumption"), "0.0000162");
    assert_eq!(azure("flex"), "0.0000264");
    assert_eq!(azure("always-ready"), "0.0000164");
    assert_eq!(azure("premium"), "0");
    let gcp = |rest: &str| {
        of(&format!(
            r#""provider":"gcp","region":"us-central1",{rest}"#
        ))
    };
    assert_eq!(gcp(r#""platform":"gcp_cloud_functions""#), "0.0000169");
    assert_eq!(
        gcp(r#""platform":"gcp_cloud_functions","kind":"gen1""#),
        "0.0000169"
    );
    assert_eq!(
        gcp(r#""platform":"cloud_functions","kind":"gen2","vcpu":1"#),
        "0.0000269"
    );
    assert_eq!(
        gcp(r#""platform":"cloud_run","kind":"request-based","vcpu":1"#),
        "0.0000269"
    );
    assert_eq!(
        gcp(r#""platform":"cloud_run","kind":"instance-based","vcpu":1"#),
        "0.00002"
    );
    assert_eq!(
        of(r#""platform":"cloudflare.workers","cpu_ms":7"#),
        "0.00000044"
    );
}

#[test]
fn a_bad_line_says_what_is_wrong_and_the_others_are_priced() {
    let bad = |from: &str, to: &str| priced(&LINE.replace(from, to)).expect_err(to);
    for (from, to, want) in [
        ("15.740", "-1", "`duration_ms` is -1"),
        ("15.740", "1e999999", "`duration_ms`"),
        ("15.740", "\"soon\"", "`soon` is not a plain decimal"),
        (
            "\"duration_ms\":15.740,",
            "",
            "give duration_ms or billed_ms",
        ),
        ("128", "0", "`memory_mb` is 0"),
        ("x86_64", "riscv", "architecture `riscv` is unknown"),
        ("aws_lambda", "fargate", "knows no platform `fargate`"),
        ("2025-09-01T00:00:00Z", "yesterday", "`time` is `yesterday`"),
        ("\"2025-09-01T00:00:00Z\"", "1756684800000", "milliseconds"),
        (
            ",\"time\":\"2025-09-01T00:00:00Z\"",
            "",
            "`time` is missing",
        ),
        ("2025-09-01", "2010-09-01", "its first is of 2014-11-13"),
        ("\"arch\"", "\"region\"", "there twice"),
        ("{", "[", "no JSON object"),
    ] {
        let reason = bad(from, to);
        assert!(reason.contains(want), "{to}: {reason}");
    }
}

#[test]
fn the_total_sums_exactly_and_nets_by_month_and_payer() {
    let books = books();
    let mut pricer = Pricer::new(&books);
    for time in ["2025-08-31T23:59:59.999Z", "2025-09-01T00:00:00Z"] {
        let line = LINE.replace("2025-09-01T00:00:00Z", time);
        pricer
            .price(&line.replace("\"time\"", "\"requests\":2000000,\"time\""))
            .expect("a price");
    }
    pricer.price("{}").expect_err("no invocation");
    let total: serde_json::Value = serde_json::from_str(&pricer.total()).expect("JSON");
    let total = &total["total"];
    assert_eq!(total["invocations"], 4_000_000);
    assert_eq!(total["refused"], 1);
    assert_eq!(total["cost_usd"], "2.02500245");
    assert_eq!(total["cost_usd_rounded"], "2.03");
    let months = total["months"].as_array().expect("months");
    assert_eq!(
        (&months[0]["month"], &months[1]["month"]),
        (&"2025-08".into(), &"2025-09".into())
    );
    // 36,750 GB-s and a million requests of each month are free.
    assert_eq!(months[0]["net_usd"], "0.2");
    assert_eq!(total["net_usd_rounded"], "0.40");
}

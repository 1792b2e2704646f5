//! Alerts: the workbook's figures, and minutes known by hand.

use super::super::alerts::{Reason, Threshold};
use super::*;

#[test]
fn parts_of_the_budget_are_kept_for_every_period() {
    let rates = |days: i64| {
        let plan = rolling(30, "0.999");
        plan.rules
            .iter()
            .map(|rule| rule.rate(days * 1440))
            .collect::<Vec<_>>()
    };
    let of = |pairs: [(i128, i128); 4]| pairs.map(|(a, b)| f(a, b)).to_vec();
    assert_eq!(rates(30), of([(144, 10), (6, 1), (3, 1), (1, 1)]));
    assert_eq!(rates(28), of([(1344, 100), (56, 10), (28, 10), (14, 15)]));
    assert_eq!(rates(90), of([(432, 10), (18, 1), (9, 1), (3, 1)]));
    assert_eq!(rates(7), of([(336, 100), (14, 10), (7, 10), (7, 30)]));
}

#[test]
fn a_full_outage_fires_after_the_workbook_s_seconds() {
    let plan = rolling(30, "0.999");
    let after = |pair: usize| plan.rules[pair].seconds_to_fire(&plan, 30 * 1440, &Fraction::ONE);
    assert_eq!(after(0), f(5184, 100));
    assert_eq!(after(1), f(1296, 10));
    assert_eq!(after(2), f(2592, 10));
    assert_eq!(after(3), f(2592, 10));
}

#[test]
fn an_outage_turns_each_pair_on_and_off_at_the_minutes_that_the_arithmetic_says() {
    let plan = rolling(30, "0.999");
    // Four clean days at 1,000 a minute, 20 minutes at 10 %, then clean again.
    let begin = 4 * 1440;
    let days = counts(8 * 1440, move |minute| match minute - begin {
        0..20 => (900, 1000),
        _ => (1000, 1000),
    });
    let lines = lines(&plan, days);
    // 14.4 × 0.001 × 60,000 = 864 bad events: the ninth minute; off when 5 minutes hold ≤ 72: all out.
    assert_eq!(turns(&plan, &lines, "page:1h/5m"), [begin + 8, begin + 24]);
    // 6 × 0.001 × 360,000 = 2,160 of 2,000: never.
    assert_eq!(turns(&plan, &lines, "page:6h/30m"), [0; 0]);
    // 3 × 0.001 × 1,440,000 = 4,320: never. 1 × 0.001 × 4,320,000 = 4,320: never.
    assert_eq!(turns(&plan, &lines, "ticket:1d/2h"), [0; 0]);
    assert_eq!(turns(&plan, &lines, "ticket:3d/6h"), [0; 0]);
    // Half an hour of everything: 30,000.
    let days = counts(8 * 1440, move |minute| match minute - begin {
        0..30 => (0, 1000),
        _ => (1000, 1000),
    });
    let lines = super::lines(&plan, days);
    assert_eq!(turns(&plan, &lines, "page:1h/5m"), [begin, begin + 34]);
    assert_eq!(turns(&plan, &lines, "page:6h/30m"), [begin + 2, begin + 59]);
    // 2h: 120,000 × 0.003 = 360; the last bad minute leaves after two hours.
    assert_eq!(
        turns(&plan, &lines, "ticket:1d/2h"),
        [begin + 4, begin + 29 + 120]
    );
    assert_eq!(
        turns(&plan, &lines, "ticket:3d/6h"),
        [begin + 4, begin + 29 + 360]
    );
}

#[test]
fn at_the_threshold_an_alert_does_not_fire_and_just_above_it_does() {
    let plan = rolling(30, "0.999");
    let steady = |bad: u64| lines(&plan, counts(5 * 1440, move |_| (10_000 - bad, 10_000)));
    assert_eq!(turns(&plan, &steady(144), "page:1h/5m"), [0; 0]);
    assert_eq!(turns(&plan, &steady(145), "page:1h/5m"), [0]);
    assert_eq!(turns(&plan, &steady(10), "ticket:3d/6h"), [0; 0]);
    assert_eq!(turns(&plan, &steady(11), "ticket:3d/6h"), [0]);
}

#[test]
fn missing_data_neither_fires_nor_resolves() {
    let plan = rolling(30, "0.999");
    let begin = 4 * 1440;
    let lines = lines(
        &plan,
        counts(5 * 1440, move |minute| match minute - begin {
            0..10 => (0, 1000),
            10..200 => (0, 0),
            _ => (1000, 1000),
        }),
    );
    // Five minutes after the last event the short window is empty; it resolves when data is back.
    assert_eq!(turns(&plan, &lines, "page:1h/5m"), [begin, begin + 200]);
    let at = |minute: i64| &lines[usize::try_from(minute).expect("in range")];
    assert_eq!(at(begin + 13).alerts[0], (true, Reason::Burning));
    assert_eq!(at(begin + 14).alerts[0], (true, Reason::Frozen));
    assert_eq!(at(begin + 14).burn[0], None);
    assert_eq!(at(begin + 70).burn[2], None);
    // Calm, it stays calm.
    let silent = super::lines(
        &plan,
        counts(100, |minute| if minute < 50 { (1, 1) } else { (0, 0) }),
    );
    assert!(
        silent
            .iter()
            .all(|line| line.alerts.iter().all(|(firing, _)| !firing))
    );
}

#[test]
fn one_failure_of_a_quiet_function_needs_evidence_if_asked_for() {
    let mut plan = rolling(30, "0.999");
    // A request in ten minutes; one fails.
    let quiet = || {
        counts(4 * 1440, |minute| match minute % 10 {
            _ if minute == 3 * 1440 => (0, 1),
            0 => (1, 1),
            _ => (0, 0),
        })
    };
    let fired = |plan: &Plan| {
        let lines = lines(plan, quiet());
        let fires = |n: usize| lines.iter().any(|line| line.alerts[n].0);
        [fires(0), fires(1), fires(2), fires(3)]
    };
    assert_eq!(fired(&plan), [true; 4]);
    plan.min_bad_events = 5;
    assert_eq!(fired(&plan), [false; 4]);
    let reason = &lines(&plan, quiet())[3 * 1440].alerts[0];
    assert_eq!(*reason, (false, Reason::TooFewBadEvents));
}

fn with_condition(policy: &str, about: &str, condition: &str) -> Plan {
    let rest = [
        "  alertPolicies:",
        "    - kind: AlertPolicy",
        "      metadata: {name: p}",
        "      spec:",
        &format!("        {policy}"),
        "        conditions:",
        "          - kind: AlertCondition",
        &format!("            metadata: {{name: own{about}}}"),
        &format!("            spec: {{severity: sev1, condition: {condition}}}"),
        "        notificationTargets: [{targetRef: me}]",
        "",
    ];
    let rest = rest.join("\n");
    plan(
        "{duration: 30d, isRolling: true}",
        "Occurrences",
        "[{target: 0.99}]",
        &rest,
    )
}

#[test]
fn a_condition_of_the_file_waits_as_long_as_it_says_and_counts_beside_the_pairs() {
    let condition = "{kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1m, alertAfter: 3m}";
    let plan = with_condition("alertWhenBreaching: true", "", condition);
    assert_eq!(plan.rules.len(), 5);
    assert_eq!(
        (plan.rules[4].severity.as_str(), &plan.rules[4].threshold),
        ("sev1", &Threshold::Rate(f(2, 1)))
    );
    let of = |minute| match minute {
        100..=102 | 107..=108 => (90, 100),
        103..=106 => (0, 0),
        _ => (100, 100),
    };
    let lines = lines(&plan, counts(200, of));
    let number = 4;
    assert_eq!(lines[102].alerts[number], (false, Reason::NotLongEnough));
    // Without data the wait stands still.
    assert_eq!(lines[106].alerts[number], (false, Reason::Frozen));
    assert_eq!(turns(&plan, &lines, "own"), [107, 109]);
}

#[test]
fn a_second_window_makes_a_condition_a_pair_and_silence_can_be_what_it_waits_for() {
    let condition = "{op: gt, threshold: 2, lookbackWindow: 1h}";
    let short = ", annotations: {nephoscope.dev/short-window: 5m}";
    let plan = with_condition("alertWhenBreaching: true", short, condition);
    let outage = |minute| {
        if (100..110).contains(&minute) {
            (0, 100)
        } else {
            (100, 100)
        }
    };
    let lines = lines(&plan, counts(300, outage));
    assert_eq!(turns(&plan, &lines, "own"), [101, 114]);
    let plan = with_condition(
        "alertWhenNoData: true",
        "",
        "{op: gt, threshold: 2, lookbackWindow: 5m}",
    );
    let silence = |minute| {
        if (100..110).contains(&minute) {
            (0, 0)
        } else {
            (100, 100)
        }
    };
    let lines = super::lines(&plan, counts(200, silence));
    assert_eq!(turns(&plan, &lines, "own"), [104, 110]);
    assert_eq!(lines[104].alerts[4], (true, Reason::NoData));
}

#[test]
fn what_no_outage_is_bad_enough_for_cannot_fire() {
    let plan = rolling(30, "0.9");
    let most = plan.burn_max();
    assert_eq!(most, f(10, 1));
    let can: Vec<bool> = plan
        .rules
        .iter()
        .map(|rule| rule.can_fire(&rule.rate(30 * 1440), &most))
        .collect();
    assert_eq!(can, [false, true, true, true]);
}

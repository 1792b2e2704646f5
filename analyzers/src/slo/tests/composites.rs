//! The three rules of composites.

use super::*;

fn composite(method: &str, slices: &str, first: &str, second: &str) -> Plan {
    let objectives =
        format!("[{{indicator: ok, {first}{slices}}}, {{indicator: ok, {second}{slices}}}]");
    plan("{duration: 1d, isRolling: true}", method, &objectives, "")
}

fn last(plan: &Plan, first: (u64, u64), second: (u64, u64)) -> Line {
    let both = vec![counts(10, |_| first), counts(10, |_| second)];
    Evaluation::new(plan, both, 1).last().expect("a line")
}

#[test]
fn occurrences_burn_at_the_sum_of_weight_times_burn_rate() {
    let plan = composite(
        "Occurrences",
        "",
        "target: 0.99",
        "target: 0.9, compositeWeight: 0.5",
    );
    // 2 % of 1 % and 5 % of 10 %: 2 + 0.5 × 0.5.
    let line = last(&plan, (98, 100), (950, 1000));
    assert_eq!(line.burn[0], Some(f(9, 4)));
    assert_eq!(line.budget_remaining, Some(f(-5, 4)));
    assert_eq!(line.sli, Some(f(9775, 10_000)));
    assert_eq!(plan.burn_max(), f(105, 1));
    // A part without events burns nothing, and both without are no figure.
    assert_eq!(last(&plan, (0, 0), (950, 1000)).burn[0], Some(f(1, 4)));
    assert_eq!(last(&plan, (0, 0), (0, 0)).burn[0], None);
}

#[test]
fn ratio_timeslices_sum_what_is_missing_up_to_the_whole() {
    let slices = ", timeSliceWindow: 1m";
    let plan = composite("RatioTimeslices", slices, "target: 0.9", "target: 0.9");
    let line = last(&plan, (95, 100), (19, 20));
    assert_eq!(
        (line.sli, line.budget_remaining),
        (Some(f(9, 10)), Some(Fraction::ZERO))
    );
    assert_eq!(last(&plan, (1, 4), (1, 4)).sli, Some(Fraction::ZERO));
    let weighted = composite(
        "RatioTimeslices",
        slices,
        "target: 0.9, compositeWeight: 3",
        "target: 0.8",
    );
    assert_eq!(last(&weighted, (95, 100), (19, 20)).sli, Some(f(8, 10)));
}

#[test]
fn a_slice_that_is_bad_for_one_is_bad_for_all() {
    let slices = ", timeSliceWindow: 1m, timeSliceTarget: 0.9";
    let plan = composite("Timeslices", slices, "target: 0.5", "target: 0.5");
    let bad_from = |begin: i64| {
        counts(10, move |minute| {
            if (begin..begin + 2).contains(&minute) {
                (0, 5)
            } else {
                (5, 5)
            }
        })
    };
    let line = Evaluation::new(&plan, vec![bad_from(1), bad_from(2)], 1)
        .last()
        .expect("a line");
    assert_eq!(line.sli, Some(f(7, 10)));
}

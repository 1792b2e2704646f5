//! One answer from many measures.

use store::model::UnixNano;

use super::*;
use crate::detectors::versions::Measure;

fn measure(measure: Measure, outcome: Outcome, reason: Reason) -> Judged {
    of_measure(&versions::Verdict {
        outcome,
        before: Some(0.01),
        after: Some(0.05),
        relative: Some(4.0),
        interval: Some((2.0, 7.0)),
        detected_at: Some(UnixNano::from_secs(60)),
        need: (outcome == Outcome::Undecided).then_some(Need::Invocations(120)),
        ..versions::Verdict::nothing(measure, reason, 1_000.0, 200.0)
    })
}

fn open() -> Judged {
    measure(Measure::Duration, Outcome::Undecided, Reason::StillOpen)
}

fn good() -> Judged {
    measure(Measure::Memory, Outcome::Unchanged, Reason::IntervalNarrow)
}

fn untold() -> Judged {
    measure(Measure::ColdShare, Outcome::Undecided, Reason::NotTold)
}

#[test]
fn one_measure_that_became_worse_fails_whatever_the_others_say() {
    let bad = measure(
        Measure::Errors,
        Outcome::Regressed,
        Reason::Evident { times: 1e9 },
    );
    let gate = decide(vec![open(), good(), bad, untold()]);
    assert_eq!(gate.verdict, Answer::Fail);
    assert_eq!(
        gate.reasons,
        ["The share of errors: worse by +400 % (95 %: +200 to +700 %), 1.00 % → 5.00 %."]
    );
}

#[test]
fn what_is_open_is_said_with_what_would_decide_it_and_what_nobody_tells_holds_nothing_up() {
    let gate = decide(vec![good(), open(), untold()]);
    assert_eq!(gate.verdict, Answer::Undecided);
    assert_eq!(gate.needs, ["duration: 120 more invocations"]);
    assert_eq!(decide(vec![good(), untold()]).verdict, Answer::Pass);
    assert_eq!(decide(vec![untold()]).verdict, Answer::Undecided);
    assert_eq!(decide(Vec::new()).verdict, Answer::Undecided);
}

#[test]
fn cold_starts_say_how_many_more_are_needed() {
    let after = |n_after: usize| {
        of_cold_starts(
            &regression::Verdict {
                outcome: Outcome::Undecided,
                relative: Some(0.02),
                interval: Some((-0.1, 0.15)),
                p_value: Some(0.4),
                n_before: 100,
                n_after,
                detected_at: None,
                reasons: vec![regression::Reason::StillOpen],
            },
            Some((180.0, 184.0)),
        )
    };
    assert_eq!(after(4).need.as_deref(), Some("6 more cold starts"));
    assert_eq!(after(18).need.as_deref(), Some("12 more cold starts"));
    assert_eq!(after(29).need.as_deref(), Some("1 more cold start"));
    assert!(after(18).sentence.contains("180 ms → 184 ms"));
}

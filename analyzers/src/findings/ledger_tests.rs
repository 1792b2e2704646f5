//! The life of a finding.

use store::model::{Evidence, FeedbackVerdict, Severity};

use super::*;
use crate::detectors::names::FunctionNo;
use crate::detectors::signal;

fn at(minute: i64) -> UnixNano {
    UnixNano::from_secs(minute * 60)
}

fn names() -> (Names, FunctionNo) {
    let mut names = Names::default();
    let number = names
        .function("aws:1:eu-central-1:checkout")
        .expect("sound");
    (names, number)
}

fn slower(function: FunctionNo, version: &str, relative: f64, began: i64) -> Signal {
    Signal {
        key: signal::Key {
            kind: "cold_start_regression",
            subject: Subject::Function(function),
            detail: version.to_owned(),
        },
        version: version.to_owned(),
        began_at: at(began),
        detected_at: at(began + 5),
        severity: Severity::Medium,
        confidence: 0.99,
        p_value: Some(0.001),
        title: "slower".to_owned(),
        sentence: "It is slower.".to_owned(),
        relative: Some(relative),
        interval: Some((relative - 0.1, relative + 0.1)),
        before: Some(180.0),
        after: Some(180.0 * (1.0 + relative)),
        unit: "ms",
        ms_per_month: Some(1e6),
        usd_per_month: Some(12.5),
        evidence: Arc::new(Evidence::default()),
    }
}

#[test]
fn a_finding_opens_once_is_updated_when_it_changes_and_closes_under_one_id() {
    let (names, function) = names();
    let mut ledger = Ledger::default();
    let opened = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.44, 10)],
        &names,
        at(15),
    );
    assert_eq!(opened.len(), 1);
    assert_eq!(
        (opened[0].state, opened[0].micro_usd_per_month),
        (State::Open, Some(12_500_000))
    );
    let same = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.45, 10)],
        &names,
        at(16),
    );
    assert!(same.is_empty(), "a little more is not worth a row");
    let more = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.60, 10)],
        &names,
        at(17),
    );
    assert_eq!(
        (more[0].id == opened[0].id, more[0].relative),
        (true, Some(0.60))
    );
    let other = ledger.apply("costs", Vec::new(), &names, at(18));
    assert!(
        other.is_empty(),
        "another detector's silence closes nothing"
    );
    let closed = ledger.apply("cold_starts", Vec::new(), &names, at(19));
    assert_eq!(closed[0].id, opened[0].id);
    assert_eq!(
        (closed[0].state, closed[0].closed_at),
        (State::Closed, Some(at(19)))
    );
    assert_eq!(ledger.open().count(), 0);
}

#[test]
fn history_shown_again_finds_the_same_finding_even_with_another_begin() {
    let (names, function) = names();
    let mut ledger = Ledger::default();
    let first = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.44, 10)],
        &names,
        at(15),
    );
    ledger.apply("cold_starts", Vec::new(), &names, at(60));
    let again = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.44, 8)],
        &names,
        at(70),
    );
    assert_eq!(again[0].id, first[0].id);
    let later = ledger.apply(
        "cold_starts",
        vec![slower(function, "43", 0.44, 80)],
        &names,
        at(90),
    );
    assert!(
        later
            .iter()
            .any(|f| f.id != first[0].id && f.state == State::Open)
    );
}

#[test]
fn a_restart_goes_on_with_what_the_store_knows() {
    let (names, function) = names();
    let mut ledger = Ledger::default();
    let opened = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.44, 10)],
        &names,
        at(15),
    );
    let mut ledger = Ledger::restore(opened.clone(), Vec::new());
    let closed = ledger.apply("cold_starts", Vec::new(), &names, at(20));
    assert_eq!(closed[0].id, opened[0].id);
}

#[test]
fn what_was_called_expected_is_held_and_told_when_it_grows() {
    let (names, function) = names();
    let feedback = Feedback {
        finding_id: String::new(),
        kind: "cold_start_regression".into(),
        subject: names.of(function).id.clone(),
        verdict: FeedbackVerdict::Expected,
        relative: Some(0.4),
        note: String::new(),
        given_by: String::new(),
        given_at: at(1),
    };
    let mut ledger = Ledger::restore(Vec::new(), vec![feedback]);
    let held = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.44, 10)],
        &names,
        at(15),
    );
    assert_eq!(held[0].state, State::Held);
    assert!(held[0].closed_because.contains("expected"));
    let told = ledger.apply(
        "cold_starts",
        vec![slower(function, "42", 0.80, 10)],
        &names,
        at(16),
    );
    assert_eq!(
        (told[0].state, told[0].id == held[0].id),
        (State::Open, true)
    );
}

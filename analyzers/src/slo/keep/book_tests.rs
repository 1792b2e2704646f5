use super::*;
use crate::slo::Fraction;
use crate::slo::alerts::Reason;
use crate::slo::catalogue::{QueriesOf, check};

const GROUP: &str = "aws:123456789012:eu-central-1:checkout";
const PERIOD: i64 = 30 * 1_440;

fn entry() -> Entry {
    let text = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: shop}\nspec:\n  service: s\n  \
                timeWindow: [{duration: 30d, isRolling: true}]\n  budgetingMethod: Occurrences\n  \
                objectives: [{target: 0.99}]\n  indicator:\n    metadata: {name: i}\n    spec: {ratioMetric: \
                {rawType: success, raw: {metricSource: {type: nephoscope, spec: {indicator: availability}}}}}\n";
    check("shop", text, QueriesOf::Nobody)
        .expect("an SLO")
        .remove(0)
}

/// Which of the four pairs fire, and what is left of the budget in per cent.
fn line(fires: [bool; 4], left: i128) -> Line {
    Line {
        minute: 1_000,
        sli: Some(Fraction::new(98, 100)),
        budget_remaining: Some(Fraction::new(left, 100)),
        burn: std::array::from_fn(|_| Some(Fraction::new(20, 1))),
        alerts: fires
            .map(|fires| (fires, if fires { Reason::Burning } else { Reason::Calm }))
            .to_vec(),
    }
}

fn turn(book: &mut Book, entry: &Entry, line: &Line, minute: i64) -> Vec<Finding> {
    ahead(book, entry, line, minute, None)
}

/// The same, where the budget is spent in so many minutes if it goes on like this.
fn ahead(
    book: &mut Book,
    entry: &Entry,
    line: &Line,
    minute: i64,
    spent: Option<f64>,
) -> Vec<Finding> {
    let outlook = spent.map(|minutes| Outlook {
        minutes,
        low: minutes,
        high: minutes,
        left: 0.1,
        ends: None,
    });
    let stepped = [Stepped {
        entry,
        group: GROUP,
        line,
        period_minutes: PERIOD,
        outlook,
    }];
    book.turn(&stepped, |_| true, UnixNano::from_secs(minute * 60))
}

#[test]
fn a_burning_budget_is_one_finding_from_its_opening_to_its_close() {
    let (entry, mut book) = (entry(), Book::default());
    let calm = line([false; 4], 90);
    assert!(turn(&mut book, &entry, &calm, 0).is_empty());
    let ticket = turn(&mut book, &entry, &line([false, false, false, true], 90), 1);
    assert_eq!((ticket.len(), ticket[0].severity), (1, Severity::Medium));
    assert_eq!(ticket[0].scope, Scope::Function);
    assert_eq!(ticket[0].function_id, GROUP);
    // The page is of the same finding, at once; what changes little is not written anew each minute.
    let page = turn(&mut book, &entry, &line([true, false, false, true], 50), 2);
    assert_eq!(
        (page[0].severity, &page[0].id),
        (Severity::High, &ticket[0].id)
    );
    assert!(
        page[0]
            .sentence
            .starts_with("shop of checkout burns its error budget 20.0 times")
    );
    assert!(
        page[0].sentence.contains("within the last hour"),
        "{}",
        page[0].sentence
    );
    assert!(turn(&mut book, &entry, &line([true; 4], 49), 3).is_empty());
    let spent = turn(&mut book, &entry, &line([true; 4], -1), 4);
    assert_eq!(spent[0].severity, Severity::Critical);
    // A restart knows it by what the store keeps.
    let mut book = Book::restore(&spent);
    let over = turn(&mut book, &entry, &calm, 5);
    assert_eq!((over[0].state, &over[0].id), (State::Closed, &ticket[0].id));
    assert!(turn(&mut book, &entry, &calm, 6).is_empty());
}

#[test]
fn a_budget_that_will_be_spent_is_told_until_it_burns_or_lasts() {
    let (entry, mut book) = (entry(), Book::default());
    let calm = line([false; 4], 10);
    let told = ahead(&mut book, &entry, &calm, 0, Some(2_000.0));
    assert_eq!((told.len(), told[0].kind.as_str()), (1, "slo_forecast"));
    assert!(ahead(&mut book, &entry, &calm, 1, Some(1_999.0)).is_empty());
    // A restart knows it, too; an alert says more, and takes its place.
    let mut book = Book::restore(&told);
    let burns = ahead(&mut book, &entry, &line([true; 4], 9), 2, Some(1_000.0));
    let kinds: Vec<_> = burns
        .iter()
        .map(|one| (one.kind.as_str(), one.state))
        .collect();
    assert_eq!(
        kinds,
        [("slo_burn", State::Open), ("slo_forecast", State::Closed)]
    );
    assert_eq!(burns[1].id, told[0].id);
}

#[test]
fn what_was_not_stepped_stays_open_until_its_slo_is_gone() {
    let (entry, mut book) = (entry(), Book::default());
    assert_eq!(turn(&mut book, &entry, &line([true; 4], 9), 0).len(), 1);
    let now = UnixNano::from_secs(60);
    assert!(book.turn(&[], |_| true, now).is_empty());
    let gone = book.turn(&[], |_| false, now);
    assert!(gone[0].closed_because.contains("no longer there"));
}

#[test]
fn groups_are_spelled_by_what_people_call_them() {
    assert_eq!(spelled(""), "");
    assert_eq!(spelled(GROUP), "checkout");
    assert_eq!(
        spelled(&format!("{GROUP}{PART}sqs{PART}")),
        "checkout, sqs, unknown"
    );
    assert_eq!(function(&format!("sqs{PART}{GROUP}")), Some(GROUP));
}

//! Statements of periods against answers known by hand.

use super::super::Meter;
use super::super::period::Stretch;
use super::super::pieces::Pieces;
use super::super::statement::{state, union};
use super::super::units::{Counts, Events};
use super::{Fraction, f, plan, rolling};

/// Three days of 1,440 minutes with one event each; `bad` are those that fail.
fn counts(bad: &[usize]) -> Counts {
    let minute = |at: usize| Events {
        good: u64::from(!bad.contains(&at)),
        total: 1,
    };
    Counts {
        first: 0,
        minutes: (0..3 * 1_440).map(minute).collect(),
    }
}

const PERIOD: Stretch = Stretch {
    begin: 0,
    end: 4 * 1_440,
};
const DAYS: [i64; 4] = [0, 1_440, 2_880, 4_320];

#[test]
fn a_period_is_stated_exactly_with_its_worst_day_and_what_was_taken_off() {
    let plan = rolling(30, "0.999");
    let meter = Meter::new(&plan, vec![counts(&[5, 1_500, 1_501, 1_502])]);
    let off = Pieces::default();
    let stated = state(&plan, &meter, &off, PERIOD, 3 * 1_440, &DAYS);
    assert_eq!(stated.sli, Some(f(4_316, 4_320)));
    // Four of 4,320 bad at 1/1000: 4/4.32 of the budget.
    assert_eq!(stated.spent, Some(f(400, 432)));
    assert_eq!(stated.remaining(), Some(f(32, 432)));
    assert_eq!((stated.is_met(), stated.is_over()), (Some(true), false));
    let day = stated.worst.expect("a bad day");
    assert_eq!((day.begin, day.events.bad), (1_440, 3));
    assert_eq!(day.spent, f(300, 432));
    let one_more = Meter::new(&plan, vec![counts(&[5, 6, 1_500, 1_501, 1_502])]);
    let stated = state(&plan, &one_more, &off, PERIOD, 3 * 1_440, &DAYS);
    assert_eq!(stated.is_met(), Some(false));
    assert!(stated.remaining().expect("data") < Fraction::ZERO);
}

#[test]
fn no_events_are_no_data_and_no_bad_ones_have_no_worst_day() {
    let plan = rolling(30, "0.99");
    let meter = Meter::new(&plan, vec![counts(&[])]);
    let off = Pieces::default();
    let clean = state(&plan, &meter, &off, PERIOD, PERIOD.end, &DAYS);
    assert_eq!((clean.spent, clean.worst), (Some(Fraction::ZERO), None));
    let later = Stretch {
        begin: 5 * 1_440,
        end: 6 * 1_440,
    };
    let silent = state(&plan, &meter, &off, later, later.end, &[5 * 1_440]);
    assert_eq!((silent.sli.is_none(), silent.is_met()), (true, None));
}

#[test]
fn spans_that_overlap_count_once() {
    let spans = [(0, 10), (5, 12), (20, 30), (25, 26), (-5, 1)];
    assert_eq!(union(spans.into_iter(), (0, 25)), 17);
    assert_eq!(union([].into_iter(), (0, 25)), 0);
}

#[test]
fn what_days_of_a_composite_spend_adds_up_to_what_its_period_spends() {
    let both = "[{target: 0.9, compositeWeight: 2, indicator: ok}, {target: 0.99, indicator: ok}]";
    let plan = plan("{duration: 30d, isRolling: true}", "Occurrences", both, "");
    let all = vec![counts(&[5, 1_500, 1_501, 2_900]), counts(&[7])];
    let meter = Meter::new(&plan, all);
    let whole = Stretch {
        begin: 0,
        end: 3 * 1_440,
    };
    let day = |number: i64| Stretch {
        begin: number * 1_440,
        end: (number + 1) * 1_440,
    };
    let days = (0..3).filter_map(|number| meter.spent(day(number), whole));
    let sum = days.fold(Fraction::ZERO, |sum, spent| sum.plus(&spent));
    assert_eq!(Some(sum), meter.read(whole).map(|reading| reading.burn()));
}

//! Budgets: the examples that OpenSLO publishes, and what averages get wrong.

use super::*;

const FORTNIGHT: i64 = 14 * 1440;

fn last(plan: &Plan, counts: Counts) -> Line {
    lines(plan, counts).pop().expect("a line")
}

#[test]
fn a_fortnight_of_24_000_requests_a_day_at_95_percent_spends_16_800() {
    let plan = rolling(14, "0.95");
    // 24,000 a day are 50 in every third minute.
    let day = |bad: u64| {
        counts(FORTNIGHT, move |minute| match minute % 3 {
            0 => (
                50 - u64::from(u64::try_from(minute / 3).unwrap_or(0) < bad),
                50,
            ),
            _ => (0, 0),
        })
    };
    let spent = |bad: u64| last(&plan, day(bad)).budget_remaining.expect("data");
    assert_eq!(spent(6720), f(16_800 - 6_720, 16_800));
    let bad = |total: u64| {
        counts(FORTNIGHT, move |minute| match minute {
            0 => (0, total),
            _ if minute % 3 == 0 => (50, 50),
            _ => (0, 0),
        })
    };
    // 16,800 of 336,000, however they lie.
    let all = 336_000 - 50;
    let share = |bad: i128| f(bad, i128::from(all) + bad).over(&f(1, 20)).complement();
    assert_eq!(
        last(&plan, bad(16_800)).budget_remaining.expect("data"),
        share(16_800)
    );
    let exact = counts(FORTNIGHT, |minute| match minute {
        0..480 => (15, 50),
        _ if minute % 3 == 0 && minute >= 1440 => (50, 50),
        _ => (0, 0),
    });
    let line = last(&plan, exact);
    assert_eq!(line.sli, Some(f(319_200, 336_000)));
    assert_eq!(line.budget_remaining, Some(Fraction::ZERO));
}

#[test]
fn timeslices_of_a_fortnight_at_95_percent_spend_1008_minutes() {
    let window = "{duration: 2w, isRolling: true}";
    let objective = "[{target: 0.95, timeSliceTarget: 0.9, timeSliceWindow: 1m}]";
    let plan = plan(window, "Timeslices", objective, "");
    // At the slice's target a slice is good, below it is bad, however many events it has.
    let bad = |n: i64| {
        counts(
            FORTNIGHT,
            move |minute| if minute < n { (1, 100_000) } else { (9, 10) },
        )
    };
    assert_eq!(
        last(&plan, bad(1008)).budget_remaining,
        Some(Fraction::ZERO)
    );
    assert_eq!(last(&plan, bad(1009)).budget_remaining, Some(f(-1, 1008)));
    assert_eq!(last(&plan, bad(1009)).sli, Some(f(20160 - 1009, 20160)));
}

#[test]
fn ratio_timeslices_under_attack_last_822_and_six_sevenths_minutes() {
    let window = "{duration: 2w, isRolling: true}";
    let plan = plan(
        window,
        "RatioTimeslices",
        "[{target: 0.95, timeSliceWindow: 1m}]",
        "",
    );
    let attack = |n: i64| {
        let of = move |minute| if minute < n { (10, 1000) } else { (99, 100) };
        last(&plan, counts(FORTNIGHT, of))
            .budget_remaining
            .expect("data")
    };
    // Of 1008 minutes 201.6 go by the base and 0.98 by each minute of attack: 806.4 / 0.98 = 822 6/7.
    assert_eq!(attack(822), f(1, 1200));
    assert_eq!(attack(823), f(-14, 100_800));
    let rate = attack(822).plus(&attack(823).times(&f(-1, 1)));
    assert_eq!(attack(822).over(&rate), f(6, 7));
}

#[test]
fn a_week_at_99_95_percent_has_five_bad_minutes_and_2_4_seconds() {
    let window = "{duration: 1w, isRolling: true}";
    let objective = "[{targetPercent: 99.95, timeSliceTarget: 0.95, timeSliceWindow: 1m}]";
    let plan = plan(window, "Timeslices", objective, "");
    let week = counts(
        7 * 1440,
        |minute| if minute < 5 { (94, 100) } else { (95, 100) },
    );
    assert_eq!(last(&plan, week).budget_remaining, Some(f(4, 504)));
}

#[test]
fn events_count_where_averages_of_averages_mislead() {
    let plan = rolling(30, "0.999");
    let month = counts(30 * 1440, |minute| match minute % 1440 < 720 {
        true => (1000, 1000),
        false if minute % 10 == 0 => (0, 1),
        false => (1, 1),
    });
    let line = last(&plan, month);
    // 72 bad of 720,720 a day; an average of ratios says -4900 %.
    assert_eq!(
        line.budget_remaining,
        Some(f(72, 720_720).over(&f(1, 1000)).complement())
    );
    let percent = line.budget_remaining.expect("data").to_f64() * 100.0;
    assert!((percent - 90.01).abs() < 1e-3, "{percent}");
}

#[test]
fn a_month_of_the_calendar_begins_anew_and_has_its_own_hours() {
    let of = |begin: &str, end: &str, hours: i64| {
        let window =
            "{duration: 1M, calendar: {startTime: 2024-01-01 00:00:00, timeZone: Europe/Berlin}}";
        let plan = plan(window, "Occurrences", "[{target: 0.999}]", "");
        let first = minute(begin);
        let two = counts(hours * 60 + 2, |at| if at == 0 { (0, 1) } else { (1, 1) });
        let lines = lines(
            &plan,
            Counts {
                first: first - 1,
                ..two
            },
        );
        // The minute before the month is another month's.
        assert_eq!(lines[0].sli, Some(Fraction::ZERO));
        assert_eq!(lines[1].sli, Some(Fraction::ONE));
        let whole = &lines[usize::try_from(hours * 60).expect("small")];
        assert_eq!(whole.minute, minute(end) - 1);
        let Period::Calendar { .. } = plan.period else {
            panic!("a calendar");
        };
        assert_eq!(plan.period.around(whole.minute).minutes(), hours * 60);
        plan.rules[0].rate(hours * 60)
    };
    let march = of("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", 743);
    let october = of("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", 745);
    assert_eq!((march, october), (f(1486, 100), f(149, 10)));
}

#[test]
fn nothing_is_no_figure_and_a_window_before_the_first_minute_uses_what_there_is() {
    let plan = rolling(30, "0.999");
    let lines = lines(
        &plan,
        counts(20, |minute| {
            if minute < 2 || minute == 12 {
                (9, 10)
            } else {
                (0, 0)
            }
        }),
    );
    assert_eq!(lines[0].burn[6], Some(f(100, 1)));
    assert_eq!(lines[5].burn[0], Some(f(100, 1)));
    assert_eq!(lines[6].burn[0], None);
    assert_eq!(lines[6].sli, Some(f(9, 10)));
    assert_eq!(lines[12].burn[0], Some(f(100, 1)));
    let empty = super::lines(&plan, counts(3, |_| (0, 0)));
    assert!(
        empty
            .iter()
            .all(|line| line.sli.is_none() && line.budget_remaining.is_none())
    );
    assert!(
        empty
            .iter()
            .all(|line| line.burn.iter().all(Option::is_none))
    );
}

#[test]
fn corrected_minutes_neither_burn_nor_earn() {
    let rest = |start: &str| {
        format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: a\n  annotations:\n    \
             nephoscope.dev/corrections: |\n      - {{category: Deployment, start: {start}, duration: 10m, \
             rrule: FREQ=DAILY;COUNT=2}}\n"
        )
    };
    let body = "spec:\n  service: shop\n  indicatorRef: ok\n  timeWindow: [{duration: 7d, isRolling: true}]\n  \
                budgetingMethod: Occurrences\n  objectives: [{target: 0.9}]\n";
    let plan = of(&format!("{}{body}", rest("1970-01-01 01:00:00")));
    // An outage of 20 minutes a day, of which 10 are corrected; on the third day all count.
    let three = counts(3 * 1440, |minute| match minute % 1440 {
        50..70 => (0, 10),
        _ => (10, 10),
    });
    let lines = lines(&plan, three);
    assert_eq!(lines[69].sli, Some(f(50, 60)));
    let end = &lines[3 * 1440 - 1];
    assert_eq!(
        end.sli,
        Some(f(3 * 1440 - 20 - 10 - 10 - 20, 3 * 1440 - 20))
    );
    assert_eq!(lines[66].burn[0], None);
}

#[test]
fn slices_count_when_they_are_over_and_the_last_of_a_period_may_be_short() {
    let window = "{duration: 25m, calendar: {startTime: 1970-01-01 00:00:00, timeZone: UTC}}";
    let objective = "[{target: 0.5, timeSliceTarget: 1, timeSliceWindow: 10m}]";
    let plan = plan(window, "Timeslices", objective, "");
    let lines = lines(
        &plan,
        counts(60, |minute| {
            if minute == 3 || minute == 24 {
                (0, 1)
            } else {
                (1, 1)
            }
        }),
    );
    let sli = |minute: usize| lines[minute].sli.clone();
    assert_eq!(sli(8), None);
    assert_eq!(sli(9), Some(Fraction::ZERO));
    assert_eq!(sli(19), Some(f(1, 2)));
    assert_eq!(sli(24), Some(f(1, 3)));
    assert_eq!(sli(25), None);
    assert_eq!(sli(34), Some(Fraction::ONE));
}

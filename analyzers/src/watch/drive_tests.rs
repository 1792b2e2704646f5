//! What detectors are shown, and when.

use std::sync::{Arc, Mutex};

use store::model::{Evidence, Severity};

use super::*;
use crate::detectors::news::Minute;
use crate::detectors::signal::{Key, Subject};
use crate::detectors::{BadState, Signal};

/// Day 20,000, 00:00.
const MIDNIGHT_S: u32 = 20_000 * 86_400;

type Looks = Arc<Mutex<Vec<(Step, u32, Option<u32>, usize)>>>;

/// Says that a function fails as long as it has failed in the last bucket that showed it.
struct Failing {
    looks: Looks,
    failing: BTreeMap<FunctionNo, UnixNano>,
}

impl Detector for Failing {
    fn name(&self) -> &'static str {
        "cold_starts"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        let look = (news.step, news.until_s, news.hour_s, news.minutes.len());
        self.looks.lock().expect("sound").push(look);
        for minute in news.minutes {
            match minute.errors {
                0 => drop(self.failing.remove(&minute.function)),
                _ => drop(self.failing.entry(minute.function).or_insert(news.now)),
            }
        }
        let signal = |(function, began_at): (&FunctionNo, &UnixNano)| Signal {
            key: Key {
                kind: "cold_start_regression",
                subject: Subject::Function(*function),
                detail: String::new(),
            },
            version: String::new(),
            began_at: *began_at,
            detected_at: *began_at,
            severity: Severity::High,
            confidence: 1.0,
            p_value: None,
            title: String::new(),
            sentence: String::new(),
            relative: None,
            interval: None,
            before: None,
            after: None,
            unit: "",
            ms_per_month: None,
            usd_per_month: None,
            evidence: Arc::new(Evidence::default()),
        };
        self.failing.iter().map(signal).collect()
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.failing
            .retain(|function, _| !functions.contains(function));
    }

    fn save(&self, _: &Names) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn load(&mut self, _: &[Vec<u8>], _: &mut Names) -> Result<(), BadState> {
        Ok(())
    }
}

fn drive() -> (Drive, Looks, [FunctionNo; 2]) {
    let looks = Looks::default();
    let failing = Failing {
        looks: Arc::clone(&looks),
        failing: BTreeMap::new(),
    };
    let mut drive = Drive::new(vec![Box::new(failing)], Ledger::default());
    let functions = ["aws:1:eu:a", "aws:1:eu:b"].map(|id| drive.names.function(id).expect("sound"));
    (drive, looks, functions)
}

fn minute(drive: &mut Drive, function: FunctionNo, minute_s: u32, errors: u32) -> Minute {
    Minute {
        function,
        version: drive.names.version("1"),
        minute_s,
        invocations: 10,
        errors,
        timeouts: 0,
        out_of_memory: 0,
        throttles: 0,
        cold_starts: 0,
        cold_start_known: 10,
        duration_count: 10,
        duration_ms_sum: 100.0,
        duration_ms_p50: 10.0,
        duration_ms_p95: 10.0,
        duration_ms_max: 10.0,
        memory_size_mb: 128,
        memory_used_mb_max: 64,
        usd: 0.0,
        usd_requests: 0.0,
    }
}

#[test]
fn every_minute_is_shown_once_and_an_hour_closes_ten_minutes_after_its_end() {
    let (mut drive, looks, [a, _]) = drive();
    drive.begin_at(MIDNIGHT_S, MIDNIGHT_S - 3_600);
    let mut rows = Rows::default();
    rows.minutes
        .push(minute(&mut drive, a, MIDNIGHT_S + 540, 0));
    drive.show_minutes(&mut rows, MIDNIGHT_S + 540);
    drive.show_minutes(&mut rows, MIDNIGHT_S + 660);
    let looks = looks.lock().expect("sound").clone();
    assert_eq!(looks.len(), 11);
    let closing: Vec<_> = looks
        .iter()
        .filter(|(_, _, hour, _)| hour.is_some())
        .collect();
    assert_eq!(
        closing,
        [&(Step::Minute, MIDNIGHT_S + 600, Some(MIDNIGHT_S - 3_600), 1)]
    );
    assert_eq!(drive.hours_until_s(), MIDNIGHT_S);
}

#[test]
fn history_shown_again_keeps_what_holds_and_takes_back_what_late_data_corrected() {
    let (mut drive, _, [a, b]) = drive();
    drive.begin_at(MIDNIGHT_S, MIDNIGHT_S);
    let mut rows = Rows {
        minutes: vec![
            minute(&mut drive, a, MIDNIGHT_S, 5),
            minute(&mut drive, b, MIDNIGHT_S, 5),
        ],
        ..Rows::default()
    };
    let opened = drive.show_minutes(&mut rows, MIDNIGHT_S + 120);
    assert_eq!(opened.len(), 2);

    // Late facts say that `b` did not fail after all, and that `a` did.
    rows.minutes = vec![
        minute(&mut drive, a, MIDNIGHT_S, 6),
        minute(&mut drive, b, MIDNIGHT_S, 0),
    ];
    let mut again = drive.again(Some([a, b].into()), Vec::new(), MIDNIGHT_S);
    drive.again_minutes(&mut again, &mut rows, MIDNIGHT_S + 120);
    let changed = drive.again_is_over(
        again,
        UnixNano(0),
        UnixNano::from_secs((MIDNIGHT_S + 300).into()),
    );
    let of = |function: FunctionNo| {
        opened
            .iter()
            .find(|f| f.function_id == drive.names.of(function).id)
    };
    let open: Vec<&str> = drive.open().map(|f| f.id.as_str()).collect();
    assert_eq!(open, [of(a).expect("opened").id.as_str()], "the same id");
    let back = changed
        .iter()
        .find(|f| f.id == of(b).expect("opened").id)
        .expect("taken back");
    assert_eq!(
        (back.state, back.closed_because.contains("late")),
        (State::Closed, true)
    );
    assert_eq!(
        drive.minutes_until_s(),
        MIDNIGHT_S + 120,
        "the others go on where they were"
    );
}

#[test]
fn what_an_earlier_showing_found_in_the_holes_of_a_history_is_retracted() {
    let (mut drive, _, [a, b]) = drive();
    let now = UnixNano::from_secs((MIDNIGHT_S + 300).into());
    let mut show = |first: u32, second: u32, past: Vec<Finding>| {
        let mut rows = Rows {
            minutes: vec![
                minute(&mut drive, a, MIDNIGHT_S, first),
                minute(&mut drive, b, MIDNIGHT_S, second),
                minute(&mut drive, a, MIDNIGHT_S + 60, 0),
                minute(&mut drive, b, MIDNIGHT_S + 60, 0),
            ],
            ..Rows::default()
        };
        let mut again = drive.again(Some([a].into()), past, MIDNIGHT_S);
        drive.again_minutes(&mut again, &mut rows, MIDNIGHT_S + 120);
        drive.again_is_over(again, UnixNano(0), now)
    };
    let found = show(5, 5, Vec::new());
    assert!(found.iter().any(|f| f.state == State::Closed), "{found:?}");
    let back = show(0, 0, found.clone());
    let state = |id: &str| back.iter().find(|f| f.id == id).map(|f| f.state);
    for finding in &found {
        let expected = (finding.function_id == "aws:1:eu:a").then_some(State::Retracted);
        assert_eq!(state(&finding.id), expected, "{finding:?}");
    }
}

#[test]
fn history_shown_again_shows_each_hour_once_whether_with_its_minutes_or_without() {
    let (mut drive, looks, [a, _]) = drive();
    drive.begin_at(MIDNIGHT_S + 7_800, MIDNIGHT_S + 7_200);
    for functions in [Some([a].into()), None] {
        looks.lock().expect("sound").clear();
        let mut again = drive.again(functions, Vec::new(), MIDNIGHT_S);
        drive.again_hours(&mut again, &mut Rows::default(), MIDNIGHT_S + 3_600);
        drive.again_minutes(&mut again, &mut Rows::default(), MIDNIGHT_S + 7_800);
        drive.again_is_over(
            again,
            UnixNano(0),
            UnixNano::from_secs((MIDNIGHT_S + 7_900).into()),
        );
        let looks = looks.lock().expect("sound");
        let hours: Vec<u32> = looks
            .iter()
            .filter_map(|(_, _, hour_s, _)| *hour_s)
            .collect();
        assert_eq!(hours, [MIDNIGHT_S, MIDNIGHT_S + 3_600]);
        assert_eq!(drive.hours_until_s(), MIDNIGHT_S + 7_200);
    }
}

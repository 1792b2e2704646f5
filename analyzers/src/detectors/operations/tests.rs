//! What operational detectors say, in sentences.

mod any_rows;

use std::collections::HashSet;

use store::model::{Severity, UnixNano};

use super::*;
use crate::detectors::names::FunctionNo;
use crate::detectors::news::{Deployed, Gauge, Hour, Measure, Minute, Step};
use crate::detectors::signal::Subject;
use crate::detectors::{Names, News, Signal};

/// A Monday.
const BEGIN_S: u32 = 20_003 * 86_400;

struct Scene {
    names: Names,
    function: FunctionNo,
    detectors: Vec<Box<dyn Detector>>,
    now_s: u32,
    hour: Option<Hour>,
    gauges: Vec<Gauge>,
    deploys: Vec<Deployed>,
}

impl Scene {
    fn new() -> Self {
        let mut names = Names::default();
        let function = names
            .function("aws:1:eu-central-1:checkout")
            .expect("sound");
        names.of_mut(function).memory_size_mb = Some(512);
        Self {
            names,
            function,
            detectors: all(&Thresholds::default()),
            now_s: BEGIN_S,
            hour: None,
            gauges: Vec::new(),
            deploys: Vec::new(),
        }
    }

    fn row(&mut self) -> Minute {
        Minute {
            function: self.function,
            version: self.names.version("41"),
            minute_s: self.now_s,
            invocations: 20,
            errors: 0,
            timeouts: 0,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: 0,
            cold_start_known: 20,
            duration_count: 20,
            duration_ms_sum: 20.0 * 110.0,
            duration_ms_p50: 100.0,
            duration_ms_p95: 180.0,
            duration_ms_max: 250.0,
            usd: 0.0,
            usd_requests: 0.0,
            memory_size_mb: 512,
            memory_used_mb_max: 200,
        }
    }

    /// Shows a minute, and an hour with its last one.
    fn minute(&mut self, row: Option<Minute>) -> Vec<Signal> {
        if let Some(row) = &row {
            let hour = self.hour.get_or_insert_with(|| hour_of(row));
            hour.invocations += row.invocations;
            hour.errors += row.errors;
            hour.timeouts += row.timeouts;
            hour.out_of_memory += row.out_of_memory;
            hour.throttles += row.throttles;
            hour.cold_starts += row.cold_starts;
            hour.duration_ms += row.duration_ms_sum;
            hour.memory_used_mb_max = hour.memory_used_mb_max.max(row.memory_used_mb_max);
        }
        self.now_s += 60;
        let hour_s = self.now_s.is_multiple_of(3600).then_some(self.now_s - 3600);
        let hours: Vec<Hour> = match hour_s {
            Some(_) => self.hour.take().into_iter().collect(),
            None => Vec::new(),
        };
        let minutes: Vec<Minute> = row.into_iter().collect();
        let (gauges, deploys) = (
            std::mem::take(&mut self.gauges),
            std::mem::take(&mut self.deploys),
        );
        let news = News {
            now: UnixNano::from_secs((self.now_s + 90).into()),
            step: Step::Minute,
            until_s: self.now_s,
            minutes: &minutes,
            hour_s,
            hours: &hours,
            cold_starts: &[],
            deploys: &deploys,
            gauges: &gauges,
            verdicts: &[],
            disk: None,
            only: None,
            names: &self.names,
        };
        self.detectors
            .iter_mut()
            .flat_map(|d| d.look(&news))
            .collect()
    }

    /// Shows minutes; gives the first in which something of `kind` is said, with what.
    fn until(
        &mut self,
        kind: &str,
        minutes: u32,
        change: impl Fn(u32, &mut Minute),
    ) -> Option<(u32, Signal)> {
        for i in 1..=minutes {
            let mut row = self.row();
            change(i, &mut row);
            let row = (row.invocations + row.throttles > 0).then_some(row);
            let said = self.minute(row);
            if let Some(found) = said.into_iter().find(|s| s.key.kind == kind) {
                return Some((i, found));
            }
        }
        None
    }

    /// Quiet days, in which nothing of medium severity may be said.
    fn days(&mut self, days: u32, change: impl Fn(u32, &mut Minute)) {
        for i in 0..days * 1440 {
            let mut row = self.row();
            change(i, &mut row);
            let row = (row.invocations > 0).then_some(row);
            let said = self.minute(row);
            let loud = said.iter().find(|s| s.severity >= Severity::Medium);
            assert!(
                i < 1500 || loud.is_none(),
                "minute {i}: {}",
                loud.map_or("", |s| &s.sentence)
            );
        }
    }
}

fn hour_of(row: &Minute) -> Hour {
    Hour {
        function: row.function,
        version: row.version,
        trigger: row.version,
        hour_s: row.minute_s / 3600 * 3600,
        invocations: 0,
        errors: 0,
        timeouts: 0,
        out_of_memory: 0,
        throttles: 0,
        cold_starts: 0,
        duration_ms: 0.0,
        init_ms: 0.0,
        billed_ms: 0.0,
        billed_init_ms: 0.0,
        billed_mb_ms: 0.0,
        usd: 0.0,
        usd_requests: 0.0,
        memory_mb: row.memory_size_mb,
        memory_used_mb_max: 0,
        duration_ms_max: 0,
    }
}

#[test]
fn what_was_usual_is_what_was_usual_before_however_long_it_fails() {
    let mut scene = Scene::new();
    scene.days(2, |i, row| row.errors = u32::from(i % 10 == 0));
    let failing = |_: u32, row: &mut Minute| row.errors = 6;
    let (_, first) = scene.until("error_rate", 10, failing).expect("told");
    scene.until("nothing", 12 * 60, failing);
    let (_, later) = scene.until("error_rate", 1, failing).expect("told");
    assert_eq!(later.before, first.before);
    assert!(
        later.sentence.contains("usually 0.5 % do"),
        "{}",
        later.sentence
    );
}

#[test]
fn a_burst_of_failures_is_told_within_three_minutes_with_the_version_that_came_before_and_closes_after()
 {
    let mut scene = Scene::new();
    scene.days(2, |_, _| {});
    let version = scene.names.version("42");
    scene.deploys.push(Deployed {
        function: scene.function,
        version,
        at: UnixNano::from_secs(scene.now_s.into()),
        is_baseline: false,
    });
    let failing = |_: u32, row: &mut Minute| row.errors = 10;
    let (after, signal) = scene.until("error_rate", 10, failing).expect("told");
    assert!(after <= 3, "after {after} minutes");
    assert_eq!(signal.version, "42");
    scene.until("nothing", 5, failing);
    let (_, signal) = scene.until("error_rate", 1, failing).expect("told");
    assert_eq!(signal.severity, Severity::High);
    assert!(
        signal.sentence.contains("checkout") && signal.sentence.contains("version 42"),
        "{}",
        signal.sentence
    );
    scene.until("nothing", 90, |_, _| {});
    assert_eq!(scene.until("error_rate", 1, |_, _| {}), None, "it is over");
}

#[test]
fn a_function_that_always_fails_a_little_is_told_only_when_it_departs_from_that() {
    let mut scene = Scene::new();
    // 3 in 100, evenly.
    scene.days(4, |i, row| row.errors = u32::from(i % 5 < 3));
    assert_eq!(
        scene.until("error_rate", 600, |i, row| row.errors =
            u32::from(i % 5 < 3)),
        None
    );
    let (after, signal) = scene
        .until("error_rate", 60, |_, row| row.errors = 3)
        .expect("told");
    assert!(after < 30, "after {after} minutes");
    assert!(
        signal
            .before
            .is_some_and(|before| (0.025..0.035).contains(&before))
    );
}

#[test]
fn one_timeout_is_worth_a_look_and_a_function_of_which_all_end_there_is_stuck() {
    let mut scene = Scene::new();
    scene.days(2, |_, _| {});
    let limit = |row: &mut Minute, n: u32| {
        (row.errors, row.timeouts, row.duration_ms_max) = (n, n, 30_000.0);
    };
    let (_, one) = scene
        .until("timeouts", 1, |_, row| limit(row, 1))
        .expect("told");
    assert_eq!(one.severity, Severity::Low);
    scene.until("nothing", 30, |_, _| {});
    let (after, stuck) = scene
        .until("stuck", 60, |_, row| limit(row, 20))
        .expect("told");
    assert!(after <= 10, "after {after} minutes");
    assert_eq!(stuck.severity, Severity::High);
    assert!(
        stuck.sentence.contains("its limit of 30 s"),
        "the limit was learnt: {}",
        stuck.sentence
    );
    assert_eq!(
        scene.until("error_rate", 1, |_, row| limit(row, 20)),
        None,
        "one cause, one finding"
    );
}

#[test]
fn durations_near_the_configured_limit_are_told_before_invocations_end_there() {
    let mut scene = Scene::new();
    scene.names.of_mut(scene.function).timeout_ms = Some(3_000);
    assert_eq!(
        scene.until("near_timeout", 5, |_, row| row.duration_ms_max = 2_800.0),
        None
    );
    let (_, near) = scene
        .until("near_timeout", 1, |_, row| row.duration_ms_max = 2_900.0)
        .expect("told");
    assert_eq!((near.severity, near.after), (Severity::Low, Some(2_900.0)));
}

#[test]
fn memory_that_runs_out_is_told_at_once_and_memory_that_nearly_does_before() {
    let mut scene = Scene::new();
    let (_, near) = scene
        .until("memory_near_limit", 1, |_, row| {
            row.memory_used_mb_max = 500;
        })
        .expect("told");
    assert!(
        near.sentence.contains("500 MiB of 512 MiB"),
        "{}",
        near.sentence
    );
    let (_, out) = scene
        .until("out_of_memory", 1, |_, row| {
            (row.errors, row.out_of_memory) = (1, 1);
        })
        .expect("told");
    assert_eq!((out.severity, out.p_value), (Severity::Medium, None));
    assert_eq!(
        scene.until("memory_near_limit", 1, |_, _| {}),
        None,
        "one cause, one finding"
    );
}

#[test]
fn a_leak_says_when_memory_will_be_used_up() {
    let mut scene = Scene::new();
    scene.days(3, |_, _| {});
    let leak = |i: u32, row: &mut Minute| row.memory_used_mb_max = 200 + 9 * i / 60;
    let (after, growth) = scene.until("memory_growth", 2_000, leak).expect("told");
    assert!(after < 14 * 60, "after {after} minutes");
    assert!(
        growth.sentence.contains("used up in"),
        "{}",
        growth.sentence
    );
}

#[test]
fn throttles_that_last_are_told_and_a_metric_tells_of_them_too() {
    let mut scene = Scene::new();
    let (after, signal) = scene
        .until("throttles", 10, |_, row| row.throttles = 5)
        .expect("told");
    assert!(
        after <= 4 && signal.severity >= Severity::Medium,
        "after {after} minutes"
    );
    let mut scene = Scene::new();
    let resource = scene.names.version("");
    for _ in 0..4 {
        let row = scene.row();
        scene.gauges.push(Gauge {
            measure: Measure::Throttled,
            resource,
            function: Some(scene.function),
            value: 5.0,
            minute_s: scene.now_s,
        });
        scene.minute(Some(row));
    }
    assert!(scene.until("throttles", 1, |_, _| {}).is_some());
}

#[test]
fn many_cold_starts_inform_and_a_deploy_explains_them() {
    let cold = |_: u32, row: &mut Minute| row.cold_starts = 4;
    let mut scene = Scene::new();
    scene.days(3, |i, row| row.cold_starts = u32::from(i % 20 == 0));
    let (_, signal) = scene.until("cold_start_share", 20, cold).expect("told");
    assert_eq!(signal.severity, Severity::Info);
    let mut scene = Scene::new();
    scene.days(3, |i, row| row.cold_starts = u32::from(i % 20 == 0));
    let version = scene.names.version("42");
    let at = UnixNano::from_secs(scene.now_s.into());
    scene.deploys.push(Deployed {
        function: scene.function,
        version,
        at,
        is_baseline: false,
    });
    assert_eq!(scene.until("cold_start_share", 15, cold), None);
}

#[test]
fn twice_as_slow_for_a_quarter_of_an_hour_is_told_and_one_slow_minute_is_not() {
    let wave = |i: u32| 100.0 * (1.0 + 0.1 * (i % 7) as f32 / 7.0);
    let mut scene = Scene::new();
    scene.days(3, |i, row| {
        row.duration_ms_p50 = if i % 1_000 == 999 { 1_000.0 } else { wave(i) };
    });
    let slow = |i: u32, row: &mut Minute| row.duration_ms_p50 = 2.0 * wave(i);
    let (after, signal) = scene.until("slow", 60, slow).expect("told");
    assert!((10..=25).contains(&after), "after {after} minutes");
    assert!(
        signal.relative.is_some_and(|r| (0.8..1.2).contains(&r)),
        "{:?}",
        signal.relative
    );
    assert!(signal.ms_per_month.is_none_or(|ms| ms > 0.0));
    scene.until("nothing", 30, |_, _| {});
    assert_eq!(scene.until("slow", 1, |_, _| {}), None, "it is over");
}

#[test]
fn a_function_that_stops_is_told_and_its_return_ends_that() {
    let mut scene = Scene::new();
    scene.days(9, |_, _| {});
    let (after, signal) = scene
        .until("silent", 60, |_, row| row.invocations = 0)
        .expect("told");
    assert!((5..=8).contains(&after), "after {after} minutes");
    assert!(
        signal.sentence.contains("not invoked since"),
        "{}",
        signal.sentence
    );
    assert_eq!(scene.until("silent", 1, |_, _| {}), None);
}

#[test]
fn nights_and_weekends_without_traffic_are_no_silence() {
    let mut scene = Scene::new();
    scene.days(28, |i, row| {
        let (day, hour) = (i / 1440 % 7, i % 1440 / 60);
        if day >= 5 || !(8..18).contains(&hour) {
            row.invocations = 0;
        }
    });
}

#[test]
fn what_fails_and_comes_again_is_told_as_retries() {
    let mut scene = Scene::new();
    scene.days(9, |_, _| {});
    let storm = |_: u32, row: &mut Minute| (row.invocations, row.errors) = (70, 55);
    let (after, signal) = scene.until("retry_growth", 30, storm).expect("told");
    assert!(after <= 15, "after {after} minutes");
    assert!(signal.relative.is_some_and(|r| r > 0.9));
}

#[test]
fn when_most_functions_fall_silent_at_once_it_is_told_once() {
    let mut scene = Scene::new();
    let functions: Vec<FunctionNo> = (0..6)
        .map(|i| {
            scene
                .names
                .function(&format!("aws:1:eu:f{i}"))
                .expect("room")
        })
        .collect();
    let mut traffic = traffic::Traffic::new(&Thresholds::default());
    let mut last = Vec::new();
    for minute in 0..9 * 1440 + 30_u32 {
        let until_s = BEGIN_S + 60 * (minute + 1);
        let comes = minute < 9 * 1440;
        let row = scene.row();
        let minutes: Vec<Minute> = functions
            .iter()
            .filter(|_| comes)
            .map(|f| Minute {
                function: *f,
                ..row
            })
            .collect();
        let hour_s = until_s.is_multiple_of(3600).then_some(until_s - 3600);
        let hours: Vec<Hour> = functions
            .iter()
            .filter(|_| hour_s.is_some() && comes)
            .map(|f| Hour {
                function: *f,
                invocations: 1_200,
                hour_s: hour_s.unwrap_or(0),
                ..hour_of(&row)
            })
            .collect();
        last = traffic.look(&News {
            now: UnixNano::from_secs(until_s.into()),
            step: Step::Minute,
            until_s,
            minutes: &minutes,
            hour_s,
            hours: &hours,
            cold_starts: &[],
            deploys: &[],
            gauges: &[],
            verdicts: &[],
            disk: None,
            only: None,
            names: &scene.names,
        });
    }
    assert_eq!(last.len(), 1, "{last:?}");
    assert!(matches!(last[0].key.subject, Subject::Wide(..)));
}

#[test]
fn a_stream_read_too_late_a_queue_that_ages_and_dead_letters_are_told_by_name() {
    let mut scene = Scene::new();
    let (none, orders, dead) = (
        scene.names.version(""),
        scene.names.version("orders"),
        scene.names.version("orders-dlq"),
    );
    let mut said = Vec::new();
    for i in 0..30_u32 {
        let gauge = |measure, resource, function, value| Gauge {
            measure,
            resource,
            function,
            value,
            minute_s: BEGIN_S + 60 * i,
        };
        scene.gauges = vec![
            gauge(Measure::IteratorAge, none, Some(scene.function), 8_000.0),
            gauge(Measure::OldestAge, orders, None, 60.0 * f64::from(i)),
            gauge(Measure::Waiting, orders, None, 500.0 + 100.0 * f64::from(i)),
            gauge(
                Measure::DeadWaiting,
                dead,
                None,
                if i < 20 { 3.0 } else { 5.0 },
            ),
        ];
        said = scene.minute(None);
        let dead_told = said.iter().any(|s| s.key.kind == "dead_letters");
        assert_eq!(dead_told, i >= 20, "what lay there before is no news");
    }
    let mut kinds: Vec<&str> = said.iter().map(|s| s.key.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["dead_letters", "iterator_age", "queue_lag"]);
    let lag = said
        .iter()
        .find(|s| s.key.kind == "queue_lag")
        .expect("told");
    assert!(
        lag.title.contains("orders") && lag.unit == "s",
        "{}",
        lag.title
    );
}

#[test]
fn every_kind_is_registered_under_the_detector_that_says_it_and_states_survive_a_restart() {
    let mut scene = Scene::new();
    scene.days(8, |_, _| {});
    let row = |i: u32, row: &mut Minute| {
        (row.errors, row.timeouts, row.out_of_memory, row.throttles) = (18, 6, 3, 4);
        row.memory_used_mb_max = 500;
        row.duration_ms_p50 = 900.0;
        row.invocations = if i > 60 { 0 } else { 90 };
        if i > 60 {
            (row.errors, row.throttles) = (0, 0);
        }
    };
    scene.until("nothing", 90, row);
    let mut restarted = all(&Thresholds::default());
    for (old, new) in scene.detectors.iter().zip(&mut restarted) {
        new.load(&old.save(&scene.names), &mut scene.names)
            .expect("sound");
    }
    let before = scene.minute(None);
    for signal in &before {
        let kind = crate::findings::kinds::find(signal.key.kind).expect("registered");
        assert!(
            scene.detectors.iter().any(|d| d.name() == kind.detector),
            "{}",
            kind.name
        );
    }
    scene.now_s -= 60;
    scene.detectors = restarted;
    let mut after = scene.minute(None);
    let mut before = before;
    before.sort_by(|a, b| a.key.cmp(&b.key));
    after.sort_by(|a, b| a.key.cmp(&b.key));
    assert!(before.len() >= 3, "{before:?}");
    assert_eq!(before, after);
    for detector in &mut scene.detectors {
        detector.forget(&HashSet::from([scene.function]));
    }
    assert!(scene.minute(None).is_empty());
}

#[test]
fn a_state_takes_at_most_sixteen_hundred_bytes() {
    let mut scene = Scene::new();
    scene.days(15, |i, row| row.errors = u32::from(i % 900 == 0));
    let bytes: usize = scene
        .detectors
        .iter()
        .flat_map(|d| d.save(&scene.names))
        .map(|p| p.len())
        .sum();
    assert!(bytes <= 1_600, "{bytes} bytes");
}

//! The detector through the looks at a made-up function's versions.

use std::collections::HashSet;

use store::model::{Severity, UnixNano};

use super::look::Look;
use super::tests::{BEGIN_S, DAY_S, deployed};
use super::{Cell, Outcome, Versions};
use crate::detectors::names::{FunctionNo, Names};
use crate::detectors::news::{Deployed, Hour, News, Step};
use crate::detectors::{Detector, Signal};

struct Scene {
    names: Names,
    detector: Versions,
    function: FunctionNo,
}

impl Scene {
    fn new() -> Self {
        let mut names = Names::default();
        let function = names
            .function("aws:1:eu-central-1:checkout")
            .expect("an id");
        names.of_mut(function).memory_size_mb = Some(128);
        Self {
            names,
            detector: Versions::default(),
            function,
        }
    }

    /// A look at a version of which the cells of version 1 tell.
    fn look_at(&mut self, version: &str, began_s: i64, cells: &[Cell]) -> Look {
        let whose = (self.function, self.names.version(version));
        Look::of(whose, UnixNano::from_secs(began_s), cells, 1)
    }

    fn deployed(&mut self, version: &str, at_s: i64) -> Deployed {
        Deployed {
            function: self.function,
            version: self.names.version(version),
            at: UnixNano::from_secs(at_s),
            is_baseline: false,
        }
    }

    /// Shows the minute that ends then.
    fn minute(&mut self, until_s: i64, looks: &[Look], deploys: &[Deployed]) -> Vec<Signal> {
        self.show(until_s, looks, deploys, &[])
    }

    fn show(
        &mut self,
        until_s: i64,
        verdicts: &[Look],
        deploys: &[Deployed],
        hours: &[Hour],
    ) -> Vec<Signal> {
        let news = News {
            now: UnixNano::from_secs(until_s + 90),
            step: Step::Minute,
            until_s: u32::try_from(until_s).expect("in range"),
            minutes: &[],
            hour_s: None,
            hours,
            cold_starts: &[],
            deploys,
            gauges: &[],
            verdicts,
            disk: None,
            only: None,
            names: &self.names,
        };
        self.detector.look(&news)
    }
}

fn kinds(signals: &[Signal]) -> Vec<&'static str> {
    signals.iter().map(|s| s.key.kind).collect()
}

const NOW_S: i64 = BEGIN_S + 6 * 3_600;

#[test]
fn a_slower_version_is_one_finding_with_its_cost_until_a_newer_one_mends_it() {
    let mut scene = Scene::new();
    let hour = Hour {
        function: scene.function,
        billed_ms: 1e6,
        usd: 12.0,
        usd_requests: 2.0,
        ..Hour::default()
    };
    assert_eq!(scene.show(BEGIN_S, &[], &[], &[hour]), []);
    let look = scene.look_at("43", BEGIN_S, &deployed(6, 140.0, 0.01));
    let told = scene.minute(NOW_S, &[look], &[]);
    // The median and the 95th percentile both rose.
    assert_eq!(kinds(&told), ["duration_regression"], "{told:?}");
    let one = &told[0];
    assert_eq!((one.version.as_str(), one.unit), ("43", "ms"));
    assert_eq!(one.key.detail, "43");
    assert!(
        one.sentence.contains("(median) instead of") && one.sentence.contains("since version 43")
    );
    let relative = one.relative.expect("a size");
    assert!((0.3..0.5).contains(&relative), "{one:?}");
    let (ms, usd) = (one.ms_per_month, one.usd_per_month);
    let (ms, usd) = (ms.expect("known"), usd.expect("known"));
    assert!((usd - ms * 1e-5).abs() < 1e-6 * usd, "{usd} of {ms}");
    // Some 300 invocations an hour lose some 40 ms each.
    assert!((5e6..2e7).contains(&ms), "{ms}");
    assert_eq!(one.severity, Severity::Medium);
    let band = &one.evidence.band;
    assert!(band.len() > 70 && band.last().is_some_and(|p| p.expected == one.before));

    let same = scene.deployed("43", BEGIN_S);
    let old = scene.deployed("42", BEGIN_S - DAY_S);
    let again = scene.minute(NOW_S + 60, &[], &[old, same]);
    assert_eq!(again, told);
    let newer = scene.deployed("44", NOW_S + 90);
    assert_eq!(scene.minute(NOW_S + 120, &[], &[newer]), told);
    let as_slow = scene.look_at("44", NOW_S + 90, &deployed(6, 141.0, 0.01));
    let lasts = scene.minute(NOW_S + 700, &[as_slow], &[]);
    assert_eq!((lasts.len(), &lasts[0].key), (1, &told[0].key), "{lasts:?}");
    let words = "Version 44 did not mend it.";
    assert!(lasts[0].sentence.contains(words), "{lasts:?}");
    let mended = scene.look_at("44", NOW_S + 90, &deployed(6, 103.0, 0.01));
    assert_eq!(scene.minute(NOW_S + 900, &[mended], &[]), []);
    // A look that was on its way at the old one comes too late.
    let late = scene.look_at("43", BEGIN_S, &deployed(6, 140.0, 0.01));
    assert_eq!(scene.minute(NOW_S + 960, &[late], &[]), []);
}

#[test]
fn a_newer_version_that_is_certainly_better_mends_it_however_few_invocations_it_took() {
    for (outcome, is_over) in [(Outcome::Improved, true), (Outcome::Undecided, false)] {
        let mut scene = Scene::new();
        let look = scene.look_at("43", BEGIN_S, &deployed(6, 140.0, 0.01));
        let told = scene.minute(NOW_S, &[look], &[]);
        let mut few = scene.look_at("44", NOW_S + 90, &deployed(6, 103.0, 0.01));
        for measured in &mut few.measured {
            (measured.verdict.outcome, measured.verdict.n_after) = (outcome, 22);
        }
        let left = scene.minute(NOW_S + 700, &[few], &[]);
        assert_eq!(left.is_empty(), is_over, "{outcome:?}: {told:?}");
    }
}

#[test]
fn a_newer_version_that_hardly_runs_ends_it_only_when_its_watch_is_over() {
    let mut scene = Scene::new();
    let look = scene.look_at("43", BEGIN_S, &deployed(6, 140.0, 0.01));
    let told = scene.minute(NOW_S, &[look], &[]);
    let unseen: Vec<Cell> = deployed(6, 140.0, 0.01)
        .into_iter()
        .filter(|cell| cell.version == 0)
        .collect();
    let nothing = scene.look_at("44", NOW_S, &unseen);
    let doubt = scene.minute(NOW_S + DAY_S, std::slice::from_ref(&nothing), &[]);
    assert_eq!(doubt, told);
    assert_eq!(scene.minute(NOW_S + 2 * DAY_S, &[nothing], &[]), []);
}

#[test]
fn a_later_look_may_take_it_back_but_one_that_sees_nothing_does_not() {
    let mut scene = Scene::new();
    let look = scene.look_at("43", BEGIN_S, &deployed(6, 100.0, 0.08));
    let told = scene.minute(NOW_S, &[look], &[]);
    assert_eq!(kinds(&told), ["error_regression"], "{told:?}");
    assert!(
        told[0]
            .title
            .contains("% of checkout's invocations fail instead of")
    );
    assert!(told[0].sentence.contains("more fail."), "{told:?}");

    let unseen: Vec<Cell> = deployed(6, 100.0, 0.01)
        .into_iter()
        .filter(|cell| cell.version == 0)
        .collect();
    let nothing = scene.look_at("43", BEGIN_S, &unseen);
    assert_eq!(scene.minute(NOW_S + 60, &[nothing], &[]), told);
    let better = scene.look_at("43", BEGIN_S, &deployed(6, 100.0, 0.01));
    assert_eq!(scene.minute(NOW_S + 120, &[better], &[]), []);
}

#[test]
fn failures_that_are_timeouts_are_told_as_timeouts_alone() {
    let mut cells = deployed(6, 100.0, 0.1);
    for cell in cells.iter_mut().filter(|cell| cell.version == 1) {
        cell.timeouts = cell.errors;
    }
    let mut scene = Scene::new();
    let look = scene.look_at("43", BEGIN_S, &cells);
    let told = scene.minute(NOW_S, &[look], &[]);
    assert_eq!(kinds(&told), ["timeout_regression"], "{told:?}");
}

#[test]
fn memory_and_cold_starts_that_rose_are_told_beside_each_other() {
    let mut cells = deployed(20, 100.0, 0.01);
    for cell in cells.iter_mut().filter(|cell| cell.version == 1) {
        cell.memory_mb = 120.0;
        cell.cold_starts = cell.invocations / 3;
    }
    let mut scene = Scene::new();
    let look = scene.look_at("43", BEGIN_S, &cells);
    let told = scene.minute(BEGIN_S + 20 * 3_600, &[look], &[]);
    let expected = ["cold_share_regression", "memory_regression"];
    assert_eq!(kinds(&told), expected, "{told:?}");
    assert!(told[1].sentence.contains("94 % of the 128 MB"), "{told:?}");
    assert_eq!(told[1].severity, Severity::High);
}

#[test]
fn it_outlasts_a_restart_and_history_shown_again_and_is_the_new_normal_in_the_end() {
    let mut scene = Scene::new();
    let look = scene.look_at("43", BEGIN_S, &deployed(6, 140.0, 0.01));
    let told = scene.minute(NOW_S, &[look], &[]);
    assert_eq!(told.len(), 1);
    let pieces = scene.detector.save(&scene.names);
    scene.detector = Versions::default();
    scene
        .detector
        .load(&pieces, &mut scene.names)
        .expect("sound");
    scene.detector.forget(&HashSet::from([scene.function]));

    assert_eq!(
        scene.minute(BEGIN_S - DAY_S, &[], &[]),
        [],
        "not certain yet"
    );
    let deploy = scene.deployed("43", BEGIN_S);
    assert_eq!(scene.minute(NOW_S + 60, &[], &[deploy]), told);
    assert_eq!(scene.minute(BEGIN_S + 60 * DAY_S, &[], &[]), told);
    assert_eq!(scene.minute(BEGIN_S + 62 * DAY_S, &[], &[]), []);
}

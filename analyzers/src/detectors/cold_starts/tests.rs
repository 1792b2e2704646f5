//! The detector through days of a made-up fleet.

use store::model::Scope;

use super::*;
use crate::detectors::news::Step;
use crate::detectors::signal::Subject;

const DAY_S: i64 = 86_400;
/// The first day, far from 1970.
const FIRST_DAY: i64 = 20_000;

struct Fleet {
    names: Names,
    detector: ColdStarts,
}

impl Fleet {
    fn new() -> Self {
        Self {
            names: Names::default(),
            detector: ColdStarts::default(),
        }
    }

    fn start(&mut self, name: &str, version: &str, day: i64, i: i64, ms: f64) -> ColdStart {
        let id = format!("aws:1:eu-central-1:{name}");
        let function = self.names.function(&id).expect("an id");
        let mixed = (day * 31 + i * 17 + name.len() as i64 * 7) % 13;
        ColdStart {
            function,
            version: self.names.version(version),
            init_kind: self.names.version("on-demand"),
            architecture: self.names.version("arm64"),
            at: UnixNano::from_secs((FIRST_DAY + day) * DAY_S + 36_000 + i * 60),
            memory_size_mb: if version == "2" { 256 } else { 512 },
            init_ms: (ms * (1.0 + 0.01 * (mixed - 6) as f64)) as f32,
            trace_id: 7 + i as u128,
        }
    }

    /// Shows cold starts, as a minute, or as the hour that ends an hour later.
    fn look(&mut self, starts: &[ColdStart], hour: Option<i64>) -> Vec<Signal> {
        let last = starts.last().map_or(0, |s| s.at.as_secs());
        let end_s = hour.map_or(last + 60, |hour_s| hour_s + 3_600);
        let news = News {
            now: UnixNano::from_secs(end_s + 90),
            step: Step::Minute,
            until_s: u32::try_from(end_s).expect("in range"),
            minutes: &[],
            hour_s: hour.map(|hour_s| u32::try_from(hour_s).expect("in range")),
            hours: &[],
            cold_starts: starts,
            deploys: &[],
            gauges: &[],
            verdicts: &[],
            disk: None,
            only: None,
            names: &self.names,
        };
        self.detector.look(&news)
    }

    /// A day with ten cold starts of each function, one by one, and its 24 hours.
    fn day(&mut self, day: i64, of: &[(&str, &str, f64)]) -> Vec<Signal> {
        for i in 0..10 {
            for (name, version, ms) in of {
                let start = self.start(name, version, day, i, *ms);
                self.look(&[start], None);
            }
        }
        let mut told = Vec::new();
        for hour in 0..24 {
            told = self.look(&[], Some((FIRST_DAY + day) * DAY_S + hour * 3_600));
        }
        told
    }
}

fn kinds(signals: &[Signal]) -> Vec<&'static str> {
    signals.iter().map(|s| s.key.kind).collect()
}

#[test]
fn a_slower_version_is_told_within_eight_cold_starts_until_the_next_one_mends_it() {
    let mut fleet = Fleet::new();
    for day in 0..12 {
        assert_eq!(fleet.day(day, &[("checkout", "1", 180.0)]), []);
    }
    let first = (0..10).find_map(|i| {
        let start = fleet.start("checkout", "2", 12, i, 262.0);
        let told = fleet.look(&[start], None);
        told.first().cloned().map(|signal| (i + 1, signal))
    });
    let (starts, signal) = first.expect("found");
    assert!(starts <= 8, "after {starts}");
    assert_eq!(signal.key.kind, "cold_start_regression");
    assert_eq!((signal.version.as_str(), signal.unit), ("2", "ms"));
    assert!(
        signal.sentence.contains("since version 2"),
        "{}",
        signal.sentence
    );
    assert!(
        signal.evidence.suspects[0].what.contains("512 → 256"),
        "{:?}",
        signal.evidence
    );
    assert!(
        signal.ms_per_month.is_some_and(|ms| ms > 10_000.0),
        "{signal:?}"
    );
    assert!(!signal.evidence.traces.is_empty());

    // It is remembered over a restart, under the same key.
    let pieces = fleet.detector.save(&fleet.names);
    let mut again = ColdStarts::default();
    again.load(&pieces, &mut fleet.names).expect("sound");
    fleet.detector = again;
    let told = fleet.day(13, &[("checkout", "2", 262.0)]);
    assert_eq!((told.len(), &told[0].key), (1, &signal.key));

    assert_eq!(fleet.day(14, &[("checkout", "3", 181.0)]), []);
}

#[test]
fn a_step_without_a_deploy_is_told_once_and_an_incident_closes() {
    let mut fleet = Fleet::new();
    let ms = |day: i64| {
        if (40..46).contains(&day) {
            150.0
        } else {
            100.0
        }
    };
    let told: Vec<usize> = (0..60)
        .map(|day| {
            let signals = fleet.day(day, &[("cart", "1", ms(day))]);
            assert!(
                signals.iter().all(|s| s.key.kind == "cold_start_shift"),
                "{signals:?}"
            );
            signals.len()
        })
        .collect();
    assert_eq!(told[..40], [0; 40]);
    assert!(told[40..43].contains(&1), "{told:?}");
    assert_eq!(told[45], 1, "{told:?}");
    assert_eq!(told[48..], [0; 12], "{told:?}");
}

#[test]
fn what_all_functions_of_a_kind_share_is_told_of_the_cohort_alone() {
    let mut fleet = Fleet::new();
    let names = ["a", "bb", "ccc", "dddd"];
    let mut told = Vec::new();
    for day in 0..36 {
        let ms = if day < 32 { 100.0 } else { 130.0 };
        told = fleet.day(day, &names.map(|name| (name, "1", ms)));
        assert!(day >= 32 || told.is_empty(), "{told:?}");
    }
    assert_eq!(kinds(&told), ["cold_start_platform_shift"], "{told:?}");
    assert!(matches!(
        told[0].key.subject,
        Subject::Wide(Scope::Cohort, _)
    ));
}

#[test]
fn a_function_whose_history_is_wrong_is_forgotten() {
    let mut fleet = Fleet::new();
    fleet.day(0, &[("checkout", "1", 180.0)]);
    let function = fleet
        .names
        .known("aws:1:eu-central-1:checkout")
        .expect("known");
    fleet.detector.forget(&HashSet::from([function]));
    assert!(fleet.detector.functions.is_empty());
}

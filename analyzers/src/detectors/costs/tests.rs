//! Synthetic weeks: what is told, of what, when, and what it is made of.

use std::sync::OnceLock;

use store::model::Scope;

use super::*;
use crate::detectors::names::VersionNo;
use crate::detectors::news::Deployed;
use crate::detectors::signal::Subject;

const HOUR: u32 = 3_600;
/// A Monday, 00:00 UTC.
const BEGIN_S: u32 = 1_761_523_200;
const PRICE: f64 = 1.62760e-11;
const REQUEST: f64 = 2e-7;
/// Weeks of history before anything happens.
const WEEKS: u32 = 6;

/// What a function does in an hour.
#[derive(Clone, Copy)]
struct Does {
    invocations: f64,
    duration_ms: f64,
    memory_mb: u32,
    errors: f64,
}

impl Default for Does {
    fn default() -> Self {
        Self {
            invocations: 40_000.0,
            duration_ms: 250.0,
            memory_mb: 1_024,
            errors: 0.005,
        }
    }
}

struct World {
    names: Names,
    costs: Costs,
    functions: Vec<FunctionNo>,
    trigger: VersionNo,
    version: VersionNo,
    seed: u64,
    hour_s: u32,
    deploys: Vec<Deployed>,
}

impl World {
    fn new(count: usize) -> Self {
        let mut names = Names::default();
        let functions = (0..count)
            .map(|i| {
                names
                    .function(&format!("aws:{}:eu-central-1:f{i}", i / 10))
                    .expect("sound")
            })
            .collect();
        let (trigger, version) = (names.version("http"), names.version("1"));
        Self {
            names,
            costs: Costs::new(Settings::default()),
            functions,
            trigger,
            version,
            seed: 7,
            hour_s: BEGIN_S,
            deploys: Vec::new(),
        }
    }

    /// A dozen functions with [`WEEKS`] of ordinary history, which is played once for all tests.
    fn ready() -> Self {
        static PLAYED: OnceLock<(Vec<Vec<u8>>, u64)> = OnceLock::new();
        let mut world = Self::new(12);
        let (pieces, seed) = PLAYED.get_or_init(|| {
            let mut world = Self::new(12);
            world.weeks(WEEKS);
            (world.costs.save(&world.names), world.seed)
        });
        world.costs.load(pieces, &mut world.names).expect("sound");
        (world.seed, world.hour_s) = (*seed, BEGIN_S + WEEKS * 168 * HOUR);
        world
    }

    /// About normal, mean 0, deviation 1.
    fn noise(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn uniform(&mut self) -> f64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn season(hour_s: u32) -> f64 {
        let hour = f64::from(hour_s / HOUR % 24);
        let day = (hour_s - BEGIN_S) / 86_400 % 7;
        let week = if day >= 5 { 0.6 } else { 1.0 };
        week * (1.0 + 0.6 * ((hour - 8.0) / 24.0 * std::f64::consts::TAU).sin())
    }

    fn row(&mut self, function: FunctionNo, does: Does) -> Option<Hour> {
        let noise = (0.02 * self.noise()).exp();
        let invocations = (does.invocations * Self::season(self.hour_s) * noise).round();
        let billed_ms = invocations * does.duration_ms;
        (invocations > 0.0).then_some(Hour {
            function,
            version: self.version,
            trigger: self.trigger,
            hour_s: self.hour_s,
            invocations: invocations as u32,
            errors: (invocations * does.errors) as u32,
            timeouts: 0,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: 0,
            duration_ms: billed_ms,
            init_ms: 0.0,
            billed_ms,
            billed_init_ms: 0.02 * billed_ms,
            billed_mb_ms: billed_ms * f64::from(does.memory_mb),
            usd: invocations * REQUEST + billed_ms * f64::from(does.memory_mb) * PRICE,
            usd_requests: invocations * REQUEST,
            memory_mb: does.memory_mb,
            memory_used_mb_max: 0,
            duration_ms_max: 0,
        })
    }

    /// Plays an hour; `does` says what each function does.
    fn hour(&mut self, does: impl Fn(usize) -> Does) -> Vec<Signal> {
        let functions = self.functions.clone();
        let rows: Vec<Hour> = functions
            .iter()
            .enumerate()
            .filter_map(|(i, function)| self.row(*function, does(i)))
            .collect();
        let deploys = std::mem::take(&mut self.deploys);
        let until_s = self.hour_s + HOUR;
        let news = News {
            now: words::nano(until_s),
            step: Step::Hour,
            until_s,
            minutes: &[],
            hour_s: Some(self.hour_s),
            hours: &rows,
            cold_starts: &[],
            deploys: &deploys,
            disk: None,
            gauges: &[],
            verdicts: &[],
            only: None,
            names: &self.names,
        };
        self.hour_s = until_s;
        self.costs.look(&news)
    }

    /// Ordinary weeks; what was told in them.
    fn weeks(&mut self, weeks: u32) -> Vec<Signal> {
        let mut told: Vec<Signal> = Vec::new();
        for _ in 0..weeks * 168 {
            let said = self.hour(|_| Does::default());
            for signal in said {
                if !told
                    .iter()
                    .any(|t| t.key == signal.key && t.began_at == signal.began_at)
                {
                    told.push(signal);
                }
            }
        }
        told
    }

    /// Plays hours until something is told; what, and after how many.
    fn until_told(&mut self, hours: u32, does: impl Fn(u32, usize) -> Does) -> (u32, Vec<Signal>) {
        for h in 0..hours {
            let said = self.hour(|i| does(h, i));
            if !said.is_empty() {
                return (h + 1, said);
            }
        }
        panic!("nothing was told in {hours} hours");
    }

    fn minute(&mut self, minute_s: u32, usd: &[f64]) -> Vec<Signal> {
        let rows: Vec<Minute> = self
            .functions
            .iter()
            .zip(usd)
            .map(|(function, usd)| Minute {
                function: *function,
                version: self.version,
                minute_s,
                invocations: (usd / 4.4e-6) as u32,
                errors: 0,
                timeouts: 0,
                out_of_memory: 0,
                throttles: 0,
                cold_starts: 0,
                cold_start_known: 0,
                duration_count: 0,
                duration_ms_sum: usd / (1_024.0 * PRICE),
                duration_ms_p50: f32::NAN,
                duration_ms_p95: f32::NAN,
                duration_ms_max: 0.0,
                memory_size_mb: 1_024,
                memory_used_mb_max: 0,
                usd: *usd,
                usd_requests: 0.0,
            })
            .collect();
        let until_s = minute_s + 60;
        let news = News {
            now: words::nano(until_s + 90),
            step: Step::Minute,
            until_s,
            minutes: &rows,
            hour_s: None,
            hours: &[],
            cold_starts: &[],
            deploys: &[],
            disk: None,
            gauges: &[],
            verdicts: &[],
            only: None,
            names: &self.names,
        };
        self.costs.look(&news)
    }
}

fn usual() -> Does {
    Does::default()
}

fn kinds(signals: &[Signal]) -> Vec<&'static str> {
    signals.iter().map(|s| s.key.kind).collect()
}

fn parts(signal: &Signal) -> f64 {
    signal.evidence.parts.iter().map(|part| part.value).sum()
}

#[test]
fn weeks_of_ordinary_seasons_tell_nothing() {
    let mut world = World::new(12);
    let told = world.weeks(8);
    assert!(
        told.is_empty(),
        "{:?}",
        told.iter().map(|s| &s.sentence).collect::<Vec<_>>()
    );
}

#[test]
fn a_spike_is_told_of_its_function_in_money_and_ends() {
    let mut world = World::ready();
    let (hours, said) = world.until_told(3, |_, i| Does {
        invocations: if i == 3 { 90_000.0 } else { 40_000.0 },
        ..usual()
    });
    assert!(hours <= 2);
    assert_eq!(kinds(&said), ["cost_spike"]);
    let signal = &said[0];
    assert_eq!(signal.key.subject, Subject::Function(world.functions[3]));
    assert!(
        signal.sentence.contains("more invocations"),
        "{}",
        signal.sentence
    );
    let run = world
        .costs
        .functions
        .get(world.functions[3])
        .and_then(|s| s.track.run.as_deref());
    let excess = run.expect("it goes on").excess();
    assert!(
        (parts(signal) - excess).abs() < 1e-9 * excess.abs(),
        "parts add up"
    );
    assert!(!signal.evidence.band.is_empty());
    for _ in 0..24 {
        world.hour(|_| usual());
    }
    assert!(world.hour(|_| usual()).is_empty(), "it is over");
}

#[test]
fn a_step_is_told_with_the_version_that_was_deployed() {
    let mut world = World::ready();
    let version = world.names.version("42");
    world.deploys.push(Deployed {
        function: world.functions[5],
        version,
        at: words::nano(world.hour_s + 60),
        is_baseline: false,
    });
    let (_, said) = world.until_told(48, |_, i| Does {
        duration_ms: if i == 5 { 325.0 } else { 250.0 },
        ..usual()
    });
    assert_eq!(said.len(), 1, "{:?}", kinds(&said));
    let signal = &said[0];
    assert_eq!(signal.version, "42");
    assert!(
        signal
            .sentence
            .contains("longer duration (245 ms → 318 ms)"),
        "{}",
        signal.sentence
    );
    assert_eq!(signal.evidence.suspects[0].what, "version 42");
    // Days later it is what is usual.
    let mut last = Vec::new();
    for _ in 0..14 * 24 {
        last = world.hour(|i| Does {
            duration_ms: if i == 5 { 325.0 } else { 250.0 },
            ..usual()
        });
    }
    assert!(
        last.is_empty(),
        "{:?}",
        last.iter().map(|s| &s.sentence).collect::<Vec<_>>()
    );
}

#[test]
fn a_leak_is_found_within_a_day_while_it_grows() {
    let mut world = World::ready();
    let (hours, said) = world.until_told(30, |h, i| Does {
        duration_ms: if i == 2 {
            250.0 * 1.015_f64.powi(h as i32 + 1)
        } else {
            250.0
        },
        ..usual()
    });
    assert!(hours <= 30, "{hours}");
    assert!(
        matches!(said[0].key.kind, "cost_leak" | "cost_step"),
        "{:?}",
        kinds(&said)
    );
}

#[test]
fn what_stops_is_told_once() {
    let mut world = World::ready();
    let stops = |i: usize| Does {
        invocations: if i == 7 { 0.0 } else { 40_000.0 },
        ..usual()
    };
    let (hours, said) = world.until_told(6, |_, i| stops(i));
    assert!(hours <= 6);
    assert_eq!(kinds(&said), ["cost_drop"]);
    assert_eq!(said[0].key.subject, Subject::Function(world.functions[7]));
    assert!(said[0].sentence.contains("next to nothing"));
    for _ in 0..10 {
        assert_eq!(kinds(&world.hour(stops)), ["cost_drop"]);
    }
}

#[test]
fn retries_of_failing_calls_are_suspected_where_both_grow() {
    let mut world = World::ready();
    let (_, said) = world.until_told(3, |_, i| match i {
        1 => Does {
            invocations: 120_000.0,
            errors: 0.6,
            ..usual()
        },
        _ => usual(),
    });
    let first = &said[0].evidence.suspects[0];
    assert_eq!(first.what, "retries of failed calls", "{first:?}");
}

#[test]
fn a_whole_account_that_moves_is_one_finding_of_the_account() {
    let mut world = World::new(30);
    world.weeks(WEEKS);
    let moves = |i: usize| Does {
        invocations: if (10..20).contains(&i) {
            90_000.0
        } else {
            40_000.0
        },
        ..usual()
    };
    let (_, said) = world.until_told(3, |_, i| moves(i));
    assert_eq!(
        said.len(),
        1,
        "{:?}",
        said.iter().map(|s| &s.sentence).collect::<Vec<_>>()
    );
    assert_eq!(
        said[0].key.subject,
        Subject::Wide(Scope::Account, "aws:1".into())
    );
    for _ in 0..3 {
        let said = world.hour(moves);
        assert_eq!(
            said.len(),
            1,
            "{:?}",
            said.iter().map(|s| &s.title).collect::<Vec<_>>()
        );
        assert!(said[0].evidence.parts.len() >= 10);
        let whole = world
            .costs
            .groups
            .iter()
            .find(|g| g.about.text == "aws:1")
            .and_then(|g| g.track.run.as_deref());
        let excess = whole.expect("goes on").excess();
        assert!(
            (parts(&said[0]) - excess).abs() < 1e-9 * excess,
            "parts add up"
        );
    }
}

#[test]
fn a_new_function_that_spends_much_is_told_within_its_first_day() {
    let mut world = World::new(13);
    let quiet = |i: usize| Does {
        invocations: if i == 12 { 0.0 } else { 40_000.0 },
        ..usual()
    };
    for _ in 0..WEEKS * 168 {
        world.hour(quiet);
    }
    let (hours, said) = world.until_told(24, |_, _| usual());
    assert!(hours <= 24);
    assert_eq!(kinds(&said), ["cost_new_spender"]);
    assert_eq!(said[0].p_value, None, "a plain fact");
}

#[test]
fn a_runaway_is_told_within_five_minutes_and_goes_on_as_one_finding() {
    let mut world = World::ready();
    let at = world.hour_s;
    let usd = |minute: u32, i: usize| {
        let usual = 40_000.0 * (REQUEST + 250.0 * 1_024.0 * PRICE) * World::season(at) / 60.0;
        if i == 4 && minute >= 10 {
            40.0 * usual
        } else {
            usual
        }
    };
    let mut told = None;
    for minute in 0..20 {
        let spent: Vec<f64> = (0..12).map(|i| usd(minute, i)).collect();
        let said = world.minute(at + minute * 60, &spent);
        if let (Some(signal), None) = (said.first(), told) {
            told = Some(minute);
            assert_eq!(signal.key.kind, "cost_runaway");
            assert_eq!(signal.began_at, words::nano(at + 600));
            assert!(
                signal.sentence.contains("an hour since"),
                "{}",
                signal.sentence
            );
        }
    }
    assert_eq!(told, Some(12), "in its third minute");
    let said = world.hour(|i| Does {
        invocations: if i == 4 { 900_000.0 } else { 40_000.0 },
        ..usual()
    });
    assert_eq!(
        kinds(&said),
        ["cost_runaway"],
        "the hour says no second thing of it"
    );
}

#[test]
fn what_is_remembered_survives_a_restart() {
    let mut world = World::ready();
    let does = |i: usize| Does {
        invocations: if i == 3 { 120_000.0 } else { 40_000.0 },
        ..usual()
    };
    world.until_told(3, |_, i| does(i));
    let before = world.costs.said.clone();
    let pieces = world.costs.save(&world.names);
    assert!(
        pieces
            .iter()
            .all(|piece| piece.len() <= store::detector_states::PIECE_BYTES_MAX)
    );
    let mut costs = Costs::new(Settings::default());
    costs.load(&pieces, &mut world.names).expect("sound");
    assert_eq!(costs.said, before, "it says the same at once");
    world.costs = costs;
    assert_eq!(world.hour(does).len(), 1, "and goes on");
    assert!(
        Costs::default()
            .load(&[vec![9, 9]], &mut world.names)
            .is_err()
    );
    assert!(Costs::default().load(&[], &mut world.names).is_err());
}

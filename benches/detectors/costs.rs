//! Anomalies of cost, budgets and limits over a whole fleet.

use std::time::{Duration, Instant};

use analyzers::detectors::names::VersionNo;
use analyzers::detectors::news::{Hour, Minute, Step};
use analyzers::detectors::{Detector, FunctionNo, Names, News, Settings, all};
use store::model::UnixNano;

/// A Monday, 00:00 UTC.
const BEGIN_S: u32 = 1_761_523_200;
const HOUR_S: u32 = 3_600;

/// Measures detectors of costs and limits.
pub fn measure(functions: u32, hours: u32) {
    let mut names = Names::default();
    let functions: Vec<FunctionNo> = (0..functions)
        .filter_map(|i| names.function(&format!("aws:{}:eu-central-1:function-{i}", i / 500)))
        .collect();
    let words = (names.version("1"), names.version("http"));
    for mut detector in all(&Settings::default()) {
        if ["costs", "limits"].contains(&detector.name()) {
            one(detector.as_mut(), &names, &functions, words, hours);
        }
    }
}

/// A version and a trigger.
type Words = (VersionNo, VersionNo);

fn one(
    detector: &mut dyn Detector,
    names: &Names,
    functions: &[FunctionNo],
    words: Words,
    history_hours: u32,
) {
    let before = resident_bytes();
    let begin = Instant::now();
    for h in 0..history_hours {
        let rows = hours(functions, words, BEGIN_S + h * HOUR_S);
        let news = news(names, BEGIN_S + (h + 1) * HOUR_S, Some(&rows), None);
        detector.look(&news);
    }
    let history = begin.elapsed();
    let (mut minute, mut slowest) = (Duration::ZERO, Duration::ZERO);
    let at_s = BEGIN_S + history_hours * HOUR_S;
    for m in 0..60 {
        let rows = minutes(functions, words, at_s + m * 60);
        let news = news(names, at_s + (m + 1) * 60, None, Some(&rows));
        let begin = Instant::now();
        detector.look(&news);
        minute += begin.elapsed();
        slowest = slowest.max(begin.elapsed());
    }
    let rows = hours(functions, words, at_s);
    let until_s = at_s + HOUR_S + 600;
    let (minute_rows, hour_s) = (minutes(functions, words, until_s - 60), Some(at_s));
    let mut closing = news(names, until_s, Some(&rows), Some(&minute_rows));
    closing.hour_s = hour_s;
    let begin = Instant::now();
    let said = detector.look(&closing).len();
    let hour = begin.elapsed();
    let state = resident_bytes().saturating_sub(before);
    let begin = Instant::now();
    let saved: usize = detector.save(names).iter().map(Vec::len).sum();
    println!(
        "{}: history {:.1} s; a minute {:.0} ms (slowest {:.0}); with an hour {:.0} ms; state {} MiB, {} B a \
         function; snapshot {} MiB in {:.0} ms; {said} signals",
        detector.name(),
        history.as_secs_f64(),
        minute.as_secs_f64() * 1e3 / 60.0,
        slowest.as_secs_f64() * 1e3,
        hour.as_secs_f64() * 1e3,
        state >> 20,
        state / u64::try_from(functions.len().max(1)).unwrap_or(1),
        saved >> 20,
        begin.elapsed().as_secs_f64() * 1e3,
    );
}

fn news<'a>(
    names: &'a Names,
    until_s: u32,
    hours: Option<&'a [Hour]>,
    minutes: Option<&'a [Minute]>,
) -> News<'a> {
    News {
        now: UnixNano::from_secs(until_s.into()),
        step: match minutes {
            Some(_) => Step::Minute,
            None => Step::Hour,
        },
        until_s,
        minutes: minutes.unwrap_or_default(),
        hour_s: hours.map(|_| until_s - HOUR_S),
        hours: hours.unwrap_or_default(),
        cold_starts: &[],
        deploys: &[],
        disk: None,
        gauges: &[],
        verdicts: &[],
        only: None,
        names,
    }
}

/// Invocations of a function in an hour: by its size, the hour of the day and chance.
fn load(function: FunctionNo, at_s: u32) -> f64 {
    let mut x = u64::from(function.0) << 32 | u64::from(at_s);
    for _ in 0..3 {
        x = (x ^ (x >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    let chance = 0.9 + 0.2 * (x >> 40) as f64 / (1_u64 << 24) as f64;
    let hour = f64::from(at_s / HOUR_S % 24) / 24.0 * std::f64::consts::TAU;
    let size = 10.0_f64.powi((function.0 % 4) as i32 + 1);
    size * chance * (1.0 + 0.6 * hour.sin())
}

const USD_EACH: f64 = 4.4e-6;
const DURATION_MS: f64 = 250.0;

fn hours(functions: &[FunctionNo], words: Words, hour_s: u32) -> Vec<Hour> {
    let row = |function: &FunctionNo| {
        let invocations = load(*function, hour_s).round();
        Hour {
            function: *function,
            version: words.0,
            trigger: words.1,
            hour_s,
            invocations: invocations as u32,
            errors: 0,
            timeouts: 0,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: 0,
            duration_ms: invocations * DURATION_MS,
            init_ms: 0.0,
            billed_ms: invocations * DURATION_MS,
            billed_init_ms: 0.0,
            billed_mb_ms: invocations * DURATION_MS * 1_024.0,
            usd: invocations * USD_EACH,
            usd_requests: invocations * 2e-7,
            memory_mb: 1_024,
            memory_used_mb_max: 300,
            duration_ms_max: 900,
        }
    };
    functions.iter().map(row).collect()
}

fn minutes(functions: &[FunctionNo], words: Words, minute_s: u32) -> Vec<Minute> {
    let row = |function: &FunctionNo| {
        let invocations = load(*function, minute_s) / 60.0;
        Minute {
            function: *function,
            version: words.0,
            minute_s,
            invocations: invocations as u32,
            errors: 0,
            timeouts: 0,
            out_of_memory: 0,
            throttles: 0,
            cold_starts: 0,
            cold_start_known: 0,
            duration_count: invocations as u32,
            duration_ms_sum: invocations * DURATION_MS,
            duration_ms_p50: DURATION_MS as f32,
            duration_ms_p95: DURATION_MS as f32,
            duration_ms_max: 0.0,
            memory_size_mb: 1_024,
            memory_used_mb_max: 300,
            usd: invocations * USD_EACH,
            usd_requests: invocations * 2e-7,
        }
    };
    functions.iter().map(row).collect()
}

/// Memory of this process, bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

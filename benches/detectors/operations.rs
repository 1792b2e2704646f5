//! The operational detectors: a minute of all functions, and the minute with which an hour closes.

use std::time::{Duration, Instant};

use analyzers::detectors::news::{Hour, Minute, Step};
use analyzers::detectors::operations::{Thresholds, all};
use analyzers::detectors::{FunctionNo, Names, News};
use store::model::UnixNano;

/// A Monday.
const BEGIN_S: u32 = 20_003 * 86_400;
/// Hours of history that states are filled with: three weeks.
const HISTORY_HOURS: u32 = 504;
/// Minutes that are measured.
const MINUTES: u32 = 180;

/// Prints a table.
pub fn measure(functions: u32) {
    let mut names = Names::default();
    let numbers: Vec<FunctionNo> = (0..functions)
        .filter_map(|i| names.function(&format!("aws:123456789012:eu-central-1:function-{i}")))
        .collect();
    let version = names.version("42");
    let minutes: Vec<Minute> = numbers
        .iter()
        .map(|number| minute(*number, version))
        .collect();
    let hours: Vec<Hour> = numbers
        .iter()
        .map(|number| hour(*number, version))
        .collect();
    let mut detectors = all(&Thresholds::default());
    let mut news = News {
        now: UnixNano::from_secs(BEGIN_S.into()),
        step: Step::Hour,
        until_s: BEGIN_S,
        minutes: &[],
        hour_s: None,
        hours: &hours,
        cold_starts: &[],
        deploys: &[],
        gauges: &[],
        verdicts: &[],
        disk: None,
        only: None,
        names: &names,
    };
    for i in 0..HISTORY_HOURS {
        let hour_s = BEGIN_S + i * 3_600;
        (news.hour_s, news.until_s) = (Some(hour_s), hour_s + 3_600);
        detectors.iter_mut().for_each(|d| drop(d.look(&news)));
    }
    (news.step, news.minutes) = (Step::Minute, &minutes);
    let (mut usual, mut closing) = (Vec::new(), Vec::new());
    let mut by_detector = vec![Duration::ZERO; detectors.len()];
    for _ in 0..MINUTES {
        news.until_s += 60;
        news.now = UnixNano::from_secs((news.until_s + 90).into());
        let closes = news.until_s.is_multiple_of(3_600);
        news.hour_s = closes.then_some(news.until_s - 3_600);
        news.hours = if closes { &hours } else { &[] };
        let begin = Instant::now();
        for (detector, sum) in detectors.iter_mut().zip(&mut by_detector) {
            let begin = Instant::now();
            drop(detector.look(&news));
            *sum += begin.elapsed();
        }
        if closes { &mut closing } else { &mut usual }.push(begin.elapsed());
    }
    let bytes: usize = detectors
        .iter()
        .flat_map(|d| d.save(&names))
        .map(|p| p.len())
        .sum();
    println!("operational detectors, {functions} functions, every one invoked each minute:");
    println!("| a minute, median | {:.1} ms |", median_ms(&mut usual));
    println!(
        "| the minute that closes an hour, median | {:.1} ms |",
        median_ms(&mut closing)
    );
    println!(
        "| saved by function | {} bytes |",
        bytes / functions.max(1) as usize
    );
    for (detector, sum) in detectors.iter().zip(by_detector) {
        let ms = sum.as_secs_f64() * 1e3 / f64::from(MINUTES);
        println!("| of these, {} | {ms:.2} ms a minute |", detector.name());
    }
}

fn median_ms(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .map_or(0.0, |t| t.as_secs_f64() * 1e3)
}

fn minute(function: FunctionNo, version: analyzers::detectors::names::VersionNo) -> Minute {
    Minute {
        function,
        version,
        minute_s: BEGIN_S,
        invocations: 20,
        errors: function.0 % 50 / 49,
        timeouts: 0,
        out_of_memory: 0,
        throttles: 0,
        cold_starts: function.0 % 20 / 19,
        cold_start_known: 20,
        duration_count: 20,
        duration_ms_sum: 2_200.0,
        duration_ms_p50: 100.0,
        duration_ms_p95: 180.0,
        duration_ms_max: 250.0,
        usd: 0.0,
        usd_requests: 0.0,
        memory_size_mb: 512,
        memory_used_mb_max: 200,
    }
}

fn hour(function: FunctionNo, version: analyzers::detectors::names::VersionNo) -> Hour {
    Hour {
        function,
        version,
        trigger: version,
        hour_s: BEGIN_S,
        invocations: 1_200,
        errors: 60 * (function.0 % 50 / 49),
        timeouts: 0,
        out_of_memory: 0,
        throttles: 0,
        cold_starts: 12,
        duration_ms: 132_000.0,
        init_ms: 2_000.0,
        billed_ms: 132_000.0,
        billed_init_ms: 0.0,
        billed_mb_ms: 0.0,
        usd: 0.0,
        usd_requests: 0.0,
        memory_mb: 512,
        memory_used_mb_max: 200,
        duration_ms_max: 250,
    }
}

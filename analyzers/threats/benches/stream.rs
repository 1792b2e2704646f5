//! What the whole stream of threats costs: payloads, credentials, rules of Sigma, behaviour. Spans a second
//! of processor time on one core, of the fleet's ordinary shop.
//!
//!     cargo bench -p nephoscope-threats --bench stream [-- ROUNDS]

#![allow(clippy::print_stdout)] // figures are what it is for

use std::sync::Arc;
use std::time::Instant;

use fleet::attack;
use serde_json::Value;
use threats::inspect::Lens;
use threats::secrets::Secrets;
use threats::sigma::{Aliases, RuleSet};
use threats::stream::{Event, Settings, Stream, json};

const MINUTE_NS: u64 = 60_000_000_000;

fn main() {
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let aliases = Aliases::shipped().expect("sound");
    let lens = Arc::new(Lens::new(Secrets::built_in()));
    let shipped = Arc::new(RuleSet::shipped(Some(&aliases)).expect("sound"));
    let none = Arc::new(RuleSet::build(&[], None).expect("no rules, no faults"));
    let events = events();
    println!(
        "{} spans and log records, {} rules of Sigma",
        events.len(),
        shipped.rules().len()
    );
    for (name, rules) in [("everything", shipped), ("without rules of Sigma", none)] {
        let rates: Vec<f64> = (0..rounds.unwrap_or(5))
            .map(|_| rate(&lens, &rules, &events))
            .collect();
        print(name, rates);
    }
}

/// Two hours of an ordinary shop.
fn events() -> Vec<Event> {
    let story = attack::story("ordinary day").expect("a story");
    let begin = 1_760_000_000_000_000_000;
    let beats = (0..7).flat_map(|seed| story.play(seed, begin + seed * 18 * MINUTE_NS));
    let read = |(id, beat): (usize, attack::Beat)| match beat.line(id) {
        Value::Object(fields) => json::event(fields).ok(),
        _ => None,
    };
    beats.enumerate().filter_map(read).collect()
}

fn rate(lens: &Arc<Lens>, rules: &Arc<RuleSet>, events: &[Event]) -> f64 {
    let settings = Settings {
        warm_up_ns: 180_000_000_000,
    };
    let mut stream = Stream::new(Arc::clone(lens), Arc::clone(rules), settings);
    let events = events.to_vec();
    let count = events.len() as f64;
    let (begin, begin_s) = (Instant::now(), processor_s());
    for event in events {
        stream.push(event);
    }
    let elapsed_s = match (begin_s, processor_s()) {
        (Some(begin_s), Some(end_s)) => end_s - begin_s,
        _ => begin.elapsed().as_secs_f64(),
    };
    count / elapsed_s
}

/// Processor time of this thread so far, where the system tells it.
fn processor_s() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let ns: f64 = told.split(' ').next()?.parse().ok()?;
    Some(ns / 1e9)
}

fn print(name: &str, mut rates: Vec<f64>) {
    rates.sort_by(f64::total_cmp);
    let middle = rates[rates.len() / 2];
    println!(
        "{name}: {middle:.0} spans/s ({:.0} to {:.0}), {:.1} µs a span",
        rates[0],
        rates[rates.len() - 1],
        1e6 / middle
    );
}

//! Measures the stream of threats on the fleet's stories: attacks that must be found, in time, and twins of
//! them that must stay silent. Prints the table of EVALUATION.md.
//!
//!     cargo run -p nephoscope-threats --example stories -- [FIRST_SEED LAST_SEED [NAME]]
//!     cargo run -p nephoscope-threats --example stories -- quiet [HOURS [SEED]]

#![allow(clippy::print_stdout)] // figures are what it is for

mod quiet;

use std::sync::Arc;

use fleet::attack::{STORIES, Story};
use serde_json::Value;
use threats::inspect::Lens;
use threats::secrets::Secrets;
use threats::sigma::{Aliases, RuleSet};
use threats::stream::{Settings, Stream, json};

/// What one story on one seed came to.
struct Round {
    /// Seconds from the attacker's first beat to a finding that tells of it.
    found_after_s: Option<f64>,
    /// Rules of findings that have nothing of the attacker in them.
    false_alarms: Vec<String>,
    /// Lines in all.
    lines: usize,
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seed = |at: usize, default: u64| {
        arguments
            .get(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (first, last) = (seed(0, 101), seed(1, 105));
    let aliases = Aliases::shipped()?;
    let rules = RuleSet::shipped(Some(&aliases)).map_err(|faults| format!("{faults:?}"))?;
    let rules = Arc::new(rules);
    let lens = Arc::new(Lens::new(Secrets::built_in()));
    if arguments.first().is_some_and(|word| word == "quiet") {
        quiet::run(seed(1, 3), seed(2, 301), &lens, &rules);
        return Ok(());
    }
    println!("| story | found | seconds to find, worst | allowed | false alarms | lines |");
    println!("|---|---|---|---|---|---|");
    for story in STORIES {
        if arguments.get(2).is_some_and(|name| name != story.name) {
            continue;
        }
        let rounds: Vec<Round> = (first..=last)
            .map(|seed| play(story, seed, &lens, &rules))
            .collect();
        print(story, &rounds);
    }
    Ok(())
}

fn play(story: &Story, seed: u64, lens: &Arc<Lens>, rules: &Arc<RuleSet>) -> Round {
    let beats = story.play(seed, 1_760_000_000_000_000_000);
    let settings = Settings {
        warm_up_ns: 180_000_000_000,
    };
    let mut stream = Stream::new(Arc::clone(lens), Arc::clone(rules), settings);
    let from = beats
        .iter()
        .find(|beat| beat.hostile)
        .map(|beat| beat.at as f64 / 1e9);
    let mut round = Round {
        found_after_s: None,
        false_alarms: Vec::new(),
        lines: 0,
    };
    for (id, beat) in beats.iter().enumerate() {
        let Value::Object(fields) = beat.line(id) else {
            continue;
        };
        let Ok(event) = json::event(fields) else {
            continue;
        };
        for told in stream.push(event) {
            let claim = &told.finding().claim;
            round.lines += 1;
            let ids = claim
                .marks
                .iter()
                .filter_map(|mark| mark.id.parse::<usize>().ok());
            let hostile = ids
                .filter(|id| beats.get(*id).is_some_and(|beat| beat.hostile))
                .count();
            if hostile * 2 < claim.marks.len().max(1) {
                round
                    .false_alarms
                    .push(format!("{} {}", claim.rule.id, claim.subject));
            } else if story.told_by.contains(&claim.rule.id.as_ref())
                && round.found_after_s.is_none()
            {
                round.found_after_s = from.map(|from| beat.at as f64 / 1e9 - from);
            }
        }
    }
    round
}

fn print(story: &Story, rounds: &[Round]) {
    let found: Vec<f64> = rounds
        .iter()
        .filter_map(|round| round.found_after_s)
        .collect();
    let worst = found.iter().copied().fold(0.0, f64::max);
    let mut alarms: Vec<&str> = rounds
        .iter()
        .flat_map(|round| &round.false_alarms)
        .map(String::as_str)
        .collect();
    let count = alarms.len();
    alarms.sort_unstable();
    alarms.dedup();
    alarms.truncate(4);
    let lines = rounds
        .iter()
        .map(|round| round.lines)
        .max()
        .unwrap_or_default();
    let name = story.name;
    match story.is_attack() {
        true => println!(
            "| {name} | {}/{} | {worst:.1} | {} | {count} {} | {lines} |",
            found.len(),
            rounds.len(),
            story.within_s,
            alarms.join("; ")
        ),
        false => println!(
            "| {name} (benign) | | | | {count} {} | {lines} |",
            alarms.join("; ")
        ),
    }
}

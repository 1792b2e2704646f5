//! False alarms of honest hours: nine shops of six functions each, with deploys and peaks.

use std::collections::BTreeMap;
use std::sync::Arc;

use fleet::attack::{self, Beat, Span};
use serde_json::Value;
use threats::inspect::Lens;
use threats::sigma::RuleSet;
use threats::stream::{Event, Settings, Stream, Told, json};

/// Shops, each with functions of its own: 54 in all.
const SHOPS: u64 = 9;
/// A story lasts so long, ns.
const STORY_NS: u64 = 18 * 60 * 1_000_000_000;
/// What happens in one story of four; in the others nothing but business.
const HAPPENS: &[&str] = &[
    "deploy",
    "campaign of marketing",
    "storm of cold starts",
    "push message",
    "nightly batch",
    "crawler and old links",
    "phones behind one address",
    "deploy by the pipeline",
    "forgetful people",
    "fan-out and retries",
    "partner tries again",
    "health checks",
];
const WORLD_BEGIN: u64 = 1_760_000_000_000_000_000;

/// Plays so many hours on seeds from this one on; prints what was told.
pub fn run(hours: u64, seed: u64, lens: &Arc<Lens>, rules: &Arc<RuleSet>) {
    let settings = Settings {
        warm_up_ns: 3_600_000_000_000,
    };
    let mut stream = Stream::new(Arc::clone(lens), Arc::clone(rules), settings);
    let rounds = (hours * 3_600_000_000_000).div_ceil(STORY_NS);
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    let (mut events, mut count) = (0, 0);
    for round in 0..rounds {
        for event in business(round, seed) {
            events += 1;
            for told_of in stream.push(event) {
                if let Told::Opened(finding) = told_of {
                    *told.entry(finding.claim.rule.id.to_string()).or_default() += 1;
                    count += 1;
                }
            }
        }
    }
    let hours = (rounds * STORY_NS) as f64 / 3.6e12;
    let per_day = f64::from(count) * 24.0 / hours * 50.0 / (SHOPS * 6) as f64;
    println!(
        "{events} spans and log records of {} functions in {hours:.1} h: {count} told",
        SHOPS * 6
    );
    println!("false alarms a day and 50 functions: {per_day:.1}");
    for (rule, count) in told {
        println!("  {rule}: {count}");
    }
}

/// What all shops say in one round, in the order of time.
fn business(round: u64, seed: u64) -> Vec<Event> {
    let mut beats: Vec<Beat> = Vec::new();
    for shop in 0..SHOPS {
        let turn = round * SHOPS + shop;
        let name = match turn % 4 {
            0 => HAPPENS[(turn / 4) as usize % HAPPENS.len()],
            _ => "ordinary day",
        };
        let story = attack::story(name).expect("a story");
        let said = story.play(seed + turn, WORLD_BEGIN + round * STORY_NS);
        // One account's audit log speaks of the first shop.
        let own = said.into_iter().filter(|beat| shop == 0 || !is_audit(beat));
        beats.extend(own.map(|mut beat| {
            if shop > 0 {
                beat.function = format!("{}-{shop}", beat.function);
            }
            beat
        }));
    }
    beats.sort_by_key(|beat| beat.at);
    let event = |(id, beat): (usize, Beat)| match beat.line(id) {
        Value::Object(fields) => json::event(fields).ok(),
        _ => None,
    };
    beats.into_iter().enumerate().filter_map(event).collect()
}

fn is_audit(beat: &Beat) -> bool {
    beat.span == Span::Log && beat.function.is_empty()
}

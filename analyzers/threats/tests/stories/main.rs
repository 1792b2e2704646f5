//! The stream of threats on the fleet's stories: what must be found is, in time, and what must not be
//! told is not.

use std::sync::Arc;

use fleet::attack::{STORIES, Story};
use serde_json::Value;
use threats::inspect::Lens;
use threats::secrets::Secrets;
use threats::sigma::{Aliases, RuleSet};
use threats::stream::{Event, Settings, Stream, Told, json};

/// A seed that nothing was tuned on.
const SEED: u64 = 977;
const SETTINGS: Settings = Settings {
    warm_up_ns: 180_000_000_000,
};

struct Parts {
    lens: Arc<Lens>,
    rules: Arc<RuleSet>,
}

impl Parts {
    fn new() -> Self {
        let aliases = Aliases::shipped().expect("sound");
        Self {
            lens: Arc::new(Lens::new(Secrets::built_in())),
            rules: Arc::new(RuleSet::shipped(Some(&aliases)).expect("sound")),
        }
    }

    fn stream(&self) -> Stream {
        Stream::new(Arc::clone(&self.lens), Arc::clone(&self.rules), SETTINGS)
    }
}

fn events(story: &Story) -> (Vec<Event>, Option<f64>) {
    events_from(story, 1_760_000_000_000_000_000)
}

fn events_from(story: &Story, begin_ns: u64) -> (Vec<Event>, Option<f64>) {
    let beats = story.play(SEED, begin_ns);
    let from = beats
        .iter()
        .find(|beat| beat.hostile)
        .map(|beat| beat.at as f64 / 1e9);
    let read = |(id, beat): (usize, &fleet::attack::Beat)| match beat.line(id) {
        Value::Object(fields) => json::event(fields).ok(),
        _ => None,
    };
    (beats.iter().enumerate().filter_map(read).collect(), from)
}

/// Rules told, with the stream's time in seconds.
fn told(stream: &mut Stream, events: Vec<Event>) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    for event in events {
        for told in stream.push(event) {
            let at_ns = match &told {
                Told::Opened(finding) => finding.opened_ns,
                Told::Worse(finding) => finding.seen_ns,
            };
            all.push((told.finding().claim.rule.id.to_string(), at_ns as f64 / 1e9));
        }
    }
    all
}

#[test]
fn attacks_are_found_in_time_and_their_twins_are_not_told_of() {
    let parts = Parts::new();
    let wrong = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let parts = &parts;
            scope.spawn(move || {
                let own = STORIES.iter().skip(half).step_by(2);
                own.filter_map(|story| fault(story, parts))
                    .collect::<Vec<String>>()
            })
        });
        halves
            .into_iter()
            .flat_map(|half| half.join().expect("it ran"))
            .collect::<Vec<String>>()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with what was told of a story.
fn fault(story: &Story, parts: &Parts) -> Option<String> {
    let (events, from) = events(story);
    let told = told(&mut parts.stream(), events);
    let Some(from) = from else {
        return (!told.is_empty()).then(|| format!("{}: {told:?}", story.name));
    };
    let found = told
        .iter()
        .find(|(rule, _)| story.told_by.contains(&rule.as_str()));
    match found {
        Some((_, at)) if at - from <= story.within_s as f64 && told.len() <= 6 => None,
        _ => Some(format!("{}, from {from}: {told:?}", story.name)),
    }
}

#[test]
fn what_is_remembered_can_be_saved_in_the_middle() {
    let parts = Parts::new();
    for name in [
        "stuffing from one address",
        "loop through a queue",
        "data to a new host",
    ] {
        let story = fleet::attack::story(name).expect("a story");
        let (events, _) = events(story);
        let whole = told(&mut parts.stream(), events.clone());
        let (first, second) = events.split_at(events.len() * 7 / 10);
        let mut stream = parts.stream();
        let mut pieces = told(&mut stream, first.to_vec());
        let saved = stream.save();
        let mut stream = parts.stream();
        assert!(stream.restore(&saved));
        pieces.extend(told(&mut stream, second.to_vec()));
        assert_eq!(pieces, whole, "{name}");
        assert!(!parts.stream().restore(b"nothing of ours"));
    }
}

#[test]
fn events_that_come_late_and_out_of_order_are_found_too() {
    let parts = Parts::new();
    for name in [
        "stuffing from one address",
        "quiet scan",
        "loop through a queue",
    ] {
        let story = fleet::attack::story(name).expect("a story");
        let (mut events, _) = events(story);
        // Each chunk of a few seconds arrives backwards.
        events.chunks_mut(20).for_each(<[Event]>::reverse);
        let told = told(&mut parts.stream(), events);
        assert!(
            told.iter()
                .any(|(rule, _)| story.told_by.contains(&rule.as_str())),
            "{name}: {told:?}"
        );
    }
}

#[test]
fn a_queue_that_comes_when_others_are_long_ahead_is_judged_for_itself() {
    let parts = Parts::new();
    let ordinary = fleet::attack::story("ordinary day").expect("a story");
    let mut before = parts.stream();
    let first = told(&mut before, events(ordinary).0);
    assert!(first.is_empty(), "{first:?}");
    let before = before.save();
    for (name, before_ns) in [
        ("flood from a few", 0),
        ("stuffing out of everywhere", 0),
        ("scan out of many addresses", 0),
        ("quiet scan", 3_600_000_000_000),
        ("campaign of marketing", 0),
        ("phones behind one address", 3_600_000_000_000),
        ("ordinary day", 3_600_000_000_000),
    ] {
        let story = fleet::attack::story(name).expect("a story");
        let mut stream = parts.stream();
        assert!(stream.restore(&before));
        let (queue, _) = events_from(story, 1_760_000_000_000_000_000 - before_ns);
        let told = told(&mut stream, queue);
        let found = told
            .iter()
            .any(|(rule, _)| story.told_by.contains(&rule.as_str()));
        assert_eq!(found, story.is_attack(), "{name}: {told:?}");
        assert!(story.is_attack() || told.is_empty(), "{name}: {told:?}");
    }
}

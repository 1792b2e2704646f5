//! The same seed, start and flags give the same bytes; a larger fleet contains the smaller.

use fleet::catalogue;
use fleet::sim::{Plan, Sim};
use fleet::time::{MINUTE, Ns, SECOND};

use crate::said::{START, Said, plan};

/// All requests of a run as bytes, made in steps of this length.
fn bytes(plan: Plan, step: Ns) -> Vec<Vec<u8>> {
    let mut now = plan.origin;
    let mut sim = Sim::new(plan);
    sim.end_at(START);
    let mut requests = Vec::new();
    while now < START {
        now = (now + step).min(START);
        sim.advance(now);
        requests.extend(sim.requests(now, false));
    }
    sim.finish(START);
    requests.extend(sim.requests(Ns::MAX, true));
    requests
        .iter()
        .map(fleet::otlp::batch::Request::protobuf)
        .collect()
}

#[test]
fn the_same_plan_gives_the_same_bytes_in_whatever_steps() {
    let incidents = "incidents:\n\
        - { at: -40m, for: 9m, function: 'c*', kind: retry_storm, retries: 2 }\n\
        - { at: -30m, for: 10m, function: checkout, kind: traffic }\n";
    let first = bytes(plan(1, 1, incidents), MINUTE);
    assert!(first.len() > 10);
    assert_eq!(first, bytes(plan(1, 1, incidents), MINUTE));
    assert_eq!(first, bytes(plan(1, 1, incidents), 7 * SECOND));
    assert_ne!(first, bytes(plan(2, 1, incidents), MINUTE));
}

#[test]
fn more_functions_change_nothing_for_those_before() {
    let small = Said::of(plan(3, 1, ""));
    let functions = catalogue::fleet(3, Some(40)).unwrap();
    let large = Said::of(Plan {
        functions,
        ..plan(3, 1, "")
    });
    for function in &small.functions {
        let name = function.name.as_str();
        let (a, b): (Vec<_>, Vec<_>) =
            (small.true_of(name).collect(), large.true_of(name).collect());
        assert_eq!(a, b, "{name}");
        assert!(!a.is_empty(), "{name}");
    }
    assert!(large.items.len() > small.items.len());
}

#[test]
fn an_incident_leaves_other_functions_and_other_times_alone() {
    let incidents = "incidents:\n- { at: -30m, for: 20m, function: image-resize, kind: errors }\n";
    let (usual, hit) = (Said::of(plan(3, 1, "")), Said::of(plan(3, 1, incidents)));
    let from = START - 30 * MINUTE;
    for function in &usual.functions {
        let before = |said: &Said| -> Vec<String> {
            let lines = said.true_of(&function.name).filter(|t| {
                function.name != "image-resize" || t["start_unix_nano"].as_u64().unwrap() < from
            });
            lines.map(ToString::to_string).collect()
        };
        assert_eq!(before(&usual), before(&hit), "{}", function.name);
    }
    let errors = |said: &Said| {
        said.true_of("image-resize")
            .filter(|t| t["status"] == "error")
            .count()
    };
    assert!(errors(&hit) > errors(&usual));
}

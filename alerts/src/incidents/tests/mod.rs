//! A small shop: `a`, `b` and `c` call `auth`; `web` calls `a`; `pay` calls a peer; `lone` calls nobody.

mod book;
mod properties;

use store::model::{Severity, UnixNano};
use store::read::calls::CallRow;

use super::*;

/// The onset of trouble, s since the epoch.
const ONSET_S: i64 = 1_795_000_020;

fn id(name: &str) -> String {
    format!("aws:1:eu:{name}")
}

fn signal(name: &str, kind: &str, began_s: i64) -> Signal {
    Signal {
        id: format!("{name}-{kind}-{began_s}"),
        kind: kind.to_owned(),
        place: id(name),
        version: String::new(),
        severity: Severity::Critical,
        title: format!("{kind} of {name}"),
        began_at: UnixNano::from_secs(began_s),
        detected_at: UnixNano::from_secs(began_s + 120),
        ended_at: None,
    }
}

/// A minute's calls from one to another; of the failed ones, all callers failed too.
fn calls(from: &str, to: &str, calls: u64, failed: u64, each_ms: u64) -> CallRow {
    CallRow {
        caller: if from.is_empty() {
            String::new()
        } else {
            id(from)
        },
        address: if from.is_empty() {
            String::new()
        } else {
            format!("peer:{to}.example")
        },
        callee: if to.starts_with("peer") {
            String::new()
        } else {
            id(to)
        },
        calls,
        failed_calls: failed,
        failed_both: if from.is_empty() { 0 } else { failed },
        duration_sum_ns: calls * each_ms * 1_000_000,
    }
}

/// The share of calls to `broken` that fail from the onset on, for an hour around it.
fn shop(broken: &[&str]) -> Topology {
    let mut topology = Topology::default();
    for minute in -70..15_i64 {
        let minute_s = (ONSET_S.div_euclid(60) + minute) * 60;
        let bad = |to: &str| minute >= 0 && broken.contains(&to);
        let failing = |to: &str, n: u64| if bad(to) { n * 8 / 10 } else { 0 };
        let via = |to: &str| failing(to, 20) + failing("auth", 20).min(20 - failing(to, 20));
        let mut rows = vec![
            calls("a", "auth", 20, failing("auth", 20), 30),
            calls("b", "auth", 20, failing("auth", 20), 30),
            calls("c", "auth", 20, failing("auth", 20), 30),
            calls("web", "a", 20, via("a"), 60),
            calls("pay", "peer-bank", 20, failing("peer-bank", 20), 90),
            calls("ship", "peer-bank", 20, failing("peer-bank", 20), 90),
        ];
        for name in ["a", "b", "c"] {
            rows.push(calls("", name, 20, via(name), 50));
        }
        rows.push(calls("", "web", 20, via("a"), 80));
        rows.push(calls("", "auth", 60, failing("auth", 60), 20));
        rows.push(calls("", "lone", 20, failing("lone", 20), 20));
        for name in ["pay", "ship"] {
            rows.push(calls("", name, 20, failing("peer-bank", 20), 100));
        }
        topology.see(minute_s, &rows);
    }
    topology
}

/// The clusters as sorted lists of ids, and where their causes are.
fn clusters(signals: &[Signal], topology: &Topology) -> Vec<(String, Vec<String>)> {
    let placed: Vec<Placed> = signals
        .iter()
        .map(|s| Placed::new(s.clone(), topology))
        .collect();
    let clusters = partition(&placed).into_iter().map(|cluster| {
        let ids = cluster
            .members
            .iter()
            .map(|(signal, _, _)| signal.id.clone());
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        (cluster.place, ids)
    });
    let mut clusters: Vec<_> = clusters.collect();
    clusters.sort();
    clusters
}

#[test]
fn callers_blame_what_they_call_down_to_where_calls_end() {
    let topology = shop(&["auth"]);
    let blamed = |name: &str| blame(&signal(name, "error_rate", ONSET_S), &topology);
    assert_eq!(blamed("a").place, id("auth"));
    let web = blamed("web");
    assert_eq!(web.place, id("auth"));
    let way: Vec<&str> = web.way.iter().map(|hop| hop.to.as_str()).collect();
    assert_eq!(way, [id("a"), id("auth")]);
    assert_eq!(
        web.way[0].why,
        "100 % of its failures had a failed call to it"
    );
    assert_eq!(blamed("auth").place, id("auth"));
    assert_eq!(blamed("lone").place, id("lone"));
}

#[test]
fn a_dependency_outage_is_one_incident_and_an_unrelated_one_its_own() {
    let topology = shop(&["auth", "lone"]);
    let signals = [
        signal("web", "error_rate", ONSET_S + 60),
        signal("a", "error_rate", ONSET_S),
        signal("b", "timeouts", ONSET_S + 120),
        signal("auth", "error_rate", ONSET_S),
        signal("lone", "error_rate", ONSET_S),
    ];
    let found = clusters(&signals, &topology);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        (found[0].0.as_str(), found[0].1.len()),
        (id("auth").as_str(), 4)
    );
    assert_eq!(found[1].0, id("lone"));
}

#[test]
fn callers_of_a_peer_that_sends_nothing_are_one_incident_at_the_peer() {
    let topology = shop(&["peer-bank"]);
    let signals = [
        signal("pay", "error_rate", ONSET_S),
        signal("ship", "error_rate", ONSET_S + 60),
    ];
    let found = clusters(&signals, &topology);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "peer:peer-bank.example");
}

#[test]
fn a_caller_that_fails_by_itself_is_not_the_fault_of_what_it_calls() {
    // `a` fails in its own code: none of its calls does.
    let mut topology = shop(&["a"]);
    topology.see(0, &[]);
    let signals = [
        signal("a", "error_rate", ONSET_S),
        signal("auth", "out_of_memory", ONSET_S),
        signal("web", "error_rate", ONSET_S),
    ];
    let found = clusters(&signals, &topology);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].0, id("a"), "with web, which calls it");
    assert_eq!(found[1], (id("auth"), vec![signals[1].id.clone()]));
}

#[test]
fn what_began_at_another_time_is_another_incident() {
    let topology = shop(&[]);
    let signals = [
        signal("lone", "error_rate", ONSET_S),
        signal("lone", "timeouts", ONSET_S + 20 * 60),
        signal("lone", "error_rate", ONSET_S + 120 * 60),
    ];
    let found = clusters(&signals, &topology);
    let sizes: Vec<usize> = found.iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [2, 1]);
}

#[test]
fn a_platform_and_a_silent_region_take_their_functions() {
    let mut topology = shop(&[]);
    let cohort = "aws:eu:python:arm64".to_owned();
    topology.set_cohorts([(id("a"), cohort.clone()), (id("b"), cohort.clone())].into());
    let mut platform = signal("x", "cold_start_platform_shift", ONSET_S);
    platform.place = format!("cohort:{cohort}");
    let mut region = signal("x", "silent", ONSET_S + 9_000);
    region.place = "region:aws:eu".to_owned();
    let signals = [
        platform,
        signal("a", "cold_start_shift", ONSET_S + 600),
        signal("b", "error_rate", ONSET_S + 600),
        region,
        signal("c", "silent", ONSET_S + 9_060),
        signal("lone", "silent", ONSET_S + 9_000),
    ];
    let found = clusters(&signals, &topology);
    let sizes: Vec<(&str, usize)> = found
        .iter()
        .map(|(at, ids)| (at.as_str(), ids.len()))
        .collect();
    assert_eq!(
        sizes,
        [
            ("aws:1:eu:b", 1),
            ("cohort:aws:eu:python:arm64", 2),
            ("region:aws:eu", 3)
        ]
    );
}

#[test]
fn throttles_of_one_account_at_once_are_one() {
    let topology = shop(&[]);
    let signals = [
        signal("a", "throttles", ONSET_S),
        signal("c", "throttles", ONSET_S + 120),
        signal("lone", "throttles", ONSET_S + 7_200),
    ];
    let found = clusters(&signals, &topology);
    let sizes: Vec<usize> = found.iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [1, 2]);
}

#[test]
fn an_address_that_answers_no_more_is_known_by_who_answered() {
    let mut topology = shop(&[]);
    let minute_s = ONSET_S.div_euclid(60) * 60;
    let mut gone = calls("a", "auth", 20, 20, 3);
    gone.callee = String::new();
    topology.see(minute_s, &[gone, calls("", "a", 20, 20, 10)]);
    let window = minute_s..minute_s + 60;
    let called = topology.called_by(&id("a"), &window);
    assert_eq!(called[0].0, id("auth"));
}

#[test]
fn a_slow_callee_and_a_silent_caller_are_followed_too() {
    let mut topology = Topology::default();
    for minute in -70..15_i64 {
        let minute_s = (ONSET_S.div_euclid(60) + minute) * 60;
        let trouble = minute >= 0;
        let took = if trouble { 400 } else { 30 };
        let sent = if trouble { 0 } else { 20 };
        topology.see(
            minute_s,
            &[
                calls("a", "auth", 20, 0, took),
                calls("", "a", 20, 0, took + 20),
                calls("", "auth", 20, 0, took - 5),
                calls("front", "back", sent, 0, 10),
                calls("", "back", sent + 1, 0, 10),
                calls("", "front", sent, 0, 20),
            ],
        );
    }
    assert_eq!(
        blame(&signal("a", "slow", ONSET_S), &topology).place,
        id("auth")
    );
    assert_eq!(
        blame(&signal("back", "silent", ONSET_S), &topology).place,
        id("front")
    );
    assert_eq!(
        blame(&signal("a", "memory_growth", ONSET_S), &topology).place,
        id("a")
    );
}

//! A fleet played in process: the same invocations as over the wire, and incidents that do what they say.

use fleet::catalogue;
use fleet::function::Function;
use fleet::history::{self, Event, Fact};
use fleet::scenario::{self, Scenario};
use fleet::sim::Plan;
use fleet::time::{DAY, HOUR, Ns, to_ms};

use crate::said::{START, Said, plan};

/// What happened to the named fleet, the incidents' offsets counting from the end.
fn played(seed: u64, hours: u64, incidents: &str) -> (Vec<Fact>, Vec<Event>) {
    let (mut facts, mut rest) = (Vec::new(), Vec::new());
    history::play(plan(seed, hours, incidents), START, |event| match event {
        Event::Invocation(fact) => facts.push(fact),
        Event::Until(_) => {}
        other => rest.push(other),
    });
    (facts, rest)
}

fn place(name: &str) -> usize {
    let all = catalogue::named().unwrap();
    all.iter().position(|f| f.name == name).unwrap()
}

fn of<'a>(facts: &'a [Fact], name: &str, from: Ns, until: Ns) -> Vec<&'a Fact> {
    let function = place(name);
    let inside = |f: &&Fact| f.function == function && (from..until).contains(&f.started);
    facts.iter().filter(inside).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const TROUBLE: &str = "incidents:\n\
    - { at: -2h, for: 1h, function: 'c*', kind: retry_storm, retries: 2 }\n\
    - { at: -2h, for: 1h, function: 'order-events', kind: throttles, rate: 0.5 }\n\
    - { at: -1h, for: 1h, function: 'order-events, invoice-pdf', kind: recursion, turns: 9 }\n\
    - { at: -1h, function: checkout, kind: deploy, memory_mb: 1024, arch: arm64 }\n";

#[test]
fn who_says_nothing_plays_the_same() {
    let told = Said::of(plan(6, 3, TROUBLE));
    let (facts, _) = played(6, 3, TROUBLE);
    let names: Vec<String> = told.functions.iter().map(|f| f.name.clone()).collect();
    let lines = told.truth.iter().filter(|t| t["kind"] == "invocation");
    let mut count = 0;
    for (line, fact) in lines.zip(&facts) {
        assert_eq!(line["name"], names[fact.function].as_str());
        assert_eq!(line["start_unix_nano"], fact.started, "{line}");
        assert_eq!(line["end_unix_nano"], fact.ended, "{line}");
        assert_eq!(line["status"], fact.status, "{line}");
        assert_eq!(line["version"], fact.version.label.as_str(), "{line}");
        assert_eq!(line["arch"], fact.version.spec.arch.name(), "{line}");
        assert_eq!(line["memory_used_mb"], fact.memory_used_mb, "{line}");
        assert_eq!(line["cold_start"], fact.init.is_some(), "{line}");
        count += 1;
    }
    assert_eq!(count, facts.len());
    assert!(count > 10_000);
}

#[test]
fn a_deploy_changes_what_it_says_and_a_rollback_takes_it_back() {
    let deploy = "incidents:\n\
        - { at: -6h, for: 3h, function: cart, kind: deploy, init_factor: 1.44, duration_factor: 1.2, \
            memory_factor: 1.5, life_factor: 0.25, error_rate: 0.1, timeout_rate: 0.02, \
            memory_mb: 128, runtime: node, arch: x86_64, region: us-east-1 }\n";
    let (facts, rest) = played(6, 9, deploy);
    let spans = [(9, 6), (6, 3), (3, 0)].map(|(a, b)| {
        let during = of(&facts, "cart", START - a * HOUR, START - b * HOUR);
        assert!(during.len() > 300);
        during
    });
    let share = |facts: &[&Fact], is: fn(&Fact) -> bool| {
        facts.iter().filter(|f| is(f)).count() as f64 / facts.len() as f64
    };
    let [before, after, back] = [0, 1, 2].map(|n| &spans[n]);
    let cold = |f: &Fact| f.init.is_some();
    assert!(share(after, cold) > 1.5 * share(before, cold));
    assert!((0.07..0.16).contains(&share(after, |f| f.status == "error")));
    assert!((0.005..0.05).contains(&share(after, |f| f.status == "timeout")));
    let version = |facts: &[&Fact]| facts[facts.len() / 2].version.clone();
    let spec = version(after).spec.clone();
    assert_eq!((spec.memory_mb, spec.arch.name()), (128, "x86_64"));
    assert_eq!(
        (spec.runtime.sdk_language(), spec.region.as_str()),
        ("nodejs", "us-east-1")
    );
    let used = |facts: &[&Fact]| {
        let of_one = |f: &&Fact| f64::from(f.memory_used_mb) / f64::from(f.version.spec.memory_mb);
        median(facts.iter().map(of_one).collect())
    };
    assert!((1.4..1.6).contains(&(used(after) / used(before))));
    assert_eq!(version(before).label, version(back).label);
    assert_eq!(version(back).spec.memory_mb, 256);
    let deployed = rest
        .iter()
        .filter(|e| matches!(e, Event::Deploy { function, .. } if *function == place("cart")));
    assert_eq!(deployed.count(), 2);
}

#[test]
fn a_platform_shift_is_everybodys_of_that_runtime() {
    let shift = "incidents:\n\
        - { at: -12h, for: 12h, function: 'runtime:nodejs', kind: platform_shift, factor: 1.3 }\n";
    let ((usual, _), (hit, _)) = (played(6, 12, ""), played(6, 12, shift));
    let init = |facts: &[Fact], name: &str| {
        let cold = of(facts, name, 0, Ns::MAX)
            .into_iter()
            .filter_map(|f| f.init);
        median(cold.map(to_ms).collect())
    };
    for (name, factor) in [("checkout", 1.3), ("auth-token", 1.3), ("cart", 1.0)] {
        let ratio = init(&hit, name) / init(&usual, name);
        assert!((ratio / factor - 1.0).abs() < 0.03, "{name}: {ratio}");
    }
}

#[test]
fn a_loop_of_messages_multiplies_both_and_ends_with_its_incident() {
    let looping = "incidents:\n\
        - { at: -2h, for: 1h, function: 'order-events, stock-sync', kind: recursion, rate: 0.2, \
            turns: 40 }\n";
    let ((usual, _), (hit, _)) = (played(6, 3, ""), played(6, 3, looping));
    for name in ["order-events", "stock-sync"] {
        let n = |facts: &[Fact], a: u64, b: u64| {
            of(facts, name, START - a * HOUR, START - b * HOUR).len() as f64
        };
        let (during, after) = (
            n(&hit, 2, 1) / n(&usual, 2, 1),
            n(&hit, 1, 0) / n(&usual, 1, 0),
        );
        assert!(during > 3.0, "{name}: {during}");
        assert!((0.9..1.1).contains(&after), "{name}: {after}");
        assert_eq!(n(&hit, 3, 2), n(&usual, 3, 2), "{name} before");
    }
}

#[test]
fn throttled_and_killed_invocations_are_counted_as_such() {
    let text = "incidents:\n\
        - { at: -1h, for: 1h, function: edge-router, kind: throttles, rate: 0.4 }\n\
        - { at: -1h, for: 1h, function: fraud-score, kind: out_of_memory, rate: 0.3 }\n";
    let ((usual, _), (hit, _)) = (played(6, 1, ""), played(6, 1, text));
    let all = |facts: &[Fact], name: &str| of(facts, name, 0, Ns::MAX).len() as f64;
    let ran = all(&hit, "edge-router") / all(&usual, "edge-router");
    assert!((0.55..0.65).contains(&ran), "{ran}");
    let killed = of(&hit, "fraud-score", 0, Ns::MAX);
    let share = killed.iter().filter(|f| f.status == "oom").count() as f64 / killed.len() as f64;
    assert!((0.2..0.4).contains(&share), "{share}");
}

#[test]
fn messages_lag_further_and_further_behind() {
    let lag = "incidents:\n\
        - { at: -3h, for: 3h, function: order-events, kind: lag, s_per_hour: 1200 }\n";
    let ((usual, _), (hit, _)) = (played(6, 3, ""), played(6, 3, lag));
    let n = |facts: &[Fact]| of(facts, "order-events", START - HOUR, START).len();
    // What was sent in the last 20 to 60 minutes is still under way.
    let (now, late) = (n(&usual), n(&hit));
    assert!(late < now && late > 0, "{late} of {now}");
}

/// 50 functions over 35 days at a fiftieth of their traffic.
fn month(functions: Vec<Function>) -> Plan {
    Plan {
        functions,
        scenario: Scenario::default(),
        origin: START - 35 * DAY,
        backfill: 35 * DAY,
        rate: 0.02,
        ..plan(1, 1, "")
    }
}

#[test]
fn a_month_of_fifty_functions_is_played_in_process() {
    let functions = catalogue::fleet(1, Some(50)).unwrap();
    let leak = "incidents:\n- { at: -5d, for: forever, function: cart, kind: growth }\n";
    let mut month = month(functions);
    month.scenario = scenario::parse(leak, START, &month.functions).unwrap();
    let mut hours = vec![0_u32; 35 * 24];
    let mut cart_ms = [(0.0, 0); 35];
    let (origin, cart) = (month.origin, place("cart"));
    history::play(month, START, |event| {
        let Event::Invocation(fact) = event else {
            return;
        };
        // Whoever waits for a cold start at the end begins after it.
        let since = fact.started - origin;
        if let Some(hour) = hours.get_mut((since / HOUR) as usize) {
            *hour += 1;
        }
        if fact.function == cart
            && let Some((ms, n)) = cart_ms.get_mut((since / DAY) as usize)
        {
            *ms += to_ms(fact.duration());
            *n += 1;
        }
    });
    assert!(hours.iter().all(|n| *n > 0), "nobody is silent for an hour");
    let mean = |day: usize| cart_ms[day].0 / f64::from(cart_ms[day].1);
    let (before, last) = (mean(20), mean(34));
    assert!(
        last > 3.0 * before,
        "{before} ms, {last} ms after five days"
    );
}

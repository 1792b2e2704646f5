use serde_json::{Value, json};

use super::super::{Correlator, Memory, RuleSet};
use super::{build, correlated, set};

/// Rules `fail` and `ok` over `outcome`, and a correlation with this section.
fn with(section: &str) -> String {
    let rule = |name: &str| {
        format!(
            "title: {name}\nname: {name}\nlogsource: {{product: any}}\n\
             detection: {{s: {{outcome: {name}}}, condition: s}}\n---\n"
        )
    };
    format!(
        "{}{}title: together\nid: c\ncorrelation:\n{section}\n",
        rule("fail"),
        rule("ok")
    )
}

fn event(at_s: i64, outcome: &str, user: &str) -> Value {
    json!({"time": at_s, "outcome": outcome, "user": user, "n": at_s})
}

/// The numbers of the events that complete the correlation.
fn completed(section: &str, events: &[Value]) -> Vec<usize> {
    let told = correlated(&set(&with(section)), events);
    told.into_iter().map(|(number, _)| number).collect()
}

const COUNT: &str = "  type: event_count\n  rules: [fail]\n  group-by: [user]\n  timespan: 10s\n";

#[test]
fn events_are_counted_by_group_within_the_time_span_and_told_once() {
    let section = format!("{COUNT}  condition: {{gte: 3}}");
    let fails =
        |times: &[i64]| -> Vec<Value> { times.iter().map(|at| event(*at, "fail", "a")).collect() };
    assert_eq!(completed(&section, &fails(&[1, 2, 3])), [2]);
    assert_eq!(
        completed(&section, &fails(&[1, 2, 3, 4, 5])),
        [2],
        "it goes on"
    );
    assert_eq!(
        completed(&section, &fails(&[1, 2, 3, 100, 101, 102])),
        [2, 5],
        "it begins again"
    );
    assert_eq!(
        completed(&section, &fails(&[1, 6, 11])),
        [2],
        "the span includes its ends"
    );
    assert!(completed(&section, &fails(&[1, 6, 12])).is_empty());
    let users = [
        event(1, "fail", "a"),
        event(2, "fail", "b"),
        event(3, "fail", "a"),
        event(4, "ok", "a"),
    ];
    assert!(completed(&section, &users).is_empty());
    let nobody = [
        json!({"time": 1, "outcome": "fail"}),
        json!({"time": 1, "outcome": "fail"}),
        json!({"time": 1, "outcome": "fail"}),
    ];
    assert!(
        completed(&section, &nobody).is_empty(),
        "events without the field are in no group"
    );
    let all = "  type: event_count\n  rules: fail\n  timespan: 1h\n  condition: {gt: 1, lte: 2}";
    assert_eq!(
        completed(all, &users),
        [1],
        "without `group-by` all are one group"
    );
}

#[test]
fn different_values_are_counted() {
    let section = "  type: value_count\n  rules: [fail]\n  group-by: [ip]\n  timespan: 1m\n  \
                   condition: {field: user, gte: 3}";
    let of = |users: &[&str]| -> Vec<Value> {
        let event = |user: &&str| json!({"time": 1, "outcome": "fail", "ip": "x", "user": user});
        users.iter().map(event).collect()
    };
    assert_eq!(completed(section, &of(&["a", "b", "a", "c", "d"])), [3]);
    assert!(completed(section, &of(&["a", "b", "a", "b"])).is_empty());
    let two = section.replace("field: user", "field: [user, n]");
    let events: Vec<Value> = (0..3)
        .map(|n| json!({"time": 1, "outcome": "fail", "ip": "x", "user": "a", "n": n}))
        .collect();
    assert_eq!(
        completed(&two, &events),
        [2],
        "of several fields the combinations"
    );
}

#[test]
fn sums_means_and_percentiles_of_a_field() {
    let of = |kind: &str, condition: &str, numbers: &[i64]| {
        let section = format!(
            "  type: {kind}\n  rules: [fail]\n  timespan: 1m\n  condition: {{field: n, {condition}}}"
        );
        let event = |n: &i64| json!({"time": 1, "outcome": "fail", "n": n});
        completed(&section, &numbers.iter().map(event).collect::<Vec<_>>())
    };
    assert_eq!(of("value_sum", "gt: 10", &[5, 5, 1]), [2]);
    assert_eq!(of("value_avg", "gt: 4", &[1, 2, 30]), [2]);
    assert_eq!(of("value_median", "gte: 3", &[1, 2, 3, 4, 5]), [4]);
    assert_eq!(
        of("value_percentile", "percentile: 100, gte: 9", &[1, 9]),
        [1]
    );
    // Without a percentile: the share of the newest value in percent.
    assert_eq!(of("value_percentile", "lte: 25", &[1, 1, 1, 2, 1]), [3]);
}

#[test]
fn rules_match_near_one_another_in_any_order_or_in_theirs() {
    let near = "  type: temporal\n  rules: [fail, ok]\n  group-by: [user]\n  timespan: 10s";
    let ordered = near.replace("temporal", "temporal_ordered");
    let (fail, ok) = (|at| event(at, "fail", "a"), |at| event(at, "ok", "a"));
    for (events, any, in_order) in [
        (vec![fail(1), ok(2)], vec![1], vec![1]),
        (vec![ok(1), fail(2)], vec![1], vec![]),
        (vec![ok(1), fail(2), ok(3)], vec![1], vec![2]),
        (vec![fail(1), ok(20)], vec![], vec![]),
        (vec![fail(1), event(2, "ok", "b")], vec![], vec![]),
        (
            vec![fail(1), ok(2), ok(3), fail(4), ok(5)],
            vec![1, 3],
            vec![1, 4],
        ),
    ] {
        assert_eq!(completed(near, &events), any, "{events:?}");
        assert_eq!(completed(&ordered, &events), in_order, "{events:?}");
    }
    let one = format!("{near}\n  condition: {{gte: 1}}");
    assert_eq!(completed(&one, &[fail(1)]), [0], "so many of the rules");
}

#[test]
fn late_events_stand_where_their_time_puts_them() {
    let ordered =
        "  type: temporal_ordered\n  rules: [fail, ok]\n  group-by: [user]\n  timespan: 10s";
    assert_eq!(
        completed(ordered, &[event(5, "ok", "a"), event(3, "fail", "a")]),
        [1]
    );
}

#[test]
fn an_alias_is_another_field_in_each_rules_events() {
    let section = "  type: temporal\n  rules: [fail, ok]\n  group-by: [who]\n  timespan: 1m\n  \
                   aliases: {who: {fail: user, ok: actor}}";
    let fail = json!({"time": 1, "outcome": "fail", "user": "a", "actor": "b"});
    let ok = |actor: &str| json!({"time": 2, "outcome": "ok", "user": "b", "actor": actor});
    assert_eq!(completed(section, &[fail.clone(), ok("a")]), [1]);
    assert!(completed(section, &[fail, ok("b")]).is_empty());
}

#[test]
fn correlations_look_at_correlations() {
    let text = with(&format!("{COUNT}  condition: {{gte: 3}}")).replace("id: c", "name: many")
        + "---\ntitle: taken over\nid: t\ncorrelation:\n  type: temporal_ordered\n  rules: [many, ok]\n  \
           group-by: [user]\n  timespan: 10s\n";
    let set = set(&text);
    let mut events: Vec<Value> = (1..=30).map(|at| event(at, "fail", "a")).collect();
    events.push(event(31, "ok", "a"));
    // Its beginning is long past when the success comes, but it goes on.
    assert_eq!(
        correlated(&set, &events),
        [(30, "t".to_owned())],
        "the inner one only serves"
    );
    events.drain(2..30);
    assert!(correlated(&set, &events).is_empty());
}

#[test]
fn rules_that_serve_a_correlation_are_told_on_their_own_only_if_it_says_so() {
    let section = format!("{COUNT}  condition: {{gte: 3}}");
    let told = |text: &str| set(text).matches(&[], &event(1, "fail", "a")).rules.len();
    assert_eq!(told(&with(&section)), 0);
    assert_eq!(told(&with(&format!("{section}\n  generate: true"))), 1);
    assert_eq!(
        told(&format!("{}generate: true\n", with(&section))),
        1,
        "or beside it"
    );
}

#[test]
fn what_is_no_correlation_is_refused_with_the_reason() {
    let good = format!("{COUNT}  condition: {{gte: 3}}");
    for (section, reason) in [
        (
            good.replace("event_count", "event_sum"),
            "no type of correlation",
        ),
        (
            good.replace("[fail]", "[gone]"),
            "\"gone\" is no rule that is loaded",
        ),
        (good.replace("[fail]", "[]"), "`rules` names no rule"),
        (good.replace("10s", "10"), "no time span"),
        (good.replace("10s", "10M"), "no time span"),
        (good.replace("10s", "999999d"), "no time span"),
        (
            good.replace("  timespan: 10s\n", ""),
            "`timespan` is missing",
        ),
        (good.replace("gte: 3", "ge: 3"), "\"ge\" is no comparison"),
        (good.replace("gte: 3", "gte: many"), "`gte` takes a number"),
        (good.replace("gte: 3", ""), "compares with nothing"),
        (good.replace("gte: 3", "gte: 100000"), "counted up to"),
        (
            good.replace("gte: 3", "field: x, gte: 3"),
            "takes no `field`",
        ),
        (
            good.replace("event_count", "value_count"),
            "needs a `field`",
        ),
        (
            good.replace("group-by", "groupby"),
            "\"groupby\" is no key of a correlation",
        ),
        (COUNT.to_owned(), "needs a `condition`"),
        (good.replace("[fail]", "[c]"), "refers to itself"),
    ] {
        let faults = build(&with(&section)).expect_err(&section);
        assert!(faults[0].reason.contains(reason), "{section}: {faults:?}");
        assert!(faults[0].at.line > 11, "{faults:?}");
    }
}

#[test]
fn what_is_remembered_can_be_saved_and_goes_on_under_a_changed_set() {
    let text = with(&format!("{COUNT}  condition: {{gte: 3}}"));
    let before = set(&text);
    let mut correlator = Correlator::default();
    let told = |set: &RuleSet, correlator: &mut Correlator, at_s| -> usize {
        let hits = set.matches(&[], &event(at_s, "fail", "a")).hits;
        hits.iter().map(|hit| correlator.add(set, hit).len()).sum()
    };
    assert_eq!(
        told(&before, &mut correlator, 1) + told(&before, &mut correlator, 2),
        0
    );
    let saved = postcard::to_allocvec(&correlator.memory(&before)).expect("bytes");
    let memory = || postcard::from_bytes::<Memory>(&saved).expect("the same");
    let other =
        "title: other\nlogsource: {product: any}\ndetection: {s: {x: 1}, condition: s}\n---\n";
    let after = set(&format!("{other}{text}"));
    let mut going_on = Correlator::remembering(&after, memory());
    assert_eq!(told(&after, &mut going_on, 3), 1);
    let without = set(other);
    assert_eq!(
        told(
            &without,
            &mut Correlator::remembering(&without, memory()),
            3
        ),
        0
    );
}

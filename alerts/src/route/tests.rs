use proptest::prelude::*;

use super::*;
use crate::config::{Config, Duration, GroupBy, RouteConfig};
use crate::matchers::{Matcher, Operator};
use crate::model::Labels;

const YAML: &str = r#"
receivers: [{name: all}, {name: db}, {name: web}, {name: pager}, {name: audit}]
time_intervals: [{name: night}]
route:
  receiver: all
  group_by: [alertname, cluster]
  group_wait: 10s
  labels: {tier: "1", unit: ops}
  routes:
  - receiver: audit
    matchers: [audit="yes"]
    continue: true
  - matchers: [team="db"]
    receiver: db
    group_by: []
    mute_time_intervals: [night]
    labels: {tier: "2"}
    routes:
    - matchers: [severity=~"page|critical", env!="test"]
      receiver: pager
      group_interval: 1m
    - matchers: [severity="page"]
      group_by: ['...']
  - matchers: ['{team=~"web.*"}']
    receiver: web
  - matchers: [team="web"]
    receiver: db
"#;

fn tree() -> Tree {
    Tree::new(&Config::parse(YAML).unwrap_or_else(|f| panic!("{f}")).root)
}

fn labels(text: &str) -> Labels {
    let words = text.split_whitespace();
    words.filter_map(|word| word.split_once('=')).collect()
}

#[test]
fn an_alert_ends_at_the_deepest_match_and_goes_on_only_where_told_to() {
    let tree = tree();
    for (alert, want) in [
        ("", "all"),
        ("team=x", "all"),
        ("audit=yes", "audit"),
        ("audit=yes team=db", "audit,db"),
        ("team=db severity=page", "pager"),
        ("team=db severity=page env=test", "db"),
        ("team=db severity=critical env=test", "db"),
        ("team=web", "web"),
        ("team=webshop audit=yes severity=page", "audit,web"),
        ("team=dbx", "all"),
    ] {
        let found = tree.routes(&labels(alert));
        let names = found
            .iter()
            .map(|id| tree.node(*id).options.receiver.as_str());
        assert_eq!(names.collect::<Vec<_>>().join(","), want, "{alert}");
    }
}

#[test]
fn children_inherit_what_they_do_not_say_except_their_times() {
    let tree = tree();
    let at = |alert: &str| tree.node(tree.routes(&labels(alert))[0]).options.clone();
    let pager = at("team=db severity=page");
    assert_eq!(pager.group_wait, Duration::from_secs(10));
    assert_eq!(pager.group_interval, Duration::from_secs(60));
    assert_eq!(pager.repeat_interval, Duration::from_secs(4 * 3_600));
    assert_eq!(
        pager.group_by,
        GroupBy::Labels(vec![]),
        "[] replaces the parent's"
    );
    assert!(pager.mute_time_intervals.is_empty());
    assert_eq!(
        pager.labels,
        [("tier", "2"), ("unit", "ops")].into_iter().collect()
    );
    let test = at("team=db severity=page env=test");
    assert_eq!(
        (test.receiver.as_str(), test.group_by),
        ("db", GroupBy::All)
    );
    assert_eq!(at("team=db").mute_time_intervals, ["night"]);
}

#[test]
fn keys_and_paths_are_alertmanager_s_texts() {
    let tree = tree();
    let alert = labels("team=db severity=page env=test alertname=A");
    let id = tree.routes(&alert)[0];
    assert_eq!(tree.node(id).key, r#"{}/{team="db"}/{severity="page"}"#);
    assert_eq!(
        tree.node(id).path,
        r#"{}/{team="db"}/1/{severity="page"}/1"#
    );
    let group = tree.group_labels(id, &alert);
    assert_eq!(
        tree.group_key(id, &group),
        r#"{}/{team="db"}/{severity="page"}:{alertname="A", env="test", severity="page", team="db"}"#
    );
    let other = labels("alertname=A instance=1");
    let id = tree.routes(&other)[0];
    assert_eq!(
        tree.group_key(id, &tree.group_labels(id, &other)),
        r#"{}:{alertname="A"}"#
    );
}

#[test]
fn the_tree_prints_as_people_know_it() {
    let tree = tree();
    let want = r#".
└── default-route
    ├── {audit="yes"}
    └── {team="db"}
        └── {env!="test",severity=~"page|critical"}  receiver: pager
"#;
    let want = want.replace("{audit=\"yes\"}\n", "{audit=\"yes\"}  receiver: audit\n");
    assert_eq!(
        matching(&tree, &labels("audit=yes team=db severity=page")),
        want
    );
    let whole = whole(&tree);
    assert!(
        whole.starts_with(".\n└── default-route  receiver: all\n"),
        "{whole}"
    );
    assert!(
        whole.contains("    ├── {audit=\"yes\"}  continue: true  receiver: audit\n"),
        "{whole}"
    );
    assert!(whole.contains("    │   ├── {env!=\"test\""), "{whole}");
}

/// The walk as it is documented, without any index.
fn naive(tree: &Tree, id: RouteId, labels: &Labels) -> Vec<RouteId> {
    let node = tree.node(id);
    if !node.matchers.matches(labels) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for child in &node.children {
        let found = naive(tree, *child, labels);
        let matched = !found.is_empty();
        all.extend(found);
        if matched && !tree.node(*child).continues {
            break;
        }
    }
    if all.is_empty() {
        all.push(id);
    }
    all
}

fn any_matcher() -> impl Strategy<Value = Matcher> {
    let operators = prop_oneof![
        4 => Just(Operator::Equal),
        1 => Just(Operator::NotEqual),
        2 => Just(Operator::Matches),
        1 => Just(Operator::NotMatches),
    ];
    (
        "[abc]",
        operators,
        "(|[xyz]|[xyz]\\|[xyz]|[xyz]\\|[xyz]\\|x|\\.\\*|x\\?|x\\|)",
    )
        .prop_map(|(name, op, value)| Matcher::new(name, op, value).expect("a plain expression"))
}

fn any_route() -> impl Strategy<Value = RouteConfig> {
    let leaf = (prop::collection::vec(any_matcher(), 0..3), any::<bool>());
    let leaf = leaf.prop_map(|(matchers, continues)| RouteConfig {
        matchers: matchers.into_iter().collect(),
        continues,
        ..RouteConfig::default()
    });
    leaf.prop_recursive(3, 60, 12, |inner| {
        let own = (prop::collection::vec(any_matcher(), 0..3), any::<bool>());
        (own, prop::collection::vec(inner, 0..12)).prop_map(|((matchers, continues), routes)| {
            RouteConfig {
                matchers: matchers.into_iter().collect(),
                continues,
                routes,
                ..RouteConfig::default()
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_index_never_changes_where_an_alert_ends(
        routes in prop::collection::vec(any_route(), 0..12),
        alerts in prop::collection::vec(prop::collection::btree_map("[abcd]", "[xyz]?", 0..4), 20),
    ) {
        let root = RouteConfig { receiver: Some("all".into()), routes, ..RouteConfig::default() };
        let tree = Tree::new(&root);
        for alert in alerts {
            let labels: Labels = alert.into_iter().collect();
            prop_assert_eq!(tree.routes(&labels), naive(&tree, tree.root(), &labels));
        }
    }
}

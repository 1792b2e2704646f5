//! The walk of an alert through the tree, with every condition that held and that did not.

use serde::Serialize;

use crate::model::Labels;
use crate::route::{Node, RouteId, Tree};

/// Nodes that do not match and are shown, of one parent; of more, it is said how many there were.
const FAILED_MAX: usize = 20;

/// A condition and what it met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `team="db"`.
    pub matcher: String,
    /// The label's value; none when it is absent.
    pub value: Option<String>,
    /// Whether it is satisfied.
    pub holds: bool,
}

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It matches, and none of its children does: the alert ends here.
    Ends,
    /// It matches, and so does a child.
    Passes,
    /// It does not match.
    Fails,
    /// So many more that do not match.
    FailToo(usize),
    /// So many that nobody asked, for one before them matched and does not continue.
    Unasked(usize),
}

/// A node of the walk, or several that are not shown one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From 0, the root's.
    pub depth: usize,
    /// What became of it.
    pub verdict: Verdict,
    /// Its path; empty where several are meant.
    pub path: String,
    /// Who would be told.
    pub receiver: String,
    /// Whether later siblings see the alert too.
    pub continues: bool,
    /// Its conditions; none at the root.
    pub checks: Vec<Check>,
}

/// The walk of an alert of these labels, from the root on.
#[must_use]
pub fn walk(tree: &Tree, labels: &Labels) -> Vec<Step> {
    let mut steps = Vec::new();
    visit(tree, tree.root(), labels, 0, &mut steps);
    steps
}

fn visit(tree: &Tree, id: RouteId, labels: &Labels, depth: usize, steps: &mut Vec<Step>) {
    let node = tree.node(id);
    let own = steps.len();
    steps.push(step(node, labels, depth, Verdict::Ends));
    let mut failed = 0;
    let mut asked = 0;
    for child in &node.children {
        asked += 1;
        let next = tree.node(*child);
        if !next.matchers.matches(labels) {
            failed += 1;
            if failed <= FAILED_MAX {
                steps.push(step(next, labels, depth + 1, Verdict::Fails));
            }
            continue;
        }
        steps[own].verdict = Verdict::Passes;
        visit(tree, *child, labels, depth + 1, steps);
        if !next.continues {
            break;
        }
    }
    let others = [
        Verdict::FailToo(failed.saturating_sub(FAILED_MAX)),
        Verdict::Unasked(node.children.len() - asked),
    ];
    for verdict in others {
        if !matches!(verdict, Verdict::FailToo(0) | Verdict::Unasked(0)) {
            steps.push(Step {
                depth: depth + 1,
                verdict,
                path: String::new(),
                receiver: String::new(),
                continues: false,
                checks: Vec::new(),
            });
        }
    }
}

fn step(node: &Node, labels: &Labels, depth: usize, verdict: Verdict) -> Step {
    let checks = node.matchers.iter().map(|matcher| Check {
        matcher: matcher.to_string(),
        value: labels.get(&matcher.name).map(str::to_owned),
        holds: matcher.matches(labels.value(&matcher.name)),
    });
    Step {
        depth,
        verdict,
        path: node.path.clone(),
        receiver: node.options.receiver.clone(),
        continues: node.continues,
        checks: checks.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn tree(yaml: &str) -> Tree {
        Tree::new(&Config::parse(yaml).expect("a configuration").root)
    }

    fn labels(text: &str) -> Labels {
        let words = text.split_whitespace();
        words.filter_map(|word| word.split_once('=')).collect()
    }

    /// `depth verdict receiver: checks`, those that fail in brackets.
    fn lines(tree: &Tree, alert: &str) -> Vec<String> {
        let line = |step: Step| {
            let checks = step.checks.iter().map(|check| {
                let value = check.value.as_deref().unwrap_or("absent");
                match check.holds {
                    true => format!("{} is {value}", check.matcher),
                    false => format!("({} is {value})", check.matcher),
                }
            });
            let checks: Vec<String> = checks.collect();
            let Step {
                depth,
                verdict,
                receiver,
                ..
            } = step;
            format!("{depth} {verdict:?} {receiver}: {}", checks.join(", "))
        };
        walk(tree, &labels(alert)).into_iter().map(line).collect()
    }

    #[test]
    fn a_walk_names_every_condition_and_ends_where_the_tree_says() {
        let tree = tree(
            r#"
receivers: [{name: all}, {name: db}, {name: page}, {name: audit}]
route:
  receiver: all
  routes:
  - {matchers: [audit=yes], receiver: audit, continue: true}
  - matchers: [team=db, env!=test]
    receiver: db
    routes: [{matchers: [severity=page], receiver: page}]
  - {matchers: [team=web]}
  - {matchers: [team=ios]}
"#,
        );
        assert_eq!(
            lines(&tree, "team=db audit=yes"),
            [
                "0 Passes all: ",
                r#"1 Ends audit: audit="yes" is yes"#,
                r#"1 Ends db: env!="test" is absent, team="db" is db"#,
                r#"2 Fails page: (severity="page" is absent)"#,
                "1 Unasked(2) : ",
            ]
        );
        for alert in [
            "team=db audit=yes",
            "team=db severity=page",
            "x=y",
            "team=ios",
        ] {
            let walked = walk(&tree, &labels(alert)).into_iter();
            let ends = walked.filter(|step| step.verdict == Verdict::Ends);
            let ends: Vec<String> = ends.map(|step| step.path).collect();
            let routes = tree.routes(&labels(alert)).into_iter();
            let routes: Vec<String> = routes.map(|id| tree.node(id).path.clone()).collect();
            assert_eq!(ends, routes, "{alert}");
        }
    }

    #[test]
    fn a_thousand_routes_that_do_not_match_are_counted_not_shown() {
        let routes: Vec<String> = (0..1_000)
            .map(|n| format!("{{matchers: [team=t{n}]}}"))
            .collect();
        let yaml = format!(
            "receivers: [{{name: all}}]\nroute: {{receiver: all, routes: [{}]}}",
            routes.join(", ")
        );
        let steps = walk(&tree(&yaml), &labels("team=none"));
        assert_eq!(steps.len(), 1 + FAILED_MAX + 1);
        let last = steps.last().map(|step| step.verdict);
        assert_eq!(last, Some(Verdict::FailToo(1_000 - FAILED_MAX)));
    }
}

//! The tree as text, in the form people know from `amtool config routes`.

use super::{Node, RouteId, Tree};
use crate::model::Labels;

/// The whole tree.
#[must_use]
pub fn whole(tree: &Tree) -> String {
    let line = |node: &Node| {
        let continues = if node.continues {
            "  continue: true"
        } else {
            ""
        };
        format!(
            "{}{continues}  receiver: {}",
            name(node),
            node.options.receiver
        )
    };
    draw(tree, &|id| tree.node(id).children.clone(), &|id| {
        line(tree.node(id))
    })
}

/// The nodes that alerts of these labels pass, with the receivers where they end.
#[must_use]
pub fn matching(tree: &Tree, labels: &Labels) -> String {
    let passed = |id: RouteId| {
        let mut passed = Vec::new();
        for child in &tree.node(id).children {
            let node = tree.node(*child);
            if node.matchers.matches(labels) {
                passed.push(*child);
                if !node.continues {
                    break;
                }
            }
        }
        passed
    };
    let line = |id: RouteId| match passed(id).is_empty() {
        true => format!(
            "{}  receiver: {}",
            name(tree.node(id)),
            tree.node(id).options.receiver
        ),
        false => name(tree.node(id)),
    };
    draw(tree, &passed, &line)
}

fn name(node: &Node) -> String {
    if node.matchers.is_empty() {
        return "default-route".to_owned();
    }
    node.matchers.to_string()
}

fn draw(
    tree: &Tree,
    children: &dyn Fn(RouteId) -> Vec<RouteId>,
    line: &dyn Fn(RouteId) -> String,
) -> String {
    let mut out = ".\n".to_owned();
    // What remains to be drawn, the next one last: a node, what stands before it, whether it is the last
    // of its siblings.
    let mut rest = vec![(tree.root(), String::new(), true)];
    while let Some((id, before, last)) = rest.pop() {
        let edge = if last { "└──" } else { "├──" };
        out.push_str(&format!("{before}{edge} {}\n", line(id)));
        let below = before + if last { "    " } else { "│   " };
        let children = children(id).into_iter().rev().enumerate();
        rest.extend(children.map(|(i, child)| (child, below.clone(), i == 0)));
    }
    out
}

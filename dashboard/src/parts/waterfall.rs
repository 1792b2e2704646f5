//! The tree of a trace, laid out: who is whose child, what is shown, where each bar lies.
//!
//! Spans come from many machines and are hostile: parents may be missing, ids may repeat or form a
//! circle, clocks may differ by hours, and there may be ten thousand of them.

use std::collections::{HashMap, HashSet};

use store::read::trace::TraceSpan;

/// Rows that are laid out; more make a page nobody reads.
pub const MAX_ROWS: usize = 300;
/// Children shown of one span in a trace that does not fit, and how many of them may have one name.
const MAX_CHILDREN: usize = 12;
const MAX_ALIKE: usize = 3;
/// Failed spans that are shown with all their ancestors, whatever else is hidden.
const MAX_ERRORS: usize = 25;
/// A child that starts this much before its parent was timed by another clock, ns.
const SKEW_NS: i64 = 2_000_000;

/// A row of the waterfall.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A span: its place in the list given to [`lay_out`].
    Span(Placed),
    /// Children of the span above that are not shown.
    Hidden {
        /// Depth of the hidden children.
        depth: usize,
        /// How many spans are hidden, with all below them.
        spans: usize,
        /// The span whose children they are; its place in the list.
        parent: usize,
        /// One of the hidden children, if all of them have its name; its place in the list.
        alike: Option<usize>,
        /// Duration of the hidden children in total, ns.
        total_ns: i64,
    },
}

/// Where a span lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Place in the list given to [`lay_out`].
    pub index: usize,
    /// Depth in the tree, 0 for roots.
    pub depth: usize,
    /// Start as drawn, ns since the start of the drawing.
    pub start_ns: i64,
    /// How far it was moved because its clock differs, ns; 0 mostly.
    pub moved_ns: i64,
    /// It names a parent that is not in the trace.
    pub orphan: bool,
    /// Time during which none of its children ran, ns.
    pub own_ns: i64,
}

/// A trace laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waterfall {
    /// Rows from top to bottom.
    pub rows: Vec<Row>,
    /// Length of the time axis, ns, at least 1.
    pub length_ns: i64,
    /// Instant at the left edge, ns since the epoch.
    pub origin_ns: i64,
    /// Spans that are not shown.
    pub hidden: usize,
    /// Spans that came twice and were left out.
    pub repeated: usize,
}

struct Tree {
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
    orphans: HashSet<usize>,
    repeated: usize,
    /// Start as drawn, ns since the epoch.
    start_ns: Vec<i64>,
    /// Spans below, and the span itself.
    sizes: Vec<usize>,
    /// Every span that is drawn, parents before children.
    order: Vec<usize>,
}

/// Lays out a trace, or the part below `focus`.
#[must_use]
pub fn lay_out(spans: &[TraceSpan], focus: Option<&str>) -> Waterfall {
    let tree = build(spans);
    let focused = focus.and_then(|id| tree.order.iter().copied().find(|i| spans[*i].span_id == id));
    let roots = focused.map_or_else(|| tree.roots.clone(), |index| vec![index]);
    let total: usize = roots.iter().map(|root| tree.sizes[*root]).sum();
    let chosen = (total > MAX_ROWS).then(|| choose(spans, &tree, &roots));
    let mut waterfall = Waterfall {
        length_ns: 1,
        repeated: tree.repeated,
        ..Waterfall::default()
    };
    let mut stack: Vec<(usize, usize)> = roots.iter().rev().map(|root| (*root, 0)).collect();
    // Rows of hidden children come after the last child that is shown.
    let mut notes: HashMap<usize, Vec<Row>> = HashMap::new();
    while let Some((index, depth)) = stack.pop() {
        waterfall
            .rows
            .push(Row::Span(place(spans, &tree, index, depth)));
        let kept = |child: &&usize| chosen.as_ref().is_none_or(|set| set.contains(*child));
        let shown: Vec<usize> = tree.children[index].iter().filter(kept).copied().collect();
        let all: usize = tree.children[index]
            .iter()
            .map(|child| tree.sizes[*child])
            .sum();
        let below: usize = shown.iter().map(|child| tree.sizes[*child]).sum();
        if all > below {
            waterfall.hidden += all - below;
            let hidden = tree.children[index].iter().filter(|child| !kept(child));
            let note = summed_up(spans, hidden.copied(), index, depth + 1, all - below);
            let last = shown.last().copied().unwrap_or(index);
            notes.entry(last).or_default().push(note);
        }
        stack.extend(shown.into_iter().rev().map(|child| (child, depth + 1)));
    }
    insert_notes(&mut waterfall, notes);
    measure(spans, &tree, &mut waterfall);
    waterfall
}

/// The note about the children of `parent` that are not shown.
fn summed_up(
    spans: &[TraceSpan],
    hidden: impl Iterator<Item = usize> + Clone,
    parent: usize,
    depth: usize,
    count: usize,
) -> Row {
    let first = hidden.clone().next();
    let same = |name: &str| hidden.clone().all(|child| spans[child].name == name);
    Row::Hidden {
        depth,
        spans: count,
        parent,
        alike: first.filter(|child| same(&spans[*child].name)),
        total_ns: hidden
            .map(|child| spans[child].duration_ns.max(0))
            .fold(0, i64::saturating_add),
    }
}

/// Puts each note after the rows of the subtree it belongs behind.
fn insert_notes(waterfall: &mut Waterfall, mut notes: HashMap<usize, Vec<Row>>) {
    if notes.is_empty() {
        return;
    }
    let rows = std::mem::take(&mut waterfall.rows);
    // Notes that wait until a row of their depth or less ends the subtree before them.
    let mut waiting: Vec<(usize, Vec<Row>)> = Vec::new();
    for row in rows {
        if let Row::Span(placed) = &row {
            while waiting
                .last()
                .is_some_and(|(depth, _)| placed.depth <= *depth)
            {
                if let Some((_, due)) = waiting.pop() {
                    waterfall.rows.extend(due);
                }
            }
            let due = notes.remove(&placed.index);
            let depth = placed.depth;
            waterfall.rows.push(row);
            if let Some(due) = due {
                waiting.push((depth, due));
            }
        }
    }
    while let Some((_, due)) = waiting.pop() {
        waterfall.rows.extend(due);
    }
}

fn build(spans: &[TraceSpan]) -> Tree {
    let mut by_id: HashMap<&str, usize> = HashMap::with_capacity(spans.len());
    let mut first = vec![true; spans.len()];
    let mut repeated = 0;
    for (i, span) in spans.iter().enumerate() {
        if !span.span_id.is_empty()
            && by_id.insert(&span.span_id, i).is_some_and(|before| {
                first[before] = false;
                true
            })
        {
            repeated += 1;
        }
    }
    let mut tree = Tree {
        children: vec![Vec::new(); spans.len()],
        roots: Vec::new(),
        orphans: HashSet::new(),
        repeated,
        start_ns: spans.iter().map(|span| span.start_ns).collect(),
        sizes: vec![1; spans.len()],
        order: Vec::with_capacity(spans.len()),
    };
    for (i, span) in spans.iter().enumerate().filter(|(i, _)| first[*i]) {
        match by_id.get(span.parent_span_id.as_str()) {
            Some(parent) if *parent != i => tree.children[*parent].push(i),
            _ => {
                if !span.parent_span_id.is_empty() {
                    tree.orphans.insert(i);
                }
                tree.roots.push(i);
            }
        }
    }
    tree.roots
        .sort_by_key(|root| (tree.orphans.contains(root), spans[*root].start_ns));
    walk(spans, &mut tree, &first);
    tree
}

/// Orders children, moves those whose clock differs, counts subtrees, and breaks circles open.
fn walk(spans: &[TraceSpan], tree: &mut Tree, first: &[bool]) {
    let mut seen = vec![false; spans.len()];
    let mut pending: Vec<usize> = tree.roots.iter().rev().copied().collect();
    let mut next_unseen = 0;
    loop {
        while let Some(index) = pending.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            tree.order.push(index);
            let mut children = std::mem::take(&mut tree.children[index]);
            children.retain(|child| !seen[*child]);
            let moved = tree.start_ns[index] - spans[index].start_ns;
            for child in &children {
                // The same machine's clock is wrong by the same amount.
                if spans[*child].service_name == spans[index].service_name {
                    tree.start_ns[*child] += moved;
                }
                let early = tree.start_ns[index] - tree.start_ns[*child];
                if early > SKEW_NS {
                    tree.start_ns[*child] += early;
                }
            }
            children.sort_by_key(|child| (tree.start_ns[*child], *child));
            pending.extend(children.iter().rev());
            tree.children[index] = children;
        }
        // What is left unseen belongs to a circle: its first member becomes a root.
        match (next_unseen..spans.len()).find(|i| first[*i] && !seen[*i]) {
            Some(index) => {
                next_unseen = index;
                tree.roots.push(index);
                tree.orphans.insert(index);
                pending.push(index);
            }
            None => break,
        }
    }
    for index in tree.order.iter().rev() {
        tree.sizes[*index] = 1 + tree.children[*index]
            .iter()
            .map(|child| tree.sizes[*child])
            .sum::<usize>();
    }
}

/// Which spans to show of a trace that does not fit: failed ones with their ancestors, then level by
/// level the longest children of each span.
fn choose(spans: &[TraceSpan], tree: &Tree, roots: &[usize]) -> HashSet<usize> {
    let mut parents: HashMap<usize, usize> = HashMap::new();
    for parent in &tree.order {
        parents.extend(tree.children[*parent].iter().map(|child| (*child, *parent)));
    }
    let mut chosen: HashSet<usize> = roots.iter().copied().take(MAX_ROWS).collect();
    let failed = tree
        .order
        .iter()
        .filter(|i| spans[**i].status_code == "Error");
    for index in failed.take(MAX_ERRORS) {
        let mut at = Some(*index);
        while let Some(index) = at.filter(|i| chosen.insert(*i)) {
            at = parents.get(&index).copied();
        }
    }
    let mut level: Vec<usize> = roots.to_vec();
    while !level.is_empty() && chosen.len() < MAX_ROWS {
        let mut below = Vec::new();
        for index in level {
            let mut children = tree.children[index].clone();
            children.sort_by_key(|c| (spans[*c].status_code != "Error", -spans[*c].duration_ns));
            let mut alike: HashMap<&str, usize> = HashMap::new();
            children.retain(|child| {
                let seen = alike.entry(spans[*child].name.as_str()).or_default();
                *seen += 1;
                *seen <= MAX_ALIKE || chosen.contains(child)
            });
            for child in children.into_iter().take(MAX_CHILDREN) {
                if chosen.len() < MAX_ROWS || chosen.contains(&child) {
                    chosen.insert(child);
                    below.push(child);
                }
            }
        }
        level = below;
    }
    chosen
}

fn place(spans: &[TraceSpan], tree: &Tree, index: usize, depth: usize) -> Placed {
    let start = tree.start_ns[index];
    Placed {
        index,
        depth,
        start_ns: start, // made relative by `measure`
        moved_ns: start - spans[index].start_ns,
        orphan: tree.orphans.contains(&index),
        own_ns: own_time(spans, tree, index),
    }
}

/// The span's duration without the union of its children's.
fn own_time(spans: &[TraceSpan], tree: &Tree, index: usize) -> i64 {
    let (start, length) = (tree.start_ns[index], spans[index].duration_ns.max(0));
    let end = start.saturating_add(length);
    let mut covered = 0;
    let mut until = start;
    // Children are in the order of their starts.
    for child in &tree.children[index] {
        let from = tree.start_ns[*child].max(until);
        let to = tree.start_ns[*child]
            .saturating_add(spans[*child].duration_ns.max(0))
            .min(end);
        if to > from {
            covered += to - from;
            until = to;
        }
    }
    length - covered
}

/// Finds the ends of the time axis and makes all starts relative to it.
fn measure(spans: &[TraceSpan], tree: &Tree, waterfall: &mut Waterfall) {
    let shown = |row: &Row| match row {
        Row::Span(placed) => Some(placed.index),
        Row::Hidden { .. } => None,
    };
    let indices = || waterfall.rows.iter().filter_map(shown);
    let origin = indices().map(|i| tree.start_ns[i]).min().unwrap_or(0);
    let end = |i: usize| tree.start_ns[i].saturating_add(spans[i].duration_ns.max(0));
    let last = indices().map(end).max().unwrap_or(origin);
    waterfall.origin_ns = origin;
    waterfall.length_ns = last.saturating_sub(origin).max(1);
    for row in &mut waterfall.rows {
        if let Row::Span(placed) = row {
            placed.start_ns -= origin;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: &str, start_ms: i64, duration_ms: i64) -> TraceSpan {
        TraceSpan {
            start_ns: start_ms * 1_000_000,
            duration_ns: duration_ms * 1_000_000,
            span_id: id.to_owned(),
            parent_span_id: parent.to_owned(),
            name: format!("span {id}"),
            kind: "Internal".to_owned(),
            service_name: "svc".to_owned(),
            function_id: String::new(),
            status_code: "Unset".to_owned(),
            status_message: String::new(),
            scope_name: String::new(),
            scope_version: String::new(),
            attributes: Vec::new(),
            resource: Vec::new(),
            event_ns: Vec::new(),
            event_names: Vec::new(),
            event_attributes: Vec::new(),
            link_trace_ids: Vec::new(),
            link_span_ids: Vec::new(),
        }
    }

    fn outline(waterfall: &Waterfall, spans: &[TraceSpan]) -> Vec<String> {
        let say = |row: &Row| match row {
            Row::Span(p) => format!("{}{}", "-".repeat(p.depth), spans[p.index].span_id),
            Row::Hidden { depth, spans, .. } => format!("{}+{spans}", "-".repeat(*depth)),
        };
        waterfall.rows.iter().map(say).collect()
    }

    #[test]
    fn children_stand_below_their_parent_by_start() {
        let spans = [
            span("c", "a", 50, 10),
            span("a", "", 0, 100),
            span("b", "a", 10, 20),
            span("d", "b", 12, 5),
        ];
        let waterfall = lay_out(&spans, None);
        assert_eq!(outline(&waterfall, &spans), ["a", "-b", "--d", "-c"]);
        assert_eq!(waterfall.length_ns, 100_000_000);
        let Row::Span(root) = &waterfall.rows[0] else {
            panic!("a span")
        };
        assert_eq!(root.own_ns, 70_000_000, "100 ms without 20 and 10");
    }

    #[test]
    fn a_missing_parent_a_circle_and_a_repeated_span_lose_nothing() {
        let spans = [
            span("a", "", 0, 10),
            span("x", "gone", 5, 1),
            span("p", "q", 1, 1),
            span("q", "p", 2, 1),
            span("me", "me", 3, 1),
            span("a", "", 0, 10),
        ];
        let waterfall = lay_out(&spans, None);
        let lines = outline(&waterfall, &spans);
        for id in ["a", "x", "me"] {
            assert!(lines.contains(&id.to_owned()), "{lines:?}");
        }
        assert!(lines.iter().any(|l| l.ends_with('p')) && lines.iter().any(|l| l.ends_with('q')));
        assert_eq!(waterfall.repeated, 1);
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn a_clock_two_hours_behind_does_not_stretch_the_drawing() {
        let spans = [
            span("a", "", 7_200_000, 300),
            span("b", "a", 0, 150),
            span("c", "b", 10, 5),
        ];
        let waterfall = lay_out(&spans, None);
        assert_eq!(waterfall.length_ns, 300_000_000);
        let Row::Span(b) = &waterfall.rows[1] else {
            panic!("a span")
        };
        assert_eq!((b.start_ns, b.moved_ns), (0, 7_200_000_000_000));
        let Row::Span(c) = &waterfall.rows[2] else {
            panic!("a span")
        };
        assert_eq!(c.start_ns, 10_000_000, "moved with its parent");
    }

    #[test]
    fn of_ten_thousand_spans_the_failed_and_the_longest_are_shown() {
        let mut spans = vec![span("root", "", 0, 10_000)];
        for i in 0..9_999 {
            spans.push(span(&format!("s{i}"), "root", i, 1 + i % 7));
            spans[i as usize + 1].name = "SELECT".to_owned();
        }
        spans[5_000].status_code = "Error".to_owned();
        let waterfall = lay_out(&spans, None);
        let lines = outline(&waterfall, &spans);
        assert!(lines.len() <= MAX_ROWS + 1, "{}", lines.len());
        assert!(lines.contains(&"-s4999".to_owned()), "the failed one");
        let Some(Row::Hidden {
            spans: hidden,
            parent,
            alike,
            total_ns,
            ..
        }) = waterfall.rows.last()
        else {
            panic!("a note about what is hidden");
        };
        assert_eq!((*hidden, *parent), (waterfall.hidden, 0));
        assert!(alike.is_some_and(|child| spans[child].name == "SELECT") && *total_ns > 0);
        assert!(lines.len() <= 6, "{lines:?}");
        assert_eq!(hidden + lines.len() - 2, 9_999);
    }

    #[test]
    fn a_note_stands_after_the_whole_subtree_before_it() {
        let mut spans = vec![span("root", "", 0, 10_000), span("x", "root", 9_000, 900)];
        spans.push(span("y", "x", 9_001, 800));
        for i in 0..400 {
            spans.push(span(&format!("s{i}"), "root", i, 1));
        }
        let lines = outline(&lay_out(&spans, None), &spans);
        assert_eq!(lines[lines.len() - 3..], ["-x", "--y", "-+389"]);
    }

    #[test]
    fn a_part_of_a_trace_can_be_looked_at_alone() {
        let spans = [
            span("a", "", 0, 100),
            span("b", "a", 10, 20),
            span("c", "b", 12, 5),
        ];
        let waterfall = lay_out(&spans, Some("b"));
        assert_eq!(outline(&waterfall, &spans), ["b", "-c"]);
        assert_eq!(waterfall.length_ns, 20_000_000);
        assert_eq!(outline(&lay_out(&spans, Some("none")), &spans).len(), 3);
    }

    #[test]
    fn nothing_is_laid_out_of_nothing_and_a_deep_chain_does_not_overflow() {
        assert!(lay_out(&[], None).rows.is_empty());
        let chain: Vec<TraceSpan> = (0..10_000)
            .map(|i| {
                span(
                    &i.to_string(),
                    &(if i == 0 {
                        String::new()
                    } else {
                        (i - 1).to_string()
                    }),
                    i,
                    1,
                )
            })
            .collect();
        let waterfall = lay_out(&chain, None);
        assert!(waterfall.rows.len() <= MAX_ROWS + 1);
    }
}

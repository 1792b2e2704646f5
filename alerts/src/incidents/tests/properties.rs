//! What holds for any findings and any calls.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::acts::{self, Act};
use super::*;

const NAMES: [&str; 8] = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"];
const KINDS: [&str; 5] = ["error_rate", "timeouts", "slow", "silent", "cost_spike"];

/// Some calls between few functions, some of them failing from the onset on.
fn world() -> impl Strategy<Value = (Vec<(usize, usize, u64)>, Topology)> {
    prop::collection::vec((0..NAMES.len(), 0..NAMES.len(), 0..20_u64), 0..12).prop_map(|edges| {
        let mut topology = Topology::default();
        for minute in -61..11_i64 {
            let minute_s = (ONSET_S.div_euclid(60) + minute) * 60;
            let mut rows = Vec::new();
            let mut failed: BTreeMap<usize, u64> = BTreeMap::new();
            for (from, to, bad) in edges.iter().filter(|(from, to, _)| from != to) {
                let bad = if minute >= 0 { *bad } else { 0 };
                rows.push(calls(NAMES[*from], NAMES[*to], 20, bad, 10 + 20 * bad));
                let worst = failed.entry(*from).or_default();
                *worst = (*worst).max(bad);
                failed.entry(*to).or_default();
            }
            for (name, bad) in failed {
                rows.push(calls("", NAMES[name], 20, bad, 20 + 20 * bad));
            }
            topology.see(minute_s, &rows);
        }
        (edges, topology)
    })
}

fn findings() -> impl Strategy<Value = Vec<Signal>> {
    prop::collection::vec((0..NAMES.len(), 0..KINDS.len(), 0..12_i64), 1..14).prop_map(|all| {
        let signals = all.into_iter().map(|(name, kind, minute)| {
            let found = signal(NAMES[name], KINDS[kind], ONSET_S + 60 * minute);
            (found.id.clone(), found)
        });
        // One finding of each id.
        signals.collect::<BTreeMap<_, _>>().into_values().collect()
    })
}

/// Whether calls lead from one to the other, whatever their direction.
fn connected(edges: &[(usize, usize, u64)], a: &str, b: &str) -> bool {
    let mut reached = BTreeSet::from([a.to_owned()]);
    loop {
        let next: Vec<String> = edges
            .iter()
            .flat_map(|(from, to, _)| [(from, to), (to, from)])
            .filter(|(from, _)| reached.contains(&id(NAMES[**from])))
            .map(|(_, to)| id(NAMES[*to]))
            .filter(|name| !reached.contains(name))
            .collect();
        if next.is_empty() {
            return reached.contains(b);
        }
        reached.extend(next);
    }
}

/// Findings by incident, whatever the incidents are called.
fn incidents(book: &Book) -> BTreeSet<BTreeSet<String>> {
    let live = book.incidents().filter(|i| i.state.is_live());
    live.map(|incident| incident.members.keys().cloned().collect())
        .collect()
}

fn stepped(batches: &[&[Signal]], topology: &Topology) -> Book {
    let mut book = Book::default();
    let mut all: Vec<Signal> = Vec::new();
    let now = UnixNano::from_secs(ONSET_S + 780);
    for (nth, batch) in batches.iter().enumerate() {
        all.extend(batch.iter().cloned());
        let now = UnixNano(now.0 + 1_000_000 * nth as i64);
        for event in book.step(&all, topology, now) {
            book.add(&event);
        }
    }
    book
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn two_without_a_way_between_them_are_never_put_together(
        (edges, topology) in world(),
        all in findings(),
    ) {
        let placed: Vec<Placed> = all.iter().map(|s| Placed::new(s.clone(), &topology)).collect();
        let found = partition(&placed);
        let told: usize = found.iter().map(|cluster| cluster.members.len()).sum();
        prop_assert_eq!(told, all.len(), "each finding is in one incident");
        for cluster in &found {
            for (a, _, _) in &cluster.members {
                for (b, _, _) in &cluster.members {
                    prop_assert!(a.place == b.place || connected(&edges, &a.place, &b.place));
                }
            }
        }
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(
        (_, topology) in world(),
        all in findings(),
        seed in any::<u64>(),
    ) {
        let whole = stepped(&[&all], &topology);
        let mut shuffled = all.clone();
        shuffled.sort_by_key(|s| {
            let text = format!("{seed}{}", s.id);
            text.bytes().fold(seed, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()))
        });
        let one_by_one: Vec<&[Signal]> = shuffled.chunks(1).collect();
        prop_assert_eq!(incidents(&stepped(&one_by_one, &topology)), incidents(&whole));
        let (first, second) = shuffled.split_at(shuffled.len() / 2);
        prop_assert_eq!(incidents(&stepped(&[first, second], &topology)), incidents(&whole));
    }

    #[test]
    fn a_split_is_kept_whatever_comes(
        (_, topology) in world(),
        all in findings(),
        more in findings(),
        nth in any::<prop::sample::Index>(),
    ) {
        let mut book = stepped(&[&all], &topology);
        let several = book.incidents().find(|i| i.members.len() > 1).cloned();
        let Some(incident) = several else { return Ok(()) };
        let keys: Vec<String> = incident.members.keys().cloned().collect();
        let off = nth.get(&keys).clone();
        let now = UnixNano::from_secs(ONSET_S + 800);
        for event in acts::act(&incident, &Act::Split(vec![off.clone()]), "Ada", now).expect("split") {
            book.add(&event);
        }
        let mut found: BTreeMap<String, Signal> = BTreeMap::new();
        found.extend(all.into_iter().chain(more).map(|s| (s.id.clone(), s)));
        let found: Vec<Signal> = found.into_values().collect();
        for second in 801..804 {
            for event in book.step(&found, &topology, UnixNano::from_secs(ONSET_S + second)) {
                book.add(&event);
            }
            let home = |finding: &str| book.of_finding(finding).map(|i| i.id.clone());
            prop_assert_ne!(home(&off), Some(incident.id.clone()));
            for stayed in keys.iter().filter(|key| **key != off) {
                prop_assert_eq!(home(stayed), Some(incident.id.clone()));
            }
        }
    }
}

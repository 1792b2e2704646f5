//! What belongs together: a pure function of findings and calls, whatever the order in which they come.

use std::collections::BTreeMap;

use store::model::UnixNano;

use super::MINUTE_MS;
use super::signal::{Family, Shared, Signal};
use super::topology::Topology;
use super::walk::{Blame, Hop, blame};

/// What follows from a cause begins at most so long before it is seen there, and as long after its end, ms:
/// minutes are whole ones, and detectors differ.
const SLACK_MS: i64 = 10 * MINUTE_MS;
/// Findings that blame one place where nothing was found begin within so long of each other, ms.
const TOGETHER_MS: i64 = 30 * MINUTE_MS;

/// A finding with the place it blames.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The finding.
    pub signal: Signal,
    /// Whom it blames.
    pub blame: Blame,
    /// Places it may share with others.
    pub shared: Vec<Shared>,
}

impl Placed {
    /// Looks at what a finding blames.
    #[must_use]
    pub fn new(signal: Signal, topology: &Topology) -> Self {
        let blame = blame(&signal, topology);
        let shared = signal.shared(topology.cohort(&signal.place));
        Self {
            signal,
            blame,
            shared,
        }
    }
}

/// Findings of one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Where the cause is.
    pub place: String,
    /// Each finding, the earliest first, with the way from it to the cause; the first word of why where
    /// no call leads there.
    pub members: Vec<(Signal, Vec<Hop>, String)>,
}

/// Findings of one place that began together.
struct Spot<'a> {
    own: &'a str,
    members: Vec<&'a Placed>,
    began_ms: i64,
    ended_ms: i64,
}

impl Spot<'_> {
    /// How far its onset may be from that of its cause, ms.
    fn gap_ms(&self) -> i64 {
        let gaps = self.members.iter().map(|one| one.signal.gap_ms());
        gaps.max().unwrap_or(TOGETHER_MS)
    }
}

/// Where a spot's cause is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cause<'a> {
    place: &'a str,
    why: &'static str,
}

/// Puts findings together that have one cause. Findings that are listed twice are told twice.
#[must_use]
pub fn partition(placed: &[Placed]) -> Vec<Cluster> {
    let spots = spots(placed);
    let causes: Vec<Cause> = spots.iter().map(|spot| cause(spot, &spots)).collect();
    let mut at: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, cause) in causes.iter().enumerate() {
        at.entry(cause.place).or_default().push(n);
    }
    let mut clusters = Vec::new();
    for (place, members) in at {
        for together in at_the_same_time(place, &members, &spots) {
            clusters.push(cluster(place, &together, &spots, &causes));
        }
    }
    bills_to_spenders(clusters)
}

/// What a whole account, region or provider spends more follows from its functions: where all findings of
/// their money at the time are of one cause, so is the bill. Of two causes it may be either's, and stays alone.
fn bills_to_spenders(clusters: Vec<Cluster>) -> Vec<Cluster> {
    let (bills, mut clusters): (Vec<Cluster>, Vec<Cluster>) =
        clusters.into_iter().partition(is_bill);
    for bill in bills {
        let Some((first, _, _)) = bill.members.first() else {
            continue;
        };
        let spends = |cluster: &Cluster| {
            let mut members = cluster.members.iter().map(|(signal, _, _)| signal);
            members.any(|signal| first.pays_for(signal))
        };
        let mut spenders = (0..clusters.len()).filter(|n| spends(&clusters[*n]));
        match (spenders.next(), spenders.next()) {
            (Some(only), None) => {
                let into = &mut clusters[only];
                let why =
                    "it pays for functions of this incident, and for no others that spend more";
                let signals = bill.members.into_iter().map(|(signal, _, _)| signal);
                into.members
                    .extend(signals.map(|signal| (signal, Vec::new(), why.to_owned())));
                into.members.sort_by(|a, b| order(&a.0).cmp(&order(&b.0)));
            }
            _ => clusters.push(bill),
        }
    }
    clusters
}

/// Whether nothing but money of more than a function is in it.
fn is_bill(cluster: &Cluster) -> bool {
    let mut members = cluster.members.iter().map(|(signal, _, _)| signal);
    members.all(|signal| signal.family() == Family::Money && signal.function().is_none())
}

/// Findings of one place whose onsets follow each other closely.
fn spots(placed: &[Placed]) -> Vec<Spot<'_>> {
    let mut sorted: Vec<&Placed> = placed.iter().collect();
    sorted.sort_by(|a, b| order(&a.signal).cmp(&order(&b.signal)));
    let mut by_place: BTreeMap<&str, Vec<&Placed>> = BTreeMap::new();
    for one in sorted {
        by_place.entry(&one.signal.place).or_default().push(one);
    }
    let mut spots: Vec<Spot> = Vec::new();
    for (own, all) in by_place {
        let first = spots.len();
        for one in all {
            let (began_ms, ended_ms) = span(&one.signal);
            let near = |spot: &&mut Spot| {
                spot.members
                    .iter()
                    .any(|other| follows(&other.signal, &one.signal))
            };
            match spots[first..].iter_mut().rev().find(near) {
                Some(spot) => {
                    spot.members.push(one);
                    spot.ended_ms = spot.ended_ms.max(ended_ms);
                }
                None => spots.push(Spot {
                    own,
                    members: vec![one],
                    began_ms,
                    ended_ms,
                }),
            }
        }
    }
    spots
}

fn order(signal: &Signal) -> (UnixNano, &str) {
    (signal.began_at, &signal.id)
}

fn span(signal: &Signal) -> (i64, i64) {
    let ended = signal.ended_at.map_or(i64::MAX, UnixNano::as_millis);
    (signal.began_at.as_millis(), ended)
}

/// Whether two findings of one place are of one cause: they began together, or speak of one version.
fn follows(before: &Signal, after: &Signal) -> bool {
    let gap_ms = before.gap_ms().max(after.gap_ms());
    let regressions = [before, after]
        .iter()
        .all(|s| s.kind.ends_with("_regression"));
    after.began_at.as_millis() - before.began_at.as_millis() <= gap_ms
        || (regressions && !before.version.is_empty() && before.version == after.version)
}

/// A place that is shared with another spot at the same time counts most, then the end of a walk, of
/// failures first and of those the longest one's, then its own.
fn cause<'a>(spot: &Spot<'a>, spots: &[Spot<'a>]) -> Cause<'a> {
    let shared = spot.members.iter().flat_map(|one| &one.shared);
    for Shared {
        place,
        why,
        needs_own,
    } in shared
    {
        let names_it = |other: &&Spot| {
            let named = other.members.iter().flat_map(|one| &one.shared);
            let mut named = named.filter(|shared| !shared.needs_own);
            other.own == place || (!needs_own && named.any(|named| named.place == *place))
        };
        let others = spots.iter().filter(|other| other.own != spot.own);
        let near = |other: &&Spot| (other.began_ms - spot.began_ms).abs() <= spot.gap_ms();
        if others.filter(near).any(|other| names_it(&other)) {
            return Cause { place, why };
        }
    }
    // Failures say more than delays, delays more than money: a caller that fails with one and waits for
    // another suffers from the first.
    let blames = spot.members.iter().filter(|one| !one.blame.way.is_empty());
    let furthest = blames.max_by_key(|one| {
        let says = std::cmp::Reverse(one.signal.family());
        (
            says,
            one.blame.way.len(),
            std::cmp::Reverse(&one.blame.place),
        )
    });
    let furthest = furthest.map(|one| &one.blame);
    Cause {
        place: furthest.map_or(spot.own, |blame| &blame.place),
        why: "",
    }
}

/// Of the spots that blame a place, those that do so at the same time. What was found at the place itself
/// says from when until when; where nothing was, spots that begin together.
fn at_the_same_time(place: &str, members: &[usize], spots: &[Spot]) -> Vec<Vec<usize>> {
    let is_own = |n: &&usize| spots[**n].own == place;
    let mut together: Vec<Vec<usize>> = members.iter().filter(is_own).map(|n| vec![*n]).collect();
    together.sort_by_key(|own| spots[own[0]].began_ms);
    let anchors: Vec<(i64, i64)> = together
        .iter()
        .map(|own| (spots[own[0]].began_ms, spots[own[0]].ended_ms))
        .collect();
    let mut rest: Vec<usize> = members.iter().filter(|n| !is_own(n)).copied().collect();
    rest.sort_by_key(|n| (spots[*n].began_ms, spots[*n].own));
    let mut last_began_ms: Option<i64> = None;
    for n in rest {
        let began_ms = spots[n].began_ms;
        // What hours tell is not known to the minute.
        let slack_ms = match spots[n].gap_ms() {
            gap_ms if gap_ms > TOGETHER_MS => gap_ms,
            _ => SLACK_MS,
        };
        let covers = |(begin, end): &(i64, i64)| {
            begin - slack_ms <= began_ms && began_ms <= end.saturating_add(SLACK_MS)
        };
        // The latest of those that cover it: an older one may still be open.
        if let Some(anchor) = anchors.iter().rposition(covers) {
            together[anchor].push(n);
            continue;
        }
        match last_began_ms {
            Some(last) if began_ms - last <= TOGETHER_MS => {
                if let Some(group) = together.last_mut() {
                    group.push(n);
                }
            }
            _ => together.push(vec![n]),
        }
        last_began_ms = Some(began_ms);
    }
    together
}

fn cluster(place: &str, together: &[usize], spots: &[Spot], causes: &[Cause]) -> Cluster {
    let mut members: Vec<(Signal, Vec<Hop>, String)> = Vec::new();
    for n in together {
        let (spot, cause) = (&spots[*n], &causes[*n]);
        let furthest = spot.members.iter().find(|one| one.blame.place == place);
        for one in &spot.members {
            let way = match one.blame.place == place {
                true => one.blame.way.clone(),
                // Its like of the same function leads there.
                false => furthest.map_or_else(Vec::new, |one| one.blame.way.clone()),
            };
            let way = if cause.why.is_empty() {
                way
            } else {
                Vec::new()
            };
            members.push((one.signal.clone(), way, cause.why.to_owned()));
        }
    }
    members.sort_by(|a, b| order(&a.0).cmp(&order(&b.0)));
    Cluster {
        place: place.to_owned(),
        members,
    }
}

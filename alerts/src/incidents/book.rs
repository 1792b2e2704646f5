//! All incidents that are not over for long, and what follows for them from findings.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sha2::{Digest, Sha256};
use store::model::UnixNano;

use super::event::{Event, Member, What};
use super::incident::{Incident, State};
use super::signal::Signal;
use super::spots::{Cluster, Placed, partition};
use super::topology::Topology;
use super::walk::Blame;
use super::{LIVE_MAX, QUIET_MS, REOPENS_MS, SETTLES_MS};

/// Where a finding belongs, as its alert says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The incident.
    pub incident: String,
    /// Whether a person closed it: its alert is over.
    pub over: bool,
    /// Whether a person put it there.
    pub by_hand: bool,
    /// What messages call the incident.
    pub title: String,
    /// Where its cause is.
    pub cause: String,
    /// Who takes care of it; nobody once it is worse than what they took.
    pub acknowledged_by: Option<String>,
}

/// Incidents by finding.
pub type Homes = HashMap<String, Home>;

/// Incidents by id, and where each finding is.
#[derive(Clone, Debug, Default)]
pub struct Book {
    incidents: BTreeMap<String, Incident>,
    at: HashMap<String, String>,
    /// Events that were added to each, so that one that comes back is known.
    seen: HashMap<String, HashSet<String>>,
}

impl Book {
    /// Adds an event; one that was added before changes nothing.
    pub fn add(&mut self, event: &Event) {
        let seen = self.seen.entry(event.incident.clone()).or_default();
        if !seen.insert(event.row().id) {
            return;
        }
        let incident = self.incidents.entry(event.incident.clone());
        let fresh = || Incident::new(&event.incident, event.at);
        incident.or_insert_with(fresh).add(event);
        match &event.what {
            What::Joined(member) => {
                self.at
                    .insert(member.finding.clone(), event.incident.clone());
            }
            What::Left { findings, to, .. } => findings.iter().for_each(|finding| {
                self.at.insert(finding.clone(), to.clone());
            }),
            _ => {}
        }
    }

    /// Believes that these are all events of their incidents, in order, whatever was added before: what
    /// others wrote meanwhile may have happened earlier.
    pub fn rebuild(&mut self, events: &[Event]) {
        for event in events {
            self.incidents.remove(&event.incident);
            self.seen.remove(&event.incident);
        }
        events.iter().for_each(|event| self.add(event));
    }

    /// All of them.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// One of them.
    #[must_use]
    pub fn incident(&self, id: &str) -> Option<&Incident> {
        self.incidents.get(id)
    }

    /// The incident of a finding.
    #[must_use]
    pub fn of_finding(&self, finding: &str) -> Option<&Incident> {
        self.incidents.get(self.at.get(finding)?)
    }

    /// Whether it knows this event already.
    #[must_use]
    pub fn knows(&self, incident: &str, event: &str) -> bool {
        self.seen
            .get(incident)
            .is_some_and(|seen| seen.contains(event))
    }

    /// Where each finding belongs.
    #[must_use]
    pub fn homes(&self) -> Homes {
        let mut homes = Homes::new();
        for incident in self.incidents() {
            let home = Home {
                incident: incident.id.clone(),
                over: incident.state == State::Resolved && incident.resolved_by_hand,
                by_hand: false,
                title: incident.headline(),
                cause: incident.place.clone(),
                acknowledged_by: incident.cared_for_by().map(str::to_owned),
            };
            homes.extend(incident.members.keys().map(|finding| {
                let by_hand = incident.pinned.contains(finding);
                let home = Home {
                    by_hand,
                    ..home.clone()
                };
                (finding.clone(), home)
            }));
        }
        homes
    }

    /// Forgets what has been over for long; the store has it.
    pub fn forget(&mut self, now: UnixNano) {
        let over = |incident: &Incident| {
            let quiet_ms = now.as_millis() - incident.changed_at.as_millis();
            !incident.state.is_live() && quiet_ms > 2 * REOPENS_MS
        };
        self.incidents.retain(|_, incident| !over(incident));
        let kept = &self.incidents;
        self.at.retain(|_, incident| kept.contains_key(incident));
        self.seen.retain(|incident, _| kept.contains_key(incident));
    }

    /// What follows from findings as they are now: those that hold, and those that ended lately.
    /// The events are not added yet: first they must be kept.
    #[must_use]
    pub fn step(&self, found: &[Signal], topology: &Topology, now: UnixNano) -> Vec<Event> {
        let mut turn = Turn {
            book: self.clone(),
            events: Vec::new(),
            gathered: BTreeSet::new(),
            now,
        };
        let news = turn.update(found);
        if !news.is_empty() || turn.settling() {
            let placed = turn.placed(news, topology);
            let mut clusters = partition(&placed);
            // Whoever has an incident's first finding keeps the incident.
            clusters.sort_by_key(|cluster| turn.founded(cluster));
            for cluster in &clusters {
                turn.gather(cluster);
            }
        }
        turn.age();
        turn.events
    }
}

/// A step under way: what it decides is added to its own copy.
struct Turn {
    book: Book,
    events: Vec<Event>,
    /// Incidents that are some cluster's by now; no other cluster gets them.
    gathered: BTreeSet<String>,
    now: UnixNano,
}

impl Turn {
    /// When the first of a cluster's findings began.
    fn founded(&self, cluster: &Cluster) -> (UnixNano, String) {
        let first = cluster.members.first();
        first.map_or((self.now, String::new()), |(signal, _, _)| {
            (signal.began_at, signal.id.clone())
        })
    }

    fn tell(&mut self, incident: &str, what: What) {
        // Nanoseconds apart, so that they keep their order.
        let nth = i64::try_from(self.events.len()).unwrap_or(0);
        let event = Event::own(incident, UnixNano(self.now.0.saturating_add(nth)), what);
        self.book.add(&event);
        self.events.push(event);
    }

    /// Tells what known findings say now; gives those that are new and hold.
    fn update(&mut self, found: &[Signal]) -> Vec<Signal> {
        let mut news = Vec::new();
        for signal in found {
            let Some(incident) = self.book.of_finding(&signal.id) else {
                if signal.ended_at.is_none() {
                    news.push(signal.clone());
                }
                continue;
            };
            let Some(known) = incident.members.get(&signal.id) else {
                continue;
            };
            let mut member = known.clone();
            member.severity = signal.severity;
            member.title.clone_from(&signal.title);
            member.ended_at = signal.ended_at;
            if member != *known {
                let id = incident.id.clone();
                self.tell(&id, What::Updated(member));
            }
        }
        self.vanished(found);
        news
    }

    /// Findings that are no longer listed have ended: lists hold all that are open.
    fn vanished(&mut self, found: &[Signal]) {
        if found.len() >= store::findings::FINDINGS_MAX as usize {
            return; // of more, those that are missing may be open still
        }
        let listed: HashSet<&str> = found.iter().map(|s| s.id.as_str()).collect();
        let live = self.book.incidents().filter(|i| i.state.is_live());
        let gone = live.flat_map(|incident| {
            let gone = incident.open_members();
            let gone = gone.filter(|member| !listed.contains(member.finding.as_str()));
            gone.map(|member| (incident.id.clone(), member.clone()))
        });
        let gone: Vec<(String, Member)> = gone.collect();
        for (incident, mut member) in gone {
            member.ended_at = Some(self.now);
            self.tell(&incident, What::Updated(member));
        }
    }

    /// Whether what some finding blames may still change.
    fn settling(&self) -> bool {
        let live = self.book.incidents().filter(|i| i.state.is_live());
        live.flat_map(|i| i.members.values())
            .any(|member| self.settles(member))
    }

    fn settles(&self, member: &Member) -> bool {
        self.now.as_millis() - member.detected_at.as_millis() < SETTLES_MS
    }

    /// New findings and the members of incidents that may take them, with whom they blame.
    fn placed(&self, news: Vec<Signal>, topology: &Topology) -> Vec<Placed> {
        let known = self.book.incidents().filter(|i| self.takes_part(i));
        let known = known.flat_map(|incident| incident.members.values());
        let known = known.map(|member| {
            let mut placed = Placed::new(member.signal(), topology);
            if !self.settles(member) {
                placed.blame = Blame {
                    place: member.blames.clone(),
                    way: member.way.clone(),
                };
            }
            placed
        });
        let news = news.into_iter().map(|signal| Placed::new(signal, topology));
        known.chain(news).collect()
    }

    /// Whether an incident may take findings: it lives, or was restored lately.
    fn takes_part(&self, incident: &Incident) -> bool {
        let since_ms = |at: Option<UnixNano>| at.map(|at| self.now.as_millis() - at.as_millis());
        match incident.state {
            State::Open | State::Acknowledged => true,
            State::Resolved => since_ms(incident.restored_at).is_some_and(|ms| ms < REOPENS_MS),
            State::Merged => false,
        }
    }

    /// Makes one incident of a cluster, as far as people did not say otherwise.
    fn gather(&mut self, cluster: &Cluster) {
        let free: Vec<&(Signal, Vec<super::Hop>, String)> = cluster
            .members
            .iter()
            .filter(|(signal, _, _)| !self.is_pinned(&signal.id))
            .collect();
        let Some((founder, _, _)) = free.first() else {
            return;
        };
        let homes: BTreeSet<String> = cluster
            .members
            .iter()
            .filter_map(|(signal, _, _)| self.book.of_finding(&signal.id))
            .map(|incident| incident.id.clone())
            .collect();
        let target = match self.target(&homes, &free) {
            Some(target) => target,
            None if self.live() >= LIVE_MAX => return,
            None => {
                let id = self.new_id(&founder.id);
                let place = cluster.place.clone();
                self.tell(&id, What::Opened { place });
                id
            }
        };
        self.gathered.insert(target.clone());
        self.absorb(&target, &homes, &free, &cluster.place);
        for (signal, way, why) in free {
            self.join(&target, signal, &cluster.place, way, why);
        }
        let moved = self.book.incident(&target);
        if moved.is_some_and(|incident| incident.place != cluster.place) {
            let place = cluster.place.clone();
            self.tell(&target, What::Blamed { place });
        }
    }

    fn live(&self) -> usize {
        self.book.incidents().filter(|i| i.state.is_live()).count()
    }

    fn is_pinned(&self, finding: &str) -> bool {
        let home = self.book.of_finding(finding);
        home.is_some_and(|incident| incident.pinned.contains(finding))
    }

    /// The oldest of the incidents that these findings are in already and that they may stay in.
    fn target(
        &self,
        homes: &BTreeSet<String>,
        free: &[&(Signal, Vec<super::Hop>, String)],
    ) -> Option<String> {
        let holds_free = |incident: &&Incident| {
            free.iter()
                .any(|(signal, _, _)| incident.members.contains_key(&signal.id))
        };
        let homes = homes.iter().filter(|id| !self.gathered.contains(*id));
        let homes = homes.filter_map(|id| self.book.incident(id));
        // A finding that a person took elsewhere says where its like belongs only if nothing else does.
        let (own, others): (Vec<&Incident>, Vec<&Incident>) = homes.partition(|i| holds_free(i));
        let oldest = |all: Vec<&Incident>| {
            let takes = all
                .into_iter()
                .filter(|i| i.state != State::Merged && !i.is_full());
            takes
                .min_by_key(|i| (i.opened_at, i.id.clone()))
                .map(|i| i.id.clone())
        };
        oldest(own).or_else(|| oldest(others))
    }

    /// Other incidents of which the whole is in the cluster become part of the target.
    fn absorb(
        &mut self,
        target: &str,
        homes: &BTreeSet<String>,
        free: &[&(Signal, Vec<super::Hop>, String)],
        place: &str,
    ) {
        for home in homes.iter().filter(|home| home.as_str() != target) {
            let Some(incident) = self.book.incident(home) else {
                continue;
            };
            let free = |finding: &String| free.iter().any(|(signal, _, _)| signal.id == *finding);
            let kept_apart = incident.apart.contains(target);
            let whole = incident.members.keys().all(free);
            if kept_apart || !whole || incident.state == State::Merged {
                continue;
            }
            let why = format!("all of it blames {}", super::incident::name_of(place));
            self.merge(home.clone(), target, &why);
        }
    }

    fn merge(&mut self, from: String, into: &str, why: &str) {
        let members: Vec<Member> = self
            .book
            .incident(&from)
            .map(|incident| incident.members.values().cloned().collect())
            .unwrap_or_default();
        for event in super::acts::merged(&from, into, &members, why) {
            let (incident, what) = event;
            self.tell(&incident, what);
        }
    }

    fn join(&mut self, target: &str, signal: &Signal, place: &str, way: &[super::Hop], why: &str) {
        let member = Member::new(signal, place, way, why);
        let home = self.book.of_finding(&signal.id).map(|i| i.id.clone());
        match home {
            Some(home) if home == target => {
                let known = self.book.incident(&home);
                let known = known.and_then(|i| i.members.get(&signal.id));
                if known.is_some_and(|known| *known != member) {
                    self.tell(target, What::Updated(member));
                }
                return;
            }
            Some(home) => {
                let apart = self.book.incident(target);
                if apart.is_some_and(|incident| incident.apart.contains(&home)) {
                    return; // a person keeps these two apart
                }
                let (findings, to) = (vec![signal.id.clone()], target.to_owned());
                let why = member.why.clone();
                self.tell(&home, What::Left { findings, to, why });
            }
            None => {}
        }
        self.reopen(target, &member);
        let full = self.book.incident(target).is_some_and(Incident::is_full);
        if !full {
            self.tell(target, What::Joined(member));
        }
    }

    fn reopen(&mut self, target: &str, member: &Member) {
        let over = self.book.incident(target).map(|i| i.state) == Some(State::Resolved);
        if over && member.ended_at.is_none() {
            let why = format!("{} began", member.title);
            self.tell(target, What::Reopened { why });
        }
    }

    /// Ends what has ended.
    fn age(&mut self) {
        let live = self.book.incidents().filter(|i| i.state.is_live());
        let live: Vec<Incident> = live.cloned().collect();
        for incident in live {
            if incident.members.is_empty() {
                self.tell(&incident.id, What::Resolved);
                continue;
            }
            if incident.open_members().next().is_some() {
                continue;
            }
            let ended = incident.members.values().filter_map(|m| m.ended_at).max();
            let quiet_ms = self.now.as_millis() - ended.unwrap_or(self.now).as_millis();
            if incident.restored_at.is_none() {
                self.tell(&incident.id, What::Restored);
            }
            if quiet_ms >= QUIET_MS {
                self.tell(&incident.id, What::Resolved);
            }
        }
    }

    /// Made of the finding that founds it, so that deciding it once more gives the same.
    fn new_id(&self, finding: &str) -> String {
        let id = |nth: u32| {
            let hash = Sha256::digest(format!("{finding}\0{nth}").as_bytes());
            format!("inc_{}", hex::encode(&hash[..8]))
        };
        (0..)
            .map(id)
            .find(|id| self.book.incident(id).is_none())
            .unwrap_or_default()
    }
}

//! The life of incidents.

use store::model::Severity;

use super::super::acts::{self, Act};
use super::super::incident::name_of;
use super::*;

struct Desk {
    book: Book,
    topology: Topology,
    now_s: i64,
    events: Vec<Event>,
}

impl Desk {
    fn new(topology: Topology) -> Self {
        Self {
            book: Book::default(),
            topology,
            now_s: ONSET_S + 120,
            events: Vec::new(),
        }
    }

    fn now(&self) -> UnixNano {
        UnixNano::from_secs(self.now_s)
    }

    /// A turn; gives how many incidents live.
    fn step(&mut self, found: &[Signal]) -> usize {
        self.now_s += 5;
        let events = self.book.step(found, &self.topology, self.now());
        self.say(events);
        self.live().len()
    }

    fn say(&mut self, events: Vec<Event>) {
        for event in events {
            // What is kept and read again is the same.
            let back = Event::of(&event.row()).expect("sound");
            assert_eq!(back, event);
            self.book.add(&event);
            self.events.push(event);
        }
    }

    fn live(&self) -> Vec<&Incident> {
        self.book
            .incidents()
            .filter(|i| i.state.is_live())
            .collect()
    }

    fn act(&mut self, id: &str, wish: &Act, by: &str) {
        self.now_s += 1;
        let incident = self.book.incident(id).expect("there");
        let events = acts::act(incident, wish, by, self.now()).expect("granted");
        self.say(events);
    }
}

fn ended(mut signal: Signal, at_s: i64) -> Signal {
    signal.ended_at = Some(UnixNano::from_secs(at_s));
    signal
}

#[test]
fn symptoms_first_the_cause_later_are_one_incident_with_one_id() {
    let mut desk = Desk::new(shop(&["auth"]));
    let (a, b) = (
        signal("a", "error_rate", ONSET_S),
        signal("b", "error_rate", ONSET_S + 60),
    );
    assert_eq!(desk.step(std::slice::from_ref(&a)), 1);
    let first = desk.live()[0].id.clone();
    let auth = signal("auth", "error_rate", ONSET_S);
    assert_eq!(desk.step(&[a.clone(), b.clone()]), 1);
    assert_eq!(desk.step(&[a, b, auth]), 1);
    let incident = desk.live()[0];
    assert_eq!(
        (incident.id.as_str(), incident.members.len()),
        (first.as_str(), 3)
    );
    assert_eq!(incident.title(), "error_rate of auth");
    let why = &incident.members["a-error_rate-1795000020"].why;
    assert!(why.contains("a → auth: 100 %"), "{why}");
    assert_eq!(name_of(&incident.place), "auth");
    assert!(
        desk.book.step(&[], &desk.topology, UnixNano(0)).len() >= 3,
        "what is gone has ended"
    );
}

#[test]
fn it_is_restored_over_and_back_under_its_id_within_the_hour_and_another_later() {
    let mut desk = Desk::new(shop(&[]));
    let one = signal("lone", "error_rate", ONSET_S);
    desk.step(std::slice::from_ref(&one));
    let id = desk.live()[0].id.clone();
    desk.now_s = ONSET_S + 1_000;
    let over = ended(one, ONSET_S + 900);
    desk.step(std::slice::from_ref(&over));
    assert!(desk.live()[0].restored_at.is_some());
    desk.now_s = ONSET_S + 1_300;
    assert_eq!(desk.step(std::slice::from_ref(&over)), 0);
    let mut again = signal("lone", "error_rate", ONSET_S + 1_500);
    desk.now_s = ONSET_S + 1_620;
    assert_eq!(desk.step(&[over.clone(), again.clone()]), 1);
    assert_eq!(desk.live()[0].id, id, "reopened");
    assert_eq!(desk.live()[0].restored_at, None);
    again = ended(again, ONSET_S + 1_700);
    desk.now_s = ONSET_S + 2_100;
    desk.step(&[over.clone(), again.clone()]);
    desk.step(&[over, again]);
    assert!(desk.live().is_empty());
    let later = signal("lone", "error_rate", ONSET_S + 9_000);
    desk.now_s = ONSET_S + 9_120;
    desk.step(&[later]);
    assert_ne!(desk.live()[0].id, id, "too late to be the same");
}

#[test]
fn a_split_is_kept_whatever_calls_say_and_so_is_a_merge() {
    let mut desk = Desk::new(shop(&["auth"]));
    let signals = ["a", "b", "auth"].map(|name| signal(name, "error_rate", ONSET_S));
    assert_eq!(desk.step(&signals), 1);
    let id = desk.live()[0].id.clone();
    desk.act(&id, &Act::Split(vec![signals[1].id.clone()]), "Ada");
    for _ in 0..3 {
        assert_eq!(desk.step(&signals), 2, "the split is remembered");
    }
    let other = desk
        .book
        .of_finding(&signals[1].id)
        .expect("there")
        .id
        .clone();
    assert_ne!(other, id);
    // Its like joins the one that nobody took anything from.
    let more = signal("c", "error_rate", ONSET_S);
    let all = [&signals[..], &[more]].concat();
    assert_eq!(desk.step(&all), 2);
    let (from, into) = (desk.book.incident(&other), desk.book.incident(&id));
    let merged = acts::merge(
        from.expect("there"),
        into.expect("there"),
        "Ada",
        desk.now(),
    );
    desk.say(merged.expect("merged"));
    assert_eq!(desk.step(&all), 1);
    assert_eq!(desk.live()[0].members.len(), 4);
    let from = desk.book.incident(&other).expect("known");
    assert_eq!(
        (from.state, from.merged_into.as_deref()),
        (State::Merged, Some(id.as_str()))
    );
    let refused = acts::act(from, &Act::Acknowledge, "Ada", desk.now());
    assert_eq!(refused, Err(acts::Refused::Merged(id)));
}

#[test]
fn people_acknowledge_assign_snooze_and_resolve() {
    let mut desk = Desk::new(shop(&[]));
    let one = signal("lone", "error_rate", ONSET_S);
    desk.step(std::slice::from_ref(&one));
    let id = desk.live()[0].id.clone();
    desk.act(&id, &Act::Acknowledge, " Ada ");
    desk.act(&id, &Act::Snooze(3_600_000), "Ada");
    desk.act(&id, &Act::Comment("looking".to_owned()), "");
    let incident = desk.live()[0];
    assert_eq!(
        (incident.state, incident.assignee.as_str()),
        (State::Acknowledged, "Ada")
    );
    assert!(incident.acknowledged_at.is_some() && incident.snoozed_until.is_some());
    let again = acts::act(incident, &Act::Acknowledge, "Bob", desk.now());
    assert_eq!(again, Err(acts::Refused::Already("acknowledged")));
    let head = incident.head();
    let took_ms = head.acknowledged_ms.expect("taken") - head.opened_ms;
    desk.act(&id, &Act::Resolve, "Ada");
    let incident = desk.book.incident(&id).expect("there").clone();
    assert!(incident.resolved_by_hand && incident.restored_at.is_some());
    assert_eq!(
        desk.step(std::slice::from_ref(&one)),
        0,
        "what is open stays closed by hand"
    );
    let sums = figures(&[incident.head()], 0, i64::MAX);
    assert_eq!((sums.incidents, sums.acknowledge_ms), (1, Some(took_ms)));
    // Something new of the same cause opens it again.
    let two = signal("lone", "timeouts", ONSET_S + 60);
    assert_eq!(desk.step(&[one, two]), 1);
    assert_eq!(desk.live()[0].id, id);
}

#[test]
fn its_severity_is_the_worst_and_the_sum_of_its_events_is_the_book_s() {
    let mut desk = Desk::new(shop(&["auth"]));
    let mut signals = ["a", "auth"].map(|name| signal(name, "error_rate", ONSET_S));
    signals.iter_mut().for_each(|s| s.severity = Severity::Low);
    desk.step(&signals);
    signals[0].severity = Severity::High;
    desk.step(&signals);
    signals[0].severity = Severity::Low;
    desk.step(&signals);
    let incident = desk.live()[0];
    assert_eq!(incident.severity, Severity::High);
    let own: Vec<Event> = desk
        .events
        .iter()
        .filter(|e| e.incident == incident.id)
        .cloned()
        .collect();
    assert_eq!(Incident::of(&own).as_ref(), Some(incident));
    assert_eq!(incident.revision, own.len() as u64);
}

#[test]
fn a_step_that_was_lost_is_decided_again_alike() {
    let desk = Desk::new(shop(&["auth"]));
    let signals = ["a", "auth"].map(|name| signal(name, "error_rate", ONSET_S));
    let steps: Vec<_> = (0..2)
        .map(|_| desk.book.step(&signals, &desk.topology, desk.now()))
        .collect();
    assert_eq!(steps[0], steps[1]);
    let ids: Vec<String> = steps[0].iter().map(|event| event.row().id).collect();
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
}

#[test]
fn whoever_acknowledged_takes_care_until_it_is_worse_and_may_then_say_so_again() {
    let mut desk = Desk::new(shop(&["auth"]));
    let mut found = signal("auth", "error_rate", ONSET_S);
    found.severity = Severity::Medium;
    desk.step(std::slice::from_ref(&found));
    let id = desk.live()[0].id.clone();
    desk.act(&id, &Act::Acknowledge, "Ada");
    let home = |desk: &Desk| desk.book.homes()[&found.id].acknowledged_by.clone();
    assert_eq!(home(&desk).as_deref(), Some("Ada"));
    let incident = desk.book.incident(&id).expect("there");
    assert!(acts::act(incident, &Act::Acknowledge, "Bob", desk.now()).is_err());
    let mut worse = found.clone();
    worse.severity = Severity::Critical;
    desk.step(&[worse]);
    assert_eq!(home(&desk), None);
    desk.act(&id, &Act::Acknowledge, "Bob");
    assert_eq!(home(&desk).as_deref(), Some("Ada"), "it is still hers");
}

#[test]
fn an_accounts_bill_follows_from_its_functions_unless_two_causes_may_have_made_it() {
    let topology = shop(&["auth", "lone"]);
    let mut bill = signal("auth", "cost_runaway", ONSET_S + 60);
    bill.id = "bill".to_owned();
    bill.place = "account:aws:1".to_owned();
    let spent = signal("auth", "cost_runaway", ONSET_S);
    let other = signal("lone", "error_rate", ONSET_S);
    let of_bill = |signals: &[Signal]| {
        let all = clusters(signals, &topology);
        let own = all
            .into_iter()
            .find(|(_, ids)| ids.iter().any(|id| id == "bill"));
        own.expect("somewhere").0
    };
    assert_eq!(
        of_bill(&[bill.clone(), spent.clone(), other.clone()]),
        id("auth")
    );
    let too = signal("lone", "cost_runaway", ONSET_S);
    assert_eq!(of_bill(&[bill.clone(), spent, other, too]), "account:aws:1");
    assert_eq!(of_bill(&[bill]), "account:aws:1");
}

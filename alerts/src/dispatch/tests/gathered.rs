//! What people are told of incidents. Times are seconds.

use super::*;
use crate::findings::news;
use crate::incidents::{Home, Homes};
use store::model::finding::State as Stands;
use store::model::{Evidence, Finding, Scope, Severity};

const FILE: &str = "
receivers:
- {name: a, webhook_configs: [{url: 'http://x/'}]}
- {name: other, alertmanager_configs: [{url: 'http://y/'}]}
route:
  receiver: a
  group_by: [function]
  group_wait: 10s
  group_interval: 60s
  repeat_interval: 30m
  routes: [{receiver: other, continue: true}, {receiver: a}]
";

struct Told {
    world: World,
    found: BTreeMap<String, Finding>,
    homes: Homes,
}

impl Told {
    fn new() -> Self {
        let mut world = World::new(FILE);
        let mut routing = routing(FILE);
        routing.by_incident = true;
        world.machine.reload(routing, at(0));
        Self {
            world,
            found: BTreeMap::new(),
            homes: Homes::new(),
        }
    }

    /// A finding, by id, as it is from now on, in this incident.
    fn find(&mut self, now: i64, id: &str, severity: Severity, incident: &str) {
        let finding = finding(id, severity, now);
        self.found.insert(id.to_owned(), finding);
        self.home(id, incident, |_| {});
        self.post(now);
    }

    fn home(&mut self, id: &str, incident: &str, adjust: impl Fn(&mut Home)) {
        let mut home = Home {
            incident: incident.to_owned(),
            over: false,
            by_hand: false,
            title: format!("error_rate at {incident}"),
            cause: format!("aws:1:eu:{incident}"),
            acknowledged_by: None,
        };
        adjust(&mut home);
        self.homes.insert(id.to_owned(), home);
    }

    fn close(&mut self, now: i64, id: &str) {
        let finding = self.found.get_mut(id).expect("there");
        (finding.state, finding.closed_at) = (Stands::Closed, Some(at(now)));
        self.post(now);
    }

    fn post(&mut self, now: i64) {
        self.world.run(now);
        let found: Vec<Finding> = self.found.values().cloned().collect();
        let alerts = news(
            &found,
            &self.homes,
            &self.world.machine,
            "http://here",
            at(now),
        );
        self.world.machine.post(alerts, at(now)).expect("taken");
    }

    /// `time incident reason: firing, resolved` of what one receiver heard.
    fn heard(&self, receiver: &str) -> Vec<String> {
        let to = |(_, m): &&(i64, Notification)| m.integration.receiver == receiver;
        let line = |(at, message): &(i64, Notification)| {
            let incident = message.group_labels.value("incident");
            let all = message.alerts.len();
            let firing = message
                .alerts
                .iter()
                .filter(|a| a.status == Status::Firing)
                .count();
            format!(
                "{at} {incident} {}: {firing}, {}",
                message.reason,
                all - firing
            )
        };
        self.world.arrived.iter().filter(to).map(line).collect()
    }
}

fn finding(id: &str, severity: Severity, began: i64) -> Finding {
    Finding {
        id: id.to_owned(),
        kind: "error_rate".to_owned(),
        scope: Scope::Function,
        subject: format!("aws:1:eu:{id}"),
        function_id: format!("aws:1:eu:{id}"),
        version: String::new(),
        detail: String::new(),
        state: Stands::Open,
        severity,
        confidence: 1.0,
        p_value: None,
        began_at: at(began),
        detected_at: at(began),
        updated_at: at(began),
        closed_at: None,
        closed_because: String::new(),
        title: format!("{id} fails"),
        sentence: String::new(),
        relative: None,
        interval: None,
        before: None,
        after: None,
        unit: String::new(),
        ms_per_month: None,
        micro_usd_per_month: None,
        evidence: Evidence::default(),
    }
}

#[test]
fn an_outage_is_told_when_it_begins_gets_worse_and_is_over() {
    let mut told = Told::new();
    told.find(0, "web", Severity::Medium, "one");
    told.find(30, "auth", Severity::Medium, "one");
    told.find(200, "pay", Severity::High, "one");
    told.find(210, "lone", Severity::High, "two");
    told.close(400, "auth");
    told.close(700, "web");
    told.close(800, "pay");
    told.world.run(1_000);
    let want = [
        "10 one first notification: 1, 0",
        "220 two first notification: 1, 0",
        "250 one new alerts added: 3, 0",
        "850 one all alerts resolved: 0, 1",
    ];
    assert_eq!(told.heard("a"), want);
    // Another Alertmanager groups by itself: it hears of each.
    let each = [
        "10 one first notification: 1, 0",
        "70 one new alerts added: 2, 0",
        "220 two first notification: 1, 0",
        "250 one new alerts added: 3, 0",
        "430 one some alerts resolved: 2, 1",
        "730 one some alerts resolved: 1, 1",
        "850 one all alerts resolved: 0, 1",
    ];
    assert_eq!(told.heard("other"), each);
}

#[test]
fn nobody_is_reminded_while_somebody_takes_care_until_it_is_worse() {
    let mut told = Told::new();
    told.find(0, "auth", Severity::Medium, "one");
    told.world.run(1_900);
    told.home("auth", "one", |home| {
        home.acknowledged_by = Some("Ada".to_owned());
    });
    told.post(2_000);
    told.world.run(6_000);
    let outcomes = told.world.flushes.iter().flat_map(|flush| &flush.told);
    let kept = Outcome::Acknowledged("Ada".to_owned());
    assert!(outcomes.clone().any(|told| told.outcome == kept));
    // Worse than what Ada took: the book no longer says that she takes care.
    told.found.get_mut("auth").expect("there").severity = Severity::Critical;
    told.home("auth", "one", |_| {});
    told.post(6_001);
    told.world.run(8_000);
    let want = [
        "10 one first notification: 1, 0",
        "1810 one repeat interval elapsed: 1, 0",
        "6010 one new alerts added: 1, 1",
        "7810 one repeat interval elapsed: 1, 0",
    ];
    assert_eq!(told.heard("a"), want);
}

#[test]
fn what_a_person_splits_off_pages_by_itself_and_what_calls_move_does_not() {
    let mut told = Told::new();
    told.find(0, "web", Severity::High, "one");
    told.find(0, "auth", Severity::High, "one");
    told.world.run(100);
    told.home("auth", "moved", |_| {});
    told.post(100);
    told.world.run(400);
    assert_eq!(told.heard("a"), ["10 one first notification: 2, 0"]);
    told.home("auth", "split", |home| home.by_hand = true);
    told.post(401);
    told.world.run(600);
    assert_eq!(told.heard("a")[1..], ["401 split first notification: 1, 0"]);
}

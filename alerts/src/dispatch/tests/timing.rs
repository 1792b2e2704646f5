use super::*;

#[test]
fn a_group_waits_then_speaks_once_for_all_it_collected() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.fire(5, "n=2");
    world.run(60);
    assert_eq!(world.told(), ["10 a first notification: 1 2 / "]);
}

#[test]
fn what_comes_later_waits_for_the_group_s_interval() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.fire(11, "n=2");
    world.run(100);
    world.resolve(101, "n=1");
    world.run(200);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 1 / ",
            "70 a new alerts added: 1 2 / ",
            "130 a some alerts resolved: 2 / 1",
        ]
    );
}

#[test]
fn an_alert_older_than_the_wait_opens_its_group_at_once() {
    let mut world = World::new(ONE);
    world.post(100, "n=1", 89, 5_000);
    world.run(150);
    assert_eq!(world.told(), ["100 a first notification: 1 / "]);
    let mut world = World::new(ONE);
    world.post(100, "n=1", 90, 5_000);
    world.run(150);
    assert_eq!(world.told(), ["110 a first notification: 1 / "]);
}

#[test]
fn an_old_alert_does_not_hurry_a_group_that_waits_already() {
    let mut world = World::new(ONE);
    world.fire(100, "n=1");
    world.post(103, "n=2", 0, 5_000);
    world.run(150);
    assert_eq!(world.told(), ["110 a first notification: 1 2 / "]);
}

#[test]
fn the_same_is_repeated_at_the_first_flush_after_the_repeat_interval() {
    for (repeat, want) in [
        ("3m", [10, 190, 370]),
        ("150s", [10, 190, 370]),
        ("61s", [10, 130, 250]),
    ] {
        let mut world = World::new(&ONE.replace("3m", repeat));
        world.fire(0, "n=1");
        world.run(370);
        let times: Vec<i64> = world.arrived.iter().map(|(at, _)| *at).collect();
        assert_eq!(times[..3], want, "{repeat}");
        assert_eq!(world.arrived[1].1.reason, Reason::Repeat);
    }
}

#[test]
fn when_all_is_over_the_group_says_so_once_and_ends() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.resolve(30, "n=1");
    world.run(3_000);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 1 / ",
            "70 a all alerts resolved:  / 1"
        ]
    );
    assert_eq!(world.machine.state().groups().len(), 0);
    assert_eq!(world.machine.next_at(), None);
    // Sources tell for a while what is over; nobody hears it again.
    world.resolve(3_001, "n=1");
    world.run(3_500);
    assert_eq!(world.arrived.len(), 2);
    // And when it fires again it is the first time, after the wait.
    world.fire(4_000, "n=1");
    world.run(4_500);
    assert_eq!(world.told()[2], "4010 a first notification: 1 / ");
}

#[test]
fn an_alert_that_nobody_repeats_is_over_at_its_end() {
    let mut world = World::new(ONE);
    world.post(0, "n=1", 0, 100);
    world.run(1_000);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 1 / ",
            "130 a all alerts resolved:  / 1"
        ]
    );
    let (_, last) = &world.arrived[1];
    assert_eq!(last.alerts[0].ends_at, Some(at(100)));
    assert_eq!(last.status, Status::Resolved);
}

#[test]
fn what_fires_and_ends_between_two_flushes_is_never_told() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.resolve(5, "n=1");
    world.run(1_000);
    assert!(world.told().is_empty());
    assert_eq!(world.machine.state().groups().len(), 0);
}

#[test]
fn a_receiver_that_does_not_want_the_resolved_hears_only_of_what_fires() {
    let yaml = ONE.replace("'http://x/'", "'http://x/', send_resolved: false");
    let mut world = World::new(&yaml);
    world.fire(0, "n=1");
    world.fire(0, "n=2");
    world.resolve(20, "n=1");
    world.resolve(80, "n=2");
    world.run(200);
    world.fire(210, "n=2");
    world.run(300);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 1 2 / ",
            "220 a first notification: 2 / "
        ]
    );
}

#[test]
fn groups_are_made_by_the_labels_of_their_route() {
    let yaml = ONE.replace("receiver: a,", "receiver: a, group_by: [team],");
    let mut world = World::new(&yaml);
    world.fire(0, "n=1 team=x");
    world.fire(0, "n=2 team=y");
    world.fire(0, "n=3 team=x");
    world.fire(0, "n=4");
    world.run(10);
    let mut arrived: Vec<&Notification> = world.arrived.iter().map(|(_, m)| m).collect();
    arrived.sort_by_key(|message| std::cmp::Reverse(message.alerts.len()));
    let mut keys: Vec<&str> = arrived.iter().map(|m| m.group_key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, [r#"{}:{team="x"}"#, r#"{}:{team="y"}"#, "{}:{}"]);
    let first = arrived[0];
    assert_eq!(first.common_labels.to_string(), r#"{team="x"}"#);
    assert_eq!(first.group_labels.to_string(), r#"{team="x"}"#);
}

#[test]
fn an_alert_that_continues_is_told_to_each_of_its_receivers() {
    let yaml = "
receivers: [{name: a, webhook_configs: [{url: 'http://x/'}]}, {name: b, webhook_configs: [{url: 'http://x/'}, {url: 'http://y/'}]}, {name: silent}]
route:
  receiver: silent
  group_wait: 1s
  routes:
  - {receiver: a, matchers: [n=1], continue: true}
  - {receiver: b, matchers: [n=~1|2]}
";
    let mut world = World::new(yaml);
    world.fire(0, "n=1");
    world.fire(0, "n=2");
    world.fire(0, "n=3");
    world.run(10);
    let mut told = world.told();
    told.sort();
    assert_eq!(
        told,
        [
            "1 a first notification: 1 / ",
            "1 b first notification: 1 2 / ",
            "1 b first notification: 1 2 / ",
        ]
    );
}

#[test]
fn nothing_is_sent_before_sources_had_time_to_speak_after_a_start() {
    let mut world = World::of(
        Machine::new(routing(ONE), State::default(), at(0), at(45)),
        0,
    );
    world.post(1, "n=1", -100, 5_000);
    world.fire(40, "n=2");
    world.run(200);
    assert_eq!(world.told(), ["45 a first notification: 1 2 / "]);
}

#[test]
fn more_alerts_than_are_kept_are_refused_whole() {
    let mut world = World::new(ONE);
    let alert = |n: usize| {
        let labels: Labels = [("n", n.to_string())].into_iter().collect();
        Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::default(),
            starts_at: at(0),
            ends_at: at(100),
            generator_url: String::new(),
            updated_at: at(0),
            timeout: false,
        }
    };
    let all = (0..=ALERTS_MAX).map(alert).collect();
    assert_eq!(world.machine.post(all, at(0)), Err(TooMany));
    assert!(world.machine.state().alerts().is_empty());
}

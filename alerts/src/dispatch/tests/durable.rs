use super::*;

const TWO: &str = "
receivers:
- {name: a, webhook_configs: [{url: 'http://x/'}]}
- {name: b, webhook_configs: [{url: 'http://y/'}]}
route:
  receiver: a
  group_wait: 10s
  group_interval: 60s
  repeat_interval: 1h
  routes: [{receiver: b, continue: true}, {receiver: a}]
";

#[test]
fn resolved_goes_out_after_a_crash_though_the_source_is_silent() {
    let mut world = World::new(ONE);
    world.post(0, "n=1", 0, 100);
    world.run(20);
    let mut world = world.after_a_crash(ONE);
    world.run(1_000);
    assert_eq!(world.told(), ["130 a all alerts resolved:  / 1"]);
}

#[test]
fn nothing_is_told_twice_after_a_crash_and_what_was_on_its_way_keeps_its_id() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.answers.insert("a", [Answer::Nothing].into());
    world.run(10);
    let on_its_way: Vec<String> = world
        .machine
        .state()
        .outbox()
        .iter()
        .map(|o| o.notification.id.clone())
        .collect();
    let mut world = world.after_a_crash(ONE);
    world.run(69);
    assert_eq!(world.told(), ["10 a first notification: 1 / "]);
    assert_eq!(world.arrived[0].1.id, on_its_way[0]);
    let mut world = world.after_a_crash(ONE);
    world.run(150);
    assert!(world.told().is_empty());
}

#[test]
fn a_message_is_tried_until_it_arrives_and_then_says_the_latest() {
    let mut world = World::new(ONE);
    world
        .answers
        .insert("a", [Answer::Later(100), Answer::Later(5)].into());
    world.fire(0, "n=1");
    world.fire(20, "n=2");
    world.run(65);
    world.fire(68, "n=3");
    world.run(100);
    // At 70 the group has more to say: the new message takes the place of the one that waits.
    assert_eq!(world.told(), ["75 a first notification: 1 2 3 / "]);
    assert!(world.machine.state().outbox().is_empty());
}

#[test]
fn a_page_that_waits_is_still_told_when_the_alert_is_over_and_the_end_after_it() {
    let mut world = World::new(ONE);
    world
        .answers
        .insert("a", [Answer::Later(500), Answer::Later(500)].into());
    world.fire(0, "n=1");
    world.resolve(30, "n=1");
    world.run(3_000);
    assert_eq!(
        world.told(),
        [
            // When the end stands behind it, it is tried again without waiting on.
            "570 a first notification: 1 / ",
            "570 a all alerts resolved:  / 1"
        ]
    );
    assert_eq!(world.machine.state().groups().len(), 0);
}

#[test]
fn one_receiver_s_trouble_is_not_another_s() {
    let mut world = World::new(TWO);
    world
        .answers
        .insert("b", std::iter::repeat_n(Answer::Later(1_000), 3).collect());
    world.fire(0, "n=1");
    world.resolve(30, "n=1");
    world.run(2_000);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 1 / ",
            "70 a all alerts resolved:  / 1"
        ]
    );
    world.run(4_000);
    assert_eq!(
        world.told()[2..],
        [
            "2070 b first notification: 1 / ",
            "2070 b all alerts resolved:  / 1"
        ]
    );
}

#[test]
fn a_dead_message_can_be_looked_at_and_sent_again_and_the_group_speaks_at_its_next_flush() {
    let mut world = World::new(ONE);
    world.answers.insert("a", [Answer::Never].into());
    world.fire(0, "n=1");
    world.run(30);
    let dead = world
        .machine
        .state()
        .outbox()
        .dead()
        .next()
        .expect("one")
        .clone();
    assert_eq!((dead.reason.as_str(), dead.at), ("404", at(10)));
    let id = dead.outgoing.notification.id;
    assert!(world.machine.revive(&id, at(30)));
    assert!(!world.machine.revive(&id, at(30)), "once");
    world.run(200);
    assert_eq!(world.told(), ["30 a first notification: 1 / "]);
    assert_eq!(world.arrived[0].1.id, id);
    let mut world = World::new(ONE);
    world.answers.insert("a", [Answer::Never].into());
    world.fire(0, "n=1");
    world.run(70);
    assert_eq!(world.told(), ["70 a first notification: 1 / "]);
}

#[test]
fn what_arrives_late_is_repeated_from_its_arrival() {
    let mut world = World::new(ONE);
    world.answers.insert("a", [Answer::Later(100)].into());
    world.fire(0, "n=1");
    world.run(400);
    // 110 + 180 = 290, and the flush after that is at 310.
    assert_eq!(
        world.told(),
        [
            "110 a first notification: 1 / ",
            "310 a repeat interval elapsed: 1 / "
        ]
    );
}

#[test]
fn a_reload_keeps_the_time_of_groups_that_stay_and_what_receivers_know() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.run(20);
    world
        .machine
        .reload(routing(&ONE.replace("10s", "11s")), at(20));
    world.fire(25, "n=2");
    world.run(100);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 1 / ",
            "70 a new alerts added: 1 2 / "
        ]
    );
}

#[test]
fn a_reload_moves_alerts_to_the_groups_it_gives_them() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.run(20);
    let moved = ONE.replace("receiver: a,", "receiver: a, group_by: [n],");
    world.machine.reload(routing(&moved), at(20));
    world.run(60);
    // It is older than the wait, and its group is another one.
    assert_eq!(world.told()[1], "20 a first notification: 1 / ");
    assert_eq!(world.machine.state().groups().len(), 1);
    assert_eq!(world.arrived[1].1.group_key, r#"{}:{n="1"}"#);
}

#[test]
fn what_is_over_and_told_is_forgotten_in_time() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.resolve(20, "n=1");
    world.fire(4_000, "n=2");
    world.run(4_050);
    assert_eq!(world.machine.state().alerts().len(), 1);
}

#[test]
fn what_arrived_is_sent_again_as_it_was_and_changes_nothing_after_a_crash_too() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.run(20);
    let id = world.arrived[0].1.id.clone();
    world.fire(25, "n=2");
    world.run(100);
    let mut world = world.after_a_crash(ONE);
    assert_eq!(
        world.machine.replay("ntf_none", at(100)),
        Err(NotReplayed::Unknown)
    );
    assert_eq!(world.machine.replay(&id, at(100)), Ok(()));
    assert_eq!(
        world.machine.replay(&id, at(100)),
        Err(NotReplayed::Unknown),
        "it is on its way"
    );
    let mut world = world.after_a_crash(ONE);
    world.run(200);
    assert_eq!(world.told(), ["100 a first notification: 1 / "]);
    assert_eq!(world.arrived[0].1.id, id);
    assert_eq!(
        world.machine.replay(&id, at(200)),
        Ok(()),
        "as often as one likes"
    );
}

//! Receivers that come back, that go for good, and what a crash in the middle of a large batch leaves.

use super::*;
use crate::model::Integration;

/// Two groups to one receiver.
const BY_N: &str = "
receivers: [{name: a, webhook_configs: [{url: 'http://x/'}]}]
route: {receiver: a, group_by: [n], group_wait: 10s, group_interval: 60s, repeat_interval: 1h}
";

fn way() -> Integration {
    Integration {
        receiver: "a".to_owned(),
        kind: "webhook".to_owned(),
        index: 0,
    }
}

#[test]
fn a_receiver_that_takes_one_message_again_gets_all_that_wait_for_it() {
    let mut world = World::new(BY_N);
    world
        .answers
        .insert("a", [Answer::Later(7_200), Answer::Later(7_200)].into());
    world.fire(0, "n=1");
    world.fire(0, "n=2");
    world.fire(500, "n=3");
    world.run(600);
    assert_eq!(
        world.told(),
        [
            "510 a first notification: 3 / ",
            "510 a first notification: 1 / ",
            "510 a first notification: 2 / ",
        ]
    );
}

#[test]
fn a_time_that_the_receiver_named_is_kept_though_others_get_through() {
    let mut world = World::new(BY_N);
    world.answers.insert("a", [Answer::Nothing].into());
    world.fire(0, "n=1");
    world.run(10);
    let waiting = world.machine.state().outbox().iter().next();
    let id = waiting.expect("one").notification.id.clone();
    world.machine.failed(&id, "429", at(900), true);
    world.fire(20, "n=2");
    world.run(899);
    assert_eq!(world.told(), ["30 a first notification: 2 / "]);
    assert!(world.machine.hurry(&id, at(899)), "but a person may");
    world.run(899);
    assert_eq!(world.told()[1], "899 a first notification: 1 / ");
}

#[test]
fn a_receiver_that_is_gone_stays_so_over_a_crash_until_it_is_mended_or_enabled() {
    let mut world = World::new(BY_N);
    world.machine.disable(way(), "old".to_owned(), at(0));
    world.fire(0, "n=1");
    world.run(100);
    let mut world = world.after_a_crash(BY_N);
    world.run(200);
    assert!(world.told().is_empty());
    let outcomes = world.flushes.iter().map(|flush| &flush.told[0].outcome);
    assert!(
        outcomes
            .into_iter()
            .all(|outcome| *outcome == Outcome::Disabled)
    );
    let same = [(way(), "old".to_owned())].into();
    world.machine.enable_mended(&same);
    world.run(300);
    assert!(world.told().is_empty(), "its settings are the same");
    let mut enabled = world.after_a_crash(BY_N);
    assert!(enabled.machine.enable(&way()));
    assert!(!enabled.machine.enable(&way()), "once");
    enabled.run(400);
    assert_eq!(enabled.told(), ["310 a first notification: 1 / "]);
    let other = [(way(), "new".to_owned())].into();
    world.machine.enable_mended(&other);
    world.run(400);
    assert_eq!(world.told(), ["310 a first notification: 1 / "]);
}

#[test]
fn what_ended_while_nobody_could_speak_is_believed_for_a_while() {
    let mut world = World::new(BY_N);
    world.post(0, "n=1", 0, 240);
    world.post(0, "n=2", 0, 50);
    world.run(130);
    let mut world = world.after_a_crash(BY_N);
    world.now = at(700);
    world.machine.believe(at(130), at(700), at(775));
    world.run(720);
    assert!(world.told().is_empty(), "{:?}", world.told());
    world.run(900);
    assert_eq!(world.told(), ["820 a all alerts resolved:  / 1"]);
}

#[test]
fn a_batch_that_a_crash_cut_leaves_no_alert_behind_and_no_group_that_hangs() {
    let mut world = World::new(BY_N);
    world.fire(0, "n=1");
    let changes = world.machine.take_changes();
    for kept in 1..changes.len() {
        let mut state = State::default();
        changes[..kept]
            .iter()
            .for_each(|change| state.apply(change));
        let other = BY_N.replace("receiver: a,", "receiver: a, routes: [{matchers: [n=1]}],");
        let machine = Machine::new(routing(&other), state, at(5), at(5));
        let mut world = World::of(machine, 5);
        world.run(60);
        assert_eq!(world.told().len(), 1, "{kept} of {changes:?}");
        assert_eq!(world.machine.state().groups().len(), 1, "{kept}");
    }
}

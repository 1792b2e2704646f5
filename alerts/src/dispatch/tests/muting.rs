use super::*;
use crate::matchers;

fn silence(matchers: &str, starts: i64, ends: i64) -> Silence {
    Silence {
        id: String::new(),
        matcher_sets: vec![
            matchers::parse(matchers)
                .expect(matchers)
                .into_iter()
                .collect(),
        ],
        starts_at: at(starts),
        ends_at: at(ends),
        updated_at: at(0),
        created_by: "anna".into(),
        comment: "deploy".into(),
        annotations: BTreeMap::new(),
    }
}

impl World {
    /// What muted an alert at the last look, and how many integrations were considered.
    fn last_look(&self) -> (Option<Muted>, usize) {
        let flush = self.flushes.last().expect("a flush");
        let muted = flush.seen.iter().find_map(|seen| seen.muted.clone());
        (muted, flush.told.len())
    }
}

#[test]
fn silenced_alerts_are_told_when_the_silence_ends() {
    let mut world = World::new(ONE);
    world
        .machine
        .silence(silence("n=1", 0, 100), "s1".into(), at(0))
        .expect("stored");
    world.fire(0, "n=1");
    world.run(70);
    assert_eq!(
        world.last_look(),
        (Some(Muted::Silenced(vec!["s1".into()])), 0)
    );
    world.fire(75, "n=2");
    world.run(130);
    assert_eq!(world.told(), ["130 a first notification: 1 2 / "]);
    let mut world = World::new(ONE);
    world
        .machine
        .silence(silence("n=1", 0, 1_000), "s1".into(), at(0))
        .expect("stored");
    world.fire(0, "n=1");
    world.fire(0, "n=2");
    world.run(30);
    world.machine.expire_silence("s1", at(30)).expect("there");
    world.run(70);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 2 / ",
            "70 a new alerts added: 1 2 / "
        ]
    );
}

#[test]
fn inhibited_alerts_are_told_once_their_source_is_over() {
    let yaml = format!(
        "{ONE}inhibit_rules: [{{source_matchers: [kind=cause], target_matchers: [kind=effect]}}]\n"
    );
    let mut world = World::new(&yaml);
    world.fire(0, "n=1 kind=effect");
    world.fire(5, "n=2 kind=cause");
    world.run(20);
    assert!(matches!(
        world.last_look().0,
        Some(Muted::Inhibited { rule: 0, .. })
    ));
    world.resolve(30, "n=2 kind=cause");
    world.run(80);
    assert_eq!(
        world.told(),
        [
            "10 a first notification: 2 / ",
            "70 a new alerts added: 1 / 2"
        ]
    );
}

#[test]
fn times_mute_whole_groups_and_are_named() {
    let yaml = "
receivers: [{name: a, webhook_configs: [{url: 'http://x/'}]}]
time_intervals:
- {name: first-minute, time_intervals: [{times: [{start_time: 00:00, end_time: 00:01}]}]}
- {name: third-minute, time_intervals: [{times: [{start_time: 00:02, end_time: 00:03}]}]}
route:
  receiver: a
  group_wait: 10s
  group_interval: 30s
  routes: [{ROUTE}]
";
    for (route, told_at, muted) in [
        (
            "mute_time_intervals: [first-minute]",
            70,
            Muted::InMuteTimes(vec!["first-minute".into()]),
        ),
        (
            "active_time_intervals: [third-minute]",
            130,
            Muted::OutsideActiveTimes(vec!["third-minute".into()]),
        ),
    ] {
        let mut world = World::new(&yaml.replace("ROUTE", route));
        world.fire(0, "n=1");
        world.run(40);
        assert_eq!(world.last_look(), (Some(muted), 0));
        let (_, group) = world.machine.state().groups().next().expect("a group");
        assert_eq!(group.muted_by.len(), 1);
        world.run(200);
        assert_eq!(
            world.told(),
            [format!("{told_at} a first notification: 1 / ")]
        );
    }
}

#[test]
fn every_look_says_what_was_decided_and_only_news_are_kept() {
    let mut world = World::new(ONE);
    world.fire(0, "n=1");
    world.run(600);
    assert_eq!(world.flushes.len(), 10);
    let reasons: Vec<Reason> = world
        .flushes
        .iter()
        .map(|flush| flush.told[0].reason)
        .collect();
    assert_eq!(
        reasons[..4],
        [
            Reason::First,
            Reason::NothingNew,
            Reason::NothingNew,
            Reason::Repeat
        ]
    );
    let kept: Vec<i64> = world
        .machine
        .state()
        .notes()
        .iter()
        .filter_map(|note| match note {
            Note::Look(flush) => Some(flush.at.as_secs()),
            _ => None,
        })
        .collect();
    assert_eq!(kept, [10, 70, 190, 250, 370, 430, 550]);
}

use std::collections::BTreeMap;

use store::model::{Severity, UnixNano};

use super::*;
use crate::config::Secret;
use crate::incidents::{Event, Incident, Member, What};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MINUTE: i64 = 60 * 1_000_000_000;

fn config(name: &str) -> Config {
    Config {
        name: name.to_owned(),
        does: "rolls back".to_owned(),
        url: Secret::from("https://ops.example/rollback".to_owned()),
        secrets: vec![Secret::from(SECRET.to_owned())],
        secret_files: Vec::new(),
        matchers: vec!["kind=~\"error_.*\"".to_owned(), "cause=\"true\"".to_owned()],
        cool_down_ms: 3_600_000,
        concurrency: 1,
        timeout_ms: 600_000,
        dry_run: false,
        approval: false,
    }
}

fn runbooks(config: Config) -> Vec<Runbook> {
    Runbook::all(&[config]).expect("sound")
}

fn incident(id: &str, function: &str) -> Incident {
    let place = format!("aws:1:eu:{function}");
    let member = Member {
        finding: format!("f-{function}"),
        kind: "error_rate".to_owned(),
        place: place.clone(),
        severity: Severity::High,
        title: "it fails".to_owned(),
        began_at: UnixNano(0),
        detected_at: UnixNano(1),
        ended_at: None,
        version: "43".to_owned(),
        blames: place.clone(),
        way: Vec::new(),
        why: String::new(),
    };
    let events = [
        Event::own(id, UnixNano(1), What::Opened { place }),
        Event::own(id, UnixNano(2), What::Joined(member)),
    ];
    Incident::of(&events).expect("an incident")
}

/// Plans, takes the steps of the plan for done, and gives them in short.
fn turn(runbooks: &[Runbook], incidents: &[&Incident], runs: &mut Runs, now: i64) -> Vec<String> {
    let now = UnixNano(now);
    let todo = plan(runbooks, incidents, runs, |_| false, now);
    let mut told = Vec::new();
    for one in todo {
        match one {
            Do::Tell { incident, step } => {
                let text = serde_json::to_value(&step.stage).expect("JSON")["stage"].clone();
                told.push(format!("{incident} {}", text.as_str().expect("a word")));
                runs.add(&Event::own(&incident, now, What::Runbook(step)));
            }
            Do::Ask {
                incident,
                run,
                runbook,
                expires_at,
            } => {
                told.push(format!("{incident} ask"));
                let token_sha256 = "0".repeat(64);
                let stage = Stage::Started {
                    token_sha256,
                    expires_at,
                };
                let step = Step {
                    run,
                    runbook,
                    stage,
                };
                runs.add(&Event::own(&incident, now, What::Runbook(step)));
            }
        }
    }
    told
}

fn step(runs: &mut Runs, stage: Stage, now: i64) {
    let run = runs.iter().last().expect("a run").clone();
    let step = Step {
        run: run.id,
        runbook: run.runbook,
        stage,
    };
    runs.add(&Event::own(
        &run.incident,
        UnixNano(now),
        What::Runbook(step),
    ));
}

#[test]
fn a_run_is_wanted_asked_for_once_and_not_again_while_it_cools_down() {
    let (runbooks, one) = (runbooks(config("rollback")), incident("inc_1", "a"));
    let mut runs = Runs::default();
    assert_eq!(turn(&runbooks, &[&one], &mut runs, 10), ["inc_1 wanted"]);
    assert_eq!(turn(&runbooks, &[&one], &mut runs, 20), ["inc_1 ask"]);
    step(&mut runs, Stage::Taken { status: 202 }, 30);
    assert!(turn(&runbooks, &[&one], &mut runs, 40).is_empty());
    let done = Stage::Answered {
        succeeded: true,
        text: String::new(),
        url: String::new(),
    };
    step(&mut runs, done, 50);
    assert!(turn(&runbooks, &[&one], &mut runs, 59 * MINUTE).is_empty());
    assert_eq!(
        turn(&runbooks, &[&one], &mut runs, 61 * MINUTE),
        ["inc_1 wanted"]
    );
}

#[test]
fn others_wait_for_their_turn_and_one_place_is_one_run() {
    let (runbooks, one) = (runbooks(config("rollback")), incident("inc_1", "a"));
    let (two, same) = (incident("inc_2", "b"), incident("inc_3", "a"));
    let mut runs = Runs::default();
    let all = [&one, &two, &same];
    assert_eq!(
        turn(&runbooks, &all, &mut runs, 10),
        ["inc_1 wanted", "inc_2 wanted"]
    );
    let asked = turn(&runbooks, &all, &mut runs, 20);
    assert_eq!(asked.len(), 1, "one at a time: {asked:?}");
    assert!(
        turn(&runbooks, &all, &mut runs, 30).len() == 1,
        "asked for again: not taken yet"
    );
    let late = turn(&runbooks, &all, &mut runs, 11 * MINUTE);
    assert!(late[0].ends_with("timed_out"), "{late:?}");
    let next = turn(&runbooks, &all, &mut runs, 12 * MINUTE);
    assert!(next[0].ends_with("ask"), "the other's turn: {next:?}");
}

#[test]
fn a_person_s_yes_is_waited_for_and_a_dry_run_asks_nobody() {
    let one = incident("inc_1", "a");
    let approved = runbooks(Config {
        approval: true,
        ..config("rollback")
    });
    let mut runs = Runs::default();
    turn(&approved, &[&one], &mut runs, 10);
    assert!(turn(&approved, &[&one], &mut runs, 20).is_empty());
    step(&mut runs, Stage::Approved, 30);
    assert_eq!(turn(&approved, &[&one], &mut runs, 40), ["inc_1 ask"]);
    let dry = runbooks(Config {
        dry_run: true,
        approval: true,
        ..config("rollback")
    });
    let mut runs = Runs::default();
    assert_eq!(
        turn(&dry, &[&one], &mut runs, 10),
        ["inc_1 wanted", "inc_1 rehearsed"]
    );
    assert!(turn(&dry, &[&one], &mut runs, 20).is_empty());
}

#[test]
fn what_was_refused_is_asked_for_again_under_the_same_id_and_no_longer_than_it_has_time() {
    let (runbooks, one) = (runbooks(config("rollback")), incident("inc_1", "a"));
    let mut runs = Runs::default();
    turn(&runbooks, &[&one], &mut runs, 10);
    turn(&runbooks, &[&one], &mut runs, 20);
    let again_at = Some(UnixNano(5 * MINUTE));
    step(
        &mut runs,
        Stage::Refused {
            reason: "503".to_owned(),
            again_at,
        },
        30,
    );
    assert!(turn(&runbooks, &[&one], &mut runs, 40).is_empty());
    assert_eq!(
        turn(&runbooks, &[&one], &mut runs, 5 * MINUTE),
        ["inc_1 ask"]
    );
    assert_eq!(runs.iter().count(), 1);
    assert_eq!(
        turn(&runbooks, &[&one], &mut runs, 10 * MINUTE + 20),
        ["inc_1 timed_out"]
    );
}

#[test]
fn an_incident_that_is_not_meant_or_is_over_wants_nothing() {
    let other = runbooks(Config {
        matchers: vec!["function=\"b\"".to_owned()],
        ..config("rollback")
    });
    let mut runs = Runs::default();
    let one = incident("inc_1", "a");
    assert!(turn(&other, &[&one], &mut runs, 10).is_empty());
    let meant = runbooks(config("rollback"));
    assert_eq!(turn(&meant, &[&one], &mut runs, 10), ["inc_1 wanted"]);
    // It is over before it was asked for.
    assert_eq!(turn(&meant, &[], &mut runs, 20), ["inc_1 declined"]);
}

#[test]
fn a_result_needs_the_token_in_time_and_once() {
    let token = Token::new().expect("chance");
    let (runbooks, one) = (runbooks(config("rollback")), incident("inc_1", "a"));
    let mut runs = Runs::default();
    turn(&runbooks, &[&one], &mut runs, 10);
    let stage = Stage::Started {
        token_sha256: token.hashed(),
        expires_at: UnixNano(100),
    };
    step(&mut runs, stage, 20);
    let run = |runs: &Runs| runs.iter().last().expect("a run").clone();
    let say = |runs: &Runs, token: &str, at| {
        answered(&run(runs), token, (true, " ok\n", ""), UnixNano(at))
    };
    assert_eq!(say(&runs, "guess", 50), None);
    assert_eq!(
        say(&runs, &token.hashed(), 50),
        None,
        "what is kept is no token"
    );
    assert_eq!(say(&runs, token.expose(), 100), None, "too late");
    let step = say(&runs, token.expose(), 99).expect("taken");
    let said = Event::own("inc_1", UnixNano(99), What::Runbook(step));
    assert!(!said.row().body.contains(token.expose()));
    runs.add(&said);
    assert!(matches!(
        run(&runs).ended,
        Some(Stage::Answered {
            succeeded: true,
            ..
        })
    ));
    assert_eq!(say(&runs, token.expose(), 99), None, "used");
}

#[test]
fn bad_runbooks_are_refused_by_name_without_their_secrets() {
    let cases: BTreeMap<&str, Config> = [
        (
            "matchers are missing",
            Config {
                matchers: Vec::new(),
                ..config("x")
            },
        ),
        (
            "secrets are missing",
            Config {
                secrets: Vec::new(),
                ..config("x")
            },
        ),
        (
            "whsec_",
            Config {
                secrets: vec![Secret::from("hunter2".to_owned())],
                ..config("x")
            },
        ),
        (
            "url",
            Config {
                url: Secret::from("gopher://x".to_owned()),
                ..config("x")
            },
        ),
        (
            "timeout_ms",
            Config {
                timeout_ms: 5,
                ..config("x")
            },
        ),
        (
            "concurrency",
            Config {
                concurrency: 0,
                ..config("x")
            },
        ),
    ]
    .into_iter()
    .collect();
    for (want, config) in cases {
        let error = Runbook::all(&[config]).expect_err(want).to_string();
        assert!(error.contains(want) && error.contains("\"x\""), "{error}");
        assert!(!error.contains("hunter2"));
    }
    let twice = [config("x"), config("x")];
    assert!(
        Runbook::all(&twice)
            .expect_err("twice")
            .to_string()
            .contains("two runbooks")
    );
}

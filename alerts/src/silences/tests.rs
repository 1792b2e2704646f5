use store::model::UnixNano;

use super::*;
use crate::matchers::parse;

fn at(secs: i64) -> UnixNano {
    UnixNano::from_secs(secs)
}

fn silence(matchers: &str, starts: i64, ends: i64) -> Silence {
    Silence {
        id: String::new(),
        matcher_sets: vec![parse(matchers).expect(matchers).into_iter().collect()],
        starts_at: at(starts),
        ends_at: at(ends),
        updated_at: at(0),
        created_by: "anna".into(),
        comment: "deploy".into(),
        annotations: BTreeMap::new(),
    }
}

/// Stores it under `id` and returns the id it got.
fn store(silences: &mut Silences, silence: Silence, id: &str, now: i64) -> Result<String, Fault> {
    let stored = silences.store(silence, id.to_owned(), at(now))?;
    stored
        .changes
        .into_iter()
        .for_each(|change| silences.put(change));
    Ok(stored.id)
}

#[test]
fn a_silence_mutes_from_its_start_up_to_its_end() {
    let mut silences = Silences::default();
    store(&mut silences, silence("a=1,b=~x.*", 10, 20), "s1", 0).expect("stored");
    let labels = |text: &str| -> Labels { [("a", "1"), ("b", text)].into_iter().collect() };
    for (now, value, want) in [
        (9, "xy", false),
        (10, "xy", true),
        (19, "xy", true),
        (20, "xy", false),
        (15, "y", false),
    ] {
        let muted = silences.muting(&labels(value), at(now)).next().is_some();
        assert_eq!(muted, want, "at {now} b={value}");
    }
}

#[test]
fn one_of_several_sets_is_enough() {
    let mut two = silence("a=1", 0, 10);
    two.matcher_sets
        .push(parse("b=2").expect("valid").into_iter().collect());
    assert!(two.matches(&[("b", "2")].into_iter().collect()));
    assert!(!two.matches(&[("b", "1")].into_iter().collect()));
}

#[test]
fn a_silence_that_starts_in_the_past_starts_now() {
    let mut silences = Silences::default();
    store(&mut silences, silence("a=1", 10, 100), "s1", 50).expect("stored");
    assert_eq!(silences.get("s1").map(|s| s.starts_at), Some(at(50)));
}

#[test]
fn the_id_stays_unless_the_change_would_rewrite_what_was_muted() {
    let with = |id: &str, matchers: &str, starts: i64, ends: i64| Silence {
        id: id.to_owned(),
        ..silence(matchers, starts, ends)
    };
    for (what, change, now, want) in [
        (
            "an active one is lengthened",
            with("s1", "a=1", 10, 300),
            50,
            "s1",
        ),
        (
            "an active one is shortened",
            with("s1", "a=1", 10, 60),
            50,
            "s1",
        ),
        (
            "an active one ends in the past",
            with("s1", "a=1", 10, 40),
            50,
            "s2",
        ),
        (
            "an active one starts earlier",
            with("s1", "a=1", 5, 100),
            50,
            "s2",
        ),
        ("other matchers", with("s1", "a=2", 10, 100), 50, "s2"),
        (
            "a pending one starts later",
            with("s1", "a=1", 20, 100),
            5,
            "s1",
        ),
        (
            "a pending one starts in the past",
            with("s1", "a=1", 3, 100),
            5,
            "s2",
        ),
        (
            "an expired one comes back",
            with("s1", "a=1", 10, 200),
            150,
            "s2",
        ),
    ] {
        let mut silences = Silences::default();
        store(&mut silences, silence("a=1", 10, 100), "s1", 0).expect("stored");
        let id = store(&mut silences, change, "s2", now).expect(what);
        assert_eq!(id, want, "{what}");
        let old = silences.get("s1").expect("still on record");
        if want == "s2" {
            assert_eq!(old.state(at(now)), State::Expired, "{what}");
        }
    }
}

#[test]
fn expiring_ends_a_silence_at_once_and_once() {
    let mut silences = Silences::default();
    store(&mut silences, silence("a=1", 10, 100), "s1", 0).expect("stored");
    let pending = silences
        .expire("s1", at(5))
        .expect("there")
        .expect("a change");
    assert_eq!((pending.starts_at, pending.ends_at), (at(5), at(5)));
    let active = silences
        .expire("s1", at(50))
        .expect("there")
        .expect("a change");
    assert_eq!((active.starts_at, active.ends_at), (at(10), at(50)));
    silences.put(active);
    assert_eq!(silences.expire("s1", at(60)), Ok(None));
    assert_eq!(silences.expire("s9", at(60)), Err(Fault::NotFound));
}

#[test]
fn what_would_mute_everything_or_nothing_is_refused() {
    let empty = Silence {
        matcher_sets: vec![],
        ..silence("a=1", 0, 10)
    };
    let hollow = Silence {
        matcher_sets: vec![Matchers::default()],
        ..silence("a=1", 0, 10)
    };
    for (silence, want) in [
        (empty, "at least one matcher set required"),
        (hollow, "matcher set 0 is empty"),
        (silence("a=~.*", 0, 10), "must not match the empty string"),
        (
            silence(r#"a="",b=~"x?""#, 0, 10),
            "must not match the empty string",
        ),
        (
            silence("a=1", 20, 10),
            "end time must not be before start time",
        ),
    ] {
        let fault = Silences::default()
            .store(silence, "s1".into(), at(0))
            .expect_err(want);
        assert!(fault.to_string().contains(want), "{fault}");
    }
    assert!(silence("a!=1", 0, 10).validate().is_ok());
    let unknown = Silence {
        id: "s9".into(),
        ..silence("a=1", 0, 10)
    };
    assert_eq!(
        Silences::default().store(unknown, "s1".into(), at(0)),
        Err(Fault::NotFound)
    );
}

#[test]
fn expired_silences_are_kept_for_five_days() {
    let mut silences = Silences::default();
    store(&mut silences, silence("a=1", 0, 100), "s1", 0).expect("stored");
    let kept = 100 + 120 * 3_600;
    assert_eq!(silences.outdated(at(kept - 1)).count(), 0);
    assert_eq!(silences.outdated(at(kept)).count(), 1);
}

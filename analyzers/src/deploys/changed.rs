//! What else changed with a deploy: the last hours of the old version beside the first of the new one.

use std::collections::BTreeMap;

use store::model::Change;
use store::read::around::Told;

/// Fewest invocations or spans on each side that say anything.
const SEEN_MIN: u64 = 3;
/// A thing with more values than this on one side varies by itself.
const VALUES_MAX: usize = 8;
/// Most suspects given.
const SUSPECTS_MAX: usize = 12;

/// Something that changed together with a version, and how likely it is to matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// What, from what, to what.
    pub change: Change,
    /// 0 to 1: how much such a change mostly matters × how clear it is.
    pub weight: f64,
    /// Why it is suspected, in a sentence.
    pub why: String,
}

/// How much a change of this kind mostly matters to start-up, duration and costs, 0 to 1, and why.
const KINDS: [(&str, f64, &str); 16] = [
    (
        "memory_mb",
        1.0,
        "memory decides how much processor a function gets and what a millisecond costs",
    ),
    (
        "memory",
        1.0,
        "memory decides how much processor a function gets and what a millisecond costs",
    ),
    (
        "package",
        0.95,
        "a package of another kind is loaded in another way",
    ),
    (
        "runtime",
        0.95,
        "another runtime starts and runs at another speed",
    ),
    (
        "architecture",
        0.9,
        "another processor runs the same code at another speed and price",
    ),
    (
        "layers",
        0.85,
        "layers and extensions start together with the function",
    ),
    ("snap_start", 0.85, "snapshots replace the start-up itself"),
    (
        "init_kind",
        0.8,
        "another kind of initialisation takes another time",
    ),
    (
        "region",
        0.8,
        "another region has other neighbours and prices",
    ),
    (
        "vpc",
        0.7,
        "a network of its own changes how connections are opened",
    ),
    (
        "telemetry.distro",
        0.7,
        "the telemetry layer starts together with the function",
    ),
    (
        "telemetry.sdk",
        0.6,
        "the telemetry library starts together with the function",
    ),
    ("process.runtime", 0.6, "another build of the runtime"),
    (
        "runtime_build",
        0.5,
        "the platform moved to another build of the runtime",
    ),
    (
        "timeout_s",
        0.4,
        "the time limit decides which invocations end early",
    ),
    (
        "environment",
        0.4,
        "the configuration in the environment changed",
    ),
];
/// Of a kind not listed.
const OTHER: (f64, &str) = (0.3, "it changed at the same time");

/// Values of one thing on one side, most frequent first.
type Values<'a> = Vec<(&'a str, u64)>;

/// What changed, most suspicious first, at most twelve. `told` is what telemetry told before and after the
/// deploy, `announced` what an audit log or a pipeline said of it, which is believed.
#[must_use]
pub fn changed(told: &[Told], announced: &[Change]) -> Vec<Suspect> {
    let mut sides: BTreeMap<&str, [Values<'_>; 2]> = BTreeMap::new();
    for one in told {
        let side = &mut sides.entry(&one.what).or_default()[usize::from(one.after)];
        side.push((&one.value, one.seen));
    }
    let mut suspects: Vec<Suspect> = sides
        .iter()
        .filter_map(|(what, [before, after])| compared(what, before, after))
        .collect();
    for change in announced {
        match suspects
            .iter_mut()
            .find(|one| one.change.what == change.what)
        {
            Some(known) => known.weight = kind(&change.what).0,
            None => suspects.push(suspect(filled(change, &sides), 1.0)),
        }
    }
    suspects.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then_with(|| a.change.what.cmp(&b.change.what))
    });
    suspects.truncate(SUSPECTS_MAX);
    suspects
}

/// The change of what most invocations say, if there is one.
fn compared(what: &str, before: &Values<'_>, after: &Values<'_>) -> Option<Suspect> {
    if before.len().max(after.len()) > VALUES_MAX {
        return None;
    }
    let (old, old_share) = most(before)?;
    let (new, new_share) = most(after)?;
    if old == new {
        return None;
    }
    // What half of the old version's sandboxes had, too, is hardly a change.
    let clear = old_share * new_share * (1.0 - share_of(before, new));
    let change = Change {
        what: what.to_owned(),
        before: old.to_owned(),
        after: new.to_owned(),
    };
    Some(suspect(change, clear))
}

fn suspect(change: Change, clear: f64) -> Suspect {
    let (matters, why) = kind(&change.what);
    let why = match (change.before.as_str(), change.after.as_str()) {
        ("", after) => format!("{} is {after} now: {why}", change.what),
        (before, "") => format!("{} was {before} and is gone: {why}", change.what),
        (before, after) => format!("{} went from {before} to {after}: {why}", change.what),
    };
    Suspect {
        weight: matters * clear,
        why,
        change,
    }
}

/// An announced change with what it was, where only telemetry knows that.
fn filled(change: &Change, sides: &BTreeMap<&str, [Values<'_>; 2]>) -> Change {
    let mut change = change.clone();
    let known = sides
        .get(change.what.as_str())
        .and_then(|[before, _]| most(before));
    if let (true, Some((before, _))) = (change.before.is_empty(), known)
        && before != change.after
    {
        before.clone_into(&mut change.before);
    }
    change
}

/// The value most told, and its share.
fn most<'a>(values: &Values<'a>) -> Option<(&'a str, f64)> {
    let all: u64 = values.iter().map(|(_, seen)| seen).sum();
    // Of two told equally often the first by name, so that the order of rows decides nothing.
    let (value, seen) = values
        .iter()
        .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)))?;
    (all >= SEEN_MIN).then_some((value, *seen as f64 / all as f64))
}

fn share_of(values: &Values<'_>, wanted: &str) -> f64 {
    let all: u64 = values.iter().map(|(_, seen)| seen).sum();
    let own: u64 = values
        .iter()
        .filter(|(value, _)| *value == wanted)
        .map(|(_, seen)| seen)
        .sum();
    own as f64 / all.max(1) as f64
}

fn kind(what: &str) -> (f64, &'static str) {
    let own = |name: &str| {
        what == name
            || what
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    let found = KINDS.iter().find(|(name, ..)| own(name));
    found.map_or(OTHER, |(_, matters, why)| (*matters, *why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(after: bool, what: &str, value: &str, seen: u64) -> Told {
        Told {
            after,
            what: what.into(),
            value: value.into(),
            seen,
        }
    }

    #[test]
    fn clear_changes_of_what_matters_most_come_first() {
        let rows = [
            told(false, "memory_mb", "512", 100),
            told(true, "memory_mb", "256", 40),
            told(false, "telemetry.distro.version", "1.0", 100),
            told(true, "telemetry.distro.version", "1.1", 40),
            told(false, "runtime", "nodejs20.x", 100),
            told(true, "runtime", "nodejs20.x", 40),
            told(false, "team", "a", 10),
            told(true, "team", "b", 10),
        ];
        let found = changed(&rows, &[]);
        let whats: Vec<&str> = found.iter().map(|s| s.change.what.as_str()).collect();
        assert_eq!(whats, ["memory_mb", "telemetry.distro.version", "team"]);
        assert!((found[0].weight - 1.0).abs() < 1e-9);
        assert!(
            found[0].why.starts_with("memory_mb went from 512 to 256"),
            "{}",
            found[0].why
        );
    }

    #[test]
    fn what_varies_by_itself_or_was_hardly_seen_is_no_suspect() {
        let mut rows: Vec<Told> = (0..20)
            .map(|i| told(i % 2 == 0, "build", &i.to_string(), 9))
            .collect();
        rows.push(told(false, "runtime", "a", 2));
        rows.push(told(true, "runtime", "b", 50));
        rows.push(told(true, "only_after", "x", 50));
        assert!(changed(&rows, &[]).is_empty());
    }

    #[test]
    fn a_mixture_weighs_less_than_a_clear_change() {
        let rows = [
            told(false, "architecture", "x86_64", 60),
            told(false, "architecture", "arm64", 40),
            told(true, "architecture", "arm64", 100),
        ];
        let found = changed(&rows, &[]);
        assert!(
            (found[0].weight - 0.9 * 0.6 * 0.6).abs() < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn what_an_audit_log_says_is_believed_and_telemetry_says_what_it_was() {
        let rows = [
            told(false, "memory_mb", "512", 100),
            told(true, "memory_mb", "512", 1),
        ];
        let announced = [Change {
            what: "memory_mb".into(),
            before: String::new(),
            after: "1024".into(),
        }];
        let found = changed(&rows, &announced);
        assert_eq!(
            (
                found[0].change.before.as_str(),
                found[0].change.after.as_str()
            ),
            ("512", "1024")
        );
        assert!((found[0].weight - 1.0).abs() < 1e-9);
    }
}

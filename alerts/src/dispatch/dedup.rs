//! Whether a receiver needs to hear of a group again.

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use crate::config::Duration;
use crate::model::{Fingerprint, Reason};

/// What a receiver knows of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The alerts that fired, sorted.
    pub firing: Vec<Fingerprint>,
    /// The alerts that were over, sorted.
    pub resolved: Vec<Fingerprint>,
    /// As of when.
    pub at: UnixNano,
    /// When it may be forgotten, once the group has ended.
    pub expires_at: UnixNano,
}

/// Why a receiver that knows `known` should hear what `new` says, or [`Reason::NothingNew`].
///
/// `repeat` is counted from [`Entry::at`]. `wants_resolved` is the integration's `send_resolved`; when
/// the last alert is resolved that is a reason without it too, so that what the receiver knows is put
/// right and the next alert counts as the first.
#[must_use]
pub fn needs_update(
    known: Option<&Entry>,
    new: &Entry,
    wants_resolved: bool,
    repeat: Duration,
) -> Reason {
    let Some(known) = known else {
        return match new.firing.is_empty() {
            true => Reason::NothingNew,
            false => Reason::First,
        };
    };
    if !within(&new.firing, &known.firing) {
        return match known.firing.is_empty() {
            true => Reason::First,
            false => Reason::NewAlerts,
        };
    }
    if new.firing.is_empty() {
        // Fired and resolved between two flushes: the receiver never knew.
        return match known.firing.is_empty() {
            true => Reason::NothingNew,
            false => Reason::AllResolved,
        };
    }
    if wants_resolved && !within(&new.resolved, &known.resolved) {
        return Reason::SomeResolved;
    }
    if known.at.0.saturating_add(repeat.nanos()) <= new.at.0 {
        return Reason::Repeat;
    }
    Reason::NothingNew
}

/// Whether all of `some` are among the sorted `all`.
pub(super) fn within(some: &[Fingerprint], all: &[Fingerprint]) -> bool {
    some.iter().all(|one| all.binary_search(one).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1 2 / 3 @ 60`: these fire, this is over, as of that second; `-` is nothing.
    fn entry(text: &str) -> Option<Entry> {
        let (alerts, at) = text.split_once(" @ ")?;
        let (firing, resolved) = alerts.split_once('/')?;
        let alerts = |text: &str| {
            let numbers = text.split_whitespace().map(|n| n.parse().expect(n));
            numbers.map(Fingerprint).collect()
        };
        Some(Entry {
            firing: alerts(firing),
            resolved: alerts(resolved),
            at: UnixNano::from_secs(at.parse().expect(at)),
            expires_at: UnixNano(0),
        })
    }

    #[test]
    fn every_reason_has_its_case_and_silence_has_its_own() {
        let repeat = Duration::from_secs(60);
        for (known, new, with_resolved, without) in [
            ("-", "1 / @ 0", Reason::First, Reason::First),
            ("-", "/ 1 @ 0", Reason::NothingNew, Reason::NothingNew),
            ("/ 1 @ 0", "1 / @ 1", Reason::First, Reason::First),
            (
                "/ 1 @ 0",
                "/ 1 2 @ 99",
                Reason::NothingNew,
                Reason::NothingNew,
            ),
            ("1 / @ 0", "1 2 / @ 1", Reason::NewAlerts, Reason::NewAlerts),
            ("1 / @ 0", "2 / 1 @ 1", Reason::NewAlerts, Reason::NewAlerts),
            (
                "1 / @ 0",
                "/ 1 @ 1",
                Reason::AllResolved,
                Reason::AllResolved,
            ),
            (
                "1 2 / @ 0",
                "1 / 2 @ 1",
                Reason::SomeResolved,
                Reason::NothingNew,
            ),
            (
                "1 / 2 @ 0",
                "1 / 2 @ 1",
                Reason::NothingNew,
                Reason::NothingNew,
            ),
            (
                "1 2 / @ 0",
                "1 / @ 1",
                Reason::NothingNew,
                Reason::NothingNew,
            ),
            (
                "1 / @ 0",
                "1 / @ 59",
                Reason::NothingNew,
                Reason::NothingNew,
            ),
            ("1 / @ 0", "1 / @ 60", Reason::Repeat, Reason::Repeat),
        ] {
            let told = entry(new).expect(new);
            for (wants_resolved, want) in [(true, with_resolved), (false, without)] {
                let got = needs_update(entry(known).as_ref(), &told, wants_resolved, repeat);
                assert_eq!(
                    got, want,
                    "{known} then {new}, resolved wanted: {wants_resolved}"
                );
            }
        }
    }
}

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

    #[test]
    fn every_reason_has_its_case_and_silence_has_its_own() {
        let entry = |firing: &[u64], resolved: &[u64], at: i64| Entry {
            firing: firing.iter().map(|fp| Fingerprint(*fp)).collect(),
            resolved: resolved.iter().map(|fp| Fingerprint(*fp)).collect(),
            at: UnixNano::from_secs(at),
            expires_at: UnixNano(0),
        };
        let repeat = Duration::from_secs(60);
        for (known, new, wants_resolved, want) in [
            (None, entry(&[1], &[], 0), true, Reason::First),
            (None, entry(&[], &[1], 0), true, Reason::NothingNew),
            (
                Some(entry(&[], &[1], 0)),
                entry(&[1], &[], 1),
                true,
                Reason::First,
            ),
            (
                Some(entry(&[], &[1], 0)),
                entry(&[], &[1, 2], 99),
                true,
                Reason::NothingNew,
            ),
            (
                Some(entry(&[1], &[], 0)),
                entry(&[1, 2], &[], 1),
                true,
                Reason::NewAlerts,
            ),
            (
                Some(entry(&[1], &[], 0)),
                entry(&[2], &[1], 1),
                true,
                Reason::NewAlerts,
            ),
            (
                Some(entry(&[1], &[], 0)),
                entry(&[], &[1], 1),
                true,
                Reason::AllResolved,
            ),
            (
                Some(entry(&[1], &[], 0)),
                entry(&[], &[1], 1),
                false,
                Reason::AllResolved,
            ),
            (
                Some(entry(&[1, 2], &[], 0)),
                entry(&[1], &[2], 1),
                true,
                Reason::SomeResolved,
            ),
            (
                Some(entry(&[1, 2], &[], 0)),
                entry(&[1], &[2], 1),
                false,
                Reason::NothingNew,
            ),
            (
                Some(entry(&[1], &[2], 0)),
                entry(&[1], &[2], 1),
                true,
                Reason::NothingNew,
            ),
            (
                Some(entry(&[1, 2], &[], 0)),
                entry(&[1], &[], 1),
                true,
                Reason::NothingNew,
            ),
            (
                Some(entry(&[1], &[], 0)),
                entry(&[1], &[], 59),
                true,
                Reason::NothingNew,
            ),
            (
                Some(entry(&[1], &[], 0)),
                entry(&[1], &[], 60),
                true,
                Reason::Repeat,
            ),
        ] {
            let got = needs_update(known.as_ref(), &new, wants_resolved, repeat);
            assert_eq!(
                got, want,
                "{known:?} then {new:?}, resolved wanted: {wants_resolved}"
            );
        }
    }
}

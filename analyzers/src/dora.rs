//! How changes are delivered: how often, how many fail, and how long it takes to be well again.
//!
//! - A *change* is a deploy that is no rollback. Where a function's history begins is none.
//! - A *rollback* is a deploy, within seven days, of a version that was in use before the one it replaces. It
//!   undoes every change since that version was in use last.
//! - A change has *failed* if a rollback undid it, or if a finding worse than a remark names its version,
//!   after it, as what it is about.
//! - *Time to restore* of a failed change goes from where the first finding of it began to where the last one
//!   was closed, or to the rollback if that came first; without a finding before the rollback, from the
//!   deploy.
//!
//! Lead time is not reckoned: deploys tell a commit, but nobody tells when it was written.

use std::collections::{BTreeMap, BTreeSet};

use store::read::delivery::{DeployedRow, FailingRow};

/// Who returns later than this rolls nothing back, ms.
const ROLLBACK_MS: i64 = 7 * 86_400_000;
/// A share of fewer changes says nothing: the interval of one in four reaches from 0 to 80 %.
pub const CHANGES_MIN: usize = 5;
/// Nor does the median of fewer times.
pub const RESTORED_MIN: usize = 3;

/// Why a change is said to have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A rollback undid it.
    RolledBack,
    /// A finding names its version.
    Found,
}

/// A deploy that is no rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Text form of the function id.
    pub function_id: String,
    /// The version; may be empty.
    pub version: String,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// Whether and why it failed.
    pub failed: Option<Failed>,
    /// The first finding that names it; may be empty.
    pub finding_id: String,
    /// How long until it was restored, ms; `None` while it is not.
    pub restored_after_ms: Option<i64>,
}

/// What became of all deploys.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    /// By function and time.
    pub changes: Vec<Change>,
    /// Rollbacks: function and time, ms since the epoch.
    pub rollbacks: Vec<(String, i64)>,
}

/// Judges deploys, which come by function and time, by what was found.
#[must_use]
pub fn delivery(deployed: &[DeployedRow], failing: &[FailingRow]) -> Delivery {
    let mut found: BTreeMap<&str, Vec<&FailingRow>> = BTreeMap::new();
    for row in failing {
        found.entry(&row.function_id).or_default().push(row);
    }
    let mut delivery = Delivery::default();
    for function in deployed.chunk_by(|a, b| a.function_id == b.function_id) {
        let own = found.get(function[0].function_id.as_str());
        of_function(function, own.map_or(&[], Vec::as_slice), &mut delivery);
    }
    delivery
}

fn of_function(rows: &[DeployedRow], found: &[&FailingRow], into: &mut Delivery) {
    let mut undone_at: Vec<Option<i64>> = vec![None; rows.len()];
    let mut is_rollback = vec![false; rows.len()];
    for at in 1..rows.len() {
        if let Some(back) = returned_to(rows, at) {
            is_rollback[at] = true;
            for undone in &mut undone_at[back + 1..at] {
                undone.get_or_insert(rows[at].at_ms);
            }
        }
    }
    for (at, row) in rows.iter().enumerate() {
        if is_rollback[at] {
            into.rollbacks.push((row.function_id.clone(), row.at_ms));
        } else if row.counts == 1 {
            let own: Vec<&FailingRow> = found
                .iter()
                .filter(|finding| deploy_of(rows, finding) == Some(at))
                .copied()
                .collect();
            into.changes.push(change(row, undone_at[at], &own));
        }
    }
}

/// The last deploy before `at` of the version that `at` returns to, if it returns to one.
fn returned_to(rows: &[DeployedRow], at: usize) -> Option<usize> {
    let (now, replaced) = (&rows[at], &rows[at - 1]);
    let has_number = !matches!(now.version.as_str(), "" | "$LATEST");
    let is_soon = now.at_ms - replaced.at_ms <= ROLLBACK_MS;
    if !has_number || !is_soon || now.version == replaced.version {
        return None;
    }
    rows[..at - 1]
        .iter()
        .rposition(|row| row.version == now.version)
}

/// The deploy that a finding is about: the last of its version before it was certain.
fn deploy_of(rows: &[DeployedRow], finding: &FailingRow) -> Option<usize> {
    rows.iter()
        .rposition(|row| row.version == finding.version && row.at_ms <= finding.detected_ms)
}

fn change(row: &DeployedRow, undone_ms: Option<i64>, found: &[&FailingRow]) -> Change {
    let first = found.iter().min_by_key(|finding| finding.began_ms);
    let closed_ms = found.iter().map(|finding| finding.closed_ms);
    let closed_ms: Option<Vec<i64>> = closed_ms.collect();
    let closed_ms = closed_ms.and_then(|all| all.into_iter().max());
    let end_ms = match (undone_ms, closed_ms) {
        (Some(undone), Some(closed)) => Some(undone.min(closed)),
        (one, other) => one.or(other),
    };
    let began_ms = first.map(|finding| finding.began_ms.max(row.at_ms));
    let restored_after_ms = end_ms.map(|end| {
        let begin = began_ms.filter(|began| *began < end).unwrap_or(row.at_ms);
        (end - begin).max(0)
    });
    Change {
        function_id: row.function_id.clone(),
        version: row.version.clone(),
        at_ms: row.at_ms,
        failed: match (undone_ms, first) {
            (Some(_), _) => Some(Failed::RolledBack),
            (None, Some(_)) => Some(Failed::Found),
            (None, None) => None,
        },
        finding_id: first.map_or_else(String::new, |finding| finding.id.clone()),
        restored_after_ms,
    }
}

/// Figures of some changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Changes.
    pub changes: usize,
    /// Functions that they changed.
    pub functions: usize,
    /// Rollbacks.
    pub rollbacks: usize,
    /// Changes that failed.
    pub failed: usize,
    /// Failed changes that are restored, and
    pub restored: usize,
    /// the median of how long that took, ms, if there are enough to say.
    pub restored_after_ms: Option<i64>,
}

impl Figures {
    /// The share of changes that failed; `None` where there are too few to say.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // at most 100,000
    pub fn failure_rate(&self) -> Option<f64> {
        (self.changes >= CHANGES_MIN).then(|| self.failed as f64 / self.changes as f64)
    }
}

/// Sums up `changes`, with so many rollbacks beside them.
#[must_use]
pub fn figures(changes: &[&Change], rollbacks: usize) -> Figures {
    let functions: BTreeSet<&str> = changes
        .iter()
        .map(|change| change.function_id.as_str())
        .collect();
    let failed = changes.iter().filter(|change| change.failed.is_some());
    let mut took: Vec<i64> = failed
        .clone()
        .filter_map(|change| change.restored_after_ms)
        .collect();
    took.sort_unstable();
    let middle = took.len() / 2;
    let median = match (took.len() < RESTORED_MIN, took.len() % 2) {
        (true, _) => None,
        (false, 1) => Some(took[middle]),
        (false, _) => Some((took[middle - 1] + took[middle]) / 2),
    };
    Figures {
        changes: changes.len(),
        functions: functions.len(),
        rollbacks,
        failed: failed.count(),
        restored: took.len(),
        restored_after_ms: median,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn deployed(version: &str, hour: i64, counts: u8) -> DeployedRow {
        DeployedRow {
            function_id: "f".into(),
            version: version.into(),
            at_ms: hour * HOUR,
            counts,
        }
    }

    fn found(version: &str, began: i64, detected: i64, closed: Option<i64>) -> FailingRow {
        FailingRow {
            id: format!("{version}-{began}"),
            function_id: "f".into(),
            version: version.into(),
            began_ms: began * HOUR,
            detected_ms: detected * HOUR,
            closed_ms: closed.map(|hour| hour * HOUR),
        }
    }

    fn failed(rows: &[DeployedRow], failing: &[FailingRow]) -> Vec<(String, Option<Failed>)> {
        let all = delivery(rows, failing).changes;
        all.into_iter()
            .map(|one| (one.version, one.failed))
            .collect()
    }

    #[test]
    fn a_rollback_fails_what_it_undoes_and_is_no_change_itself() {
        let rows = [
            deployed("1", 0, 0),
            deployed("2", 10, 1),
            deployed("3", 12, 1),
            deployed("1", 15, 1),
            deployed("4", 20, 1),
        ];
        let all = delivery(&rows, &[]);
        let told: Vec<_> = all
            .changes
            .iter()
            .map(|one| (one.version.as_str(), one.failed, one.restored_after_ms))
            .collect();
        assert_eq!(
            told,
            [
                ("2", Some(Failed::RolledBack), Some(5 * HOUR)),
                ("3", Some(Failed::RolledBack), Some(3 * HOUR)),
                ("4", None, None),
            ]
        );
        assert_eq!(all.rollbacks, [("f".to_owned(), 15 * HOUR)]);
    }

    #[test]
    fn returning_late_or_without_a_number_is_no_rollback() {
        let late = [
            deployed("1", 0, 0),
            deployed("2", 1, 1),
            deployed("1", 1 + 7 * 24 + 1, 1),
        ];
        assert!(delivery(&late, &[]).rollbacks.is_empty());
        let latest = [
            deployed("$LATEST", 0, 0),
            deployed("7", 1, 1),
            deployed("$LATEST", 2, 1),
        ];
        assert!(delivery(&latest, &[]).rollbacks.is_empty());
        let again = [
            deployed("1", 0, 0),
            deployed("2", 1, 1),
            deployed("2", 30, 1),
        ];
        assert_eq!(delivery(&again, &[]).changes.len(), 2);
    }

    #[test]
    fn a_finding_fails_the_last_deploy_of_the_version_that_it_names() {
        let rows = [
            deployed("1", 0, 0),
            deployed("2", 10, 1),
            deployed("3", 300, 1),
            deployed("2", 600, 1),
        ];
        let of_first = [found("2", 11, 12, Some(20))];
        assert_eq!(
            failed(&rows, &of_first)[0],
            ("2".to_owned(), Some(Failed::Found))
        );
        assert_eq!(failed(&rows, &of_first)[2], ("2".to_owned(), None));
        let of_second = [found("2", 601, 602, None)];
        assert_eq!(failed(&rows, &of_second)[2].1, Some(Failed::Found));
        let before = [found("3", 4, 5, None)];
        assert!(
            failed(&rows, &before)
                .iter()
                .all(|(_, failed)| failed.is_none())
        );
    }

    #[test]
    fn restoring_ends_with_the_last_finding_or_the_rollback_whichever_is_first() {
        let rows = [deployed("1", 0, 0), deployed("2", 10, 1)];
        let took = |failing: &[FailingRow]| delivery(&rows, failing).changes[0].restored_after_ms;
        let closed = found("2", 11, 12, Some(14));
        assert_eq!(took(std::slice::from_ref(&closed)), Some(3 * HOUR));
        assert_eq!(
            took(&[closed.clone(), found("2", 12, 13, Some(20))]),
            Some(9 * HOUR)
        );
        assert_eq!(took(&[closed.clone(), found("2", 12, 13, None)]), None);
        let back = [rows[0].clone(), rows[1].clone(), deployed("1", 13, 1)];
        let told = delivery(&back, &[closed]).changes;
        assert_eq!(told[0].restored_after_ms, Some(2 * HOUR));
    }

    #[test]
    fn few_changes_have_no_rate_and_few_times_no_median() {
        let change = |failed: bool, hours: Option<i64>| Change {
            function_id: "f".into(),
            version: "1".into(),
            at_ms: 0,
            failed: failed.then_some(Failed::Found),
            finding_id: String::new(),
            restored_after_ms: hours.map(|hours| hours * HOUR),
        };
        let few = [
            change(true, Some(1)),
            change(true, Some(9)),
            change(false, None),
        ];
        let told = figures(&few.iter().collect::<Vec<_>>(), 0);
        assert_eq!((told.failure_rate(), told.restored_after_ms), (None, None));
        assert_eq!((told.failed, told.restored, told.functions), (2, 2, 1));
        let more: Vec<Change> = few
            .into_iter()
            .chain([change(true, Some(3)), change(true, Some(5))])
            .collect();
        let told = figures(&more.iter().collect::<Vec<_>>(), 0);
        assert_eq!(told.failure_rate(), Some(0.8));
        assert_eq!(told.restored_after_ms, Some(4 * HOUR));
    }
}

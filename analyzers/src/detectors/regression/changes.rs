//! All changes of a fleet, each told once: what a deploy explains is the deploy's, what most siblings
//! share is the platform's, and the rest is the series' own.

use super::change::{Cause, Change, Direction, Kind, Side};
use super::deploy;
use super::drift;
use super::panel::{Day, Panel};
use super::platform::{self, Shift};
use super::verdict::Outcome;

/// A change found without a marker is a deploy's if it begins within so many days of one.
const DEPLOY_DAYS: i64 = 1;
/// It is the same as a change already told of a deploy if it begins within so many days after it.
const SAME_DAYS: i64 = 10;

/// Whose change it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// One series, by its number.
    Series(usize),
    /// A cohort, named by the number of its first series.
    Cohort(usize),
    /// The whole platform.
    Platform,
}

/// The changes of a fleet in order of their detection. `by_version` has the rows under their versions and
/// `plain` the same rows under one, so that a level is followed through deploys that changed nothing;
/// without versions give `plain` twice.
#[must_use]
pub fn of_fleet(by_version: &Panel, plain: &Panel) -> Vec<(Subject, Change)> {
    let shared = platform::shifts(plain);
    let mut all: Vec<(Subject, Change)> = Vec::new();
    for series in 0..plain.len() {
        let mut told = of_deploys(by_version, series);
        let days = by_version.days(series);
        let deploys: Vec<&Day> = deploy::begins(days)
            .into_iter()
            .skip(1)
            .map(|i| &days[i])
            .collect();
        for mut change in drift::scan(plain, series, plain.days(series), 0) {
            if told.iter().any(|t| same(t, &change)) {
                continue;
            }
            let near = |d: &&&Day| (d.day - change.at.day()).abs() <= DEPLOY_DAYS;
            if let Some(deploy) = deploys.iter().find(near) {
                change.cause = Cause::Deploy {
                    version: deploy.version,
                };
            }
            told.push(change);
        }
        let explained = |c: &Change| {
            shared
                .iter()
                .any(|s| s.is_of(plain, series) && s.explains(c))
        };
        told.retain(|c| matches!(c.cause, Cause::Deploy { .. }) || !explained(c));
        all.extend(told.into_iter().map(|c| (Subject::Series(series), c)));
    }
    let shared = platform::told_once(plain, shared);
    all.extend(
        shared
            .into_iter()
            .map(|Shift { subject, change }| (subject, change)),
    );
    all.sort_by_key(|(_, change)| change.detected_at);
    all
}

fn same(told: &Change, found: &Change) -> bool {
    let after = found.at.day() - told.at.day();
    told.direction == found.direction && (-DEPLOY_DAYS..=SAME_DAYS).contains(&after)
}

/// Versions that made their series slower or faster.
fn of_deploys(panel: &Panel, series: usize) -> Vec<Change> {
    let days = panel.days(series);
    deploy::begins(days)
        .into_iter()
        .skip(1)
        .filter_map(|begin| {
            let verdict = deploy::judge(panel, series, begin);
            let direction = match verdict.outcome {
                Outcome::Regressed => Direction::Up,
                Outcome::Improved => Direction::Down,
                Outcome::Unchanged | Outcome::Undecided => return None,
            };
            Some(Change {
                at: days[begin].starts[0].at,
                detected_at: verdict.detected_at?,
                direction,
                kind: Kind::Step,
                until: None,
                before: Side::of_days(&days[..begin], verdict.n_before, true),
                after: Side::of_days(&days[begin..], verdict.n_after, false),
                relative: verdict.relative?,
                p_value: verdict.p_value?,
                cause: Cause::Deploy {
                    version: days[begin].version,
                },
            })
        })
        .collect()
}

//! Versions of a function over time: planned deploys, random ones, and those of a scenario.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::function::{Function, Platform};
use crate::random::{Random, mix};
use crate::release::{Quality, Rebuild};
use crate::time::{DAY, HOUR, Ns};

/// One deployed version of a function.
#[derive(Clone, Debug)]
pub struct Version {
    /// Position in the function's own history, 0 for the one in service at first.
    pub serial: u32,
    /// Running number.
    pub number: u32,
    /// As the platform writes it: `42`, `search-api-00042-k7x`, a UUID, a deployment id.
    pub label: String,
    /// Git commit, 40 hexadecimal digits.
    pub sha: String,
    /// When it went into service.
    pub at: Ns,
    /// How well it does, relative to the catalogue.
    pub quality: Quality,
    /// The function as it is in this version.
    pub spec: Arc<Function>,
    /// Why it was deployed.
    pub cause: Cause,
}

/// Why a version went into service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// In service before the history begins.
    Initial,
    /// Planned by the catalogue.
    Planned,
    /// The function's usual rhythm.
    Rhythm,
    /// A scenario's deploy.
    Scenario,
    /// The end of a scenario's deploy: the version before it again.
    Rollback,
}

impl Cause {
    /// As written in the ground truth.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Planned => "planned",
            Self::Rhythm => "rhythm",
            Self::Scenario => "scenario",
            Self::Rollback => "rollback",
        }
    }
}

/// A change of version to come.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub at: Ns,
    /// How well it does, relative to the version before.
    pub quality: Quality,
    /// What it is built of, where that changes.
    pub rebuild: Rebuild,
    /// The label, when the scenario wishes one.
    pub label: Option<String>,
    /// Why.
    pub cause: Cause,
}

/// The versions of one function, extended as time goes on.
pub struct Timeline {
    seed: u64,
    versions: Vec<Arc<Version>>,
    /// Planned and scenario changes, in time order.
    fixed: VecDeque<Change>,
    next_rhythm: Ns,
}

/// Part of the history that planned deploys are placed in when there is none: six hours.
const HISTORY_MIN: Ns = 6 * HOUR;

impl Timeline {
    /// The timeline of a function whose history begins at `origin` and is `backfill` long.
    pub fn new(
        seed: u64,
        function: &Arc<Function>,
        origin: Ns,
        backfill: Ns,
        scenario: Vec<Change>,
    ) -> Self {
        let span = if backfill == 0 { HISTORY_MIN } else { backfill };
        let planned = function.deploys.iter().map(|d| Change {
            at: origin + (d.at * span as f64) as Ns,
            quality: Quality {
                init_factor: d.init_factor,
                duration_factor: d.duration_factor,
                ..Quality::USUAL
            },
            rebuild: Rebuild::default(),
            label: None,
            cause: Cause::Planned,
        });
        let mut fixed: Vec<Change> = planned.chain(scenario).collect();
        fixed.sort_by_key(|c| c.at);
        let mut r = Random::named(seed, function.hash(), "rhythm", 0);
        // Functions with planned deploys get their random ones after the history, so that a demo
        // shows the planned effect alone.
        let from = if function.deploys.is_empty() {
            origin
        } else {
            origin + span
        };
        let next_rhythm = from + (r.between(0.05, 3.0) * DAY as f64) as Ns;
        let mut timeline = Self {
            seed,
            versions: Vec::new(),
            fixed: fixed.into(),
            next_rhythm,
        };
        timeline
            .versions
            .push(Arc::new(timeline.first(function, origin)));
        timeline
    }

    /// The version in service at a moment.
    pub fn at(&self, at: Ns) -> &Arc<Version> {
        self.versions
            .iter()
            .rev()
            .find(|v| v.at <= at)
            .unwrap_or(&self.versions[0])
    }

    /// Puts into service what is due at `now` or before; returns it, oldest first.
    pub fn advance(&mut self, function: &Function, now: Ns) -> Vec<Arc<Version>> {
        let before = self.versions.len();
        loop {
            let fixed_at = self.fixed.front().map_or(Ns::MAX, |c| c.at);
            if fixed_at.min(self.next_rhythm) > now {
                break;
            }
            let change = if fixed_at <= self.next_rhythm {
                self.fixed.pop_front()
            } else {
                Some(self.rhythm(function))
            };
            if let Some(change) = change {
                let version = self.apply(function, &change);
                self.versions.push(Arc::new(version));
            }
        }
        self.versions[before..].to_vec()
    }

    fn first(&self, function: &Arc<Function>, origin: Ns) -> Version {
        let number = function.version;
        let mut r = Random::named(self.seed, function.hash(), "version", u64::from(number));
        Version {
            serial: 0,
            number,
            label: label(function, number, &mut r),
            sha: r.hex(40),
            at: origin,
            quality: Quality::USUAL,
            spec: Arc::clone(function),
            cause: Cause::Initial,
        }
    }

    fn rhythm(&mut self, function: &Function) -> Change {
        let mut r = Random::named(
            self.seed,
            function.hash(),
            "rhythm",
            mix(1, self.next_rhythm),
        );
        let at = self.next_rhythm;
        self.next_rhythm += (r.between(1.0, 3.5) * DAY as f64) as Ns;
        Change {
            at,
            quality: Quality {
                init_factor: r.lognormal(1.0, function.churn),
                duration_factor: r.lognormal(1.0, function.churn),
                ..Quality::USUAL
            },
            rebuild: Rebuild::default(),
            label: None,
            cause: Cause::Rhythm,
        }
    }

    fn apply(&self, function: &Function, change: &Change) -> Version {
        let newest = &self.versions[self.versions.len() - 1];
        let bad = self
            .versions
            .iter()
            .rposition(|v| v.cause == Cause::Scenario);
        if let (Cause::Rollback, Some(bad)) = (change.cause, bad) {
            // The first version is never a scenario's, so one lies before it.
            let older = &self.versions[bad.saturating_sub(1)];
            let mut back = Version::clone(older);
            (back.serial, back.at, back.cause) = (newest.serial + 1, change.at, change.cause);
            return back;
        }
        let number = self.versions.iter().map(|v| v.number).max().unwrap_or(0) + 1;
        let mut r = Random::named(self.seed, function.hash(), "version", u64::from(number));
        let own = label(function, number, &mut r);
        Version {
            serial: newest.serial + 1,
            number,
            label: change.label.clone().unwrap_or(own),
            sha: r.hex(40),
            at: change.at,
            quality: newest.quality.then(change.quality),
            spec: change.rebuild.of(&newest.spec),
            cause: change.cause,
        }
    }
}

/// How each platform writes a version.
fn label(function: &Function, number: u32, r: &mut Random) -> String {
    const REVISION: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    const DEPLOYMENT: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";
    match function.platform {
        Platform::AwsLambda => number.to_string(),
        Platform::AzureFunctions => format!("1.{number}.0"),
        Platform::GcpCloudRun | Platform::GcpCloudFunctions => {
            format!("{}-{number:05}-{}", function.name, r.letters(REVISION, 3))
        }
        Platform::CloudflareWorkers => r.uuid(),
        Platform::Vercel => format!("dpl_{}", r.letters(DEPLOYMENT, 28)),
        Platform::Knative => format!("{}-{number:05}", function.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    const ORIGIN: Ns = 1_770_000_000_000_000_000;

    fn named() -> Vec<Arc<Function>> {
        catalogue::named()
            .unwrap()
            .into_iter()
            .map(Arc::new)
            .collect()
    }

    fn checkout() -> Arc<Function> {
        named().into_iter().find(|f| f.name == "checkout").unwrap()
    }

    #[test]
    fn the_demo_deploys_checkout_42_inside_its_history() {
        let f = checkout();
        let mut t = Timeline::new(1, &f, ORIGIN, 6 * HOUR, Vec::new());
        let new = t.advance(&f, ORIGIN + 6 * HOUR);
        assert_eq!(new.len(), 1);
        assert_eq!(
            (new[0].label.as_str(), new[0].cause),
            ("42", Cause::Planned)
        );
        assert!((f.median_init_ms() * new[0].quality.init_factor - 260.0).abs() < 0.5);
        assert_eq!(t.at(ORIGIN + HOUR).label, "41");
        assert_eq!(t.at(ORIGIN + 5 * HOUR).label, "42");
    }

    #[test]
    fn every_function_is_deployed_every_few_days() {
        for f in named() {
            let mut t = Timeline::new(1, &f, ORIGIN, 6 * HOUR, Vec::new());
            let count = t.advance(&f, ORIGIN + 14 * DAY).len();
            assert!(
                (3..=15).contains(&count),
                "{}: {count} in two weeks",
                f.name
            );
        }
    }

    #[test]
    fn a_rollback_brings_the_old_version_back() {
        let f = checkout();
        let change = |at, cause| Change {
            at,
            quality: Quality {
                init_factor: 2.0,
                error_rate: 0.3,
                ..Quality::USUAL
            },
            rebuild: Rebuild {
                memory_mb: Some(1_024),
                ..Rebuild::default()
            },
            label: Some("43-rc".to_owned()),
            cause,
        };
        let changes = vec![
            change(ORIGIN + 5 * HOUR, Cause::Scenario),
            change(ORIGIN + 5 * HOUR + 60, Cause::Rollback),
        ];
        let mut t = Timeline::new(1, &f, ORIGIN, 6 * HOUR, changes);
        let memory_mb: Vec<u32> = t
            .advance(&f, ORIGIN + 6 * HOUR)
            .iter()
            .map(|v| v.spec.memory_mb)
            .collect();
        assert_eq!(memory_mb, [512, 1_024, 512]);
        let labels: Vec<&str> = t.versions.iter().map(|v| v.label.as_str()).collect();
        assert_eq!(labels, ["41", "42", "43-rc", "42"]);
        assert_eq!(t.at(ORIGIN + 6 * HOUR).quality.error_rate, 0.0);
    }

    #[test]
    fn labels_look_like_their_platforms() {
        for f in named() {
            let t = Timeline::new(1, &f, ORIGIN, HOUR, Vec::new());
            let l = &t.at(ORIGIN).label;
            match f.platform {
                Platform::AwsLambda => assert!(l.parse::<u32>().is_ok(), "{l}"),
                Platform::CloudflareWorkers => assert_eq!(l.len(), 36),
                Platform::Vercel => assert!(l.starts_with("dpl_")),
                Platform::AzureFunctions => assert!(l.starts_with("1.")),
                _ => assert!(l.starts_with(&f.name), "{l}"),
            }
        }
    }
}

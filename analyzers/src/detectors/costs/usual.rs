//! What a function usually does: its factors by hour of the day, what calls it, and its last deploys.

use serde::{Deserialize, Serialize};

use super::factors::Factors;

/// Figures of [`Factors`].
pub const WIDTH: usize = 7;
/// An hour of the day counts for this much of what is remembered of it: a week.
const NEW: f32 = 1.0 / 7.0;
/// Triggers remembered; all others are one.
const TRIGGERS_MAX: usize = 5;
/// Deploys remembered, the newest.
const DEPLOYS_MAX: usize = 3;
/// Longest name of either, bytes.
const NAME_BYTES_MAX: usize = 60;
/// What is left of a trigger's spend after an hour: half after four days.
const FADE: f32 = 0.993;

/// Fading means by hour of the day (UTC).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Usual {
    hours: Vec<[f32; WIDTH]>,
    /// What called it, dollars fading.
    triggers: Vec<(Box<str>, f32)>,
    /// The last deploys: version and time, s since the epoch.
    deploys: Vec<(Box<str>, u32)>,
}

/// Factors as they are remembered.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // remembered roughly
pub fn packed(f: &Factors) -> [f32; WIDTH] {
    [
        f.usd as f32,
        f.usd_requests as f32,
        f.invocations as f32,
        f.errors as f32,
        f.billed_ms as f32,
        f.init_ms as f32,
        f.mib_ms as f32,
    ]
}

/// And back.
#[must_use]
pub fn unpacked(f: &[f32; WIDTH]) -> Factors {
    let [
        usd,
        usd_requests,
        invocations,
        errors,
        billed_ms,
        init_ms,
        mib_ms,
    ] = f.map(f64::from);
    Factors {
        usd,
        usd_requests,
        invocations,
        errors,
        billed_ms,
        init_ms,
        mib_ms,
    }
}

/// A name no longer than is kept.
#[must_use]
pub fn short(name: &str) -> Box<str> {
    store::model::finding::plain(name, NAME_BYTES_MAX).into()
}

impl Usual {
    /// Learns an hour.
    pub fn learn(&mut self, hour_s: u32, factors: &Factors, triggers: &[(Box<str>, f64)]) {
        if self.hours.is_empty() {
            if factors.invocations <= 0.0 {
                return;
            }
            self.hours = vec![packed(factors); 24]; // the first hour stands for all until they come
        }
        let slot = &mut self.hours[(hour_s / 3_600 % 24) as usize];
        for (old, new) in slot.iter_mut().zip(packed(factors)) {
            *old += NEW * (new - *old);
        }
        self.triggers.iter_mut().for_each(|(_, usd)| *usd *= FADE);
        for (name, usd) in triggers {
            #[allow(clippy::cast_possible_truncation)] // remembered roughly
            self.learn_trigger(name, *usd as f32);
        }
    }

    fn learn_trigger(&mut self, name: &str, usd: f32) {
        if let Some(known) = self.triggers.iter_mut().find(|(n, _)| **n == *name) {
            known.1 += usd;
            return;
        }
        if self.triggers.len() >= TRIGGERS_MAX {
            self.triggers.sort_by(|a, b| b.1.total_cmp(&a.1));
            self.triggers.truncate(TRIGGERS_MAX - 1);
        }
        self.triggers.push((name.into(), usd));
    }

    /// Takes note of a deploy.
    pub fn deployed(&mut self, version: &str, at_s: u32) {
        if self.deploys.len() >= DEPLOYS_MAX {
            self.deploys.remove(0);
        }
        self.deploys.push((short(version), at_s));
    }

    /// The newest version that was deployed from `from_s` to `until_s`, and when.
    #[must_use]
    pub fn deploy_between(&self, from_s: u32, until_s: u32) -> Option<(&str, u32)> {
        let deploys = self.deploys.iter().rev();
        let mut within = deploys.filter(|(_, at_s)| (from_s..until_s).contains(at_s));
        within.next().map(|(name, at_s)| (&**name, *at_s))
    }

    /// What an hour usually has.
    #[must_use]
    pub fn at(&self, hour_s: u32) -> Factors {
        let slot = self.hours.get((hour_s / 3_600 % 24) as usize);
        slot.map_or_else(Factors::default, unpacked)
    }

    /// Of usual spend, the share of each trigger; they add up to 1.
    #[must_use]
    pub fn trigger_shares(&self) -> Vec<(Box<str>, f64)> {
        let all: f64 = self.triggers.iter().map(|(_, usd)| f64::from(*usd)).sum();
        if all <= 0.0 {
            return Vec::new();
        }
        let share = |usd: f32| f64::from(usd) / all;
        self.triggers
            .iter()
            .map(|(name, usd)| (name.clone(), share(*usd)))
            .collect()
    }
}

//! What a new version brings: how well it does beside the one before, and what it is built of.

use std::sync::Arc;

use crate::function::{Arch, Function, Runtime};

/// How well a version does. Factors are relative to the catalogue, or to the version before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Factor on cold starts.
    pub init_factor: f64,
    /// Factor on the function's own time.
    pub duration_factor: f64,
    /// Factor on the memory a fresh instance uses.
    pub memory_factor: f64,
    /// Factor on how long instances live, idle and in all: a third brings more cold starts.
    pub life_factor: f64,
    /// Probability of failure on top of the catalogue's.
    pub error_rate: f64,
    /// Probability of hanging until the timeout, on top.
    pub timeout_rate: f64,
}

impl Quality {
    /// As the catalogue describes it.
    pub const USUAL: Self = Self {
        init_factor: 1.0,
        duration_factor: 1.0,
        memory_factor: 1.0,
        life_factor: 1.0,
        error_rate: 0.0,
        timeout_rate: 0.0,
    };

    /// This, changed by what `next` brings: factors multiply, probabilities add up.
    pub fn then(self, next: Self) -> Self {
        Self {
            init_factor: self.init_factor * next.init_factor,
            duration_factor: self.duration_factor * next.duration_factor,
            memory_factor: self.memory_factor * next.memory_factor,
            life_factor: self.life_factor * next.life_factor,
            error_rate: self.error_rate + next.error_rate,
            timeout_rate: self.timeout_rate + next.timeout_rate,
        }
    }
}

/// What a version is built of and set to, where that differs from the version before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rebuild {
    /// Configured memory in MiB.
    pub memory_mb: Option<u32>,
    /// Language.
    pub runtime: Option<Runtime>,
    /// Architecture.
    pub arch: Option<Arch>,
    /// Region; to whoever receives the telemetry this is another function.
    pub region: Option<String>,
}

impl Rebuild {
    /// The function as it is after this.
    pub fn of(&self, before: &Arc<Function>) -> Arc<Function> {
        if *self == Self::default() {
            return Arc::clone(before);
        }
        let mut f = Function::clone(before);
        f.memory_mb = self.memory_mb.unwrap_or(f.memory_mb);
        f.runtime = self.runtime.unwrap_or(f.runtime);
        f.arch = self.arch.unwrap_or(f.arch);
        if let Some(region) = &self.region {
            f.region.clone_from(region);
        }
        Arc::new(f)
    }
}

/// A version that an incident puts into service.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Its label, when the file names one.
    pub label: Option<String>,
    /// How well it does.
    pub quality: Quality,
    /// What it is built of.
    pub rebuild: Rebuild,
}

//! Runtime threats: what attackers do, seen in plain telemetry.

pub mod sigma;

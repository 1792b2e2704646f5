//! Runtime threats: what attackers do, seen in plain OpenTelemetry.

pub mod inspect;
pub mod payload;
pub mod secrets;
pub mod sigma;
pub mod stream;

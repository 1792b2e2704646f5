//! Runtime threats, seen in plain OpenTelemetry.

pub mod inspect;
pub mod payload;
pub mod secrets;

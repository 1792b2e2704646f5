//! Deploys: which version of a function came into use when, who says so, and what else changed with it.
//!
//! Telemetry tells by versions that were not there before ([`marks`]) or that take the traffic back
//! ([`returns`]), clouds by their audit logs ([`audit`]), people by the API. The store makes one deploy of
//! all who tell of the same (view `deploys`).

pub mod audit;
pub mod changed;
pub mod marks;
pub mod returns;

//! From facts to findings. Everything but [`run`] is pure: rows and `now` in, conclusions out.

pub mod advice;
pub mod calendar;
pub mod carbon;
pub mod cost;
pub mod deploys;
pub mod detectors;
pub mod dora;
pub mod findings;
pub mod forecast;
pub mod gate;
pub mod money;
pub mod pace;
pub mod run;
pub mod slo;
pub mod threat_watch;
pub mod watch;

//! From facts to findings. Everything but [`run`] is pure: rows and `now` in, conclusions out.

pub mod deploys;
pub mod detectors;
pub mod run;

//! From facts to findings. Everything but [`run`] is pure: rows and `now` in, conclusions out.

pub mod cost;
pub mod deploys;
pub mod run;

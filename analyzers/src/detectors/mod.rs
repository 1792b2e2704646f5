//! Detectors: what departs from its own past, each pure: rows in, conclusions with reasons out.

pub mod regression;
pub mod versions;

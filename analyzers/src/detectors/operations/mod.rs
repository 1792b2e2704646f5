//! What breaks a function now: failures, limits of time, memory and capacity, slowness, silence, queues.
//!
//! Each detector looks at closed minutes, learns from closed hours, and lays the higher of two limits on
//! what it sees: the ready [`thresholds`] and what this function's own past says. Facts (an invocation
//! that ran out of memory) are told as such; what chance could do is told with its measured rate
//! (`analyzers/EVALUATION.md`, "Operations").
//!
//! All that is remembered of a function is about 1.2 KB, most of it the two profiles of its week.

mod cold_share;
mod durations;
mod errors;
mod memory;
pub mod queues;
mod report;
mod share;
pub mod thresholds;
mod throttles;
mod timeouts;
mod traffic;
mod trend;
mod watched;
mod week;
mod whole;

#[cfg(test)]
mod tests;

pub use thresholds::Thresholds;

use super::Detector;

/// All of them.
#[must_use]
pub fn all(thresholds: &Thresholds) -> Vec<Box<dyn Detector>> {
    vec![
        Box::new(errors::Errors::new(thresholds)),
        Box::new(timeouts::Timeouts::new(thresholds)),
        Box::new(memory::Memory::new(thresholds)),
        Box::new(throttles::Throttles::new(thresholds)),
        Box::new(cold_share::ColdShare::new(thresholds)),
        Box::new(durations::Durations::new(thresholds)),
        Box::new(traffic::Traffic::new(thresholds)),
        Box::new(queues::Queues::new(thresholds)),
    ]
}

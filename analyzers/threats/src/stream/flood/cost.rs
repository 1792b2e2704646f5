//! What calls cost, about: enough to say whether it is cents or hundreds of dollars.

use super::super::recent::Recent;
use super::mix::Call;

/// List prices of AWS Lambda on x86 in most regions, 2025: a GB-second and a request. Other clouds are
/// within a factor of two of it. Bills come from the price books; this only gives a finding its size.
const USD_PER_GB_S: f64 = 0.000_016_666_7;
const USD_PER_CALL: f64 = 0.000_000_2;

/// Dollars an hour if calls go on coming as they do.
pub fn usd_per_hour(calls: &Recent<Call>, window_ns: i64) -> f64 {
    let span_ns = (calls.newest_ns() - calls.oldest_ns()).clamp(1_000_000_000, window_ns);
    let usd: f64 = calls
        .iter()
        .map(|call| USD_PER_CALL + USD_PER_GB_S * call.gb * f64::from(call.duration_ms) / 1e3)
        .sum();
    usd * 3.6e12 / span_ns as f64
}

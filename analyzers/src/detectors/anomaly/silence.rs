//! Silence where the plan says that there should be traffic.

/// Below this on the judging scale (2 % of the usual size) is as good as nothing.
const NOTHING: f64 = 0.2;
/// Above this (a fifth of the usual size) there should be something.
const SOMETHING: f64 = 1.44;
/// Two rows of silence are an anomaly of a series that never was silent.
const ROWS_NEVER: f32 = 1.34;
/// One that was must be silent half as long again, and two rows more.
const LONGER: f32 = 1.5;
const ROWS_MORE: f32 = 2.0;

/// Whether nothing came where something should.
pub fn silent(value: f64, expected: f64) -> bool {
    value.abs() < NOTHING && expected > SOMETHING
}

/// Rows of silence so far, after one more row. Hours that are expected to be silent neither count nor
/// end it.
pub fn run(before: u16, value: f64, expected: f64) -> u16 {
    match (silent(value, expected), value.abs() < NOTHING) {
        (true, _) => before.saturating_add(1),
        (false, true) => before,
        (false, false) => 0,
    }
}

/// How strong a silence is against the longest seen, both in rows; 1 is an alert.
pub fn strength(run: u16, longest: u16) -> f32 {
    let enough = match longest {
        0 => ROWS_NEVER,
        longest => LONGER * f32::from(longest) + ROWS_MORE,
    };
    f32::from(run) / enough
}

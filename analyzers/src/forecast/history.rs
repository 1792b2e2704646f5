//! A history without holes, from what was measured.

/// Values that are looked at, the last ones: two weeks of minutes, two years of hours.
pub const VALUES_MAX: usize = 20_160;
/// A larger value is no measurement, and its square would leave what a number can hold.
pub const VALUE_MAX: f64 = 1e100;

/// Whether a value counts as known.
#[must_use]
pub fn is_known(value: f64) -> bool {
    value.is_finite() && value.abs() <= VALUE_MAX
}

/// Values that are known, of those that are looked at.
#[must_use]
pub fn known(values: &[f64]) -> usize {
    let late = &values[values.len().saturating_sub(VALUES_MAX)..];
    late.iter().filter(|v| is_known(**v)).count()
}

/// The last [`VALUES_MAX`] values from the first known one on, with gaps filled: by what was known a season
/// before (or, early on, after), the longest season first, otherwise on a line between the neighbours.
/// `None` without any known value.
#[must_use]
pub fn whole(values: &[f64], seasons: &[usize]) -> Option<Vec<f64>> {
    let late = &values[values.len().saturating_sub(VALUES_MAX)..];
    let first = late.iter().position(|v| is_known(*v))?;
    let measured = &late[first..];
    let mut out = measured.to_vec();
    for t in 0..out.len() {
        if !is_known(out[t]) {
            let before = seasons
                .iter()
                .rev()
                .filter_map(|s| t.checked_sub(*s))
                .map(|u| out[u]);
            let after = seasons
                .iter()
                .rev()
                .filter_map(|s| measured.get(t + s).copied());
            let like = before.chain(after).find(|v| is_known(*v));
            out[t] = like.unwrap_or_else(|| between(measured, t));
        }
    }
    Some(out)
}

/// Those seasons that a history holds one of and more.
#[must_use]
pub fn within(history: &[f64], seasons: &[usize]) -> Vec<usize> {
    let shorter = seasons.iter().copied();
    shorter.filter(|s| *s > 1 && *s < history.len()).collect()
}

/// On the line between the known neighbours of `t`; the last known one where none follows.
fn between(measured: &[f64], t: usize) -> f64 {
    let before = measured[..t]
        .iter()
        .rposition(|v| is_known(*v))
        .unwrap_or(0);
    let after = measured[t..].iter().position(|v| is_known(*v));
    match after {
        None => measured[before],
        Some(after) => {
            let (from, to) = (measured[before], measured[t + after]);
            let way = (t - before) as f64 / (t + after - before) as f64;
            from + (to - from) * way
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    #[test]
    fn gaps_are_filled_by_the_season_before_or_after_and_otherwise_on_a_line() {
        for (values, seasons, expected) in [
            (vec![1.0, GAP, 3.0], vec![], vec![1.0, 2.0, 3.0]),
            (vec![GAP, 4.0, GAP], vec![], vec![4.0, 4.0]),
            (vec![1.0, 9.0, 2.0, GAP], vec![2], vec![1.0, 9.0, 2.0, 9.0]),
            (vec![1.0, GAP, 2.0, 7.0], vec![2], vec![1.0, 7.0, 2.0, 7.0]),
            (vec![5.0, f64::INFINITY, 1e300, 5.0], vec![], vec![5.0; 4]),
        ] {
            assert_eq!(whole(&values, &seasons), Some(expected), "{values:?}");
        }
        assert_eq!(whole(&[GAP, GAP], &[]), None);
    }
}

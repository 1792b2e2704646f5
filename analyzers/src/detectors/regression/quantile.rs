//! Quantiles of small samples.

/// The `q`-quantile (0..=1) of values in ascending order, linear between neighbours; NaN of none.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)] // a position within a slice
pub fn of_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - position.floor())
}

/// The `q`-quantile of values in any order, which are put in order; NaN of none.
pub fn of(values: &mut [f64], q: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    of_sorted(values, q)
}

/// The median of values in any order, which are put in order; NaN of none.
pub fn median(values: &mut [f64]) -> f64 {
    of(values, 0.5)
}

/// At most `limit` of the sorted values, evenly spaced from the lowest to the highest: the same
/// distribution at a bounded cost.
#[must_use]
pub fn thin(sorted: &[f64], limit: usize) -> Vec<f64> {
    if sorted.len() <= limit || limit < 2 {
        return sorted.to_vec();
    }
    (0..limit)
        .map(|i| sorted[i * (sorted.len() - 1) / (limit - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_neighbours_and_nan_of_nothing() {
        assert_eq!(of(&mut [4.0, 1.0, 3.0, 2.0], 0.25), 1.75);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(of(&mut [7.0], 0.9), 7.0);
        assert!(of(&mut [], 0.5).is_nan());
    }

    #[test]
    fn thinning_keeps_both_ends_and_the_middle() {
        let sorted: Vec<f64> = (0..=1000).map(f64::from).collect();
        let thinned = thin(&sorted, 11);
        assert_eq!(thinned.len(), 11);
        assert_eq!((thinned[0], thinned[5], thinned[10]), (0.0, 500.0, 1000.0));
    }
}

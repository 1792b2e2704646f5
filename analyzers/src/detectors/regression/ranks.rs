//! Mann-Whitney: how often a new value lies above an old one, and how sure that is.

/// The share of pairs in which the new value is the greater, ties counted half: 0..=1, 0.5 when
/// nothing differs or there is nothing to compare.
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts far below 2^52
pub fn dominance(new: &[f64], old_sorted: &[f64]) -> f64 {
    if new.is_empty() || old_sorted.is_empty() {
        return 0.5;
    }
    let twice: usize = new
        .iter()
        .map(|x| old_sorted.partition_point(|o| o < x) + old_sorted.partition_point(|o| o <= x))
        .sum();
    twice as f64 / 2.0 / new.len() as f64 / old_sorted.len() as f64
}

/// The normal deviate of such a share for `new` and `old` independent values. Both may be effective
/// numbers, smaller than what was counted, where values do not replicate one another.
#[must_use]
pub fn deviate(dominance: f64, new: f64, old: f64) -> f64 {
    (2.0 * dominance - 1.0) * (3.0 * new * old / (new + old + 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_all_pairs() {
        assert_eq!(dominance(&[5.0, 6.0], &[1.0, 2.0]), 1.0);
        assert_eq!(dominance(&[1.0], &[1.0]), 0.5);
        assert_eq!(dominance(&[2.0, 4.0], &[1.0, 2.0, 3.0]), 4.5 / 6.0);
        assert_eq!(dominance(&[], &[1.0]), 0.5);
    }

    #[test]
    fn the_deviate_is_the_textbooks() {
        // 3 above 4: U = 12, its mean 6, its variance 3·4·8/12 = 8.
        let expected = 6.0 / 8f64.sqrt();
        assert!((deviate(1.0, 3.0, 4.0) - expected).abs() < 1e-12);
        assert_eq!(deviate(0.5, 10.0, 100.0), 0.0);
    }
}

//! Just enough linear algebra for ridge regression.

/// The sum of products. Eight sums side by side, so that the processor need not wait for one to end.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0; LANES];
    let (left, right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = (left.remainder().iter().zip(right.remainder()))
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in left.zip(right) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Solves A x = b for a symmetric, positive definite A by Cholesky's method. `a` holds the n × n values by
/// row, of which the lower triangle is read, and is spent; `b` becomes x.
///
/// `None` if A is not positive definite (to working precision).
#[must_use]
pub fn solve(a: &mut [f64], b: &mut [f64]) -> Option<()> {
    let n = b.len();
    for i in 0..n {
        let (above, below) = a.split_at_mut(i * n);
        let row = &mut below[..=i];
        for j in 0..i {
            let other = &above[j * n..=j * n + j];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if !(pivot.is_finite() && pivot > 0.0) {
            return None;
        }
        row[i] = pivot.sqrt();
    }
    for i in 0..n {
        b[i] = (b[i] - dot(&a[i * n..i * n + i], &b[..i])) / a[i * n + i];
    }
    for i in (0..n).rev() {
        b[i] /= a[i * n + i];
        let solved = b[i];
        for j in 0..i {
            b[j] -= a[i * n + j] * solved;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved_and_an_indefinite_one_refused() {
        let mut a = [4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let mut b = [11.0, 21.0, 25.0];
        solve(&mut a, &mut b).expect("positive definite");
        for (got, want) in b.iter().zip([1.0, 2.0, 3.0]) {
            assert!((got - want).abs() < 1e-12, "{b:?}");
        }
        assert_eq!(solve(&mut [1.0, 0.0, 2.0, 1.0], &mut [1.0, 1.0]), None);
    }

    #[test]
    fn a_sum_of_products_counts_every_pair() {
        let ones = [1.0; 21];
        let counting: Vec<f64> = (0..21).map(f64::from).collect();
        assert_eq!(dot(&ones, &counting), 210.0);
    }
}

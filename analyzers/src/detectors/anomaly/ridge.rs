//! Least squares that stay near a prior where data are few.

/// Coefficients of the plan.
pub const WIDTH: usize = 8;

/// Sums of a weighted regression.
pub struct Ridge {
    products: [[f64; WIDTH]; WIDTH],
    target: [f64; WIDTH],
}

impl Ridge {
    /// Begins with `strength` rows' worth of belief in the prior, where `spread` is the usual square of
    /// each input.
    pub fn new(prior: &[f64; WIDTH], strength: f64, spread: &[f64; WIDTH]) -> Self {
        let mut ridge = Self {
            products: [[0.0; WIDTH]; WIDTH],
            target: [0.0; WIDTH],
        };
        for i in 0..WIDTH {
            let belief = strength * spread[i].max(1e-9);
            ridge.products[i][i] = belief;
            ridge.target[i] = belief * prior[i];
        }
        ridge
    }

    /// A row: its inputs, what came of them, and how much it counts.
    pub fn add(&mut self, inputs: &[f64; WIDTH], outcome: f64, weight: f64) {
        for i in 0..WIDTH {
            let weighted = weight * inputs[i];
            self.target[i] += weighted * outcome;
            for (product, input) in self.products[i].iter_mut().zip(inputs).take(i + 1) {
                *product += weighted * input;
            }
        }
    }

    /// The coefficients, by Cholesky; the prior's belief keeps the matrix positive.
    pub fn solve(mut self) -> [f64; WIDTH] {
        let a = &mut self.products;
        for i in 0..WIDTH {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
                a[i][j] = match i == j {
                    true => (a[i][i] - dot).max(1e-12).sqrt(),
                    false => (a[i][j] - dot) / a[j][j],
                };
            }
        }
        let mut x = self.target;
        for i in 0..WIDTH {
            let dot: f64 = (0..i).map(|k| a[i][k] * x[k]).sum();
            x[i] = (x[i] - dot) / a[i][i];
        }
        for i in (0..WIDTH).rev() {
            let dot: f64 = (i + 1..WIDTH).map(|k| a[k][i] * x[k]).sum();
            x[i] = (x[i] - dot) / a[i][i];
        }
        x
    }
}

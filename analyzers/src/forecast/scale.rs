//! Two ways to look at values: as they are, where things add up, and by their logarithm, where they multiply.

/// What is added before taking logarithms, in parts of the mean: zero gets one, and what is far below the
/// mean does not dominate.
const FLOOR: f64 = 0.05;

/// A way to look at values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// In units of their mean size.
    Linear(f64),
    /// By the logarithm of these units.
    Log(f64),
}

impl Scale {
    /// The ways that suit a history: logarithms only where nothing is negative.
    #[must_use]
    pub fn of(history: &[f64]) -> Vec<Self> {
        let size = history.iter().map(|v| v.abs()).sum::<f64>() / history.len().max(1) as f64;
        if size <= 0.0 {
            return Vec::new();
        }
        match history.iter().all(|v| *v >= 0.0) {
            true => vec![Self::Log(size), Self::Linear(size)],
            false => vec![Self::Linear(size)],
        }
    }

    /// Into the scale.
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Self::Linear(size) => value / size,
            Self::Log(size) => (value / size + FLOOR).ln(),
        }
    }

    /// And back.
    #[must_use]
    pub fn undo(self, value: f64) -> f64 {
        match self {
            Self::Linear(size) => value * size,
            Self::Log(size) => (value.exp() - FLOOR).max(0.0) * size,
        }
    }
}

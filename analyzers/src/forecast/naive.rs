//! What can be said of very few values: the last one goes on, and its interval is wide.

use super::interval::{Errors, Spread};

/// Of a single value nothing is known about how it moves: its interval is as if it moved by its own size.
const MOVE_OF_ONE: f64 = 1.0;

/// The last of `history` (not empty), and errors as large as its own moves, growing like those of a walk.
#[must_use]
pub fn last_value(history: &[f64], horizon: usize) -> (Vec<f64>, Spread) {
    let last = history[history.len() - 1];
    let moves: Vec<f64> = history.windows(2).map(|w| w[1] - w[0]).collect();
    let mean_move = match moves.len() {
        0 => last.abs() * MOVE_OF_ONE,
        count => moves.iter().map(|m| m.abs()).sum::<f64>() / count as f64,
    };
    let walk: Vec<f64> = (1..=horizon)
        .map(|h| mean_move * (h as f64).sqrt())
        .collect();
    let mirrored = walk.iter().map(|m| -m).collect();
    // Two moments that missed by as much, one up and one down.
    let errors = [walk, mirrored].map(|by_step| Errors {
        origin: history.len(),
        by_step,
    });
    (vec![last; horizon], Spread::few(&errors))
}

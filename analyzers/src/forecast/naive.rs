//! What can be said of very few values: the last one, or the last season, goes on, and its interval is wide.

use super::interval::{Errors, Spread};

/// Of a single value nothing is known about how it moves: its interval is as if it moved by its own size.
const MOVE_OF_ONE: f64 = 1.0;
/// Pairs of values a season apart that tell how far seasons move; with fewer, neighbours tell.
const PAIRS_MIN: usize = 4;

/// The last `season` of `history` (which is no shorter; 1 for its last value) again and again, and errors as
/// large as its own moves, growing like those of a walk.
#[must_use]
pub fn again(history: &[f64], season: usize, horizon: usize) -> (Vec<f64>, Spread) {
    let last = history.len() - season;
    let lag = if last < PAIRS_MIN { 1 } else { season };
    let moves: Vec<f64> = (history.windows(lag + 1))
        .map(|w| (w[lag] - w[0]).abs())
        .collect();
    let usual = match moves.len() {
        0 => history[last].abs() * MOVE_OF_ONE,
        count => moves.iter().sum::<f64>() / count as f64,
    };
    let walk: Vec<f64> = (0..horizon)
        .map(|h| usual * (1.0 + h as f64 / season as f64).sqrt())
        .collect();
    let mirrored = walk.iter().map(|m| -m).collect();
    // Two moments that missed by as much, one up and one down.
    let errors = [walk, mirrored].map(|by_step| Errors {
        origin: history.len(),
        by_step,
    });
    let mean = (0..horizon).map(|h| history[last + h % season]);
    (mean.collect(), Spread::few(&errors))
}

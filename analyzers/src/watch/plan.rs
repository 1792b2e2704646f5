//! What is to be shown next, in pieces that fit into memory. Pure.

use store::read::watch::Seconds;

use super::drive::{HOUR_GRACE_S, HOUR_S, MINUTE_GRACE_S, MINUTE_S};

/// History that detectors are shown, s: six weeks, so that an hour of the week was seen six times.
pub const HISTORY_S: u32 = 42 * 86_400;
/// Detectors need so much of it until they find what they would find with all of it, s.
pub const LEARNING_S: u32 = 14 * 86_400;
/// Of this the last is shown minute by minute, s.
pub const FINE_HISTORY_S: u32 = 6 * HOUR_S;
/// Rows of a piece, about: 100 bytes each.
const ROWS: usize = 1_000_000;
/// Longest pieces, s.
const MINUTES_PIECE_S: u32 = HOUR_S;
/// See [`MINUTES_PIECE_S`].
const HOURS_PIECE_S: u32 = 2 * 86_400;

/// First second of the minutes that have not closed at `now_s`.
#[must_use]
pub fn minutes_closed_s(now_s: i64) -> u32 {
    aligned(now_s - i64::from(MINUTE_GRACE_S), MINUTE_S)
}

/// First second of the hours that have not closed at `now_s`.
#[must_use]
pub fn hours_closed_s(now_s: i64) -> u32 {
    aligned(now_s - i64::from(HOUR_GRACE_S), HOUR_S)
}

/// Where the history begins that is shown at `now_s`, and where its minutes do.
#[must_use]
pub fn history_s(now_s: i64) -> (u32, u32) {
    let fine_s = hours_closed_s(now_s - i64::from(FINE_HISTORY_S));
    (fine_s.saturating_sub(HISTORY_S), fine_s)
}

/// A span in pieces of minutes for so many functions.
#[must_use]
pub fn minutes_pieces(from_s: u32, to_s: u32, functions: usize) -> Vec<Seconds> {
    pieces(from_s, to_s, MINUTE_S, MINUTES_PIECE_S, functions)
}

/// A span in pieces of hours for so many functions.
#[must_use]
pub fn hours_pieces(from_s: u32, to_s: u32, functions: usize) -> Vec<Seconds> {
    pieces(from_s, to_s, HOUR_S, HOURS_PIECE_S, functions)
}

fn aligned(at_s: i64, step_s: u32) -> u32 {
    let at_s = u32::try_from(at_s.max(0)).unwrap_or(u32::MAX);
    at_s - at_s % step_s
}

fn pieces(from_s: u32, to_s: u32, step_s: u32, longest_s: u32, functions: usize) -> Vec<Seconds> {
    // Two versions or triggers of each function at a time, about.
    let steps = u32::try_from(ROWS / (2 * functions.max(1))).unwrap_or(u32::MAX);
    let length_s = steps.max(1).saturating_mul(step_s).min(longest_s);
    let mut pieces = Vec::new();
    let mut at_s = from_s;
    while at_s < to_s {
        // At multiples of the length, so that an hour is never cut.
        let next_s = (at_s - at_s % length_s).saturating_add(length_s).min(to_s);
        pieces.push(Seconds {
            from_s: at_s,
            to_s: next_s,
        });
        at_s = next_s;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_close_after_their_grace() {
        assert_eq!(minutes_closed_s(1_000 * 60 + 89), 999 * 60);
        assert_eq!(minutes_closed_s(1_000 * 60 + 90), 1_000 * 60);
        assert_eq!(hours_closed_s(100 * 3_600 + 599), 99 * 3_600);
        assert_eq!(hours_closed_s(100 * 3_600 + 600), 100 * 3_600);
        assert_eq!(hours_closed_s(-5), 0);
    }

    #[test]
    fn pieces_touch_cover_the_span_and_shrink_with_the_fleet() {
        let small = hours_pieces(7 * 3_600, 100 * 86_400, 10);
        assert_eq!((small[0].from_s, small[0].to_s), (7 * 3_600, 2 * 86_400));
        assert_eq!(small.last().map(|p| p.to_s), Some(100 * 86_400));
        assert!(small.windows(2).all(|p| p[0].to_s == p[1].from_s));
        let large = hours_pieces(0, 86_400, 100_000);
        assert_eq!(
            large[0],
            Seconds {
                from_s: 0,
                to_s: 5 * 3_600
            }
        );
        assert!(minutes_pieces(60, 60, 1).is_empty());
    }
}

//! What a month will have come to, from the days so far: each remaining day like the days of its kind.

use crate::money::Usd;

/// Fewest whole days that a projection is made from.
pub const DAYS_MIN: usize = 3;
/// Whole days from which on weekdays are told apart.
const WEEK: usize = 7;
/// Half of the interval in standard errors: 80 % of all months lie inside.
const SPREAD: f64 = 1.28;

/// One whole day that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// 0 for Monday to 6 for Sunday.
    pub weekday: u8,
    /// What it cost.
    pub cost: Usd,
}

/// What a month is expected to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// Most likely.
    pub expected: Usd,
    /// Four months of five lie between this
    pub low: Usd,
    /// and this.
    pub high: Usd,
    /// Whether weekdays were told apart.
    pub by_weekday: bool,
}

/// Why there is no projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFew {
    /// Whole days there are.
    pub days: usize,
}

/// Projects a month: `so_far` has been spent; `past` are whole days, also of the month before;
/// `remaining` are the weekdays still to come, the rest of today among them as `today_left` of a day.
///
/// # Errors
/// [`TooFew`] days to conclude from.
pub fn project(
    so_far: Usd,
    past: &[Day],
    remaining: &[u8],
    today: Option<(u8, f64)>,
) -> Result<Projection, TooFew> {
    if past.len() < DAYS_MIN {
        return Err(TooFew { days: past.len() });
    }
    let mean = |days: &[f64]| days.iter().sum::<f64>() / days.len() as f64;
    let all: Vec<f64> = past.iter().map(|d| d.cost.as_drawn()).collect();
    let by_weekday = past.len() >= WEEK;
    let like = |weekday: u8| -> f64 {
        let same: Vec<f64> = (past.iter())
            .filter(|d| d.weekday == weekday)
            .map(|d| d.cost.as_drawn())
            .collect();
        if by_weekday && !same.is_empty() {
            mean(&same)
        } else {
            mean(&all)
        }
    };
    // How far days lie from what their kind predicts: the error of each remaining day.
    let squares: f64 = (past.iter())
        .map(|d| (d.cost.as_drawn() - like(d.weekday)).powi(2))
        .sum();
    // A kind with one day predicts itself; the freedom it took is given back.
    let kinds = if by_weekday {
        WEEK.min(past.len() - 1)
    } else {
        1
    };
    let error = (squares / (past.len() - kinds).max(1) as f64).sqrt();
    let rest: f64 = remaining.iter().map(|w| like(*w)).sum::<f64>()
        + today.map_or(0.0, |(weekday, left)| like(weekday) * left);
    let days = remaining.len() as f64 + today.map_or(0.0, |(_, left)| left);
    // Errors of single days cancel out in part, the error of the mean itself does not.
    let spread = SPREAD * error * (days + days * days / past.len() as f64).sqrt();
    let dollars = |amount: f64| {
        #[allow(clippy::cast_possible_truncation)] // saturates
        Usd::from_pico((amount.max(0.0) * 1e12) as i128)
    };
    Ok(Projection {
        expected: so_far + dollars(rest),
        low: so_far + dollars(rest - spread),
        high: so_far + dollars(rest + spread),
        by_weekday,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(i: usize, cents: i64) -> Day {
        Day {
            #[allow(clippy::cast_possible_truncation)]
            weekday: (i % 7) as u8,
            cost: Usd::from_cents(cents),
        }
    }

    #[test]
    fn a_weekend_is_projected_like_weekends() {
        let past: Vec<Day> = (0..14)
            .map(|i| day(i, if i % 7 < 5 { 1_000 } else { 100 }))
            .collect();
        let all = past.iter().map(|d| d.cost).sum();
        let projected = project(all, &past, &[5, 6], None).expect("a projection");
        assert_eq!(projected.expected, all + Usd::from_cents(200));
        assert!(
            projected.by_weekday && projected.low == projected.high,
            "days that never vary"
        );
    }

    #[test]
    fn the_interval_grows_with_what_varies_and_with_what_is_to_come() {
        let past: Vec<Day> = (0..10)
            .map(|i| day(i, 1_000 + (i as i64 * 7 % 5) * 100))
            .collect();
        let width = |remaining: &[u8]| {
            let p = project(Usd::ZERO, &past, remaining, None).expect("a projection");
            (p.high - p.low).as_drawn()
        };
        assert!(width(&[1]) > 0.0 && width(&[1, 2, 3, 4]) > width(&[1]));
    }

    #[test]
    fn two_days_are_no_ground_for_a_month() {
        let past = [day(0, 100), day(1, 100)];
        assert_eq!(
            project(Usd::ZERO, &past, &[3], None),
            Err(TooFew { days: 2 })
        );
    }

    #[test]
    fn nothing_spent_is_projected_to_nothing_and_never_below_what_was_spent() {
        let past: Vec<Day> = (0..5).map(|i| day(i, 0)).collect();
        let p = project(Usd::ZERO, &past, &[3], Some((2, 0.5))).expect("a projection");
        assert_eq!((p.expected, p.low), (Usd::ZERO, Usd::ZERO));
        let wild: Vec<Day> = (0..5)
            .map(|i| day(i, if i == 2 { 9_000 } else { 0 }))
            .collect();
        let p = project(Usd::from_cents(9_000), &wild, &[3, 4], None).expect("a projection");
        assert_eq!(p.low, Usd::from_cents(9_000));
    }
}

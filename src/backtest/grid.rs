//! Rows of a file on an even grid of steps, as forecasts need them, and the times of the steps after it.

use analyzers::forecast::season::Step;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use store::model::UnixNano;

use super::series::Point;

/// Steps from the first to the last row, at most; of a longer time only the end is looked at anyway.
const STEPS_MAX: usize = 2_000_000;
/// Days of the shortest and of the longest month.
const MONTH_DAYS: (i64, i64) = (28, 31);
const NANOS: i64 = 1_000_000_000;
const DAY_S: i64 = 86_400;

/// Values on a grid.
#[derive(Debug, PartialEq)]
pub struct Grid {
    /// NaN where the file has none.
    pub values: Vec<f64>,
    /// `None` if there are not two different times.
    pub step: Option<Step>,
    /// Rows that share their step with others; their mean stands for them.
    pub shared: usize,
    /// Steps without a known value.
    pub gaps: usize,
    last: UnixNano,
}

impl Grid {
    /// Of points in time order; `None` of none.
    pub fn of(points: &[Point]) -> Option<Self> {
        let last = points.last()?.at;
        let step = step(points);
        let index = |at: UnixNano| -> usize {
            let back = match step {
                None => 0,
                Some(Step::Seconds(s)) => round_div(last.0.saturating_sub(at.0), s * NANOS),
                Some(Step::Months(m)) => round_div(month(last) - month(at), m),
            };
            usize::try_from(back).unwrap_or(0)
        };
        let steps = (index(points[0].at) + 1).min(STEPS_MAX);
        let mut sums = vec![(0.0, 0_usize); steps];
        let mut shared = 0;
        for point in points {
            let back = index(point.at);
            if let (Some(value), true) = (point.value, back < steps) {
                let slot = &mut sums[steps - 1 - back];
                shared += usize::from(slot.1 > 0);
                *slot = (slot.0 + value, slot.1 + 1);
            }
        }
        let values: Vec<f64> = (sums.iter())
            .map(|(sum, count)| match count {
                0 => f64::NAN,
                count => sum / *count as f64,
            })
            .collect();
        Some(Self {
            gaps: values.iter().filter(|v| v.is_nan()).count(),
            values,
            step,
            shared,
            last,
        })
    }

    /// When the step `h` (from 0) after the last row begins.
    pub fn ahead(&self, h: usize) -> UnixNano {
        let count = i64::try_from(h).map_or(i64::MAX, |h| h.saturating_add(1));
        let last = timestamp(self.last);
        let then = match self.step.unwrap_or(Step::Seconds(DAY_S)) {
            Step::Seconds(s) => {
                last.checked_add(SignedDuration::from_secs(s.saturating_mul(count)))
            }
            Step::Months(m) => months_later(last, m.saturating_mul(count)),
        };
        let nanos = then.unwrap_or(Timestamp::MAX).as_nanosecond();
        UnixNano(i64::try_from(nanos).unwrap_or(i64::MAX))
    }
}

/// The usual distance between rows: the median of those that are not zero. Whole months where all rows are
/// months apart.
fn step(points: &[Point]) -> Option<Step> {
    let mut apart: Vec<i64> = (points.windows(2))
        .map(|pair| pair[1].at.0.saturating_sub(pair[0].at.0) / NANOS)
        .filter(|seconds| *seconds > 0)
        .collect();
    apart.sort_unstable();
    // Of two distances the shorter one: rows are missing more often than they are too many.
    let usual = *apart.get(apart.len().saturating_sub(1) / 2)?;
    let spans = |months: i64| {
        let between = months * MONTH_DAYS.0 * DAY_S..=months * MONTH_DAYS.1 * DAY_S;
        let day = |at: UnixNano| TimeZone::UTC.to_datetime(timestamp(at)).day();
        let same_day = points.iter().all(|p| day(p.at) == day(points[0].at));
        let month_ends = points.iter().all(|p| day(p.at) >= 28);
        between.contains(&usual) && (same_day || month_ends)
    };
    let months = [1, 3, 6, 12].into_iter().find(|months| spans(*months));
    Some(months.map_or(Step::Seconds(usual), Step::Months))
}

/// The end of a month stays the end: who is on a day that not every month has, is on the last.
fn months_later(from: Timestamp, months: i64) -> Result<Timestamp, jiff::Error> {
    let civil = TimeZone::UTC.to_datetime(from);
    let is_end = civil.date() == civil.date().last_of_month();
    let span = Span::new().try_months(months)?;
    let then = civil.checked_add(span)?;
    let date = if is_end {
        then.date().last_of_month()
    } else {
        then.date()
    };
    TimeZone::UTC.to_timestamp(date.to_datetime(then.time()))
}

fn month(at: UnixNano) -> i64 {
    let date = TimeZone::UTC.to_datetime(timestamp(at)).date();
    i64::from(date.year()) * 12 + i64::from(date.month())
}

fn timestamp(at: UnixNano) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default()
}

fn round_div(a: i64, b: i64) -> i64 {
    a.saturating_add(b / 2) / b.max(1)
}

#[cfg(test)]
mod tests {
    use super::super::timestamp::{parse, spell};
    use super::*;

    fn grid(rows: &[(&str, f64)]) -> Grid {
        let points: Vec<Point> = (rows.iter())
            .map(|(at, value)| Point {
                at: parse(at).expect("a time").0,
                value: Some(*value).filter(|v| v.is_finite()),
            })
            .collect();
        Grid::of(&points).expect("a grid")
    }

    fn next(rows: &[(&str, f64)], h: usize) -> serde_json::Value {
        let (_, spelling) = parse(rows[0].0).expect("a time");
        spell(grid(rows).ahead(h), spelling)
    }

    #[test]
    fn gaps_and_shared_steps_are_counted() {
        let hours = grid(&[
            ("2024-05-01T00:00:00Z", 1.0),
            ("2024-05-01T01:00:00Z", 2.0),
            ("2024-05-01T01:00:00Z", 4.0),
            ("2024-05-01T02:00:00Z", f64::NAN),
            ("2024-05-01T04:00:00Z", 5.0),
        ]);
        assert_eq!(hours.values[..2], [1.0, 3.0]);
        assert_eq!((hours.values.len(), hours.values[4]), (5, 5.0));
        assert_eq!(
            (hours.step, hours.shared, hours.gaps),
            (Some(Step::Seconds(3_600)), 1, 2)
        );
    }

    #[test]
    fn the_steps_after_are_those_of_the_calendar() {
        let ends = [
            ("2024-01-31", 1.0),
            ("2024-02-29", 2.0),
            ("2024-03-31", 3.0),
        ];
        assert_eq!(grid(&ends).step, Some(Step::Months(1)));
        assert_eq!(next(&ends, 0), "2024-04-30");
        assert_eq!(next(&ends, 1), "2024-05-31");
        let begins = [
            ("2024-01-01", 1.0),
            ("2024-02-01", 2.0),
            ("2024-05-01", 3.0),
        ];
        assert_eq!(grid(&begins).values.len(), 5);
        assert_eq!(next(&begins, 0), "2024-06-01");
        let quarters = [
            ("2023-01-01", 1.0),
            ("2023-04-01", 2.0),
            ("2023-07-01", 3.0),
        ];
        assert_eq!(next(&quarters, 1), "2024-01-01");
        assert_eq!(next(&[("1714566600", 1.0)], 0), 1_714_566_600 + DAY_S);
    }
}

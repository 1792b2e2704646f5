//! What a budgeting method counts. Events, good and bad slices, and shares of slices all become pairs of
//! whole numbers, bad and total, each at the minute when it is known; sums up to each minute make every
//! window two subtractions.

use super::Fraction;
use super::openslo::BudgetingMethod;
use super::period::Period;

/// Good and all events of a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// At most `total`.
    pub good: u64,
    /// 0 is no data.
    pub total: u64,
}

/// Events minute by minute, without a gap; minutes that are not told have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Minutes since 1970.
    pub first: i64,
    /// From `first` on.
    pub minutes: Vec<Events>,
}

impl Counts {
    /// The minute after the last.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.first + i64::try_from(self.minutes.len()).unwrap_or(i64::MAX / 2)
    }
}

/// How slices are cut and judged.
#[derive(Clone, Debug)]
pub struct Slices {
    /// A slice's length, minutes.
    pub minutes: i64,
    /// The share of good events that makes a slice good.
    pub target: Fraction,
}

/// Bad and total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// At most `total`.
    pub bad: i128,
    /// 0 is no data.
    pub total: i128,
}

/// Sums of pairs from the first minute up to each.
#[derive(Clone, Debug)]
pub struct Sums {
    first: i64,
    upto: Vec<Pair>,
}

impl Sums {
    /// Sums up what `pairs` has for each minute from `first` on.
    #[must_use]
    pub fn new(first: i64, pairs: impl Iterator<Item = Pair>) -> Self {
        let mut sum = Pair::default();
        let mut upto = vec![sum];
        for pair in pairs {
            sum.bad += pair.bad;
            sum.total += pair.total;
            upto.push(sum);
        }
        Self { first, upto }
    }

    /// What lies from minute `begin` to before `end`.
    #[must_use]
    pub fn between(&self, begin: i64, end: i64) -> Pair {
        let last = self.upto.len() - 1;
        let at = |minute: i64| {
            let offset = usize::try_from(minute.saturating_sub(self.first).max(0));
            self.upto[offset.unwrap_or(last).min(last)]
        };
        let (from, to) = (at(begin), at(end.max(begin)));
        Pair {
            bad: to.bad - from.bad,
            total: to.total - from.total,
        }
    }
}

/// A slice's share in whole parts. All small and all round numbers of events divide it, so that the shares
/// of such slices are exact; others are rounded by less than 1e-26.
const SHARE: i128 = SHARE_HIGH * SHARE_LOW;
/// 2¹² 3³ 5⁹ 7 11 13 17 19 23: below 2⁶¹, so that it times a count fits.
const SHARE_HIGH: i128 = 4096 * 27 * 1_953_125 * 7 * 11 * 13 * 17 * 19 * 23;
/// Above 2²⁵: more primes, and more digits.
const SHARE_LOW: i128 = 29 * 31 * 37 * 41 * 43;

/// `part / whole` of [`SHARE`], rounded to the nearest.
fn share(part: u64, whole: u64) -> i128 {
    let (part, whole) = (i128::from(part), i128::from(whole));
    let high = part * SHARE_HIGH;
    let low = (high % whole) * SHARE_LOW;
    (high / whole) * SHARE_LOW + (low + whole / 2) / whole
}

/// The sums of what `method` counts of one objective.
#[must_use]
pub fn sums(
    counts: &Counts,
    method: BudgetingMethod,
    slices: Option<&Slices>,
    period: &Period,
) -> Sums {
    let Some(slices) = slices.filter(|_| method != BudgetingMethod::Occurrences) else {
        return Sums::new(
            counts.first,
            counts.minutes.iter().map(|events| occurrence(*events)),
        );
    };
    let cut = Cut::new(slices.minutes, period);
    let judged = closed(counts, cut).into_iter().map(|closed| match closed {
        Some(events) if method == BudgetingMethod::Timeslices => Pair {
            bad: i128::from(is_bad(events, &slices.target)),
            total: 1,
        },
        Some(events) => Pair {
            bad: share(events.total - events.good, events.total),
            total: SHARE,
        },
        None => Pair::default(),
    });
    Sums::new(counts.first, judged)
}

/// The sums of a composite of slices: one that is bad for any objective is bad for all.
#[must_use]
pub fn worst(all: &[(&Counts, &Slices)], period: &Period) -> Option<Sums> {
    let (first, slices) = all.first()?;
    let mut pairs = vec![Pair::default(); first.minutes.len()];
    for (counts, own) in all {
        let cut = Cut::new(slices.minutes, period);
        for (pair, closed) in pairs.iter_mut().zip(closed(counts, cut)) {
            if let Some(events) = closed {
                pair.total = 1;
                pair.bad |= i128::from(is_bad(events, &own.target));
            }
        }
    }
    Some(Sums::new(first.first, pairs.into_iter()))
}

/// The pair of events themselves.
#[must_use]
pub fn occurrence(events: Events) -> Pair {
    Pair {
        bad: i128::from(events.total - events.good),
        total: i128::from(events.total),
    }
}

fn is_bad(events: Events, target: &Fraction) -> bool {
    Fraction::new(i128::from(events.good), i128::from(events.total)) < *target
}

/// Where slices end: at multiples of their length since the period's begin or, if it rolls, since 1970.
struct Cut<'a> {
    length: i64,
    period: &'a Period,
    current: Option<super::period::Stretch>,
}

impl<'a> Cut<'a> {
    fn new(length: i64, period: &'a Period) -> Self {
        Self {
            length: length.max(1),
            period,
            current: None,
        }
    }

    /// Whether a slice ends with `minute`. The last slice of a period may be shorter.
    fn ends(&mut self, minute: i64) -> bool {
        if self.period.rolls() {
            return (minute + 1).rem_euclid(self.length) == 0;
        }
        let known = self.current.filter(|s| (s.begin..s.end).contains(&minute));
        let stretch = known.unwrap_or_else(|| self.period.around(minute));
        self.current = Some(stretch);
        (minute + 1 - stretch.begin) % self.length == 0 || minute + 1 == stretch.end
    }
}

/// At each minute the slice that it closes, if that has events.
fn closed(counts: &Counts, mut cut: Cut<'_>) -> Vec<Option<Events>> {
    let mut open = Events::default();
    let minutes = counts.first..counts.end();
    let closing = minutes.zip(&counts.minutes).map(|(minute, events)| {
        open.good += events.good;
        open.total += events.total;
        let ends = cut.ends(minute);
        let closed = std::mem::take(&mut open);
        if !ends {
            open = closed;
        }
        Some(closed).filter(|slice| ends && slice.total > 0)
    });
    closing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_round_and_small_slices_are_exact_and_others_nearly() {
        for whole in (1..=24).chain([
            30, 60, 90, 100, 120, 360, 600, 1_000, 1_440, 3_600, 10_000, 1_000_000,
        ]) {
            assert_eq!(SHARE % whole, 0, "{whole}");
            let whole = u64::try_from(whole).expect("small");
            assert_eq!(share(whole, whole), SHARE);
        }
        let third = share(u64::MAX / 3, u64::MAX);
        assert_eq!(third * 3, SHARE);
        let odd = Fraction::new(share(1, 999_983), SHARE).to_f64();
        assert!((odd * 999_983.0 - 1.0).abs() < 1e-15, "{odd}");
    }
}

//! The history of many series, by day. Days are what replicates, so they are the rows of this table.

use std::collections::HashMap;

use store::model::UnixNano;

/// Below this a duration counts as this: a thousandth of a millisecond has no meaning as a cold start,
/// and zero has no logarithm.
pub const SMALLEST_MS: f64 = 1e-3;
/// Days of one version that a day's shift is measured against: at most these, and at least those.
pub const SHIFT_DAYS: usize = 10;
/// See [`SHIFT_DAYS`].
pub const SHIFT_DAYS_MIN: usize = 3;
/// Series that are asked as siblings of one series: 64 × 10 days are read per judged day at most.
pub const SIBLINGS_MAX: usize = 64;

/// One cold start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Position of the series' name, as the caller numbers them from 0.
    pub series: u32,
    /// Position of the version's name; equal numbers are equal versions.
    pub version: u32,
    /// When it happened.
    pub at: UnixNano,
    /// How long it took, ms; finite and not negative.
    pub duration_ms: f64,
}

/// A cold start within its day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// When it happened.
    pub at: UnixNano,
    /// Logarithm of its duration in ms.
    pub ln: f64,
}

/// What one version of a series did on one day (UTC).
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Days since 1970.
    pub day: i64,
    /// Its version.
    pub version: u32,
    /// Its cold starts in time order, at least one.
    pub starts: Vec<Start>,
    /// The median logarithm of its durations.
    pub level: f64,
    /// How far the level lies above the median of the days before, of the same version; NaN with
    /// fewer than [`SHIFT_DAYS_MIN`] of them. This is how much the series moves by itself.
    pub shift: f64,
}

impl Day {
    /// When its last cold start happened.
    #[must_use]
    pub fn end(&self) -> UnixNano {
        self.starts[self.starts.len() - 1].at
    }

    /// The median of what was known at `now`, if anything was.
    #[must_use]
    pub fn level_at(&self, now: UnixNano) -> Option<f64> {
        if self.end() <= now {
            return Some(self.level);
        }
        let known = self.starts.partition_point(|s| s.at <= now);
        (known > 0).then(|| level(&self.starts[..known]))
    }
}

fn level(starts: &[Start]) -> f64 {
    let mut values: Vec<f64> = starts.iter().map(|s| s.ln).collect();
    super::quantile::median(&mut values)
}

/// All series of a fleet.
#[derive(Debug, Default)]
pub struct Panel {
    series: Vec<Vec<Day>>,
    siblings: Vec<Vec<u32>>,
}

impl Panel {
    /// Puts rows, in any order, into days. `cohorts[i]` is the cohort of series `i`; series of one cohort
    /// are each other's siblings, `None` has none.
    #[must_use]
    pub fn new(mut rows: Vec<Row>, cohorts: &[Option<u32>]) -> Self {
        rows.sort_by_key(|r| (r.series, r.at)); // stable: equal times keep the order they came in
        let mut series = vec![Vec::new(); cohorts.len()];
        for of_series in rows.chunk_by(|a, b| a.series == b.series) {
            if let Some(days) = series.get_mut(of_series[0].series as usize) {
                *days = days_of(of_series);
            }
        }
        Self {
            series,
            siblings: siblings(cohorts),
        }
    }

    /// The same cold starts as if there had been one version only: a level is followed through deploys.
    #[must_use]
    pub fn without_versions(&self) -> Self {
        let plain = |(number, days): (u32, &Vec<Day>)| {
            let mut rows: Vec<Row> = days
                .iter()
                .flat_map(|d| &d.starts)
                .map(|start| Row {
                    series: number,
                    version: 0,
                    at: start.at,
                    duration_ms: start.ln.exp(),
                })
                .collect();
            rows.sort_by_key(|r| r.at);
            days_of(&rows)
        };
        Self {
            series: (0u32..).zip(&self.series).map(plain).collect(),
            siblings: self.siblings.clone(),
        }
    }

    /// How many series there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The days of a series in time order; where versions overlap, a day stands once for each.
    #[must_use]
    pub fn days(&self, series: usize) -> &[Day] {
        &self.series[series]
    }

    /// The cohorts: the numbers of their series, each cohort once.
    pub fn cohorts(&self) -> impl Iterator<Item = Vec<usize>> {
        self.siblings
            .iter()
            .enumerate()
            .filter_map(|(series, siblings)| {
                let first = siblings.iter().all(|s| *s as usize > series);
                (first && !siblings.is_empty()).then(|| {
                    let others = siblings.iter().map(|s| *s as usize);
                    std::iter::once(series).chain(others).collect()
                })
            })
    }

    /// The first series of the cohort that a series is in; itself if it has no siblings.
    #[must_use]
    pub fn first_of_cohort(&self, series: usize) -> usize {
        let first = self.siblings[series].iter().map(|s| *s as usize).min();
        first.map_or(series, |first| first.min(series))
    }

    /// The siblings of a series, at most [`SIBLINGS_MAX`].
    pub fn siblings(&self, series: usize) -> impl Iterator<Item = &[Day]> {
        self.siblings[series]
            .iter()
            .map(|&s| self.series[s as usize].as_slice())
    }
}

fn days_of(rows: &[Row]) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for row in rows {
        let day = row.at.day();
        let start = Start {
            at: row.at,
            ln: row.duration_ms.max(SMALLEST_MS).ln(),
        };
        let known = days
            .iter_mut()
            .rev()
            .take_while(|d| d.day == day)
            .find(|d| d.version == row.version);
        match known {
            Some(known) => known.starts.push(start),
            None => days.push(Day {
                day,
                version: row.version,
                starts: vec![start],
                level: f64::NAN,
                shift: f64::NAN,
            }),
        }
    }
    for day in &mut days {
        day.level = level(&day.starts);
    }
    for i in 0..days.len() {
        let mut before: Vec<f64> = days[..i]
            .iter()
            .rev()
            .take_while(|d| d.version == days[i].version)
            .take(SHIFT_DAYS)
            .map(|d| d.level)
            .collect();
        if before.len() >= SHIFT_DAYS_MIN {
            days[i].shift = days[i].level - super::quantile::median(&mut before);
        }
    }
    days
}

fn siblings(cohorts: &[Option<u32>]) -> Vec<Vec<u32>> {
    let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
    for (series, cohort) in (0u32..).zip(cohorts) {
        if let Some(cohort) = cohort {
            members.entry(*cohort).or_default().push(series);
        }
    }
    (0u32..)
        .zip(cohorts)
        .map(|(series, cohort)| {
            let all = cohort.and_then(|c| members.get(&c));
            all.into_iter()
                .flatten()
                .copied()
                .filter(|&other| other != series)
                .take(SIBLINGS_MAX)
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(series: u32, version: u32, second: i64, duration_ms: f64) -> Row {
        Row {
            series,
            version,
            at: UnixNano::from_secs(second),
            duration_ms,
        }
    }

    #[test]
    fn rows_in_any_order_become_days_of_versions_in_time_order() {
        let panel = Panel::new(
            vec![
                row(0, 2, 90_000, 300.0),
                row(0, 1, 86_400, 100.0),
                row(1, 1, 5, 0.0),
                row(0, 1, 10, 200.0),
                row(0, 1, 86_500, 400.0),
            ],
            &[Some(7), Some(7)],
        );
        let days = panel.days(0);
        let shape: Vec<_> = days
            .iter()
            .map(|d| (d.day, d.version, d.starts.len()))
            .collect();
        assert_eq!(shape, [(0, 1, 1), (1, 1, 2), (1, 2, 1)]);
        assert!((days[1].level - 40_000f64.ln() / 2.0).abs() < 1e-12);
        assert_eq!(panel.siblings(0).count(), 1);
        assert_eq!(panel.days(1)[0].level, SMALLEST_MS.ln());
    }

    #[test]
    fn a_day_under_way_shows_only_what_has_happened() {
        let panel = Panel::new(vec![row(0, 1, 10, 1.0), row(0, 1, 20, 100.0)], &[None]);
        let day = &panel.days(0)[0];
        assert_eq!(day.level_at(UnixNano::from_secs(5)), None);
        assert_eq!(day.level_at(UnixNano::from_secs(10)), Some(0.0));
        assert_eq!(day.level_at(UnixNano::from_secs(20)), Some(day.level));
    }
}

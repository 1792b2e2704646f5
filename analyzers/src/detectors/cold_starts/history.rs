//! What is kept of the cold starts of one series: at most ten of each day, for forty days.

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use crate::detectors::regression::Row;
use crate::detectors::regression::panel::SMALLEST_MS;

/// Days kept: what a baseline and its noise rest on.
const DAYS: i64 = 40;
/// Cold starts kept of a past day and version, evenly over it: more add nothing to what a day is worth.
/// With 8 bytes each that is 3.2 KB a series at most, if versions do not overlap.
const PER_DAY: usize = 10;
/// Cold starts kept of the day that is under way; when there are more every second one is dropped.
const TODAY: usize = 40;
/// Days of versions kept, however many versions a day has.
const ENTRIES: usize = 80;
/// Slow cold starts whose traces are kept.
const TRACES: usize = 5;

/// The cold starts of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Names of versions, by number.
    versions: Vec<String>,
    /// In order of days, then of the first cold start of a version.
    days: Vec<Day>,
    /// The slowest of the newest version: (ms, trace).
    slow: Vec<(f32, u128)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Day {
    day: i32,
    version: u16,
    /// Configured memory, MiB; 0 when not told.
    memory_mb: u32,
    /// How many there were.
    count: u32,
    /// (s of the day, ms), in order of time.
    starts: Vec<(u32, f32)>,
}

impl History {
    /// Takes a cold start, late ones too; what is older than the days kept is left out.
    pub fn take(&mut self, version: &str, at: UnixNano, ms: f32, memory_mb: u32, trace: u128) {
        let Ok(day) = i32::try_from(at.day()) else {
            return;
        };
        let last = self.days.last().map_or(day, |d| d.day);
        if i64::from(last - day) >= DAYS || !ms.is_finite() || ms < 0.0 {
            return;
        }
        let newest = self.newest() == Some(version);
        let version = self.number(version);
        if day > last {
            self.close_days(day);
        }
        let at_s = u32::try_from(at.as_secs().rem_euclid(86_400)).unwrap_or(0);
        let from = self.days.partition_point(|d| d.day < day);
        let to = self.days.partition_point(|d| d.day <= day);
        match self.days[from..to]
            .iter_mut()
            .find(|d| d.version == version)
        {
            Some(known) => known.take(at_s, ms),
            None => self.days.insert(
                to,
                Day {
                    day,
                    version,
                    memory_mb,
                    count: 1,
                    starts: vec![(at_s, ms)],
                },
            ),
        }
        if self.days.len() > ENTRIES {
            self.days.remove(0);
        }
        self.keep_slow(newest, ms, trace);
    }

    fn keep_slow(&mut self, newest: bool, ms: f32, trace: u128) {
        if !newest && self.days.last().is_some_and(|d| d.count == 1) {
            self.slow.clear();
        }
        if trace != 0 {
            self.slow.push((ms, trace));
            self.slow.sort_by(|a, b| b.0.total_cmp(&a.0));
            self.slow.truncate(TRACES);
        }
    }

    /// The number of a version; numbers that no day has are given again.
    fn number(&mut self, version: &str) -> u16 {
        let known = self.versions.iter().position(|v| v == version);
        let at = known.unwrap_or_else(|| {
            let used = |i: &usize| self.days.iter().any(|d| usize::from(d.version) == *i);
            let free = (0..self.versions.len()).find(|i| !used(i));
            match free {
                Some(free) => version.clone_into(&mut self.versions[free]),
                None => self.versions.push(version.to_owned()),
            }
            free.unwrap_or(self.versions.len() - 1)
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn close_days(&mut self, today: i32) {
        self.days.retain(|d| i64::from(today - d.day) < DAYS);
        for day in &mut self.days {
            day.thin(PER_DAY);
        }
    }

    /// As rows of series `series`; a version's number is the history's own.
    pub fn rows(&self, series: u32, rows: &mut Vec<Row>) {
        for day in &self.days {
            rows.extend(day.starts.iter().map(|(at_s, ms)| Row {
                series,
                version: day.version.into(),
                at: UnixNano::from_secs(i64::from(day.day) * 86_400 + i64::from(*at_s)),
                duration_ms: f64::from(*ms).max(SMALLEST_MS),
            }));
        }
    }

    /// The name behind a number.
    #[must_use]
    pub fn version(&self, number: u32) -> &str {
        let name = self.versions.get(number as usize);
        name.map_or("", String::as_str)
    }

    /// The version of the last day.
    #[must_use]
    pub fn newest(&self) -> Option<&str> {
        let day = self.days.last()?;
        Some(self.version(day.version.into()))
    }

    /// The memory its cold starts had last under a version, MiB; 0 when not told.
    #[must_use]
    pub fn memory_mb(&self, version: &str) -> u32 {
        let of = |d: &&Day| self.version(d.version.into()) == version;
        self.days.iter().rev().find(of).map_or(0, |d| d.memory_mb)
    }

    /// Cold starts a day over the last week that it has.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // days
    pub fn per_day(&self) -> f64 {
        let Some(last) = self.days.last() else {
            return 0.0;
        };
        let week = self.days.iter().filter(|d| last.day - d.day < 7);
        let all: u64 = week.clone().map(|d| u64::from(d.count)).sum();
        let first = week.clone().next().map_or(last.day, |d| d.day);
        all as f64 / f64::from(last.day - first + 1)
    }

    /// Traces of the slowest of the newest version.
    #[must_use]
    pub fn traces(&self) -> Vec<String> {
        self.slow
            .iter()
            .map(|(_, id)| format!("{id:032x}"))
            .collect()
    }
}

impl Day {
    fn take(&mut self, at_s: u32, ms: f32) {
        self.count = self.count.saturating_add(1);
        let at = self.starts.partition_point(|(s, _)| *s <= at_s);
        self.starts.insert(at, (at_s, ms));
        if self.starts.len() > TODAY {
            self.thin(TODAY / 2);
        }
    }

    /// Keeps `most`, evenly over the day.
    fn thin(&mut self, most: usize) {
        let n = self.starts.len();
        if n > most && most > 1 {
            self.starts = (0..most)
                .map(|i| self.starts[i * (n - 1) / (most - 1)])
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(history: &mut History, day: i64, n: i64, version: &str) {
        for i in 0..n {
            let at = UnixNano::from_secs(day * 86_400 + i * 60);
            history.take(version, at, 100.0, 512, 7);
        }
    }

    #[test]
    fn a_year_of_a_busy_function_stays_within_three_kilobytes_and_a_half() {
        let mut history = History::default();
        for day in 0..365 {
            take(&mut history, day, 1_000, &format!("v{}", day / 9));
        }
        let bytes = postcard::to_allocvec(&history).expect("bytes").len();
        assert!(bytes <= 3_584, "{bytes}");
        assert_eq!(history.newest(), Some("v40"));
        assert!((history.per_day() - 1_000.0).abs() < 1e-9);
        let mut rows = Vec::new();
        history.rows(0, &mut rows);
        assert!(rows.len() <= 39 * 10 + 40);
    }

    #[test]
    fn late_cold_starts_go_to_their_day_and_old_ones_are_left_out() {
        let mut history = History::default();
        take(&mut history, 100, 2, "1");
        take(&mut history, 99, 2, "1");
        take(&mut history, 10, 2, "1");
        let mut rows = Vec::new();
        history.rows(3, &mut rows);
        let days: Vec<i64> = rows.iter().map(|r| r.at.day()).collect();
        assert_eq!(days, [99, 99, 100, 100]);
    }
}

//! What judging a version asks the store, as the judges want it: for the watch and for the gate of a canary.

use std::collections::HashMap;

use store::model::UnixNano;
use store::read::Window;
use store::read::functions::FunctionRow;
use store::read::verdict::{self, CellRow, ColdRow, SiblingRow};
use store::{Store, StoreError};

use crate::detectors::regression::change::Side;
use crate::detectors::regression::{self, Outcome, Panel, Row, Verdict, deploy};
use crate::detectors::versions::Cell;
use crate::gate::{self, Judged};

/// Days before a version that its durations, memory and failures are compared with.
const DAYS_BEFORE: i64 = 14;
/// Days of it that are looked at: the watch lasts one, and needs a second where it hardly runs.
const DAYS_SINCE: i64 = 3;
/// Days before it that tell how cold starts move by themselves.
const COLD_DAYS_BEFORE: i64 = 40;
/// Days of it in which cold starts are gathered.
const COLD_DAYS_SINCE: i64 = 30;
/// Siblings that are asked: those seen last.
const SIBLINGS: usize = 16;
const DAY_S: i64 = 86_400;

/// A version of a function, and the time in which it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The function's id.
    pub id: &'a str,
    /// The version's name.
    pub version: &'a str,
    /// When it came into use, s since the epoch.
    pub begin_s: i64,
    /// What comes later is left out.
    pub until: UnixNano,
}

impl Asked<'_> {
    fn around(&self, days_before: i64, days_since: i64) -> Window {
        let until = UnixNano::from_secs(self.begin_s + days_since * DAY_S);
        Window {
            from: UnixNano::from_secs(self.begin_s - days_before * DAY_S),
            to: until.min(self.until),
        }
    }
}

/// What each version did around the begin of one, and that one's number.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cells(store: &Store, asked: Asked<'_>) -> Result<(Vec<Cell>, u32), StoreError> {
    let window = asked.around(DAYS_BEFORE, DAYS_SINCE);
    let fine_from = UnixNano::from_secs(asked.begin_s.div_euclid(3_600) * 3_600);
    let rows = verdict::cells(store, window, asked.id, fine_from).await?;
    Ok(numbered(&rows, asked.version, asked.begin_s))
}

/// A version that comes back after another one is a version of its own, so that it is compared with that one.
fn numbered(rows: &[CellRow], version: &str, begin_s: i64) -> (Vec<Cell>, u32) {
    let mut versions = Numbers::default();
    let new = versions.of(version);
    let earlier = versions.unnamed();
    let number = |row: &CellRow| {
        let is_before = row.at_s + i64::from(row.length_s) <= begin_s;
        match versions.of(&row.version_name) {
            number if number == new && is_before => earlier,
            number => number,
        }
    };
    let numbers: Vec<u32> = rows.iter().map(number).collect();
    let cell = |(row, version): (&CellRow, u32)| Cell {
        at_s: row.at_s,
        length_s: row.length_s,
        version,
        invocations: row.all_invocations,
        errors: row.all_errors,
        timeouts: row.all_timeouts,
        cold_starts: row.all_cold_starts,
        cold_start_known: row.all_cold_start_known,
        durations: row.durations,
        p50_ms: row.duration.first().copied().unwrap_or(f64::NAN),
        p95_ms: row.duration.get(1).copied().unwrap_or(f64::NAN),
        memory_mb: row.memory_mb,
    };
    (rows.iter().zip(numbers).map(cell).collect(), new)
}

/// The verdict on how long the version's cold starts take, beside those of siblings among the
/// `known` functions.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cold_starts(
    store: &Store,
    known: &[FunctionRow],
    function: &FunctionRow,
    asked: Asked<'_>,
) -> Result<Judged, StoreError> {
    let window = asked.around(COLD_DAYS_BEFORE, COLD_DAYS_SINCE);
    let own = verdict::cold_starts(store, window, asked.id).await?;
    let ids = siblings(known, function);
    let theirs = match ids.is_empty() {
        true => Vec::new(),
        false => verdict::siblings(store, window, &ids).await?,
    };
    Ok(judged(&own, &theirs, asked.version))
}

/// Functions of the same provider, region, runtime and architecture, those seen last first.
fn siblings<'a>(known: &'a [FunctionRow], function: &FunctionRow) -> Vec<&'a str> {
    let kind = |f: &FunctionRow| {
        (
            f.provider.clone(),
            f.region.clone(),
            f.runtime.clone(),
            f.architecture.clone(),
        )
    };
    let mut alike: Vec<&FunctionRow> = known
        .iter()
        .filter(|f| f.function_id != function.function_id && kind(f) == kind(function))
        .collect();
    alike.sort_by_key(|f| std::cmp::Reverse(f.last_seen_ms));
    alike.truncate(SIBLINGS);
    alike.iter().map(|f| f.function_id.as_str()).collect()
}

fn judged(own: &[ColdRow], theirs: &[SiblingRow], version: &str) -> Judged {
    let own = of_usual_kind(own, version);
    let (mut versions, mut series) = (Numbers::default(), Numbers::default());
    let (new, first) = (versions.of(version), series.of(""));
    let mut rows: Vec<Row> = own
        .iter()
        .map(|row| Row {
            series: first,
            version: versions.of(&row.version),
            at: UnixNano(row.at_ns),
            duration_ms: row.init_ms,
        })
        .collect();
    rows.extend(theirs.iter().map(|row| Row {
        series: series.of(&row.function),
        version: versions.of(&row.version_name),
        // The hour's median is known when the hour is over.
        at: UnixNano::from_secs(row.hour_s + 3_599),
        duration_ms: row.init_ms,
    }));
    rows.retain(|row| row.duration_ms.is_finite() && row.duration_ms >= 0.0);
    let panel = Panel::new(rows, &vec![Some(0); series.count as usize]);
    let days = panel.days(0);
    let begin = deploy::begins(days)
        .into_iter()
        .find(|i| days[*i].version == new);
    let Some(begin) = begin else {
        let n_before = days.iter().map(|d| d.starts.len()).sum();
        return gate::of_cold_starts(&none_yet(n_before), None);
    };
    let verdict = deploy::judge(&panel, 0, begin);
    let before = Side::of_days(&days[..begin], verdict.n_before, true);
    let after = Side::of_days(&days[begin..], verdict.n_after, false);
    let medians = (before.n > 0).then_some((before.p50_ms, after.p50_ms));
    gate::of_cold_starts(&verdict, medians)
}

/// The cold starts that began as most of the version's did: a provisioned one is nothing like one on demand.
fn of_usual_kind<'a>(own: &'a [ColdRow], version: &str) -> Vec<&'a ColdRow> {
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for row in own.iter().filter(|row| row.version == version) {
        *kinds.entry(&row.init_kind).or_default() += 1;
    }
    let usual = kinds
        .into_iter()
        .max_by_key(|(kind, n)| (*n, *kind))
        .map(|(kind, _)| kind);
    own.iter()
        .filter(|row| usual.is_none_or(|usual| row.init_kind == usual))
        .collect()
}

fn none_yet(n_before: usize) -> Verdict {
    Verdict {
        outcome: Outcome::Undecided,
        relative: None,
        interval: None,
        p_value: None,
        n_before,
        n_after: 0,
        detected_at: None,
        reasons: vec![regression::Reason::FewStarts { starts: 0 }],
    }
}

/// Names as the small numbers that judges want.
#[derive(Default)]
struct Numbers {
    of: HashMap<String, u32>,
    count: u32,
}

impl Numbers {
    fn of(&mut self, name: &str) -> u32 {
        if let Some(number) = self.of.get(name) {
            return *number;
        }
        let number = self.unnamed();
        self.of.insert(name.to_owned(), number);
        number
    }

    /// A number that no name has.
    fn unnamed(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cold(day: i64, i: i64, version: &str, kind: &str, init_ms: f64) -> ColdRow {
        ColdRow {
            at_ns: (day * DAY_S + i * 600) * 1_000_000_000,
            version: version.to_owned(),
            init_kind: kind.to_owned(),
            init_ms,
        }
    }

    fn ran(hour: i64, version: &str) -> CellRow {
        CellRow {
            part: hour,
            length_s: 3_600,
            at_s: hour * 3_600,
            version_name: version.to_owned(),
            all_invocations: 10,
            all_errors: 0,
            all_timeouts: 0,
            all_cold_starts: 0,
            all_cold_start_known: 0,
            durations: 0,
            duration: Vec::new(),
            memory_mb: f64::NAN,
        }
    }

    #[test]
    fn a_version_that_comes_back_is_compared_with_the_one_it_takes_the_place_of() {
        let rows = [ran(0, "42"), ran(1, "43"), ran(2, "42")];
        let (cells, new) = numbered(&rows, "42", 2 * 3_600);
        let is_new: Vec<bool> = cells.iter().map(|cell| cell.version == new).collect();
        assert_eq!(is_new, [false, false, true]);
        assert_ne!(cells[0].version, cells[1].version);
    }

    #[test]
    fn a_slower_version_is_regressed_and_other_kinds_of_initialisation_are_left_out() {
        let mut own = Vec::new();
        for day in 0..12 {
            for i in 0..10 {
                let (version, ms) = if day < 11 { ("1", 180.0) } else { ("2", 260.0) };
                let wobble = f64::from(i32::try_from(i * 7 % 10).expect("small"));
                own.push(cold(day, i, version, "on-demand", ms + wobble));
                own.push(cold(day, i, version, "provisioned", 900.0));
            }
        }
        own.push(cold(11, 11, "2", "on-demand", 261.0));
        let judged = judged(&own, &[], "2");
        assert_eq!(judged.outcome, "regressed", "{judged:?}");
        assert!(judged.before.is_some_and(|ms| ms < 200.0), "{judged:?}");
        let unseen = super::judged(&own, &[], "3");
        assert_eq!(unseen.outcome, "undecided");
        assert_eq!(unseen.need.as_deref(), Some("10 more cold starts"));
    }
}

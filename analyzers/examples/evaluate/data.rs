//! Real cold starts of AWS Lambda, one line a day and series.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Error, ErrorKind};
use std::path::Path;

use analyzers::detectors::regression::{Panel, Row};
use store::model::UnixNano;

/// What was read.
pub struct Fleet {
    pub panel: Panel,
    /// The same without siblings.
    pub alone: Panel,
    pub cold_starts: usize,
}

/// The first day of the part that nothing was tuned on.
pub const LATE: &str = "2024-03-01";

pub fn read(path: &Path) -> Result<Fleet, Error> {
    let file = BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(path)?));
    let (mut series, mut cohorts) = (HashMap::new(), HashMap::new());
    let (mut rows, mut of_series) = (Vec::new(), Vec::new());
    for line in file.lines().skip(1) {
        let line = line?;
        let fields: Vec<&str> = line.split(',').collect();
        let [date, name, _, _, _, durations] = fields[..] else {
            continue;
        };
        let at = day_start(date).ok_or_else(|| Error::new(ErrorKind::InvalidData, date))?;
        let next = u32::try_from(series.len()).unwrap_or(u32::MAX);
        let number = *series.entry(name.to_owned()).or_insert(next);
        if number == next {
            let next = u32::try_from(cohorts.len()).unwrap_or(u32::MAX);
            of_series.push(Some(*cohorts.entry(cohort(name)).or_insert(next)));
        }
        rows.extend(durations.split_whitespace().filter_map(|d| {
            Some(Row {
                series: number,
                version: 0,
                at,
                duration_ms: d.parse().ok()?,
            })
        }));
    }
    let cold_starts = rows.len();
    let nobody = vec![None; of_series.len()];
    Ok(Fleet {
        alone: Panel::new(rows.clone(), &nobody),
        panel: Panel::new(rows, &of_series),
        cold_starts,
    })
}

/// Functions of one runtime and architecture that differ in memory alone.
fn cohort(name: &str) -> String {
    name.split('-')
        .filter(|part| !matches!(*part, "128" | "256" | "512" | "1024"))
        .collect::<Vec<_>>()
        .join("-")
}

pub fn day_start(date: &str) -> Option<UnixNano> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let at = date.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?;
    Some(UnixNano::from_secs(at.timestamp().as_second()))
}

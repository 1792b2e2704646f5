//! CSV files of cold starts: `timestamp,value[,series][,version][,cohort]`, columns by name, rows in
//! any order. A row takes 24 bytes while it is read, and where there are versions 16 in the days of
//! each panel: about 1.6 GB for the longest file.

use std::path::Path;

use analyzers::detectors::regression::{Panel, Row};

use super::names::Names;
use super::table::{self, Taken, quoted};
use super::timestamp::{self, Spelling};

/// A file, read.
pub struct File {
    rows: Vec<Row>,
    cohort_of: Vec<Option<u32>>,
    pub series: Vec<String>,
    cohorts: Vec<String>,
    /// Empty if the file has no such column.
    pub versions: Vec<String>,
    pub spelling: Spelling,
}

impl File {
    /// Its cold starts under their versions; takes them out.
    pub fn by_version(&mut self) -> Panel {
        Panel::new(std::mem::take(&mut self.rows), &self.cohort_of)
    }

    /// The cohort of a series, empty if it has none.
    pub fn cohort(&self, series: usize) -> &str {
        self.cohort_of[series].map_or("", |cohort| &self.cohorts[cohort as usize])
    }

    /// Its cold starts as if there were one version.
    pub fn plain(&self) -> Panel {
        let mut rows = self.rows.clone();
        for row in &mut rows {
            row.version = 0;
        }
        Panel::new(rows, &self.cohort_of)
    }
}

/// Reads a file; see [`table::read`] for what is left out and what is refused.
pub fn read(path: &Path) -> anyhow::Result<File> {
    let mut gathered = Gathered::default();
    let has = table::read(
        path,
        &["timestamp", "value"],
        &["series", "version", "cohort"],
        |fields| gathered.take(fields),
    )?;
    Ok(File {
        rows: gathered.rows,
        cohort_of: gathered.cohort_of,
        cohorts: gathered.cohorts.names,
        series: gathered.series.names,
        versions: match has[1] {
            true => gathered.versions.names,
            false => Vec::new(),
        },
        spelling: gathered.spelling.unwrap_or_default(),
    })
}

#[derive(Default)]
struct Gathered {
    rows: Vec<Row>,
    series: Names,
    versions: Names,
    cohorts: Names,
    cohort_of: Vec<Option<u32>>,
    spelling: Option<Spelling>,
}

impl Gathered {
    /// Takes a row or says what is wrong with it.
    fn take(&mut self, fields: &[&str]) -> Taken {
        let &[time, value, series, version, cohort] = fields else {
            return Ok(Some("it has too few fields".to_owned()));
        };
        let Some((at, spelling)) = timestamp::parse(time) else {
            return Ok(Some(format!("{} is no time", quoted(time))));
        };
        let duration_ms = match value.parse::<f64>() {
            Ok(ms) if ms.is_finite() && ms >= 0.0 => ms,
            _ => return Ok(Some(format!("{} is no duration in ms", quoted(value)))),
        };
        let series = self.series.number(series)?;
        if series as usize == self.cohort_of.len() {
            let cohort = match cohort {
                "" => None,
                cohort => Some(self.cohorts.number(cohort)?),
            };
            self.cohort_of.push(cohort);
        }
        self.spelling.get_or_insert(spelling);
        self.rows.push(Row {
            series,
            version: self.versions.number(version)?,
            at,
            duration_ms,
        });
        Ok(None)
    }
}

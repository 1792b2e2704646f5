//! CSV files of numbers over time: `timestamp,value[,series]`, columns by name, rows in any order.
//! Values may be negative; an empty one, `NaN`, `null` or an infinite one is a gap, and is kept as
//! such. A row takes 24 bytes: about 480 MB for the longest file.

use std::path::Path;

use store::model::UnixNano;

use super::names::Names;
use super::table::{self, Taken, quoted};
use super::timestamp::{self, Spelling};

/// One row of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub at: UnixNano,
    /// Finite; `None` is a gap.
    pub value: Option<f64>,
}

/// One series of a file.
#[derive(Debug)]
pub struct Series {
    /// Empty if the file has no column `series`.
    pub name: String,
    /// In time order; rows of the same time stay in the file's order.
    pub points: Vec<Point>,
}

/// A file, read.
pub struct File {
    /// In the order in which the file names them first.
    pub series: Vec<Series>,
    pub spelling: Spelling,
}

/// Reads a file; see [`table::read`] for what is left out and what is refused.
pub fn read(path: &Path) -> anyhow::Result<File> {
    let mut names = Names::default();
    let mut points: Vec<Vec<Point>> = Vec::new();
    let mut seen = None;
    table::read(path, &["timestamp", "value"], &["series"], |fields| {
        take(fields, &mut names, &mut points, &mut seen)
    })?;
    for points in &mut points {
        points.sort_by_key(|point| point.at);
    }
    let series = names.names.into_iter().zip(points);
    Ok(File {
        series: series
            .map(|(name, points)| Series { name, points })
            .collect(),
        spelling: seen.unwrap_or_default(),
    })
}

fn take(
    fields: &[&str],
    names: &mut Names,
    points: &mut Vec<Vec<Point>>,
    seen: &mut Option<Spelling>,
) -> Taken {
    let &[time, value, series] = fields else {
        return Ok(Some("it has too few fields".to_owned()));
    };
    let Some((at, spelling)) = timestamp::parse(time) else {
        return Ok(Some(format!("{} is no time", quoted(time))));
    };
    let value = match value.to_ascii_lowercase().as_str() {
        "" | "null" | "na" | "n/a" => None,
        text => match text.parse::<f64>() {
            Ok(number) => Some(number).filter(|n| n.is_finite()),
            Err(_) => return Ok(Some(format!("{} is no number", quoted(value)))),
        },
    };
    let number = names.number(series)? as usize;
    if number == points.len() {
        points.push(Vec::new());
    }
    points[number].push(Point { at, value });
    seen.get_or_insert(spelling);
    Ok(None)
}

//! CSV files with named columns, row by row: the part that all kinds of `backtest` share.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};

/// Rows of one file.
pub const ROWS_MAX: usize = 20_000_000;
/// A row with a longer field is left out, so that 1,000,000 names take 256 MB at most.
const FIELD_BYTES_MAX: usize = 256;
/// A longer line is no row of such a file.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// Rows that are left out are told up to here, then only counted.
const FAULTS_TOLD: usize = 10;

/// What a reader makes of a row: nothing to say, or why it is left out. An error ends the reading.
pub type Taken = anyhow::Result<Option<String>>;

/// Reads the columns `needed` and `optional`, found by name in the first line, and hands each row's
/// fields to `take`, in that order, empty where a column or field is absent. Says which of the optional
/// columns the file has. A row that makes no sense is left out and told on standard error with its
/// place; a file without a needed column or any sound row is an error.
pub fn read(
    path: &Path,
    needed: &[&str],
    optional: &[&str],
    mut take: impl FnMut(&[&str]) -> Taken,
) -> anyhow::Result<Vec<bool>> {
    let place = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {place}"))?;
    let mut lines = Lines::new(file);
    let failed = || format!("cannot read {place}");
    let header = match lines.next().with_context(failed)? {
        Some(line) => fields(line.strip_prefix('\u{feff}').unwrap_or(line)),
        None => bail!("{place} is empty"),
    };
    let columns = columns(&header, needed, optional).with_context(|| format!("{place}:1"))?;
    let (mut faults, mut sound) = (0, 0);
    while let Some(line) = lines.next().with_context(failed)? {
        if line.is_empty() {
            continue;
        }
        match taken(&fields(line), &columns, &mut take).with_context(|| place.to_string())? {
            None if sound == ROWS_MAX => {
                bail!("{place} has more than {ROWS_MAX} rows; split the file by series")
            }
            None => sound += 1,
            Some(fault) => {
                faults += 1;
                if faults <= FAULTS_TOLD {
                    eprintln!("{place}:{}: {fault}; the row is left out", lines.number);
                }
            }
        }
    }
    if faults > FAULTS_TOLD {
        eprintln!("{place}: {faults} rows are left out in all");
    }
    if sound == 0 {
        bail!("{place} has no row that can be used");
    }
    Ok(columns[needed.len()..]
        .iter()
        .map(Option::is_some)
        .collect())
}

fn taken(
    record: &csv::StringRecord,
    columns: &[Option<usize>],
    take: &mut impl FnMut(&[&str]) -> Taken,
) -> Taken {
    if let Some(long) = record.iter().find(|f| f.len() > FIELD_BYTES_MAX) {
        return Ok(Some(format!(
            "{}… is longer than {FIELD_BYTES_MAX} bytes",
            quoted(long)
        )));
    }
    let field = |at: &Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
    take(&columns.iter().map(field).collect::<Vec<_>>())
}

/// Where the columns stand.
fn columns(
    header: &csv::StringRecord,
    needed: &[&str],
    optional: &[&str],
) -> anyhow::Result<Vec<Option<usize>>> {
    let find = |name: &&str| {
        header
            .iter()
            .position(|h| h.trim_matches('\u{feff}') == *name)
    };
    if let Some(absent) = needed.iter().find(|name| find(name).is_none()) {
        let optional: String = optional.iter().map(|name| format!("[,{name}]")).collect();
        bail!(
            "no column \"{absent}\" in the first line; expected {}{optional}",
            needed.join(",")
        );
    }
    Ok(needed.iter().chain(optional).map(find).collect())
}

/// Lines with their numbers. A field never holds a line's end: names of series and versions have none.
struct Lines {
    file: BufReader<std::fs::File>,
    line: Vec<u8>,
    text: String,
    number: usize,
}

impl Lines {
    fn new(file: std::fs::File) -> Self {
        Self {
            file: BufReader::new(file),
            line: Vec::new(),
            text: String::new(),
            number: 0,
        }
    }

    /// The next line without its end; what is not UTF-8 in it is replaced.
    fn next(&mut self) -> anyhow::Result<Option<&str>> {
        self.line.clear();
        let bounded = &mut (&mut self.file).take(LINE_BYTES_MAX);
        if bounded.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bounded.limit() == 0 {
            bail!("line {} is longer than {LINE_BYTES_MAX} bytes", self.number);
        }
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(&self.line));
        Ok(Some(self.text.trim_end_matches(['\r', '\n'])))
    }
}

/// The fields of a line; quotes are CSV's.
fn fields(line: &str) -> csv::StringRecord {
    let mut record = csv::StringRecord::new();
    if line.contains('"') {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line.as_bytes());
        if !matches!(reader.read_record(&mut record), Ok(true)) {
            record.clear();
        }
    } else {
        record.extend(line.split(','));
    }
    record.trim();
    record
}

/// Hostile text for a terminal: short and without control characters.
pub fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}

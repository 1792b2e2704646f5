//! CSV files of cold starts: `timestamp,value[,series][,version][,cohort]`, columns by name, rows in any
//! order.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use analyzers::detectors::regression::{Panel, Row};
use anyhow::{Context, bail};

use super::timestamp::{self, Spelling};

/// Rows of one file. A row takes 24 bytes while it is read, and where there are versions 16 in the days of
/// each panel: about 1.6 GB at most.
const ROWS_MAX: usize = 20_000_000;
/// Different series and versions of one file, together.
const NAMES_MAX: usize = 1_000_000;
/// A row with a longer name is left out: 1,000,000 × 256 bytes at most.
const NAME_BYTES_MAX: usize = 256;
/// A longer line is no row of such a file.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// Rows that are left out are told up to here, then only counted.
const FAULTS_TOLD: usize = 10;

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

/// Names and their numbers.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> anyhow::Result<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        if self.names.len() >= NAMES_MAX {
            bail!("more than {NAMES_MAX} different names; split the file");
        }
        let number = u32::try_from(self.names.len())?;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        Ok(number)
    }
}

struct Columns {
    timestamp: usize,
    value: usize,
    series: Option<usize>,
    version: Option<usize>,
    cohort: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> anyhow::Result<Self> {
        let find = |name: &str| {
            header
                .iter()
                .position(|h| h.trim_matches('\u{feff}') == name)
        };
        let need = |name: &str| {
            find(name).with_context(|| {
                format!(
                    "no column \"{name}\" in the first line; expected \
                     timestamp,value[,series][,version][,cohort]"
                )
            })
        };
        Ok(Self {
            timestamp: need("timestamp")?,
            value: need("value")?,
            series: find("series"),
            version: find("version"),
            cohort: find("cohort"),
        })
    }
}

/// Reads a file. A row that makes no sense is left out and told on standard error with its place; a file
/// without any sound row is an error.
pub fn read(path: &Path) -> anyhow::Result<File> {
    let place = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {place}"))?;
    let mut lines = Lines::new(file);
    let failed = || format!("cannot read {place}");
    let header = match lines.next().with_context(failed)? {
        Some(line) => fields(line.strip_prefix('\u{feff}').unwrap_or(line)),
        None => bail!("{place} is empty"),
    };
    let columns = Columns::of(&header).with_context(|| format!("{place}:1"))?;
    let mut gathered = Gathered::new(columns);
    let mut faults = 0;
    while let Some(line) = lines.next().with_context(failed)? {
        if line.is_empty() {
            continue;
        }
        let fault = gathered
            .take(&fields(line))
            .with_context(|| place.to_string())?;
        if let Some(fault) = fault {
            faults += 1;
            if faults <= FAULTS_TOLD {
                eprintln!("{place}:{}: {fault}; the row is left out", lines.number);
            }
        }
    }
    if faults > FAULTS_TOLD {
        eprintln!("{place}: {faults} rows are left out in all");
    }
    if gathered.rows.is_empty() {
        bail!("{place} has no row that can be used");
    }
    Ok(gathered.finish())
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

struct Gathered {
    columns: Columns,
    rows: Vec<Row>,
    series: Names,
    versions: Names,
    cohorts: Names,
    cohort_of: Vec<Option<u32>>,
    spelling: Option<Spelling>,
}

impl Gathered {
    fn new(columns: Columns) -> Self {
        Self {
            columns,
            rows: Vec::new(),
            series: Names::default(),
            versions: Names::default(),
            cohorts: Names::default(),
            cohort_of: Vec::new(),
            spelling: None,
        }
    }

    /// Takes a row or says what is wrong with it.
    fn take(&mut self, record: &csv::StringRecord) -> anyhow::Result<Option<String>> {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let optional = |at: Option<usize>| at.map_or("", field);
        if let Some(long) = record.iter().find(|f| f.len() > NAME_BYTES_MAX) {
            return Ok(Some(format!(
                "{}… is longer than {NAME_BYTES_MAX} bytes",
                quoted(long)
            )));
        }
        let (time, value) = (field(self.columns.timestamp), field(self.columns.value));
        let Some((at, spelling)) = timestamp::parse(time) else {
            return Ok(Some(format!("{} is no time", quoted(time))));
        };
        let duration_ms = match value.parse::<f64>() {
            Ok(ms) if ms.is_finite() && ms >= 0.0 => ms,
            _ => return Ok(Some(format!("{} is no duration in ms", quoted(value)))),
        };
        if self.rows.len() >= ROWS_MAX {
            bail!("more than {ROWS_MAX} rows; split the file by series");
        }
        let series = self.series.number(optional(self.columns.series))?;
        let cohort = optional(self.columns.cohort);
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
            version: self.versions.number(optional(self.columns.version))?,
            at,
            duration_ms,
        });
        Ok(None)
    }

    fn finish(self) -> File {
        File {
            rows: self.rows,
            cohort_of: self.cohort_of,
            cohorts: self.cohorts.names,
            series: self.series.names,
            versions: match self.columns.version {
                Some(_) => self.versions.names,
                None => Vec::new(),
            },
            spelling: self.spelling.unwrap_or(Spelling::Rfc3339),
        }
    }
}

/// Hostile text for a terminal: short and without control characters.
fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}

//! Figures of several runs as a table.

use std::fmt;

/// What one run of one candidate showed.
#[derive(Clone, Debug)]
pub struct Figures {
    /// CPU seconds per million items.
    pub collector_cpu_s: f64,
    /// CPU seconds per million items, merges included.
    pub clickhouse_cpu_s: f64,
    /// Peak resident memory, MiB.
    pub collector_mb: f64,
    /// From the first request to the last acknowledgement.
    pub acknowledged_s: f64,
    /// From the first request until every row can be read.
    pub stored_s: f64,
    /// On disk, after merges.
    pub bytes_per_item: f64,
    /// From one request to a quiet collector until its rows can be read.
    pub visible_ms: Option<f64>,
    /// Requests that had to be sent again.
    pub repeated: f64,
}

type Column = (&'static str, fn(&Figures) -> Option<f64>);

const COLUMNS: [Column; 9] = [
    ("collector CPU-s", |f| Some(f.collector_cpu_s)),
    ("ClickHouse CPU-s", |f| Some(f.clickhouse_cpu_s)),
    ("both CPU-s", |f| {
        Some(f.collector_cpu_s + f.clickhouse_cpu_s)
    }),
    ("peak MiB", |f| Some(f.collector_mb)),
    ("acknowledged s", |f| Some(f.acknowledged_s)),
    ("stored s", |f| Some(f.stored_s)),
    ("bytes/item", |f| {
        (f.bytes_per_item > 0.0).then_some(f.bytes_per_item)
    }),
    ("visible ms", |f| f.visible_ms),
    ("sent again", |f| Some(f.repeated)),
];

/// A row per candidate, in Markdown.
#[derive(Default)]
pub struct Table(Vec<(&'static str, Vec<Figures>)>);

impl Table {
    pub fn add(&mut self, candidate: &'static str, figures: Figures) {
        match self.0.iter_mut().find(|(name, _)| *name == candidate) {
            Some((_, runs)) => runs.push(figures),
            None => self.0.push((candidate, vec![figures])),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        writeln!(f, "| candidate | {} |", names.join(" | "))?;
        writeln!(f, "|---|{}", "---|".repeat(COLUMNS.len()))?;
        for (candidate, runs) in &self.0 {
            write!(f, "| {candidate} |")?;
            for (_, of) in &COLUMNS {
                write!(f, " {} |", spread(runs.iter().filter_map(of).collect()))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, of) in &COLUMNS {
            if let Some(value) = of(self) {
                write!(f, "{name} {}; ", short(value))?;
            }
        }
        Ok(())
    }
}

fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => "–".to_owned(),
        [one] => short(*one),
        [first, .., last] => {
            let median = short(values[values.len() / 2]);
            format!("{median} ({} to {})", short(*first), short(*last))
        }
    }
}

fn short(value: f64) -> String {
    match value {
        v if v >= 20.0 || v == 0.0 => format!("{v:.0}"),
        v => format!("{v:.2}"),
    }
}

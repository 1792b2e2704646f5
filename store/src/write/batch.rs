//! A batch: rows on their way into the store, kept per table and day.
//!
//! One block per table and day keeps every insert inside one partition, so a client that sends old or
//! scattered timestamps makes small parts of its own and never fails its neighbours' insert.

use std::collections::BTreeMap;

use super::RowSink;
use super::deploys::Deploys;
use super::invocations::{Functions, InvocationFacts};
use super::logs::Logs;
use super::metrics::{ExpHistogram, Gauge, Histogram, Sum, Summary};
use super::native::{Named, Order, Out, Same, put_column, put_head};
use super::trace_times::TraceTimes;
use super::traces::Traces;
use crate::model::{
    Deploy, ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint, InvocationFact,
    LogRow, MetricPoint, SpanRow, SumPoint, SummaryPoint,
};

/// A table's rows as columns.
pub(super) trait Table: Columns + Default {
    const NAME: &'static str;
}

/// Rows as columns, whatever table they are for.
pub(super) trait Columns: Sync {
    fn rows(&self) -> usize;
    /// The columns with their names and types, in the order they are sent.
    fn columns(&self) -> Vec<Named<'_>>;
    /// The rows in the table's order, where it is worth sending them so.
    fn order(&self) -> Option<Vec<u32>>;
    /// Forgets all rows and keeps the memory they were in.
    fn clear(&mut self);
}

/// One block of a batch: the rows of one table and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The table.
    pub table: &'static str,
    /// Days since 1970 in UTC; 0 where all rows of a table are one block.
    pub day: i64,
    /// Rows in it.
    pub rows: usize,
}

impl Part {
    /// The column with a row's time, in the tables that keep what was sent, row by row. A row stored
    /// twice would be counted twice there, so each carries the id of its insert, and an insert of unknown
    /// outcome can be looked for. The other tables merge equal facts away.
    pub(super) fn time_column(&self) -> Option<&'static str> {
        match self.table {
            Traces::NAME | Logs::NAME => Some("Timestamp"),
            table if table.starts_with("otel_metrics_") => Some("TimeUnix"),
            _ => None,
        }
    }
}

/// The rows of a table by day, and columns of days past, to be used again.
#[derive(Default)]
struct ByDay<T> {
    days: BTreeMap<i64, T>,
    spare: Vec<T>,
}

/// Columns kept to be used again: yesterday's and today's.
const SPARE_MAX: usize = 2;

impl<T: Table> ByDay<T> {
    fn day(&mut self, day: i64) -> &mut T {
        let spare = &mut self.spare;
        let entry = self.days.entry(day);
        entry.or_insert_with(|| spare.pop().unwrap_or_default())
    }

    fn clear(&mut self) {
        while let Some((_, mut columns)) = self.days.pop_first() {
            if self.spare.len() < SPARE_MAX {
                columns.clear();
                self.spare.push(columns);
            }
        }
    }

    fn list<'a>(&'a self, out: &mut Vec<(Part, &'a dyn Columns)>) {
        out.extend(self.days.iter().map(|(day, columns)| {
            let part = Part {
                table: T::NAME,
                day: *day,
                rows: columns.rows(),
            };
            (part, columns as &dyn Columns)
        }));
    }
}

/// Rows for all tables, waiting to be inserted together.
#[derive(Default)]
pub struct Batch {
    traces: ByDay<Traces>,
    trace_times: ByDay<TraceTimes>,
    logs: ByDay<Logs>,
    gauges: ByDay<Gauge>,
    sums: ByDay<Sum>,
    histograms: ByDay<Histogram>,
    exp_histograms: ByDay<ExpHistogram>,
    summaries: ByDay<Summary>,
    invocations: ByDay<InvocationFacts>,
    functions: ByDay<Functions>,
    deploys: ByDay<Deploys>,
    rows: usize,
}

impl RowSink for Batch {
    fn span(&mut self, row: &SpanRow<'_>) {
        self.rows += 1;
        let day = row.timestamp.day();
        self.traces.day(day).push(row);
        self.trace_times.day(day).push(row);
    }

    fn log(&mut self, row: &LogRow<'_>) {
        self.rows += 1;
        self.logs.day(row.timestamp.day()).push(row);
    }

    fn gauge(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>) {
        self.rows += 1;
        self.gauges.day(point.time.day()).push(point, value);
    }

    fn sum(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>) {
        self.rows += 1;
        self.sums.day(point.time.day()).push(point, value);
    }

    fn histogram(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>) {
        self.rows += 1;
        self.histograms.day(point.time.day()).push(point, value);
    }

    fn exp_histogram(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>) {
        self.rows += 1;
        self.exp_histograms.day(point.time.day()).push(point, value);
    }

    fn summary(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>) {
        self.rows += 1;
        self.summaries.day(point.time.day()).push(point, value);
    }

    fn invocation(&mut self, fact: &InvocationFact) {
        self.rows += 1;
        self.invocations.day(fact.start.day()).push(fact);
    }

    fn sighting(&mut self, sighting: &FunctionSighting) {
        self.rows += 1;
        self.functions.day(0).push(sighting); // one partition for all
    }
}

impl Batch {
    /// One row of `deploy_tellings`.
    pub fn deploy(&mut self, deploy: &Deploy) {
        self.rows += 1;
        self.deploys.day(0).push(deploy);
    }

    /// Rows in all tables together.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows in some tables.
    #[must_use]
    pub fn rows_in(&self, tables: &[&str]) -> usize {
        let parts = self.parts().into_iter();
        let own = parts.filter(|part| tables.contains(&part.table));
        own.map(|part| part.rows).sum()
    }

    /// Whether there is nothing to insert.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Forgets all rows and keeps some of the memory they were in for those to come.
    pub fn clear(&mut self) {
        self.traces.clear();
        self.trace_times.clear();
        self.logs.clear();
        self.gauges.clear();
        self.sums.clear();
        self.histograms.clear();
        self.exp_histograms.clear();
        self.summaries.clear();
        self.invocations.clear();
        self.functions.clear();
        self.deploys.clear();
        self.rows = 0;
    }

    /// Every block of this batch. The raw signals come first, so that a fact never tells of a span that
    /// is not there.
    fn blocks(&self) -> Vec<(Part, &dyn Columns)> {
        let mut out = Vec::new();
        self.traces.list(&mut out);
        self.trace_times.list(&mut out);
        self.logs.list(&mut out);
        self.gauges.list(&mut out);
        self.sums.list(&mut out);
        self.histograms.list(&mut out);
        self.exp_histograms.list(&mut out);
        self.summaries.list(&mut out);
        self.invocations.list(&mut out);
        self.functions.list(&mut out);
        self.deploys.list(&mut out);
        out
    }

    /// What [`Store::insert`](crate::Store::insert) inserts, one after another.
    pub(super) fn parts(&self) -> Vec<Part> {
        self.blocks().into_iter().map(|(part, _)| part).collect()
    }

    fn columns(&self, part: &Part) -> Option<&dyn Columns> {
        let blocks = self.blocks().into_iter();
        blocks
            .filter(|(own, _)| own == part)
            .map(|(_, columns)| columns)
            .next()
    }

    /// The statement that inserts a part.
    pub(super) fn sql(&self, part: &Part) -> String {
        let columns = self.columns(part).map(Columns::columns).unwrap_or_default();
        let names = columns.iter().map(|(name, ..)| *name);
        let id = part.time_column().map(|_| INSERT_ID);
        let names: Vec<&str> = names.chain(id).collect();
        let (table, names) = (part.table, names.join("`, `"));
        format!("INSERT INTO {table} (`{names}`) FORMAT Native")
    }

    /// Writes the block of a part, whose rows carry `insert_id`. Equal batches give equal bytes.
    pub(super) fn write(&self, part: &Part, insert_id: u64, out: &mut Out<'_>) {
        let Some(block) = self.columns(part) else {
            return;
        };
        let sorted = block.order();
        let order = sorted.as_deref().map_or(Order::AsPushed, Order::Of);
        let id = Same {
            value: insert_id,
            rows: part.rows,
        };
        let mut columns = block.columns();
        if part.time_column().is_some() {
            columns.push((INSERT_ID, "UInt64", &id));
        }
        put_head(columns.len(), part.rows, out);
        for column in &columns {
            debug_assert_eq!(column.2.len(), part.rows, "column {}", column.0);
            put_column(column, order, out);
        }
    }
}

/// The column that says which insert wrote a row.
pub(super) const INSERT_ID: &str = "InsertId";

#[cfg(test)]
mod tests {
    use super::*;

    /// What `table!` says of each table, for comparing with what ClickHouse says.
    fn declared() -> Vec<(&'static str, Vec<&'static str>)> {
        fn of<T: Table>() -> (&'static str, Vec<&'static str>) {
            let table = T::default();
            let columns = table.columns();
            (T::NAME, columns.iter().map(|(name, ..)| *name).collect())
        }
        vec![
            of::<Traces>(),
            of::<TraceTimes>(),
            of::<Logs>(),
            of::<Gauge>(),
            of::<Sum>(),
            of::<Histogram>(),
            of::<ExpHistogram>(),
            of::<Summary>(),
            of::<InvocationFacts>(),
            of::<Functions>(),
            of::<Deploys>(),
        ]
    }

    #[test]
    fn no_column_is_declared_twice() {
        for (table, mut columns) in declared() {
            let count = columns.len();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), count, "{table}");
        }
    }
}

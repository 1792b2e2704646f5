//! A batch: rows on their way into the store, kept per table and day.
//!
//! One block per table and day keeps every insert inside one partition, so a client that sends old or
//! scattered timestamps makes small parts of its own and never fails its neighbours' insert.

use std::collections::BTreeMap;

use bytes::Bytes;
use clickhouse::insert_formatted::InsertFormatted;

use super::RowSink;
use super::deploys::Deploys;
use super::invocations::{Functions, InvocationFacts};
use super::logs::Logs;
use super::metrics::{ExpHistogram, Gauge, Histogram, Sum, Summary};
use super::native::{Named, Order, put_column, put_head};
use super::traces::Traces;
use crate::client::{Store, StoreError};
use crate::model::{
    Deploy, ExpHistogramPoint, FunctionSighting, GaugePoint, HistogramPoint, InvocationFact,
    LogRow, MetricPoint, SpanRow, SumPoint, SummaryPoint,
};

/// A table's rows as columns.
pub(super) trait Table: Default {
    const NAME: &'static str;
    fn rows(&self) -> usize;
    /// The columns with their names and types, in the order they are sent.
    fn columns(&self) -> Vec<Named<'_>>;
    /// The rows in the table's order, where it is worth sending them so.
    fn order(&self) -> Option<Vec<u32>>;
}

type ByDay<T> = BTreeMap<i64, T>;

/// Rows for all tables, waiting to be inserted together.
#[derive(Default)]
pub struct Batch {
    traces: ByDay<Traces>,
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
        self.traces
            .entry(row.timestamp.day())
            .or_default()
            .push(row);
    }

    fn log(&mut self, row: &LogRow<'_>) {
        self.rows += 1;
        self.logs.entry(row.timestamp.day()).or_default().push(row);
    }

    fn gauge(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>) {
        self.rows += 1;
        self.gauges
            .entry(point.time.day())
            .or_default()
            .push(point, value);
    }

    fn sum(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>) {
        self.rows += 1;
        self.sums
            .entry(point.time.day())
            .or_default()
            .push(point, value);
    }

    fn histogram(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>) {
        self.rows += 1;
        self.histograms
            .entry(point.time.day())
            .or_default()
            .push(point, value);
    }

    fn exp_histogram(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>) {
        self.rows += 1;
        self.exp_histograms
            .entry(point.time.day())
            .or_default()
            .push(point, value);
    }

    fn summary(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>) {
        self.rows += 1;
        self.summaries
            .entry(point.time.day())
            .or_default()
            .push(point, value);
    }

    fn invocation(&mut self, fact: &InvocationFact) {
        self.rows += 1;
        self.invocations
            .entry(fact.start.day())
            .or_default()
            .push(fact);
    }

    fn sighting(&mut self, sighting: &FunctionSighting) {
        self.rows += 1;
        self.functions.entry(0).or_default().push(sighting); // one partition for all
    }
}

impl Batch {
    /// One row of `deploys`.
    pub fn deploy(&mut self, deploy: &Deploy) {
        self.rows += 1;
        self.deploys.entry(0).or_default().push(deploy);
    }

    /// Rows in all tables together.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether there is nothing to insert.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Every insert this batch means: table, day, columns, block. The raw signals come first, so that
    /// a fact never tells of a span that is not there.
    fn inserts(&self) -> Vec<Insert<'_>> {
        let mut out = Vec::new();
        collect(&self.traces, &mut out);
        collect(&self.logs, &mut out);
        collect(&self.gauges, &mut out);
        collect(&self.sums, &mut out);
        collect(&self.histograms, &mut out);
        collect(&self.exp_histograms, &mut out);
        collect(&self.summaries, &mut out);
        collect(&self.invocations, &mut out);
        collect(&self.functions, &mut out);
        collect(&self.deploys, &mut out);
        out
    }
}

/// One block on its way into one table.
struct Insert<'a> {
    table: &'static str,
    day: i64,
    rows: usize,
    columns: Vec<Named<'a>>,
    order: Option<Vec<u32>>,
}

fn collect<'a, T: Table>(tables: &'a ByDay<T>, out: &mut Vec<Insert<'a>>) {
    out.extend(
        tables
            .iter()
            .filter(|(_, table)| table.rows() > 0)
            .map(|(day, table)| Insert {
                table: T::NAME,
                day: *day,
                rows: table.rows(),
                columns: table.columns(),
                order: table.order(),
            }),
    );
}

/// A block is sent in pieces of about this size: never is the whole of it in memory twice, and
/// pieces this small are taken from memory that was used before.
const PIECE_BYTES: usize = 256 * 1024;

impl Insert<'_> {
    fn sql(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, ..)| *name).collect();
        format!(
            "INSERT INTO {} (`{}`) FORMAT Native",
            self.table,
            names.join("`, `")
        )
    }

    /// Writes the block and hands it on in pieces. Equal batches give equal pieces.
    async fn send(&self, mut request: InsertFormatted) -> clickhouse::error::Result<()> {
        let order = match &self.order {
            Some(rows) => Order::Of(rows),
            None => Order::AsPushed,
        };
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        put_head(self.columns.len(), self.rows, &mut piece);
        for column in &self.columns {
            debug_assert_eq!(column.2.len(), self.rows, "column {}", column.0);
            put_column(column, order, &mut piece);
            if piece.len() >= PIECE_BYTES {
                request
                    .send(Bytes::from(std::mem::take(&mut piece)))
                    .await?;
            }
        }
        if !piece.is_empty() {
            request.send(Bytes::from(piece)).await?;
        }
        request.end().await
    }
}

impl Store {
    /// Inserts the whole batch. With the same `token` a repeated call stores nothing twice, so after an
    /// error the caller may simply call again.
    ///
    /// # Errors
    /// [`StoreError::Query`] naming the table; blocks before it are stored, those after it are not.
    pub async fn insert(&self, batch: &Batch, token: &str) -> Result<(), StoreError> {
        for insert in batch.inserts() {
            let (table, day) = (insert.table, insert.day);
            let request = self
                .client()
                .insert_formatted_with(insert.sql())
                .with_setting("async_insert", "0")
                .with_setting("insert_deduplicate", "1")
                .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1")
                .with_setting(
                    "insert_deduplication_token",
                    format!("{token}-{table}-{day}"),
                );
            let sent = insert.send(request).await;
            sent.map_err(StoreError::query(format!("inserting into {table}")))?;
        }
        Ok(())
    }
}

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

//! The list of functions as a table.

use super::Entry;
use crate::web::{Cell, Table};

/// Rows of an export.
const EXPORT_ROWS: usize = store::read::functions::MAX_FUNCTIONS as usize;

pub(super) fn table(entries: &[Entry<'_>]) -> Table {
    let mut table = Table::new(
        "functions",
        &[
            "function_id",
            "name",
            "platform",
            "provider",
            "region",
            "account",
            "runtime",
            "architecture",
            "memory_size_mb",
            "invocations",
            "errors",
            "timeouts",
            "error_ratio",
            "duration_p50_ms",
            "duration_p95_ms",
            "duration_p99_ms",
            "cold_starts",
            "cold_start_known",
            "cold_start_ratio",
            "first_seen_ms",
            "last_seen_ms",
        ],
    );
    let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    for Entry {
        function,
        sums,
        duration,
    } in entries.iter().take(EXPORT_ROWS)
    {
        let text = |text: &str| Cell::from(text);
        table.row(vec![
            text(&function.function_id),
            text(&function.name),
            text(&function.platform),
            text(&function.provider),
            text(&function.region),
            text(&function.account),
            text(&function.runtime),
            text(&function.architecture),
            function.memory_size_mb.into(),
            sums.invocations.into(),
            sums.errors.into(),
            sums.timeouts.into(),
            ratio(sums.errors, sums.invocations).into(),
            duration.p50.into(),
            duration.p95.into(),
            duration.p99.into(),
            sums.cold_starts.into(),
            sums.cold_start_known.into(),
            ratio(sums.cold_starts, sums.cold_start_known).into(),
            function.first_seen_ms.into(),
            function.last_seen_ms.into(),
        ]);
    }
    table.truncated(entries.len() >= EXPORT_ROWS)
}

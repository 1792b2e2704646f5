//! One sighting per function and request: the row that makes a function appear in lists.

use std::collections::HashMap;
use std::sync::Arc;

use store::model::{FunctionSighting, UnixNano};
use store::write::RowSink;

use super::fields;
use super::identity::{Identity, Seen};

/// The signal a function was seen in.
#[derive(Clone, Copy)]
pub(super) enum Signal {
    Span,
    Log,
    Metric,
}

/// The functions seen in one request, in the order of their first appearance.
#[derive(Default)]
pub(super) struct Sightings {
    index: HashMap<String, usize>,
    rows: Vec<FunctionSighting>,
    /// The function noted last and its row: mostly it is the next one's, too.
    last: Option<(Arc<Identity>, usize)>,
}

impl Sightings {
    /// Notes that `signal` showed the function at `time`.
    pub(super) fn note(
        &mut self,
        identity: &Arc<Identity>,
        seen: &Seen<'_>,
        signal: Signal,
        time: UnixNano,
    ) {
        let number = self.number_of(identity, time);
        let row = &mut self.rows[number];
        row.first_seen = row.first_seen.min(time);
        row.last_seen = row.last_seen.max(time);
        let last = match signal {
            Signal::Span => &mut row.last_span,
            Signal::Log => &mut row.last_log,
            Signal::Metric => &mut row.last_metric,
        };
        *last = (*last).max(Some(time));
        if row.runtime.is_empty() {
            row.runtime = fields::runtime(seen);
        }
        if row.architecture.is_empty() {
            row.architecture = fields::architecture(seen);
        }
        if row.service_name.is_empty() {
            row.service_name = fields::short(seen.get("service.name").unwrap_or_default());
        }
        if row.memory_size_mb.is_none() {
            row.memory_size_mb = seen.get("faas.max_memory").and_then(fields::memory_mb);
        }
    }

    fn number_of(&mut self, identity: &Arc<Identity>, time: UnixNano) -> usize {
        if let Some((last, number)) = &self.last
            && Arc::ptr_eq(last, identity)
        {
            return *number;
        }
        let known = self.index.get(&identity.text).copied();
        let number = known.unwrap_or_else(|| {
            self.index.insert(identity.text.clone(), self.rows.len());
            self.rows.push(sighting(identity, time));
            self.rows.len() - 1
        });
        self.last = Some((Arc::clone(identity), number));
        number
    }

    /// Writes the rows.
    pub(super) fn write(self, out: &mut dyn RowSink) {
        for row in &self.rows {
            out.sighting(row);
        }
    }
}

fn sighting(identity: &Identity, time: UnixNano) -> FunctionSighting {
    FunctionSighting {
        function_id: identity.id.clone(),
        platform: identity.platform.to_owned(),
        runtime: String::new(),
        architecture: String::new(),
        service_name: String::new(),
        memory_size_mb: None,
        first_seen: time,
        last_seen: time,
        last_span: None,
        last_log: None,
        last_metric: None,
    }
}

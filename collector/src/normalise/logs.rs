//! Log records to rows of `otel_logs`, and what they tell of invocations.

use std::sync::Arc;

use store::model::{AttributeList, LogRow, UnixNano};
use store::write::RowSink;

use super::cardinality::{Gate, Watch};
use super::check::{SpanId, TimeFault, TraceId, Window};
use super::fields;
use super::identity::{self, Identity, Seen};
use super::memory::Memory;
use super::rejected::{At, RejectReason, Rejected};
use super::sightings::{Sightings, Signal};
use super::source::Source;
use super::telling::{LogView, Teller};
use crate::decode::wire::{LogRecord, Logs, ResourceLogs};

/// See [`super::Normaliser::logs`].
pub(super) fn normalise(
    memory: &mut Memory,
    watch: &mut Watch,
    req: &Logs<'_>,
    now: UnixNano,
    out: &mut dyn RowSink,
) -> Rejected {
    let mut rejected = Rejected::default();
    let mut sightings = Sightings::default();
    for (index, group) in req.resources.iter().enumerate() {
        let source = Source::new(memory, watch, &group.resource);
        let mut walk = Walk {
            function: source.function(memory),
            source: &source,
            own: None,
            watch: &mut *watch,
            gate: Gate::default(),
            window: Window::at(now),
            now,
            rejected: &mut rejected,
            sightings: &mut sightings,
        };
        let mut teller = Teller::new(&mut *memory, source.key);
        walk.group(req, (index, group), &mut teller, out);
        for fact in teller.finish() {
            out.invocation(&fact);
        }
    }
    sightings.write(out);
    rejected
}

/// The walk through the records of one resource.
struct Walk<'a> {
    source: &'a Source<'a>,
    /// The function of records that name none themselves.
    function: Option<Arc<Identity>>,
    /// The function the last record named itself: the next one mostly names the same.
    own: Option<Arc<Identity>>,
    watch: &'a mut Watch,
    gate: Gate,
    window: Window,
    now: UnixNano,
    rejected: &'a mut Rejected,
    sightings: &'a mut Sightings,
}

/// The ids and the time of a record that may become a row.
struct Checked {
    time: UnixNano,
    trace: TraceId,
    span: SpanId,
}

impl Walk<'_> {
    fn group(
        &mut self,
        req: &Logs<'_>,
        (index, group): (usize, &ResourceLogs<'_>),
        teller: &mut Teller<'_>,
        out: &mut dyn RowSink,
    ) {
        for (scope_index, scope_logs) in req.scopes[group.scopes.clone()].iter().enumerate() {
            let scope = &scope_logs.scope;
            let scope_attributes = AttributeList::new(scope.attributes.clone());
            for (i, record) in req.records[scope_logs.records.clone()].iter().enumerate() {
                let names = ["resourceLogs", "scopeLogs", "logRecords"];
                let at = At {
                    names,
                    index: [index, scope_index, i],
                };
                let Some(checked) = self.check(record, at) else {
                    continue;
                };
                let attributes = req.lists.get(record.attributes);
                let body = record.body.as_str();
                let log = LogView {
                    seen: Seen::new(self.source.attributes(), attributes),
                    body,
                    scope_name: scope.name,
                    time: checked.time,
                    trace_id: checked.trace.as_str(),
                    span_id: checked.span.as_str(),
                };
                let function = self.function_of(log, teller.memory);
                let function = self.gate.pass(self.watch, function);
                self.source.count(self.watch);
                let severity_number = severity(record.severity_number);
                out.log(&LogRow {
                    timestamp: checked.time,
                    trace_id: log.trace_id,
                    span_id: log.span_id,
                    trace_flags: (record.flags & 0xff) as u8,
                    severity_text: severity_text(record.severity_text, severity_number),
                    severity_number,
                    service_name: self.source.service_name(),
                    body,
                    resource_schema_url: group.schema_url,
                    resource: self.source.attributes(),
                    scope_schema_url: scope_logs.schema_url,
                    scope_name: scope.name,
                    scope_version: scope.version,
                    scope_attributes: scope_attributes.view(),
                    attributes,
                    event_name: record.event_name,
                    function_id: function.as_ref().map_or("", |f| f.text.as_str()),
                });
                if let Some(function) = function {
                    self.sightings
                        .note(&function, &log.seen, Signal::Log, log.time);
                    teller.take(&function, &log);
                }
            }
        }
    }

    /// The time of the event, else of its observation, else of receipt; a record is refused only
    /// when it told a time and none of those told can be believed.
    fn check(&mut self, record: &LogRecord<'_>, at: At) -> Option<Checked> {
        let trace = match TraceId::optional(record.trace_id) {
            Ok(trace) => trace,
            Err(fault) => {
                let fault = format_args!("{at}.traceId: {fault}");
                self.rejected.add(RejectReason::TraceId, fault);
                return None;
            }
        };
        let span = match SpanId::optional(record.span_id) {
            Ok(span) => span,
            Err(fault) => {
                let fault = format_args!("{at}.spanId: {fault}");
                self.rejected.add(RejectReason::SpanId, fault);
                return None;
            }
        };
        let observed = self.window.believe(record.observed_time_unix_nano);
        let time = match (self.window.believe(record.time_unix_nano), observed) {
            (Ok(time), _) | (Err(_), Ok(time)) => time,
            (Err(TimeFault::Missing), Err(TimeFault::Missing)) => self.now,
            (Err(TimeFault::Missing), Err(fault)) => {
                let told = format_args!("{at}.observedTimeUnixNano: {fault}");
                self.rejected.add(fault.reason(), told);
                return None;
            }
            (Err(fault), Err(_)) => {
                self.rejected
                    .add(fault.reason(), format_args!("{at}.timeUnixNano: {fault}"));
                return None;
            }
        };
        Some(Checked { time, trace, span })
    }

    /// The function a record belongs to: the one it names, else that of its resource, else that of
    /// its trace.
    fn function_of(&mut self, mut log: LogView<'_>, memory: &mut Memory) -> Option<Arc<Identity>> {
        log.seen.hint = self
            .source
            .rules
            .and_then(|rules| rules.function_in_log(&log));
        if log.seen.hint.is_some() || identity::tells_identity(log.seen.item) {
            let own = super::identify(&log.seen).filter(|own| !own.is_guess());
            if let Some(own) = own {
                return Some(self.shared(own, memory));
            }
        }
        let function = self.function.clone();
        function.or_else(|| memory.of_trace(self.source.key, log.trace_id))
    }

    fn shared(&mut self, own: Identity, memory: &mut Memory) -> Arc<Identity> {
        let last = self.own.as_ref().filter(|last| is_same(last, &own));
        let shared = match last {
            Some(last) => Arc::clone(last),
            None => memory.fill_account(&Arc::new(own)),
        };
        self.own = Some(Arc::clone(&shared));
        shared
    }
}

/// Whether `last` is `own`, perhaps with its account filled in.
fn is_same(last: &Identity, own: &Identity) -> bool {
    let (a, b) = (&last.id, &own.id);
    (&a.provider, &a.region, &a.name) == (&b.provider, &b.region, &b.name)
        && (a.account == b.account || b.account.is_empty())
}

fn severity(number: i32) -> u8 {
    u8::try_from(number)
        .ok()
        .filter(|number| *number <= 24)
        .unwrap_or(0)
}

fn severity_text(told: &str, number: u8) -> &str {
    if told.is_empty() {
        fields::severity_name(number)
    } else {
        told
    }
}

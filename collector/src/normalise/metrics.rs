//! Metric points to rows of the five `otel_metrics_*` tables.

use std::sync::Arc;

use store::model::{AttributeList, AttributeValue, Attributes, MetricPoint, UnixNano};
use store::write::RowSink;

use super::cardinality::{Fold, Gate, METRIC_OVERFLOW, Watch};
use super::check::{self, Window};
use super::identity::{self, Identity, Seen};
use super::memory::Memory;
use super::points::{self, Scale};
use super::rejected::{At, RejectReason, Rejected};
use super::sightings::{Sightings, Signal};
use super::source::Source;
use crate::decode::wire::{Kind, Metric, Metrics, Point, ResourceMetrics, Scope};

/// See [`super::Normaliser::metrics`].
pub(super) fn normalise(
    memory: &mut Memory,
    watch: &mut Watch,
    req: &Metrics<'_>,
    now: UnixNano,
    out: &mut dyn RowSink,
) -> Rejected {
    let mut rejected = Rejected::default();
    let mut sightings = Sightings::default();
    for (index, group) in req.resources.iter().enumerate() {
        let source = Source::new(memory, watch, &group.resource);
        let mut walk = Walk {
            request: req,
            function: source.function(memory),
            source: &source,
            watch: &mut *watch,
            gate: Gate::default(),
            fold: Fold::default(),
            window: Window::at(now),
            memory: &mut *memory,
            rejected: &mut rejected,
            sightings: &mut sightings,
            out: &mut *out,
        };
        walk.group(group, index);
    }
    sightings.write(out);
    rejected
}

/// The walk through the points of one resource.
pub(super) struct Walk<'a> {
    pub(super) request: &'a Metrics<'a>,
    source: &'a Source<'a>,
    /// The function of points that name none themselves.
    function: Option<Arc<Identity>>,
    watch: &'a mut Watch,
    gate: Gate,
    /// Points of the metric at hand whose series are too many.
    fold: Fold,
    window: Window,
    memory: &'a mut Memory,
    rejected: &'a mut Rejected,
    sightings: &'a mut Sightings,
    pub(super) out: &'a mut dyn RowSink,
}

/// What the points of one metric have in common.
pub(super) struct Of<'a> {
    group: &'a ResourceMetrics<'a>,
    scope: &'a Scope<'a>,
    scope_attributes: Attributes<'a>,
    scope_schema_url: &'a str,
    pub(super) metric: &'a Metric<'a>,
    /// What the guard over series knows it by.
    series: u64,
    /// How values are brought to the unit of the row.
    pub(super) scale: Scale,
    at: At,
    /// The metric's kind as the path of a fault spells it.
    kind: &'static str,
}

impl Of<'_> {
    /// What all points of the metric have in common.
    fn row<'b>(&'b self, source: &'b Source<'_>) -> MetricPoint<'b> {
        MetricPoint {
            resource: source.attributes(),
            resource_schema_url: self.group.schema_url,
            scope_name: self.scope.name,
            scope_version: self.scope.version,
            scope_attributes: self.scope_attributes,
            scope_dropped_attributes: self.scope.dropped_attributes_count,
            scope_schema_url: self.scope_schema_url,
            service_name: source.service_name(),
            name: self.metric.name,
            description: self.metric.description,
            unit: self.scale.unit(self.metric),
            attributes: Attributes::default(),
            start: UnixNano(0),
            time: UnixNano(0),
            flags: 0,
            function_id: "",
        }
    }
}

/// What writes a point of one kind, given its number and itself.
type WritePoint = fn(&mut Walk<'_>, &Of<'_>, (usize, &Point));

impl Walk<'_> {
    fn group(&mut self, group: &ResourceMetrics<'_>, index: usize) {
        let request = self.request;
        let function = self.function.as_ref().map_or("", |f| f.text.as_str());
        let (service, function) = (self.source.service_name(), function.to_owned());
        let scopes = &request.scopes[group.scopes.clone()];
        for (scope_index, scope_metrics) in scopes.iter().enumerate() {
            let scope = &scope_metrics.scope;
            let scope_attributes = AttributeList::new(scope.attributes.clone());
            let metrics = &request.metrics[scope_metrics.metrics.clone()];
            for (i, metric) in metrics.iter().enumerate() {
                let names = ["resourceMetrics", "scopeMetrics", "metrics"];
                let of = Of {
                    group,
                    scope,
                    scope_attributes: scope_attributes.view(),
                    scope_schema_url: scope_metrics.schema_url,
                    metric,
                    series: self.watch.metric(service, &function, metric.name),
                    scale: Scale::of(metric),
                    at: At {
                        names,
                        index: [index, scope_index, i],
                    },
                    kind: "",
                };
                self.metric(of);
            }
        }
    }

    fn metric(&mut self, mut of: Of<'_>) {
        let (name, write): (_, WritePoint) = match of.metric.kind {
            Kind::None => {
                let fault = format_args!("{}: no data of any kind", of.at);
                self.rejected.add(RejectReason::NoData, fault);
                return;
            }
            Kind::Gauge => ("gauge", points::gauge),
            Kind::Sum => ("sum", points::sum),
            Kind::Histogram => ("histogram", points::histogram),
            Kind::ExpHistogram => ("exponentialHistogram", points::exp_histogram),
            Kind::Summary => ("summary", points::summary),
        };
        of.kind = name;
        let request = self.request;
        for point in request.points[of.metric.points.clone()].iter().enumerate() {
            write(self, &of, point);
        }
        self.unfold(&of);
    }

    /// Writes what became of the points whose series are too many.
    fn unfold(&mut self, of: &Of<'_>) {
        let mark = [(METRIC_OVERFLOW, AttributeValue::Borrowed("true"))];
        let mark = AttributeList::new(mark.into());
        let folded = self.fold.take();
        self.rejected.merged -= folded.len() as u64; // these are the rows that others were added to
        for folded in folded {
            let row = MetricPoint {
                attributes: mark.view(),
                start: folded.start,
                time: folded.time,
                flags: folded.flags,
                function_id: &folded.function_id,
                ..of.row(self.source)
            };
            folded.write(&row, self.out);
        }
    }

    /// Counts a point as refused; `field` is relative to the point and may be empty.
    pub(super) fn reject(
        &mut self,
        of: &Of<'_>,
        index: usize,
        reason: RejectReason,
        fault: std::fmt::Arguments<'_>,
    ) {
        let (at, kind) = (of.at, of.kind);
        self.rejected.add(
            reason,
            format_args!("{at}.{kind}.dataPoints[{index}]{fault}"),
        );
    }

    /// Writes one point: checks its time, decides its function, then hands the row to `write`.
    pub(super) fn point(
        &mut self,
        of: &Of<'_>,
        (index, told): (usize, &Point),
        write: impl FnOnce(&mut dyn RowSink, &MetricPoint<'_>),
    ) {
        let time = match self.window.believe(told.time_unix_nano) {
            Ok(time) => time,
            Err(fault) => {
                let text = format_args!(".timeUnixNano: {fault}");
                self.reject(of, index, fault.reason(), text);
                return;
            }
        };
        let attributes = self.request.lists.get(told.attributes);
        let seen = Seen::new(self.source.attributes(), attributes);
        let function = self.function_of(&seen);
        let function = self.gate.pass(self.watch, function);
        self.source.count(self.watch);
        let is_known = self.watch.series(of.series, of.metric.name, attributes);
        let row = MetricPoint {
            attributes,
            start: check::unchecked(told.start_time_unix_nano),
            time,
            flags: told.flags,
            function_id: function.as_ref().map_or("", |f| f.text.as_str()),
            ..of.row(self.source)
        };
        match is_known {
            true => write(self.out, &row),
            false => {
                self.rejected.merged += 1;
                write(&mut self.fold, &row);
            }
        }
        if let Some(function) = function {
            self.sightings.note(&function, &seen, Signal::Metric, time);
        }
    }

    /// The function a point belongs to: the one its attributes name, else that of its resource.
    fn function_of(&mut self, seen: &Seen<'_>) -> Option<Arc<Identity>> {
        let own = identity::tells_identity(seen.item)
            .then(|| super::identify(seen))
            .flatten();
        if let Some(own) = own.filter(|own| !own.is_guess()) {
            return Some(self.memory.fill_account(&Arc::new(own)));
        }
        self.function.clone()
    }
}

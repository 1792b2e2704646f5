//! Metric points to rows of the five `otel_metrics_*` tables.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics};
use store::model::{Attributes, MetricPoint, UnixNano};
use store::write::RowSink;

use super::check::{self, Window};
use super::identity::{self, Identity, Seen};
use super::memory::Memory;
use super::points::{self, Scale};
use super::rejected::{At, RejectReason, Rejected};
use super::sightings::{Sightings, Signal};
use super::source::Source;
use super::value;

/// See [`super::Normaliser::metrics`].
pub(super) fn normalise(
    memory: &mut Memory,
    req: &ExportMetricsServiceRequest,
    now: UnixNano,
    out: &mut dyn RowSink,
) -> Rejected {
    let mut rejected = Rejected::default();
    let mut sightings = Sightings::default();
    for (index, group) in req.resource_metrics.iter().enumerate() {
        let source = Source::new(memory, group.resource.as_ref());
        let mut walk = Walk {
            function: source.function(memory),
            source: &source,
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
    source: &'a Source,
    /// The function of points that name none themselves.
    function: Option<Arc<Identity>>,
    window: Window,
    memory: &'a mut Memory,
    rejected: &'a mut Rejected,
    sightings: &'a mut Sightings,
    pub(super) out: &'a mut dyn RowSink,
}

/// What the points of one metric have in common.
pub(super) struct Of<'a> {
    group: &'a ResourceMetrics,
    scope: &'a InstrumentationScope,
    scope_attributes: &'a Attributes,
    scope_schema_url: &'a str,
    metric: &'a Metric,
    /// How values are brought to the unit of the row.
    pub(super) scale: Scale,
    at: At,
    /// The metric's kind as the path of a fault spells it.
    kind: &'static str,
}

/// What the points of all kinds have in common.
pub(super) struct PointHead<'a> {
    pub(super) index: usize,
    pub(super) attributes: &'a [KeyValue],
    pub(super) start: u64,
    pub(super) time: u64,
    pub(super) flags: u32,
}

impl Walk<'_> {
    fn group(&mut self, group: &ResourceMetrics, index: usize) {
        for (scope_index, scope_metrics) in group.scope_metrics.iter().enumerate() {
            let empty = InstrumentationScope::default();
            let scope = scope_metrics.scope.as_ref().unwrap_or(&empty);
            let scope_attributes = value::attributes(&scope.attributes);
            for (i, metric) in scope_metrics.metrics.iter().enumerate() {
                let names = ["resourceMetrics", "scopeMetrics", "metrics"];
                let of = Of {
                    group,
                    scope,
                    scope_attributes: &scope_attributes,
                    scope_schema_url: &scope_metrics.schema_url,
                    metric,
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
        let metric = of.metric;
        let Some(data) = &metric.data else {
            let fault = format_args!("{}: no data of any kind", of.at);
            self.rejected.add(RejectReason::NoData, fault);
            return;
        };
        match data {
            Data::Gauge(gauge) => {
                of.kind = "gauge";
                points::gauge(self, &of, gauge);
            }
            Data::Sum(sum) => {
                of.kind = "sum";
                points::sum(self, &of, sum);
            }
            Data::Histogram(histogram) => {
                of.kind = "histogram";
                points::histogram(self, &of, histogram);
            }
            Data::ExponentialHistogram(histogram) => {
                of.kind = "exponentialHistogram";
                points::exp_histogram(self, &of, histogram);
            }
            Data::Summary(summary) => {
                of.kind = "summary";
                points::summary(self, &of, summary);
            }
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
        head: &PointHead<'_>,
        write: impl FnOnce(&mut dyn RowSink, &MetricPoint<'_>),
    ) {
        let time = match self.window.believe(head.time) {
            Ok(time) => time,
            Err(fault) => {
                let told = format_args!(".timeUnixNano: {fault}");
                self.reject(of, head.index, fault.reason(), told);
                return;
            }
        };
        let attributes = value::attributes(head.attributes);
        let seen = Seen::new(&self.source.attributes, &attributes);
        let function = self.function_of(&seen);
        let row = MetricPoint {
            resource: &self.source.attributes,
            resource_schema_url: &of.group.schema_url,
            scope_name: &of.scope.name,
            scope_version: &of.scope.version,
            scope_attributes: of.scope_attributes,
            scope_dropped_attributes: of.scope.dropped_attributes_count,
            scope_schema_url: of.scope_schema_url,
            service_name: self.source.service_name(),
            name: &of.metric.name,
            description: &of.metric.description,
            unit: of.scale.unit(of.metric),
            attributes: &attributes,
            start: check::unchecked(head.start),
            time,
            flags: head.flags,
            function_id: function.as_ref().map_or("", |f| f.text.as_str()),
        };
        write(self.out, &row);
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

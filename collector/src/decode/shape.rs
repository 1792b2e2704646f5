//! The shape of OTLP's messages as bytes: just enough of it to know, before anything is built, what
//! a body would take in memory and where in it a fault lies.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValue};
use opentelemetry_proto::tonic::{logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace};

/// The fields of a message that can grow: texts, messages and lists. Others are left out.
pub(super) struct Shape(pub(super) &'static [Field]);

/// A field's number, its name in OTLP/JSON, and what it holds.
pub(super) struct Field(pub(super) u32, pub(super) &'static str, pub(super) Holds);

pub(super) enum Holds {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A message stored inside its parent.
    One(&'static Shape),
    /// A list of messages, each this many bytes in memory.
    Many(&'static Shape, usize),
    /// A packed list of varints, each a byte or more here and eight bytes in memory.
    Varints,
}

use Holds::{Many, One, Text, Texts, Varints};

impl Shape {
    /// Where among the known fields the field with this number is.
    pub(super) fn position(&self, number: u32) -> Option<usize> {
        self.0.iter().position(|field| field.0 == number)
    }
}

const fn attributes(number: u32, name: &'static str) -> Field {
    Field(number, name, Many(&KEY_VALUE, size_of::<KeyValue>()))
}

pub(super) static KEY_VALUE: Shape =
    Shape(&[Field(1, "key", Text), Field(2, "value", One(&ANY_VALUE))]);
static ANY_VALUE: Shape = Shape(&[
    Field(1, "stringValue", Text),
    Field(5, "arrayValue", One(&ARRAY_VALUE)),
    Field(6, "kvlistValue", One(&KVLIST_VALUE)),
]);
static ARRAY_VALUE: Shape = Shape(&[Field(1, "values", Many(&ANY_VALUE, size_of::<AnyValue>()))]);
static KVLIST_VALUE: Shape = Shape(&[attributes(1, "values")]);
static ENTITY_REF: Shape = Shape(&[
    Field(1, "schemaUrl", Text),
    Field(2, "type", Text),
    Field(3, "idKeys", Texts),
    Field(4, "descriptionKeys", Texts),
]);
static RESOURCE: Shape = Shape(&[
    attributes(1, "attributes"),
    Field(3, "entityRefs", Many(&ENTITY_REF, size_of::<EntityRef>())),
]);
static SCOPE: Shape = Shape(&[
    Field(1, "name", Text),
    Field(2, "version", Text),
    attributes(3, "attributes"),
]);

pub(super) static TRACES: Shape = Shape(&[Field(
    1,
    "resourceSpans",
    Many(&RESOURCE_SPANS, size_of::<trace::ResourceSpans>()),
)]);
static RESOURCE_SPANS: Shape = Shape(&[
    Field(1, "resource", One(&RESOURCE)),
    Field(
        2,
        "scopeSpans",
        Many(&SCOPE_SPANS, size_of::<trace::ScopeSpans>()),
    ),
    Field(3, "schemaUrl", Text),
]);
static SCOPE_SPANS: Shape = Shape(&[
    Field(1, "scope", One(&SCOPE)),
    Field(2, "spans", Many(&SPAN, size_of::<trace::Span>())),
    Field(3, "schemaUrl", Text),
]);
static SPAN: Shape = Shape(&[
    attributes(9, "attributes"),
    Field(3, "traceState", Text),
    Field(5, "name", Text),
    Field(11, "events", Many(&EVENT, size_of::<trace::span::Event>())),
    Field(13, "links", Many(&LINK, size_of::<trace::span::Link>())),
    Field(15, "status", One(&STATUS)),
]);
static EVENT: Shape = Shape(&[Field(2, "name", Text), attributes(3, "attributes")]);
static LINK: Shape = Shape(&[Field(3, "traceState", Text), attributes(4, "attributes")]);
static STATUS: Shape = Shape(&[Field(2, "message", Text)]);

pub(super) static LOGS: Shape = Shape(&[Field(
    1,
    "resourceLogs",
    Many(&RESOURCE_LOGS, size_of::<logs::ResourceLogs>()),
)]);
static RESOURCE_LOGS: Shape = Shape(&[
    Field(1, "resource", One(&RESOURCE)),
    Field(
        2,
        "scopeLogs",
        Many(&SCOPE_LOGS, size_of::<logs::ScopeLogs>()),
    ),
    Field(3, "schemaUrl", Text),
]);
static SCOPE_LOGS: Shape = Shape(&[
    Field(1, "scope", One(&SCOPE)),
    Field(
        2,
        "logRecords",
        Many(&LOG_RECORD, size_of::<logs::LogRecord>()),
    ),
    Field(3, "schemaUrl", Text),
]);
static LOG_RECORD: Shape = Shape(&[
    attributes(6, "attributes"),
    Field(3, "severityText", Text),
    Field(5, "body", One(&ANY_VALUE)),
    Field(12, "eventName", Text),
]);

pub(super) static METRICS: Shape = Shape(&[Field(
    1,
    "resourceMetrics",
    Many(&RESOURCE_METRICS, size_of::<metrics::ResourceMetrics>()),
)]);
static RESOURCE_METRICS: Shape = Shape(&[
    Field(1, "resource", One(&RESOURCE)),
    Field(
        2,
        "scopeMetrics",
        Many(&SCOPE_METRICS, size_of::<metrics::ScopeMetrics>()),
    ),
    Field(3, "schemaUrl", Text),
]);
static SCOPE_METRICS: Shape = Shape(&[
    Field(1, "scope", One(&SCOPE)),
    Field(2, "metrics", Many(&METRIC, size_of::<metrics::Metric>())),
    Field(3, "schemaUrl", Text),
]);
static METRIC: Shape = Shape(&[
    Field(1, "name", Text),
    Field(2, "description", Text),
    Field(3, "unit", Text),
    Field(5, "gauge", One(&NUMBERS)),
    Field(7, "sum", One(&NUMBERS)),
    Field(9, "histogram", One(&HISTOGRAM)),
    Field(10, "exponentialHistogram", One(&EXP_HISTOGRAM)),
    Field(11, "summary", One(&SUMMARY)),
    attributes(12, "metadata"),
]);
static NUMBERS: Shape = Shape(&[Field(
    1,
    "dataPoints",
    Many(&NUMBER, size_of::<metrics::NumberDataPoint>()),
)]);
static NUMBER: Shape = Shape(&[attributes(7, "attributes"), exemplars(5)]);
static HISTOGRAM: Shape = Shape(&[Field(
    1,
    "dataPoints",
    Many(&HISTOGRAM_POINT, size_of::<metrics::HistogramDataPoint>()),
)]);
static HISTOGRAM_POINT: Shape = Shape(&[attributes(9, "attributes"), exemplars(8)]);
static EXP_HISTOGRAM: Shape = Shape(&[Field(
    1,
    "dataPoints",
    Many(
        &EXP_HISTOGRAM_POINT,
        size_of::<metrics::ExponentialHistogramDataPoint>(),
    ),
)]);
static EXP_HISTOGRAM_POINT: Shape = Shape(&[
    attributes(1, "attributes"),
    Field(8, "positive", One(&BUCKETS)),
    Field(9, "negative", One(&BUCKETS)),
    exemplars(11),
]);
static BUCKETS: Shape = Shape(&[Field(2, "bucketCounts", Varints)]);
static SUMMARY: Shape = Shape(&[Field(
    1,
    "dataPoints",
    Many(&SUMMARY_POINT, size_of::<metrics::SummaryDataPoint>()),
)]);
static SUMMARY_POINT: Shape = Shape(&[
    attributes(7, "attributes"),
    Field(
        6,
        "quantileValues",
        Many(
            &QUANTILE,
            size_of::<metrics::summary_data_point::ValueAtQuantile>(),
        ),
    ),
]);
static QUANTILE: Shape = Shape(&[]);
static EXEMPLAR: Shape = Shape(&[attributes(7, "filteredAttributes")]);

const fn exemplars(number: u32) -> Field {
    Field(
        number,
        "exemplars",
        Many(&EXEMPLAR, size_of::<metrics::Exemplar>()),
    )
}

//! The shape of OTLP's messages as bytes: all of it, to know of a body
//! whether it is sound, what it would become in memory, and where in it a fault lies.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValue};
use opentelemetry_proto::tonic::{logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace};

/// The fields of a message.
pub(super) struct Shape {
    fields: &'static [Field],
    /// By a field's number, its place among the fields and one; 0 for no field.
    places: [u8; NUMBERS_MAX],
}

/// One more than the highest number of a field in any message of OTLP.
const NUMBERS_MAX: usize = 17;

/// A field's number, its name in OTLP/JSON, and what it holds.
pub(super) struct Field(pub(super) u32, pub(super) &'static str, pub(super) Holds);

pub(super) enum Holds {
    /// A number written with seven bits to the byte.
    Varint,
    /// A number of four bytes.
    Fixed32,
    /// A number of eight bytes.
    Fixed64,
    /// An id.
    Bytes,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A message stored inside its parent.
    One(&'static Shape),
    /// A list of messages, each this many bytes in memory.
    Many(&'static Shape, usize),
    /// A list of varints, each a byte or more here and eight bytes in memory.
    Varints,
    /// A list of numbers of eight bytes.
    Fixed64s,
}

use Holds::{Bytes, Fixed32, Fixed64, Fixed64s, Many, One, Text, Texts, Varint, Varints};

#[allow(non_snake_case)] // reads as the type it makes
const fn Shape(fields: &'static [Field]) -> Shape {
    let mut places = [0; NUMBERS_MAX];
    let mut place = 0;
    while place < fields.len() {
        places[fields[place].0 as usize] = place as u8 + 1;
        place += 1;
    }
    Shape { fields, places }
}

impl Shape {
    /// The field with this number and its place among the known ones.
    #[inline]
    pub(super) fn field(&self, number: u32) -> Option<(usize, &'static Field)> {
        let place = usize::from(*self.places.get(number as usize)?).checked_sub(1)?;
        Some((place, &self.fields[place]))
    }
}

const fn attributes(number: u32, name: &'static str) -> Field {
    Field(number, name, Many(&KEY_VALUE, size_of::<KeyValue>()))
}

pub(super) static KEY_VALUE: Shape = Shape(&[
    Field(1, "key", Text),
    Field(2, "value", One(&ANY_VALUE)),
    Field(3, "keyStrindex", Varint),
]);
static ANY_VALUE: Shape = Shape(&[
    Field(1, "stringValue", Text),
    Field(2, "boolValue", Varint),
    Field(3, "intValue", Varint),
    Field(4, "doubleValue", Fixed64),
    Field(5, "arrayValue", One(&ARRAY_VALUE)),
    Field(6, "kvlistValue", One(&KVLIST_VALUE)),
    Field(7, "bytesValue", Bytes),
    Field(8, "stringValueStrindex", Varint),
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
    Field(2, "droppedAttributesCount", Varint),
    Field(3, "entityRefs", Many(&ENTITY_REF, size_of::<EntityRef>())),
]);
static SCOPE: Shape = Shape(&[
    Field(1, "name", Text),
    Field(2, "version", Text),
    attributes(3, "attributes"),
    Field(4, "droppedAttributesCount", Varint),
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
    Field(1, "traceId", Bytes),
    Field(2, "spanId", Bytes),
    Field(3, "traceState", Text),
    Field(4, "parentSpanId", Bytes),
    Field(5, "name", Text),
    Field(6, "kind", Varint),
    Field(7, "startTimeUnixNano", Fixed64),
    Field(8, "endTimeUnixNano", Fixed64),
    Field(10, "droppedAttributesCount", Varint),
    Field(12, "droppedEventsCount", Varint),
    Field(14, "droppedLinksCount", Varint),
    Field(16, "flags", Fixed32),
    Field(11, "events", Many(&EVENT, size_of::<trace::span::Event>())),
    Field(13, "links", Many(&LINK, size_of::<trace::span::Link>())),
    Field(15, "status", One(&STATUS)),
]);
static EVENT: Shape = Shape(&[
    Field(1, "timeUnixNano", Fixed64),
    Field(2, "name", Text),
    attributes(3, "attributes"),
    Field(4, "droppedAttributesCount", Varint),
]);
static LINK: Shape = Shape(&[
    Field(1, "traceId", Bytes),
    Field(2, "spanId", Bytes),
    Field(3, "traceState", Text),
    attributes(4, "attributes"),
    Field(5, "droppedAttributesCount", Varint),
    Field(6, "flags", Fixed32),
]);
static STATUS: Shape = Shape(&[Field(2, "message", Text), Field(3, "code", Varint)]);

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
    Field(1, "timeUnixNano", Fixed64),
    Field(2, "severityNumber", Varint),
    Field(3, "severityText", Text),
    Field(5, "body", One(&ANY_VALUE)),
    Field(7, "droppedAttributesCount", Varint),
    Field(8, "flags", Fixed32),
    Field(9, "traceId", Bytes),
    Field(10, "spanId", Bytes),
    Field(11, "observedTimeUnixNano", Fixed64),
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
    Field(5, "gauge", One(&GAUGE)),
    Field(7, "sum", One(&SUM)),
    Field(9, "histogram", One(&HISTOGRAM)),
    Field(10, "exponentialHistogram", One(&EXP_HISTOGRAM)),
    Field(11, "summary", One(&SUMMARY)),
    attributes(12, "metadata"),
]);
const NUMBERS: Field = Field(
    1,
    "dataPoints",
    Many(&NUMBER, size_of::<metrics::NumberDataPoint>()),
);
const TEMPORALITY: Field = Field(2, "aggregationTemporality", Varint);
const START: Field = Field(2, "startTimeUnixNano", Fixed64);
const TIME: Field = Field(3, "timeUnixNano", Fixed64);
static GAUGE: Shape = Shape(&[NUMBERS]);
static SUM: Shape = Shape(&[NUMBERS, TEMPORALITY, Field(3, "isMonotonic", Varint)]);
static NUMBER: Shape = Shape(&[
    attributes(7, "attributes"),
    START,
    TIME,
    Field(4, "asDouble", Fixed64),
    exemplars(5),
    Field(6, "asInt", Fixed64),
    Field(8, "flags", Varint),
]);
static HISTOGRAM: Shape = Shape(&[
    Field(
        1,
        "dataPoints",
        Many(&HISTOGRAM_POINT, size_of::<metrics::HistogramDataPoint>()),
    ),
    TEMPORALITY,
]);
static HISTOGRAM_POINT: Shape = Shape(&[
    attributes(9, "attributes"),
    START,
    TIME,
    Field(4, "count", Fixed64),
    Field(5, "sum", Fixed64),
    Field(6, "bucketCounts", Fixed64s),
    Field(7, "explicitBounds", Fixed64s),
    exemplars(8),
    Field(10, "flags", Varint),
    Field(11, "min", Fixed64),
    Field(12, "max", Fixed64),
]);
static EXP_HISTOGRAM: Shape = Shape(&[
    Field(
        1,
        "dataPoints",
        Many(
            &EXP_HISTOGRAM_POINT,
            size_of::<metrics::ExponentialHistogramDataPoint>(),
        ),
    ),
    TEMPORALITY,
]);
static EXP_HISTOGRAM_POINT: Shape = Shape(&[
    attributes(1, "attributes"),
    START,
    TIME,
    Field(4, "count", Fixed64),
    Field(5, "sum", Fixed64),
    Field(6, "scale", Varint),
    Field(7, "zeroCount", Fixed64),
    Field(8, "positive", One(&BUCKETS)),
    Field(9, "negative", One(&BUCKETS)),
    Field(10, "flags", Varint),
    exemplars(11),
    Field(12, "min", Fixed64),
    Field(13, "max", Fixed64),
    Field(14, "zeroThreshold", Fixed64),
]);
static BUCKETS: Shape = Shape(&[
    Field(1, "offset", Varint),
    Field(2, "bucketCounts", Varints),
]);
static SUMMARY: Shape = Shape(&[Field(
    1,
    "dataPoints",
    Many(&SUMMARY_POINT, size_of::<metrics::SummaryDataPoint>()),
)]);
static SUMMARY_POINT: Shape = Shape(&[
    attributes(7, "attributes"),
    START,
    TIME,
    Field(4, "count", Fixed64),
    Field(5, "sum", Fixed64),
    Field(8, "flags", Varint),
    Field(
        6,
        "quantileValues",
        Many(
            &QUANTILE,
            size_of::<metrics::summary_data_point::ValueAtQuantile>(),
        ),
    ),
]);
static QUANTILE: Shape = Shape(&[Field(1, "quantile", Fixed64), Field(2, "value", Fixed64)]);
static EXEMPLAR: Shape = Shape(&[
    Field(2, "timeUnixNano", Fixed64),
    Field(3, "asDouble", Fixed64),
    Field(4, "spanId", Bytes),
    Field(5, "traceId", Bytes),
    Field(6, "asInt", Fixed64),
    attributes(7, "filteredAttributes"),
]);

const fn exemplars(number: u32) -> Field {
    Field(
        number,
        "exemplars",
        Many(&EXEMPLAR, size_of::<metrics::Exemplar>()),
    )
}

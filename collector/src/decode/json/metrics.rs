//! Metric points of the five kinds.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, number_data_point,
};

use super::common::{key_value, resource, scope};
use super::reader::{Read, Reader};

pub(super) fn request(reader: &mut Reader<'_>) -> Read<ExportMetricsServiceRequest> {
    reader.message(|request: &mut ExportMetricsServiceRequest, reader, name| {
        match name {
            "resourceMetrics" => request.resource_metrics = reader.list(resource_metrics)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn resource_metrics(reader: &mut Reader<'_>) -> Read<ResourceMetrics> {
    reader.message(|group: &mut ResourceMetrics, reader, name| {
        match name {
            "resource" => group.resource = Some(resource(reader)?),
            "scopeMetrics" => group.scope_metrics = reader.list(scope_metrics)?,
            "schemaUrl" => group.schema_url = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn scope_metrics(reader: &mut Reader<'_>) -> Read<ScopeMetrics> {
    reader.message(|group: &mut ScopeMetrics, reader, name| {
        match name {
            "scope" => group.scope = Some(scope(reader)?),
            "metrics" => group.metrics = reader.list(metric)?,
            "schemaUrl" => group.schema_url = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn metric(reader: &mut Reader<'_>) -> Read<Metric> {
    reader.message(|metric: &mut Metric, reader, name| {
        match name {
            "name" => metric.name = reader.string()?,
            "description" => metric.description = reader.string()?,
            "unit" => metric.unit = reader.string()?,
            "metadata" => metric.metadata = reader.list(key_value)?,
            "gauge" => metric.data = Some(Data::Gauge(gauge(reader)?)),
            "sum" => metric.data = Some(Data::Sum(sum(reader)?)),
            "histogram" => metric.data = Some(Data::Histogram(histogram(reader)?)),
            "exponentialHistogram" => {
                metric.data = Some(Data::ExponentialHistogram(exp_histogram(reader)?));
            }
            "summary" => metric.data = Some(Data::Summary(summary(reader)?)),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn gauge(reader: &mut Reader<'_>) -> Read<Gauge> {
    reader.message(|gauge: &mut Gauge, reader, name| {
        match name {
            "dataPoints" => gauge.data_points = reader.list(number_point)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn sum(reader: &mut Reader<'_>) -> Read<Sum> {
    reader.message(|sum: &mut Sum, reader, name| {
        match name {
            "dataPoints" => sum.data_points = reader.list(number_point)?,
            "aggregationTemporality" => sum.aggregation_temporality = reader.enumeration()?,
            "isMonotonic" => sum.is_monotonic = reader.bool()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn histogram(reader: &mut Reader<'_>) -> Read<Histogram> {
    reader.message(|histogram: &mut Histogram, reader, name| {
        match name {
            "dataPoints" => histogram.data_points = reader.list(histogram_point)?,
            "aggregationTemporality" => {
                histogram.aggregation_temporality = reader.enumeration()?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn exp_histogram(reader: &mut Reader<'_>) -> Read<ExponentialHistogram> {
    reader.message(|histogram: &mut ExponentialHistogram, reader, name| {
        match name {
            "dataPoints" => histogram.data_points = reader.list(exp_histogram_point)?,
            "aggregationTemporality" => {
                histogram.aggregation_temporality = reader.enumeration()?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn summary(reader: &mut Reader<'_>) -> Read<Summary> {
    reader.message(|summary: &mut Summary, reader, name| {
        match name {
            "dataPoints" => summary.data_points = reader.list(summary_point)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn number_point(reader: &mut Reader<'_>) -> Read<NumberDataPoint> {
    reader.message(|point: &mut NumberDataPoint, reader, name| {
        match name {
            "attributes" => point.attributes = reader.list(key_value)?,
            "startTimeUnixNano" => point.start_time_unix_nano = reader.integer()?,
            "timeUnixNano" => point.time_unix_nano = reader.integer()?,
            "exemplars" => point.exemplars = reader.list(exemplar)?,
            "flags" => point.flags = reader.integer()?,
            "asDouble" => {
                point.value = Some(number_data_point::Value::AsDouble(reader.double()?));
            }
            "asInt" => point.value = Some(number_data_point::Value::AsInt(reader.integer()?)),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn histogram_point(reader: &mut Reader<'_>) -> Read<HistogramDataPoint> {
    reader.message(|point: &mut HistogramDataPoint, reader, name| {
        match name {
            "attributes" => point.attributes = reader.list(key_value)?,
            "startTimeUnixNano" => point.start_time_unix_nano = reader.integer()?,
            "timeUnixNano" => point.time_unix_nano = reader.integer()?,
            "count" => point.count = reader.integer()?,
            "sum" => point.sum = Some(reader.double()?),
            "bucketCounts" => point.bucket_counts = reader.list(Reader::integer)?,
            "explicitBounds" => point.explicit_bounds = reader.list(Reader::double)?,
            "exemplars" => point.exemplars = reader.list(exemplar)?,
            "flags" => point.flags = reader.integer()?,
            "min" => point.min = Some(reader.double()?),
            "max" => point.max = Some(reader.double()?),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn exp_histogram_point(reader: &mut Reader<'_>) -> Read<ExponentialHistogramDataPoint> {
    reader.message(|point: &mut ExponentialHistogramDataPoint, reader, name| {
        match name {
            "attributes" => point.attributes = reader.list(key_value)?,
            "startTimeUnixNano" => point.start_time_unix_nano = reader.integer()?,
            "timeUnixNano" => point.time_unix_nano = reader.integer()?,
            "count" => point.count = reader.integer()?,
            "sum" => point.sum = Some(reader.double()?),
            "scale" => point.scale = reader.integer()?,
            "zeroCount" => point.zero_count = reader.integer()?,
            "positive" => point.positive = Some(buckets(reader)?),
            "negative" => point.negative = Some(buckets(reader)?),
            "flags" => point.flags = reader.integer()?,
            "exemplars" => point.exemplars = reader.list(exemplar)?,
            "min" => point.min = Some(reader.double()?),
            "max" => point.max = Some(reader.double()?),
            "zeroThreshold" => point.zero_threshold = reader.double()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn buckets(reader: &mut Reader<'_>) -> Read<Buckets> {
    reader.message(|buckets: &mut Buckets, reader, name| {
        match name {
            "offset" => buckets.offset = reader.integer()?,
            "bucketCounts" => buckets.bucket_counts = reader.list(Reader::integer)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn summary_point(reader: &mut Reader<'_>) -> Read<SummaryDataPoint> {
    reader.message(|point: &mut SummaryDataPoint, reader, name| {
        match name {
            "attributes" => point.attributes = reader.list(key_value)?,
            "startTimeUnixNano" => point.start_time_unix_nano = reader.integer()?,
            "timeUnixNano" => point.time_unix_nano = reader.integer()?,
            "count" => point.count = reader.integer()?,
            "sum" => point.sum = reader.double()?,
            "quantileValues" => point.quantile_values = reader.list(quantile)?,
            "flags" => point.flags = reader.integer()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn quantile(reader: &mut Reader<'_>) -> Read<ValueAtQuantile> {
    reader.message(|value: &mut ValueAtQuantile, reader, name| {
        match name {
            "quantile" => value.quantile = reader.double()?,
            "value" => value.value = reader.double()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn exemplar(reader: &mut Reader<'_>) -> Read<Exemplar> {
    reader.message(|exemplar: &mut Exemplar, reader, name| {
        match name {
            "filteredAttributes" => exemplar.filtered_attributes = reader.list(key_value)?,
            "timeUnixNano" => exemplar.time_unix_nano = reader.integer()?,
            "spanId" => exemplar.span_id = reader.id()?,
            "traceId" => exemplar.trace_id = reader.id()?,
            "asDouble" => exemplar.value = Some(exemplar::Value::AsDouble(reader.double()?)),
            "asInt" => exemplar.value = Some(exemplar::Value::AsInt(reader.integer()?)),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

//! Metric points as columns: five tables that share what every point has.

use super::native::{Array, Fixed, LowCardinality, Map, Number, SharedMap, Text, table};
use crate::model::{
    ExemplarRow, ExpHistogramPoint, GaugePoint, HistogramPoint, MetricPoint, SumPoint, SummaryPoint,
};

/// A metric table: `table!` with the columns that all five share in front.
macro_rules! metric_table {
    ($name:ident = $table:literal { $($own:tt)* }) => {
        table! {
            /// Columns of the table named beside it.
            $name = $table {
                resource: SharedMap =
            "ResourceAttributes" "Map(LowCardinality(String), LowCardinality(String))",
                resource_schema_url: LowCardinality = "ResourceSchemaUrl" "LowCardinality(String)",
                scope_name: LowCardinality = "ScopeName" "LowCardinality(String)",
                scope_version: LowCardinality = "ScopeVersion" "LowCardinality(String)",
                scope_attributes: SharedMap =
            "ScopeAttributes" "Map(LowCardinality(String), LowCardinality(String))",
                scope_dropped_attributes: Fixed<u32> = "ScopeDroppedAttrCount" "UInt32",
                scope_schema_url: LowCardinality = "ScopeSchemaUrl" "LowCardinality(String)",
                service_name: LowCardinality = "ServiceName" "LowCardinality(String)",
                name: LowCardinality = "MetricName" "LowCardinality(String)",
                description: LowCardinality = "MetricDescription" "LowCardinality(String)",
                unit: LowCardinality = "MetricUnit" "LowCardinality(String)",
                attributes: Map = "Attributes" "Map(LowCardinality(String), String)",
                start: Fixed<i64> = "StartTimeUnix" "DateTime64(9)",
                time: Fixed<i64> = "TimeUnix" "DateTime64(9)",
                flags: Fixed<u32> = "Flags" "UInt32",
                function_id: LowCardinality = "FunctionId" "LowCardinality(String)",
                $($own)*
            }
        }

        impl $name {
            fn push_common(&mut self, point: &MetricPoint<'_>) {
                self.resource.push(point.resource);
                self.resource_schema_url.push(point.resource_schema_url);
                self.scope_name.push(point.scope_name);
                self.scope_version.push(point.scope_version);
                self.scope_attributes.push(point.scope_attributes);
                self.scope_dropped_attributes.push(point.scope_dropped_attributes);
                self.scope_schema_url.push(point.scope_schema_url);
                self.service_name.push(point.service_name);
                self.name.push(point.name);
                self.description.push(point.description);
                self.unit.push(point.unit);
                self.attributes.push(point.attributes);
                self.start.push(point.start.0);
                self.time.push(point.time.0);
                self.flags.push(point.flags);
                self.function_id.push(point.function_id);
                self.rows += 1;
            }

            /// The table's order has a hash of ClickHouse's own in it.
            fn sorted(&self) -> Option<Vec<u32>> {
                None
            }
        }
    };
}

/// Pushes a row's exemplars; four of the five tables have the same five columns for them.
macro_rules! push_exemplars {
    ($table:expr, $exemplars:expr) => {
        let exemplars: &[ExemplarRow] = $exemplars;
        for exemplar in exemplars {
            $table
                .exemplar_attributes
                .items
                .push(exemplar.filtered_attributes);
            $table.exemplar_times.items.push(exemplar.time.0);
            $table.exemplar_values.items.push(exemplar.value);
            $table.exemplar_span_ids.items.push(exemplar.span_id);
            $table.exemplar_trace_ids.items.push(exemplar.trace_id);
        }
        $table.exemplar_attributes.end_row();
        $table.exemplar_times.end_row();
        $table.exemplar_values.end_row();
        $table.exemplar_span_ids.end_row();
        $table.exemplar_trace_ids.end_row();
    };
}

fn push_all<T: Number>(values: &[T], column: &mut Array<Fixed<T>>) {
    values.iter().for_each(|value| column.items.push(*value));
    column.end_row();
}

metric_table!(Gauge = "otel_metrics_gauge" {
    value: Fixed<f64> = "Value" "Float64",
    exemplar_attributes: Array<Map> =
        "Exemplars.FilteredAttributes" "Array(Map(LowCardinality(String), String))",
    exemplar_times: Array<Fixed<i64>> = "Exemplars.TimeUnix" "Array(DateTime64(9))",
    exemplar_values: Array<Fixed<f64>> = "Exemplars.Value" "Array(Float64)",
    exemplar_span_ids: Array<Text> = "Exemplars.SpanId" "Array(String)",
    exemplar_trace_ids: Array<Text> = "Exemplars.TraceId" "Array(String)",
});

impl Gauge {
    pub(super) fn push(&mut self, point: &MetricPoint<'_>, value: &GaugePoint<'_>) {
        self.push_common(point);
        self.value.push(value.value);
        push_exemplars!(self, value.exemplars);
    }
}

metric_table!(Sum = "otel_metrics_sum" {
    value: Fixed<f64> = "Value" "Float64",
    exemplar_attributes: Array<Map> =
        "Exemplars.FilteredAttributes" "Array(Map(LowCardinality(String), String))",
    exemplar_times: Array<Fixed<i64>> = "Exemplars.TimeUnix" "Array(DateTime64(9))",
    exemplar_values: Array<Fixed<f64>> = "Exemplars.Value" "Array(Float64)",
    exemplar_span_ids: Array<Text> = "Exemplars.SpanId" "Array(String)",
    exemplar_trace_ids: Array<Text> = "Exemplars.TraceId" "Array(String)",
    temporality: Fixed<i32> = "AggregationTemporality" "Int32",
    is_monotonic: Fixed<u8> = "IsMonotonic" "Bool",
});

impl Sum {
    pub(super) fn push(&mut self, point: &MetricPoint<'_>, value: &SumPoint<'_>) {
        self.push_common(point);
        self.value.push(value.value);
        push_exemplars!(self, value.exemplars);
        self.temporality.push(value.temporality);
        self.is_monotonic.push(u8::from(value.is_monotonic));
    }
}

metric_table!(Histogram = "otel_metrics_histogram" {
    count: Fixed<u64> = "Count" "UInt64",
    sum: Fixed<f64> = "Sum" "Float64",
    bucket_counts: Array<Fixed<u64>> = "BucketCounts" "Array(UInt64)",
    explicit_bounds: Array<Fixed<f64>> = "ExplicitBounds" "Array(Float64)",
    exemplar_attributes: Array<Map> =
        "Exemplars.FilteredAttributes" "Array(Map(LowCardinality(String), String))",
    exemplar_times: Array<Fixed<i64>> = "Exemplars.TimeUnix" "Array(DateTime64(9))",
    exemplar_values: Array<Fixed<f64>> = "Exemplars.Value" "Array(Float64)",
    exemplar_span_ids: Array<Text> = "Exemplars.SpanId" "Array(String)",
    exemplar_trace_ids: Array<Text> = "Exemplars.TraceId" "Array(String)",
    min: Fixed<f64> = "Min" "Float64",
    max: Fixed<f64> = "Max" "Float64",
    temporality: Fixed<i32> = "AggregationTemporality" "Int32",
});

impl Histogram {
    pub(super) fn push(&mut self, point: &MetricPoint<'_>, value: &HistogramPoint<'_>) {
        self.push_common(point);
        self.count.push(value.count);
        self.sum.push(value.sum);
        push_all(value.bucket_counts, &mut self.bucket_counts);
        push_all(value.explicit_bounds, &mut self.explicit_bounds);
        push_exemplars!(self, value.exemplars);
        self.min.push(value.min);
        self.max.push(value.max);
        self.temporality.push(value.temporality);
    }
}

metric_table!(ExpHistogram = "otel_metrics_exp_histogram" {
    count: Fixed<u64> = "Count" "UInt64",
    sum: Fixed<f64> = "Sum" "Float64",
    scale: Fixed<i32> = "Scale" "Int32",
    zero_count: Fixed<u64> = "ZeroCount" "UInt64",
    positive_offset: Fixed<i32> = "PositiveOffset" "Int32",
    positive_bucket_counts: Array<Fixed<u64>> = "PositiveBucketCounts" "Array(UInt64)",
    negative_offset: Fixed<i32> = "NegativeOffset" "Int32",
    negative_bucket_counts: Array<Fixed<u64>> = "NegativeBucketCounts" "Array(UInt64)",
    exemplar_attributes: Array<Map> =
        "Exemplars.FilteredAttributes" "Array(Map(LowCardinality(String), String))",
    exemplar_times: Array<Fixed<i64>> = "Exemplars.TimeUnix" "Array(DateTime64(9))",
    exemplar_values: Array<Fixed<f64>> = "Exemplars.Value" "Array(Float64)",
    exemplar_span_ids: Array<Text> = "Exemplars.SpanId" "Array(String)",
    exemplar_trace_ids: Array<Text> = "Exemplars.TraceId" "Array(String)",
    min: Fixed<f64> = "Min" "Float64",
    max: Fixed<f64> = "Max" "Float64",
    temporality: Fixed<i32> = "AggregationTemporality" "Int32",
});

impl ExpHistogram {
    pub(super) fn push(&mut self, point: &MetricPoint<'_>, value: &ExpHistogramPoint<'_>) {
        self.push_common(point);
        self.count.push(value.count);
        self.sum.push(value.sum);
        self.scale.push(value.scale);
        self.zero_count.push(value.zero_count);
        self.positive_offset.push(value.positive_offset);
        push_all(
            value.positive_bucket_counts,
            &mut self.positive_bucket_counts,
        );
        self.negative_offset.push(value.negative_offset);
        push_all(
            value.negative_bucket_counts,
            &mut self.negative_bucket_counts,
        );
        push_exemplars!(self, value.exemplars);
        self.min.push(value.min);
        self.max.push(value.max);
        self.temporality.push(value.temporality);
    }
}

metric_table!(Summary = "otel_metrics_summary" {
    count: Fixed<u64> = "Count" "UInt64",
    sum: Fixed<f64> = "Sum" "Float64",
    quantiles: Array<Fixed<f64>> = "ValueAtQuantiles.Quantile" "Array(Float64)",
    quantile_values: Array<Fixed<f64>> = "ValueAtQuantiles.Value" "Array(Float64)",
});

impl Summary {
    pub(super) fn push(&mut self, point: &MetricPoint<'_>, value: &SummaryPoint<'_>) {
        self.push_common(point);
        self.count.push(value.count);
        self.sum.push(value.sum);
        for (quantile, at) in value.quantiles {
            self.quantiles.items.push(*quantile);
            self.quantile_values.items.push(*at);
        }
        self.quantiles.end_row();
        self.quantile_values.end_row();
    }
}

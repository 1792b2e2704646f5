-- Which metrics are there, by function (or by service where no function is known)? One row each.
SELECT kind, function_id, service_name, name, unit, description, temporality, monotonic, points,
       attribute_sets, instances, last_ms, last_value
FROM
(
    SELECT
        'gauge' AS kind,
        toString(FunctionId) AS function_id,
        toString(ServiceName) AS service_name,
        toString(MetricName) AS name,
        any(MetricUnit) AS unit,
        any(MetricDescription) AS description,
        toInt32(0) AS temporality,
        false AS monotonic,
        count() AS points,
        uniq(Attributes) AS attribute_sets,
        uniq(ResourceAttributes) AS instances,
        toUnixTimestamp64Milli(max(TimeUnix)) AS last_ms,
        argMax(Value, TimeUnix) AS last_value
    FROM otel_metrics_gauge
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')))
      AND ({text:String} = '' OR positionCaseInsensitive(MetricName, {text:String}) > 0)
    GROUP BY function_id, service_name, name
    UNION ALL
    SELECT
        'sum' AS kind,
        toString(FunctionId) AS function_id,
        toString(ServiceName) AS service_name,
        toString(MetricName) AS name,
        any(MetricUnit) AS unit,
        any(MetricDescription) AS description,
        toInt32(any(AggregationTemporality)) AS temporality,
        any(IsMonotonic) AS monotonic,
        count() AS points,
        uniq(Attributes) AS attribute_sets,
        uniq(ResourceAttributes) AS instances,
        toUnixTimestamp64Milli(max(TimeUnix)) AS last_ms,
        argMax(Value, TimeUnix) AS last_value
    FROM otel_metrics_sum
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')))
      AND ({text:String} = '' OR positionCaseInsensitive(MetricName, {text:String}) > 0)
    GROUP BY function_id, service_name, name
    UNION ALL
    SELECT
        'histogram' AS kind,
        toString(FunctionId) AS function_id,
        toString(ServiceName) AS service_name,
        toString(MetricName) AS name,
        any(MetricUnit) AS unit,
        any(MetricDescription) AS description,
        toInt32(any(AggregationTemporality)) AS temporality,
        false AS monotonic,
        count() AS points,
        uniq(Attributes) AS attribute_sets,
        uniq(ResourceAttributes) AS instances,
        toUnixTimestamp64Milli(max(TimeUnix)) AS last_ms,
        0. AS last_value
    FROM otel_metrics_histogram
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')))
      AND ({text:String} = '' OR positionCaseInsensitive(MetricName, {text:String}) > 0)
    GROUP BY function_id, service_name, name
    UNION ALL
    SELECT
        'exp_histogram' AS kind,
        toString(FunctionId) AS function_id,
        toString(ServiceName) AS service_name,
        toString(MetricName) AS name,
        any(MetricUnit) AS unit,
        any(MetricDescription) AS description,
        toInt32(any(AggregationTemporality)) AS temporality,
        false AS monotonic,
        count() AS points,
        uniq(Attributes) AS attribute_sets,
        uniq(ResourceAttributes) AS instances,
        toUnixTimestamp64Milli(max(TimeUnix)) AS last_ms,
        0. AS last_value
    FROM otel_metrics_exp_histogram
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')))
      AND ({text:String} = '' OR positionCaseInsensitive(MetricName, {text:String}) > 0)
    GROUP BY function_id, service_name, name
    UNION ALL
    SELECT
        'summary' AS kind,
        toString(FunctionId) AS function_id,
        toString(ServiceName) AS service_name,
        toString(MetricName) AS name,
        any(MetricUnit) AS unit,
        any(MetricDescription) AS description,
        toInt32(0) AS temporality,
        false AS monotonic,
        count() AS points,
        uniq(Attributes) AS attribute_sets,
        uniq(ResourceAttributes) AS instances,
        toUnixTimestamp64Milli(max(TimeUnix)) AS last_ms,
        0. AS last_value
    FROM otel_metrics_summary
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')))
      AND ({text:String} = '' OR positionCaseInsensitive(MetricName, {text:String}) > 0)
    GROUP BY function_id, service_name, name
)
ORDER BY function_id, service_name, name, kind
LIMIT {limit:UInt32}

-- The shape of each of these metrics over time: gauges by their mean, growing sums by their growth,
-- distributions by the mean of what was observed. What a stream had grown to before the window does
-- not count. amount / weight is the mean where weight means something.
SELECT kind, function_id, service_name, name, bucket_s, amount, weight
FROM
(
    SELECT
        'gauge' AS kind,
        toString(FunctionId) AS function_id,
        toString(ServiceName) AS service_name,
        toString(MetricName) AS name,
        toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
        sum(Value) AS amount,
        toFloat64(count()) AS weight
    FROM otel_metrics_gauge
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND MetricName IN {names:Array(String)}
      AND FunctionId IN {functions:Array(String)}
    GROUP BY function_id, service_name, name, bucket_s
    UNION ALL
    SELECT
        'sum' AS kind,
        function_id,
        service_name,
        name,
        bucket_s,
        sum(grown.1) AS amount,
        sum(grown.2) AS weight
    FROM
    (
        SELECT
            function_id, service_name, name, bucket_s,
            if(temporality = 1,
               total,
               (greatest(0., last.1 - lagInFrame(last.1, 1, base.1) OVER stream),
                greatest(0., last.2 - lagInFrame(last.2, 1, base.2) OVER stream))) AS grown
        FROM
        (
            SELECT
                toString(FunctionId) AS function_id,
                toString(ServiceName) AS service_name,
                toString(MetricName) AS name,
                toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
                if(AggregationTemporality = 1, 0, cityHash64(Attributes, ResourceAttributes, StartTimeUnix)) AS stream,
                any(AggregationTemporality) AS temporality,
                (sum(Value), toFloat64(count())) AS total,
                argMax((Value, toFloat64(1)), TimeUnix) AS last,
                if(any(StartTimeUnix) >= fromUnixTimestamp64Nano({from:Int64}), (0., 0.), argMin((Value, toFloat64(1)), TimeUnix)) AS base
            FROM otel_metrics_sum
            WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
              AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
              AND MetricName IN {names:Array(String)}
              AND FunctionId IN {functions:Array(String)}
            GROUP BY function_id, service_name, name, bucket_s, stream
        )
        WINDOW stream AS (
            PARTITION BY function_id, service_name, name, stream ORDER BY bucket_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    )
    GROUP BY function_id, service_name, name, bucket_s
    UNION ALL
    SELECT
        'histogram' AS kind,
        function_id,
        service_name,
        name,
        bucket_s,
        sum(grown.1) AS amount,
        sum(grown.2) AS weight
    FROM
    (
        SELECT
            function_id, service_name, name, bucket_s,
            if(temporality = 1,
               total,
               (greatest(0., last.1 - lagInFrame(last.1, 1, base.1) OVER stream),
                greatest(0., last.2 - lagInFrame(last.2, 1, base.2) OVER stream))) AS grown
        FROM
        (
            SELECT
                toString(FunctionId) AS function_id,
                toString(ServiceName) AS service_name,
                toString(MetricName) AS name,
                toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
                if(AggregationTemporality = 1, 0, cityHash64(Attributes, ResourceAttributes, StartTimeUnix)) AS stream,
                any(AggregationTemporality) AS temporality,
                (sum(Sum), toFloat64(sum(Count))) AS total,
                argMax((Sum, toFloat64(Count)), TimeUnix) AS last,
                if(any(StartTimeUnix) >= fromUnixTimestamp64Nano({from:Int64}), (0., 0.), argMin((Sum, toFloat64(Count)), TimeUnix)) AS base
            FROM otel_metrics_histogram
            WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
              AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
              AND MetricName IN {names:Array(String)}
              AND FunctionId IN {functions:Array(String)}
            GROUP BY function_id, service_name, name, bucket_s, stream
        )
        WINDOW stream AS (
            PARTITION BY function_id, service_name, name, stream ORDER BY bucket_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    )
    GROUP BY function_id, service_name, name, bucket_s
    UNION ALL
    SELECT
        'exp_histogram' AS kind,
        function_id,
        service_name,
        name,
        bucket_s,
        sum(grown.1) AS amount,
        sum(grown.2) AS weight
    FROM
    (
        SELECT
            function_id, service_name, name, bucket_s,
            if(temporality = 1,
               total,
               (greatest(0., last.1 - lagInFrame(last.1, 1, base.1) OVER stream),
                greatest(0., last.2 - lagInFrame(last.2, 1, base.2) OVER stream))) AS grown
        FROM
        (
            SELECT
                toString(FunctionId) AS function_id,
                toString(ServiceName) AS service_name,
                toString(MetricName) AS name,
                toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
                if(AggregationTemporality = 1, 0, cityHash64(Attributes, ResourceAttributes, StartTimeUnix)) AS stream,
                any(AggregationTemporality) AS temporality,
                (sum(Sum), toFloat64(sum(Count))) AS total,
                argMax((Sum, toFloat64(Count)), TimeUnix) AS last,
                if(any(StartTimeUnix) >= fromUnixTimestamp64Nano({from:Int64}), (0., 0.), argMin((Sum, toFloat64(Count)), TimeUnix)) AS base
            FROM otel_metrics_exp_histogram
            WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
              AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
              AND MetricName IN {names:Array(String)}
              AND FunctionId IN {functions:Array(String)}
            GROUP BY function_id, service_name, name, bucket_s, stream
        )
        WINDOW stream AS (
            PARTITION BY function_id, service_name, name, stream ORDER BY bucket_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    )
    GROUP BY function_id, service_name, name, bucket_s
    UNION ALL
    SELECT
        'summary' AS kind,
        function_id,
        service_name,
        name,
        bucket_s,
        sum(grown.1) AS amount,
        sum(grown.2) AS weight
    FROM
    (
        SELECT
            function_id, service_name, name, bucket_s,
            if(temporality = 1,
               total,
               (greatest(0., last.1 - lagInFrame(last.1, 1, base.1) OVER stream),
                greatest(0., last.2 - lagInFrame(last.2, 1, base.2) OVER stream))) AS grown
        FROM
        (
            SELECT
                toString(FunctionId) AS function_id,
                toString(ServiceName) AS service_name,
                toString(MetricName) AS name,
                toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
                cityHash64(Attributes, ResourceAttributes, StartTimeUnix) AS stream,
                any(toInt32(2)) AS temporality,
                (sum(Sum), toFloat64(sum(Count))) AS total,
                argMax((Sum, toFloat64(Count)), TimeUnix) AS last,
                if(any(StartTimeUnix) >= fromUnixTimestamp64Nano({from:Int64}), (0., 0.), argMin((Sum, toFloat64(Count)), TimeUnix)) AS base
            FROM otel_metrics_summary
            WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
              AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
              AND MetricName IN {names:Array(String)}
              AND FunctionId IN {functions:Array(String)}
            GROUP BY function_id, service_name, name, bucket_s, stream
        )
        WINDOW stream AS (
            PARTITION BY function_id, service_name, name, stream ORDER BY bucket_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    )
    GROUP BY function_id, service_name, name, bucket_s
)
ORDER BY kind, function_id, name, bucket_s
LIMIT 50000

-- What metrics of known names said of queues and streams, by minute. Summaries come from CloudWatch's metric
-- streams: their last quantile is the largest value.
SELECT
    name,
    function_id,
    CAST(attributes, 'Array(Tuple(String, String))') AS attributes,
    CAST(resource, 'Array(Tuple(String, String))') AS resource,
    cityHash64(name, function_id, attributes, resource) AS series,
    minute_s,
    argMax(value, at) AS newest,
    max(high) AS largest,
    sum(total) AS total,
    max(is_cumulative) AS cumulative
FROM
(
    SELECT MetricName AS name, FunctionId AS function_id, Attributes AS attributes, ResourceAttributes AS resource,
           toUInt32(toDateTime(toStartOfMinute(TimeUnix))) AS minute_s, TimeUnix AS at,
           Value AS value, Value AS high, Value AS total, false AS is_cumulative
    FROM otel_metrics_gauge
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64}) AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND lower(splitByChar('/', toString(MetricName))[-1]) IN {tails:Array(String)}
    UNION ALL
    SELECT MetricName, FunctionId, Attributes, ResourceAttributes,
           toUInt32(toDateTime(toStartOfMinute(TimeUnix))), TimeUnix,
           Value, Value, Value, AggregationTemporality = 2 AND IsMonotonic
    FROM otel_metrics_sum
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64}) AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND lower(splitByChar('/', toString(MetricName))[-1]) IN {tails:Array(String)}
    UNION ALL
    SELECT MetricName, FunctionId, Attributes, ResourceAttributes,
           toUInt32(toDateTime(toStartOfMinute(TimeUnix))), TimeUnix,
           if(Count > 0, Sum / Count, 0),
           if(empty(ValueAtQuantiles.Value), if(Count > 0, Sum / Count, 0), arrayMax(ValueAtQuantiles.Value)),
           Sum, false
    FROM otel_metrics_summary
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64}) AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND lower(splitByChar('/', toString(MetricName))[-1]) IN {tails:Array(String)}
)
GROUP BY name, function_id, attributes, resource, minute_s
ORDER BY minute_s DESC, name, series
LIMIT {limit:UInt32}

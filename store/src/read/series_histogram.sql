-- A histogram by stream: bucket counts reached at the end of each time bucket, and those reported in it.
SELECT
    CAST(Attributes, 'Array(Tuple(String, String))') AS attributes,
    cityHash64(ResourceAttributes, ScopeName) AS instance,
    toUnixTimestamp64Nano(stream_start) AS start_ns,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    any(AggregationTemporality) AS temporality,
    ExplicitBounds AS bounds,
    argMin(BucketCounts, TimeUnix) AS first,
    argMax(BucketCounts, TimeUnix) AS last,
    sumForEach(BucketCounts) AS total,
    argMin(Sum, TimeUnix) AS first_sum,
    argMax(Sum, TimeUnix) AS last_sum,
    sum(Sum) AS total_sum
FROM otel_metrics_histogram
WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
  AND MetricName = {name:String}
  AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
  AND ({service:String} = '' OR ServiceName = {service:String})
GROUP BY
    Attributes, instance, ExplicitBounds, bucket_s,
    if(AggregationTemporality = 1, toDateTime64(0, 9), StartTimeUnix) AS stream_start
ORDER BY attributes, instance, start_ns, bucket_s
LIMIT {limit:UInt32}

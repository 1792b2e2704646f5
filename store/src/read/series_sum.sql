-- A growing sum by stream (attribute set, instance, start): what each had reached at the end of each
-- bucket, and what was reported in it. Growth and resets are worked out by the reader.
SELECT
    CAST(Attributes, 'Array(Tuple(String, String))') AS attributes,
    cityHash64(ResourceAttributes, ScopeName) AS instance,
    toUnixTimestamp64Nano(StartTimeUnix) AS start_ns,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    any(AggregationTemporality) AS temporality,
    argMin(Value, TimeUnix) AS first,
    argMax(Value, TimeUnix) AS last,
    sum(Value) AS total
FROM otel_metrics_sum
WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
  AND MetricName = {name:String}
  AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
  AND ({service:String} = '' OR ServiceName = {service:String})
GROUP BY Attributes, instance, if(AggregationTemporality = 1, toDateTime64(0, 9), StartTimeUnix) AS StartTimeUnix, bucket_s
ORDER BY attributes, instance, start_ns, bucket_s
LIMIT {limit:UInt32}

-- An exponential histogram by stream: the newest point of each time bucket where points are cumulative,
-- every point where they are deltas. Scales and offsets differ, so the reader merges them.
SELECT
    CAST(Attributes, 'Array(Tuple(String, String))') AS attributes,
    cityHash64(ResourceAttributes, ScopeName) AS instance,
    toUnixTimestamp64Nano(StartTimeUnix) AS start_ns,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    AggregationTemporality AS temporality,
    Count AS count,
    Sum AS sum,
    Scale AS scale,
    ZeroCount AS zero_count,
    PositiveOffset AS positive_offset,
    PositiveBucketCounts AS positive,
    NegativeOffset AS negative_offset,
    NegativeBucketCounts AS negative
FROM otel_metrics_exp_histogram
WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
  AND MetricName = {name:String}
  AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
  AND ({service:String} = '' OR ServiceName = {service:String})
ORDER BY attributes, instance, start_ns, TimeUnix DESC
LIMIT 1 BY attributes, instance, start_ns, if(AggregationTemporality = 1, toUnixTimestamp64Nano(TimeUnix), toInt64(bucket_s))
LIMIT {limit:UInt32}

-- A gauge, or a sum that may fall, over time by attribute set. Instances are added up for sums and
-- averaged for gauges, as their meanings ask.
SELECT
    CAST(attributes, 'Array(Tuple(String, String))') AS attributes,
    bucket_s,
    if({add:Bool}, sum(last), avg(mean)) AS value,
    min(low) AS low,
    max(high) AS high
FROM
(
    SELECT
        Attributes AS attributes,
        cityHash64(ResourceAttributes) AS instance,
        toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
        avg(Value) AS mean,
        min(Value) AS low,
        max(Value) AS high,
        argMax(Value, TimeUnix) AS last
    FROM
    (
        SELECT Attributes, ResourceAttributes, TimeUnix, Value
        FROM otel_metrics_gauge
        WHERE NOT {add:Bool}
          AND TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
          AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
          AND MetricName = {name:String}
          AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
          AND ({service:String} = '' OR ServiceName = {service:String})
        UNION ALL
        SELECT Attributes, ResourceAttributes, TimeUnix, Value
        FROM otel_metrics_sum
        WHERE {add:Bool}
          AND TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
          AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
          AND MetricName = {name:String}
          AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
          AND ({service:String} = '' OR ServiceName = {service:String})
    )
    GROUP BY attributes, instance, bucket_s
)
GROUP BY attributes, bucket_s
ORDER BY attributes, bucket_s
LIMIT {limit:UInt32}

-- A summary by attribute set: its quantiles as reported. Quantiles of instances cannot be merged, so
-- the median of what the instances reported is shown.
SELECT
    CAST(Attributes, 'Array(Tuple(String, String))') AS attributes,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    reported.1 AS quantile,
    quantileExact(0.5)(reported.2) AS value
FROM otel_metrics_summary
ARRAY JOIN arrayZip(ValueAtQuantiles.Quantile, ValueAtQuantiles.Value) AS reported
WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
  AND MetricName = {name:String}
  AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
  AND ({service:String} = '' OR ServiceName = {service:String})
  AND NOT isNaN(reported.2)
GROUP BY Attributes, bucket_s, quantile
ORDER BY attributes, quantile, bucket_s
LIMIT {limit:UInt32}

-- What waited in the collectors' spools and how late they were, by process and bucket.
SELECT
    ResourceAttributes['service.instance.id'] AS instance,
    toString(MetricName) AS name,
    toString(Attributes['signal']) AS signal,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    max(Value) AS high,
    argMax(Value, TimeUnix) AS last
FROM otel_metrics_gauge
WHERE ServiceName = {service:String}
  AND MetricName IN {names:Array(String)}
  AND ScopeName = {scope:String}
  AND TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
GROUP BY instance, name, signal, bucket_s
ORDER BY instance, name, signal, bucket_s
LIMIT {limit:UInt32}

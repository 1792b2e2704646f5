-- What the collectors' counters had reached at the end of each bucket, by process and stream. Growth and
-- restarts are worked out by the reader. A stream has a reason or a kind or neither.
SELECT
    ResourceAttributes['service.instance.id'] AS instance,
    toString(MetricName) AS name,
    toString(Attributes['signal']) AS signal,
    concat(Attributes['reason'], Attributes['kind']) AS reason,
    toUnixTimestamp64Nano(StartTimeUnix) AS start_ns,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(TimeUnix)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    argMin(Value, TimeUnix) AS first,
    argMax(Value, TimeUnix) AS last
FROM otel_metrics_sum
WHERE ServiceName = {service:String}
  AND MetricName IN {names:Array(String)}
  AND ScopeName = {scope:String}
  AND TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
GROUP BY instance, name, signal, reason, start_ns, bucket_s
ORDER BY instance, name, signal, reason, start_ns, bucket_s
LIMIT {limit:UInt32}

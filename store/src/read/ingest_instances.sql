-- Which collectors told of themselves, and which said farewell? A few rows of one metric each.
SELECT
    ResourceAttributes['service.instance.id'] AS instance,
    any(ResourceAttributes['host.name']) AS host,
    any(ResourceAttributes['service.version']) AS version,
    count() AS observations,
    toUnixTimestamp64Milli(min(TimeUnix)) AS first_ms,
    toUnixTimestamp64Milli(max(TimeUnix)) AS last_ms,
    argMax(Value, TimeUnix) = 0 AS ended
FROM otel_metrics_gauge
WHERE ServiceName = {service:String}
  AND MetricName = {name:String}
  AND ScopeName = {scope:String}
  AND TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
  AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
GROUP BY instance
ORDER BY last_ms DESC, instance
LIMIT {limit:UInt32}

-- The log records of one trace, from a minute before its first span to ten minutes after its last:
-- platforms and SDKs write late.
SELECT
    toUnixTimestamp64Nano(Timestamp) AS at_ns,
    cityHash64(Body, SpanId, ServiceName, LogAttributes) AS tie,
    TraceId AS trace_id,
    SpanId AS span_id,
    toString(SeverityText) AS severity_text,
    SeverityNumber AS severity_number,
    toString(ServiceName) AS service_name,
    toString(FunctionId) AS function_id,
    substring(Body, 1, 8000) AS body,
    length(Body) AS body_bytes,
    EventName AS event_name,
    ScopeName AS scope_name,
    CAST(LogAttributes, 'Array(Tuple(String, String))') AS attributes,
    CAST(ResourceAttributes, 'Array(Tuple(String, String))') AS resource
FROM otel_logs
WHERE TraceId = {trace_id:String}
  AND toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(fromUnixTimestamp64Nano({from:Int64}) - INTERVAL 1 MINUTE)
  AND toStartOfFiveMinutes(Timestamp) <= toStartOfFiveMinutes(fromUnixTimestamp64Nano({to:Int64}) + INTERVAL 10 MINUTE)
  AND Timestamp >= fromUnixTimestamp64Nano({from:Int64}) - INTERVAL 1 MINUTE
  AND Timestamp < fromUnixTimestamp64Nano({to:Int64}) + INTERVAL 10 MINUTE
ORDER BY Timestamp
LIMIT {limit:UInt32}

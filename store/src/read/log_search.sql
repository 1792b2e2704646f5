-- The newest log records that match. A whole word goes through the token index on lower(Body);
-- anything else is looked for in the text itself.
SELECT
    toUnixTimestamp64Nano(Timestamp) AS at_ns,
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
WHERE Timestamp >= fromUnixTimestamp64Nano({from:Int64})
  AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
  AND (NOT {by_token:Bool} OR hasToken(lower(Body), {token:String}))
  AND ({part:String} = '' OR positionCaseInsensitiveUTF8(Body, {part:String}) > 0)
  AND ({min_severity:UInt8} = 0 OR SeverityNumber >= {min_severity:UInt8})
  AND ({function:String} = '' OR FunctionId = {function:String})
  AND ({service:String} = '' OR ServiceName = {service:String})
  AND ({trace_id:String} = '' OR TraceId = {trace_id:String})
  AND ({key:String} = ''
       OR LogAttributes[{key:String}] = {value:String}
       OR ResourceAttributes[{key:String}] = {value:String})
ORDER BY
    at_ns * if({newest_first:Bool}, -1, 1),
    cityHash64(Body, SpanId, LogAttributes)
LIMIT {limit:UInt32} OFFSET {skip:UInt32}

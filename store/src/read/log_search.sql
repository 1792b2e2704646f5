-- The newest log records that match. A whole word goes through the token index on lower(Body);
-- anything else is looked for in the text itself.
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
WHERE toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(fromUnixTimestamp64Nano({from:Int64}))
  AND toStartOfFiveMinutes(Timestamp) <= toStartOfFiveMinutes(fromUnixTimestamp64Nano({to:Int64}))
  AND Timestamp >= fromUnixTimestamp64Nano({from:Int64})
  AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
  AND (NOT {by_token:Bool} OR hasToken(lower(Body), {token:String}))
  AND ({part:String} = '' OR positionCaseInsensitiveUTF8(Body, {part:String}) > 0)
  AND ({min_severity:UInt8} = 0 OR SeverityNumber >= {min_severity:UInt8})
  AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
       -- An id without an account means the function, whatever its account.
       OR ({function:String} = replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')
           AND replaceRegexpOne(FunctionId, '^([^:]*):[^:]*:', '\\1::') = {function:String}))
  AND ({service:String} = '' OR ServiceName = {service:String})
  AND ({trace_id:String} = '' OR TraceId = {trace_id:String})
  AND ({key:String} = ''
       OR LogAttributes[{key:String}] = {value:String}
       OR ResourceAttributes[{key:String}] = {value:String})
  AND ({cursor_ns:Int64} = 0
       OR ({newest_first:Bool} AND (at_ns, -toInt128(tie)) < ({cursor_ns:Int64}, -toInt128({cursor_tie:UInt64})))
       OR (NOT {newest_first:Bool} AND (at_ns, -toInt128(tie)) > ({cursor_ns:Int64}, -toInt128({cursor_tie:UInt64}))))
ORDER BY
    at_ns * if({newest_first:Bool}, -1, 1),
    toInt128(tie) * if({newest_first:Bool}, 1, -1)
LIMIT {limit:UInt32}

-- Which traces hold a span like this, newest first? The inner LIMIT lets ClickHouse keep only the
-- newest matches; a trace of many matches may fill it, which costs completeness of one page only.
SELECT trace_id, toUnixTimestamp64Nano(max(at)) AS at_ns, count() AS matches
FROM
(
    SELECT TraceId AS trace_id, Timestamp AS at
    FROM otel_traces
    WHERE Timestamp >= fromUnixTimestamp64Nano({from:Int64})
      AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
      AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
           -- An id without an account means the function, whatever its account.
           OR ({function:String} = replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')
               AND replaceRegexpOne(FunctionId, '^([^:]*):[^:]*:', '\\1::') = {function:String}))
      AND ({service:String} = '' OR ServiceName = {service:String})
      AND ({min_ns:UInt64} = 0 OR Duration >= {min_ns:UInt64})
      AND (NOT {errors_only:Bool} OR StatusCode = 'Error')
      AND (NOT {entry_only:Bool} OR ParentSpanId = '' OR SpanKind IN ('Server', 'Consumer'))
      AND ({text:String} = ''
           OR positionCaseInsensitive(SpanName, {text:String}) > 0
           OR positionCaseInsensitive(StatusMessage, {text:String}) > 0
           OR has(mapValues(SpanAttributes), {text:String}))
      AND ({key:String} = ''
           OR SpanAttributes[{key:String}] = {value:String}
           OR ResourceAttributes[{key:String}] = {value:String})
    ORDER BY Timestamp DESC
    LIMIT {candidates:UInt32}
)
WHERE trace_id != ''
GROUP BY trace_id
ORDER BY at_ns DESC
LIMIT {limit:UInt32}

-- What are these traces, in one line each? The side table bounds their time, so that only the
-- granules of those minutes are read.
WITH (
    SELECT (toDateTime64(min(Start), 9), toDateTime64(max(End), 9)) FROM otel_traces_trace_id_ts WHERE TraceId IN {ids:Array(String)}
) AS bounds
SELECT
    TraceId AS trace_id,
    toUnixTimestamp64Nano(min(Timestamp)) AS start_ns,
    max(toUnixTimestamp64Nano(Timestamp) + toInt64(Duration)) AS end_ns,
    count() AS spans,
    countIf(StatusCode = 'Error') AS errors,
    countIf(SpanAttributes['faas.coldstart'] = 'true' AND SpanKind != 'Internal') AS cold_starts,
    uniqExact(ServiceName) AS services,
    uniqExactIf(FunctionId, FunctionId != '') AS functions,
    toString(argMin(SpanName, (ParentSpanId != '', SpanKind = 'Internal', Timestamp))) AS root_name,
    toString(argMin(ServiceName, (ParentSpanId != '', SpanKind = 'Internal', Timestamp))) AS root_service,
    toString(argMin(FunctionId, (ParentSpanId != '', SpanKind = 'Internal', Timestamp))) AS root_function,
    toString(argMinIf(StatusMessage, Timestamp, StatusCode = 'Error')) AS first_error
FROM otel_traces
WHERE TraceId IN {ids:Array(String)}
  AND Timestamp >= bounds.1 AND Timestamp < bounds.2 + INTERVAL 1 SECOND
GROUP BY trace_id
LIMIT 500

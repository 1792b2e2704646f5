-- What are these spans, which another trace links to? The side table says when their traces were.
WITH (
    SELECT (toDateTime64(min(Start), 9), toDateTime64(max(End), 9)) FROM otel_traces_trace_id_ts WHERE TraceId IN {traces:Array(String)}
) AS bounds
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    toUnixTimestamp64Nano(Timestamp) AS start_ns,
    toInt64(Duration) AS duration_ns,
    toString(SpanName) AS name,
    toString(ServiceName) AS service_name,
    toString(FunctionId) AS function_id,
    Links.TraceId AS link_trace_ids,
    Links.SpanId AS link_span_ids
FROM otel_traces
WHERE TraceId IN {traces:Array(String)}
  AND SpanId IN {spans:Array(String)}
  AND Timestamp >= bounds.1 AND Timestamp < bounds.2 + INTERVAL 1 SECOND
ORDER BY Timestamp, span_id
LIMIT {limit:UInt32}

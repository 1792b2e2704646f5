-- Which spans link to these traces? The bloom filter over the links' traces leaves few granules of these days.
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
WHERE hasAny(Links.TraceId, {traces:Array(String)})
  AND Timestamp >= fromUnixTimestamp64Nano({from:Int64})
  AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
ORDER BY Timestamp, span_id
LIMIT {limit:UInt32}

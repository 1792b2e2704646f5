-- All spans of one trace. The side table says when it was, so that few granules are read. The bounds are
-- DateTime64 like the column: against a DateTime, ClickHouse's index takes `< 12:00:01` for `<= 12:00:00`.
WITH (
    SELECT (toDateTime64(min(Start), 9), toDateTime64(max(End), 9)) FROM otel_traces_trace_id_ts WHERE TraceId = {trace_id:String}
) AS bounds
SELECT
    toUnixTimestamp64Nano(Timestamp) AS start_ns,
    toInt64(Duration) AS duration_ns,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    toString(SpanName) AS name,
    toString(SpanKind) AS kind,
    toString(ServiceName) AS service_name,
    toString(FunctionId) AS function_id,
    toString(StatusCode) AS status_code,
    substring(StatusMessage, 1, 4000) AS status_message,
    ScopeName AS scope_name,
    ScopeVersion AS scope_version,
    CAST(SpanAttributes, 'Array(Tuple(String, String))') AS attributes,
    CAST(ResourceAttributes, 'Array(Tuple(String, String))') AS resource,
    arrayMap(t -> toUnixTimestamp64Nano(t), Events.Timestamp) AS event_ns,
    arrayMap(n -> toString(n), Events.Name) AS event_names,
    arrayMap(m -> CAST(m, 'Array(Tuple(String, String))'), Events.Attributes) AS event_attributes,
    Links.TraceId AS link_trace_ids,
    Links.SpanId AS link_span_ids
FROM otel_traces
WHERE TraceId = {trace_id:String}
  AND Timestamp >= bounds.1 AND Timestamp < bounds.2 + INTERVAL 1 SECOND
ORDER BY Timestamp, span_id
LIMIT {limit:UInt32}

-- Spans of these inserts in the order in which they ended, with what detectors of threats look at. Values are cut:
-- what is longer says no more.
SELECT
    toUnixTimestamp64Nano(Timestamp) + toInt64(Duration) AS time_ns,
    TraceId AS trace_id, SpanId AS span_id, ParentSpanId AS parent_span_id,
    toString(SpanName) AS name, toString(SpanKind) AS kind, toString(ScopeName) AS scope,
    toString(StatusCode) AS status, Duration AS duration_ns, toString(FunctionId) AS function_id,
    CAST(arrayMap((k, v) -> (toString(k), substring(v, 1, {bytes:UInt32})),
                  mapKeys(SpanAttributes), mapValues(SpanAttributes)), 'Array(Tuple(String, String))') AS attributes,
    CAST(arrayMap((k, v) -> (toString(k), toString(v)),
                  mapKeys(ResourceAttributes), mapValues(ResourceAttributes)), 'Array(Tuple(String, String))') AS resource,
    arrayMap(m -> concat(m['exception.type'], ': ', substring(m['exception.message'], 1, 2000)),
             arrayFilter(m -> mapContains(m, 'exception.type'), Events.Attributes)) AS exceptions,
    Links.TraceId AS link_traces, Links.SpanId AS link_spans
FROM otel_traces
WHERE InsertedAt >= toDateTime({since_s:UInt32}) AND InsertId IN {inserts:Array(UInt64)}
ORDER BY time_ns, span_id
LIMIT {limit:UInt32} OFFSET {offset:UInt64}

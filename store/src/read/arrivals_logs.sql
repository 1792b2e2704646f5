-- Log records of these inserts in the order of time, with what detectors of threats look at.
SELECT
    toUnixTimestamp64Nano(Timestamp) AS time_ns, TraceId AS trace_id, SpanId AS span_id,
    toString(FunctionId) AS function_id, substring(Body, 1, {bytes:UInt32}) AS body,
    toString(ScopeName) AS scope, EventName AS event_name,
    CAST(arrayMap((k, v) -> (toString(k), substring(v, 1, {bytes:UInt32})),
                  mapKeys(LogAttributes), mapValues(LogAttributes)), 'Array(Tuple(String, String))') AS attributes,
    CAST(arrayMap((k, v) -> (toString(k), toString(v)),
                  mapKeys(ResourceAttributes), mapValues(ResourceAttributes)), 'Array(Tuple(String, String))') AS resource
FROM otel_logs
WHERE InsertedAt >= toDateTime({since_s:UInt32}) AND InsertId IN {inserts:Array(UInt64)}
ORDER BY time_ns, span_id, cityHash64(Body)
LIMIT {limit:UInt32} OFFSET {offset:UInt64}

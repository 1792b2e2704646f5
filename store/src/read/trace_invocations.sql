-- What the platforms said about the invocations of one trace: billed time, memory, cold start.
SELECT
    function_id,
    toString(span_id) AS span_id,
    invocation_id,
    toString(version) AS version,
    status,
    duration_ms,
    CAST(billed_duration_ms, 'Nullable(Float64)') AS billed_duration_ms,
    CAST(init_duration_ms, 'Nullable(Float64)') AS init_duration_ms,
    cold_start = 1 AS cold,
    CAST(memory_size_mb, 'Nullable(UInt32)') AS memory_size_mb,
    CAST(memory_used_mb, 'Nullable(UInt32)') AS memory_used_mb
FROM invocations
WHERE function_key IN {keys:Array(String)}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  AND trace_id = {trace_id:String}
LIMIT 500

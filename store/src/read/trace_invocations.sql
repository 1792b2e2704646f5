-- What the platforms said about the invocations of one trace: those whose spans lie in it, and those that a
-- platform alone tells of under this trace. Which these are is asked of the raw facts, because only there
-- a filter by trace needs no merging.
SELECT
    function_id,
    toString(span_id) AS span_id,
    invocation_id,
    toUnixTimestamp64Nano(start) AS start_ns,
    toString(platform) AS platform,
    toString(version) AS version,
    status,
    toString(error_type) AS error_type,
    duration_ms,
    CAST(billed_duration_ms, 'Nullable(Float64)') AS billed_duration_ms,
    CAST(init_duration_ms, 'Nullable(Float64)') AS init_duration_ms,
    cold_start = 1 AS cold,
    CAST(memory_size_mb, 'Nullable(UInt32)') AS memory_size_mb,
    CAST(memory_used_mb, 'Nullable(UInt32)') AS memory_used_mb,
    CAST(cpu_ms, 'Nullable(Float64)') AS cpu_ms,
    toString(architecture) AS architecture,
    toString(init_kind) AS init_kind,
    toBool(own_runtime) AS own_runtime,
    toBool(synthesised) AS synthesised,
    toString(trace_id) AS trace_id,
    toString(platform_trace_id) AS platform_trace_id
FROM invocations
WHERE (function_key, invocation_id) IN
    (
        SELECT function_key, invocation_id
        FROM invocation_facts
        WHERE function_key IN {keys:Array(String)}
          AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
                      AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
          AND trace_id = {trace_id:String}
        LIMIT 500
        UNION DISTINCT
        SELECT function_key, invocation_id
        FROM invocation_facts
        WHERE day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
                      AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
          AND platform_trace_id = {trace_id:String}
        LIMIT 500
    )
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  -- Facts of one invocation lie at most three hours apart.
  AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
ORDER BY start, invocation_id
LIMIT 500

-- The newest invocations of one function; {outcome} narrows to errors or cold starts.
SELECT
    invocation_id,
    toUnixTimestamp64Nano(start) AS start_ns,
    toString(version) AS version,
    toString(instance) AS instance,
    toString(trigger) AS trigger,
    status,
    toString(error_type) AS error_type,
    duration_ms,
    duration_provenance,
    CAST(billed_duration_ms, 'Nullable(Float64)') AS billed_duration_ms,
    CAST(init_duration_ms, 'Nullable(Float64)') AS init_duration_ms,
    toString(init_kind) AS init_kind,
    cold_start = 1 AS cold,
    cold_start_provenance,
    CAST(memory_size_mb, 'Nullable(UInt32)') AS memory_size_mb,
    CAST(memory_used_mb, 'Nullable(UInt32)') AS memory_used_mb,
    toString(trace_id) AS trace_id,
    toString(span_id) AS span_id,
    toUInt16(told_by) AS told_by,
    CAST(cpu_ms, 'Nullable(Float64)') AS cpu_ms,
    billed_provenance,
    memory_provenance,
    init_provenance,
    toBool(throttled) AS throttled,
    toBool(synthesised) AS synthesised
FROM invocations
WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
  AND function_id = {id:String}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  -- Facts of one invocation lie at most three hours apart.
  AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
  AND start >= fromUnixTimestamp64Nano({from:Int64})
  AND start < fromUnixTimestamp64Nano({to:Int64})
  AND ({outcome:String} != 'errors' OR status IN ('error', 'timeout', 'out_of_memory'))
  AND ({outcome:String} != 'cold' OR cold_start = 1)
ORDER BY start DESC
LIMIT {limit:UInt32}

-- Cold starts of a time, a sample of each function's day.
SELECT function_id, version, init_kind, architecture, at_ms, memory_size_mb, init_ms, trace_id
FROM
(
    SELECT
        function_id,
        toString(version) AS version,
        toString(init_kind) AS init_kind,
        toString(architecture) AS architecture,
        toUnixTimestamp64Milli(start) AS at_ms,
        ifNull(memory_size_mb, 0) AS memory_size_mb,
        assumeNotNull(init_duration_ms) AS init_ms,
        toString(trace_id) AS trace_id
    FROM invocations
    WHERE day BETWEEN toDate(toDateTime({from_s:UInt32})) - 1 AND toDate(toDateTime({to_s:UInt32})) + 1
      -- Facts of one invocation lie at most three hours apart.
      AND start_min >= toDateTime({from_s:UInt32}) - 10800 AND start_min < toDateTime({to_s:UInt32}) + 10800
      AND start >= toDateTime({from_s:UInt32}) AND start < toDateTime({to_s:UInt32})
      AND init_duration_ms IS NOT NULL
      AND throttled = 0
      AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
    -- By the id, which has nothing to do with how long it took.
    ORDER BY cityHash64(invocation_id)
    LIMIT {per_day:UInt32} BY function_id, version, toDate(start)
)
ORDER BY at_ms

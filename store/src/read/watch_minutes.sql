-- What did each version of each function do in these minutes?
SELECT
    toString(function_id) AS function_id,
    toString(version) AS version,
    toUnixTimestamp(minute) AS minute_s,
    invocations,
    errors,
    timeouts,
    out_of_memory,
    throttles,
    cold_starts,
    cold_start_known,
    duration_count,
    duration_ms_sum,
    finalizeAggregation(duration_ms) AS duration_ms,
    duration_ms_max,
    memory_size_mb_max AS memory_size_mb,
    memory_used_mb_max AS memory_used_mb
FROM invocations_1m FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(toDateTime({from_s:UInt32}))
  AND minute >= toDateTime({from_s:UInt32}) AND minute < toDateTime({to_s:UInt32})
  AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
WHERE invocations > 0 OR throttles > 0
ORDER BY minute_s

-- What did each version of a function do in each hour, and since `fine` in each five minutes? Memory is the
-- mean over minutes of the most used in each, because a maximum grows with the length it is taken over.
SELECT
    intDiv(toInt64(toUnixTimestamp(minute)), if(toInt64(toUnixTimestamp(minute)) >= {fine:Int64}, 300, 3600)) AS part,
    toUInt32(if(toInt64(toUnixTimestamp(min(minute))) >= {fine:Int64}, 300, 3600)) AS length_s,
    part * length_s AS at_s,
    toString(version) AS version_name,
    sum(invocations) AS all_invocations,
    sum(errors) AS all_errors,
    sum(timeouts) AS all_timeouts,
    sum(cold_starts) AS all_cold_starts,
    sum(cold_start_known) AS all_cold_start_known,
    sum(duration_count) AS durations,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ms) AS duration,
    avgIf(memory_used_mb_max, memory_used_mb_max > 0) AS memory_mb
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND function_id = {id:String}
WHERE rollup.invocations > 0
GROUP BY part, toInt64(toUnixTimestamp(minute)) >= {fine:Int64}, version
ORDER BY at_s, version_name
LIMIT 40000

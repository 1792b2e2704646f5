-- One function by version. The sketches answer any percentile, so the whole distribution comes from
-- the rollup, for any window, without reading a single invocation.
SELECT
    version,
    toInt64(toUnixTimestamp(min(minute))) * 1000 AS first_ms,
    toInt64(toUnixTimestamp(max(minute))) * 1000 AS last_ms,
    sum(invocations) AS invocations,
    sum(errors) AS errors,
    sum(cold_starts) AS cold_starts,
    sum(cold_start_known) AS cold_start_known,
    sum(init_count) AS init_count,
    max(memory_size_mb_max) AS memory_size_mb,
    max(memory_used_mb_max) AS memory_used_mb,
    sum(billed_ms_sum) AS billed_ms,
    quantilesDDMerge(0.01, 0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6,
                     0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1)(duration_ms) AS duration,
    quantilesDDMerge(0.01, 0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6,
                     0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1)(init_ms) AS init
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND function_id = {id:String}
WHERE rollup.invocations > 0
GROUP BY version
ORDER BY last_ms DESC, first_ms DESC
LIMIT 100

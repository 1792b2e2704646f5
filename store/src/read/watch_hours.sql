-- What did each version of each function do and use in these hours, by what called it?
SELECT
    toString(u.function_id) AS function_id,
    toString(u.version) AS version,
    toString(u.trigger) AS trigger,
    toUnixTimestamp(u.hour) AS hour_s,
    sum(u.invocations) AS invocations,
    sum(u.errors) AS errors,
    sum(u.timeouts) AS timeouts,
    sum(u.out_of_memory) AS out_of_memory,
    sum(u.throttles) AS throttles,
    sum(u.cold_starts) AS cold_starts,
    sum(u.duration_us) AS duration_us,
    sum(u.init_us) AS init_us,
    sum(u.billed_ms) AS billed_ms,
    max(u.memory_mb) AS memory_mb,
    max(u.memory_used_mb_max) AS memory_used_mb_max,
    max(u.duration_ms_max) AS duration_ms_max
FROM usage_1h AS u FINAL
WHERE u.hour >= toDateTime({from_s:UInt32}) AND u.hour < toDateTime({to_s:UInt32})
  -- A day of the bill begins up to eight hours after the day in UTC.
  AND u.day >= toDate(toDateTime({from_s:UInt32})) - 1 AND u.day <= toDate(toDateTime({to_s:UInt32}))
  AND (empty({ids:Array(String)}) OR u.function_id IN {ids:Array(String)})
  AND (u.invocations > 0 OR u.throttles > 0)
GROUP BY function_id, version, trigger, hour_s
ORDER BY hour_s

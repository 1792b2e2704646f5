-- What did each function do in the window? Sums only: percentiles cost more and are asked for apart.
SELECT
    function_id,
    sum(invocations) AS invocations,
    sum(errors) AS errors,
    sum(timeouts) AS timeouts,
    sum(cold_starts) AS cold_starts,
    sum(cold_start_known) AS cold_start_known,
    toInt64(toUnixTimestamp(max(minute))) * 1000 AS last_minute_ms
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
WHERE rollup.invocations > 0
GROUP BY function_id
LIMIT 20000

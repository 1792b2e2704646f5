-- One function over time, all versions together.
SELECT
    toUInt32(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    sum(invocations) AS invocations,
    sum(errors) AS errors,
    sum(timeouts) AS timeouts,
    sum(cold_starts) AS cold_starts,
    sum(cold_start_known) AS cold_start_known,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ms) AS duration,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(init_ms) AS init
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND function_id = {id:String}
WHERE rollup.invocations > 0
GROUP BY bucket_s
ORDER BY bucket_s
LIMIT 5000

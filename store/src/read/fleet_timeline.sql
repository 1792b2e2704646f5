-- All functions together over time.
SELECT
    toUInt32(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    sum(invocations) AS invocations,
    sum(errors) AS errors,
    sum(cold_starts) AS cold_starts
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
WHERE rollup.invocations > 0
GROUP BY bucket_s
ORDER BY bucket_s
LIMIT 5000

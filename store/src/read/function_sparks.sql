-- The shape of each function's traffic: invocations and errors per bucket of {step} seconds.
SELECT
    function_id,
    toUInt32(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    sum(invocations) AS invocations,
    sum(errors) AS errors
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND function_id IN {ids:Array(String)}
WHERE rollup.invocations > 0
GROUP BY function_id, bucket_s
ORDER BY function_id, bucket_s
LIMIT 50000

-- When did this version of a function run first and last, and how much? Without the version the other rows
-- say whether there is anything to compare it with.
SELECT
    toInt64(toUnixTimestamp(min(minute))) AS first_s,
    toInt64(toUnixTimestamp(max(minute))) AS last_s,
    sum(invocations) AS invocations
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND function_id = {id:String}
WHERE rollup.invocations > 0 AND version = {version:String}
HAVING invocations > 0

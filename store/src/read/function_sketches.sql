-- How long did these functions take? An empty list means all of them.
SELECT
    function_id,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ms) AS duration,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(init_ms) AS init
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute >= toStartOfMinute(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
WHERE rollup.invocations > 0
GROUP BY function_id
LIMIT 20000

-- How long did cold starts of these functions take, hour by hour and version? Medians of the rollup: the
-- control of a deploy needs no single cold starts.
SELECT
    toInt64(toUnixTimestamp(toStartOfHour(minute))) AS hour_s,
    toString(function_id) AS function,
    toString(version) AS version_name,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(init_ms)[1] AS init_ms
FROM invocations_1m AS rollup FINAL
PREWHERE toStartOfHour(minute) >= toStartOfHour(fromUnixTimestamp64Nano({from:Int64}))
  AND minute < fromUnixTimestamp64Nano({to:Int64})
  AND function_id IN {ids:Array(String)}
WHERE rollup.init_count > 0
GROUP BY hour_s, function_id, version
ORDER BY function, hour_s, version_name
LIMIT 40000

-- What one function is made of now: instances at work in the window, its triggers, and who told of its
-- invocations.
SELECT
    uniqExactIf(instance, instance != '') AS instances,
    arraySort(groupUniqArray(10)(toString(trigger))) AS triggers,
    countIf(with_span) AS with_span,
    countIf(with_platform) AS with_platform,
    countIf(throttled) AS throttled,
    count() AS invocations
FROM invocations
WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
  AND function_id = {id:String}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  -- Facts of one invocation lie at most three hours apart.
  AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
  AND start >= fromUnixTimestamp64Nano({from:Int64})
  AND start < fromUnixTimestamp64Nano({to:Int64})

-- What one function is made of now: instances at work in the window and its triggers.
SELECT
    uniqExactIf(instance, instance != '') AS instances,
    arraySort(groupUniqArray(10)(toString(trigger))) AS triggers,
    countIf(trace_id != '') AS traced,
    count() AS invocations
FROM invocations
WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
  AND function_id = {id:String}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  AND start >= fromUnixTimestamp64Nano({from:Int64})
  AND start < fromUnixTimestamp64Nano({to:Int64})

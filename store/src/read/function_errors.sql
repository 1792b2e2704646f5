-- What goes wrong in one function, by error type, most frequent first.
SELECT
    toString(error_type) AS error_type,
    status,
    count() AS invocations,
    toUnixTimestamp64Milli(min(start)) AS first_ms,
    toUnixTimestamp64Milli(max(start)) AS last_ms,
    toString(argMax(version, start)) AS last_version,
    uniqExact(version) AS versions,
    toString(argMaxIf(trace_id, start, trace_id != '')) AS trace_id
FROM invocations
WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
  AND function_id = {id:String}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  -- Facts of one invocation lie at most three hours apart.
  AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
  AND start >= fromUnixTimestamp64Nano({from:Int64})
  AND start < fromUnixTimestamp64Nano({to:Int64})
  AND status IN ('error', 'timeout', 'out_of_memory')
GROUP BY error_type, status
ORDER BY invocations DESC, last_ms DESC
LIMIT 20

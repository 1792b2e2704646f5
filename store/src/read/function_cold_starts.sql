-- The newest initialisations of one function, each a dot in a chart.
SELECT
    toUnixTimestamp64Milli(start) AS at_ms,
    toString(version) AS version,
    assumeNotNull(init_duration_ms) AS init_ms,
    toString(init_kind) AS init_kind,
    toString(trace_id) AS trace_id
FROM invocations
WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
  AND function_id = {id:String}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  -- Facts of one invocation lie at most three hours apart.
  AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
  AND start >= fromUnixTimestamp64Nano({from:Int64})
  AND start < fromUnixTimestamp64Nano({to:Int64})
  AND init_duration_ms IS NOT NULL
ORDER BY start DESC
LIMIT 600

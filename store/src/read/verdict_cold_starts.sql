-- The cold starts of one function, at most forty a day, version and kind of initialisation: days differ more
-- than that many cold starts do.
SELECT
    toInt64(toUnixTimestamp64Nano(start)) AS at_ns,
    toString(version) AS version,
    toString(init_kind) AS init_kind,
    assumeNotNull(init_duration_ms) AS init_ms
FROM invocations
WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
  AND function_id = {id:String}
  AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
              AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
  AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
  AND start >= fromUnixTimestamp64Nano({from:Int64})
  AND start < fromUnixTimestamp64Nano({to:Int64})
  AND init_duration_ms IS NOT NULL
ORDER BY start
LIMIT 40 BY toDate(start), version, init_kind
LIMIT 20000

-- What invocations of one function told of how they ran, before a moment and since a version came into use.
SELECT
    version = {version:String} AND start >= fromUnixTimestamp64Nano({at:Int64}) AS after,
    pair.1 AS what,
    pair.2 AS value,
    count() AS seen
FROM
(
    SELECT
        version, start,
        arrayJoin([
            ('memory_mb', toString(ifNull(memory_size_mb, 0))),
            ('runtime', toString(if(runtime != '', runtime, platform_runtime))),
            ('runtime_build', toString(platform_runtime)),
            ('package', multiIf(platform_runtime = '' AND runtime = '', '', platform_runtime = 'image', 'image', 'zip')),
            ('architecture', toString(architecture)),
            ('init_kind', toString(init_kind))]) AS pair
    FROM invocations
    WHERE function_key = replaceRegexpOne({id:String}, '^([^:]*):[^:]*:', '\\1::')
      AND function_id = {id:String}
      AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
                  AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
      -- Facts of one invocation lie at most three hours apart.
      AND start_min >= fromUnixTimestamp64Nano({from:Int64}) - 10800 AND start_min < fromUnixTimestamp64Nano({to:Int64}) + 10800
      AND start >= fromUnixTimestamp64Nano({from:Int64})
      AND start < fromUnixTimestamp64Nano({to:Int64})
      -- The old version may go on for a while; it tells nothing of either side then.
      AND (version = {version:String}) = (start >= fromUnixTimestamp64Nano({at:Int64}))
    LIMIT 200000
)
WHERE pair.2 NOT IN ('', '0')
GROUP BY after, what, value
ORDER BY after, what, seen DESC, value
LIMIT 20 BY after, what
LIMIT 400

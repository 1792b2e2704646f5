-- Every (function, hour) that may have invocations of one day, in order, from a place on.
SELECT function_key, hour_s
FROM
(
    SELECT DISTINCT
        toString(function_key) AS function_key,
        toUInt32(3600 * intDiv(toUnixTimestamp(arrayJoin([start_min, start_max, ifNull(span_start, start_min)])), 3600)) AS hour_s
    FROM invocation_facts
    WHERE day = toDate({day:UInt16})
)
WHERE (hour_s, function_key) > ({after_hour_s:UInt32}, {after_key:String})
ORDER BY hour_s, function_key
LIMIT {limit:UInt32}

-- Every (function, minute) that facts stored since the watermark touch. A fact can move an invocation to another
-- minute, so all minutes between its earliest and latest start hint are touched.
SELECT DISTINCT
    function_key,
    arrayJoin(arrayMap(
        i -> toUInt32(toUInt32(toDateTime(toStartOfMinute(first_start))) + 60 * i),
        range(toUInt32(least(1441, 1 + intDiv(dateDiff('second', toStartOfMinute(first_start), toStartOfMinute(last_start)), 60))))
    )) AS minute_s
FROM
(
    SELECT function_key, invocation_id, min(start_min) AS first_start, max(start_max) AS last_start
    FROM invocation_facts
    -- Facts of one invocation lie at most a day apart.
    WHERE day IN
    (
        SELECT DISTINCT arrayJoin([day - 1, day, day + 1])
        FROM invocation_facts
        WHERE ingested_at > fromUnixTimestamp64Milli({since:Int64})
    )
      AND (function_key, invocation_id) IN
    (
        SELECT function_key, invocation_id
        FROM invocation_facts
        WHERE ingested_at > fromUnixTimestamp64Milli({since:Int64})
    )
    GROUP BY function_key, invocation_id
)
ORDER BY function_key, minute_s

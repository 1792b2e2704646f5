-- Every (function, hour) that facts stored since a moment touch, in order, from a place on. A fact can move an
-- invocation to another hour, so all hours between its earliest and latest start hint are touched. Facts of one
-- invocation lie at most a day apart, so only the days around those of the new ones are searched.
SELECT function_key, hour_s
FROM
(
    SELECT DISTINCT
        toString(function_key) AS function_key,
        toUInt32(3600 * arrayJoin(range(
            intDiv(toUnixTimestamp(first_start), 3600),
            least(intDiv(toUnixTimestamp(last_start), 3600), intDiv(toUnixTimestamp(first_start), 3600) + 48) + 1))) AS hour_s
    FROM
    (
        SELECT function_key, invocation_id, min(start_min) AS first_start, max(start_max) AS last_start
        FROM invocation_facts
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
)
WHERE (hour_s, function_key) > ({after_hour_s:UInt32}, {after_key:String})
ORDER BY hour_s, function_key
LIMIT {limit:UInt32}

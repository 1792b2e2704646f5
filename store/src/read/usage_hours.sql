-- What did functions use in each hour? A row for each function, so that six weeks of a thousand functions are a
-- thousand rows.
SELECT
    function_id,
    groupArray(hour_s) AS hours_s,
    groupArray(invocations) AS invocations,
    groupArray(billed_ms) AS billed_ms
FROM
(
    SELECT
        toString(u.function_id) AS function_id,
        toUnixTimestamp(u.hour) AS hour_s,
        sum(u.invocations) AS invocations,
        sum(u.billed_ms) AS billed_ms
    FROM usage_1h AS u FINAL
    WHERE u.hour >= toDateTime(intDiv({from:Int64}, 1000000000)) AND u.hour < toDateTime(intDiv({to:Int64}, 1000000000))
      AND u.day >= toDate(toDateTime(intDiv({from:Int64}, 1000000000))) - 1
      AND u.function_id IN {ids:Array(String)}
    GROUP BY function_id, hour_s
)
GROUP BY function_id

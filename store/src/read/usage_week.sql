-- How busy were functions at each hour of the week, and how often did they start cold?
SELECT
    toString(u.function_id) AS function_id,
    toUInt8((toDayOfWeek(u.hour, 0, 'UTC') - 1) * 24 + toHour(u.hour, 'UTC')) AS hour_of_week,
    sum(u.invocations) AS invocations,
    sum(u.billed_ms) AS billed_ms,
    sum(u.cold_starts) AS cold_starts
FROM usage_1h AS u FINAL
WHERE u.hour >= toDateTime(intDiv({from:Int64}, 1000000000)) AND u.hour < toDateTime(intDiv({to:Int64}, 1000000000))
  AND u.day >= toDate(toDateTime(intDiv({from:Int64}, 1000000000))) - 1
  AND u.function_id IN {ids:Array(String)}
GROUP BY function_id, hour_of_week

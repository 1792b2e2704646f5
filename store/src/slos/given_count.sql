SELECT
    toUInt32(toUnixTimestamp(toStartOfMinute(toDateTime(asked.minute)))) AS minute_s,
    toUInt64(greatest(toInt64(sum(asked.count)), 0)) AS events
FROM
(
/* the query */
) AS asked
WHERE toDateTime(asked.minute) >= {from:DateTime} AND toDateTime(asked.minute) < {to:DateTime}
GROUP BY minute_s
HAVING events > 0
ORDER BY minute_s

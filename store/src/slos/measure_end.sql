    )
-- Groups that a minute has no longer get nothing.
SELECT {measure:String} AS measure, w.grp, w.minute, now64(3), sum(w.good), sum(w.total)
FROM
(
    SELECT
        arrayStringConcat(arrayMap(b -> multiIf(
            b = 'provider', toString(f.provider), b = 'account', toString(f.account), b = 'region', toString(f.region),
            b = 'function', c.function_id, b = 'version', c.version, c.trigger), {by:Array(String)}), '\x1f') AS grp,
        c.minute AS minute, c.good AS good, c.total AS total
    FROM counted AS c
    INNER JOIN matching AS f ON toString(f.function_id) = c.function_id
    WHERE c.total > 0
    UNION ALL
    SELECT toString(o.grp), o.minute, 0, 0
    FROM slo_minutes AS o
    WHERE o.measure = {measure:String} AND o.minute IN (SELECT toDateTime(arrayJoin({minutes_s:Array(UInt32)})))
      AND toStartOfHour(o.minute) >= toStartOfHour(toDateTime({first_s:UInt32}))
      AND o.minute BETWEEN toDateTime({first_s:UInt32}) AND toDateTime({last_s:UInt32})
) AS w
GROUP BY measure, w.grp, w.minute

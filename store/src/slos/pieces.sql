-- What did each group count between cuts of time? Hours that no cut divides come from the hours' table.
SELECT
    toString(p.measure) AS measure,
    toString(p.grp) AS group,
    roundDown(p.at_s, {cuts_s:Array(Int64)}) AS piece_s,
    sum(p.good) AS good,
    sum(p.total) AS total
FROM
(
    SELECT h.measure AS measure, h.grp AS grp, toInt64(toUnixTimestamp(h.hour)) AS at_s, h.good AS good, h.total AS total
    FROM slo_hours AS h FINAL
    PREWHERE h.measure IN {measures:Array(String)}
      AND (empty({groups:Array(String)}) OR h.grp IN {groups:Array(String)})
      AND h.hour >= toDateTime({from_s:Int64}) AND h.hour < toDateTime({to_s:Int64})
      AND NOT has({divided_s:Array(Int64)}, toInt64(toUnixTimestamp(h.hour)))
    UNION ALL
    SELECT m.measure, m.grp, toInt64(toUnixTimestamp(m.minute)), m.good, m.total
    FROM slo_minutes AS m FINAL
    PREWHERE m.measure IN {measures:Array(String)}
      AND (empty({groups:Array(String)}) OR m.grp IN {groups:Array(String)})
      AND toStartOfHour(m.minute) IN (SELECT toDateTime(arrayJoin({divided_s:Array(Int64)})))
      AND m.minute >= toDateTime({from_s:Int64}) AND m.minute < toDateTime({to_s:Int64})
) AS p
GROUP BY measure, group, piece_s
HAVING total > 0

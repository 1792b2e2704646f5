-- Sums hours of a measure out of its minutes.
INSERT INTO slo_hours (measure, grp, hour, measured_at, good, total)
SELECT m.measure, m.grp, toStartOfHour(m.minute) AS hour, now64(3), sum(m.good), sum(m.total)
FROM slo_minutes AS m FINAL
PREWHERE m.measure = {measure:String}
  AND toStartOfHour(m.minute) IN (SELECT toDateTime(arrayJoin({hours_s:Array(UInt32)})))
GROUP BY m.measure, m.grp, hour

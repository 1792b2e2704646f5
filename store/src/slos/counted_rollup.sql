-- Good and all events of minutes, out of the minute rollup.
SELECT
    toString(r.function_id) AS function_id,
    toString(r.version) AS version,
    '' AS trigger,
    r.minute AS minute,
    if({counted:String} = 'availability', r.invocations - r.errors, r.cold_start_known - r.cold_starts) AS good,
    if({counted:String} = 'availability', r.invocations, r.cold_start_known) AS total
FROM invocations_1m AS r FINAL
PREWHERE toStartOfHour(r.minute) >= toStartOfHour(toDateTime({first_s:UInt32}))
  AND r.minute BETWEEN toDateTime({first_s:UInt32}) AND toDateTime({last_s:UInt32})
WHERE r.minute IN (SELECT toDateTime(arrayJoin({minutes_s:Array(UInt32)})))
  AND (empty({versions:Array(String)}) OR arrayExists(p -> toString(r.version) LIKE p, {versions:Array(String)}))

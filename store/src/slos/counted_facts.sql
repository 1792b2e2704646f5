-- Good and all events of minutes, out of the facts of single invocations.
SELECT
    function_id,
    toString(version) AS version,
    toString(trigger) AS trigger,
    toDateTime(toStartOfMinute(start)) AS minute,
    countIf(multiIf(
        {counted:String} = 'availability', status NOT IN ('error', 'timeout', 'out_of_memory'),
        {counted:String} = 'warm_starts', cold_start = 0,
        {counted:String} = 'latency', duration_ms < {threshold_ms:Float64}
            OR ({at_threshold:UInt8} = 1 AND duration_ms = {threshold_ms:Float64}),
        {counted:String} = 'cold_start_latency', init_duration_ms < {threshold_ms:Float64}
            OR ({at_threshold:UInt8} = 1 AND init_duration_ms = {threshold_ms:Float64}),
        with_span = 1)) AS good,
    count() AS total
FROM invocations
WHERE day BETWEEN toDate(toDateTime({first_s:UInt32})) - 1 AND toDate(toDateTime({last_s:UInt32})) + 1
  -- Facts of one invocation lie at most three hours apart; parts with none of that time are not read.
  AND start_min BETWEEN toDateTime({first_s:UInt32}) - 10800 AND toDateTime({last_s:UInt32}) + 10860
  AND toDateTime(toStartOfMinute(start)) IN (SELECT toDateTime(arrayJoin({minutes_s:Array(UInt32)})))
  AND throttled = 0
  AND multiIf(
        {counted:String} = 'warm_starts', cold_start IS NOT NULL,
        {counted:String} = 'latency', duration_ms IS NOT NULL,
        {counted:String} = 'cold_start_latency', init_duration_ms IS NOT NULL AND ifNull(cold_start, 1) = 1,
        {counted:String} = 'coverage', with_platform = 1,
        1)
  AND (empty({versions:Array(String)}) OR arrayExists(p -> toString(version) LIKE p, {versions:Array(String)}))
  AND (empty({triggers:Array(String)}) OR arrayExists(p -> toString(trigger) LIKE p, {triggers:Array(String)}))
GROUP BY function_id, version, trigger, minute

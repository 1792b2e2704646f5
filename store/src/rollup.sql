-- Recomputes (function, minute) pairs. Rows that a minute no longer has (an invocation moved, its version or
-- account became known) are overwritten with zeros: the table keeps the newest row of each key.
INSERT INTO invocations_1m
WITH
    touched AS
    (
        SELECT pair.1 AS function_key, toDateTime(pair.2) AS minute
        FROM (SELECT arrayJoin(arrayZip({function_keys:Array(String)}, {minutes_s:Array(UInt32)})) AS pair)
    ),
    fresh AS
    (
        SELECT
            function_id,
            version,
            toDateTime(toStartOfMinute(start)) AS minute,
            -- What the platform turned away never ran: it is counted as such, and nowhere else.
            countIf(throttled = 0) AS invocations,
            countIf(throttled = 0 AND status IN ('error', 'timeout', 'out_of_memory')) AS errors,
            countIf(throttled = 0 AND status = 'timeout') AS timeouts,
            countIf(throttled = 0 AND cold_start = 1) AS cold_starts,
            countIf(throttled = 0 AND cold_start IS NOT NULL) AS cold_start_known,
            countIf(throttled = 0 AND duration_ms IS NOT NULL) AS duration_count,
            ifNull(sumIf(duration_ms, throttled = 0), 0) AS duration_ms_sum,
            quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(assumeNotNull(duration_ms), throttled = 0 AND duration_ms IS NOT NULL) AS duration_ms_state,
            countIf(throttled = 0 AND init_duration_ms IS NOT NULL) AS init_count,
            ifNull(sumIf(init_duration_ms, throttled = 0), 0) AS init_ms_sum,
            quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(assumeNotNull(init_duration_ms), throttled = 0 AND init_duration_ms IS NOT NULL) AS init_ms_state,
            ifNull(sumIf(billed_duration_ms, throttled = 0), 0) AS billed_ms_sum,
            ifNull(maxIf(memory_size_mb, throttled = 0), 0) AS memory_size_mb_max,
            ifNull(maxIf(memory_used_mb, throttled = 0), 0) AS memory_used_mb_max,
            countIf(throttled = 0 AND status = 'out_of_memory') AS out_of_memory,
            countIf(throttled = 1) AS throttles,
            ifNull(maxIf(duration_ms, throttled = 0), 0) AS duration_ms_max
        FROM invocations
        WHERE function_key IN {function_keys:Array(String)}
          -- Facts of one invocation lie at most three hours apart; parts with none of that time are not read.
          AND start_min BETWEEN toDateTime({first_minute_s:UInt32}) - 10800 AND toDateTime({last_minute_s:UInt32}) + 10860
          AND day BETWEEN toDate(toDateTime({first_minute_s:UInt32})) - 1 AND toDate(toDateTime({last_minute_s:UInt32})) + 1
          AND (function_key, toDateTime(toStartOfMinute(start))) IN touched
        GROUP BY function_id, version, minute
    )
SELECT
    function_id, version, minute, now64(3),
    sum(f.invocations), sum(f.errors), sum(f.timeouts), sum(f.cold_starts), sum(f.cold_start_known),
    sum(f.duration_count), sum(f.duration_ms_sum), quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(f.duration_ms_state),
    sum(f.init_count), sum(f.init_ms_sum), quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(f.init_ms_state),
    sum(f.billed_ms_sum), max(f.memory_size_mb_max), max(f.memory_used_mb_max),
    sum(f.out_of_memory), sum(f.throttles), max(f.duration_ms_max)
FROM
(
    SELECT * FROM fresh
    UNION ALL
    SELECT
        function_id, version, minute, 0, 0, 0, 0, 0,
        0, 0, arrayReduce('quantilesDDState(0.01, 0.5, 0.95, 0.99)', emptyArrayFloat64()),
        0, 0, arrayReduce('quantilesDDState(0.01, 0.5, 0.95, 0.99)', emptyArrayFloat64()),
        0, 0, 0, 0, 0, 0
    FROM invocations_1m
    WHERE minute BETWEEN toDateTime({first_minute_s:UInt32}) AND toDateTime({last_minute_s:UInt32})
      AND (replaceRegexpOne(function_id, '^([^:]*):[^:]*:', '\\1::'), minute) IN touched
) AS f
GROUP BY function_id, version, minute

-- What did functions use on some days of the bill, grouped by all that a price can depend on? Whole months come
-- from the months, the days before and after them from the days.
WITH
    toDate({first_day:UInt16}) AS first_day,
    toDate({last_day:UInt16}) AS last_day,
    if(first_day = toStartOfMonth(first_day), first_day, toLastDayOfMonth(first_day) + 1) AS first_month,
    if(last_day = toLastDayOfMonth(last_day), last_day, toStartOfMonth(last_day) - 1) AS months_until
SELECT
    toString(function_id) AS function_id, toString(version) AS version, toString(platform) AS platform,
    toString(plan) AS plan, toString(architecture) AS architecture, memory_mb, vcpu_milli,
    toString(trigger) AS trigger, toString(init_kind) AS init_kind,
    toUnixTimestamp(if(startsWith(function_id, 'gcp:'), toDateTime(toDate({first_day:UInt16}), 'America/Los_Angeles'), toDateTime(toDate({first_day:UInt16}), 'UTC'))) AS from_s,
    invocations, unpriced, billed_measured, billed_derived, billed_assumed, billed_ms, billed_init_ms, rounding_us,
    billed_mb_ms, duration_us, init_us, cpu_us, cold_starts, errors, timeouts, out_of_memory, throttles, with_span,
    memory_used_mb_max, duration_ms_max
FROM
(
    SELECT
        function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind,
        sum(u.invocations) AS invocations, sum(u.unpriced) AS unpriced,
        sum(u.billed_measured) AS billed_measured, sum(u.billed_derived) AS billed_derived, sum(u.billed_assumed) AS billed_assumed,
        sum(u.billed_ms) AS billed_ms, sum(u.billed_init_ms) AS billed_init_ms, sum(u.rounding_us) AS rounding_us,
        sum(u.billed_mb_ms) AS billed_mb_ms, sum(u.duration_us) AS duration_us, sum(u.init_us) AS init_us, sum(u.cpu_us) AS cpu_us,
        sum(u.cold_starts) AS cold_starts, sum(u.errors) AS errors, sum(u.timeouts) AS timeouts, sum(u.out_of_memory) AS out_of_memory,
        sum(u.throttles) AS throttles, sum(u.with_span) AS with_span,
        max(u.memory_used_mb_max) AS memory_used_mb_max, max(u.duration_ms_max) AS duration_ms_max
    FROM
    (
        SELECT function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind,
            invocations, unpriced, billed_measured, billed_derived, billed_assumed, billed_ms, billed_init_ms, rounding_us,
            billed_mb_ms, duration_us, init_us, cpu_us, cold_starts, errors, timeouts, out_of_memory, throttles, with_span,
            memory_used_mb_max, duration_ms_max
        FROM usage_1mo FINAL
        WHERE month BETWEEN first_month AND months_until
          AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
        UNION ALL
        SELECT function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind,
            invocations, unpriced, billed_measured, billed_derived, billed_assumed, billed_ms, billed_init_ms, rounding_us,
            billed_mb_ms, duration_us, init_us, cpu_us, cold_starts, errors, timeouts, out_of_memory, throttles, with_span,
            memory_used_mb_max, duration_ms_max
        FROM usage_1d FINAL
        WHERE day BETWEEN first_day AND last_day AND (first_month > months_until OR NOT day BETWEEN first_month AND months_until)
          AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
    ) AS u
    GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind
)
WHERE invocations + throttles > 0

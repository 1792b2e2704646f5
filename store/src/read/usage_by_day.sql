-- What was used on each day of the bill, by all that a price depends on but not by function: the name is `*`. Of
-- some functions, or of all when {ids} is empty.
SELECT
    concat(place, '*') AS function_id, '' AS version, toString(platform) AS platform,
    toString(plan) AS plan, toString(architecture) AS architecture, memory_mb, vcpu_milli,
    '' AS trigger, toString(init_kind) AS init_kind,
    toUnixTimestamp(if(startsWith(place, 'gcp:'), toDateTime(day, 'America/Los_Angeles'), toDateTime(day, 'UTC'))) AS from_s,
    invocations, unpriced, billed_measured, billed_derived, billed_assumed, billed_ms, billed_init_ms, rounding_us,
    billed_mb_ms, duration_us, init_us, cpu_us, cold_starts, errors, timeouts, out_of_memory, throttles, with_span,
    memory_used_mb_max, duration_ms_max
FROM
(
    SELECT
        extract(u.function_id, '^[^:]*:[^:]*:[^:]*:') AS place, day, platform, plan, architecture, memory_mb, vcpu_milli, init_kind,
        sum(u.invocations) AS invocations, sum(u.unpriced) AS unpriced,
        sum(u.billed_measured) AS billed_measured, sum(u.billed_derived) AS billed_derived, sum(u.billed_assumed) AS billed_assumed,
        sum(u.billed_ms) AS billed_ms, sum(u.billed_init_ms) AS billed_init_ms, sum(u.rounding_us) AS rounding_us,
        sum(u.billed_mb_ms) AS billed_mb_ms, sum(u.duration_us) AS duration_us, sum(u.init_us) AS init_us, sum(u.cpu_us) AS cpu_us,
        sum(u.cold_starts) AS cold_starts, sum(u.errors) AS errors, sum(u.timeouts) AS timeouts, sum(u.out_of_memory) AS out_of_memory,
        sum(u.throttles) AS throttles, sum(u.with_span) AS with_span,
        max(u.memory_used_mb_max) AS memory_used_mb_max, max(u.duration_ms_max) AS duration_ms_max
    FROM usage_1d AS u FINAL
    WHERE day BETWEEN toDate({first_day:UInt16}) AND toDate({last_day:UInt16})
      AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
    GROUP BY place, day, platform, plan, architecture, memory_mb, vcpu_milli, init_kind
)
WHERE invocations + throttles > 0
ORDER BY from_s, function_id

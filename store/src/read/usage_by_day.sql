-- What did functions use on each of some days of their bill, told apart by all that a price can depend on?
SELECT
    toString(function_id) AS function_id,
    toString(version) AS version,
    toString(platform) AS platform,
    toString(plan) AS plan,
    toString(architecture) AS architecture,
    memory_mb,
    vcpu_milli,
    toString(trigger) AS trigger,
    toString(init_kind) AS init_kind,
    toUnixTimestamp(if(startsWith(u.function_id, 'gcp:'), toDateTime(u.day, 'America/Los_Angeles'), toDateTime(u.day, 'UTC'))) AS from_s,
    sum(u.invocations) AS invocations,
    sum(u.unpriced) AS unpriced,
    sum(u.billed_measured) AS billed_measured,
    sum(u.billed_derived) AS billed_derived,
    sum(u.billed_assumed) AS billed_assumed,
    sum(u.billed_ms) AS billed_ms,
    sum(u.billed_init_ms) AS billed_init_ms,
    sum(u.rounding_us) AS rounding_us,
    sum(u.billed_mb_ms) AS billed_mb_ms,
    sum(u.duration_us) AS duration_us,
    sum(u.init_us) AS init_us,
    sum(u.cpu_us) AS cpu_us,
    sum(u.cold_starts) AS cold_starts,
    sum(u.errors) AS errors,
    sum(u.timeouts) AS timeouts,
    sum(u.out_of_memory) AS out_of_memory,
    sum(u.throttles) AS throttles,
    sum(u.with_span) AS with_span,
    max(u.memory_used_mb_max) AS memory_used_mb_max,
    max(u.duration_ms_max) AS duration_ms_max
FROM usage_1d AS u FINAL
WHERE day BETWEEN toDate({first_day:UInt16}) AND toDate({last_day:UInt16})
  AND (empty({ids:Array(String)}) OR u.function_id IN {ids:Array(String)})
GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, from_s
HAVING invocations + throttles > 0
ORDER BY from_s, function_id

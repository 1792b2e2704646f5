-- Recomputes the months of the bill that touched hours belong to, from all their days.
INSERT INTO usage_1mo
WITH touched_months AS
(
    SELECT DISTINCT
        pair.1 AS function_key,
        toStartOfMonth(if(startsWith(pair.1, 'gcp:'), toDate(toDateTime(pair.2), 'America/Los_Angeles'), toDate(toDateTime(pair.2), 'UTC'))) AS month
    FROM (SELECT arrayJoin(arrayZip({function_keys:Array(String)}, {hours_s:Array(UInt32)})) AS pair)
)
SELECT
    function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, toStartOfMonth(day) AS month,
    now64(3) AS rolled_at,
    sum(u.invocations), sum(u.unpriced),
    sum(u.billed_measured), sum(u.billed_derived), sum(u.billed_assumed),
    sum(u.billed_ms), sum(u.billed_init_ms), sum(u.rounding_us), sum(u.billed_mb_ms),
    sum(u.duration_us), sum(u.init_us), sum(u.cpu_us),
    sum(u.cold_starts), sum(u.errors), sum(u.timeouts), sum(u.out_of_memory),
    sum(u.throttles), sum(u.with_span), max(u.memory_used_mb_max), max(u.duration_ms_max)
FROM usage_1d AS u FINAL
WHERE day BETWEEN toStartOfMonth(toDate(toDateTime({first_hour_s:UInt32})) - 1) AND toLastDayOfMonth(toDate(toDateTime({last_hour_s:UInt32})) + 1)
  AND (replaceRegexpOne(function_id, '^([^:]*):[^:]*:', '\\1::'), toStartOfMonth(day)) IN touched_months
GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, month

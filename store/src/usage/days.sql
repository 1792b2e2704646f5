-- Recomputes the days of the bill that touched hours belong to, from all their hours. Hours overwritten with
-- zeros have their row still, so a key that is gone from its last hour becomes zero here, too.
INSERT INTO usage_1d
WITH
    touched AS
    (
        SELECT pair.1 AS function_key, toDateTime(pair.2) AS hour
        FROM (SELECT arrayJoin(arrayZip({function_keys:Array(String)}, {hours_s:Array(UInt32)})) AS pair)
    ),
    touched_days AS
    (
        SELECT DISTINCT
            function_key,
            if(startsWith(function_key, 'gcp:'), toDate(hour, 'America/Los_Angeles'), toDate(hour, 'UTC')) AS day
        FROM touched
    )
SELECT
    function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, day,
    now64(3) AS rolled_at,
    sum(hours.invocations), sum(hours.unpriced),
    sum(hours.billed_measured), sum(hours.billed_derived), sum(hours.billed_assumed),
    sum(hours.billed_ms), sum(hours.billed_init_ms), sum(hours.rounding_us), sum(hours.billed_mb_ms),
    sum(hours.duration_us), sum(hours.init_us), sum(hours.cpu_us),
    sum(hours.cold_starts), sum(hours.errors), sum(hours.timeouts), sum(hours.out_of_memory),
    sum(hours.throttles), sum(hours.with_span), max(hours.memory_used_mb_max), max(hours.duration_ms_max)
FROM usage_1h AS hours FINAL
WHERE day BETWEEN toDate(toDateTime({first_hour_s:UInt32})) - 1 AND toDate(toDateTime({last_hour_s:UInt32})) + 1
  AND (replaceRegexpOne(function_id, '^([^:]*):[^:]*:', '\\1::'), day) IN touched_days
GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, day

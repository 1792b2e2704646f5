-- Recomputes (function, hour) pairs. All rounding happens here, per invocation and in whole numbers. Rows that an
-- hour no longer has (an invocation moved, its version or account became known, another size is configured) are
-- overwritten with zeros: the table keeps the newest row of each key.
INSERT INTO usage_1h
WITH
    touched AS
    (
        SELECT pair.1 AS function_key, toDateTime(pair.2) AS hour
        FROM (SELECT arrayJoin(arrayZip({function_keys:Array(String)}, {hours_s:Array(UInt32)})) AS pair)
    ),
    -- What is known of each invocation, what its owner has configured, and the number of the rule that fits it.
    -- A figure out of range is a fault of its sender and counts as unknown.
    known AS
    (
        SELECT
            function_key, function_id, version, platform, trigger, init_kind,
            toDateTime(intDiv(toUnixTimestamp(start), 3600) * 3600) AS hour,
            throttled = 0 AS ran,
            transform(function_id, {sized_ids:Array(String)}, {sized_plans:Array(String)}, '') AS plan,
            transform(function_id, {sized_ids:Array(String)}, {sized_memory_mb:Array(UInt32)}, toUInt32(0)) AS sized_memory_mb,
            transform(function_id, {sized_ids:Array(String)}, {sized_vcpu_milli:Array(UInt32)}, toUInt32(0)) AS vcpu_milli,
            transform(function_id, {sized_ids:Array(String)}, {sized_architectures:Array(String)}, '') AS sized_architecture,
            if(sized_architecture != '', sized_architecture, toString(f.architecture)) AS architecture,
            transform(
                concat(platform, '|', plan, '|', toString(arrayCount(bound -> bound <= toUnixTimestamp(start), {eras_s:Array(UInt32)}))),
                {rule_keys:Array(String)}, {rule_numbers:Array(UInt16)}, toUInt16(1)) AS rule,
            if(ran AND duration_ms BETWEEN 0 AND {time_max_ms:Float64}, toUInt64(round(duration_ms * 1e6)), NULL) AS duration_ns,
            if(ran AND cpu_ms BETWEEN 0 AND {time_max_ms:Float64}, toUInt64(round(cpu_ms * 1e6)), NULL) AS cpu_ns,
            if(ran AND init_duration_ms BETWEEN 0 AND {time_max_ms:Float64}, toUInt64(round(init_duration_ms * 1e6)), NULL) AS init_ns,
            if(ran AND billed_duration_ms BETWEEN 0 AND {time_max_ms:Float64}, toUInt64(round(billed_duration_ms * 1e6)), NULL) AS told_ns,
            if(sized_memory_mb > 0, sized_memory_mb, ifNull(f.memory_size_mb, 0)) AS configured_mb,
            ifNull(f.memory_used_mb, 0) AS used_mb,
            ifNull(f.cold_start, 0) = 1 AS is_cold,
            own_runtime = 1 OR init_kind = 'provisioned' AS owns_init,
            status,
            with_span
        FROM invocations AS f
        WHERE function_key IN {function_keys:Array(String)}
          AND day BETWEEN toDate(toDateTime({first_hour_s:UInt32})) - 1 AND toDate(toDateTime({last_hour_s:UInt32})) + 1
          AND (function_key, toDateTime(intDiv(toUnixTimestamp(start), 3600) * 3600)) IN touched
    ),
    -- What the rule makes of it. An init that runs inside the invocation is in its duration already, of a restore
    -- only a part is billed that nobody but the platform knows, and a managed instance is billed by itself.
    ruled AS
    (
        SELECT
            *,
            {bills_cpu:Array(UInt8)}[rule] AS bills_cpu,
            {bills_used:Array(UInt8)}[rule] AS bills_used,
            toUInt64({time_steps_ms:Array(UInt32)}[rule]) AS step_ms,
            step_ms * 1000000 AS step_ns,
            toUInt64({time_mins_ms:Array(UInt32)}[rule]) AS min_ms,
            if(bills_cpu, coalesce(cpu_ns, duration_ns), duration_ns) AS time_ns,
            ({bills_init:Array(UInt8)}[rule] = 2 OR {bills_init:Array(UInt8)}[rule] = 1 AND owns_init)
                AND init_kind NOT IN ('suppressed', 'snapstart-restore', 'managed-instance') AS adds_init,
            if(adds_init, ifNull(init_ns, 0), 0) AS added_ns,
            time_ns + added_ns AS whole_ns,
            -- greatest() passes over unknown figures; the minimum of what is unknown is unknown.
            if(time_ns IS NULL, NULL, greatest(min_ms, (intDiv(time_ns, step_ns) + (time_ns % step_ns > 0)) * step_ms)) AS without_init_ms,
            if(time_ns IS NULL, NULL, greatest(min_ms, (intDiv(whole_ns, step_ns) + (whole_ns % step_ns > 0)) * step_ms)) AS computed_ms,
            if({believes_reported:Array(UInt8)}[rule], intDiv(told_ns + 999999, 1000000), NULL) AS told_ms,
            coalesce(told_ms, computed_ms) AS billed_ms,
            if((init_ns IS NOT NULL OR is_cold) AND billed_ms > without_init_ms, toUInt64(billed_ms - without_init_ms), 0) AS billed_init_ms,
            time_ns + if(added_ns > 0, added_ns, least(ifNull(init_ns, 0), billed_init_ms * 1000000)) AS plain_ns,
            if(billed_ms * 1000000 > plain_ns, toUInt64(billed_ms * 1000000 - plain_ns), 0) AS rounding_ns,
            least(if(bills_used AND used_mb > 0, used_mb, configured_mb), {memory_max_mb:UInt32}) AS plain_mb,
            toUInt64({memory_steps_mb:Array(UInt32)}[rule]) AS step_mb,
            {memory_caps_mb:Array(UInt32)}[rule] AS cap_mb,
            greatest({memory_mins_mb:Array(UInt32)}[rule], (intDiv(plain_mb, step_mb) + (plain_mb % step_mb > 0)) * step_mb) AS stepped_mb,
            toUInt32(multiIf(plain_mb = 0, 0, cap_mb > 0, least(cap_mb, stepped_mb), stepped_mb)) AS memory_mb,
            multiIf(billed_ms IS NULL, 'unpriced',
                    told_ms IS NOT NULL, 'measured',
                    bills_cpu AND cpu_ns IS NULL, 'assumed',
                    NOT bills_cpu AND (plain_mb = 0 OR bills_used AND used_mb = 0), 'assumed',
                    'derived') AS provenance
        FROM known
    ),
    fresh AS
    (
        SELECT
            function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour,
            countIf(ran) AS invocations,
            countIf(ran AND provenance = 'unpriced') AS unpriced,
            countIf(provenance = 'measured') AS billed_measured,
            countIf(provenance = 'derived') AS billed_derived,
            countIf(provenance = 'assumed') AS billed_assumed,
            sum(ifNull(ruled.billed_ms, 0)) AS billed_ms,
            sum(ifNull(ruled.billed_init_ms, 0)) AS billed_init_ms,
            sum(intDiv(ifNull(rounding_ns, 0), 1000)) AS rounding_us,
            sum(ifNull(ruled.billed_ms, 0) * memory_mb) AS billed_mb_ms,
            sum(intDiv(ifNull(duration_ns, 0), 1000)) AS duration_us,
            sum(intDiv(ifNull(init_ns, 0), 1000)) AS init_us,
            sum(intDiv(ifNull(cpu_ns, 0), 1000)) AS cpu_us,
            countIf(ran AND is_cold) AS cold_starts,
            countIf(ran AND status IN ('error', 'timeout', 'out_of_memory')) AS errors,
            countIf(ran AND status = 'timeout') AS timeouts,
            countIf(ran AND status = 'out_of_memory') AS out_of_memory,
            countIf(NOT ran) AS throttles,
            countIf(ran AND with_span = 1) AS with_span,
            max(used_mb) AS memory_used_mb_max,
            max(intDiv(ifNull(duration_ns, 0) + 999999, 1000000)) AS duration_ms_max
        FROM ruled
        GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour
    ),
    stale AS
    (
        SELECT function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour
        FROM usage_1h
        WHERE day BETWEEN toDate(toDateTime({first_hour_s:UInt32})) - 1 AND toDate(toDateTime({last_hour_s:UInt32})) + 1
          AND hour BETWEEN toDateTime({first_hour_s:UInt32}) AND toDateTime({last_hour_s:UInt32})
          AND (replaceRegexpOne(function_id, '^([^:]*):[^:]*:', '\\1::'), hour) IN touched
          AND (function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour) NOT IN
              (SELECT function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour FROM fresh)
        GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour
    )
SELECT
    function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, hour,
    -- The day of the bill: Google's begins at midnight in California, everybody else's in UTC.
    if(startsWith(function_id, 'gcp:'), toDate(hour, 'America/Los_Angeles'), toDate(hour, 'UTC')) AS day,
    now64(3) AS rolled_at,
    invocations, unpriced, billed_measured, billed_derived, billed_assumed,
    billed_ms, billed_init_ms, rounding_us, billed_mb_ms, duration_us, init_us, cpu_us,
    cold_starts, errors, timeouts, out_of_memory, throttles, with_span, memory_used_mb_max, duration_ms_max
FROM
(
    SELECT * FROM fresh
    UNION ALL
    SELECT *, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM stale
)

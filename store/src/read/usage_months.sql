-- What did functions use in each of some months of their bill, told apart by all that a price can depend on?
SELECT
    toString(function_id) AS function_id, toString(version) AS version, toString(platform) AS platform,
    toString(plan) AS plan, toString(architecture) AS architecture, memory_mb, vcpu_milli,
    toString(trigger) AS trigger, toString(init_kind) AS init_kind,
    toUnixTimestamp(if(startsWith(function_id, 'gcp:'), toDateTime(month, 'America/Los_Angeles'), toDateTime(month, 'UTC'))) AS from_s,
    invocations, unpriced, billed_measured, billed_derived, billed_assumed, billed_ms, billed_init_ms, rounding_us,
    billed_mb_ms, duration_us, init_us, cpu_us, cold_starts, errors, timeouts, out_of_memory, throttles, with_span,
    memory_used_mb_max, duration_ms_max
FROM usage_1mo FINAL
WHERE month BETWEEN toStartOfMonth(toDate({first_day:UInt16})) AND toDate({last_day:UInt16})
  AND (empty({ids:Array(String)}) OR function_id IN {ids:Array(String)})
  AND invocations + throttles > 0

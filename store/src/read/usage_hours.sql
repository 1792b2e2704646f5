-- What did one function use in each hour of a window?
SELECT
    toString(function_id) AS function_id, toString(version) AS version, toString(platform) AS platform,
    toString(plan) AS plan, toString(architecture) AS architecture, memory_mb, vcpu_milli,
    toString(trigger) AS trigger, toString(init_kind) AS init_kind,
    toUnixTimestamp(hour) AS from_s,
    invocations, unpriced, billed_measured, billed_derived, billed_assumed, billed_ms, billed_init_ms, rounding_us,
    billed_mb_ms, duration_us, init_us, cpu_us, cold_starts, errors, timeouts, out_of_memory, throttles, with_span,
    memory_used_mb_max, duration_ms_max
FROM usage_1h FINAL
WHERE function_id = {id:String}
  AND day BETWEEN toDate(toDateTime({from_s:UInt32})) - 1 AND toDate(toDateTime({to_s:UInt32})) + 1
  AND toUnixTimestamp(hour) >= {from_s:UInt32} AND toUnixTimestamp(hour) < {to_s:UInt32}
  AND invocations + throttles > 0
ORDER BY from_s

INSERT INTO usage_1mo
SELECT
    function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, toStartOfMonth(day) AS month, now64(3),
    sum(u.invocations), sum(u.unpriced), sum(u.billed_measured), sum(u.billed_derived), sum(u.billed_assumed), sum(u.billed_ms),
    sum(u.billed_init_ms), sum(u.rounding_us), sum(u.billed_mb_ms), sum(u.duration_us), sum(u.init_us), sum(u.cpu_us),
    sum(u.cold_starts), sum(u.errors), sum(u.timeouts), sum(u.out_of_memory), sum(u.throttles), sum(u.with_span),
    max(u.memory_used_mb_max), max(u.duration_ms_max)
FROM usage_1d AS u FINAL
GROUP BY function_id, version, platform, plan, architecture, memory_mb, vcpu_milli, trigger, init_kind, month

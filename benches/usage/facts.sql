-- Facts of invocations of one day as they come in time order, of functions of which few are called most.
INSERT INTO invocation_facts
    (function_key, invocation_id, day, account, ingested_at, told_by, start_min, start_max, span_start, platform, version,
     trigger, runtime, architecture, platform_memory_size_mb, memory_used_mb, span_duration_ms, platform_duration_ms,
     billed_duration_ms, init_duration_ms, init_kind, cold_start_report, status_rank, trace_id, instance)
WITH
    number + {first:UInt64} AS n,
    cityHash64(n) AS h,
    {reports:UInt8} = 1 AS is_report,
    toDateTime64({day_s:UInt32}, 9, 'UTC') + toIntervalNanosecond(toInt64(n * (86400e9 / {per_day:UInt64}))) AS start
SELECT
    concat('aws::eu-central-1:function-', toString(toUInt32(pow((h % 1000003) / 1000003.0, 3) * {functions:UInt32}))),
    hex(sipHash128(n)), toDate(start, 'UTC'), '123456789012',
    if({is_new:UInt8} = 1, now64(3), start + 2), if(is_report, 2, 1), start, start,
    if(is_report, NULL, start), 'aws_lambda', '42', 'http', 'nodejs', 'arm64',
    if(is_report, 512, NULL), if(is_report, 100 + h % 300, NULL), if(is_report, NULL, 10 + h % 1000),
    if(is_report, 10.5 + h % 1000, NULL), if(is_report, 11 + h % 1000, NULL),
    if(is_report AND h % 50 = 0, 200.5, NULL), if(is_report AND h % 50 = 0, 'on-demand', ''),
    if(is_report, h % 50 = 0, NULL), 1, if(is_report, '', hex(sipHash128(n, 1))), toString(h % 5000)
FROM numbers({rows:UInt64})

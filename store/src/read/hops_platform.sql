-- Which invocations did a platform tell of under these traces of its own?
SELECT
    toString(platform_trace_id) AS platform_trace_id,
    if(with_span, toString(trace_id), '') AS trace_id,
    toString(span_id) AS span_id,
    function_id,
    toUnixTimestamp64Nano(start) AS start_ns,
    toInt64(ifNull(duration_ms, 0) * 1e6) AS duration_ns
FROM invocations AS i
WHERE (function_key, invocation_id) IN
    (
        SELECT function_key, invocation_id
        FROM invocation_facts
        WHERE day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64}))
                      AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 1
          AND platform_trace_id IN {traces:Array(String)}
        LIMIT 500
    )
  AND i.day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
                AND toDate(fromUnixTimestamp64Nano({to:Int64})) + 2
  -- Facts of one invocation lie at most three hours apart; the days are whole ones.
  AND i.start_min >= toDate(fromUnixTimestamp64Nano({from:Int64})) - 1
  AND i.start_min < toDate(fromUnixTimestamp64Nano({to:Int64})) + 3
ORDER BY i.start, i.invocation_id
LIMIT {limit:UInt32}

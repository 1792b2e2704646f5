-- Who called whom in this time, and what came of it? A call is a client's span; whom it reached is the function
-- whose span is its child, and where nobody ran, the address it was sent to. Queues stand between those who send
-- and those who receive. Beside it each function's own runs, as calls of itself by nobody.
WITH
    calls AS
    (
        SELECT
            TraceId, SpanId, toString(FunctionId) AS caller,
            multiIf(
                SpanAttributes['messaging.destination.name'] != '',
                    concat('queue:', SpanAttributes['messaging.destination.name']),
                SpanAttributes['server.address'] != '', concat('peer:', SpanAttributes['server.address']),
                SpanAttributes['net.peer.name'] != '', concat('peer:', SpanAttributes['net.peer.name']),
                '') AS address,
            StatusCode = 'Error' AS failed,
            Duration AS duration_ns
        FROM otel_traces
        WHERE Timestamp >= fromUnixTimestamp64Nano({from:Int64}) AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
          AND SpanKind IN ('Client', 'Producer') AND FunctionId != ''
        LIMIT {spans:UInt32}
    ),
    runs AS
    (
        SELECT
            TraceId, ParentSpanId, toString(FunctionId) AS function, Timestamp AS at,
            StatusCode = 'Error' AS failed, Duration AS duration_ns,
            if(SpanKind = 'Consumer', SpanAttributes['messaging.destination.name'], '') AS queue
        FROM otel_traces
        WHERE Timestamp >= fromUnixTimestamp64Nano({from:Int64}) - INTERVAL 60 SECOND
          AND Timestamp < fromUnixTimestamp64Nano({to:Int64}) + INTERVAL 10 SECOND
          AND SpanKind IN ('Server', 'Consumer') AND FunctionId != ''
        LIMIT {spans:UInt32}
    ),
    reached AS
    (
        SELECT TraceId AS trace, ParentSpanId AS parent, any(function) AS callee
        FROM runs WHERE ParentSpanId != '' GROUP BY trace, parent
    ),
    outcomes AS
    (
        SELECT TraceId AS trace, function AS of_function, max(failed) AS run_failed
        FROM runs GROUP BY trace, of_function
    )
SELECT caller, address, callee, toUInt64(count()) AS calls, toUInt64(countIf(failed)) AS failed_calls,
       toUInt64(countIf(failed AND run_failed)) AS failed_both, toUInt64(sum(duration_ns)) AS duration_sum_ns
FROM calls
LEFT JOIN reached ON calls.TraceId = reached.trace AND calls.SpanId = reached.parent
LEFT JOIN outcomes ON calls.TraceId = outcomes.trace AND calls.caller = outcomes.of_function
WHERE callee != caller AND (callee != '' OR address != '')
GROUP BY caller, address, callee
ORDER BY calls DESC
LIMIT {limit:UInt32}
UNION ALL
SELECT '' AS caller, '' AS address, function AS callee, toUInt64(count()) AS calls,
       toUInt64(countIf(failed)) AS failed_calls, toUInt64(0) AS failed_both,
       toUInt64(sum(duration_ns)) AS duration_sum_ns
FROM runs
WHERE at >= fromUnixTimestamp64Nano({from:Int64}) AND at < fromUnixTimestamp64Nano({to:Int64})
GROUP BY function
ORDER BY calls DESC
LIMIT {limit:UInt32}
UNION ALL
SELECT concat('queue:', queue) AS caller, '' AS address, function AS callee, toUInt64(count()) AS calls,
       toUInt64(countIf(failed)) AS failed_calls, toUInt64(0) AS failed_both,
       toUInt64(sum(duration_ns)) AS duration_sum_ns
FROM runs
WHERE queue != '' AND at >= fromUnixTimestamp64Nano({from:Int64}) AND at < fromUnixTimestamp64Nano({to:Int64})
GROUP BY queue, function
ORDER BY calls DESC
LIMIT {limit:UInt32}

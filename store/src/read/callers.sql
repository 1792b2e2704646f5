-- Who called one function, before a moment and since? Its runs' parents say it and, behind a queue, what its
-- runs are linked to. Of many runs one in `every` is looked at, by the hash of its id, so that shares stay.
WITH
    (
        SELECT toUInt64(greatest(1, intDiv(count(), {runs:UInt64})))
        FROM otel_traces
        WHERE FunctionId = {id:String} AND SpanKind IN ('Server', 'Consumer')
          AND Timestamp >= fromUnixTimestamp64Nano({from:Int64}) AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
          AND (Timestamp < fromUnixTimestamp64Nano({before_to:Int64})
               OR Timestamp >= fromUnixTimestamp64Nano({since:Int64}))
    ) AS every,
    runs AS
    (
        SELECT
            Timestamp >= fromUnixTimestamp64Nano({since:Int64}) AS after,
            SpanId AS run,
            arrayJoin(arrayConcat(
                [(TraceId, ParentSpanId)],
                arraySlice(arrayZip(Links.TraceId, Links.SpanId), 1, 3))) AS origin,
            origin.1 AS trace,
            origin.2 AS span
        FROM otel_traces
        WHERE FunctionId = {id:String} AND SpanKind IN ('Server', 'Consumer')
          AND Timestamp >= fromUnixTimestamp64Nano({from:Int64}) AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
          AND (Timestamp < fromUnixTimestamp64Nano({before_to:Int64})
               OR Timestamp >= fromUnixTimestamp64Nano({since:Int64}))
          AND cityHash64(SpanId) % every = 0
    ),
    origins AS
    (
        SELECT TraceId AS trace, SpanId AS span, toString(any(FunctionId)) AS function,
               any(SpanKind) IN ('Client', 'Producer') AS calls
        FROM otel_traces
        WHERE Timestamp >= fromUnixTimestamp64Nano({from:Int64}) - INTERVAL 15 MINUTE
          AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
          AND FunctionId != ''
          AND TraceId IN (SELECT trace FROM runs)
          AND SpanId IN (SELECT span FROM runs)
        GROUP BY trace, span
    )
SELECT after, caller, toUInt64(count() * assumeNotNull(every)) AS runs
FROM
(
    -- A server's span within the function's own run is no run; a call of itself is one.
    SELECT after, run, max(origins.function) AS caller,
           max(origins.function = {id:String} AND NOT origins.calls) AS is_within
    FROM runs LEFT JOIN origins ON runs.trace = origins.trace AND runs.span = origins.span
    GROUP BY after, run
)
WHERE NOT is_within
GROUP BY after, caller
ORDER BY runs DESC, after, caller
LIMIT 500

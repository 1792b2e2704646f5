-- Which resource attributes one function's spans carried before and after a moment? What varies by sandbox or
-- process is left out by name, and any other that takes more than a few values is none that a deploy changes.
SELECT
    Timestamp >= fromUnixTimestamp64Nano({at:Int64}) AS after,
    toString(pair.1) AS what,
    toString(pair.2) AS value,
    count() AS seen
FROM
(
    SELECT Timestamp, arrayJoin(ResourceAttributes) AS pair
    FROM otel_traces
    WHERE ({service:String} = '' OR ServiceName = {service:String})
      AND FunctionId = {id:String}
      AND Timestamp >= fromUnixTimestamp64Nano({from:Int64})
      AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
    ORDER BY cityHash64(SpanId)
    LIMIT 20000
)
WHERE length(what) <= 100 AND length(value) BETWEEN 1 AND 200 AND NOT match(what, {varying:String})
GROUP BY after, what, value
ORDER BY after, what, seen DESC, value
LIMIT 9 BY after, what
LIMIT 2000

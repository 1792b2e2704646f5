-- What did the busiest functions do since then?
SELECT
    toString(function_id) AS function_id,
    sum(invocations) AS invocations,
    sum(errors) AS errors,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ms) AS duration_ms
FROM invocations_1m FINAL
PREWHERE minute >= toDateTime({since_s:UInt32})
GROUP BY function_id
HAVING invocations > 0
ORDER BY invocations DESC
LIMIT {limit:UInt32}

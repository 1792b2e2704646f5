-- How long did invocations of some functions go on after their span had ended? Only where the platform's duration
-- and the span's are both known. Facts are put together here, because FINAL would read them of all days.
SELECT
    toString(function_key) AS function_key,
    count() AS invocations,
    sum(after) AS after_ms,
    quantile(0.5)(after) AS median_ms
FROM
(
    SELECT
        function_key,
        greatest(0., assumeNotNull(max(platform_duration_ms)) - assumeNotNull(max(span_duration_ms))) AS after
    FROM invocation_facts
    WHERE function_key IN {keys:Array(String)}
      AND day BETWEEN toDate(fromUnixTimestamp64Nano({from:Int64})) AND toDate(fromUnixTimestamp64Nano({to:Int64}))
    GROUP BY function_key, invocation_id
    HAVING max(platform_duration_ms) IS NOT NULL AND max(span_duration_ms) IS NOT NULL
)
GROUP BY function_key

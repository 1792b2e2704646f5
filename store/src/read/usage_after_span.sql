-- How long did invocations of one function go on after their span had ended? Only where the platform's
-- duration and the span's are both known; at most the newest days, for this reads facts one by one.
SELECT
    count() AS invocations,
    sum(after) AS after_ms,
    quantile(0.5)(after) AS median_ms
FROM
(
    SELECT greatest(0., assumeNotNull(platform_duration_ms) - assumeNotNull(span_duration_ms)) AS after
    FROM invocation_facts FINAL
    WHERE function_key = {key:String}
      AND day >= toDate(fromUnixTimestamp64Nano({from:Int64}))
      AND day <= toDate(fromUnixTimestamp64Nano({to:Int64}))
      AND platform_duration_ms IS NOT NULL AND span_duration_ms IS NOT NULL
    LIMIT 1000000
)

-- Which version had how much of a function's traffic, ten minutes by ten minutes, where more than one was at work?
-- With it, when anybody first and last told of the version.
SELECT
    toString(run.function_id) AS function_id,
    toString(run.version) AS version,
    run.bucket_s AS bucket_s,
    run.invocations AS invocations,
    run.first_minute_s AS first_minute_s,
    toUnixTimestamp(told.first) AS first_told_s,
    toUnixTimestamp(told.last) AS last_told_s
FROM
(
    SELECT
        function_id, version,
        toUnixTimestamp(toStartOfTenMinutes(minute)) AS bucket_s,
        sum(rollup.invocations) AS invocations,
        toUnixTimestamp(min(minute)) AS first_minute_s
    FROM invocations_1m AS rollup FINAL
    WHERE minute >= toDateTime({since:Int64})
      AND minute < toDateTime({until:Int64})
      AND rollup.invocations > 0
      AND version NOT IN ('', '$LATEST')
      AND function_id IN
      (
          SELECT function_id FROM invocations_1m
          WHERE minute >= toDateTime({since:Int64}) AND version NOT IN ('', '$LATEST')
          GROUP BY function_id HAVING uniqExact(version) > 1
      )
    GROUP BY function_id, version, bucket_s
) AS run
INNER JOIN
(
    SELECT function_id, version, min(at) AS first, max(at) AS last FROM deploy_tellings GROUP BY function_id, version
) AS told ON told.function_id = run.function_id AND told.version = run.version
ORDER BY function_id, bucket_s, version
LIMIT 100000
